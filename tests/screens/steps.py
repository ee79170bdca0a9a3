"""Steps that many screen tests share."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from tests.screens.fakes import PASSPHRASE


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until typed keys, workers and messages are done. A lock cancels workers; that is an end, too."""
    typed = getattr(pilot.app, "type_ahead", None)
    while typed is not None and not typed.is_idle and pilot.app.is_running:
        await pilot.pause()
    for worker in list(pilot.app.workers):
        with suppress(WorkerCancelled):
            await worker.wait()
    await pilot.pause()
    await pilot.pause()


async def type_text(pilot: Pilot[Any], text: str) -> None:
    """Type `text` with keys."""
    await pilot.press(*("space" if sign == " " else sign for sign in text))


async def unlock(pilot: Pilot[Any]) -> None:
    """From the door into the first room."""
    await settle(pilot)
    await type_text(pilot, PASSPHRASE)
    await pilot.press("enter")
    await settle(pilot)
