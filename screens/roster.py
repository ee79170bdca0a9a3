"""What Today and Caseload share: a list that is read, painted, written to, and kept up to date."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.widgets import Static

from casework.errors import Locked
from casework.filters import Filter
from casework.wording import count_of
from screens.base import T
from screens.callers import first_callers, other_people
from screens.filter_bar import FilterBar
from screens.listening import ListeningScreen
from screens.roster_lines import why_cells
from screens.roster_reasons import ReasonsPane
from screens.roster_sheet import Entry, EntryRows, Sheet, Whole
from screens.small_windows import SmallSign, is_too_small
from screens.verbs import BY_ID, keys_of
from screens.views import Room, View, count_views, read_views, views_line
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column, Row
from screens.widgets.text import Cell, show_cell
from storage.queries.reach import Reach, families_shown, read_reach
from storage.queries.steps import children_of_step

if TYPE_CHECKING:
    from casework.records import Child
    from screens.follow_up import Make
    from storage.journal import Receipt
    from storage.store import Store

SHOWN_TYPES = frozenset(
    {
        "agreement",
        "attendance_week",
        "calendar",
        "child",
        "conflict",
        "contact",
        "disclosure",
        "flag",
        "follow_up",
        "person",
        "relationship",
        "saved_view",
        "school",
        "worker",
    }
)
"""Record types that these screens show; a commit that touches none of them changes nothing here."""


TALL = 34
"""Lines from which the pane of reasons is taller."""

LOW, LOWER, LOWEST, LEAST = 22, 16, 11, 9
"""Lines below which the pane is smaller; has whom to call and the first reason alone; the saved views are
hidden; the counts are hidden, too, and what was said has one line.
"""

_IN_ANY_WINDOW = frozenset({"quit", "back"})


class RosterScreen(ListeningScreen):
    """Base of the two lists of children: a subclass reads, counts and paints."""

    ROOM: ClassVar[Room] = "today"
    TYPES = SHOWN_TYPES
    COLUMNS: ClassVar[Sequence[Column]] = ()
    DEFAULT_CSS = """
    RosterScreen {
        .counts { height: auto; max-height: 2; padding: 0 1; background: $surface; }
        .views { height: auto; max-height: 2; padding: 0 1; background: $surface; }
        &.-tall ReasonsPane { height: 16; }
        &.-low ReasonsPane { height: 5; }
        &.-lower ReasonsPane { height: 2; border-top: none; }
        &.-lower .counts { max-height: 1; }
        &.-lower .views { max-height: 1; }
        &.-lowest .views { display: none; }
        &.-lowest SaidLine { max-height: 2; }
        &.-least .counts { display: none; }
        &.-least SaidLine { max-height: 1; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.chosen = Filter()
        self.school: str | None = None
        self.view_digit = 0
        self.sheet = Sheet(Whole(date.min, (), (), {}, (), full=False, schools={}))
        self.written = self.sheet
        """What the newest step of this screen left to show."""
        self._reach: dict[str, Reach] = {}
        self._own = False

    def compose(self) -> ComposeResult:
        """Title, counts, views and filter; the list; why the row is there; what was done; the keys."""
        yield SmallSign()
        yield TitleLine()
        yield Static(classes="counts", markup=False)
        yield Static(classes="views", markup=False)
        yield FilterBar()
        yield RowList(self.COLUMNS, id="rows")
        yield ReasonsPane()
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    async def on_mount(self) -> None:
        """Read the list, looking being on record before it shows, and hear of changes made elsewhere."""

        def look(store: Store) -> Sheet:
            sheet = self._read(store)
            read = len(sheet.whole.entries) + len(sheet.whole.done)
            store.log("looked", f"{self.ROOM}: {count_of(read, 'child', 'children')}")
            return sheet

        again = keys_of(BY_ID[f"go-{self.ROOM}"], self.keymap)
        sheet = await self.listen_into(self.rows, look, f"This list stays closed. {again} tries again.")
        if sheet is None:
            return
        self.show_sheet(sheet)
        # A screen paints when its handlers are done, so what needs no paint waits in a worker.
        self.run_worker(self._after_reading(), group="after-reading")

    async def _after_reading(self) -> None:
        """Words left half written are spoken of."""
        try:
            await self.recall_draft()
        except Locked:
            return

    async def recall_draft(self) -> None:
        """Say what was left half written."""

    # Reading

    @abstractmethod
    def load(self, store: Store) -> Whole:
        """Read everything of the list; runs on the caseload's thread."""

    @abstractmethod
    def make_row(self, at: int) -> Row:
        """The row at a place of the sheet."""

    @abstractmethod
    def title_ends(self, whole: Whole) -> tuple[str, str]:
        """The two ends of the title line."""

    @abstractmethod
    def counts(self, sheet: Sheet) -> Cell:
        """The line of counts."""

    @abstractmethod
    def head_cells(self, entry: Entry, width: int) -> list[Cell]:
        """The first lines about the row under the cursor, before its reasons."""

    def shown_entries(self, whole: Whole) -> Sequence[Entry]:
        """The entries that the list is about, before the filter."""
        return whole.entries

    def choose(self, whole: Whole) -> Sheet:
        """Filter and count; runs on the caseload's thread, for facts are worked out there."""
        chosen = self.chosen
        entries = self.shown_entries(whole)
        shown = [entry for entry in entries if chosen.matches(entry.facts)] if chosen else list(entries)
        facts = [entry.facts for entry in whole.entries]
        return Sheet(
            whole,
            shown,
            len(entries),
            count_views(whole.views, facts),
            {entry.child.id: at for at, entry in enumerate(shown)},
        )

    def _read(self, store: Store) -> Sheet:
        return self.choose(self.load(store))

    def read_after(self, store: Store, receipt: Receipt, children: Sequence[str]) -> Sheet:
        """Read again after a step that concerned these children; runs on the caseload's thread."""
        del receipt, children
        return self._read(store)

    def views_of(self, store: Store) -> list[View]:
        """The saved views of this screen."""
        return read_views(store, self.ROOM)

    async def renew(self, *, to: str | None = None, keep: bool = True) -> None:
        """Read again and show; the cursor goes to child `to`, else stays on its row."""
        self._stale = False
        self.show_sheet(await self.ask(self._read), to=to, keep=keep)

    async def refilter(self) -> None:
        """Show what another filter leaves."""
        sheet = self.sheet
        if self.chosen and not sheet.whole.full:
            await self.renew()
        else:
            self.show_sheet(await self.ask(lambda _store: self.choose(sheet.whole)))

    # Showing

    @property
    def rows(self) -> RowList:
        """The list."""
        return self.query_one("#rows", RowList)

    @property
    def bar(self) -> FilterBar:
        """The filter."""
        return self.query_one(FilterBar)

    @property
    def reasons(self) -> ReasonsPane:
        """Why the row under the cursor is there."""
        return self.query_one(ReasonsPane)

    @property
    def entry(self) -> Entry | None:
        """The child under the cursor."""
        if not self.sheet.entries:
            return None
        return self.sheet.entries[min(self.rows.cursor, len(self.sheet.entries) - 1)]

    def show_sheet(self, sheet: Sheet, *, to: str | None = None, keep: bool = True) -> None:
        """Paint everything; people are read again for the row under the cursor."""
        self.sheet = sheet
        self._reach.clear()
        if self.is_bare:
            return
        with self.app.batch_update():
            self.query_one(TitleLine).set_title(*self.title_ends(sheet.whole))
            self._draw_counts()
            self.bar.tell_fits(len(sheet.entries), sheet.of)
            if self.chosen and not sheet.entries and self.shown_entries(sheet.whole):
                self.rows.empty = "No child fits this filter. esc clears it."
            else:
                self.rows.empty = sheet.whole.empty
            self.rows.set_source(EntryRows(sheet.entries, sheet.places, self.make_row), keep=keep)
            if to is not None:
                self.rows.move_to(to)
            self._draw_detail()

    def _draw_counts(self) -> None:
        if not self.is_listening:
            return  # nothing was read, so there is nothing to count
        self.query_one(".counts", Static).update(show_cell(self.counts(self.sheet)))
        line = views_line(self.sheet.views, self.view_digit, self.size.width - 2)
        self.query_one(".views", Static).update(show_cell(line))

    def on_resize(self, event: events.Resize) -> None:
        """Words are folded to the new width; a tall terminal has more lines for reasons."""
        high = event.size.height
        self.set_class(high >= TALL, "-tall")
        self.set_class(LOWER <= high < LOW, "-low")
        self.set_class(high < LOWER, "-lower")
        self.set_class(high < LOWEST, "-lowest")
        self.set_class(high < LEAST, "-least")
        self._fit(not is_too_small(event.size))
        self._draw_counts()
        self._draw_detail()

    def _fit(self, fits: bool) -> None:
        """Cover everything while the window is too small, and go on in the list when it is not."""
        if fits == (not self.has_class("-small")):
            return
        self.set_class(not fits, "-small")
        self.rows.disabled = not fits
        self.bar.disabled = not fits
        if fits:
            self.rows.focus()

    async def action_verb(self, verb_id: str) -> None:
        """Run a verb, but none of the list while the list cannot be seen."""
        if verb_id in _IN_ANY_WINDOW or not self.has_class("-small"):
            await super().action_verb(verb_id)

    def _draw_detail(self) -> None:
        entry = self.entry
        if entry is None:
            self.reasons.show_words(self.no_detail())
            return
        width = max(30, self.size.width - 4)
        reach = self._reach.get(entry.child.id)
        day, on_list = self.sheet.whole.day, self.sheet.places.keys()
        if self.has_class("-lower"):  # the row above names the child
            whom = first_callers(reach, width)[:1] if reach else []
            self.reasons.show_words([*whom, *why_cells(entry.why, day, width)])
            return
        self.reasons.show_words(
            [
                *self.head_cells(entry, width),
                *(first_callers(reach, width) if reach else ()),
                *why_cells(entry.why, day, width),
                *(other_people(reach, on_list, width) if reach else ()),
            ]
        )

    def no_detail(self) -> list[Cell]:
        """What stands below an empty list."""
        return []

    async def on_row_list_highlighted(self, _event: RowList.Highlighted) -> None:
        """Say why this row is there and who to call."""
        entry = self.entry
        if entry is not None and entry.child.id not in self._reach:
            child = entry.child
            try:
                self._reach[child.id] = await self.ask(lambda store: read_reach(store, child))
            except Locked:
                return
        self._draw_detail()

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        """Show the child."""
        self.shell.open_child(event.row.id)

    def on_row_list_marked(self, event: RowList.Marked) -> None:
        """Say how many rows the verbs would act on."""
        if event.ids:
            self._say_marked()

    def _say_marked(self) -> None:
        number = len(self.rows.marked)
        self.say(f"{number:,} marked: verbs act on all of them, after a question. esc unmarks.")

    def families(self, store: Store, children: Sequence[Child]) -> frozenset[str]:
        """Children whose siblings may be shown as such."""
        return families_shown(store, children)

    # Changes made elsewhere

    def hear(self) -> None:
        """Something that is shown here was changed, by another than this screen itself."""
        if not self._own:
            super().hear()

    def on_screen_resume(self) -> None:
        """Marks that stand after a no are named again."""
        if not self.is_bare and self.rows.marked and not self.query_one(SaidLine).says:
            self._say_marked()

    # Writing

    async def write(self, make: Make) -> Receipt | None:
        """Commit an edit (with the draft that it ends) and read the list again, in one turn of the thread.

        Says why when it was refused, and returns None.
        """

        def commit(store: Store) -> tuple[Receipt, Sheet]:
            edit, draft = make(store)
            receipt = store.journal.commit(edit, draft=draft)
            return receipt, self.read_after(store, receipt, children_of_step(store, receipt.seq))

        answer = await self.own(commit)
        if answer is None:
            return None
        receipt, self.written = answer
        return receipt

    async def own(self, fn: Callable[[Store], T]) -> T | None:
        """Ask something that changes the caseload; a refusal is said, and gives None."""
        self._own = True
        try:
            return await self.attempt(fn)
        finally:
            self._own = False

    # Keys of the row

    def do_more_down(self) -> None:
        """Read on below."""
        self.reasons.read_on(1)

    def do_more_up(self) -> None:
        """Read back above."""
        self.reasons.read_on(-1)

    def do_people(self) -> None:
        """The child's page holds everyone and how to reach them."""
        if self.entry is not None:
            self.shell.open_child(self.entry.child.id)

    do_history = do_people
