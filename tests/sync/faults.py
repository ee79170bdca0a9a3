"""What goes wrong in a simulated run: on the way, at a commit, on a disk, and in the central record."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from casework.errors import BadInput, OutreachError, Unreachable
from storage.central import outbox
from storage.cipher import dbapi
from storage.faults import DATABASE_ERRORS
from sync import sending, wire
from sync.hub import feed
from sync.hub import hub as hub_of
from sync.hub.database import transact
from sync.hub.taking import Taking
from tests.sync.tally import Tally
from tests.sync.versions import version
from tests.sync.witness import PART, Witness
from tests.sync.world import Laptop, Way, before_beside

POISON = "Poison"
"""A step of this name makes the central record fail as no code foresaw."""
_MID_PAGE = 6
"""How much more often something happens between two pages than between two messages."""
SECRET = "secret words"
"""What a step says that must be in no reason and no log."""


class Cut(Unreachable):
    """The way broke, or the other side could not do it: what every transport raises then."""

    def __init__(self, becomes: str) -> None:
        super().__init__("unreachable", becomes)


class Killed(BaseException):
    """The process died."""


@dataclass
class FaultyWay(Way):
    """A way on which requests and answers are lost, cut off at some byte, late or doubled.

    `between` happens now and then while a session is under way.
    """

    random: Random = field(default_factory=Random)
    fault: float = 0.0
    meanwhile: float = 0.0
    between: Callable[[str, Any], None] = lambda *_: None
    hub_is_older: Callable[[], bool] = lambda: False
    tally: Tally = field(default_factory=Tally)
    witness: Witness = field(default_factory=Witness)
    caseload: Path = Path()
    late: list[tuple[str, Any]] = field(default_factory=list)
    """Requests of which the laptop heard nothing, and that are still on their way."""
    arriving_late: bool = False
    arrived_late: set[str] = field(default_factory=set)

    def _tell(self, verb: str, said: Any, answer: Any) -> None:
        self.spy(verb, said, answer)

    def _happens(self) -> bool:
        return self.random.random() < self.fault

    def _said(self, verb: str, said: Any) -> Any:
        self.witness.is_sent(self.caseload, said)
        if self.late and self.random.random() < 0.5:
            self._arrive_late()
        if self._happens():
            self._lose_request(verb, said)
        before = self._done(verb, said) if self._happens() else None
        answer = self._done(verb, said)
        if before is not None:
            self.tally.note("request twice", mattered=_says_much(before))
        if self._happens():
            self._lose_answer(answer)
        self.witness.arrived(self.caseload, said, answer)
        page = answer if verb == "pull" else getattr(answer.beside, "page", None)
        mid_page = page is not None and page.more
        if self.random.random() < (_MID_PAGE if mid_page else 1) * self.meanwhile:
            self.between(verb, answer)
        return answer

    def _lose_request(self, verb: str, said: Any) -> None:
        becomes = self.random.choice(("lost", "cut off", "late"))
        if becomes == "cut off":
            self.tally.note("request cut off")
            self._cut_off(said)
        if becomes == "late":
            self.late.append((verb, said))
        else:
            self.tally.note("request lost", mattered=verb in ("push", "pull") or _brings_steps(said))
        raise Cut(becomes)

    def _arrive_late(self) -> None:
        verb, said = self.late.pop(self.random.randrange(len(self.late)))
        answer = None
        self.arrived_late.add(verb)
        self.arriving_late = True
        with suppress(OutreachError):
            answer = self._done(verb, said)
        self.arriving_late = False
        took_effect = (verb == "push" or _brings_steps(said)) and answer is not None and _says_much(answer)
        self.tally.note("request late, after others", mattered=took_effect)

    def _lose_answer(self, answer: Any) -> None:
        if self.random.random() < 0.5:
            self.tally.note("answer lost", mattered=_says_much(answer))
            raise Cut("lost")
        self.tally.note("answer cut off", mattered=_says_much(answer))
        self._cut_off(answer)

    def _done(self, verb: str, said: Any) -> Any:
        try:
            with version(older=self.hub_is_older()):
                answer = super()._said(verb, before_beside(said) if self.hub_is_older() else said)
        except Exception as error:
            if verb == "hello":
                self.witness.lose_sight(self.device)
            if isinstance(getattr(error, "orig", None), DATABASE_ERRORS):
                raise Cut("the central record could not do it") from None
            raise
        if not self.arriving_late:
            self.witness.was_heard(self.caseload, self.device, said, answer)
        elif verb == "hello":
            self.witness.lose_sight(self.device)
        return answer

    def _cut_off(self, message: Any) -> None:
        """What arrived of it is never read as a whole message."""
        body = wire.packed(message)
        try:
            wire.read(type(message), body[: self.random.randrange(len(body))])
        except BadInput:
            raise Cut("cut off") from None
        raise AssertionError("half a message was read")


def _says_much(answer: Any) -> bool:
    """Whether an answer tells of steps taken for the first time, or brings something."""
    beside = getattr(answer, "beside", None)
    if any(_says_much(part) for name in ("pushed", "page") if (part := getattr(beside, name, None))):
        return True
    if any(not verdict.again for verdict in getattr(answer, "verdicts", ())):
        return True
    return any(getattr(answer, name, ()) for name in ("rows", "gone", "scopes", "differ"))


def _brings_steps(said: Any) -> bool:
    return getattr(said.beside, "push", None) is not None


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


def place_of(death: Killed) -> str:
    """The function of the laptop's whose commit it was."""
    frames = traceback.extract_tb(death.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).parent.name in ("sync", "central", "storage")]
    return next((frame.name for frame in reversed(own) if frame.name not in ("transaction", "execute")), "")


@contextmanager
def hub_dying(at: int, *, after: bool) -> Iterator[list[str]]:
    """The `at`-th transaction of the central record's is undone as its process ends, or is its last.

    What is yielded has one entry once that came about.
    """
    died: list[str] = []
    left = at

    def once(engine: Any, step: Any, **how: Any) -> Any:
        nonlocal left
        left -= 1
        if left:
            return transact(engine, step, **how)

        def undone(connection: Any) -> Any:
            step(connection)
            died.append("central record")
            raise Cut("the central record died")

        if not after:
            transact(engine, undone, **how)
        transact(engine, step, **how)
        died.append("central record")
        raise Cut("the central record died")

    hub_of.transact = once  # type: ignore[attr-defined]
    try:
        yield died
    finally:
        hub_of.transact = transact  # type: ignore[attr-defined]


@contextmanager
def full_disk(laptop: Laptop, at: int) -> Iterator[None]:
    """The laptop's disk has no room for the `at`-th thing that is written, nor for any later one."""
    conn = laptop.store.conn
    kind = type(conn)
    execute, executemany = kind.execute, kind.executemany
    left = at

    def check(conn_: Any, sql: str) -> None:
        nonlocal left
        if conn_ is conn and sql.split(maxsplit=1)[0] in ("INSERT", "UPDATE", "DELETE", "COMMIT"):
            left -= 1
            if left <= 0:
                raise dbapi().OperationalError("database or disk is full")

    def one(self: Any, sql: str, *rest: Any) -> Any:
        check(self, sql)
        return execute(self, sql, *rest)

    def many(self: Any, sql: str, *rest: Any) -> Any:
        check(self, sql)
        return executemany(self, sql, *rest)

    kind.execute, kind.executemany = one, many  # type: ignore[method-assign]
    try:
        yield
    finally:
        kind.execute, kind.executemany = execute, executemany  # type: ignore[method-assign]


@contextmanager
def conditions(page: int) -> Iterator[None]:
    """Pages of at most so many records, and a central record that no poison was foreseen by.

    Where pages are short so are messages and parts of steps: a session sends several, and breaks off between.
    """
    rows, apply = feed.MOST_ROWS, Taking._apply  # type: ignore[attr-defined]
    edits, part = sending.MOST_EDITS, outbox._PART

    def poisoned(self: Taking, edit: Any, seq: int) -> Any:
        verdict = apply(self, edit, seq)
        if edit.name == POISON:
            raise KeyError(SECRET)
        return verdict

    feed.MOST_ROWS = page  # type: ignore[attr-defined]
    sending.MOST_EDITS, outbox._PART = min(page, edits), PART if page < part else part
    Taking._apply = poisoned  # type: ignore[method-assign]
    try:
        yield
    finally:
        feed.MOST_ROWS = rows  # type: ignore[attr-defined]
        sending.MOST_EDITS, outbox._PART = edits, part
        Taking._apply = apply  # type: ignore[method-assign]
