"""Children missing education: the 20-day limb, earlier alerts, returns to the council, days not seen.

Source: SI 2024/208 reg 9 (the ground for deletion) and DfE, Working together to improve school attendance,
2024. Removal from the roll is never automatic: school and local authority must jointly have made reasonable
enquiries and failed, and there must be no reason to think of illness or another unavoidable cause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from casework.calendars import SchoolCalendar, monday_of
from casework.codes import NEW_CODES_FROM, NO_MARK
from casework.parameters import (
    ABSENCE_ALERTS,
    ATTENDANCE_RETURN_DAYS,
    DELETION_CODES,
    DELETION_DAYS,
    SICKNESS_RETURN_DAYS,
    at,
)
from casework.weeks import sessions, slot_of, unpack
from casework.wording import count_of, join_words, say_day

SEEN_CODES = frozenset({"/", "\\", "L", "U", "V"})
"""Marks under which the school's own staff saw the child; U is an absence, yet the child was there."""

_UNAUTHORISED = frozenset("GNOU")
_ILLNESS = frozenset("I")


@dataclass(frozen=True, slots=True)
class TwentyDayLimb:
    """One limb of the ground for deletion; ``days`` is the run up to the last mark, in whole days."""

    limb_met: bool
    days: int
    reasons: tuple[str, ...]


def twenty_day_limb(
    marks: Sequence[str], sessions_per_day: int = 2, on: date = NEW_CODES_FROM
) -> TwentyDayLimb:
    """Whether the run of G, N and O up to the last of ``marks`` (oldest first) is 20 school days or more.

    Any other code breaks the run, even U. Raises ValueError when ``sessions_per_day`` is below 1.
    """
    if sessions_per_day < 1:
        raise ValueError("a school day has at least one session")
    needed, codes = at(DELETION_DAYS, on), at(DELETION_CODES, on)
    run = 0
    for mark in reversed(marks):
        if mark not in codes:
            break
        run += 1
    days = run // sessions_per_day
    met = days >= needed
    reasons = [
        (
            f"The last {count_of(run, 'session')} are coded {join_words(sorted(codes))} only: "
            f"{count_of(days, 'whole school day')} of {needed}."
        )
    ]
    if run < len(marks):
        reasons.append(f"The run is broken by the code {marks[-run - 1]} before it.")
    reasons.append(
        "Never enough alone: joint reasonable enquiries must have failed, with no reason to think of illness."
        if met
        else "This limb is not met."
    )
    return TwentyDayLimb(met, days, tuple(reasons))


@dataclass(frozen=True, slots=True)
class Run:
    """Whole school days in a row, up to ``until``, on which every session had one of some codes."""

    days: int
    since: date | None
    until: date | None


def _marks_on(by_week: Mapping[date, str], day: date) -> list[str]:
    marks = by_week.get(monday_of(day))
    if marks is None:
        return []
    morning = slot_of(day, "AM")
    return [code for code in unpack(marks)[morning : morning + 2] if code != NO_MARK]


def _last_marked_day(by_week: Mapping[date, str], calendar: SchoolCalendar, today: date) -> date | None:
    for monday in sorted(by_week, reverse=True):
        days = [
            day
            for day, _, _ in sessions(monday, by_week[monday])
            if day <= today and calendar.is_school_day(day)
        ]
        if days:
            return days[-1]
    return None


def running_days(
    weeks: Sequence[tuple[date, str]], codes: frozenset[str], calendar: SchoolCalendar, today: date
) -> Run:
    """The run of school days ending with the last marked one up to ``today``; holidays do not break it.

    Marks on days that are no school days by the calendar neither count nor break it.
    A school day with no mark at all, with only one of two marks, or with another code ends the run; a last
    day still being marked (morning only) counts when its mark fits.
    """
    by_week = dict(weeks)
    last = _last_marked_day(by_week, calendar, today)
    if last is None or calendar.first_day is None:
        return Run(0, None, None)
    days, since = 0, None
    for day in reversed(calendar.school_days(calendar.first_day, last)):
        marked = _marks_on(by_week, day)
        whole = len(marked) == 2 or day == last
        if not (marked and whole and codes.issuperset(marked)):
            break
        days, since = days + 1, day
    return Run(days, since, last if days else None)


@dataclass(frozen=True, slots=True)
class AbsenceAlert:
    """Continuous absence without a known good reason (G, N, O).

    ``level`` is the highest alert reached (5, 10, 15 days), 0 for none.
    """

    days: int
    level: int
    since: date | None
    next_level: int | None
    reasons: tuple[str, ...]


def unexplained_absence(
    weeks: Sequence[tuple[date, str]], calendar: SchoolCalendar, today: date
) -> AbsenceAlert:
    """Alert at 5, 10 and 15 school days coded G, N or O in a row, long before the 20-day ground."""
    run = running_days(weeks, at(DELETION_CODES, today), calendar, today)
    levels = at(ABSENCE_ALERTS, today)
    level = max((step for step in levels if run.days >= step), default=0)
    following = min((step for step in levels if step > run.days), default=None)
    if run.since is None:
        return AbsenceAlert(
            0, 0, None, following, ("The last marked school day is not coded G, N or O only.",)
        )
    reasons = [f"{count_of(run.days, 'school day')} coded G, N or O in a row since {say_day(run.since)}."]
    if level:
        reasons.append(
            f"Alert at {level} school days reached; the 20-day ground is {at(DELETION_DAYS, today)}."
        )
    if following is not None:
        reasons.append(f"The next alert comes at {following} school days.")
    return AbsenceAlert(run.days, level, run.since, following, tuple(reasons))


@dataclass(frozen=True, slots=True)
class ReturnDue:
    """A return the school owes the council, with its reason."""

    name: str
    days: int
    reason: str


def returns_due(weeks: Sequence[tuple[date, str]], calendar: SchoolCalendar, today: date) -> list[ReturnDue]:
    """The attendance return (10 school days unauthorised in a row) and the sickness return (15 days of I)."""
    checks = (
        ("attendance return", _UNAUTHORISED, at(ATTENDANCE_RETURN_DAYS, today), "unauthorised absence"),
        ("sickness return", _ILLNESS, at(SICKNESS_RETURN_DAYS, today), "illness"),
    )
    due = []
    for name, codes, needed, what in checks:
        run = running_days(weeks, codes, calendar, today)
        if run.since is not None and run.days >= needed:
            reason = f"{count_of(run.days, 'school day')} of {what} in a row since {say_day(run.since)}."
            due.append(ReturnDue(name, run.days, reason))
    return due


@dataclass(frozen=True, slots=True)
class NotSeen:
    """How long nobody has seen the child: calendar days, and school days where a calendar is given."""

    last_seen: date | None
    days: int | None
    school_days: int | None
    reasons: tuple[str, ...]


def last_seen_at_school(weeks: Sequence[tuple[date, str]], today: date) -> date | None:
    """The last day with a mark under which school staff saw the child (present, L, U or V)."""
    for monday, marks in sorted(weeks, reverse=True):
        days = [day for day, _, code in sessions(monday, marks) if code in SEEN_CODES and day <= today]
        if days:
            return days[-1]
    return None


def days_not_seen(last_seen: date | None, today: date, calendar: SchoolCalendar | None = None) -> NotSeen:
    """Days since the child was last seen by anyone, at school or on a visit; None when never recorded."""
    if last_seen is None:
        return NotSeen(None, None, None, ("No record of anyone seeing the child.",))
    days = max(0, (today - last_seen).days)
    school_days = calendar.count_school_days(last_seen + timedelta(days=1), today) if calendar else None
    reason = f"Last seen on {say_day(last_seen)}, {count_of(days, 'day')} ago"
    if school_days is not None:
        reason += f" ({count_of(school_days, 'school day')})"
    return NotSeen(last_seen, days, school_days, (reason + ".",))
