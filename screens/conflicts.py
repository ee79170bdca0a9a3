"""Conflicts: fields to which two people gave two values, side by side, and the keys that settle them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from casework.wording import count_of
from screens.conflict_lines import COLUMNS, NEW_TEXT, row, side_lines, value_words, whole_text
from screens.conflict_list import ConflictList, Listed
from screens.verbs import bindings_for
from screens.widgets.fitting import short
from screens.widgets.rows import Row
from screens.widgets.text import Cell
from storage.queries.conflicts import read_conflicts
from storage.settling import commit_settlement

if TYPE_CHECKING:
    from casework.conflicts import Keep
    from storage.store import Store


class ConflictsScreen(ConflictList):
    """The conflicts that wait: what one field held, what stands and what was also said."""

    place = "conflicts"
    ROOM_TITLE = "Conflicts"
    TITLE_WORDS = ROOM_TITLE
    COLUMNS = COLUMNS
    NONE = "No conflict waits. ; lists those that were settled."
    LOOKED = "conflicts"
    SHOWS_DRAFTS = True
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("conflicts")

    def read(self, store: Store) -> list[Listed]:
        """Open ones, the newest first."""
        from storage.queries.guarded_words import AddressGuard
        from storage.queries.sight import draft_of

        guard = AddressGuard(store)
        return [
            Listed(one, guard(one.child, one), draft=draft_of(store, NEW_TEXT, one.id) is not None)
            for one in read_conflicts(store)
        ]

    def counted(self, number: int) -> str:
        """How many wait."""
        return f"{count_of(number, 'conflict')} to settle" if number else "none waits"

    def make_row(self, one: Listed) -> Row:
        """What stands, and what was also said."""
        return row(one.painted)

    def lines_of(self, one: Listed, width: int, most: int) -> Iterator[Cell]:
        """Three values side by side."""
        yield from side_lines(one.painted, width, most - one.draft)
        if one.draft:
            yield 'A draft of a new text waits: " goes on with it.'

    def text_of(self, one: Listed) -> str:
        """Every word of it."""
        return whole_text(one.painted)

    # Verbs

    async def do_keep_stands(self) -> None:
        """What stands stays."""
        await self._settle("central")

    async def do_keep_also(self) -> None:
        """What was also said takes its place."""
        await self._settle("yours")

    async def do_keep_both(self) -> None:
        """Both, of a list or a text."""
        await self._settle("both")

    def do_keep_text(self) -> None:
        """Another text, or go on with the draft of one."""
        from screens.conflict_form import ConflictTextForm

        if self.here is None:
            self.say("No conflict waits.", wrong=True)
        else:
            self.app.push_screen(ConflictTextForm(self.here.stored))

    def do_settled(self) -> None:
        """What was settled, in a list of its own."""
        from screens.conflicts_settled import SettledScreen

        self.app.push_screen(SettledScreen())

    async def _settle(self, keep: Keep) -> None:
        if self.here is None:
            self.say("No conflict waits.", wrong=True)
            return
        one = self.here.painted
        receipt = await self.attempt(lambda store: commit_settlement(store, one.id, keep))
        if receipt is None:
            return
        kept = one.stands if keep == "central" else one.other
        words = "both are kept" if keep == "both" else f"“{short(value_words(one, kept), 40)}” holds"
        await self.renew()
        self.say(f"{one.label}: {words} now. u takes it back.")
