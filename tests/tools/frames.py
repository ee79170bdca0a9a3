"""Frames of an app without a terminal: painted where a test comes to rest, not at each change on the way.

Textual paints every frame and gives it to a terminal that is not there: a fifth of the processor time of the
tests of screens. Whatever changed is painted by the next `Pilot.pause`, so that no widget goes unpainted.
"""

from __future__ import annotations

from typing import Any

import pytest
from textual._compositor import Compositor
from textual.pilot import Pilot


def paint_at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let frames wait until the pilot pauses; a screenshot is painted when it is asked for."""
    paint, pause = Compositor.render_update, Pilot.pause

    def wait(self: Compositor, full: bool = False, *more: Any, **named: Any) -> object:
        return paint(self, full, *more, **named) if full else None

    async def pause_and_paint(self: Pilot[Any], delay: float | None = None) -> None:
        await pause(self, delay)
        screen = self.app.screen
        paint(screen._compositor, screen_stack=self.app._background_screens)

    monkeypatch.setattr(Compositor, "render_update", wait)
    monkeypatch.setattr(Pilot, "pause", pause_and_paint)
