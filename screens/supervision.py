"""Supervision: every case on one table, what is to be talked about first. One key for the next case."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from casework.errors import Locked, OutreachError
from casework.wording import say_day
from screens.roster_reasons import ReasonsPane
from screens.small_windows import SmallSign, is_too_small
from screens.step_back import StepBack, StepScreen
from screens.supervision_lines import case_row, count_cell, detail_lines, empty_words
from screens.verbs import bindings_for
from screens.widgets.fitting import short
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column, Rows
from screens.widgets.text import show_cell
from storage.queries.supervision import Supervision, SupervisionRow, read_supervision

if TYPE_CHECKING:
    from storage.journal import Receipt
    from storage.store import Store

TYPES = frozenset(
    {"agreement", "attendance_week", "child", "contact", "disclosure", "episode", "follow_up"}
    | {"plan", "review", "school", "worker"}
)
"""Record types whose change may change the table."""

Order = Literal["to talk about", "worker", "days open", "name"]
ORDERS: Sequence[Order] = ("to talk about", "worker", "days open", "name")
_TALL, _LOW, _WIDE = 34, 18, 110


class SupervisionScreen(StepScreen):
    """The table. Enter opens the child."""

    place = "supervision"
    ROOM_TITLE = "Supervision"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("supervision")
    DEFAULT_CSS = """
    SupervisionScreen {
        .counts { height: 1; padding: 0 1; background: $surface; }
        ReasonsPane { height: 7; }
        &.-tall ReasonsPane { height: 10; }
        &.-low ReasonsPane { height: 3; border-top: none; }
        &.-low SaidLine { max-height: 1; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.order: Order = ORDERS[0]
        self.found: Supervision | None = None
        self._rows: Mapping[str, SupervisionRow] = {}
        self._stop_listening: Callable[[], None] | None = None
        self._stale = False

    def compose(self) -> ComposeResult:
        """Title, counts, the table, what to talk about, what was done, the keys."""
        yield SmallSign()
        yield TitleLine("Supervision")
        yield Static(classes="counts", markup=False)
        yield RowList(self._columns(), id="rows", marks=False)
        yield ReasonsPane()
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    @property
    def _several(self) -> bool:
        return self.found is not None and len({row.worker for row in self.found.rows}) > 1

    def _columns(self) -> Sequence[Column]:
        columns = [Column("Child", least=14)]
        columns += [Column("Worker", 16 if self._is_wide else 9, drop=1)] if self._several else []
        columns += [Column("School", 18, drop=2)] if self._is_wide else []
        return (
            *columns,
            Column("Days open", 10, right=True) if self._is_wide else Column("Days", 5, right=True),
            Column("  Seen", 12),
            Column("  Reviewed", 12),
            Column("  Agreed to", 12),
            Column("  Again", 8 if self._is_wide else 7),
        )

    @property
    def _is_wide(self) -> bool:
        return self.size.width >= _WIDE

    async def on_mount(self) -> None:
        """Read it; looking is on record before anything shows."""
        self.rows.focus()
        loop = asyncio.get_running_loop()

        def heard(receipt: Receipt) -> None:
            if receipt.touched & TYPES and not loop.is_closed():
                loop.call_soon_threadsafe(self.hear)

        def look(store: Store) -> tuple[Callable[[], None], Supervision]:
            found = read_supervision(store)
            store.log("looked", f"supervision ({len(found.rows)} cases)")
            return store.journal.subscribe(heard), found

        try:
            self._stop_listening, found = await self.ask(look)
        except Locked:
            return
        except OutreachError as problem:
            self.rows.empty = "This table stays closed."
            self.rows.refresh()
            self.say(problem.message, wrong=True)
            return
        self.show_table(found)

    # Showing

    @property
    def rows(self) -> RowList:
        """The table."""
        return self.query_one("#rows", RowList)

    @property
    def row(self) -> SupervisionRow | None:
        """The case under the cursor."""
        current = self.rows.current
        return self._rows.get(current.id) if current else None

    def show_table(self, found: Supervision, *, keep: bool = True) -> None:
        """Paint everything; the cursor stays on its case."""
        self.found = found
        self._rows = {row.child.id: row for row in found.rows}
        if self.is_bare:
            return
        with self.app.batch_update():
            title = f"Supervision  {say_day(found.day)}"
            self.query_one(TitleLine).set_title(title, f"{short(found.whose, 30)}, by {self.order}")
            self.query_one(".counts", Static).update(show_cell(count_cell(found)))
            self.rows.empty = empty_words(found)[0]
            self._draw_rows(keep=keep)
            self._draw_detail()

    def _draw_rows(self, *, keep: bool = True) -> None:
        if self.found is None:
            return
        self.rows.columns = tuple(self._columns())
        listed = _ordered(self.found.rows, self.order)
        made = [case_row(row, school=self._is_wide, worker=self._several) for row in listed]
        self.rows.set_source(Rows(made), keep=keep)

    def _draw_detail(self) -> None:
        if self.found is not None:
            about = [] if self.row is None else detail_lines(self.row, max(30, self.size.width - 4))
            self.query_one(ReasonsPane).show_words(about)

    def on_row_list_highlighted(self, _event: RowList.Highlighted) -> None:
        """Say what to talk about."""
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
        self._draw_rows()
        self._draw_detail()

    async def action_verb(self, verb_id: str) -> None:
        """Run a verb, but none of the table while it cannot be seen."""
        if verb_id in ("quit", "back") or not self.has_class("-small"):
            await super().action_verb(verb_id)

    # Changes made elsewhere

    def on_unmount(self) -> None:
        """Hear no more."""
        if self._stop_listening is not None:
            self._stop_listening()

    def hear(self) -> None:
        """Something that is shown here was changed: read again now, or when this screen is shown again."""
        if not self.is_attached or self._stop_listening is None:
            return
        self._stale = True
        if self.app.screen is self:
            self.run_worker(self.renew(), exclusive=True, group="renew")

    def on_screen_resume(self) -> None:
        """Shown again: take in what changed meanwhile."""
        if self._stale:
            self.run_worker(self.renew(), exclusive=True, group="renew")

    async def renew(self) -> None:
        """Read again and show."""
        self._stale = False
        found = await self.attempt(read_supervision)
        if found is not None:
            self.show_table(found)

    # Verbs

    async def do_order(self) -> None:
        """By what is to be talked about, by worker, by days open, by name."""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        if self.found is not None:
            self.show_table(self.found, keep=False)
            self.say(f"Sorted by {self.order}.")

    def do_more_down(self) -> None:
        """Read on below."""
        self.query_one(ReasonsPane).read_on(1)

    def do_more_up(self) -> None:
        """Read back above."""
        self.query_one(ReasonsPane).read_on(-1)

    def do_contact(self) -> None:
        """Minutes about the case under the cursor: its form, at the words."""
        if self.row is not None:
            from screens.contact_form import ContactForm

            name = short(self.row.name, 50)
            self.app.push_screen(ContactForm(self.row.child.id, name, at="note", kind="supervision"))

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

    async def step_back(self, work: StepBack, word: str) -> None:
        """Show the table as it is then."""

        def step(store: Store) -> tuple[Receipt, Supervision]:
            receipt, _ = work(store)
            return receipt, read_supervision(store)

        answer = await self.attempt(step)
        if answer is not None:
            self.show_table(answer[1])
            self.say(f"{word}: {answer[0].name.removeprefix('Undo: ').removeprefix('Redo: ')}.")


def _ordered(rows: Sequence[SupervisionRow], order: Order) -> Sequence[SupervisionRow]:
    """The rows in an order; those that are alike stay by what is to be talked about."""
    if order == "worker":
        return sorted(rows, key=lambda row: row.worker.casefold())
    if order == "days open":
        return sorted(rows, key=lambda row: -1 if row.days_open is None else row.days_open, reverse=True)
    if order == "name":
        return sorted(rows, key=lambda row: (row.child.surname.casefold(), row.child.forename.casefold()))
    return rows
