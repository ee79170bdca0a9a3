"""Sessions with the central record while the app is open: on a key, and every so many minutes.

A session runs on a thread of its own and borrows the caseload between two answers, so no key waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from casework.errors import Locked, OutreachError
from casework.wording import count_of, exchanged_words, given_up_words
from storage.desk import Closable, Desk
from storage.lending import Apart, Loan

Say = Callable[[str], None]
T = TypeVar("T", bound=Closable)


class Session(Protocol):
    """What a session did, as far as it is said."""

    pushed: int
    pulled: int
    conflicts: int
    quarantined: int
    purged: int
    agreed: bool
    problems: list[str]


Reconcile = Callable[[Any, Callable[[str], None], Callable[[Any], Any]], Session]
"""One session on an open caseload: progress is told to the second, the third is put around the way there."""


def over_network(store: Any, progress: Callable[[str], None], around: Callable[[Any], Any]) -> Session:
    """The session of `outreach sync`."""
    from sync.joining import reconcile

    return reconcile(store, progress=progress, around=around).session


Ended = Say
"""Called once this laptop's access was ended, with what is to be said; nothing is opened here any more."""


class Sessions:
    """At most one session at a time."""

    def __init__(
        self,
        desk: Desk[Any],
        reconcile: Reconcile = over_network,
        ended: Ended | None = None,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        """`after` is called at the end of each session, however it ended."""
        self._desk, self._reconcile, self._ended, self._after = desk, reconcile, ended, after
        self._busy = False

    @property
    def is_under_way(self) -> bool:
        """Whether a session runs beside the keys."""
        return self._busy

    async def at_door(self, open_for: Callable[[Callable[[Any], Session]], T], say: Say) -> T:
        """The caseload that nobody is shown yet, which `open_for` opens for one session and leaves open after
        it. Raises what `open_for` does.

        It is opened on a thread of its own and not at the desk, for whoever leaves waits for the desk.
        """
        from sync.ahead import under_way

        loop = asyncio.get_running_loop()

        def tell(words: str) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(say, f"Syncing: {words}")

        opening = under_way(lambda: open_for(lambda store: self._reconcile(store, tell, lambda way: way)))
        try:
            return await asyncio.wrap_future(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close_unused)
            raise

    async def run(self, say: Say, *, quiet: bool = False) -> None:
        """One session, its progress and its end said; `quiet` says nothing but what a person has to know."""
        if self._busy:
            if not quiet:
                say("A session with the central record is under way.")
            return
        # Nobody who only opens the app needs these.
        from storage.queries.conflicts import count_conflicts
        from sync.ahead import under_way

        self._busy = True
        loop = asyncio.get_running_loop()

        def tell(words: str) -> None:
            if not quiet and not loop.is_closed():
                loop.call_soon_threadsafe(say, f"Syncing: {words}")

        def work() -> Session:
            loan: Loan[Any] = Loan(self._desk, loop)
            store = loan.take()
            try:
                return self._reconcile(store, tell, lambda way: Apart(way, loan))
            finally:
                loan.give_back()

        try:
            tell("asking the central record")
            done = await asyncio.wrap_future(under_way(work))
            to_settle = await self._desk.run(count_conflicts)
        except Locked:
            return
        except OutreachError as problem:
            if problem.code == "revoked" and self._ended is not None:
                self._ended(problem.message)
            elif not quiet:
                known = "nothing is lost" in problem.message.lower()
                say(problem.message if known else f"{problem.message} Nothing is lost.")
        else:
            new = done.conflicts and to_settle
            if not quiet or not done.agreed or new or done.quarantined or done.problems:
                say(end_words(done, to_settle))
            elif done.purged:
                say(given_up_words(done.purged))
        finally:
            self._busy = False
            self._after()


def _close_unused(opening: Future[Any]) -> None:
    """Close what was opened for nobody any more."""
    if opening.exception() is None:
        opening.result().close()


def end_words(done: Session, to_settle: int = 0) -> str:
    """How a session ended, and how many conflicts the worker sees that are `to_settle`; never agreement where
    the sums were not compared, nor beside something wrong.
    """
    head = "Both sides agree" if done.agreed else "The two sides do not agree yet; sync again"
    if done.problems:
        head = f"Something was found wrong (g y says what){'' if done.agreed else '; sync again'}"
    parts = [exchanged_words(done.pushed, done.pulled)]
    if to_settle:
        parts.append(f"{count_of(to_settle, 'conflict')} to settle (g x)")
    if done.quarantined:
        parts.append(f"{done.quarantined} set aside (g y)")
    gone = f" {given_up_words(done.purged)}" if done.purged else ""
    return f"{head}: {', '.join(parts)}.{gone}"
