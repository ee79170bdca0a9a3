"""The morning round: who is not in, unexplained, and why each row is there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from casework.calendars import SchoolCalendar, monday_of
from casework.codes import NO_MARK
from casework.filters import Filter
from casework.local_days import day_begins
from casework.policies import Category
from casework.records import Child
from casework.shown_marks import shown_marks
from casework.triage import (
    Facts,
    Why,
    absence_alert,
    day_codes,
    morning_reasons,
    order_key,
    round_status,
    settled_by,
    tries,
)
from casework.weeks import UNEXPLAINED_CODE, day_bits, session_of, unpack
from storage.queries.facts import among, children_of, read_facts
from storage.queries.lookup import display_name
from storage.queries.registers import (
    Awaited,
    Register,
    awaited_schools,
    children_with,
    count_states,
    day_state,
    read_register,
    register_day,
)
from storage.queries.row_facts import RowFacts
from storage.queries.sight import seen_children, seen_ids, shown_child

if TYPE_CHECKING:
    from storage.store import Store


@dataclass(frozen=True, slots=True)
class TodayRow:
    """One child of the round. `attempts` counts today's follow-ups; `rank` starts at 1."""

    child: Child
    name: str
    school: str
    sessions: Mapping[str, str]
    why: Sequence[Why]
    attempts: int
    last_contact: date | None
    status: str
    settled: bool
    rank: int
    facts: Mapping[str, object]
    spoken: tuple[str, datetime] | None = None
    """The outcome and the instant of the day's newest contact in which somebody was spoken to."""


@dataclass(frozen=True, slots=True)
class Round:
    """The round of one register day. `rows` are open ones; `settled` were acted on and are left out.

    `counts` holds children by state: not-in (any absence), explained, unexplained (with those whose alert for
    missing education runs), open, acted-on, and no-register (no mark for the day yet, with every child of a
    school in `awaiting` that has none). Children whose attendance the worker may not see are in neither the
    rows nor the counts: `withheld` says how many there are, whatever their marks.
    """

    day: date
    rows: Sequence[TodayRow]
    settled: Sequence[TodayRow]
    counts: Mapping[str, int]
    awaiting: Sequence[Awaited] = ()
    withheld: int = 0


def read_round(
    store: Store, *, day: date | None = None, school: str | None = None, chosen: Filter | None = None
) -> Round:
    """The round of the register day for one school (its id) or all, with a filter applied to the rows."""
    asked = day or store.today
    day = register_day(store, asked)
    seen = seen_ids(store, Category.ATTENDANCE, "attendance")
    register = read_register(store, day, None)
    marked = {at for at, marks, _ in register if day_state(marks, day) != "no-register"}
    if seen is not None:
        register = read_register(store, day, seen)
    awaiting = awaited_schools(store, marked, day, asked, school)
    candidates = {
        child: schools
        for child, schools in _candidates(store, register, day).items()
        if seen is None or child in seen
    }
    children = children_of(store, candidates)
    placed = {c.id for c in seen_children(store, children.values(), "attendance", Category.EDUCATION)}
    facts = read_facts(store, list(children.values()), day, year=chosen is not None, present=asked)
    states = {
        child: _round_state(facts[child].weeks, store.schools.calendar(children[child].school), day)
        for child in candidates
        if child in children
        and (school is None or (child in placed and school in {children[child].school, *candidates[child]}))
    }
    spoken = _spoken(store, list(children.values()), day)
    rows = [
        _row(store, children[child], facts[child], day, spoken.get(child))
        for child, state in states.items()
        if state
    ]
    unmarked = [one for one in awaiting if one.id not in marked]
    counts = count_states(store, register, unmarked, day, school, seen)
    alerted = sum(
        state == "alert" and (school is None or school in candidates[child])
        for child, state in states.items()
    )
    counts["explained"] -= alerted
    counts["unexplained"] += alerted
    counts["acted-on"] = sum(row.settled for row in rows)
    counts["open"] = len(rows) - counts["acted-on"]
    if chosen is not None:
        rows = [row for row in rows if chosen.matches(row.facts)]
    ordered = _ranked(rows)
    return Round(
        day,
        [row for row in ordered if not row.settled],
        [row for row in ordered if row.settled],
        counts,
        awaiting,
        0 if seen is None else len(seen_children(store, store.find(Child), "attendance")) - len(seen),
    )


def _candidates(store: Store, register: Register, day: date) -> dict[str, set[str]]:
    """The children who may belong on the round, each with the schools whose marks say so."""
    found: dict[str, set[str]] = defaultdict(set)
    rows = store.conn.execute(
        "SELECT child, school FROM attendance_week INDEXED BY attendance_week_open"
        " WHERE void = 0 AND week = ? AND unexplained <> 0 AND unexplained & ? <> 0",
        [monday_of(day).isoformat(), day_bits(day)],
    ).fetchall()
    running: dict[str, list[str]] = defaultdict(list)
    for school, marks, _ in register:
        if _may_run(marks, store.schools.calendar(school), day):
            running[school].append(marks)
    for child, school in [*rows, *children_with(store, running, day)]:
        found[child].add(school)
    return found


def _may_run(marks: str, calendar: SchoolCalendar, day: date) -> bool:
    """Whether a week string has O on the day and nothing before it that ends a run of G, N and O."""
    if "O" not in marks:
        return False
    monday, slots = monday_of(day), unpack(marks)
    last = day.weekday() * 2
    return "O" in slots[last : last + 2] and all(
        code in _MAY_RUN or not calendar.is_school_day(session_of(monday, slot)[0])
        for slot, code in enumerate(slots[:last])
    )


_MAY_RUN = frozenset({"G", "N", "O", "D", NO_MARK})
"""Codes of a run, and those that give way to another school's mark."""


def _round_state(weeks: Sequence[tuple[date, str]], calendar: SchoolCalendar, day: date) -> str:
    """Why a child is on the round: "no-reason" (N), "alert" (O while an alert runs), or "" (not on it)."""
    codes = day_codes(weeks, day)
    if UNEXPLAINED_CODE in codes:
        return "no-reason"
    return "alert" if "O" in codes and absence_alert(weeks, calendar, day) else ""


def _spoken(store: Store, children: Sequence[Child], day: date) -> dict[str, tuple[str, datetime]]:
    """The day's newest contact with each child's people in which somebody was spoken to."""
    condition, parameters = among([child.id for child in children])
    rows = store.conn.execute(
        f"SELECT child, outcome, at FROM contact WHERE {condition} AND void = 0 AND at >= ? AND at < ?"
        " AND outcome IN ('parent', 'child', 'other') ORDER BY at, id",
        [*parameters, day_begins(day), day_begins(day + timedelta(days=1))],
    ).fetchall()
    by_id = {child.id: child for child in children}
    return {
        child: (outcome, datetime.fromisoformat(at))
        for child, outcome, at in rows
        if child in by_id and store.may_see(by_id[child], Category.FAMILY, "attendance")
    }


def _row(
    store: Store, stored: Child, facts: Facts, day: date, spoken: tuple[str, datetime] | None
) -> TodayRow:
    child = shown_child(store, stored, "attendance")
    calendar = store.schools.calendar(stored.school)
    status, tried = round_status(facts.outcomes), len(tries(facts.outcomes))
    custody = store.may_see(child, Category.YOUTH_JUSTICE, "attendance")
    am, pm = (shown_marks(code, custody) for code in day_codes(facts.weeks, day))
    school = store.schools.name(child.school)
    return TodayRow(
        child=child,
        name=display_name(child),
        school=school,
        sessions={"AM": am, "PM": pm},
        why=morning_reasons(facts, calendar, day),
        attempts=tried,
        last_contact=facts.last_contact,
        status=status,
        settled=bool(settled_by(facts.outcomes)),
        rank=0,
        facts=RowFacts(
            store,
            child,
            facts,
            day,
            codes={am, pm} - {NO_MARK},
            status=status,
            attempts=tried,
            calendar=calendar,
        ),
        spoken=spoken,
    )


def _ranked(rows: Sequence[TodayRow]) -> list[TodayRow]:
    """Rows by their weightiest reasons; siblings stand together at the place of the first of them."""
    ordered = sorted(
        rows, key=lambda row: (row.attempts > 0, order_key(row.why), row.child.surname, row.name)
    )
    families: dict[str, list[TodayRow]] = {}
    for row in ordered:
        families.setdefault(row.child.household or row.child.id, []).append(row)
    together = [row for family in families.values() for row in family]
    return [_with_rank(row, rank) for rank, row in enumerate(together, start=1)]


def _with_rank(row: TodayRow, rank: int) -> TodayRow:
    from dataclasses import replace

    return replace(row, rank=rank)
