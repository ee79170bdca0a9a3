"""When nobody is at the keyboard: what the clocks say is done, minute by minute and after sleep."""

from __future__ import annotations

import pytest

from outreach_tui.idle import EXIT_MINUTES, SLEPT_SECONDS, Clocks, IdleWatch, Verdict


class Room:
    """A watch over five minutes whose clocks a test moves."""

    def __init__(self) -> None:
        self.steady = self.wall = 1_000.0
        self.watch = IdleWatch(5, Clocks(lambda: self.steady, lambda: self.wall))

    def after(self, minutes: float = 0.0, *, slept: float = 0.0, slept_seconds: float = 0.0) -> Verdict:
        """The verdict after some minutes awake, and minutes of sleep that the steady clock leaves out."""
        self.steady += minutes * 60
        self.wall += (minutes + slept) * 60 + slept_seconds
        return self.watch.verdict()


@pytest.mark.parametrize(
    ("minutes", "verdict"),
    [
        (0, Verdict.STAY),
        (4.99, Verdict.STAY),
        (5, Verdict.LOCK),
        (EXIT_MINUTES - 0.01, Verdict.LOCK),
        (EXIT_MINUTES, Verdict.EXIT),
    ],
)
def test_time_without_a_key(minutes: float, verdict: Verdict) -> None:
    assert Room().after(minutes) is verdict


def test_a_key_starts_the_time_anew() -> None:
    room = Room()
    assert room.after(4) is Verdict.STAY
    room.watch.touch()
    assert room.after(4) is Verdict.STAY
    assert room.after(1) is Verdict.LOCK


def test_sleep_locks_at_once_and_a_small_step_of_the_clock_does_not() -> None:
    assert Room().after(slept_seconds=SLEPT_SECONDS - 1) is Verdict.STAY
    assert Room().after(slept_seconds=SLEPT_SECONDS) is Verdict.LOCK


def test_time_slept_counts_towards_leaving() -> None:
    assert Room().after(1, slept=EXIT_MINUTES - 2) is Verdict.LOCK
    assert Room().after(1, slept=EXIT_MINUTES - 1) is Verdict.EXIT


def test_a_clock_set_back_neither_locks_nor_hides_the_time() -> None:
    assert Room().after(1, slept=-600) is Verdict.STAY
    assert Room().after(5, slept=-600) is Verdict.LOCK


def test_a_limit_above_the_time_of_leaving_is_kept() -> None:
    room = Room()
    room.watch = IdleWatch(EXIT_MINUTES + 10, Clocks(lambda: room.steady, lambda: room.wall))
    assert room.after(EXIT_MINUTES + 9) is Verdict.STAY
    assert room.after(1) is Verdict.EXIT
