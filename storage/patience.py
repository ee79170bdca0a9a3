"""How long a write waits for another process, and how a lock cuts that wait short.

The engine's own wait cannot be ended from outside: `interrupt()` stops a statement that works, not one that
waits. So Outreach does the waiting (SQLite's busy handler), in the engine's own steps.
"""

from __future__ import annotations

import threading
import time

_STEPS = (0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.025, 0.025, 0.025, 0.05, 0.05)
_LONGEST_STEP = 0.1
_SURELY_WAITING = 3 * _LONGEST_STEP


class Patience:
    """The wait of one connection: up to `seconds`, and no longer than until `end()`, from any thread."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ended = threading.Event()
        self._began = 0.0
        self._asked: float | None = None

    def wait(self, tries: int) -> int:
        """Wait one step; 1 to try again, 0 to give up. `tries` counts this statement's steps from 0."""
        now = time.monotonic()
        if tries == 0:
            self._began = now
        self._asked = now
        if now - self._began >= self._seconds:
            return 0
        return 0 if self._ended.wait(_STEPS[tries] if tries < len(_STEPS) else _LONGEST_STEP) else 1

    @property
    def is_waiting(self) -> bool:
        """Whether another process holds the file now and a statement here waits for it."""
        return self._asked is not None and time.monotonic() - self._asked < _SURELY_WAITING

    def end(self) -> None:
        """End the present wait and every later one at once."""
        self._ended.set()
