"""Steps that many screen tests share."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot

from tests.screens.fakes import PASSPHRASE


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until workers and messages are done."""
    await pilot.app.workers.wait_for_complete()
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
