from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.calendars import SchoolCalendar, monday_of, school_year

SWALE = SchoolCalendar.of(
    [
        (date(2026, 9, 1), date(2026, 10, 16)),
        (date(2026, 11, 2), date(2026, 12, 18)),
        (date(2027, 1, 4), date(2027, 2, 12)),
        (date(2027, 2, 22), date(2027, 3, 25)),
        (date(2027, 4, 12), date(2027, 5, 28)),
        (date(2027, 6, 7), date(2027, 7, 22)),
    ],
    [date(2026, 9, 1), date(2027, 5, 3)],
)
DAYS = st.dates(date(2026, 8, 1), date(2027, 8, 31))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 9, 1), False),
        (date(2026, 9, 2), True),
        (date(2026, 9, 5), False),
        (date(2026, 10, 16), True),
        (date(2026, 10, 19), False),
        (date(2027, 5, 3), False),
    ],
)
def test_school_days(day: date, expected: bool) -> None:
    assert SWALE.is_school_day(day) is expected


@pytest.mark.parametrize(
    ("day", "closed"),
    [
        (date(2026, 8, 31), False),  # before the first term nothing is known
        (date(2026, 9, 1), True),  # an INSET day
        (date(2026, 9, 2), False),
        (date(2026, 9, 5), True),  # a Saturday
        (date(2026, 10, 20), True),  # half-term
        (date(2027, 7, 22), False),
        (date(2027, 7, 23), False),  # after the last term nothing is known
    ],
)
def test_closed_days_are_those_the_calendar_knows(day: date, closed: bool) -> None:
    assert SWALE.is_closed(day) is closed
    assert not SchoolCalendar(()).is_closed(day)


def test_half_term_does_not_run_the_clock() -> None:
    assert SWALE.nth_school_day_after(date(2026, 10, 15), 5) == date(2026, 11, 5)


def test_the_calendar_may_end_first() -> None:
    assert SWALE.nth_school_day_after(date(2027, 7, 22), 1) is None
    assert SWALE.last_school_day(date(2026, 9, 1)) is None
    assert SWALE.first_school_day(date(2027, 7, 23)) is None


def test_counting_back_is_refused() -> None:
    with pytest.raises(ValueError, match="forward"):
        SWALE.nth_school_day_after(date(2026, 10, 15), -1)


def test_ten_school_weeks_skip_the_holiday() -> None:
    weeks = SWALE.school_weeks_ending(date(2026, 11, 20), 10)
    assert weeks == [
        *(date(2026, 8, 31) + timedelta(weeks=n) for n in range(7)),
        *(date(2026, 11, 2) + timedelta(weeks=n) for n in range(3)),
    ]


def test_in_a_holiday_the_window_ends_with_the_last_school_week() -> None:
    assert SWALE.school_weeks_ending(date(2026, 10, 28), 1) == [date(2026, 10, 12)]


def test_a_week_of_one_day_is_a_school_week() -> None:
    single = SchoolCalendar.of([(date(2026, 2, 11), date(2026, 2, 11))])
    assert single.is_school_week(date(2026, 2, 9))
    assert single.school_weeks_ending(date(2026, 2, 9), 3) == [date(2026, 2, 9)]


def test_an_empty_calendar_knows_nothing() -> None:
    empty = SchoolCalendar(())
    assert not empty.is_school_day(date(2026, 9, 2))
    assert empty.school_weeks_ending(date(2026, 9, 2)) == []
    assert empty.first_day is None
    assert empty.last_day is None


def test_school_year_turns_in_september() -> None:
    assert school_year(date(2026, 8, 31)) == 2025
    assert school_year(date(2026, 9, 1)) == 2026


@given(DAYS, st.integers(1, 40))
def test_nth_day_after_agrees_with_counting(day: date, n: int) -> None:
    nth = SWALE.nth_school_day_after(day, n)
    if nth is not None:
        assert SWALE.is_school_day(nth)
        assert SWALE.count_school_days(day + timedelta(days=1), nth) == n


@given(DAYS, DAYS)
def test_school_days_are_in_order_inside_and_counted(start: date, end: date) -> None:
    days = SWALE.school_days(start, end)
    assert days == sorted(set(days))
    assert all(start <= day <= end and SWALE.is_school_day(day) for day in days)
    assert SWALE.count_school_days(start, end) == len(days)
    everyday = (start + timedelta(days=n) for n in range(max(0, (end - start).days + 1)))
    assert len(days) == sum(map(SWALE.is_school_day, everyday))


@given(DAYS, st.integers(1, 12))
def test_windows_hold_school_weeks_only(day: date, n: int) -> None:
    weeks = SWALE.school_weeks_ending(day, n)
    assert len(weeks) <= n
    assert all(week.weekday() == 0 and SWALE.is_school_week(week) and week <= day for week in weeks)
    if SWALE.is_school_week(day):
        assert weeks[-1] == monday_of(day)
