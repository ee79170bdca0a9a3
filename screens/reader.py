"""Small screens over a record: a list to read through, and one text as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize

from casework.errors import OutreachError
from screens.base import OutreachScreen
from screens.verbs import bindings_for
from screens.widgets.fitting import fold
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column, Row, Rows

if TYPE_CHECKING:
    from storage.queries.still_seen import ChildSeen
    from storage.store import Store


class AboutChild(OutreachScreen):
    """What was read of a child by the screen below: it closes when less of that child may be seen."""

    def __init__(self, child: str | None) -> None:
        super().__init__()
        self._about = child
        self._could_see: ChildSeen = frozenset()

    async def note_sight(self) -> None:
        """Keep what may be seen of the child as it opens."""
        from storage.queries.still_seen import child_seen

        if self._about:
            with suppress(OutreachError):  # behind a lock nothing is shown, and nothing has to close
                self._could_see = await self.ask(lambda store: child_seen(store, self._about))

    def withheld(self, store: Store) -> str:
        """Why it may not be shown any more, or ""."""
        from storage.queries.still_seen import why_text_closes

        return why_text_closes(store, self._about, self._could_see)


class ListScreen(AboutChild):
    """Rows to read, of one child where one is named; `esc` goes back."""

    place = "reader"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("reader")

    def __init__(
        self,
        title: str,
        columns: Sequence[Column],
        rows: Sequence[Row],
        empty: str,
        child: str | None = None,
    ) -> None:
        super().__init__(child)
        self._title, self._columns, self._rows, self._empty = title, columns, rows, empty

    def compose(self) -> ComposeResult:
        """The title, the rows and the keys."""
        yield TitleLine(self._title, f"{len(self._rows):,} in all")
        yield RowList(self._columns, empty=self._empty, marks=False)
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    async def on_mount(self) -> None:
        """Show the rows."""
        page = self.query_one(RowList)
        page.set_source(Rows(self._rows))
        page.focus()
        await self.note_sight()


class TextScreen(AboutChild):
    """One text, folded, as long as it is; about one child where one is named."""

    place = "reader"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("reader")

    def __init__(self, title: str, text: str, child: str | None = None) -> None:
        super().__init__(child)
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        """The title, the text and the keys."""
        yield TitleLine(self._title)
        yield RowList([Column("")], empty="No text.", marks=False)
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    async def on_mount(self) -> None:
        """Keys scroll the text."""
        self.query_one(RowList).focus()
        await self.note_sight()

    def on_resize(self, event: Resize) -> None:
        """Fold to the width."""
        rows = [Row(str(n), (line,)) for n, line in enumerate(fold(self._text, event.size.width - 5))]
        self.query_one(RowList).set_source(Rows(rows))
