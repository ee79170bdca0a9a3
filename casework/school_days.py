"""What a school's calendar says of one day, and its next school day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from casework.calendars import SchoolCalendar
from casework.records import Calendar

DayKind = Literal["open", "inset", "closure", "holiday", "weekend", "unknown"]

_SATURDAY = 5
_WORDS: dict[DayKind, str] = {
    "open": "open",
    "inset": "INSET day",
    "closure": "closed",
    "holiday": "holiday",
    "weekend": "weekend",
    "unknown": "no calendar for this day",
}


@dataclass(frozen=True, slots=True)
class SchoolDay:
    """Where a school stands on a day. `next_day` is its next school day after it, None where the calendar
    ends first. `name` is what the calendar calls the term, or the day that is closed.
    """

    kind: DayKind
    name: str
    next_day: date | None

    @property
    def words(self) -> str:
        """In words, with the calendar's own name."""
        plain = _WORDS[self.kind]
        return f"{plain}, {self.name}" if self.name and self.name.casefold() != plain.casefold() else plain


def school_day(entries: Iterable[Calendar], calendar: SchoolCalendar, day: date) -> SchoolDay:
    """What the entries of one school say of a day; `calendar` is made from the same entries."""
    held = [entry for entry in entries if entry.start <= day <= entry.end]
    term = next((entry for entry in held if entry.kind == "term"), None)
    shut = next((entry for entry in held if entry.kind != "term"), None)
    following = calendar.first_school_day(day + timedelta(days=1))
    kind: DayKind
    if calendar.is_school_day(day):
        kind, name = "open", term.name if term else ""
    elif day.weekday() >= _SATURDAY:
        kind, name = "weekend", ""
    elif shut is not None:
        kind, name = ("inset" if shut.kind == "inset" else "closure"), shut.name
    else:
        kind, name = ("holiday" if calendar.covers(day) else "unknown"), ""
    return SchoolDay(kind, name, following)
