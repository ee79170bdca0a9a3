"""School calendars: which days and which weeks have sessions.

One calendar belongs to one school: its terms and its closed days (INSET days, bank holidays inside
a term, closures). Two children of one family may have two calendars. Nothing here knows today's date.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
_NO_DAYS: frozenset[date] = frozenset()


def monday_of(day: date) -> date:
    """The Monday of the week that holds ``day``."""
    return day - timedelta(days=day.weekday())


def school_year(day: date) -> int:
    """The year in which the school year holding ``day`` began (1 September to 31 August)."""
    return day.year if day.month >= 9 else day.year - 1


@dataclass(frozen=True)
class SchoolCalendar:
    """The days on which one school has sessions.

    ``terms`` are (first day, last day) pairs, both included; ``closed`` are days inside a term without
    sessions for pupils. Saturdays and Sundays are never school days.
    """

    terms: tuple[tuple[date, date], ...]
    closed: frozenset[date] = frozenset()

    @classmethod
    def of(cls, terms: Iterable[tuple[date, date]], closed: Iterable[date] = ()) -> SchoolCalendar:
        """A calendar from any iterables of terms and closed days."""
        return cls(tuple((first, last) for first, last in terms), frozenset(closed))

    @cached_property
    def _days(self) -> list[date]:
        days: set[date] = set()
        for first, last in self.terms:
            day = first
            while day <= last:
                if day.weekday() < _SATURDAY and day not in self.closed:
                    days.add(day)
                day += _ONE_DAY
        return sorted(days)

    @cached_property
    def _day_set(self) -> frozenset[date]:
        return frozenset(self._days)

    @cached_property
    def _weeks(self) -> list[date]:
        return sorted({monday_of(day) for day in self._days})

    @cached_property
    def _week_set(self) -> frozenset[date]:
        return frozenset(self._weeks)

    @cached_property
    def _part_weeks(self) -> dict[date, frozenset[date]]:
        closed: dict[date, set[date]] = {}
        for monday in self._weeks:
            for day in (monday + timedelta(days=n) for n in range(_SATURDAY)):
                if self.is_closed(day):
                    closed.setdefault(monday, set()).add(day)
        return {monday: frozenset(days) for monday, days in closed.items()}

    @property
    def first_day(self) -> date | None:
        """The first school day known, or None for an empty calendar."""
        return self._days[0] if self._days else None

    @property
    def last_day(self) -> date | None:
        """The last school day known, or None for an empty calendar."""
        return self._days[-1] if self._days else None

    def is_school_day(self, day: date) -> bool:
        """Whether the school has sessions on ``day``."""
        return day in self._day_set

    def is_closed(self, day: date) -> bool:
        """Whether the calendar knows that the school has no sessions on ``day``.

        Before the first term and after the last one nothing is known, so no day there is closed.
        """
        return day not in self._day_set and self.covers(day)

    def covers(self, day: date) -> bool:
        """Whether the calendar reaches to ``day``: within its terms and the holidays between them."""
        return bool(self.terms) and (
            min(first for first, _ in self.terms) <= day <= max(last for _, last in self.terms)
        )

    def closed_in_week(self, monday: date) -> frozenset[date]:
        """The days, Monday to Friday, of the school week of ``monday`` that are known to be closed."""
        return self._part_weeks.get(monday, _NO_DAYS)

    def school_days(self, start: date, end: date) -> list[date]:
        """The school days from ``start`` to ``end``, both included, in order."""
        return self._days[bisect_left(self._days, start) : bisect_right(self._days, end)]

    def count_school_days(self, start: date, end: date) -> int:
        """How many school days lie from ``start`` to ``end``, both included."""
        return max(0, bisect_right(self._days, end) - bisect_left(self._days, start))

    def nth_school_day_after(self, day: date, n: int) -> date | None:
        """The ``n``-th school day after ``day`` (``day`` itself is day 0); ``n`` = 0 gives ``day``.

        None when the calendar ends first: the school's next terms are not entered yet. Raises ValueError
        for a negative ``n``.
        """
        if n < 0:
            raise ValueError("n counts forward and cannot be negative")
        if n == 0:
            return day
        index = bisect_right(self._days, day) + n - 1
        return self._days[index] if index < len(self._days) else None

    def last_school_day(self, on_or_before: date) -> date | None:
        """The latest school day on or before a date, or None when the calendar has none."""
        index = bisect_right(self._days, on_or_before)
        return self._days[index - 1] if index else None

    def first_school_day(self, on_or_after: date) -> date | None:
        """The earliest school day on or after a date, or None when the calendar ends first."""
        index = bisect_left(self._days, on_or_after)
        return self._days[index] if index < len(self._days) else None

    def is_school_week(self, monday: date) -> bool:
        """Whether the week of ``monday`` has at least one school day (any day of the week may be given)."""
        return monday_of(monday) in self._week_set

    def school_weeks(self, start: date, end: date) -> list[date]:
        """The Mondays of the school weeks from ``start``'s week to ``end``'s week, in order."""
        return self._weeks[bisect_left(self._weeks, monday_of(start)) : bisect_right(self._weeks, end)]

    def school_weeks_ending(self, day: date, n: int = 10) -> list[date]:
        """The Mondays of the ``n`` consecutive school weeks ending with ``day``'s week, oldest first.

        A week without sessions vanishes, so in a holiday the window ends with the last school week before
        it. Fewer than ``n`` when the calendar begins later.
        """
        end = bisect_right(self._weeks, day)
        return self._weeks[max(0, end - n) : end]

    def term_of(self, day: date) -> tuple[date, date] | None:
        """The (first day, last day) pair of the term holding ``day``, or None between terms."""
        return next(((first, last) for first, last in self.terms if first <= day <= last), None)
