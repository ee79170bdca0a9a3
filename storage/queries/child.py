"""One child's page: who they are, the people, every mark with what it was before, clocks, story, withheld."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from casework.attendance import Tally, tally
from casework.calendars import SchoolCalendar, school_year
from casework.errors import BadInput
from casework.legal import Threshold, threshold_of_weeks
from casework.listed import listed_reasons
from casework.ncodes import NClock, open_n_marks
from casework.policies import Category, Purpose
from casework.records import FLAG_CATEGORY, Child, Flag, Household, Person, Relationship, Worker
from casework.records_attendance import AttendanceTotal
from casework.sharing import Decision
from casework.shown_marks import shown_marks
from casework.tasks import Task
from casework.triage import Why, caseload_reasons
from casework.wording import CATEGORIES, join_words
from storage.queries.child_clocks import listed_clocks
from storage.queries.child_marks import Mark, on_closed_day, read_marks, shown_mark
from storage.queries.facts import read_facts, weeks_of
from storage.queries.guarded_words import guarded
from storage.queries.registers import register_day
from storage.queries.risks import ToldRisk, told_risks
from storage.queries.siblings import siblings_of
from storage.queries.sight import address_protected, shown_child
from storage.queries.story import StoryEntry, newest_first, story_entries

if TYPE_CHECKING:
    from storage.queries.cases import ShownCase
    from storage.queries.plans import ShownPlan
    from storage.store import Store


@dataclass(frozen=True, slots=True)
class ContactPerson:
    """An adult in the child's life as this worker may see them."""

    person: Person
    relationship: Relationship


@dataclass(frozen=True, slots=True)
class Withheld:
    """A category that this worker may not see, and why; with `purposes` only for those."""

    category: Category
    reason: str
    purposes: tuple[Purpose, ...] = ()

    @property
    def name(self) -> str:
        """What is withheld, in words."""
        name = CATEGORIES[self.category.value]
        return f"{name} (for {join_words(self.purposes)})" if self.purposes else name


@dataclass(frozen=True, slots=True)
class MergedPart:
    """A record that is now part of the child: the merge's id, whose it was, and who decided it, when, why.

    `upn` and `why` are empty where the worker may not see them.
    """

    merge: str
    name: str
    upn: str
    on: date
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class ChildPage:
    """Everything a worker may see of one child between two dates (`start` and `end` included).

    `day` is the school day whose registers the page works on, as the round and the caseload do: N codes and
    reasons are due or overdue by it. `closed_day_marks` counts the marks on days on which the school that
    gave them is closed by its calendar; the tally has them, the clocks do not. `case` and `plan` are None
    while there never was one. `risks` are what notifications told of risks to visitors. `clocks` are what the
    list of clocks has for the child, whoever's case it is.
    """

    child: Child
    school: str
    household: Household | None
    siblings: Sequence[Child]
    people: Sequence[ContactPerson]
    flags: Sequence[Flag]
    risks: Sequence[ToldRisk]
    start: date
    end: date
    day: date
    tally: Tally
    marks: Sequence[Mark]
    weeks: Sequence[tuple[date, str]]
    n_codes: Sequence[NClock]
    legal: Threshold
    clocks: Sequence[Task]
    why: Sequence[Why]
    totals: Sequence[AttendanceTotal]
    story: Sequence[StoryEntry]
    withheld: Sequence[Withheld]
    calendar: SchoolCalendar
    closed_day_marks: int = 0
    plan: ShownPlan | None = None
    case: ShownCase | None = None
    merged: Sequence[MergedPart] = ()


def read_child(
    store: Store,
    child: Child,
    *,
    start: date | None = None,
    end: date | None = None,
    purpose: Purpose = "support",
) -> ChildPage:
    """The page of one child; without dates the period is the school year up to today.

    The legal window is always the ten school weeks that end with today's week.
    """
    if not store.may_see(child, Category.IDENTITY, purpose):
        raise BadInput("no-such-child", "No child matches; try `outreach search` with part of the name.")
    today = store.today
    day = register_day(store, today)
    end = end or today
    start = start or date(school_year(end), 9, 1)
    decisions = {c: store.may_see(child, c, purpose) for c in Category}
    calendar = store.schools.calendar(child.school)
    facts = read_facts(store, [child], today, year=True, purpose=purpose)[child.id]
    shown = _without_address(store, shown_child(store, child, purpose))
    visible = bool(decisions[Category.ATTENDANCE])
    marks = guarded(store, child, read_marks(store, child, start, end, purpose))
    custody = decisions[Category.YOUTH_JUSTICE]
    protected = address_protected(store, child)
    clocks = listed_clocks(store, [child]).get(child.id, [])
    case, plan, worked = guarded(store, child, _case(store, child))
    return ChildPage(
        child=shown,
        school=store.schools.name(shown.school),
        household=guarded(store, child, _household(store, child, decisions, protected=protected)),
        siblings=[shown_child(store, one, purpose) for one in _siblings(store, child, decisions)],
        people=guarded(store, child, _people(store, child, decisions, protected=protected)),
        flags=guarded(store, child, _flags(store, child, purpose)),
        risks=guarded(store, child, told_risks(store, child, purpose)),
        start=start,
        end=end,
        day=day,
        tally=tally([mark.code for mark in marks], end),
        marks=[shown_mark(mark, custody) for mark in marks],
        weeks=[(week, shown_marks(m, custody)) for week, m in _all_weeks(store, child)] if visible else [],
        n_codes=open_n_marks(facts.weeks, calendar, day) if visible else [],
        legal=threshold_of_weeks(facts.weeks if visible else [], calendar, today),
        clocks=clocks,
        why=listed_reasons(caseload_reasons(facts, calendar, day) if visible else [], clocks),
        totals=store.find(AttendanceTotal, "child = ?", (child.id,)) if visible else [],
        story=guarded(store, child, newest_first([*story_entries(store, child, purpose), *worked])),
        withheld=[
            *(Withheld(c, d.reason) for c, d in decisions.items() if not d and d.shown),
            *(_withheld_work(store, child) if decisions[Category.FAMILY] and (case or plan) else ()),
        ],
        calendar=calendar,
        closed_day_marks=sum(on_closed_day(store, mark) for mark in marks),
        plan=plan,
        case=case,
        merged=guarded(store, child, merged_parts(store, child)),
    )


def _without_address(store: Store, child: Child) -> Child:
    """The child without a protected address in the words beside the name, which stays: a town is one, too."""
    words = {"reg": child.reg, "year_group": child.year_group, "language": child.language}
    return child.model_copy(update=guarded(store, child, words))


def _all_weeks(store: Store, child: Child) -> Sequence[tuple[date, str]]:
    return weeks_of(store, [child], "", _ALWAYS).get(child.id, ())


_ALWAYS = "9999"


def _household(
    store: Store, child: Child, decisions: dict[Category, Decision], *, protected: bool
) -> Household | None:
    if child.household is None or not decisions[Category.FAMILY]:
        return None
    household = store.get(Household, child.household)
    if household.address_protected or protected:
        return household.model_copy(update={"address": "", "address_protected": True})
    return household


def _siblings(store: Store, child: Child, decisions: dict[Category, Decision]) -> list[Child]:
    return siblings_of(store, child) if decisions[Category.FAMILY] else []


def _people(
    store: Store, child: Child, decisions: dict[Category, Decision], *, protected: bool
) -> list[ContactPerson]:
    if not decisions[Category.FAMILY]:
        return []
    ties = store.find(Relationship, "child = ?", (child.id,))
    ties.sort(key=lambda tie: (tie.contact_order, tie.id))
    people = [ContactPerson(store.get(Person, tie.person), tie) for tie in ties]
    return [_guarded(entry, protected) for entry in people if not entry.person.void]


def _guarded(entry: ContactPerson, protected: bool) -> ContactPerson:
    if not (entry.person.address_protected or protected):
        return entry
    person = entry.person.model_copy(update={"address": "", "address_protected": True})
    return ContactPerson(person, entry.relationship)


def _flags(store: Store, child: Child, purpose: Purpose) -> list[Flag]:
    flags = store.find(Flag, "child = ? AND ended IS NULL", (child.id,))
    flags.sort(key=lambda flag: (flag.since or date.min, flag.id))
    return [f for f in flags if store.may_see(child, FLAG_CATEGORY[f.kind], purpose)]


def merged_parts(store: Store, child: Child) -> list[MergedPart]:
    """The records that are part of a child's now, newest merge first."""
    linked = store.conn.execute("SELECT 1 FROM link WHERE void = 0 AND child = ? LIMIT 1", (child.id,))
    if linked.fetchone() is None:
        return []
    # Most children are of one record, and a page should not load what merges two.
    from storage.queries.same_child import parts_of

    parts = parts_of(store, child.id)
    shown = [
        MergedPart(
            part.link.id,
            f"{part.child.forename} {part.child.surname}".strip(),
            part.child.upn if store.may_see(child, Category.EDUCATION, "support") else "",
            part.link.linked_on,
            store.get(Worker, part.link.by).name,
            part.link.why if store.may_see(child, Category.FAMILY, "support") else "",
        )
        for part in parts
    ]
    return guarded(store, child, shown)


def _case(store: Store, child: Child) -> tuple[ShownCase | None, ShownPlan | None, list[StoryEntry]]:
    """The case, the plan, and the entries of the story that the case adds: episodes and reviews."""
    held = store.conn.execute(
        "SELECT EXISTS(SELECT 1 FROM episode WHERE child = ? AND void = 0)"
        " OR EXISTS(SELECT 1 FROM plan WHERE child = ? AND void = 0)",
        (child.id, child.id),
    ).fetchone()
    if not held[0]:
        return None, None, []
    # Most children have no case, and a page should not load what reads one.
    from storage.queries.case_story import case_entries
    from storage.queries.cases import read_case
    from storage.queries.plans import read_plan

    return read_case(store, child), read_plan(store, child), case_entries(store, child)


_WORK: tuple[Purpose, ...] = ("assessment", "planning")
"""What an agreement can be withdrawn from while the family is still seen for support."""


def _withheld_work(store: Store, child: Child) -> list[Withheld]:
    """What of the family's words in a case is withheld, though the family is seen for other work."""
    found: dict[str, list[Purpose]] = {}
    for purpose in _WORK:
        decision = store.may_see(child, Category.FAMILY, purpose)
        if not decision and decision.shown:
            found.setdefault(decision.reason, []).append(purpose)
    return [Withheld(Category.FAMILY, reason, tuple(purposes)) for reason, purposes in found.items()]
