"""One-line fields that hold no control signs, however they came: Textual would pass them raw to the terminal.

Fields of several lines are in `screens.areas`; what a form scrolls them in stands here.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Input

from casework.text import clean

_LINE = 4_096
_PASTE = 100_000


class LineField(Input):
    """One line. Of a paste its first line is taken, as far as there is room."""

    DEFAULT_CSS = """
    LineField, LineField:focus { height: 1; border: none; padding: 0 1; }
    LineField { background: $panel; }
    """

    def on_mount(self) -> None:
        """Nothing is selected when the field is entered: the next key adds to the words and replaces none."""
        self.select_on_focus = False

    def validate_value(self, value: str) -> str:
        """What may be shown of a value."""
        return clean(value, limit=_LINE)

    def _on_paste(self, event: events.Paste) -> None:
        longest = self.max_length or _LINE
        line = next(iter(clean(event.text, limit=_PASTE, newlines=True).splitlines()), "")
        room = max(0, longest - len(self.value) + len(self.selected_text))
        if len(line) > room:
            self.app.notify(f"A line holds {longest:,} characters; the rest of the paste was left out.")
        event.text = line[:room]
        super()._on_paste(event)
        event.prevent_default()  # else Textual's own handler puts it in once more


class FieldScroll(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The fields of a form. Arrows are the form's own; the page keys read on without leaving the field."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "page_up", show=False),
        Binding("pagedown", "page_down", show=False),
    ]
