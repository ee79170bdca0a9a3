"""Notifications: what schools asked for, those that wait for a worker first, each with its clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from casework.errors import Locked, OutreachError
from casework.text import fold
from casework.wording import count_of, say_day
from screens.fields import LineField
from screens.notification_lines import COLUMNS, Entry, clock_lines, head_lines, page_lines, read_entries, row
from screens.notification_verbs import NotificationVerbs
from screens.reopening import PageOpen
from screens.verbs import bindings_for
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column, Row, Rows
from screens.widgets.text import show_lines

if TYPE_CHECKING:
    from screens.base import Shell
    from storage.store import Store

_LOW = 18


class WordsLine(LineField):
    """The words of a filter: each must stand somewhere in a row. Down goes on to the list."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("down", "submit", show=False)]


class NotificationsScreen(NotificationVerbs):
    """The list, and the clock of the row under the cursor."""

    place = "notifications"
    ROOM_TITLE = "Notifications"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("notifications")
    DEFAULT_CSS = """
    NotificationsScreen {
        WordsLine { display: none; margin: 0 1; }
        WordsLine.-open { display: block; }
        #clock { height: auto; min-height: 5; max-height: 9; padding: 0 1; background: $surface;
                 border-top: solid $panel; }
        &.-lower #clock { display: none; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._all: Sequence[Entry] = ()
        self._shown: Sequence[Entry] = ()
        self._came = ""

    def compose(self) -> ComposeResult:
        """Title, filter, list, the clock, what was said, the keys."""
        yield TitleLine("Notifications")
        yield WordsLine(placeholder="filter: words of the row, such as a name, a school, overdue, missing")
        yield RowList(COLUMNS, id="rows", empty="No notification is on record. + takes one in.")
        yield Static(id="clock", markup=False)
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    async def on_mount(self) -> None:
        """Read, looking being on record first."""

        def look(store: Store) -> tuple[list[Entry], bool]:
            found = read_entries(store)
            store.log("looked", f"notifications: {count_of(len(found), 'notification')}")
            return found, store.drafts.load("notification", "") is not None

        found = await self.listen_into(self.rows, look, "This list stays closed. g n tries again.")
        if found is None:
            return
        self._all, waits = found
        self._show(keep=False)
        if waits:
            self.say("A notification is half written. + goes on with it.")

    @property
    def rows(self) -> RowList:
        """The list."""
        return self.query_one("#rows", RowList)

    @property
    def entry(self) -> Entry | None:
        """The one under the cursor."""
        return self._shown[min(self.rows.cursor, len(self._shown) - 1)] if self._shown else None

    def choose(self, notification: str) -> bool:
        """Put the cursor on it."""
        return self.rows.move_to(notification)

    async def renew(self) -> None:
        """Read again; the cursor stays on its row, or goes to the one that came in."""
        self._all = await self.ask(read_entries)
        came, self._came = self._came, ""
        if any(entry.id == came for entry in self._all) and not self._fits(came):
            self._close_filter()
        self._show()
        self.choose(came)

    def _show(self, *, keep: bool = True) -> None:
        if self.is_bare:
            return
        words = self._words
        self._shown = [entry for entry in self._all if all(word in entry.words for word in words)]
        waiting = sum(entry.waits for entry in self._all)
        late = sum(bool(e.waits and (c := e.shown.standing.clock) and c.overdue) for e in self._all)
        counts = f"{waiting} waiting for a worker, {late} overdue"
        with self.app.batch_update():
            fits = f"{len(self._shown)} of {len(self._all)} fit" if words else counts
            self.query_one(TitleLine).set_title(f"Notifications  {say_day(self.shell.today)}", fits)
            none = "None fits these words. esc clears them." if words else ""
            self.rows.empty = none or "No notification is on record. + takes one in."
            self.rows.set_source(Rows([row(entry) for entry in self._shown]), keep=keep)
            self._draw_clock()

    @property
    def _words(self) -> list[str]:
        return fold(self.query_one(WordsLine).value).split()

    def _fits(self, notification: str) -> bool:
        """Whether the filter lets it through."""
        words = "".join(entry.words for entry in self._all if entry.id == notification)
        return all(word in words for word in self._words)

    def _close_filter(self) -> None:
        line = self.query_one(WordsLine)
        line.clear()
        line.remove_class("-open")

    def _draw_clock(self) -> None:
        entry, width = self.entry, max(30, self.size.width - 2)
        lines = [*head_lines(entry, width), *clock_lines(entry, self.shell.today, width)] if entry else []
        self.query_one("#clock", Static).update(show_lines(lines))

    def on_resize(self, event: events.Resize) -> None:
        """Words are folded to the new width; a low window shows the list alone."""
        self.set_class(event.size.height < _LOW, "-lower")
        self._draw_clock()

    def on_row_list_highlighted(self, _event: RowList.Highlighted) -> None:
        """Its clock."""
        self._draw_clock()

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        """One notification as a whole."""
        event.stop()
        if self.entry is not None:
            self.app.push_screen(NotificationPage(self.entry))

    # Filter

    def do_filter(self) -> None:
        """Type words."""
        line = self.query_one(WordsLine)
        line.add_class("-open")
        line.focus()

    @on(Input.Changed)
    def follow(self, event: Input.Changed) -> None:
        """The list follows each letter."""
        event.stop()
        self._show()

    @on(Input.Submitted)
    def keep_filter(self, event: Input.Submitted) -> None:
        """On to the list; an empty line closes."""
        event.stop()
        self.query_one(WordsLine).set_class(bool(event.value.strip()), "-open")
        self.rows.focus()

    def do_back(self) -> None:
        """Unmark, clear the filter, then go back."""
        line = self.query_one(WordsLine)
        if line.has_class("-open"):
            self._close_filter()
            self.rows.focus()
        elif self.rows.marked:
            self.rows.clear_marks()
        else:
            super().do_back()

    def do_new(self) -> None:
        """Take one in, or go on with the draft that was left."""
        from screens.notification_form import NotificationForm

        self.app.push_screen(NotificationForm())

    def came_in(self, record: str) -> None:
        """The cursor stands on the one that was kept, once the list is read again."""
        self._came = record


class NotificationPage(NotificationVerbs):
    """One notification as a whole; enter opens the child."""

    place = "notification"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("notification")

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self._entry = entry

    @property
    def page_open(self) -> PageOpen:
        """This notification."""
        return PageOpen(self.place, self._entry.id)

    @classmethod
    async def page_again(cls, shell: Shell, subject: str) -> NotificationPage | None:
        """The page of a notification; None where it is not shown to this worker any more."""

        def read(store: Store) -> Entry | None:
            from storage.queries.sight import child_of_draft

            about = child_of_draft(store, subject)
            entries = read_entries(store, about.id) if about is not None else ()
            return next((entry for entry in entries if entry.id == subject), None)

        entry = await shell.desk.run(read)
        return None if entry is None else cls(entry)

    def compose(self) -> ComposeResult:
        """The title, the page and the keys."""
        yield TitleLine("Notification")
        yield RowList([Column("Enter opens the child's page")], marks=False, id="page")
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    async def on_mount(self) -> None:
        """That somebody looked is on record before it shows."""
        entry = self._entry

        def look(store: Store) -> None:
            store.log("looked", f"notification {entry.id}", entry.shown.child.id)

        page = self.query_one("#page", RowList)
        page.focus()
        try:
            await self.listen(look)
        except Locked:
            return
        except OutreachError as problem:
            page.empty = "This page stays closed."
            page.refresh()
            self.say(problem.message, wrong=True)
        self._draw()

    @property
    def entry(self) -> Entry | None:
        """This one."""
        return self._entry

    def choose(self, notification: str) -> bool:
        """Only this one is here."""
        return notification == self._entry.id

    async def renew(self) -> None:
        """Read again."""
        child, wanted = self._entry.shown.child.id, self._entry.id
        found = await self.ask(lambda store: read_entries(store, child))
        held = next((entry for entry in found if entry.id == wanted), None)
        if held is None:
            self._blank()
            return
        self._entry = held
        self._draw()

    def _blank(self) -> None:
        """Show nothing of what may be seen no more."""
        if not self.is_bare:
            self.query_one(TitleLine).set_title("Notification", "")
            self.query_one("#page", RowList).set_source(Rows([]))
            self.say("This notification may not be shown here any more.", wrong=True)

    def on_resize(self, _event: events.Resize) -> None:
        """Fold to the width."""
        self._draw()

    def _draw(self) -> None:
        if not self.is_listening or self.is_bare:
            return
        entry = self._entry
        self.query_one(TitleLine).set_title(f"Notification: {entry.name}", entry.shown.standing.status)
        lines = page_lines(entry, self.shell.today, max(30, self.size.width - 5))
        self.query_one("#page", RowList).set_source(Rows([Row(str(n), (c,)) for n, c in enumerate(lines)]))

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        """The child's page."""
        event.stop()
        self.shell.open_child(self._entry.shown.child.id)
