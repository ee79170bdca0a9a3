"""The pushes of one laptop that come at the same time, one after the other, in the order of their coming."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock


class Turn:
    """A push on its way through this process, behind the one that came before it."""

    def __init__(self, before: Turn | None) -> None:
        self._before = before
        self._nearly, self._over = Event(), Event()

    @property
    def is_first(self) -> bool:
        """Whether no other one of this laptop's was being worked on when it came."""
        return self._before is None

    def nearly_over(self) -> None:
        """Nothing but the commit is left to be done: the next one may be read meanwhile."""
        self._nearly.set()

    def until_nearly(self) -> None:
        """Wait until the one before has nothing left but its commit."""
        if self._before is not None:
            self._before._nearly.wait()

    def until_over(self) -> None:
        """Wait until the one before was answered or has failed."""
        if self._before is not None:
            self._before._over.wait()

    def end(self) -> None:
        """It is the next one's turn."""
        self.until_over()
        self._before = None  # else each would be kept by the one after it
        self._nearly.set()
        self._over.set()


class Turns:
    """Whose push is worked on in this process. Among several the database's own lock holds, and what a push
    says of the one before it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: dict[str, Turn] = {}

    @contextmanager
    def of(self, laptop: str) -> Iterator[Turn]:
        """A turn of this laptop's."""
        with self._lock:
            turn = self._last[laptop] = Turn(self._last.get(laptop))
        try:
            yield turn
        finally:
            turn.end()
            with self._lock:
                if self._last.get(laptop) is turn:  # the one after it may have ended just now
                    del self._last[laptop]
