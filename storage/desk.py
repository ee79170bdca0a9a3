"""One thread owns the open caseload; everyone else asks it and awaits the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Generic, Protocol, TypeVar

from casework.errors import Locked


class Closable(Protocol):
    """What a desk holds: in the app a `Store`."""

    def hurry(self) -> bool:
        """End what runs, from any thread; whether it was waiting for another process."""

    def close(self) -> None:
        """Close the database and drop its key."""


_HURRY_SECONDS = 1.0
_HURRY_STEP = 0.05

S = TypeVar("S", bound=Closable)
T = TypeVar("T")


class Desk(Generic[S]):
    """Opens, asks and closes a caseload on one thread. It may be opened and closed many times."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="caseload")
        self._store: S | None = None
        self._turn = 0
        self._closing: Future[None] | None = None
        self._answers: set[asyncio.Future[Any]] = set()

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
                raise _locked_meanwhile()
            try:
                return fn(store)
            except Exception:
                if turn != self._turn:  # broken off by `close`, or nobody may hear of it any more
                    raise _locked_meanwhile() from None
                raise

        answer = asyncio.get_running_loop().run_in_executor(self._executor, ask)
        self._answers.add(answer)
        try:
            given = await answer
        except asyncio.CancelledError:
            asker = asyncio.current_task()
            if turn == self._turn or (asker is not None and asker.cancelling()):
                raise
            raise _locked_meanwhile() from None
        finally:
            self._answers.discard(answer)
        if turn != self._turn:
            raise _locked_meanwhile()
        return given

    def last_word(self, fn: Callable[[S], object], seconds: float = 1.0) -> None:
        """`fn(store)` as well as may be while something has already gone wrong: a fault of it is dropped."""
        store = self._store
        if store is not None:
            with suppress(Exception):
                self._executor.submit(lambda: fn(store)).result(seconds)

    async def close(self, within: float | None = None) -> bool:
        """Close the caseload after the question in hand; questions that wait are not asked.

        With `within`, a question that takes more than so many seconds is broken off, and one that cannot be
        is left to its thread after another second, with the closing behind it. What was not yet committed is
        then undone. Returns whether a step was broken off that was waiting for another process.
        """
        store, self._store = self._store, None
        self._turn += 1
        if store is None:
            return False
        closing = self._closing = self._executor.submit(store.close)
        done = asyncio.wrap_future(closing)
        if within is None:
            await done
            return False
        waited = False
        if not await _is_done(done, within):
            for answer in self._answers:
                answer.cancel()  # who asked need not wait for the end of it
            for _ in range(int(_HURRY_SECONDS / _HURRY_STEP)):  # again and again: a question may ask many
                waited = store.hurry() or waited
                if await _is_done(done, _HURRY_STEP):
                    break
        if done.done():
            done.result()
        return waited

    def shut(self) -> None:
        """Close the caseload and end the thread: the last act of a process.

        Waits for the thread, unless `close` had to leave it with a question that cannot be broken off.
        """
        store, self._store = self._store, None
        self._turn += 1
        if store is not None:
            self._executor.submit(store.close).result()
        left_behind = self._closing is not None and not self._closing.done()
        self._executor.shutdown(wait=not left_behind)


def _locked_meanwhile() -> Locked:
    return Locked("locked", "The caseload was locked; unlock it first.")


async def _is_done(work: asyncio.Future[None], seconds: float) -> bool:
    done, _ = await asyncio.wait({work}, timeout=seconds)
    return bool(done)
