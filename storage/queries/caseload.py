"""The caseload ranked: every child with the reasons that a person would act on, weightiest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from casework.filters import Filter
from casework.policies import Category
from casework.records import Child
from casework.shown_marks import shown_marks
from casework.triage import Facts, Why, YearCounts, caseload_reasons, day_codes, order_key
from storage.queries.facts import children_of, read_facts
from storage.queries.lookup import display_name
from storage.queries.row_facts import RowFacts
from storage.queries.sight import seen_children, shown_child
from storage.queries.today import register_day

if TYPE_CHECKING:
    from storage.store import Store


@dataclass(frozen=True, slots=True)
class CaseloadRow:
    """One child of the caseload. `recent` is the week string of the newest week read, for the strip."""

    child: Child
    name: str
    school: str
    why: Sequence[Why]
    year: YearCounts
    weeks: Sequence[tuple[date, str]]
    last_contact: date | None
    rank: int
    facts: Mapping[str, object]


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
    rows = [_row(store, child, facts[child.id], day) for child in children]
    if chosen is not None:
        rows = [row for row in rows if chosen.matches(row.facts)]
    return rank_rows(rows)


def rank_rows(rows: Sequence[CaseloadRow]) -> list[CaseloadRow]:
    """The rows in order of their reasons, with the ranks that follow from it."""
    ordered = sorted(
        rows, key=lambda row: (order_key(row.why), -row.year.absent, row.child.surname, row.name)
    )
    return [row if row.rank == rank else _ranked(row, rank) for rank, row in enumerate(ordered, start=1)]


def _row(store: Store, stored: Child, facts: Facts, day: date) -> CaseloadRow:
    child = shown_child(store, stored, "attendance")
    calendar = store.schools.calendar(stored.school)
    why = caseload_reasons(facts, calendar, day)
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
    )


def _ranked(row: CaseloadRow, rank: int) -> CaseloadRow:
    return CaseloadRow(
        row.child, row.name, row.school, row.why, row.year, row.weeks, row.last_contact, rank, row.facts
    )
