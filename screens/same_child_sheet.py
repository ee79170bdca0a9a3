"""A page of lines about one or two children who may be the same."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType

from casework.errors import Locked, OutreachError
from screens.listening import ListeningScreen
from screens.same_child_lines import SheetLine
from screens.verbs import bindings_for
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column, Row, Rows

if TYPE_CHECKING:
    from storage.store import Store

_GUTTER = 5


class Sheet(ListeningScreen):
    """A list of lines about one or two children, read again whenever something was written elsewhere."""

    place = "same-child"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("same-child")
    TITLE: ClassVar[str] = "Same child?"

    def __init__(self) -> None:
        super().__init__()
        self._lines: Sequence[SheetLine] = ()

    def compose(self) -> ComposeResult:
        """The title, the lines and the keys."""
        yield TitleLine(self.TITLE)
        yield RowList([Column("")], empty="This cannot be shown: see below.", marks=False)
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    @abstractmethod
    def read(self, store: Store) -> None:
        """Read what is shown; on the thread that owns the database. Raises OutreachError."""

    @abstractmethod
    def lines(self, width: int) -> Sequence[SheetLine]:
        """What was read, as lines."""

    @abstractmethod
    def looked(self) -> tuple[str, str]:
        """What the log says of looking, and the child."""

    async def on_mount(self) -> None:
        """Read it; looking is on record before anything shows."""

        def look(store: Store) -> None:
            self.read(store)
            detail, child = self.looked()
            store.log("looked", detail, child)

        self.query_one(RowList).focus()
        try:
            await self.listen(look)
        except Locked:
            return
        except OutreachError as problem:
            self.say(problem.message, wrong=True)
            return
        self.draw()

    async def renew(self) -> None:
        """Read again and show; where it is no longer there, say so and show nothing of it."""
        try:
            await self.ask(self.read)
        except Locked:
            return
        except OutreachError as problem:
            self._lines = ()
            self._paint()
            self.say(problem.message, wrong=True)
            return
        self.draw()

    def draw(self) -> None:
        """Fold the lines to the width."""
        if not self.is_bare:
            self._lines = self.lines(max(40, self.size.width - _GUTTER))
            self._paint()

    def _paint(self) -> None:
        if not self.is_bare:
            rows = [Row(str(number), (line.cell,)) for number, line in enumerate(self._lines)]
            self.query_one(RowList).set_source(Rows(rows), keep=True)

    def on_resize(self, _event: events.Resize) -> None:
        """Fold to the new width."""
        if self.is_listening:
            self.draw()

    @property
    def line(self) -> SheetLine:
        """The line under the cursor."""
        at = self.query_one(RowList).cursor
        return self._lines[at] if at < len(self._lines) else SheetLine("")
