"""Long work on the open caseload beside the worker's keys: another thread borrows the desk's turn.

While the borrower has the turn nobody else touches the database; while it waits for the network it gives the
turn back, so no key waits for a slow line. It borrows between two transactions only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Event
from typing import Any, Generic, TypeVar

from casework.errors import Locked
from storage.desk import Closable, Desk

S = TypeVar("S", bound=Closable)


class Loan(Generic[S]):
    """The turn at a desk, taken and given back by one thread that is not the desk's and not the loop's."""

    def __init__(self, desk: Desk[S], loop: asyncio.AbstractEventLoop) -> None:
        self._desk, self._loop = desk, loop
        self._store: S | None = None
        self._back = Event()
        self._turn: Future[None] | None = None

    def take(self) -> S:
        """Wait for the turn. Raises Locked once the caseload is locked."""
        if self._loop.is_closed():  # the app has ended meanwhile, and did not wait
            raise _locked()
        granted, back = Event(), Event()

        def lend(store: S) -> None:
            self._store = store
            granted.set()
            back.wait()

        turn: Future[None] = asyncio.run_coroutine_threadsafe(self._desk.run(lend), self._loop)
        turn.add_done_callback(lambda _: granted.set())
        granted.wait()
        if turn.done() or self._store is None:
            raise _locked()
        self._turn, self._back = turn, back
        return self._store

    def give_back(self) -> None:
        """Let others ask again."""
        self._back.set()
        self._store = None

    @contextmanager
    def given_back(self) -> Iterator[None]:
        """Without the turn for a while; it is taken again at the end, also after a failure."""
        self.give_back()
        try:
            yield
        finally:
            self.take()


def _locked() -> Locked:
    return Locked("locked", "The caseload was locked; unlock it first.")


class Apart:
    """Gives the turn back while a transport waits for an answer, or another object does its work."""

    def __init__(self, way: Any, loan: Loan[Any]) -> None:
        self._way, self._loan = way, loan

    def __getattr__(self, verb: str) -> Any:
        """The demo's central record is asked so: it is founded and served meanwhile."""
        ask = getattr(self._way, verb)

        def said(*words: Any) -> Any:
            with self._loan.given_back():
                return ask(*words)

        return said

    def make_ready(self, *words: Any) -> None:
        """Nothing is waited for here, so the turn is kept."""
        self._way.make_ready(*words)

    def send(self, *words: Any) -> Any:
        """What is begun here is waited for later: the turn is given back then, not now."""
        wait = self._way.send(*words)

        def answer() -> Any:
            with self._loan.given_back():
                return wait()

        return answer
