"""One thread owns the open caseload; everyone else asks it and awaits the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

from casework.errors import Locked


class Closable(Protocol):
    """What a desk holds: in the app a `Store`."""

    def close(self) -> None:
        """Close the database and drop its key."""


S = TypeVar("S", bound=Closable)
T = TypeVar("T")


class Desk(Generic[S]):
    """Opens, asks and closes a caseload on one thread. It may be opened and closed many times."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="caseload")
        self._store: S | None = None
        self._turn = 0

    @property
    def is_open(self) -> bool:
        """Whether a caseload is open and was not asked to close."""
        return self._store is not None

    async def call(self, fn: Callable[[], T]) -> T:
        """Run `fn` on the desk's thread, open or not (unlocking, first run)."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, fn)

    async def open(self, open_fn: Callable[[], S]) -> None:
        """Open with `open_fn` on the desk's thread; what was open before is closed first."""
        await self.close()
        turn = self._turn
        store = await self.call(open_fn)
        if turn != self._turn:
            await self.call(store.close)
            raise Locked("locked", "The caseload was locked while it opened; unlock it again.")
        self._store = store

    async def run(self, fn: Callable[[S], T]) -> T:
        """`fn(store)` on the desk's thread.

        Raises `Locked` when no caseload is open, also when it was locked before the answer came: an answer
        never reaches a screen behind the lock.
        """
        turn, store = self._turn, self._store
        if store is None:
            raise Locked("locked", "The caseload is locked; unlock it first.")

        def ask() -> T:
            if turn != self._turn:
                raise Locked("locked", "The caseload was locked; unlock it first.")
            return fn(store)

        answer = await self.call(ask)
        if turn != self._turn:
            raise Locked("locked", "The caseload was locked; unlock it first.")
        return answer

    def last_word(self, fn: Callable[[S], object], seconds: float = 1.0) -> None:
        """`fn(store)` as well as may be while something has already gone wrong: a fault of it is dropped."""
        store = self._store
        if store is not None:
            with suppress(Exception):
                self._executor.submit(lambda: fn(store)).result(seconds)

    async def close(self) -> None:
        """Close the caseload after the question in hand; questions that wait are not asked."""
        store, self._store = self._store, None
        self._turn += 1
        if store is not None:
            await self.call(store.close)

    def shut(self) -> None:
        """Close the caseload and end the thread, and wait for it: the last act of a process."""
        store, self._store = self._store, None
        self._turn += 1
        if store is not None:
            self._executor.submit(store.close).result()
        self._executor.shutdown(wait=True)
