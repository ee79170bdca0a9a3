"""What goes wrong in a simulated run: on the way, at a commit, on a disk, and in the central record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from casework.errors import BadInput
from storage.faults import DATABASE_ERRORS
from sync import wire
from sync.hub import feed
from sync.hub.taking import Taking
from tests.sync.world import Laptop, Way

POISON = "Poison"
"""A step of this name makes the central record fail as no code foresaw."""
SECRET = "secret words"
"""What a step says that must be in no reason and no log."""


class Cut(ConnectionError):
    """The way broke, or the other side could not do it."""


class Killed(BaseException):
    """The process died."""


@dataclass
class FaultyWay(Way):
    """A way on which a request or its answer is lost or cut off at some byte, or a request comes twice.

    `between` happens now and then while a laptop reads page after page.
    """

    random: Random = field(default_factory=Random)
    fault: float = 0.0
    between: Callable[[], None] = lambda: None

    def _happens(self) -> bool:
        return self.random.random() < self.fault

    def _said(self, verb: str, said: Any) -> Any:
        if self._happens():
            self._cut_off(said)
        if verb != "hello" and self._happens():
            self._done(verb, said)
        answer = self._done(verb, said)
        if self._happens():
            self._cut_off(answer)
        if verb == "pull" and answer.more and self._happens():
            self.between()
        return answer

    def _done(self, verb: str, said: Any) -> Any:
        try:
            return super()._said(verb, said)
        except Exception as error:
            if isinstance(getattr(error, "orig", None), DATABASE_ERRORS):
                raise Cut("the central record could not do it") from None
            raise

    def _cut_off(self, message: Any) -> None:
        """What arrived of it is never read as a whole message."""
        body = wire.packed(message)
        try:
            wire.read(type(message), body[: self.random.randrange(len(body))])
        except BadInput:
            raise Cut("cut off") from None
        raise AssertionError("half a message was read")


@contextmanager
def dying(laptop: Laptop, at: int, *, after: bool) -> Iterator[None]:
    """The `at`-th commit of the laptop's database does not come, or is the last thing that happens."""
    conn = laptop.store.conn
    original = type(conn).execute
    left = at

    def execute(self: Any, sql: str, *rest: Any) -> Any:
        nonlocal left
        if self is conn and sql == "COMMIT":
            left -= 1
            if left == 0:
                if after:
                    original(self, sql, *rest)
                raise Killed
        return original(self, sql, *rest)

    type(conn).execute = execute  # type: ignore[method-assign]
    try:
        yield
    finally:
        type(conn).execute = original  # type: ignore[method-assign]


@contextmanager
def full_disk(laptop: Laptop) -> Iterator[None]:
    """The laptop's file cannot grow; what needs more fails as on a full disk."""
    laptop.store.conn.execute("PRAGMA max_page_count = 1").fetchone()
    try:
        yield
    finally:
        laptop.store.conn.execute("PRAGMA max_page_count = 1073741823").fetchone()


@contextmanager
def conditions(page: int) -> Iterator[None]:
    """Pages of at most so many records, and a central record that no poison was foreseen by."""
    rows, apply = feed.MOST_ROWS, Taking._apply  # type: ignore[attr-defined]

    def poisoned(self: Taking, edit: Any, seq: int) -> Any:
        verdict = apply(self, edit, seq)
        if edit.name == POISON:
            raise KeyError(SECRET)
        return verdict

    feed.MOST_ROWS = page  # type: ignore[attr-defined]
    Taking._apply = poisoned  # type: ignore[method-assign]
    try:
        yield
    finally:
        feed.MOST_ROWS = rows  # type: ignore[attr-defined]
        Taking._apply = apply  # type: ignore[method-assign]
