"""Which registers are in for the day of a round, which are awaited, and how many each state counts."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from casework.calendars import SchoolCalendar, monday_of
from casework.codes import NO_MARK, CodeClass, lookup
from casework.policies import Category
from casework.records import Child
from casework.weeks import UNEXPLAINED_CODE, unpack
from casework.wording import say_day
from storage.queries.facts import laid_together
from storage.queries.sight import seen_ids

if TYPE_CHECKING:
    from storage.store import Store


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


Register = Sequence[tuple[str, str, int]]
"""The week of the register day: (school, week string, how many children have it)."""


def read_register(store: Store, day: date, seen: frozenset[str] | None) -> Register:
    """Of every child, or of those with the ids in `seen`."""
    condition = "" if seen is None else " AND child IN (SELECT value FROM json_each(?))"
    return store.conn.execute(
        "SELECT school, marks, count(*) FROM attendance_week INDEXED BY attendance_week_week"
        f" WHERE void = 0 AND week = ?{condition} GROUP BY school, marks",
        [monday_of(day).isoformat(), *([] if seen is None else [json.dumps(sorted(seen))])],
    ).fetchall()


def awaited_schools(
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


def children_with(store: Store, marks: Mapping[str, Sequence[str]], day: date) -> list[tuple[str, str]]:
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


@lru_cache(maxsize=65_536)
def day_state(marks: str, day: date) -> str:
    """What a week string says of one day: "in", "unexplained", "explained", or "no-register"."""
    slot = day.weekday() * 2
    held = [code for code in unpack(marks)[slot : slot + 2] if code != NO_MARK]
    if not held:
        return "no-register"
    if UNEXPLAINED_CODE in held:
        return "unexplained"
    kinds = {found.kind for code in held if (found := lookup(code, day))}
    return "explained" if kinds & {CodeClass.AUTHORISED, CodeClass.UNAUTHORISED} else "in"


def count_states(
    store: Store,
    register: Register,
    awaiting: Sequence[Awaited],
    day: date,
    school: str | None,
    seen: frozenset[str] | None,
) -> dict[str, int]:
    """Children by state, as `Round.counts` has them; those of the schools in `awaiting` by their rolls."""
    awaited = {one.id for one in awaiting}

    def counted(at: str, marks: str) -> str:
        """The state that a row adds to; an awaited school's children are counted by its roll."""
        if school and at != school:
            return ""
        state = day_state(marks, day)
        return "" if state == "no-register" and at in awaited else state

    states: Counter[str] = Counter()
    states["no-register"] = sum(one.children for one in awaiting)
    for at, marks, count in register:
        states[counted(at, marks)] += count
    for parts, marks in _at_two_schools(store, register, awaited, day, seen):
        before = [state for at, held in parts if (state := counted(at, held))]
        states.subtract(before)
        states[day_state(marks, day) if before else ""] += 1
    return {
        "not-in": states["unexplained"] + states["explained"],
        "explained": states["explained"],
        "unexplained": states["unexplained"],
        "no-register": states["no-register"],
    }


def _at_two_schools(
    store: Store,
    register: Register,
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
        state = day_state(marks, day)
        if state != "in" and not (state == "no-register" and school in awaited):
            out[school].append(marks)
    rows = store.conn.execute(
        "SELECT w.child, w.school, w.marks, c.school FROM json_each(?) AS j"
        " CROSS JOIN attendance_week AS w INDEXED BY attendance_week_child CROSS JOIN child AS c"
        " WHERE w.child = j.value AND w.void = 0 AND w.week = ? AND c.id = w.child",
        [
            json.dumps(list({c for c, _ in children_with(store, out, day) if seen is None or c in seen})),
            monday_of(day).isoformat(),
        ],
    )
    found: dict[tuple[str, str | None], list[tuple[str, str]]] = defaultdict(list)
    for child, school, marks, home in rows:
        found[child, home].append((school, marks))
    return [(parts, laid_together(parts, home)) for (_, home), parts in found.items() if len(parts) >= _TWO]


_TWO = 2
