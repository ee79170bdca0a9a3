"""When nobody is at the keyboard: lock, then leave. Pure but for the clocks it is given."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

SLEPT_SECONDS = 30.0
"""A wall clock this far ahead of the steady clock means that the computer slept, or its clock was set."""

EXIT_MINUTES = 30
"""A locked app this long without a key ends its process: a lock alone is no guaranteed wipe of memory."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """Seconds from a steady clock, which may stand still in sleep, and from the wall clock.

    `typed` turns the instant at which the terminal gave a key into the one that counts: the same, but in
    tests, whose keys come as fast as the machine is.
    """

    steady: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    typed: Callable[[float], float] = float


class Verdict(Enum):
    """What to do now."""

    STAY = "stay"
    LOCK = "lock"
    EXIT = "exit"


class IdleWatch:
    """Counts the time since the last key."""

    def __init__(self, minutes: int, clocks: Clocks | None = None) -> None:
        self._limit = minutes * 60.0
        self._clocks = clocks or Clocks()
        self.touch()

    def touch(self) -> None:
        """Somebody is there."""
        self._last = self._clocks.steady()
        self._ahead = self._clocks.wall() - self._last

    def verdict(self) -> Verdict:
        """Lock after the limit or after sleep; exit after `EXIT_MINUTES`.

        Time slept counts as idle even where the steady clock stood still.
        """
        steady = self._clocks.steady()
        slept = max(0.0, self._clocks.wall() - steady - self._ahead)
        idle = steady - self._last + (slept if slept >= SLEPT_SECONDS else 0.0)
        if idle >= max(EXIT_MINUTES * 60.0, self._limit):
            return Verdict.EXIT
        return Verdict.LOCK if idle >= self._limit or slept >= SLEPT_SECONDS else Verdict.STAY
