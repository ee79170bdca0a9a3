from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.calendars import SchoolCalendar
from casework.clocks import add_months
from casework.errors import BadInput
from casework.legal import (
    Notice,
    escalation,
    threshold,
    threshold_of_weeks,
    unauthorised_now,
)
from casework.weeks import sessions

SWALE = SchoolCalendar.of(
    [
        (date(2026, 4, 20), date(2026, 5, 22)),
        (date(2026, 6, 1), date(2026, 7, 22)),
        (date(2026, 9, 1), date(2026, 10, 16)),
        (date(2026, 11, 2), date(2026, 12, 18)),
        (date(2027, 1, 4), date(2027, 2, 12)),
        (date(2027, 2, 22), date(2027, 3, 25)),
    ]
)
ALL_WEEKS = SWALE.school_weeks(date(2026, 4, 20), date(2027, 3, 25))
SLOTS = st.lists(st.sampled_from(["/", "\\", "O", "G", "N", "U", "I", "C2", "-"]), min_size=10, max_size=10)
WEEKS = st.dictionaries(st.sampled_from(ALL_WEEKS), SLOTS.map(" ".join), max_size=20).map(
    lambda weeks: sorted(weeks.items())
)
LAST = date(2027, 3, 28)


def marks_of(weeks: list[tuple[date, str]]) -> list[tuple[date, str, str]]:
    return [mark for monday, marks in weeks for mark in sessions(monday, marks)]


def count(weeks: list[tuple[date, str]], mondays: list[date], calendar: SchoolCalendar = SWALE) -> int:
    """Counted without the calendar's own search: session by session, day by day."""
    last = calendar.terms[-1][1]
    return sum(
        code in "GNOU" and (calendar.is_school_day(day) or day > last)
        for monday, marks in weeks
        if monday in mondays
        for day, _, code in sessions(monday, marks)
    )


@given(WEEKS)
def test_weeks_and_single_marks_give_one_answer(weeks: list[tuple[date, str]]) -> None:
    assert threshold_of_weeks(weeks, SWALE, LAST) == threshold(marks_of(weeks), SWALE, LAST)


@given(WEEKS, st.sampled_from(ALL_WEEKS))
def test_only_marks_inside_the_window_count(weeks: list[tuple[date, str]], monday: date) -> None:
    end = monday + timedelta(days=6)
    window = SWALE.school_weeks_ending(end, 10)
    verdict = threshold_of_weeks(weeks, SWALE, end)
    assert verdict.unauthorised_in_window == count(weeks, window)
    inside = [week for week in weeks if week[0] in window]
    assert threshold_of_weeks(inside, SWALE, end).unauthorised_in_window == verdict.unauthorised_in_window
    assert unauthorised_now([week for week in weeks if week[0] <= end], SWALE, end) == count(weeks, window)


@given(WEEKS)
def test_most_in_any_window_is_the_best_of_all_windows(weeks: list[tuple[date, str]]) -> None:
    verdict = threshold_of_weeks(weeks, SWALE, LAST)
    windows = [SWALE.school_weeks_ending(monday, 10) for monday in ALL_WEEKS]
    assert verdict.most_in_any_window == max(count(weeks, window) for window in windows)
    assert verdict.threshold_met == (verdict.most_in_any_window >= 10) == (verdict.met_at is not None)
    assert verdict.unauthorised_in_window <= verdict.most_in_any_window


@given(WEEKS)
def test_the_oldest_mark_is_gone_in_the_week_named(weeks: list[tuple[date, str]]) -> None:
    verdict = threshold_of_weeks(weeks, SWALE, date(2026, 11, 22))
    if verdict.drops_out is not None:
        past = [week for week in weeks if week[0] <= date(2026, 11, 22)]
        then = threshold_of_weeks(past, SWALE, verdict.drops_out + timedelta(days=6))
        before = threshold_of_weeks(past, SWALE, verdict.drops_out - timedelta(days=1))
        assert then.unauthorised_in_window < before.unauthorised_in_window == verdict.unauthorised_in_window


def test_holiday_weeks_vanish() -> None:
    weeks = [(date(2026, 10, 12), "O O O O O - - - - -"), (date(2026, 11, 2), "O O O O O - - - - -")]
    verdict = threshold_of_weeks(weeks, SWALE, date(2026, 12, 13))
    assert verdict.met_at == (date(2026, 11, 4), "AM")
    assert (verdict.window_from, verdict.window_to) == (date(2026, 9, 21), date(2026, 12, 13))
    assert verdict.drops_out == date(2027, 1, 18)
    assert verdict.reasons[0].startswith("10 of 10 unauthorised sessions (G, N, O and U) in the window")
    assert "considered, not issued" in " ".join(verdict.reasons)


def test_marks_of_days_still_to_come_do_not_count() -> None:
    weeks = [(date(2026, 11, 2), "O O O O O O O O O O"), (date(2026, 11, 9), "O O O O O O O O O O")]
    for day, held in ((date(2026, 11, 3), 4), (date(2026, 11, 9), 12), (date(2026, 11, 13), 20)):
        by_weeks = threshold_of_weeks(weeks, SWALE, day)
        assert by_weeks.unauthorised_in_window == held
        assert by_weeks == threshold(marks_of(weeks), SWALE, day)


def test_met_once_but_not_now() -> None:
    weeks = [(date(2026, 9, 7), "O O O O O O O O O O")]
    verdict = threshold_of_weeks(weeks, SWALE, date(2027, 1, 24))
    assert (verdict.threshold_met, verdict.met_now, verdict.unauthorised_in_window) == (True, False, 0)


def test_a_mark_in_a_holiday_week_is_told_and_not_counted() -> None:
    verdict = threshold([(date(2026, 10, 21), "AM", "O")], SWALE)
    assert verdict.most_in_any_window == 0
    assert "1 mark on a day without sessions" in " ".join(verdict.reasons)


CLOSED = frozenset({date(2026, 11, 6), date(2026, 12, 7)})
"""A staff day inside a school week, and one at the start of another."""
WITH_INSET = SchoolCalendar(SWALE.terms, CLOSED)


def test_marks_on_a_closed_day_of_a_school_week_are_told_and_not_counted() -> None:
    nine = [(date(2026, 11, 2), "O O O O O - - - O O"), (date(2026, 12, 7), "G G U N / \\ N - O -")]
    verdict = threshold_of_weeks(nine, WITH_INSET, date(2026, 12, 13))
    assert (verdict.unauthorised_in_window, verdict.threshold_met) == (9, False)
    assert unauthorised_now(nine, WITH_INSET, date(2026, 12, 13)) == 9
    assert "4 marks on a day without sessions" in " ".join(verdict.reasons)
    assert threshold_of_weeks(nine, SWALE, date(2026, 12, 13)).unauthorised_in_window == 13


def test_a_closed_day_never_names_the_week_in_which_the_oldest_drops_out() -> None:
    weeks = [(date(2026, 11, 2), "- - - - - - - - O O"), (date(2026, 11, 9), "O - - - - - - - - -")]
    verdict = threshold_of_weeks(weeks, WITH_INSET, date(2026, 11, 15))
    later = threshold_of_weeks(weeks[1:], WITH_INSET, date(2026, 11, 15))
    assert verdict.unauthorised_in_window == 1
    assert verdict.drops_out == later.drops_out == date(2027, 2, 1)


def test_a_mark_after_the_calendars_end_is_not_called_closed() -> None:
    ends_wednesday = SchoolCalendar.of([(date(2026, 9, 1), date(2026, 9, 16))])
    week = [(date(2026, 9, 14), "O - - - - - O - - -")]
    assert threshold_of_weeks(week, ends_wednesday, date(2026, 9, 20)).unauthorised_in_window == 2
    assert unauthorised_now(week, ends_wednesday, date(2026, 9, 20)) == 2


@given(WEEKS, st.sets(st.sampled_from(SWALE.school_days(date(2026, 4, 20), LAST)), max_size=40))
def test_closing_days_takes_away_just_their_marks(weeks: list[tuple[date, str]], shut: set[date]) -> None:
    calendar = SchoolCalendar(SWALE.terms, frozenset(shut))
    end = date(2026, 12, 13)
    past = [week for week in weeks if week[0] <= end]
    window = calendar.school_weeks_ending(end, 10)
    verdict = threshold_of_weeks(past, calendar, end)
    assert verdict.unauthorised_in_window == unauthorised_now(past, calendar, end)
    assert verdict.unauthorised_in_window == count(past, window, calendar)


def test_no_calendar_is_said() -> None:
    verdict = threshold([(date(2026, 10, 21), "AM", "O")], SchoolCalendar(()))
    assert verdict.window_from is None
    assert "no school week" in verdict.reasons[0]


FIRST = date(2025, 2, 10)


def prior(*issued: date) -> list[Notice]:
    return [Notice(day, "P1", "C1") for day in issued]


@pytest.mark.parametrize(
    ("notices", "issue_on", "ordinal"),
    [
        ([], date(2026, 10, 1), 1),
        (prior(FIRST), date(2028, 2, 9), 2),
        (prior(FIRST), date(2028, 2, 10), 1),
        (prior(FIRST, date(2025, 11, 3)), date(2028, 2, 9), None),
        (prior(FIRST, date(2025, 11, 3)), date(2028, 2, 10), 1),
        (prior(FIRST, date(2025, 11, 3), date(2028, 3, 1)), date(2028, 4, 1), 2),
        (prior(FIRST, date(2028, 2, 10)), date(2028, 3, 1), 2),
        (prior(date(2024, 8, 18)), date(2026, 10, 1), 1),
        ([Notice(FIRST, "P2", "C1"), Notice(FIRST, "P1", "C2")], date(2026, 10, 1), 1),
        ([Notice(FIRST, "P1", "C1", withdrawn=True)], date(2026, 10, 1), 1),
    ],
)
def test_escalation_per_parent_and_child(notices: list[Notice], issue_on: date, ordinal: int | None) -> None:
    verdict = escalation("P1", "C1", notices, issue_on)
    assert verdict.ordinal == ordinal
    assert verdict.may_issue == (ordinal is not None)
    assert verdict.pay_within_21 == {1: 80, 2: 160, None: None}[ordinal]
    assert verdict.pay_22_to_28 == (160 if ordinal else None)


def test_payment_dates_and_the_unclear_case() -> None:
    verdict = escalation("P1", "C1", prior(FIRST, date(2025, 11, 3)), date(2028, 2, 10))
    assert (verdict.reduced_until, verdict.due) == (date(2028, 3, 2), date(2028, 3, 9))
    assert "which reading holds" in " ".join(verdict.reasons)


def test_before_the_framework_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        escalation("P1", "C1", [], date(2024, 8, 18))
    assert caught.value.where == "issue_on"


@given(st.lists(st.dates(date(2024, 8, 19), date(2034, 1, 1)), max_size=12))
def test_never_a_third_notice_within_three_years_of_a_first(asked: list[date]) -> None:
    issued: list[date] = []
    firsts: list[date] = []
    for day in sorted(asked):
        verdict = escalation("P1", "C1", prior(*issued), day)
        if verdict.may_issue:
            issued.append(day)
        if verdict.ordinal == 1:
            firsts.append(day)
    for first in firsts:
        assert sum(first <= day < add_months(first, 36) for day in issued) <= 2
