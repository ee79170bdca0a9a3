"""Days on which the invented work was done: nobody writes to a team, or meets, on a weekend."""

from __future__ import annotations

from datetime import date, timedelta

from casework.clocks import is_working_day


def working(day: date, ago: int) -> date:
    """The day so many working days before."""
    while ago:
        day -= timedelta(days=1)
        ago -= is_working_day(day)
    return day


def last_working(day: date) -> date:
    """The day itself where it is a working day, else the last one before it."""
    return day if is_working_day(day) else working(day, 1)
