"""The day of an instant is that of a clock in England, also where the computer keeps another."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.dates import LONDON
from casework.local_days import day_begins, local_day


@pytest.mark.parametrize(
    ("stamp", "day"),
    [
        ("2026-07-14T22:59:59Z", date(2026, 7, 14)),
        ("2026-07-14T23:30:00Z", date(2026, 7, 15)),
        ("2026-07-14T23:30:00", date(2026, 7, 15)),
        ("2026-01-14T23:30:00.5+00:00", date(2026, 1, 14)),
    ],
)
def test_a_day_is_that_on_the_wall(stamp: str, day: date, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        assert local_day(stamp) == day
    finally:
        monkeypatch.undo()
        time.tzset()


@given(st.integers(0, 4_000_000_000))
def test_what_is_kept_from_where_a_day_begins_is_of_that_day_or_later(seconds: int) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    stamp = at.isoformat()
    day = local_day(stamp)
    assert day == at.astimezone(LONDON).date()
    assert day_begins(day) <= stamp < day_begins(day + timedelta(days=1))
