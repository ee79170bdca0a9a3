"""Draws the pictures of the documents from the demo: python docs/make_pictures.py"""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

from outreach_tui.app import OutreachApp
from outreach_tui.demo import PASSPHRASE
from outreach_tui.demo.build import build_demo
from outreach_tui.opener import VaultOpener

PLAYS_ON = date(2026, 11, 20)
IMAGES = Path(__file__).with_name("images")
SHOTS = (("today", ()), ("caseload", ("g", "c")), ("child", ("enter",)))


def _now() -> datetime:
    return datetime(2026, 11, 20, 8, 41, tzinfo=UTC)


async def draw() -> None:
    """Open the demo, go to each screen, keep its picture."""
    with tempfile.TemporaryDirectory() as folder:
        made = build_demo(Path(folder) / "demo", seed=1, actual=PLAYS_ON, now=_now, say=lambda _: None)
        opener = VaultOpener(made.home, now=_now, today=made.today)
        app = OutreachApp(made.home.path, opener=opener, today=made.today)
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.press(*("space" if sign == " " else sign for sign in PASSPHRASE), "enter")
            await pilot.pause(1)
            for name, keys in SHOTS:
                await pilot.press(*keys)
                await app.workers.wait_for_complete()
                await pilot.pause(0.5)
                (IMAGES / f"{name}.svg").write_text(app.export_screenshot(), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(draw())
