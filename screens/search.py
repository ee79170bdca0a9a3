"""Search: children by name however spelt, by number, address or school, found while typing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from casework.errors import OutreachError
from casework.wording import say_born
from screens.base import OutreachScreen
from screens.fields import LineField
from screens.palette import PersonHit
from screens.verbs import bindings_for
from screens.widgets.fitting import short
from screens.widgets.lines import SaidLine, TitleLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column, Row, Rows
from screens.widgets.text import Piece, Tone, show_cell

if TYPE_CHECKING:
    from storage.store import Store

MOST = 50
_SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Found:
    """One child that fits, as a list shows them, and why they fit."""

    child: str
    name: str
    born: str
    school: str
    why: str


def find(store: Store, text: str, *, first: bool) -> list[Found]:
    """The children who fit, best first. `first` writes the search into the audit, without what was typed."""
    from storage.queries.facts import children_of
    from storage.queries.lookup import display_name
    from storage.queries.seek import search_children
    from storage.queries.sight import shown_child

    hits = search_children(store, text, limit=MOST)
    known = children_of(store, [hit.id for hit in hits])
    found = []
    for hit in hits:
        if hit.id not in known:
            continue
        child = shown_child(store, known[hit.id])
        place = " ".join(filter(None, (child.reg, store.schools.name(child.school))))
        found.append(Found(child.id, display_name(child), say_born(child.dob), place, hit.why))
    if first:
        store.log("searched", f"search screen, {len(found)} shown at first")
    return found


def find_people(store: Store, text: str) -> Sequence[PersonHit]:
    """Children for the palette, best first, each with what tells them from a namesake."""
    from storage.queries.facts import children_of
    from storage.queries.lookup import label_of
    from storage.queries.seek import search_children

    hits = search_children(store, text, limit=10)
    known = children_of(store, [hit.id for hit in hits])
    store.log("searched", f"palette, {len(known)} shown")
    return [PersonHit(hit.id, label_of(store, known[hit.id])) for hit in hits if hit.id in known]


class SearchScreen(OutreachScreen):
    """A line to type in, and who fits. Up and down move, enter opens, esc empties the line, then leaves."""

    place = "search"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_for("search"),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
    ]

    DEFAULT_CSS = """
    SearchScreen #keys { dock: bottom; height: 1; background: $panel; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._asked = 0
        self._answered = 0
        self._opens = False
        self._logged = False
        self._found: Sequence[Found] = ()
        self._stamp: tuple[object, ...] = ()
        """`Store.stamp` of what is shown."""

    def compose(self) -> ComposeResult:
        """The line, the list and the keys."""
        yield TitleLine("Search", "name, UPN, address or school; misspelt is fine")
        yield LineField(placeholder="type a name", max_length=200, select_on_focus=False)
        yield RowList(
            [
                Column("Child", least=22),
                Column("Born", 11, drop=1),
                Column("School", 18, drop=2),
                Column("Why it fits", 22),
            ],
            empty="Type two letters or more.",
        )
        yield SaidLine()
        keys = (("enter", "open"), ("up down", "choose"), ("esc", "empty, then back"), ("F1", "help"))
        pieces = [piece for key, words in keys for piece in (Piece(key, Tone.KEY), Piece(f" {words}  "))]
        yield Static(show_cell(tuple(pieces)), id="keys", markup=False)

    @property
    def is_asking(self) -> bool:
        """Also while enter waits for the answer to what was typed: the keys after it go to what it opens."""
        return self._opens or super().is_asking

    def on_mount(self) -> None:
        """Keys go to the line."""
        people = self.query_one(RowList)
        people.can_focus = False
        self.query_one(Input).focus()

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Search for what stands in the line now; an older answer that comes late is dropped."""
        event.stop()
        self._asked += 1
        text = event.value.strip()
        if len(text) < _SHORTEST:
            self._logged = self._logged and bool(text)
            self._answered = self._asked
            self._show((), "Type two letters or more.")
            return
        self._begin(text)

    def hear(self) -> None:
        """Something was written or came: search again for what was typed, now or when this is shown again."""
        if self.app.screen is not self or self.is_bare:
            return
        text = self.query_one(Input).value.strip()
        if len(text) >= _SHORTEST:
            self._begin(text)

    def on_screen_resume(self) -> None:
        """Something may have been written while another screen was shown."""
        self.hear()

    def _begin(self, text: str) -> None:
        self.run_worker(self._search(text, self._asked), group="search", exclusive=True)

    async def _search(self, text: str, turn: int) -> None:
        shown = self._stamp if turn == self._answered else None

        def look(store: Store) -> tuple[tuple[object, ...], list[Found]] | None:
            if (stamp := store.stamp) == shown:
                return None
            # Known where it was written: a later letter may cancel this search before its answer comes.
            found = find(store, text, first=not self._logged)
            self._logged = True
            return stamp, found

        try:
            answer = await self.ask(look)
        except OutreachError as problem:
            self.say(problem.message, wrong=True)
            if turn == self._asked:
                self._answered, self._opens = turn, False
            return
        if answer is not None and turn == self._asked:
            self._stamp, found = answer
            again, self._answered = self._answered == turn, turn
            self._show(found, "Nobody fits. Fewer letters find more.", keep=again)
            if self._opens:
                self._open_found()
                self._opens = False

    def _show(self, found: Sequence[Found], empty: str, *, keep: bool = False) -> None:
        self._found = found
        if self.is_bare:
            return
        people = self.query_one(RowList)
        people.empty = empty
        rows = [Row(one.child, (short(one.name, 80), one.born, one.school, one.why)) for one in found]
        people.set_source(Rows(rows), keep=keep)
        count = f"{len(found)} found" if len(found) < MOST else f"the best {MOST}; type more"
        self.query_one(TitleLine).set_title("Search", count if found else "")

    def action_move(self, by: int) -> None:
        """Another child."""
        self.query_one(RowList).action_move(by)

    def action_page(self, by: int) -> None:
        """A page of children."""
        self.query_one(RowList).action_page(by)

    @on(Input.Submitted)
    def open(self, event: Input.Submitted) -> None:
        """Open the child under the cursor, once what was typed is answered."""
        event.stop()
        self._opens = self._answered != self._asked
        if not self._opens:
            self._open_found()

    def _open_found(self) -> None:
        row = self.query_one(RowList).current
        if row is not None and self._found:
            self.shell.open_child(row.id)

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        """A click opens too."""
        event.stop()
        self.shell.open_child(event.row.id)

    def do_back(self) -> None:
        """Empty the line; when it is empty, leave."""
        field = self.query_one(Input)
        if field.value:
            field.clear()
        else:
            self.shell.go_back()
