"""The morning round: who is not in, unexplained, and why each row is there."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from casework.calendars import SchoolCalendar, monday_of
from casework.codes import NO_MARK, CodeClass, lookup
from casework.filters import Filter
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
from casework.wording import say_day
from storage.queries.facts import among, children_of, laid_together, read_facts
from storage.queries.lookup import display_name
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
class Awaited:
    """A school whose register is not in for the day of the round; `children` are on its roll.

    `ended` is the last school day of a calendar that has run out, so that nobody can tell whether a register
    is due; it is None for a school that is in session and has sent no mark.
    """

    id: str
    urn: str
    name: str
    children: int
    ended: date | None = None

    @property
    def reason(self) -> str:
        """Why the school's children are not among the others, in words that follow its name."""
        if self.ended is None:
            return "no register yet"
        return (
            f"its calendar ends on {say_day(self.ended)}, so no register can be expected: add its next terms"
        )


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


def register_day(store: Store, day: date) -> date:
    """The school day whose registers `day` works on: itself, or the last school day before it.

    Where every calendar has run out, no day can be told from a holiday: the day itself, or the Friday before.
    """
    if days := [
        found
        for calendar in store.schools.calendars.values()
        if calendar.covers(day) and (found := calendar.last_school_day(day))
    ]:
        return max(days)
    return _weekday(day)


def _weekday(day: date) -> date:
    """The day itself, or the Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - _FRIDAY))


def read_round(
    store: Store, *, day: date | None = None, school: str | None = None, chosen: Filter | None = None
) -> Round:
    """The round of the register day for one school (its id) or all, with a filter applied to the rows."""
    asked = day or store.today
    day = register_day(store, asked)
    seen = seen_ids(store, Category.ATTENDANCE, "attendance")
    register = _register(store, day, None)
    marked = {at for at, marks, _ in register if _day_state(marks, day) != "no-register"}
    if seen is not None:
        register = _register(store, day, seen)
    awaiting = _awaiting(store, marked, day, asked, school)
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
    counts = _counts(store, register, unmarked, day, school, seen)
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


_Register = Sequence[tuple[str, str, int]]
"""The week of the register day: (school, week string, how many children have it)."""


def _register(store: Store, day: date, seen: frozenset[str] | None) -> _Register:
    """Of every child, or of those with the ids in `seen`."""
    condition = "" if seen is None else " AND child IN (SELECT value FROM json_each(?))"
    return store.conn.execute(
        "SELECT school, marks, count(*) FROM attendance_week INDEXED BY attendance_week_week"
        f" WHERE void = 0 AND week = ?{condition} GROUP BY school, marks",
        [monday_of(day).isoformat(), *([] if seen is None else [json.dumps(sorted(seen))])],
    ).fetchall()


def _awaiting(
    store: Store, marked: Collection[str], day: date, asked: date, school: str | None
) -> list[Awaited]:
    """The schools with children that are in session and have no mark for the day.

    A school whose calendar ended before the day asked about is one of them too, whatever the day of the
    round: left out without a word, it would be taken for one where everybody is in.
    """
    found = []
    enrolled = seen_ids(store, Category.EDUCATION, "attendance")
    among_seen, listed = "id IN (SELECT value FROM json_each(?))", json.dumps(sorted(enrolled or ()))
    for one in store.schools.schools.values():
        calendar = store.schools.calendars.get(one.id)
        ended = None if calendar is None else _ended(calendar, asked)
        if ended is not None:
            waits = one.id not in marked or day != _weekday(asked)
        else:
            in_session = day.weekday() <= _FRIDAY if calendar is None else calendar.is_school_day(day)
            waits = in_session and one.id not in marked
        if not waits or school not in (None, one.id):
            continue
        if enrolled is None:
            count = "SELECT count(*) FROM child WHERE void = 0 AND school = ?"
            children = store.conn.execute(count, [one.id]).fetchone()[0]
        else:
            children = len(store.find(Child, f"school = ? AND {among_seen}", (one.id, listed)))
        if children:  # an empty school has nobody whose mark could be missing
            found.append(Awaited(one.id, one.urn, one.name, children, ended))
    return sorted(found, key=lambda awaited: (awaited.name, awaited.urn))


def _ended(calendar: SchoolCalendar, asked: date) -> date | None:
    """The last school day of a calendar that has run out before the day asked about."""
    last = calendar.last_day
    return last if last is not None and last < _weekday(asked) and not calendar.covers(asked) else None


_FRIDAY = 4


def _candidates(store: Store, register: _Register, day: date) -> dict[str, set[str]]:
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
    for child, school in [*rows, *_children_with(store, running, day)]:
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


def _children_with(store: Store, marks: Mapping[str, Sequence[str]], day: date) -> list[tuple[str, str]]:
    """The (child, school) of the day's week whose marks are among those named for each school."""
    found: list[tuple[str, str]] = []
    for school, texts in marks.items():
        rows = store.conn.execute(
            "SELECT child FROM attendance_week INDEXED BY attendance_week_week WHERE void = 0 AND week = ?"
            " AND school = ? AND marks IN (SELECT value FROM json_each(?))",
            [monday_of(day).isoformat(), school, json.dumps(texts)],
        )
        found += [(child, school) for (child,) in rows]
    return found


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
        [*parameters, day.isoformat(), (day + timedelta(days=1)).isoformat()],
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


@lru_cache(maxsize=65_536)
def _day_state(marks: str, day: date) -> str:
    """What a week string says of one day: "in", "unexplained", "explained", or "no-register"."""
    slot = day.weekday() * 2
    held = [code for code in unpack(marks)[slot : slot + 2] if code != NO_MARK]
    if not held:
        return "no-register"
    if UNEXPLAINED_CODE in held:
        return "unexplained"
    kinds = {found.kind for code in held if (found := lookup(code, day))}
    return "explained" if kinds & {CodeClass.AUTHORISED, CodeClass.UNAUTHORISED} else "in"


def _counts(
    store: Store,
    register: _Register,
    awaiting: Sequence[Awaited],
    day: date,
    school: str | None,
    seen: frozenset[str] | None,
) -> dict[str, int]:
    awaited = {one.id for one in awaiting}

    def counted(at: str, marks: str) -> str:
        """The state that a row adds to; an awaited school's children are counted by its roll."""
        if school and at != school:
            return ""
        state = _day_state(marks, day)
        return "" if state == "no-register" and at in awaited else state

    states: Counter[str] = Counter()
    states["no-register"] = sum(one.children for one in awaiting)
    for at, marks, count in register:
        states[counted(at, marks)] += count
    for parts, marks in _at_two_schools(store, register, awaited, day, seen):
        before = [state for at, held in parts if (state := counted(at, held))]
        states.subtract(before)
        states[_day_state(marks, day) if before else ""] += 1
    return {
        "not-in": states["unexplained"] + states["explained"],
        "explained": states["explained"],
        "unexplained": states["unexplained"],
        "no-register": states["no-register"],
    }


def _at_two_schools(
    store: Store,
    register: _Register,
    awaited: Collection[str],
    day: date,
    seen: frozenset[str] | None,
) -> list[tuple[list[tuple[str, str]], str]]:
    """The week of each child whom two schools have marked, as they have it and laid together.

    Children who are in wherever they are marked are left out: no state that is shown counts them.
    """
    if len({school for school, _, _ in register}) < _TWO:
        return []
    out: dict[str, list[str]] = defaultdict(list)
    for school, marks, _ in register:
        state = _day_state(marks, day)
        if state != "in" and not (state == "no-register" and school in awaited):
            out[school].append(marks)
    rows = store.conn.execute(
        "SELECT w.child, w.school, w.marks, c.school FROM json_each(?) AS j"
        " CROSS JOIN attendance_week AS w INDEXED BY attendance_week_child CROSS JOIN child AS c"
        " WHERE w.child = j.value AND w.void = 0 AND w.week = ? AND c.id = w.child",
        [
            json.dumps(list({c for c, _ in _children_with(store, out, day) if seen is None or c in seen})),
            monday_of(day).isoformat(),
        ],
    )
    found: dict[tuple[str, str | None], list[tuple[str, str]]] = defaultdict(list)
    for child, school, marks, home in rows:
        found[child, home].append((school, marks))
    return [(parts, laid_together(parts, home)) for (_, home), parts in found.items() if len(parts) >= _TWO]


_TWO = 2
