"""Marks on days on which the school's calendar says that there is no school: taken, and told of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from casework.calendars import SchoolCalendar
from casework.codes import NO_MARK
from casework.weeks import SLOTS
from storage.intake.model import PupilWeek

_CLOSURE = "#"
_NOTHING = frozenset({None, NO_MARK, _CLOSURE})


@dataclass(slots=True)
class ClosedDays:
    """Counts marks, other than the closure's own ``#``, on days inside the calendar that are no school days.

    What lies before the first or after the last school day of the calendar is not judged.
    """

    calendar: SchoolCalendar
    marks: int = 0
    days: set[date] = field(default_factory=set)
    _closed: dict[date, tuple[int, ...]] = field(default_factory=dict)

    def look(self, week: PupilWeek) -> None:
        """Count the marks of one child's week."""
        closed = self._closed.get(week.monday)
        if closed is None:
            closed = self._closed[week.monday] = self._slots(week.monday)
        for slot in closed:
            if week.slots[slot] not in _NOTHING:
                self.marks += 1
                self.days.add(week.monday + timedelta(days=slot // 2))

    def _slots(self, monday: date) -> tuple[int, ...]:
        first, last = self.calendar.first_day, self.calendar.last_day
        if first is None or last is None:
            return ()
        days = ((slot, monday + timedelta(days=slot // 2)) for slot in range(SLOTS))
        return tuple(
            slot for slot, day in days if first <= day <= last and not self.calendar.is_school_day(day)
        )
