"""N codes, suspensions, children missing education: what follows from marks and days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.calendars import SchoolCalendar
from casework.missing_education import (
    days_not_seen,
    last_seen_at_school,
    returns_due,
    running_days,
    twenty_day_limb,
    unexplained_absence,
)
from casework.ncodes import first_day_duties, n_clock, open_n_marks
from casework.suspensions import (
    BoardDuty,
    Suspension,
    day_limit,
    governing_board,
    sessions_to_days,
    sixth_day_provision,
    who_must_be_told,
)

SWALE = SchoolCalendar.of(
    [(date(2026, 9, 2), date(2026, 10, 16)), (date(2026, 11, 2), date(2026, 12, 18))], [date(2026, 11, 27)]
)
SCHOOL_DAYS = SWALE.school_days(date(2026, 9, 2), date(2026, 12, 18))
N_WEEK = "N N N N N N N N N N"
HERE = "/ \\ / \\ / \\ / \\ / \\"
TODAY = date(2026, 11, 20)


@given(st.sampled_from(SCHOOL_DAYS[:-5]), st.dates(date(2026, 9, 2), date(2027, 1, 31)))
def test_the_n_clock_counts_five_school_days_and_nothing_else(session: date, today: date) -> None:
    clock = n_clock(session, "N", today, SWALE)
    assert clock.last_day == SCHOOL_DAYS[SCHOOL_DAYS.index(session) + 5]
    assert clock.overdue == (today > clock.last_day)
    assert clock.due_today == (today == clock.last_day)


@given(st.sampled_from(["I", "O", "/", "-", "C2"]), st.dates(date(2026, 9, 2), date(2027, 1, 31)))
def test_another_mark_is_never_overdue(mark: str, today: date) -> None:
    clock = n_clock(date(2026, 9, 7), mark, today, SWALE)
    assert not clock.overdue
    assert not clock.due_today


def test_on_the_last_day_only_an_n_is_due() -> None:
    last = n_clock(date(2026, 9, 7), "N", date(2026, 9, 14), SWALE)
    assert (last.due_today, last.overdue) == (True, False)
    assert last.reasons[-1] == "It is due today."
    changed = n_clock(date(2026, 9, 7), "I", date(2026, 9, 14), SWALE)
    assert (changed.due_today, changed.overdue) == (False, False)


def test_an_n_before_the_end_of_the_calendar_has_no_last_day() -> None:
    clock = n_clock(date(2026, 12, 17), "N", date(2027, 1, 20), SWALE)
    assert (clock.last_day, clock.overdue) == (None, False)
    assert "calendar ends" in clock.reasons[0]


def test_open_n_marks_come_oldest_first_and_never_from_the_future() -> None:
    weeks = [(date(2026, 11, 16), "/ \\ / \\ N - - - - N"), (date(2026, 11, 9), "/ N / \\ / \\ / \\ / \\")]
    clocks = open_n_marks(weeks, SWALE, date(2026, 11, 19))
    assert [(clock.session_date, clock.session) for clock in clocks] == [
        (date(2026, 11, 9), "PM"),
        (date(2026, 11, 18), "AM"),
    ]
    assert [clock.overdue for clock in clocks] == [True, False]


def test_first_day_duties_name_who_else_is_told() -> None:
    plain = [duty.what for duty in first_day_duties(TODAY)]
    assert plain == [
        "Contact the parents",
        "Contact the other emergency contacts",
        "Consider a home visit or welfare check",
    ]
    more = [
        duty.what
        for duty in first_day_duties(TODAY, contacts_held=1, social_worker=True, youth_justice_worker=True)
    ]
    assert set(more) - set(plain) == {
        "Ask for another emergency contact",
        "Tell the social worker",
        "Tell the youth justice worker",
    }


@pytest.mark.parametrize(("held", "asked"), [(None, False), (0, True), (1, True), (2, False), (3, False)])
def test_another_contact_is_asked_for_below_two(held: int | None, asked: bool) -> None:
    duties = [duty.what for duty in first_day_duties(TODAY, contacts_held=held)]
    assert ("Ask for another emergency contact" in duties) is asked


def test_a_social_worker_and_a_youth_justice_worker_are_told_each_for_themselves() -> None:
    social = [duty.what for duty in first_day_duties(TODAY, social_worker=True)]
    justice = [duty.what for duty in first_day_duties(TODAY, youth_justice_worker=True)]
    assert ("Tell the social worker" in social, "Tell the youth justice worker" in social) == (True, False)
    assert ("Tell the social worker" in justice, "Tell the youth justice worker" in justice) == (False, True)


@pytest.mark.parametrize("breaker", ["U", "I", "/", "L", "-"])
def test_any_other_code_breaks_the_run_of_the_twenty_day_limb(breaker: str) -> None:
    limb = twenty_day_limb([*["N"] * 30, breaker, *["O"] * 38])
    assert (limb.limb_met, limb.days) == (False, 19)
    assert f"broken by the code {breaker}" in limb.reasons[1]
    assert twenty_day_limb([breaker, *["G", "N"] * 20]).limb_met


def test_a_day_of_one_mark_ends_a_run_unless_it_is_the_last() -> None:
    weeks = [(date(2026, 11, 9), "N N N N N N N N N -"), (date(2026, 11, 16), "N N N N N - - - - -")]
    run = running_days(weeks, frozenset("N"), SWALE, TODAY)
    assert (run.days, run.since, run.until) == (3, date(2026, 11, 16), date(2026, 11, 18))


def test_a_run_ends_on_a_school_day_whatever_is_marked_on_closed_ones() -> None:
    weeks = [(date(2026, 11, 23), "N N N N N N N - / \\")]
    run = running_days(weeks, frozenset("N"), SWALE, date(2026, 11, 27))
    assert (run.days, run.until) == (4, date(2026, 11, 26))


def test_the_year_limit_counts_across_schools_within_one_year() -> None:
    prior = [Suspension(date(2026, 6, 8), 40), Suspension(date(2026, 9, 21), 44.5)]
    assert day_limit(prior, Suspension(date(2026, 11, 2), 0.5)).allowed
    over = day_limit(prior, Suspension(date(2026, 11, 2), 1))
    assert (over.allowed, over.total_after, over.remaining_before) == (False, 45.5, 0.5)
    assert "over the limit" in over.reasons[1]


@given(st.lists(st.integers(1, 90), max_size=8), st.integers(1, 90))
def test_never_allowed_past_the_limit(halves: list[int], proposed: int) -> None:
    prior = [Suspension(date(2026, 9, 7) + timedelta(weeks=n), half / 2) for n, half in enumerate(halves)]
    limit = day_limit(prior, Suspension(date(2027, 3, 1), proposed / 2))
    assert limit.allowed == (sum(halves) + proposed <= 90)
    assert limit.total_after == (sum(halves) + proposed) / 2
    assert limit.remaining_before >= 0


@pytest.mark.parametrize(
    ("days", "exam", "permanent", "duty"),
    [
        (5, False, False, BoardDuty.CONSIDER),
        (5.5, False, False, BoardDuty.MEET_IF_ASKED),
        (15, False, False, BoardDuty.MEET_IF_ASKED),
        (15.5, False, False, BoardDuty.MUST_MEET),
        (1, True, False, BoardDuty.MUST_MEET),
        (0, False, True, BoardDuty.MUST_MEET),
    ],
)
def test_governing_board(days: float, exam: bool, permanent: bool, duty: BoardDuty) -> None:
    assert governing_board(days, TODAY, missing_public_exam=exam, permanent=permanent).duty is duty


@given(st.sampled_from(SCHOOL_DAYS[:-6]), st.integers(1, 20))
def test_sixth_day(first: date, days: int) -> None:
    verdict = sixth_day_provision(first, days, SWALE)
    expected = SCHOOL_DAYS[SCHOOL_DAYS.index(first) + 5] if days > 5 else None
    assert verdict.provision_from == expected


def test_sixth_day_starts_on_a_school_day_and_says_when_unknown() -> None:
    assert sixth_day_provision(date(2026, 10, 24), 6, SWALE).provision_from == date(2026, 11, 9)
    late = sixth_day_provision(date(2026, 12, 16), 10, SWALE, looked_after=True)
    assert late.provision_from is None
    assert "calendar ends" in late.reasons[0]
    assert "day 1" in late.reasons[1]


def test_who_is_told_of_a_suspension() -> None:
    assert [duty.what for duty in who_must_be_told()] == [
        "Tell the parents in writing",
        "Tell the local authority",
    ]
    assert [duty.what for duty in who_must_be_told(looked_after=True)][2:] == [
        "Tell the social worker",
        "Tell the virtual school head",
    ]
    assert sessions_to_days(5) == 2.5


@given(st.lists(st.sampled_from(["G", "N", "O"]), max_size=60), st.sampled_from(["U", "I", "/", "-", "#"]))
def test_any_other_code_breaks_the_twenty_days(run: list[str], other: str) -> None:
    assert twenty_day_limb(run).limb_met == (len(run) >= 40)
    assert not twenty_day_limb([*run, other]).limb_met
    assert twenty_day_limb([other, *run]).limb_met == (len(run) >= 40)


def test_the_twenty_day_limb_is_never_enough_alone() -> None:
    assert "Never enough alone" in twenty_day_limb(["O"] * 40).reasons[-1]
    with pytest.raises(ValueError, match="at least one session"):
        twenty_day_limb(["O"], 0)


@pytest.mark.parametrize(
    ("weeks", "days", "level", "following"),
    [
        ([], 0, 0, 5),
        ([(date(2026, 11, 16), HERE)], 0, 0, 5),
        ([(date(2026, 11, 16), "/ \\ N N N N N N N N")], 4, 0, 5),
        ([(date(2026, 11, 16), "N N O O G G N N O O")], 5, 5, 10),
        ([(date(2026, 11, 16), "N N N N N U N N N N")], 2, 0, 5),
        ([(date(2026, 11, 9), HERE), (date(2026, 11, 16), N_WEEK)], 5, 5, 10),
        ([(date(2026, 11, 9), N_WEEK), (date(2026, 11, 16), N_WEEK)], 10, 10, 15),
        ([(date(2026, 10, 12), N_WEEK), (date(2026, 11, 2), N_WEEK)], 10, 10, 15),
        ([(date(2026, 11, 2), N_WEEK), (date(2026, 11, 16), N_WEEK)], 5, 5, 10),
    ],
)
def test_alerts_come_early_and_holidays_do_not_break_a_run(
    weeks: list[tuple[date, str]], days: int, level: int, following: int
) -> None:
    alert = unexplained_absence(weeks, SWALE, TODAY)
    assert (alert.days, alert.level, alert.next_level) == (days, level, following)


def test_this_morning_counts_before_the_afternoon_is_marked() -> None:
    weeks = [(date(2026, 11, 16), "N N N N N - - - - -")]
    run = running_days(weeks, frozenset("N"), SWALE, date(2026, 11, 18))
    assert (run.days, run.since, run.until) == (3, date(2026, 11, 16), date(2026, 11, 18))


def test_returns_to_the_council() -> None:
    ill = " ".join(["I"] * 10)
    weeks = [(date(2026, 11, 2), ill), (date(2026, 11, 9), ill), (date(2026, 11, 16), ill)]
    assert [item.name for item in returns_due(weeks, SWALE, TODAY)] == ["sickness return"]
    assert [item.days for item in returns_due([*weeks[:1], (weeks[1][0], N_WEEK)], SWALE, TODAY)] == []
    away = [(monday, "U O G N U O G N U O") for monday, _ in weeks[1:]]
    assert [item.name for item in returns_due(away, SWALE, TODAY)] == ["attendance return"]


def test_days_not_seen() -> None:
    weeks = [(date(2026, 11, 9), "/ \\ U O O O O O O O"), (date(2026, 11, 16), N_WEEK)]
    seen = last_seen_at_school(weeks, TODAY)
    assert seen == date(2026, 11, 10)
    verdict = days_not_seen(seen, TODAY, SWALE)
    assert (verdict.days, verdict.school_days) == (10, 8)
    assert verdict.reasons == ("Last seen on Tue 10 Nov 2026, 10 days ago (8 school days).",)
    assert last_seen_at_school([weeks[1]], TODAY) is None
    assert days_not_seen(None, TODAY).days is None
