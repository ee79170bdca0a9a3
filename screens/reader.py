"""Small screens over a record: a list to read through, and one text as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize

from screens.base import OutreachScreen
from screens.verbs import bindings_for
from screens.widgets.fitting import fold
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column, Row, Rows


class ListScreen(OutreachScreen):
    """Rows to read; `esc` goes back."""

    place = "reader"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("reader")

    def __init__(self, title: str, columns: Sequence[Column], rows: Sequence[Row], empty: str) -> None:
        super().__init__()
        self._title, self._columns, self._rows, self._empty = title, columns, rows, empty

    def compose(self) -> ComposeResult:
        """The title, the rows and the keys."""
        yield TitleLine(self._title, f"{len(self._rows):,} in all")
        yield RowList(self._columns, empty=self._empty, marks=False)
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    def on_mount(self) -> None:
        """Show the rows."""
        page = self.query_one(RowList)
        page.set_source(Rows(self._rows))
        page.focus()


class TextScreen(OutreachScreen):
    """One text, folded, as long as it is."""

    place = "reader"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("reader")

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        """The title, the text and the keys."""
        yield TitleLine(self._title)
        yield RowList([Column("")], empty="No text.", marks=False)
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    def on_mount(self) -> None:
        """Keys scroll the text."""
        self.query_one(RowList).focus()

    def on_resize(self, event: Resize) -> None:
        """Fold to the width."""
        rows = [Row(str(n), (line,)) for n, line in enumerate(fold(self._text, event.size.width - 5))]
        self.query_one(RowList).set_source(Rows(rows))
