"""Screens as plain text, to compare with what is kept beside the tests."""

from __future__ import annotations

import os
from pathlib import Path

from textual.app import App

KEPT = Path(__file__).parent / "shots"


def screen_text(app: App[None]) -> str:
    """What stands on the terminal now, line by line, without colours and trailing spaces."""
    width, height = app.size
    strips = app.screen._compositor.render_strips()
    lines = [strip.crop(0, width).text.rstrip() for strip in strips[:height]]
    return "\n".join(lines).rstrip("\n") + "\n"


def check_shot(app: App[None], name: str) -> None:
    """The screen equals `shots/NAME.txt`; `OUTREACH_SHOTS=write` keeps it instead."""
    now = screen_text(app)
    kept = KEPT / f"{name}.txt"
    if os.environ.get("OUTREACH_SHOTS") == "write":
        KEPT.mkdir(exist_ok=True)
        kept.write_text(now, "utf-8", newline="\n")
        return
    assert kept.exists(), f"no shot {name}; look at the screen, then run with OUTREACH_SHOTS=write"
    assert now == kept.read_text("utf-8")
