"""Text areas that hold no control signs, however they came.

Apart from `screens.fields`, because the first room has no text area and Textual's is slow to import.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult

from casework.text import clean

_PAGE = 100_000


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
