"""A table of rows about children, read again whenever something on it changes, here or elsewhere."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.widgets import Static

from screens.listening import ListeningScreen
from screens.roster_reasons import ReasonsPane
from screens.small_windows import SmallSign, is_too_small
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column

if TYPE_CHECKING:
    from casework.records import Child
    from storage.store import Store

_TALL, _LOW, _WIDE = 34, 18, 110


class RowOfChild(Protocol):
    """What every row has."""

    @property
    def child(self) -> Child:
        """Whom it is about."""


F = TypeVar("F")
R = TypeVar("R", bound=RowOfChild)


class LiveTable(ListeningScreen, Generic[F, R]):
    """The table with what there is to say of the row under the cursor below it. Enter opens the child.

    A subclass says what is read, of which record types it is made and how it is shown.
    """

    CLOSED: ClassVar[str] = ""
    """What stands in its place where it may not be read."""
    MARKS: ClassVar[bool] = True
    """Whether rows can be marked."""

    DEFAULT_CSS = """
    LiveTable {
        .counts { height: 1; padding: 0 1; background: $surface; }
        ReasonsPane { height: 7; }
        &.-tall ReasonsPane { height: 10; }
        &.-low ReasonsPane { height: 3; border-top: none; }
        &.-low SaidLine { max-height: 1; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: F | None = None
        self._rows: Mapping[str, R] = {}

    @abstractmethod
    def read(self, store: Store) -> F:
        """What is shown. Runs on the caseload's thread. Raises OutreachError."""

    @abstractmethod
    def looked(self, found: F) -> str:
        """What the log says that somebody looked at."""

    @abstractmethod
    def show_found(self, found: F, *, keep: bool = True) -> None:
        """Paint everything; the cursor stays on its row."""

    @abstractmethod
    def _columns(self) -> Sequence[Column]:
        """The columns at this width."""

    @abstractmethod
    def _draw_detail(self) -> None:
        """Say what there is to say of the row under the cursor."""

    def _refit(self) -> None:
        self.rows.columns = tuple(self._columns())

    def compose(self) -> ComposeResult:
        """Title, counts, the table, the row under the cursor in words, what was done, the keys."""
        yield SmallSign()
        yield TitleLine(self.ROOM_TITLE)
        yield Static(classes="counts", markup=False)
        yield RowList(self._columns(), id="rows", marks=self.MARKS)
        yield ReasonsPane()
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    async def on_mount(self) -> None:
        """Read it; looking is on record before anything shows."""

        def look(store: Store) -> F:
            found = self.read(store)
            store.log("looked", self.looked(found))
            return found

        found = await self.listen_into(self.rows, look, self.CLOSED)
        if found is not None:
            self.show_found(found)

    @property
    def rows(self) -> RowList:
        """The table."""
        return self.query_one("#rows", RowList)

    @property
    def row(self) -> R | None:
        """What stands under the cursor."""
        current = self.rows.current
        return self._rows.get(current.id) if current else None

    @property
    def _is_wide(self) -> bool:
        return self.size.width >= _WIDE

    def on_row_list_highlighted(self, _event: RowList.Highlighted) -> None:
        """Say why this row is there."""
        self._draw_detail()

    def on_row_list_opened(self, _event: RowList.Opened) -> None:
        """Show the child."""
        if self.row is not None:
            self.shell.open_child(self.row.child.id)

    def on_resize(self, event: events.Resize) -> None:
        """Fold to the new width; a low window keeps the table."""
        self.set_class(event.size.height >= _TALL, "-tall")
        self.set_class(event.size.height < _LOW, "-low")
        small = is_too_small(event.size)
        if small != self.has_class("-small"):
            self.set_class(small, "-small")
            self.rows.disabled = small
            if not small:
                self.rows.focus()
        self._refit()
        self._draw_detail()

    async def action_verb(self, verb_id: str) -> None:
        """Run a verb, but none of the table while it cannot be seen."""
        if verb_id in ("quit", "back") or not self.has_class("-small"):
            await super().action_verb(verb_id)

    async def renew(self) -> None:
        """Read again and show."""
        found = await self.attempt(self.read)
        if found is not None:
            self.show_found(found)

    # Verbs

    def do_more_down(self) -> None:
        """Read on below."""
        self.query_one(ReasonsPane).read_on(1)

    def do_more_up(self) -> None:
        """Read back above."""
        self.query_one(ReasonsPane).read_on(-1)

    def do_plan(self) -> None:
        """The plan of the child under the cursor."""
        if self.row is not None:
            from screens.plan import PlanScreen

            self.app.push_screen(PlanScreen(self.row.child.id))

    def do_review(self) -> None:
        """The reviews of the child under the cursor."""
        if self.row is not None:
            from screens.review import ReviewScreen

            self.app.push_screen(ReviewScreen(self.row.child.id))

    def do_case(self) -> None:
        """The case of the child under the cursor."""
        if self.row is not None:
            from screens.case import CaseScreen

            self.app.push_screen(CaseScreen(self.row.child.id))
