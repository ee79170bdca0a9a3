"""A session that two schools have marked counts once."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.calendars import SchoolCalendar
from casework.weeks import holder, pack, together, unpack

CODES = st.sampled_from(["/", "\\", "N", "O", "I", "D", "-", "C2"])
WEEKS = st.lists(CODES, min_size=10, max_size=10).map(pack)


@pytest.mark.parametrize(
    ("codes", "held"),
    [
        (("/", "N"), "/"),
        (("N", "/"), "N"),
        (("D", "N"), "N"),
        (("-", "N"), "N"),
        (("D", "-"), "D"),
        (("-", "D"), "D"),
        (("D", "D", "I"), "I"),
        (("-", "-"), "-"),
    ],
)
def test_the_present_school_holds_unless_it_has_no_mark_or_d(codes: tuple[str, ...], held: str) -> None:
    assert codes[holder(codes)] == held


@given(WEEKS, WEEKS)
def test_laying_together_keeps_ten_sessions_and_invents_none(own: str, other: str) -> None:
    both = unpack(together((own, other)))
    for slot, code in enumerate(both):
        mine, theirs = unpack(own)[slot], unpack(other)[slot]
        assert code in (mine, theirs)
        if mine not in ("-", "D"):
            assert code == mine
        if code == "-":
            assert (mine, theirs) == ("-", "-")
    assert together((own, own)) == own


def test_a_calendar_calls_closed_only_what_it_knows() -> None:
    terms = ((date(2026, 9, 1), date(2026, 10, 16)), (date(2026, 11, 2), date(2026, 12, 18)))
    calendar = SchoolCalendar(terms, frozenset({date(2026, 9, 1), date(2026, 11, 18)}))
    closed = [date(2026, 9, 1), date(2026, 10, 28), date(2026, 11, 18)]
    assert all(calendar.is_closed(day) for day in closed)
    assert not calendar.is_closed(date(2026, 11, 17))
    assert not calendar.is_closed(date(2026, 8, 31))
    assert not calendar.is_closed(date(2027, 1, 5))
    assert not SchoolCalendar(()).is_closed(date(2026, 10, 28))
