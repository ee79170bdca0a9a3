"""A page of lines about one child's case, read again whenever something on it changes, here or elsewhere."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

from textual.app import ComposeResult
from textual.events import Key, Resize

from casework.errors import BadInput, Locked, OutreachError
from casework.policies import Category
from casework.wording import join_words
from screens.listening import ListeningScreen
from screens.reopening import PageOpen
from screens.verbs import SCREEN_TITLES, held_elsewhere
from screens.widgets.fitting import short
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column, Row, Rows
from screens.widgets.text import Cell

if TYPE_CHECKING:
    from casework.records import Child
    from screens.base import Shell
    from storage.store import Store

_GUTTER = 4


class PageView(Protocol):
    """What every page has at the top."""

    @property
    def child(self) -> Child:
        """Whom it is about."""

    @property
    def name(self) -> str:
        """Their name."""

    @property
    def place(self) -> str:
        """Their school."""


V = TypeVar("V", bound=PageView)


class CasePage(ListeningScreen, Generic[V]):
    """The page. A subclass says what is read, in which lines it stands and which records it is made of.

    A line is written with what it stands for (a record's id, or nothing): the cursor stays on that when the
    page is read again.
    """

    TITLE_WORDS: ClassVar[str] = ""
    HEAD: ClassVar[str] = ""
    SHOWS_DRAFTS = True

    def __init__(self, child_id: str) -> None:
        super().__init__()
        self.child_id = child_id
        self.view: V | None = None
        """What is stored, for the forms: who changes words has to meet all of them."""
        self.shown: V | None = None
        """The same as it is painted: without an address that is protected in any words."""

    @property
    def page_open(self) -> PageOpen:
        """This page about the child."""
        return PageOpen(self.place, self.child_id)

    @classmethod
    async def page_again(cls, shell: Shell, subject: str) -> CasePage[V] | None:
        """The page about a child; it says itself what keeps it closed."""
        del shell
        return cls(subject)

    @abstractmethod
    def read(self, store: Store) -> V:
        """What is shown. Runs on the caseload's thread. Raises OutreachError."""

    @abstractmethod
    def looked(self, view: V) -> str:
        """What the log says that somebody looked at."""

    @abstractmethod
    def lines(self, view: V, width: int) -> Iterable[tuple[str, Cell]]:
        """What each line stands for, and the line, for a list that is `width` cells wide."""

    def drawn(self) -> None:
        """The lines stand on the screen."""

    def compose(self) -> ComposeResult:
        """The title, the lines and the keys."""
        yield TitleLine(self.TITLE_WORDS)
        yield RowList([Column(self.HEAD)], empty="", marks=False, id="page")
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    async def on_mount(self) -> None:
        """Read it, looking being on record first, and hear of every change of what it shows."""
        self.page.focus()

        def look(store: Store) -> tuple[V, V]:
            both = self._both(store)
            store.log("looked", self.looked(both[0]), child=self.child_id)
            return both

        try:
            self.view, self.shown = await self.listen(look)
        except Locked:
            return
        except OutreachError as problem:
            self.page.empty = "This page stays closed: see below."
            self.page.refresh()
            self.say(problem.message, wrong=True)
        self._draw(self.size.width)

    def _both(self, store: Store) -> tuple[V, V]:
        from casework.records import Child
        from storage.queries.guarded_words import guarded

        if not store.may_see(store.get(Child, self.child_id), Category.IDENTITY, "support"):
            raise BadInput("no-such-child", "No child matches.")
        view = self.read(store)
        return view, guarded(store, view.child, view)

    def on_key(self, event: Key) -> None:
        """A key that does something on another screen says so, and where."""
        verb = None if self._waiting else held_elsewhere(event.key, self.place, self.keymap)
        if verb is not None:
            places = [SCREEN_TITLES.get(place, place.capitalize()) for place in verb.places]
            words = f"{event.character or event.key} ({verb.label}) does nothing on this page"
            self.say(f"{words}: it holds on {join_words(places)}.", wrong=True)

    @property
    def page(self) -> RowList:
        """The lines."""
        return self.query_one("#page", RowList)

    @property
    def who(self) -> str:
        """The child's name, for a title."""
        return short(self.view.name, 40) if self.view else ""

    async def renew(self) -> None:
        """Read again; what can be seen no more is taken from the screen."""
        try:
            self.view, self.shown = await self.ask(self._both)
        except Locked:
            return
        except OutreachError as problem:
            self.view = self.shown = None
            self.query_one(TitleLine).set_title(self.TITLE_WORDS, "")
            self.page.set_source(Rows([]))
            self.say(problem.message, wrong=True)
            return
        self._draw(self.size.width)

    def on_resize(self, event: Resize) -> None:
        """Lines are folded to the new width."""
        self._draw(event.size.width)

    def _draw(self, width: int) -> None:
        view = self.shown
        if view is None or self.is_bare:
            return
        place = short(view.place, 44)
        title = f"{self.TITLE_WORDS}: {view.name}"
        self.query_one(TitleLine).set_title(short(title, max(10, width - len(place) - 4)), place)
        counts: Counter[str] = Counter()
        rows = []
        for key, cell in self.lines(view, max(30, width - _GUTTER)):
            counts[key] += 1
            rows.append(Row(f"{key}/{counts[key]}", (cell,)))
        self.page.set_source(Rows(rows))
        self.drawn()
