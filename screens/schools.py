"""Schools: who is who at each and how to reach them, its children, and where its year stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType

from casework.wording import count_of, say_day
from screens.listening import ListeningScreen
from screens.roster_reasons import ReasonsPane
from screens.school_form import SCHOOL_CONTACTS, SchoolForm
from screens.school_lines import COLUMNS, detail_lines, school_rows
from screens.verbs import bindings_for
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Rows
from storage.queries.school_list import ShownSchool, read_school_list
from storage.queries.sight import draft_of

if TYPE_CHECKING:
    from storage.store import Store


@dataclass(frozen=True, slots=True)
class _Found:
    schools: Mapping[str, ShownSchool]
    unfinished: frozenset[str]


def _read(store: Store) -> _Found:
    found = read_school_list(store)
    waiting = [one.school.id for one in found if draft_of(store, SCHOOL_CONTACTS, one.school.id)]
    return _Found({one.school.id: one for one in found}, frozenset(waiting))


class SchoolsScreen(ListeningScreen):
    """The list of schools. Enter shows the caseload of one."""

    place = "schools"
    ROOM_TITLE = "Schools"
    TYPES = frozenset({"agreement", "calendar", "child", "disclosure", "episode", "notification", "school"})
    SHOWS_DRAFTS = True
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("schools")
    DEFAULT_CSS = """
    SchoolsScreen ReasonsPane { height: 9; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._found = _Found({}, frozenset())

    def compose(self) -> ComposeResult:
        """The title, the list, everything about the school under the cursor, the keys."""
        yield TitleLine("Schools")
        yield RowList(COLUMNS, empty="", marks=False, id="rows")
        yield ReasonsPane()
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    async def on_mount(self) -> None:
        """Read it, looking being on record first, and hear of every change."""

        def look(store: Store) -> _Found:
            found = _read(store)
            store.log("looked", f"schools ({len(found.schools)})")
            return found

        found = await self.listen_into(self.rows, look, "This list stays closed: see below.")
        if found is not None:
            self._show(found)

    @property
    def rows(self) -> RowList:
        """The list."""
        return self.query_one("#rows", RowList)

    @property
    def _here(self) -> ShownSchool | None:
        current = self.rows.current
        return self._found.schools.get(current.id) if current else None

    def _show(self, found: _Found) -> None:
        self._found = found
        if self.is_bare:
            return
        with self.app.batch_update():
            right = count_of(len(found.schools), "school")
            self.query_one(TitleLine).set_title(f"Schools  {say_day(self.shell.today)}", right)
            self.rows.empty = "No school is on this laptop yet. outreach school add brings one in."
            self.rows.set_source(Rows(school_rows(list(found.schools.values()))))
            self._draw_detail()

    def _draw_detail(self) -> None:
        one = self._here
        width = max(30, self.size.width - 4)
        waits = one is not None and one.school.id in self._found.unfinished
        lines = [] if one is None else detail_lines(one, self.shell.today, width, unfinished=waits)
        self.query_one(ReasonsPane).show_words(lines)

    def on_row_list_highlighted(self, _event: RowList.Highlighted) -> None:
        """Everything about this school."""
        self._draw_detail()

    def on_resize(self, _event: events.Resize) -> None:
        """Words are folded to the new width."""
        self._draw_detail()

    async def renew(self) -> None:
        """Read again; the cursor stays on its school."""
        found = await self.attempt(_read)
        if found is not None:
            self._show(found)

    # Verbs

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        """Enter: the caseload of this school."""
        event.stop()
        if self._here is not None:
            self.shell.open_school(self._here.school.id)

    def do_edit(self) -> None:
        """Who is who there, or go on with the draft that was left."""
        if self._here is not None:
            self.app.push_screen(SchoolForm(self._here.school))

    def do_history(self) -> None:
        """Who changed the school, when, from what to what."""
        from screens.history import HistoryScreen

        if self._here is not None:
            held = self._here.school
            self.app.push_screen(HistoryScreen("school", held.id, f"School: {held.name}"))

    def do_more_down(self) -> None:
        """Read on below."""
        self.query_one(ReasonsPane).read_on(1)

    def do_more_up(self) -> None:
        """Read back above."""
        self.query_one(ReasonsPane).read_on(-1)
