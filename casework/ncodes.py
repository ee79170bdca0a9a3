"""The N-code clock and what the school owes a family on the first day of an unexplained absence.

Code N ("reason not yet known") must become another code no later than 5 school days after the session; O
when no reason is found (SI 2024/208). School days only: holidays do not run the clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from casework.calendars import SchoolCalendar
from casework.clocks import Clock, school_day_clock
from casework.parameters import CONTACTS_EXPECTED, N_CODE_DAYS, at
from casework.weeks import sessions
from casework.wording import count_of, say_day

N_CODE = "N"


@dataclass(frozen=True, slots=True)
class NClock:
    """Where one session's N mark stands. ``last_day`` is None when the calendar ends before it."""

    session_date: date
    session: str
    last_day: date | None
    overdue: bool
    due_today: bool
    clock: Clock
    reasons: tuple[str, ...]


@lru_cache(maxsize=4_096)
def n_clock(
    session_date: date, current_mark: str, today: date, calendar: SchoolCalendar, *, session: str = ""
) -> NClock:
    """The clock of one session whose mark is ``current_mark`` now; only an N can be due or overdue.

    Remembered: a caseload has the same few sessions and calendars over and over.
    """
    days = at(N_CODE_DAYS, session_date)
    clock = school_day_clock("n_code", session_date, days, calendar, today)
    mark = current_mark.strip().upper()
    still_n = mark == N_CODE
    overdue = still_n and clock.overdue
    due_today = still_n and clock.due == today
    if clock.due is None:
        reasons = [f"The school's calendar ends before {count_of(days, 'school day')} have passed."]
    else:
        reasons = [
            f"{count_of(days, 'school day')} after {say_day(session_date)} end on {say_day(clock.due)}.",
        ]
    if not still_n:
        reasons.append(f"The mark is now {mark or 'empty'}, not N, so nothing is overdue.")
    elif overdue:
        reasons.append(f"On {say_day(today)} it is still N: overdue, and O when no reason is found.")
    elif due_today:
        reasons.append("It is due today.")
    elif clock.left is not None:
        reasons.append(f"{count_of(clock.left, 'school day')} left.")
    return NClock(session_date, session, clock.due, overdue, due_today, clock, tuple(reasons))


def open_n_marks(weeks: Iterable[tuple[date, str]], calendar: SchoolCalendar, today: date) -> list[NClock]:
    """The clock of every N still standing in a child's weeks (Monday, week string), oldest first.

    A mark on a day on which the school is closed by its calendar runs no clock: it had no session.
    """
    return [
        n_clock(day, mark, today, calendar, session=session)
        for monday, marks in sorted(weeks)
        if N_CODE in marks
        for day, session, mark in sessions(monday, marks)
        if mark == N_CODE and day <= today and not calendar.is_closed(day)
    ]


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing to do: ``what`` as an instruction, ``why`` in plain words, ``source`` of the duty."""

    what: str
    why: str
    source: str


_PRACTICE = "DfE, Working together to improve school attendance, 2024; Keeping children safe in education"


def first_day_duties(
    day: date,
    *,
    days_unexplained: int = 1,
    contacts_held: int | None = None,
    social_worker: bool = False,
    youth_justice_worker: bool = False,
) -> list[Duty]:
    """What to do on a day of unexplained absence, in order; repeated each day until the child is found.

    ``days_unexplained`` counts school days up to and with ``day``; ``contacts_held`` is None when unknown.
    """
    why = f"Absent without a reason on {say_day(day)} ({count_of(days_unexplained, 'school day')})."
    duties = [
        Duty("Contact the parents", why, _PRACTICE),
        Duty("Contact the other emergency contacts", "If no parent can be reached.", _PRACTICE),
    ]
    expected = at(CONTACTS_EXPECTED, day)
    if contacts_held is not None and contacts_held < expected:
        shortfall = f"{count_of(contacts_held, 'contact')} held, {expected} expected."
        duties.append(Duty("Ask for another emergency contact", shortfall, _PRACTICE))
    if social_worker:
        duties.append(Duty("Tell the social worker", "The child has one.", _PRACTICE))
    if youth_justice_worker:
        duties.append(Duty("Tell the youth justice worker", "The child has one.", _PRACTICE))
    duties.append(
        Duty("Consider a home visit or welfare check", "If nobody has been reached today.", _PRACTICE)
    )
    return duties
