from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.attendance import (
    Tally,
    explain_absence,
    explain_tally,
    is_persistent,
    is_severe,
    percent,
    tally,
    tally_week,
    tally_weeks,
)
from casework.codes import in_force

NOW = date(2026, 11, 20)
SLOT = st.sampled_from([code.code for code in in_force(NOW)] + ["-", "@", "??"])
WEEK = st.lists(SLOT, min_size=10, max_size=10).map(" ".join)


@given(st.lists(WEEK, max_size=8))
def test_tallies_add_up(weeks: list[str]) -> None:
    whole = tally(" ".join(weeks))
    assert sum(map(tally_week, weeks), Tally()) == whole
    assert tally_weeks(weeks) == whole


@given(WEEK)
def test_every_slot_is_counted_once(week: str) -> None:
    counted = tally_week(week)
    assert counted.possible + counted.not_possible + counted.missing + counted.unknown == 10
    assert counted.attended + counted.absent == counted.possible
    assert counted.late_before_close <= counted.present
    assert counted.late_after_close <= counted.unauthorised_absence


@given(WEEK)
def test_shares_complement_each_other_or_are_unknown(week: str) -> None:
    counted = tally_week(week)
    if counted.possible:
        assert counted.attendance is not None
        assert counted.absence is not None
        assert counted.attendance + counted.absence == 1
    else:
        assert counted.attendance is counted.absence is None
        assert counted.attendance_pct is counted.absence_pct is None
        assert "no percentage" in " ".join(explain_tally(counted))


@given(st.integers(0, 400), st.integers(0, 400))
def test_persistent_exactly_from_a_tenth(first: int, second: int) -> None:
    absent, possible = sorted((first, second))
    share = Fraction(absent, possible) if possible else Fraction(0)
    assert is_persistent(absent, possible) == (possible > 0 and share >= Fraction(1, 10))
    assert is_severe(absent, possible) == (possible > 0 and share >= Fraction(1, 2))
    if is_severe(absent, possible):
        assert is_persistent(absent, possible)


def test_a_share_that_shows_as_ten_per_cent_may_be_below_it() -> None:
    assert percent(20, 201) == 10.0
    assert not is_persistent(20, 201)
    assert "20.1 of 201: not reached" in " ".join(explain_absence(20, 201))


@given(st.integers(0, 5000), st.integers(1, 5000))
def test_percentages_lie_within_half_a_tenth(part: int, whole: int) -> None:
    shown = percent(part, whole)
    assert shown is not None
    assert abs(Fraction(str(shown)) - Fraction(100 * part, whole)) <= Fraction(1, 20)


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(1, 16, 6.3), (1, 80, 1.3), (3, 80, 3.8), (1, 3, 33.3), (1, 1, 100.0), (0, 7, 0.0)],
)
def test_half_a_tenth_is_rounded_up(part: int, whole: int, shown: float) -> None:
    assert percent(part, whole) == shown


def test_late_is_counted_apart() -> None:
    counted = tally("L \\ U \\ / \\ / \\ / \\")
    assert (counted.present, counted.unauthorised_absence) == (9, 1)
    assert (counted.late, counted.late_before_close, counted.late_after_close) == (2, 1, 1)
    assert "Late 2 times" in " ".join(explain_tally(counted))


def test_slots_without_a_mark_are_the_schools_gap_not_absence() -> None:
    counted = tally("/ - @ ! & /")
    assert (counted.possible, counted.missing, counted.absent) == (2, 4, 0)


def test_old_codes_count_by_their_time() -> None:
    old = date(2023, 5, 1)
    assert tally("J H Y", old) == Tally(approved_educational_activity=1, authorised_absence=1, not_possible=1)
    assert tally("J H Y", NOW).unknown == 3
    assert tally_week("H H / \\ / \\ / \\ / \\", old).authorised_absence == 2
    assert tally_weeks(["H H / \\ / \\ / \\ / \\"], old).possible == 10
    assert tally_week("J1 C2 / \\ / \\ / \\ / \\", old).unknown == 2
