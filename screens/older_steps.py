"""A step that this run of the app did not make is taken back after a question only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from screens.dialogs import Confirm
from screens.widgets.fitting import short

if TYPE_CHECKING:
    from screens.base import OutreachScreen
    from storage.journal import UndoEntry
    from storage.store import Store

_NAME = 40
_WHOSE = 30


def older_step(store: Store) -> UndoEntry | None:
    """The step that undo would take back, when another run of the app or a command made it."""
    newest = next(iter(store.journal.undo_list(1)), None)
    return None if newest is None or store.journal.made_here(newest.seq) else newest


async def ask_before_older(screen: OutreachScreen, undo: Callable[[], Awaitable[None]]) -> None:
    """Run `undo`; where it would take back an older step, ask first with the step's name and time."""
    older = await screen.attempt(older_step)
    if older is None:
        await undo()
        return

    async def answered(yes: bool | None) -> None:
        if not yes:
            return
        # What was asked about must still be the newest step: another command may have written meanwhile.
        now = await screen.attempt(older_step)
        if now is not None and now.seq == older.seq:
            await undo()
        else:
            screen.say("Another step was made meanwhile; u asks again.", wrong=True)

    from screens.child_story import local_time
    from storage.queries.steps import told_name, whose_step

    def told(store: Store) -> tuple[str, str]:
        return told_name(store, older.seq, older.name), whose_step(store, older.seq)

    answer = await screen.attempt(told)
    if answer is None:
        return
    name, whose = answer
    about = f" ({short(whose, _WHOSE)})" if whose else ""
    question = f"Take back an older step? {short(name, _NAME)}{about}, {local_time(older.at)}"
    await screen.question(Confirm(question), answered)
