"""Supervision: every case on one table, what is to be talked about first. One key for the next case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from textual.binding import BindingType
from textual.widgets import Static

from casework.wording import say_day
from screens.live_table import LiveTable
from screens.roster_reasons import ReasonsPane
from screens.supervision_lines import case_row, count_cell, detail_lines, empty_words
from screens.verbs import bindings_for
from screens.widgets.fitting import short
from screens.widgets.lines import TitleLine
from screens.widgets.rows import Column, Rows
from screens.widgets.text import show_cell
from storage.queries.supervision import Supervision, SupervisionRow, read_supervision

if TYPE_CHECKING:
    from storage.store import Store

Order = Literal["to talk about", "worker", "days open", "name"]
ORDERS: Sequence[Order] = ("to talk about", "worker", "days open", "name")


class SupervisionScreen(LiveTable[Supervision, SupervisionRow]):
    """The table. Enter opens the child."""

    place = "supervision"
    ROOM_TITLE = "Supervision"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("supervision")
    CLOSED = "This table stays closed."
    MARKS = False
    TYPES = frozenset(
        {"agreement", "attendance_week", "child", "contact", "disclosure", "episode", "follow_up"}
        | {"plan", "review", "school", "worker"}
    )

    def __init__(self) -> None:
        super().__init__()
        self.order: Order = ORDERS[0]

    def read(self, store: Store) -> Supervision:
        """The cases of this worker, or of the team."""
        return read_supervision(store)

    def looked(self, found: Supervision) -> str:
        """How many they were."""
        return f"supervision ({len(found.rows)} cases)"

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

    def show_found(self, found: Supervision, *, keep: bool = True) -> None:
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

    def _refit(self) -> None:
        self._draw_rows()

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

    # Verbs

    async def do_order(self) -> None:
        """By what is to be talked about, by worker, by days open, by name."""
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        if self.found is not None:
            self.show_found(self.found, keep=False)
            self.say(f"Sorted by {self.order}.")

    def do_contact(self) -> None:
        """Minutes about the case under the cursor: its form, at the words."""
        if self.row is not None:
            from screens.contact_form import ContactForm

            name = short(self.row.name, 50)
            self.app.push_screen(ContactForm(self.row.child.id, name, at="note", kind="supervision"))


def _ordered(rows: Sequence[SupervisionRow], order: Order) -> Sequence[SupervisionRow]:
    """The rows in an order; those that are alike stay by what is to be talked about."""
    if order == "worker":
        return sorted(rows, key=lambda row: row.worker.casefold())
    if order == "days open":
        return sorted(rows, key=lambda row: -1 if row.days_open is None else row.days_open, reverse=True)
    if order == "name":
        return sorted(rows, key=lambda row: (row.child.surname.casefold(), row.child.forename.casefold()))
    return rows
