"""The marks of one child, session by session, with what later files corrected."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from casework.codes import NO_MARK
from casework.policies import Category, Purpose
from casework.records import Child
from casework.records_attendance import AttendanceWeek
from casework.sharing import Decision
from casework.shown_marks import shown_earlier, shown_marks, veiled_slots
from casework.weeks import holder, session_of, unpack

if TYPE_CHECKING:
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


def read_marks(
    store: Store, child: Child, start: date, end: date, purpose: Purpose = "support"
) -> list[Mark]:
    """The mark of every session between two dates with its earlier codes, oldest first; none where the
    attendance may not be seen.

    Where two schools have marked a session, one mark counts: see `casework.weeks.holder`.
    """
    if not store.may_see(child, Category.ATTENDANCE, purpose):
        return []
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


def on_closed_day(store: Store, mark: Mark) -> bool:
    """Whether a mark stands on a day on which its school is closed, and is none that says so."""
    return mark.code != _PLANNED_CLOSURE and store.schools.calendar(mark.school).is_closed(mark.date)


def shown_mark(mark: Mark, custody: Decision) -> Mark:
    """The mark as it may be shown to who may, or may not, know of custody."""
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
