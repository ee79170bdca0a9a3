"""Conflicts: fields to which two people gave two values, side by side, and the keys that settle them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from casework.errors import Locked, OutreachError
from casework.wording import count_of
from screens.conflict_lines import COLUMNS, NEW_TEXT, row, side_lines, value_words, whole_text
from screens.listening import ListeningScreen
from screens.verbs import bindings_for
from screens.widgets.fitting import short
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Rows
from screens.widgets.text import show_lines
from storage.queries.conflicts import OpenConflict, read_conflicts
from storage.settling import commit_settlement

if TYPE_CHECKING:
    from casework.conflicts import Keep
    from storage.store import Store

_NONE = "No conflict waits: wherever two people wrote the same field, it is settled."
_LOW = 18


class ConflictsScreen(ListeningScreen):
    """The list, and below it what one field held, what stands and what was also said."""

    place = "conflicts"
    ROOM_TITLE = "Conflicts"
    SHOWS_DRAFTS = True
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("conflicts")
    DEFAULT_CSS = """
    ConflictsScreen {
        #sides { height: auto; min-height: 6; max-height: 12; padding: 0 1; background: $surface;
                 border-top: solid $panel; }
        &.-lower #sides { display: none; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._found: Sequence[OpenConflict] = ()
        self._painted: Sequence[OpenConflict] = ()
        """The same without protected addresses."""
        self._drafts: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        """Title, list, the three values, what was said, the keys."""
        yield TitleLine("Conflicts")
        yield RowList(COLUMNS, id="rows", empty=_NONE, marks=False)
        yield Static(id="sides", markup=False)
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    async def on_mount(self) -> None:
        """Read, looking being on record first, and hear of every change."""
        self.rows.focus()

        def look(store: Store) -> _Read:
            read = _read(store)
            store.log("looked", f"conflicts: {count_of(len(read[0]), 'conflict')}")
            return read

        try:
            self._found, self._painted, self._drafts = await self.listen(look)
        except Locked:
            return
        except OutreachError as problem:
            self.rows.empty = "This list stays closed. g x tries again."
            self.say(problem.message, wrong=True)
        self._show()

    async def renew(self) -> None:
        """Read again; the cursor stays on its row."""
        found = await self.attempt(_read)
        if found is not None:
            self._found, self._painted, self._drafts = found
            self._show()

    @property
    def rows(self) -> RowList:
        """The list."""
        return self.query_one("#rows", RowList)

    @property
    def here(self) -> OpenConflict | None:
        """The conflict under the cursor as it is stored."""
        return self._found[min(self.rows.cursor, len(self._found) - 1)] if self._found else None

    @property
    def _shown(self) -> OpenConflict | None:
        """The same as it is painted."""
        return self._painted[min(self.rows.cursor, len(self._painted) - 1)] if self._painted else None

    def _show(self) -> None:
        if self.is_bare:
            return
        with self.app.batch_update():
            counted = count_of(len(self._found), "conflict")
            waits = f"{counted} to settle" if self._found else "none waits"
            self.query_one(TitleLine).set_title("Conflicts", waits)
            self.rows.set_source(Rows([row(one) for one in self._painted]))
            self._draw_sides()

    def _draw_sides(self) -> None:
        one = self._shown
        lines = list(side_lines(one, max(30, self.size.width - 2))) if one else []
        if one and one.id in self._drafts:
            lines.append('A draft of a new text waits: " goes on with it.')
        self.query_one("#sides", Static).update(show_lines(lines))

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
        if self._shown is not None:
            from screens.reader import TextScreen

            child = self._shown.child
            words = whole_text(self._shown)
            self.app.push_screen(TextScreen("Conflict", words, child.id if child else None))

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
            self.app.push_screen(ConflictTextForm(self.here))

    async def _settle(self, keep: Keep) -> None:
        one = self._shown
        if one is None:
            self.say("No conflict waits.", wrong=True)
            return
        receipt = await self.attempt(lambda store: commit_settlement(store, one.id, keep))
        if receipt is None:
            return
        kept = one.stands if keep == "central" else one.other
        words = "both" if keep == "both" else short(value_words(one, kept), 40)
        await self.renew()
        self.say(f"{one.label}: {words} holds now. u takes it back.")

    def do_history(self) -> None:
        """Who changed the record, when, from what to what."""
        from screens.history import HistoryScreen

        one = self.here
        if one is None or one.about is None:
            self.say("There is no record here to show the history of.", wrong=True)
            return
        child = one.child.id if one.child else None
        title = short(one.name or one.label, 40)
        self.app.push_screen(HistoryScreen(one.conflict.record_type, one.conflict.record, title, child))


_Read = tuple[list[OpenConflict], list[OpenConflict], frozenset[str]]
"""The conflicts as they are stored, as they are painted, and of which a draft was left."""


def _read(store: Store) -> _Read:
    from storage.queries.guarded_words import AddressGuard
    from storage.queries.sight import draft_of

    found, guard = read_conflicts(store), AddressGuard(store)
    drafts = frozenset(one.id for one in found if draft_of(store, NEW_TEXT, one.id) is not None)
    return found, [guard(one.child, one) for one in found], drafts
