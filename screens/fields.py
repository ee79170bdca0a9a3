"""Text fields that hold no control signs, however they came: Textual would pass them raw to the terminal."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.widgets import Input, TextArea
from textual.widgets.text_area import Edit, EditResult

from casework.text import clean

_LINE = 4_096
_PAGE = 100_000


class LineField(Input):
    """One line. Of a paste its first line is taken, as far as there is room."""

    DEFAULT_CSS = """
    LineField, LineField:focus { height: 1; border: none; padding: 0 1; }
    LineField { background: $panel; }
    """

    def validate_value(self, value: str) -> str:
        """What may be shown of a value."""
        return clean(value, limit=_LINE)

    def _on_paste(self, event: events.Paste) -> None:
        longest = self.max_length or _LINE
        line = next(iter(clean(event.text, limit=_PAGE, newlines=True).splitlines()), "")
        room = max(0, longest - len(self.value) + len(self.selected_text))
        if len(line) > room:
            self.app.notify(f"A line holds {longest:,} characters; the rest of the paste was left out.")
        event.text = line[:room]
        super()._on_paste(event)
        event.prevent_default()  # else Textual's own handler puts it in once more


class BoundedArea(TextArea):
    """Text of many lines, as long as `longest` characters; a paste is cleaned before it is put in."""

    longest: ClassVar[int] = _PAGE

    async def _on_paste(self, event: events.Paste) -> None:
        event.text = clean(event.text, limit=_PAGE, newlines=True)
        await super()._on_paste(event)
        event.prevent_default()  # else Textual's own handler puts it in once more

    def edit(self, edit: Edit) -> EditResult:
        """Put text in, as far as there is room."""
        start, end = sorted((edit.from_location, edit.to_location))
        room = max(0, self.longest - len(self.text) + len(self.get_text_range(start, end)))
        if len(edit.text) > room:
            edit.text = edit.text[:room]
            self.app.notify(f"There is room for {self.longest:,} characters here; the rest was left out.")
        return super().edit(edit)


class PageField(BoundedArea):
    """A page of text without a frame."""

    DEFAULT_CSS = """
    PageField, PageField:focus { border: none; background: $panel; padding: 0 1; }
    """
