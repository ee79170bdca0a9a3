from __future__ import annotations

import sys
from datetime import date, timedelta

import pytest
from holidays import country_holidays
from hypothesis import given
from hypothesis import strategies as st

from casework.bank_holidays import DAYS as BANK_HOLIDAYS
from casework.bank_holidays import bank_holidays
from casework.calendars import SchoolCalendar
from casework.clocks import (
    ClockKind,
    add_months,
    add_working_days,
    calendar_clock,
    is_working_day,
    next_working_day,
    school_day_clock,
    working_day_clock,
    working_days_between,
    working_days_to,
)
from casework.early_help import re_referral, working_day_deadline
from casework.errors import BadInput
from casework.parameters import NOTICE_FULL, at, row_at
from casework.rights import subject_access_deadline
from casework.send import annual_review, draft_comments_until, next_review_by, plan_timeline

CALENDAR = SchoolCalendar.of(
    [(date(2026, 9, 2), date(2026, 10, 16)), (date(2026, 11, 2), date(2026, 12, 18))]
)
DAYS = st.dates(date(2024, 9, 1), date(2030, 12, 31))


def test_a_clock_of_working_days_starts_on_the_next_one() -> None:
    for start in (date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 23)):
        clock = working_day_clock("allocation", start, 1, date(2026, 11, 20))
        assert (clock.start, clock.due) == (date(2026, 11, 23), date(2026, 11, 24))


def test_bank_holidays_of_england_with_their_substitutes() -> None:
    weekdays = {day for day in bank_holidays(2026) if day.weekday() < 5}
    assert weekdays == {
        date(2026, 1, 1),
        date(2026, 4, 3),
        date(2026, 4, 6),
        date(2026, 5, 4),
        date(2026, 5, 25),
        date(2026, 8, 31),
        date(2026, 12, 25),
        date(2026, 12, 28),
    }


def test_the_table_of_bank_holidays_is_what_the_library_knows() -> None:
    for year in [*BANK_HOLIDAYS, min(BANK_HOLIDAYS) - 1, max(BANK_HOLIDAYS) + 1]:
        assert bank_holidays(year) == set(country_holidays("GB", subdiv="ENG", years=year)), year


def test_a_year_of_the_table_waits_for_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    assert date(2026, 12, 28) in bank_holidays.__wrapped__(2026)


@given(DAYS, st.integers(0, 30))
def test_working_days_forward_and_back_agree(start: date, n: int) -> None:
    start = next_working_day(start)
    due = add_working_days(start, n)
    assert is_working_day(due)
    assert working_days_between(start, due) == n
    assert working_days_between(due, start) == -n


@given(DAYS, st.integers(0, 48))
def test_months_keep_the_day_or_take_the_last(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1
    assert later.day <= day.day


@given(DAYS, DAYS)
def test_a_clock_is_overdue_only_after_its_due_day(start: date, today: date) -> None:
    for clock in (
        working_day_clock("allocation", start, 4, today),
        calendar_clock("final plan", start, start + timedelta(days=140), today),
    ):
        assert clock.due is not None
        assert clock.left is not None
        assert clock.overdue == (today > clock.due) == (clock.left < 0)


def test_a_school_day_clock_says_what_is_left() -> None:
    clock = school_day_clock("n_code", date(2026, 10, 15), 5, CALENDAR, date(2026, 10, 28))
    assert (clock.due, clock.left, clock.overdue) == (date(2026, 11, 5), 4, False)
    assert clock.kind is ClockKind.SCHOOL_DAYS
    assert clock.text == "5 school days from Thu 15 Oct 2026: due Thu 5 Nov 2026, 4 school days left"


@pytest.mark.parametrize(
    ("today", "left", "words"),
    [
        (date(2026, 9, 11), 1, "1 school day left"),
        (date(2026, 9, 12), 1, "1 school day left"),
        (date(2026, 9, 13), 1, "1 school day left"),
        (date(2026, 9, 14), 0, "due today"),
        (date(2026, 9, 15), -1, "1 school day overdue"),
    ],
)
def test_a_school_day_clock_over_a_weekend(today: date, left: int, words: str) -> None:
    clock = school_day_clock("n_code", date(2026, 9, 7), 5, CALENDAR, today)
    assert (clock.due, clock.left) == (date(2026, 9, 14), left)
    assert clock.text.endswith(f"due Mon 14 Sep 2026, {words}")


def test_a_day_that_was_set_on_a_weekend_has_one_working_day_left_before_it() -> None:
    def left(today: date) -> tuple[int | None, str]:
        clock = working_days_to("x", date(2026, 9, 7), date(2026, 9, 13), today)
        return clock.left, clock.text.rpartition(", ")[2]

    days = [left(date(2026, 9, day)) for day in (11, 12, 13, 14)]
    one = (1, "1 working day left")
    assert days == [one, one, (0, "due today"), (-1, "1 working day overdue")]


def test_over_a_weekend_a_school_day_clock_is_already_overdue() -> None:
    clock = school_day_clock("n_code", date(2026, 9, 4), 5, CALENDAR, date(2026, 9, 12))
    assert (clock.due, clock.overdue, clock.left) == (date(2026, 9, 11), True, -1)


def test_a_clock_past_the_calendar_has_no_due_day() -> None:
    clock = school_day_clock("n_code", date(2026, 12, 17), 5, CALENDAR, date(2027, 1, 20))
    assert (clock.due, clock.left, clock.overdue) == (None, None, False)


def test_days_an_administrator_adds_are_not_working_days() -> None:
    plain = working_day_deadline(date(2026, 11, 9))
    added = working_day_deadline(date(2026, 11, 9), extra_closed={date(2026, 11, 11)})
    assert (plain.due, added.due) == (date(2026, 11, 13), date(2026, 11, 16))


def test_received_on_a_saturday_counts_from_monday() -> None:
    deadline = working_day_deadline(date(2026, 11, 7), 4)
    assert (deadline.day_zero, deadline.due) == (date(2026, 11, 9), date(2026, 11, 13))
    assert "not a working day" in deadline.reasons[0]


@pytest.mark.parametrize(
    ("referral", "closure", "expected"),
    [
        (date(2025, 9, 1), date(2026, 3, 1), (False, True)),
        (date(2026, 1, 10), date(2026, 3, 1), (True, True)),
        (date(2025, 11, 1), None, (False, None)),
        (date(2025, 11, 2), None, (True, None)),
        (None, None, (None, None)),
    ],
)
def test_re_referral_is_counted_both_ways(
    referral: date | None, closure: date | None, expected: tuple[bool | None, bool | None]
) -> None:
    verdict = re_referral(date(2026, 11, 1), referral, closure)
    assert (verdict.from_referral, verdict.from_closure) == expected


def test_a_previous_referral_in_the_future_is_refused() -> None:
    with pytest.raises(ValueError, match="after the new referral"):
        re_referral(date(2026, 11, 1), date(2026, 11, 2))


def test_subject_access_extension_and_pause() -> None:
    assert subject_access_deadline(date(2026, 9, 3), complex_request=True).due == date(2026, 12, 3)
    assert subject_access_deadline(date(2026, 9, 3), paused_days=3).due == date(2026, 10, 6)
    with pytest.raises(ValueError, match="negative"):
        subject_access_deadline(date(2026, 9, 3), paused_days=-1)


@given(DAYS)
def test_subject_access_falls_on_a_working_day_a_month_or_more_later(received: date) -> None:
    deadline = subject_access_deadline(received)
    assert is_working_day(deadline.due)
    assert deadline.unmoved == add_months(received, 1)
    assert timedelta(0) <= deadline.due - deadline.unmoved <= timedelta(days=4)


def test_send_dates() -> None:
    assert plan_timeline(date(2026, 1, 5)).final_plan_by == date(2026, 5, 25)
    assert draft_comments_until(date(2026, 3, 2)) == date(2026, 3, 17)
    assert next_review_by(date(2026, 2, 28)) == date(2027, 2, 28)
    assert next_review_by(date(2026, 8, 31), under_five=True) == date(2027, 2, 28)
    assert annual_review(date(2026, 11, 2)).final_amended_by is None
    assert "2 days late" in " ".join(annual_review(date(2026, 11, 2), date(2026, 12, 2)).reasons)


def test_parameters_are_dated() -> None:
    assert at(NOTICE_FULL, date(2024, 8, 19)) == 160
    assert row_at(NOTICE_FULL, date(2026, 1, 1)).source
    with pytest.raises(BadInput):
        at(NOTICE_FULL, date(2024, 8, 18))


def test_no_more_working_days_are_left_than_a_clock_has() -> None:
    sunday = date(2026, 11, 22)
    assert working_day_clock("allocation", sunday, 4, sunday).text == (
        "4 working days from Mon 23 Nov 2026: due Fri 27 Nov 2026, 4 working days left"
    )
    assert working_day_clock("allocation", sunday, 4, date(2026, 11, 24)).left == 3
    said = [working_day_clock("allocation", date(2026, 11, day), 4, sunday) for day in (13, 16)]
    assert [clock.text.partition("2026, ")[2] for clock in said] == [
        "1 working day overdue",
        "overdue, with no working day since",
    ]
    assert [(clock.left, clock.just_over) for clock in said] == [(-1, False), (-1, True)]
    assert working_days_to("disagreement", date(2026, 11, 13), date(2026, 11, 20), sunday).just_over
