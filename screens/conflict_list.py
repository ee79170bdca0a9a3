"""What the lists of conflicts share: rows, and below them every value of the one under the cursor."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.widgets import Static

from casework.errors import Locked, OutreachError
from casework.wording import count_of
from screens.listening import ListeningScreen
from screens.widgets.fitting import short
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column, Row, Rows
from screens.widgets.text import Cell, show_lines

if TYPE_CHECKING:
    from storage.queries.conflicts import OpenConflict, Said
    from storage.store import Store

_LOW = 18
_RULE = 1
_OTHER_LINES = 5
"""Title, head of the list, what was said in two lines, and the keys."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A conflict as it is stored, and as it is painted: without protected addresses.

    `chosen` is what a settled one was settled with; `draft` tells that a new text for it waits.
    """

    stored: OpenConflict
    painted: OpenConflict
    chosen: Said | None = None
    draft: bool = False


class ConflictList(ListeningScreen):
    """The list, and below it what one field held and what was said."""

    TITLE_WORDS: ClassVar[str]
    COLUMNS: ClassVar[Sequence[Column]]
    NONE: ClassVar[str]
    LOOKED: ClassVar[str]
    """What the audit says was looked at, before the number of conflicts."""

    CLOSED: ClassVar[str] = "This list stays closed. g x tries again."
    DEFAULT_CSS = """
    ConflictList {
        #sides { height: auto; min-height: 6; padding: 0 1; background: $surface;
                 border-top: solid $panel; }
        &.-lower #sides { display: none; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._listed: Sequence[Listed] = ()

    @abstractmethod
    def read(self, store: Store) -> list[Listed]:
        """The conflicts, in the order of the list."""

    @abstractmethod
    def counted(self, number: int) -> str:
        """How many there are, for the title."""

    @abstractmethod
    def make_row(self, one: Listed) -> Row:
        """One conflict in the list."""

    @abstractmethod
    def lines_of(self, one: Listed, width: int, most: int) -> Iterable[Cell]:
        """Its values, below the list, in so many lines at most."""

    @abstractmethod
    def text_of(self, one: Listed) -> str:
        """Every word of it."""

    def compose(self) -> ComposeResult:
        """Title, list, the values, what was said, the keys."""
        yield TitleLine(self.TITLE_WORDS)
        yield RowList(self.COLUMNS, id="rows", empty=self.NONE, marks=False)
        yield Static(id="sides", markup=False)
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    async def on_mount(self) -> None:
        """Read, looking being on record first, and hear of every change."""
        self.rows.focus()

        def look(store: Store) -> list[Listed]:
            found = self.read(store)
            store.log("looked", f"{self.LOOKED}: {count_of(len(found), 'conflict')}")
            return found

        try:
            self._listed = await self.listen(look)
        except Locked:
            return
        except OutreachError as problem:
            self.rows.empty = self.CLOSED
            self.say(problem.message, wrong=True)
        self._show()

    async def renew(self) -> None:
        """Read again; the cursor stays on its row."""
        found = await self.attempt(self.read)
        if found is not None:
            self._listed = found
            self._show()

    @property
    def rows(self) -> RowList:
        """The list."""
        return self.query_one("#rows", RowList)

    @property
    def here(self) -> Listed | None:
        """The conflict under the cursor."""
        return self._listed[min(self.rows.cursor, len(self._listed) - 1)] if self._listed else None

    def _show(self) -> None:
        if self.is_bare:
            return
        with self.app.batch_update():
            self.query_one(TitleLine).set_title(self.TITLE_WORDS, self.counted(len(self._listed)))
            self.rows.set_source(Rows([self.make_row(one) for one in self._listed]))
            self._draw_sides()

    def _draw_sides(self) -> None:
        one = self.here
        width = max(30, self.size.width - 2)
        lines = [] if one is None else list(self.lines_of(one, width, self._room_for_sides))
        self.query_one("#sides", Static).update(show_lines(lines))

    @property
    def _room_for_sides(self) -> int:
        """Lines that the values may take: half of the screen, and what the list leaves free."""
        half = self.size.height // 2
        return max(half, self.size.height - _OTHER_LINES - len(self._listed)) - _RULE

    def on_resize(self, event: events.Resize) -> None:
        """Words are folded to the new width; a low window shows the list alone."""
        self.set_class(event.size.height < _LOW, "-lower")
        self._draw_sides()

    def on_row_list_highlighted(self, _event: RowList.Highlighted) -> None:
        """Its values."""
        self._draw_sides()

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        """Every word of it."""
        event.stop()
        one = self.here
        if one is not None:
            from screens.reader import TextScreen

            child = one.painted.child
            self.app.push_screen(TextScreen("Conflict", self.text_of(one), child.id if child else None))

    def do_history(self) -> None:
        """Who changed the record, when, from what to what."""
        from screens.history import HistoryScreen

        one = self.here.painted if self.here else None
        if one is None or one.about is None:
            self.say("There is no record here to show the history of.", wrong=True)
            return
        child = one.child.id if one.child else None
        title = short(one.name or one.label, 40)
        self.app.push_screen(HistoryScreen(one.conflict.record_type, one.conflict.record, title, child))
