"""What Today and Caseload share: a list with reasons, a filter, saved views, and one way to write."""

from __future__ import annotations

import asyncio
import weakref
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from casework.edits import Edit
from casework.errors import Locked, OutreachError
from casework.filters import Filter
from casework.records import Child
from casework.triage import Why
from casework.wording import count_of
from screens.base import OutreachScreen, T
from screens.filter_bar import FilterBar
from screens.roster_lines import first_callers, other_people, why_cells
from screens.views import Counted, Room, View, count_views, read_views, views_line
from screens.widgets.fitting import short
from screens.widgets.lines import TitleLine, VerbLine
from screens.widgets.row_list import Column, Row, RowList
from screens.widgets.text import Cell, Piece, Tone, show_cell, show_lines
from storage.journal import Receipt
from storage.queries.reach import Reach, families_shown, read_reach
from storage.queries.steps import children_of_step
from storage.store import Store

SHOWN_TYPES = frozenset(
    {
        "attendance_week",
        "calendar",
        "child",
        "contact",
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


@dataclass(frozen=True, slots=True)
class Entry:
    """One child of the list. `tried` counts the day's follow-ups, `done` is one that was acted on."""

    child: Child
    name: str
    school: str
    why: Sequence[Why]
    facts: Mapping[str, object]
    tried: int
    done: bool
    session_date: date
    source: Any


@dataclass(frozen=True)
class Whole:
    """Everything read for the list before the filter. `full`: the facts of every filter are there."""

    day: date
    entries: Sequence[Entry]
    done: Sequence[Entry]
    counts: Mapping[str, int]
    views: Sequence[View]
    full: bool
    schools: Mapping[str, str]
    families: frozenset[str] = frozenset()
    empty: str = ""


@dataclass(frozen=True)
class Sheet:
    """What is shown: the entries that the filter leaves, and every view with its count."""

    whole: Whole
    entries: Sequence[Entry] = ()
    of: int = 0
    views: Sequence[Counted] = ()
    places: Mapping[str, int] = field(default_factory=dict)


_NO_COUNTS = Counter[str]()


class EntryRows:
    """A `RowSource` that makes rows only when they come into sight."""

    def __init__(
        self, entries: Sequence[Entry], places: Mapping[str, int], make: Callable[[int], Row]
    ) -> None:
        self._entries, self._places, self._make = entries, places, make

    def count(self) -> int:
        """How many rows there are."""
        return len(self._entries)

    def page(self, start: int, size: int) -> Sequence[Row]:
        """Rows from `start`."""
        return [self._make(at) for at in range(start, min(start + size, len(self._entries)))]

    def index_of(self, row_id: str) -> int | None:
        """Where a child stands."""
        return self._places.get(row_id)

    def ids(self) -> Sequence[str]:
        """All children in order."""
        return [entry.child.id for entry in self._entries]


class RosterScreen(OutreachScreen):
    """Base of the two lists of children: a subclass reads, counts and paints."""

    ROOM: ClassVar[Room] = "today"
    COLUMNS: ClassVar[Sequence[Column]] = ()
    DEFAULT_CSS = """
    RosterScreen {
        .counts { height: 1; padding: 0 1; background: $surface; }
        .views { height: 1; padding: 0 1; background: $surface; }
        #detail {
            height: 10; padding: 0 1; background: $surface;
            border-top: solid $panel; border-title-color: $tone-quiet; border-title-align: right;
            scrollbar-size-vertical: 1;
        }
        &.-tall #detail { height: 16; }
        #detail Static { height: auto; }
        #said { height: 1; padding: 0 1; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.chosen = Filter()
        self.school: str | None = None
        self.view_digit = 0
        self.sheet = Sheet(Whole(date.min, (), (), _NO_COUNTS, (), full=False, schools={}))
        self._reach: dict[str, Reach] = {}
        self._own = False
        self._stale = False
        self._asking = False

    def compose(self) -> ComposeResult:
        """Title, counts, views and filter; the list; why the row is there; what was done; the keys."""
        yield TitleLine()
        yield Static(classes="counts", markup=False)
        yield Static(classes="views", markup=False)
        yield FilterBar()
        yield RowList(self.COLUMNS, id="rows")
        with VerticalScroll(id="detail", can_focus=False):
            yield Static(markup=False)
        yield Static(id="said", markup=False)
        yield VerbLine(self.place, self.keymap)

    async def on_mount(self) -> None:
        """Read the list, and hear of changes that other screens make."""
        self.rows.focus()
        try:
            await self.ask(self._listen())
            await self.renew()
            read = len(self.sheet.whole.entries) + len(self.sheet.whole.done)
            await self.ask(
                lambda store: store.log("looked", f"{self.ROOM}: {count_of(read, 'child', 'children')}")
            )
        except Locked:
            return
        await self.recall_draft()

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
    def entry(self) -> Entry | None:
        """The child under the cursor."""
        if not self.sheet.entries:
            return None
        return self.sheet.entries[min(self.rows.cursor, len(self.sheet.entries) - 1)]

    def show_sheet(self, sheet: Sheet, *, to: str | None = None, keep: bool = True) -> None:
        """Paint everything; people are read again for the row under the cursor."""
        self.sheet = sheet
        self._reach.clear()
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
        self.query_one(".counts", Static).update(show_cell(self.counts(self.sheet)))
        line = views_line(self.sheet.views, self.view_digit, self.size.width - 2)
        self.query_one(".views", Static).update(show_cell(line))

    def on_resize(self, event: events.Resize) -> None:
        """Words are folded to the new width; a tall terminal has more lines for reasons."""
        self.set_class(event.size.height >= TALL, "-tall")
        self._draw_counts()
        self._draw_detail()

    def _draw_detail(self) -> None:
        entry = self.entry
        box = self.query_one("#detail", VerticalScroll)
        words = box.query_one(Static)
        if entry is None:
            words.update(show_lines(self.no_detail()))
            box.border_title = None
            return
        width = max(30, self.size.width - 4)
        lines = self.head_cells(entry, width)
        reach = self._reach.get(entry.child.id)
        if reach is not None:
            lines += first_callers(reach, width)
        lines += why_cells(entry.why, self.sheet.whole.day, width)
        if reach is not None:
            lines += other_people(reach, self.sheet.places.keys(), width)
        words.update(show_lines(lines))
        box.scroll_home(animate=False, immediate=True)
        self.call_after_refresh(self._tell_more)

    def no_detail(self) -> list[Cell]:
        """What stands below an empty list."""
        return []

    def _tell_more(self) -> None:
        box = self.query_one("#detail", VerticalScroll)
        box.border_title = "more below: ]" if box.max_scroll_y > round(box.scroll_y) else None

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
            self.say(f"{len(event.ids):,} marked: verbs act on all of them, after a question. esc unmarks.")

    def say(self, sentence: str, *, wrong: bool = False) -> None:
        """One sentence above the keys; it stays until the next one."""
        said = Piece(("! " if wrong else "") + sentence, Tone.ALERT if wrong else Tone.GOOD)
        self.query_one("#said", Static).update(show_cell(said))

    def said_name(self, name: str) -> str:
        """A name that leaves room for the rest of a sentence."""
        return short(name, max(16, self.size.width - 56))

    def families(self, store: Store, children: Sequence[Child]) -> frozenset[str]:
        """Children whose siblings may be shown as such."""
        return families_shown(store, children)

    # Changes made elsewhere

    def _listen(self) -> Callable[[Store], None]:
        loop, own = asyncio.get_running_loop(), weakref.ref(self)

        def heard(receipt: Receipt) -> None:
            screen = own()
            if screen is not None and receipt.touched & SHOWN_TYPES and not loop.is_closed():
                loop.call_soon_threadsafe(screen.hear)

        return lambda store: store.journal.subscribe(heard)

    def hear(self) -> None:
        """Something that is shown here was changed: read again now, or when this screen is shown again."""
        if self._own or not self.is_attached:
            return
        self._stale = True
        if self.app.screen is self:
            self.run_worker(self._renew_quietly(), exclusive=True, group="renew")

    def on_screen_resume(self) -> None:
        """Shown again: take in what changed meanwhile."""
        if self._stale:
            self.run_worker(self._renew_quietly(), exclusive=True, group="renew")

    async def _renew_quietly(self) -> None:
        try:
            await self.renew()
        except Locked:
            return

    # Writing

    async def write(self, make: Callable[[Store], tuple[Edit, tuple[str, str] | None]]) -> Receipt | None:
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
        receipt, self._next_sheet = answer
        return receipt

    async def own(self, fn: Callable[[Store], T]) -> T | None:
        """Ask something that changes the caseload; a refusal is said, and gives None."""
        self._own = True
        try:
            return await self.ask(fn)
        except Locked:
            return None
        except OutreachError as error:
            self.say(error.message, wrong=True)
            return None
        finally:
            self._own = False

    _next_sheet: Sheet | None = None

    # Filter, views, school

    async def action_verb(self, verb_id: str) -> None:
        """A verb does nothing while a question of this screen is open or its answer is being taken in."""
        if not self._asking and self.app.screen is self:
            await super().action_verb(verb_id)

    async def question(self, screen: Any, answer: Callable[[Any], Any]) -> None:
        """Show a question over this screen; `answer` gets what it was closed with."""

        async def taken(result: Any) -> None:
            try:
                given = answer(result)
                if hasattr(given, "__await__"):
                    await given
            finally:
                self._asking = False

        self._asking = True
        await self.app.push_screen(screen, taken)

    def do_filter(self) -> None:
        """Type a filter."""
        self.bar.open()

    async def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        """Another filter holds."""
        self.view_digit = 0
        await self._take_filter(event.chosen)

    async def _take_filter(self, chosen: Filter) -> None:
        self.chosen = chosen
        try:
            await self.refilter()
        except Locked:
            return

    def on_filter_bar_left(self, _event: FilterBar.Left) -> None:
        """On to the list."""
        self.rows.focus()

    async def clear_filter(self) -> None:
        """Show every row again."""
        self.view_digit = 0
        self.bar.clear()
        self.rows.focus()
        await self._take_filter(Filter())

    def do_back(self) -> None:
        """Unmark, then clear the filter, then go back."""
        if self.rows.marked and not self.bar.query_one("Input").has_focus:
            self.rows.clear_marks()
            self.say("Nothing is marked now.")
        elif self.bar.is_open or self.chosen:
            self.call_later(self.clear_filter)
        else:
            super().do_back()

    async def do_view(self, digit: int) -> None:
        """Open a saved view; the same digit again closes it."""
        view = next((entry.view for entry in self.sheet.views if entry.view.digit == digit), None)
        if digit == self.view_digit:
            await self.clear_filter()
        elif view is None:
            self.say(f"No view is kept on {digit} yet: / types a filter, S keeps it.")
        elif view.chosen is None:
            self.bar.set_text(view.record.filter)
            self.say(f"The filter of view {digit} is no longer understood; mend it above.", wrong=True)
        else:
            self.view_digit = digit
            self.bar.set_text(view.record.filter)
            await self._take_filter(view.chosen)

    def do_more_down(self) -> None:
        """Read on below."""
        box = self.query_one("#detail", VerticalScroll)
        box.scroll_relative(y=3, animate=False, immediate=True)
        self._tell_more()

    def do_more_up(self) -> None:
        """Read back above."""
        box = self.query_one("#detail", VerticalScroll)
        box.scroll_relative(y=-3, animate=False, immediate=True)
        self._tell_more()

    def do_people(self) -> None:
        """The child's page holds everyone and how to reach them."""
        if self.entry is not None:
            self.shell.open_child(self.entry.child.id)

    do_history = do_people


def flags_of(entry: Entry) -> frozenset[str]:
    """The flags of a child that this worker may see."""
    flags = entry.facts["flag"]
    return flags if isinstance(flags, frozenset) else frozenset()


def place_words(entry: Entry) -> str:
    """School, year and registration group in a few words."""
    year = entry.child.year_group
    parts = (short(entry.school, 30), f"Year {short(year, 6)}" if year else "", short(entry.child.reg, 10))
    return ", ".join(part for part in parts if part)


def help_words(words: str) -> list[Cell]:
    """Friendly lines below an empty list."""
    return [Piece(line) for line in words.split("\n")]
