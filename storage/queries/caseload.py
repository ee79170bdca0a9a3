"""The caseload ranked: every child with the reasons that a person would act on, weightiest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from casework.calendars import SchoolCalendar
from casework.filters import Filter
from casework.listed import listed_reasons
from casework.ncodes import open_n_marks
from casework.policies import Category
from casework.records import Child
from casework.shown_marks import shown_marks
from casework.tasks import Task
from casework.triage import Facts, Why, YearCounts, caseload_reasons, day_codes, order_key
from casework.weeks import UNEXPLAINED_CODE
from storage.queries.child_clocks import listed_clocks
from storage.queries.facts import children_of, read_facts
from storage.queries.lookup import display_name
from storage.queries.registers import register_day
from storage.queries.row_facts import RowFacts
from storage.queries.sight import seen_children, shown_child

if TYPE_CHECKING:
    from storage.store import Store


@dataclass(frozen=True, slots=True)
class CaseloadRow:
    """One child of the caseload. `ahead` names the clock that is due next where none is a reason yet."""

    child: Child
    name: str
    school: str
    why: Sequence[Why]
    year: YearCounts
    weeks: Sequence[tuple[date, str]]
    last_contact: date | None
    rank: int
    facts: Mapping[str, object]
    ahead: str = ""


def read_caseload(
    store: Store,
    *,
    chosen: Filter | None = None,
    school: str | None = None,
    only: Sequence[str] | None = None,
) -> list[CaseloadRow]:
    """Every child who is there for the worker, ranked by reason; a filter leaves out those it does not match.

    With `only` just the children with these ids are read, and ranked among themselves.
    """
    day = register_day(store, store.today)
    condition, parameters = ("school = ?", (school,)) if school else ("1", ())
    if only is not None:
        found = children_of(store, only).values()
        children = [child for child in found if school is None or child.school == school]
    else:
        children = seen_children(store, store.find(Child, condition, parameters))
    if school is not None:
        children = seen_children(store, children, "attendance", Category.EDUCATION)
    facts = read_facts(store, children, day, year=True, present=store.today)
    clocks = listed_clocks(store, children, n_marks=False)
    rows = [_row(store, child, facts[child.id], day, clocks.get(child.id, ())) for child in children]
    if chosen is not None:
        rows = [row for row in rows if chosen.matches(row.facts)]
    return rank_rows(rows)


def rank_rows(rows: Sequence[CaseloadRow]) -> list[CaseloadRow]:
    """The rows in order of their reasons, with the ranks that follow from it."""
    ordered = sorted(
        rows, key=lambda row: (order_key(row.why), -row.year.absent, row.child.surname, row.name)
    )
    return [row if row.rank == rank else replace(row, rank=rank) for rank, row in enumerate(ordered, start=1)]


def _row(store: Store, stored: Child, facts: Facts, day: date, clocks: Sequence[Task]) -> CaseloadRow:
    child = shown_child(store, stored, "attendance")
    calendar = store.schools.calendar(stored.school)
    why = listed_reasons(caseload_reasons(facts, calendar, day), clocks)
    custody = store.may_see(child, Category.YOUTH_JUSTICE, "attendance")
    weeks = [(week, shown_marks(marks, custody)) for week, marks in facts.weeks]
    codes = frozenset(day_codes(weeks, day)) - {"-"}
    return CaseloadRow(
        child=child,
        name=display_name(child),
        school=store.schools.name(child.school),
        why=why,
        year=facts.year,
        weeks=weeks,
        last_contact=facts.last_contact,
        rank=0,
        facts=RowFacts(
            store,
            child,
            facts,
            day,
            codes=codes,
            status="open" if why else "",
            attempts=0,
            calendar=calendar,
        ),
        ahead="" if why else _ahead(facts, calendar, day, clocks),
    )


def _ahead(facts: Facts, calendar: SchoolCalendar, day: date, clocks: Sequence[Task]) -> str:
    if any(UNEXPLAINED_CODE in marks for _, marks in facts.weeks) and (
        running := open_n_marks(facts.weeks, calendar, day)
    ):
        return f"N code, {running[0].clock.text}"
    return clocks[0].text if clocks else ""
