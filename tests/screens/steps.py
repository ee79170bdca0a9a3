"""Steps that many screen tests share."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input
from textual.worker import WorkerCancelled

from tests.screens.fakes import PASSPHRASE


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until typed keys, workers and messages are done. A lock cancels workers; that is an end, too.

    Everything must be found done twice in a row: on a busy machine a key may still lie in the app's queue.
    """
    calm = 0
    while calm < 2:
        await pilot.pause()
        typed = getattr(pilot.app, "type_ahead", None)
        waiting = pilot.app.message_queue_size or (typed is not None and not typed.is_idle)
        if waiting and pilot.app.is_running:
            calm = 0
            continue
        for worker in list(pilot.app.workers):
            with suppress(WorkerCancelled):
                await worker.wait()
        calm += 1


async def type_text(pilot: Pilot[Any], text: str) -> None:
    """Type `text` with keys."""
    await pilot.press(*("space" if sign == " " else sign for sign in text))


async def unlock(pilot: Pilot[Any]) -> None:
    """From the door into the first room. The passphrase is not typed: that took a third of a test's time."""
    await settle(pilot)
    pilot.app.screen.query_one("#passphrase", Input).value = PASSPHRASE
    await pilot.press("enter")
    await settle(pilot)
