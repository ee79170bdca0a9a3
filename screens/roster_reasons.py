"""The pane below a list of children: why the row under the cursor is there, and who to call."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from screens.widgets.text import Cell, show_lines

_LINES_A_KEY = 3


class ReasonsPane(VerticalScroll, can_focus=False):
    """Lines about one child. It takes no focus: the list keeps the keys, and two of them read on here."""

    DEFAULT_CSS = """
    ReasonsPane {
        height: 10; padding: 0 1; background: $surface;
        border-top: solid $panel; border-title-color: $tone-quiet; border-title-align: right;
        scrollbar-size-vertical: 1;
        Static { height: auto; }
    }
    """

    def compose(self) -> ComposeResult:
        """The words."""
        yield Static(markup=False)

    def show_words(self, lines: Sequence[Cell]) -> None:
        """Other lines, from their top."""
        self.query_one(Static).update(show_lines(lines))
        self.scroll_home(animate=False, immediate=True)
        self._tell_more()

    def watch_virtual_size(self) -> None:
        """The words were laid out, which is some time after they came."""
        self._tell_more()

    def on_resize(self) -> None:
        """More of them may fit, or fewer."""
        self._tell_more()

    def read_on(self, way: int) -> None:
        """Scroll: `way` 1 is down, -1 up."""
        self.scroll_relative(y=way * _LINES_A_KEY, animate=False, immediate=True)
        self._tell_more()

    def _tell_more(self) -> None:
        self.border_title = "more below: ]" if self.max_scroll_y > round(self.scroll_y) else None
