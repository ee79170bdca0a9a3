"""The three clocks of the work: school days, working days and calendar days.

They never mix: a school day needs the school's calendar, a working day needs England's bank holidays,
a calendar day needs neither. Nothing here knows today's date; the caller gives it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from casework.bank_holidays import bank_holidays
from casework.calendars import SchoolCalendar
from casework.wording import count_of, say_day

_SATURDAY = 5
_ONE_DAY = timedelta(days=1)


class ClockKind(StrEnum):
    """What a clock counts."""

    SCHOOL_DAYS = "school days"
    WORKING_DAYS = "working days"
    CALENDAR_DAYS = "calendar days"


@dataclass(frozen=True, slots=True)
class Clock:
    """One deadline. ``left`` counts its own kind of days from today to the due day, below 0 when over.

    ``due`` and ``left`` are None when the school's calendar ends before the due day. ``just_over`` is a clock
    that is over by no whole day of its kind yet, as on a weekend; its ``left`` is -1.
    """

    rule: str
    text: str
    start: date
    due: date | None
    kind: ClockKind
    overdue: bool
    left: int | None
    just_over: bool = False


def is_working_day(day: date, extra: Collection[date] = ()) -> bool:
    """Whether a day is Monday to Friday, no bank holiday in England and not among the days added locally."""
    return day.weekday() < _SATURDAY and day not in extra and day not in bank_holidays(day.year)


def next_working_day(day: date, extra: Collection[date] = ()) -> date:
    """The day itself when it is a working day, else the first one after it."""
    while not is_working_day(day, extra):
        day += _ONE_DAY
    return day


def add_working_days(start: date, n: int, extra: Collection[date] = ()) -> date:
    """The ``n``-th working day after ``start``, which is day 0. Raises ValueError for a negative ``n``."""
    if n < 0:
        raise ValueError("n counts forward and cannot be negative")
    day = start
    for _ in range(n):
        day = next_working_day(day + _ONE_DAY, extra)
    return day


def working_days_between(start: date, end: date, extra: Collection[date] = ()) -> int:
    """Working days after ``start`` up to and with ``end``; negative when ``end`` lies before ``start``."""
    if end < start:
        return -working_days_between(end, start, extra)
    return sum(is_working_day(start + timedelta(days=n), extra) for n in range(1, (end - start).days + 1))


def add_months(day: date, months: int) -> date:
    """The same day of a later (or earlier) month, or that month's last day when it is shorter."""
    month = day.year * 12 + day.month - 1 + months
    year, month = divmod(month, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), first_of_next - _ONE_DAY)


def _clock(
    rule: str, dates: tuple[date, date], kind: ClockKind, left: int, length: str, *, just_over: bool = False
) -> Clock:
    start, due = dates
    unit = kind.value.removesuffix("s")
    if just_over:
        state = f"overdue, with no {unit} since"
    elif left < 0:
        state = f"{count_of(-left, unit)} overdue"
    elif left == 0:
        state = "due today"
    else:
        state = f"{count_of(left, unit)} left"
    text = f"{length} from {say_day(start)}: due {say_day(due)}, {state}"
    return Clock(rule, text, start, due, kind, left < 0, left, just_over)


def school_day_clock(rule: str, start: date, days: int, calendar: SchoolCalendar, today: date) -> Clock:
    """A clock of ``days`` school days after ``start``. A day over the due day is over whether or not it is a
    school day, but ``left`` counts school days (at least 1 when over).
    """
    kind = ClockKind.SCHOOL_DAYS
    length = count_of(days, "school day")
    due = calendar.nth_school_day_after(start, days)
    if due is None:
        text = f"{length} from {say_day(start)}: the school's calendar ends before the due day"
        return Clock(rule, text, start, None, kind, overdue=False, left=None)
    if today <= due:
        left = calendar.count_school_days(today + _ONE_DAY, due)
        left = max(left, 1) if today < due else 0
    else:
        left = -max(1, calendar.count_school_days(due + _ONE_DAY, today))
    return _clock(rule, (start, due), kind, left, length)


def working_day_clock(rule: str, start: date, days: int, today: date, extra: Collection[date] = ()) -> Clock:
    """A clock of ``days`` working days after ``start`` (the next working day when it is none itself). Before
    it begins, as on the weekend before, all of them are left. On the weekend after its end it is overdue,
    by no whole working day yet.
    """
    start = next_working_day(start, extra)
    due = add_working_days(start, days, extra)
    left = working_days_between(max(today, start), due, extra)
    just_over = today > due and left == 0
    left = min(left, -1) if today > due else left
    length = count_of(days, "working day")
    return _clock(rule, (start, due), ClockKind.WORKING_DAYS, left, length, just_over=just_over)


def working_days_to(rule: str, start: date, due: date, today: date, extra: Collection[date] = ()) -> Clock:
    """A clock in working days to a day that was set, whichever day of the week that is."""
    left = working_days_between(today, due, extra)
    just_over = today > due and left == 0
    if today > due:
        left = min(left, -1)
    elif today < due:
        left = max(left, 1)
    else:
        left = 0
    length = count_of(
        working_days_between(min(next_working_day(start, extra), due), due, extra), "working day"
    )
    return _clock(rule, (start, due), ClockKind.WORKING_DAYS, left, length, just_over=just_over)


def calendar_clock(rule: str, start: date, due: date, today: date, length: str = "") -> Clock:
    """A clock to a date already worked out in calendar days, weeks or months."""
    length = length or count_of((due - start).days, "calendar day")
    return _clock(rule, (start, due), ClockKind.CALENDAR_DAYS, (due - today).days, length)
