"""One child's page: who they are, the people, every mark with what it was before, clocks, story, withheld."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from casework.attendance import Tally, tally
from casework.calendars import SchoolCalendar, school_year
from casework.codes import NO_MARK
from casework.errors import BadInput
from casework.legal import Threshold, threshold_of_weeks
from casework.listed import listed_reasons
from casework.ncodes import NClock, open_n_marks
from casework.policies import Category, Purpose
from casework.records import (
    FLAG_CATEGORY,
    TOLD_SOCIAL_WORKER,
    AttendanceTotal,
    AttendanceWeek,
    Child,
    Contact,
    Flag,
    FollowUp,
    Household,
    Person,
    Relationship,
    Worker,
)
from casework.sharing import Decision
from casework.shown_marks import shown_earlier, shown_marks, veiled_slots
from casework.tasks import Task
from casework.triage import Why, caseload_reasons
from casework.weeks import holder, session_of, unpack
from casework.wording import CATEGORIES, CONTACT_KINDS, CONTACT_OUTCOMES, join_words, say_value
from storage.queries.child_clocks import listed_clocks
from storage.queries.facts import read_facts, weeks_of
from storage.queries.guarded_words import guarded
from storage.queries.registers import register_day
from storage.queries.risks import ToldRisk, told_risks
from storage.queries.same_child import parts_of
from storage.queries.siblings import siblings_of
from storage.queries.sight import address_protected, shown_child
from storage.queries.steps import was_present

if TYPE_CHECKING:
    from storage.queries.cases import ShownCase
    from storage.queries.plans import ShownPlan
    from storage.store import Store


@dataclass(frozen=True, slots=True)
class Mark:
    """One session's mark; `was` holds the earlier codes that a later file corrected, oldest first."""

    date: date
    session: str
    code: str
    was: Sequence[str]
    school: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ContactPerson:
    """An adult in the child's life as this worker may see them."""

    person: Person
    relationship: Relationship


@dataclass(frozen=True, slots=True)
class StoryEntry:
    """One line of the chronology. `record` is the entry's id; `kind` its record type; `at` an instant, or a
    date where only the day is known.
    """

    record: str
    kind: str
    at: str
    by: str
    title: str
    text: str
    seen: str = ""
    turn: str = ""
    """What it came after within its day: the id of a record, its own where empty."""


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
    shown = shown_child(store, child, purpose)
    visible = bool(decisions[Category.ATTENDANCE])
    marks = _marks(store, child, start, end) if visible else []
    custody = decisions[Category.YOUTH_JUSTICE]
    protected = address_protected(store, child)
    clocks = listed_clocks(store, [child]).get(child.id, [])
    case, plan, worked = guarded(store, child, _case(store, child))
    return ChildPage(
        child=shown,
        school=store.schools.name(shown.school),
        household=_household(store, child, decisions, protected=protected),
        siblings=[shown_child(store, one, purpose) for one in _siblings(store, child, decisions)],
        people=_people(store, child, decisions, protected=protected),
        flags=_flags(store, child, purpose),
        risks=guarded(store, child, told_risks(store, child, purpose)),
        start=start,
        end=end,
        day=day,
        tally=tally([mark.code for mark in marks], end),
        marks=[_shown(mark, custody) for mark in marks],
        weeks=[(week, shown_marks(m, custody)) for week, m in _all_weeks(store, child)] if visible else [],
        n_codes=open_n_marks(facts.weeks, calendar, day) if visible else [],
        legal=threshold_of_weeks(facts.weeks if visible else [], calendar, today),
        clocks=clocks,
        why=listed_reasons(caseload_reasons(facts, calendar, day) if visible else [], clocks),
        totals=store.find(AttendanceTotal, "child = ?", (child.id,)) if visible else [],
        story=guarded(store, child, _newest_first([*_story(store, child, decisions), *worked])),
        withheld=[
            *(Withheld(c, d.reason) for c, d in decisions.items() if not d and d.shown),
            *(_withheld_work(store, child) if decisions[Category.FAMILY] and (case or plan) else ()),
        ],
        calendar=calendar,
        closed_day_marks=sum(_on_closed_day(store, mark) for mark in marks),
        plan=plan,
        case=case,
        merged=merged_parts(store, child),
    )


def read_marks(store: Store, child: Child, start: date, end: date) -> list[Mark]:
    """The mark of every session between two dates with its earlier codes, oldest first.

    Where two schools have marked a session, one mark counts: see `casework.weeks.holder`.
    """
    return _marks(store, child, start, end)


def _marks(store: Store, child: Child, start: date, end: date) -> list[Mark]:
    first = (start - timedelta(days=start.weekday())).isoformat()
    weeks = store.find(
        AttendanceWeek,
        "child = ? AND week >= ? AND week <= ?",
        (child.id, first, end.isoformat()),
    )
    earlier = _earlier_codes(store, [week.id for week in weeks])
    found = []
    for day, session, slot, code, week in marks_in_force(child, weeks):
        if start <= day <= end:
            was = [old for old in earlier.get((week.id, slot), ()) if old != NO_MARK]
            found.append(Mark(day, session, code, was, week.school, week.comments.get(str(slot), "")))
    return found


def marks_in_force(
    child: Child, weeks: Sequence[AttendanceWeek]
) -> Iterator[tuple[date, str, int, str, AttendanceWeek]]:
    """Every session's mark as (date, session, slot, code, the week record it is from), oldest first."""
    for monday, parts in sorted(holders(child, weeks).items()):
        for slot, week in enumerate(parts):
            code = unpack(week.marks)[slot]
            if code != NO_MARK:
                yield *session_of(monday, slot), slot, code, week


def holders(child: Child, weeks: Sequence[AttendanceWeek]) -> dict[date, list[AttendanceWeek]]:
    """For each Monday the ten week records, one a slot, whose mark counts: see `casework.weeks.holder`."""
    by_week: dict[date, list[AttendanceWeek]] = defaultdict(list)
    for week in sorted(
        weeks, key=lambda week: (week.week, week.school != child.school, week.school, week.id)
    ):
        by_week[week.week].append(week)
    return {
        monday: [parts[holder(codes)] for codes in zip(*(unpack(part.marks) for part in parts), strict=True)]
        for monday, parts in by_week.items()
    }


_PLANNED_CLOSURE = "#"


def _on_closed_day(store: Store, mark: Mark) -> bool:
    return mark.code != _PLANNED_CLOSURE and store.schools.calendar(mark.school).is_closed(mark.date)


def _shown(mark: Mark, custody: Decision) -> Mark:
    told = not veiled_slots((mark.code, *mark.was), custody)
    return replace(
        mark,
        code=shown_marks(mark.code, custody),
        was=shown_earlier(mark.code, mark.was, custody),
        comment=mark.comment if told else "",
    )


def _earlier_codes(store: Store, weeks: Sequence[str]) -> dict[tuple[str, int], list[str]]:
    """For each (week record, slot) the codes it held before, oldest first, from the history of `marks`."""
    rows = store.conn.execute(
        "SELECT record, old, new FROM change"
        " WHERE record IN (SELECT value FROM json_each(?)) AND field = 'marks' ORDER BY edit, n",
        [json.dumps(list(weeks))],
    )
    found: dict[tuple[str, int], list[str]] = defaultdict(list)
    for record, old, new in rows:
        for slot, (before, after) in enumerate(
            zip(unpack(json.loads(old)), unpack(json.loads(new)), strict=True)
        ):
            if before != after:
                found[record, slot].append(before)
    return found


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
    parts = parts_of(store, child.id)
    return [
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


def _story(store: Store, child: Child, decisions: dict[Category, Decision]) -> list[StoryEntry]:
    names = {worker.id: worker.name for worker in store.find(Worker)}
    entries: list[StoryEntry] = []
    if decisions[Category.ATTENDANCE]:
        entries += [
            _follow_up_entry(f, names, decisions, present=was_present(store, child, f.session_date))
            for f in store.find(FollowUp, "child = ?", (child.id,))
        ]
    if decisions[Category.FAMILY]:
        entries += [_contact_entry(c, names) for c in store.find(Contact, "child = ?", (child.id,))]
    return entries


def _newest_first(entries: Sequence[StoryEntry]) -> list[StoryEntry]:
    return sorted(entries, key=lambda entry: (entry.at, entry.turn or entry.record, entry.turn), reverse=True)


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


def _follow_up_entry(
    step: FollowUp, names: dict[str, str], decisions: dict[Category, Decision], *, present: bool
) -> StoryEntry:
    what = "Follow-up" if present else "Absence"
    title = f"{what} {step.session_date:%d/%m}: "
    if step.outcome == TOLD_SOCIAL_WORKER and not decisions[Category.SOCIAL_CARE]:
        return StoryEntry(step.id, step.type, _text(step.at), names.get(step.by, ""), f"{title}withheld", "")
    title += say_value(FollowUp.type, "outcome", step.outcome)
    if step.reason_code:
        title += f" ({shown_marks(step.reason_code, decisions[Category.YOUTH_JUSTICE])})"
    seen = "alone" if step.alone else "yes" if step.outcome == "seen" else ""
    return StoryEntry(step.id, step.type, _text(step.at), names.get(step.by, ""), title, step.note, seen)


def _contact_entry(entry: Contact, names: dict[str, str]) -> StoryEntry:
    kind = CONTACT_KINDS[entry.kind]
    title = kind[0].upper() + kind[1:]
    if entry.outcome:
        title += f": {CONTACT_OUTCOMES[entry.outcome]}"
    text = entry.note + (f"\nNext: {entry.next_step}" if entry.next_step else "")
    return StoryEntry(entry.id, entry.type, _text(entry.at), names.get(entry.by, ""), title, text, entry.seen)


def _text(at: Any) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
