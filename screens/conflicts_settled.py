"""Settled conflicts: what was chosen, by whom and when, and what was not chosen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from casework.wording import count_of
from screens.conflict_lines import SETTLED_COLUMNS, settled_lines, settled_row, settled_text
from screens.conflict_list import ConflictList, Listed
from screens.verbs import bindings_for
from screens.widgets.rows import Row
from screens.widgets.text import Cell
from storage.queries.conflicts import read_settled

if TYPE_CHECKING:
    from storage.store import Store


class SettledScreen(ConflictList):
    """Over the conflicts that wait; the key that opened it goes back to them."""

    place = "settled"
    TITLE_WORDS = "Settled conflicts"
    COLUMNS = SETTLED_COLUMNS
    NONE = "No conflict that you may see was settled yet."
    LOOKED = "settled conflicts"
    CLOSED = "This list stays closed."
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("settled")

    def read(self, store: Store) -> list[Listed]:
        """Settled ones, the newest settlement first."""
        from storage.queries.guarded_words import AddressGuard

        guard = AddressGuard(store)
        return [Listed(one, *guard(one.child, (one, chosen))) for one, chosen in read_settled(store)]

    def counted(self, number: int) -> str:
        """How many, and the way back."""
        return f"{count_of(number, 'conflict')}, newest first" if number else "none yet"

    def make_row(self, one: Listed) -> Row:
        """What holds since, and what was not chosen."""
        return settled_row(one.painted, one.chosen or one.painted.stands)

    def lines_of(self, one: Listed, width: int, most: int) -> Iterable[Cell]:
        """Who chose what, and each value that was weighed."""
        return settled_lines(one.painted, one.chosen or one.painted.stands, width, most)

    def text_of(self, one: Listed) -> str:
        """Every word of it."""
        return settled_text(one.painted, one.chosen or one.painted.stands)

    def do_settled(self) -> None:
        """Back to what waits."""
        self.shell.go_back()
