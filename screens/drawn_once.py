"""Screens that open with less work.

Textual styles each widget as it is mounted, and all of them again when the screen comes up. It lays a screen
out when that comes up, and again when the screen hears of the size for which it was just laid out.
"""

from __future__ import annotations

from typing import TypeVar

from textual import events, on
from textual.screen import Screen

R = TypeVar("R")


class DrawnOnce(Screen[R]):
    """A screen whose widgets keep the style that they were mounted with, and that lays out a size once."""

    _came_up: bool = False

    @on(events.ScreenResume)
    def _keep_style(self, event: events.ScreenResume) -> None:
        if not self._came_up:
            self._came_up = True
            event.refresh_styles = False

    @on(events.Resize)
    def _keep_layout(self, event: events.Resize) -> None:
        if event.size == self.outer_size:
            event.prevent_default()
