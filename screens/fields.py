"""Text fields that hold no control signs, however they came: Textual would pass them raw to the terminal."""

from __future__ import annotations

from textual import events
from textual.widgets import Input, TextArea

from casework.text import clean

_LINE = 4_096
_PAGE = 100_000


class LineField(Input):
    """One line."""

    DEFAULT_CSS = """
    LineField, LineField:focus { height: 1; border: none; padding: 0 1; }
    LineField { background: $panel; }
    """

    def validate_value(self, value: str) -> str:
        """What may be shown of a value."""
        return clean(value, limit=_LINE)


class PageField(TextArea):
    """A page of text; a paste is cleaned before it is put in."""

    DEFAULT_CSS = """
    PageField, PageField:focus { border: none; background: $panel; padding: 0 1; }
    """

    async def _on_paste(self, event: events.Paste) -> None:
        event.text = clean(event.text, limit=_PAGE, newlines=True)
        await super()._on_paste(event)
        event.prevent_default()  # else Textual's own handler puts it in once more
