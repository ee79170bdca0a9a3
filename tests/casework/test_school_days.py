"""What a school's calendar says of one day."""

from __future__ import annotations

from datetime import date

import pytest

from casework.calendars import SchoolCalendar
from casework.ids import new_id
from casework.records import Calendar
from casework.school_days import school_day

SCHOOL = new_id()


def entry(kind: str, start: date, end: date, name: str = "") -> Calendar:
    return Calendar.model_validate(
        {"id": new_id(), "school": SCHOOL, "kind": kind, "name": name, "start": start, "end": end}
    )


ENTRIES = [
    entry("term", date(2026, 9, 1), date(2026, 10, 16), "Term 1"),
    entry("term", date(2026, 11, 2), date(2026, 12, 18), "Term 2"),
    entry("inset", date(2026, 11, 20), date(2026, 11, 20), "INSET day"),
    entry("closure", date(2026, 11, 23), date(2026, 11, 24), "boiler"),
]
CALENDAR = SchoolCalendar.of(
    [(date(2026, 9, 1), date(2026, 10, 16)), (date(2026, 11, 2), date(2026, 12, 18))],
    [date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 24)],
)


@pytest.mark.parametrize(
    ("day", "words", "following"),
    [
        (date(2026, 11, 19), "open, Term 2", date(2026, 11, 25)),
        (date(2026, 11, 20), "INSET day", date(2026, 11, 25)),
        (date(2026, 11, 21), "weekend", date(2026, 11, 25)),
        (date(2026, 11, 23), "closed, boiler", date(2026, 11, 25)),
        (date(2026, 10, 19), "holiday", date(2026, 11, 2)),
        (date(2026, 12, 18), "open, Term 2", None),
        (date(2026, 12, 21), "no calendar for this day", None),
        (date(2026, 8, 31), "no calendar for this day", date(2026, 9, 1)),
    ],
)
def test_a_day_is_said_in_words_with_the_next_school_day(
    day: date, words: str, following: date | None
) -> None:
    found = school_day(ENTRIES, CALENDAR, day)
    assert (found.words, found.next_day) == (words, following)


def test_a_school_without_a_calendar_says_so() -> None:
    found = school_day([], SchoolCalendar((), frozenset()), date(2026, 11, 20))
    assert (found.words, found.next_day) == ("no calendar for this day", None)
