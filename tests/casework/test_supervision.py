"""What is to be talked about in supervision, and in which order cases stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.supervision import CaseFacts, order_of, points

TODAY = date(2026, 11, 20)
WELL = CaseFacts(
    opened=date(2026, 9, 14),
    seen=date(2026, 11, 16),
    planned=True,
    reviewed=date(2026, 11, 2),
    review_due=date(2026, 12, 14),
    agreement_until=date(2027, 1, 29),
    again=False,
)


def about(facts: CaseFacts) -> list[str]:
    return [point.about for point in points(facts, TODAY)]


def test_a_case_that_is_well_has_nothing() -> None:
    assert about(WELL) == []


@pytest.mark.parametrize(
    ("change", "column", "words"),
    [
        ({"seen": None}, "seen", "No record that the child was ever seen"),
        ({"seen": date(2026, 11, 5)}, "seen", "Child last seen 15 days ago, Thu 5 Nov 2026"),
        ({"lapsed": True}, "agreement", "The agreement has ended and none holds now"),
        (
            {"agreement_until": date(2026, 12, 18)},
            "agreement",
            "Agreement to be asked again by Fri 18 Dec 2026",
        ),
        ({"review_due": date(2026, 11, 19)}, "plan", "Plan review overdue since Thu 19 Nov 2026"),
        ({"review_due": None}, "plan", "No next review of the plan is set"),
        ({"planned": False}, "plan", "No plan"),
        ({"again": True}, "again", "Came back within 12 months"),
    ],
)
def test_each_point_says_why(change: dict[str, object], column: str, words: str) -> None:
    (point,) = points(replace(WELL, **change), TODAY)  # type: ignore[arg-type]
    assert (point.about, point.text) == (column, words)


@pytest.mark.parametrize(
    "change",
    [
        {"seen": date(2026, 11, 6)},  # 14 days: the last of them
        {"agreement_until": date(2026, 12, 19)},  # 29 days: one before the notice
        {"review_due": TODAY},
        {"again": None},
    ],
)
def test_the_day_before_is_no_point(change: dict[str, object]) -> None:
    assert about(replace(WELL, **change)) == []  # type: ignore[arg-type]


def test_what_is_withheld_is_no_point() -> None:
    unseen = CaseFacts(opened=date(2026, 9, 14), sees_contacts=False, sees_plan=False, sees_agreements=False)
    assert about(unseen) == []


def test_a_led_child_without_a_case_lacks_no_plan() -> None:
    assert about(CaseFacts()) == []


def test_the_weightiest_comes_first_then_the_longest_open() -> None:
    never, late = replace(WELL, seen=None), replace(WELL, review_due=date(2026, 11, 1))
    older = replace(late, opened=date(2026, 3, 2))
    cases = [WELL, late, never, older]
    cases.sort(key=lambda facts: order_of(facts, points(facts, TODAY)))
    assert cases == [never, older, late, WELL]


@given(st.integers(0, 400), st.integers(-60, 60), st.integers(-60, 90), st.booleans())
def test_what_is_worse_never_stands_lower(seen: int, review: int, until: int, again: bool) -> None:
    facts = CaseFacts(
        opened=date(2026, 9, 14),
        seen=TODAY - timedelta(days=seen),
        planned=True,
        review_due=TODAY + timedelta(days=review),
        agreement_until=TODAY + timedelta(days=until),
        again=again,
    )
    worse = replace(facts, seen=None)
    assert order_of(worse, points(worse, TODAY)) <= order_of(facts, points(facts, TODAY))
