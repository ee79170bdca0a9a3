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
    """Counts marks, other than the closure's own ``#``, on days that the calendar knows to be closed."""

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
        return tuple(
            slot for slot in range(SLOTS) if self.calendar.is_closed(monday + timedelta(days=slot // 2))
        )
