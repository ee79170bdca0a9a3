"""A screen that hears when something it shows was written, by whom and wherever, and then reads it again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar, TypeVar

from casework.errors import Locked, OutreachError
from screens.step_back import StepScreen

if TYPE_CHECKING:
    from screens.widgets.row_list import RowList
    from storage.journal import Receipt
    from storage.store import Store

T = TypeVar("T")


class ListeningScreen(StepScreen):
    """A subclass says which records it shows, begins with `listen`, and reads again in `renew`."""

    TYPES: ClassVar[frozenset[str] | None] = None
    """The record types that it shows; None for every one."""

    SHOWS_DRAFTS: ClassVar[bool] = False
    """Whether it tells of drafts: a form above may have left one, of which no commit tells."""

    def __init__(self) -> None:
        super().__init__()
        self._stop_listening: Callable[[], None] | None = None
        self._stale = False

    async def listen(self, look: Callable[[Store], T]) -> T:
        """`look(store)`, hearing of every change from then on. Raises OutreachError; Locked after a lock."""
        loop = asyncio.get_running_loop()

        def heard(receipt: Receipt) -> None:
            if (self.TYPES is None or receipt.touched & self.TYPES) and not loop.is_closed():
                loop.call_soon_threadsafe(self.hear)

        def begin(store: Store) -> tuple[T, Callable[[], None]]:
            found = look(store)
            return found, store.journal.subscribe(heard)

        found, self._stop_listening = await self.ask(begin)
        if self._stale:
            self.hear()
        return found

    async def listen_into(self, rows: RowList, look: Callable[[Store], T], closed: str) -> T | None:
        """As `listen`; None after a lock, and where it may not be read: then `closed` stands in the list, and
        the reason below it.
        """
        rows.focus()
        try:
            return await self.listen(look)
        except Locked:
            return None
        except OutreachError as problem:
            rows.empty = closed
            rows.refresh()
            self.say(problem.message, wrong=True)
            return None

    @property
    def is_listening(self) -> bool:
        """Whether it was read: nothing is shown of what it could not read."""
        return self._stop_listening is not None

    def on_unmount(self) -> None:
        """Hear no more."""
        if self._stop_listening is not None:
            self._stop_listening()

    def hear(self) -> None:
        """Something that is shown was changed: read again now, or when this screen is shown again."""
        if not self.is_attached:
            return
        # Also while the answer of `listen` is on its way: it looked before this was written.
        self._stale = True
        if self.is_listening and self.app.screen is self:
            again: Callable[[], Awaitable[None]] = self._renew_quietly
            self.run_worker(again, exclusive=True, group="renew")

    def on_screen_resume(self) -> None:
        """Shown again: take in what changed meanwhile."""
        if self._stale or self.SHOWS_DRAFTS:
            self.hear()

    async def _renew_quietly(self) -> None:
        self._stale = False
        try:
            await self.renew()
        except Locked:
            return
        except OutreachError as problem:
            self.say(problem.message, wrong=True)
