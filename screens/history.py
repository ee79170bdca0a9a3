"""The history of one record: who changed what, when, from what to what, newest first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize

from casework.edits import CREATED
from casework.errors import OutreachError
from casework.wording import say_value
from screens.child_story import local_time
from screens.reader import AboutChild
from screens.verbs import bindings_for
from screens.widgets.fitting import fold
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column, Row, Rows
from screens.widgets.text import Cell, Piece, Tone
from storage.queries.history import FieldChange, label_of_field, read_history, value_words, why_untold

if TYPE_CHECKING:
    from storage.store import Store

_VOID = "void"


def history_lines(record_type: str, changes: Sequence[FieldChange], width: int) -> list[Cell]:
    """A head line for each step, then each field with its old and its new value, folded."""
    lines: list[Cell] = []
    step = -1
    for change in changes:
        if change.seq != step:
            step = change.seq
            head = f"{local_time(change.at)}  {change.step}"
            lines.append((Piece(head, Tone.STRONG), Piece(f", {change.by}" if change.by else "", Tone.QUIET)))
            if change.reason:
                lines += [Piece(f"  because: {part}", Tone.QUIET) for part in fold(change.reason, width - 12)]
        for label, old, new in _values(record_type, change):
            words = f"{label}: {new}" if old is None else f"{label}: {old} → {new}"
            lines += [f"  {part}" for part in fold(words, width - 4)[:_MOST]]
    return lines


_MOST = 40
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
"""An instant as records keep it."""


def _values(record_type: str, change: FieldChange) -> list[tuple[str, str | None, str]]:
    if change.field == CREATED:
        filled = {name: value for name, value in change.new.items() if value not in (None, "", [], {})}
        return [
            (label_of_field(record_type, name), None, _say(record_type, name, v))
            for name, v in filled.items()
        ]
    if change.field == _VOID:
        return [("The record", None, "taken back" if change.new else "brought again")]
    old, new = (_say(record_type, change.field, value) for value in (change.old, change.new))
    return [(change.label, old, new)]


def _say(record_type: str, field: str, value: object) -> str:
    if isinstance(value, str) and value:
        return local_time(value) if _MOMENT.fullmatch(value) else say_value(record_type, field, value)
    return value_words(value)


class HistoryScreen(AboutChild):
    """Every change of one record."""

    place = "history"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("history")

    def __init__(self, record_type: str, record: str, title: str, child: str | None = None) -> None:
        super().__init__(child)
        self._type, self._record, self._title, self._child = record_type, record, title, child
        self._changes: Sequence[FieldChange] = ()

    def compose(self) -> ComposeResult:
        """The title, the list and the keys."""
        yield TitleLine(self._title, "history, newest first")
        columns = [Column("When, what, who; then each field from what to what")]
        yield RowList(columns, empty="No changes yet.", marks=False)
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    async def on_mount(self) -> None:
        """Read it; looking is on the record."""

        def read(store: Store) -> tuple[list[FieldChange], str]:
            store.log("looked", f"history of a {self._type}", child=self._child)
            changes = read_history(store, self._type, self._record)
            return changes, why_untold(store, self._type, self._record, changes)

        try:
            self._changes, untold = await self.ask(read)
            if untold:
                self.query_one(RowList).empty = "Withheld: see below."
                self.say(f"Withheld: {untold}", wrong=True)
        except OutreachError as problem:
            self.query_one(RowList).empty = "This history stays closed: see below."
            self.say(problem.message, wrong=True)
        self._draw(self.size.width)
        self.query_one(RowList).focus()
        await self.note_sight()

    def on_resize(self, event: Resize) -> None:
        """Fold to the new width."""
        self._draw(event.size.width)

    def _draw(self, width: int) -> None:
        lines = history_lines(self._type, self._changes, width - 5)
        rows = [Row(str(number), (line,)) for number, line in enumerate(lines)]
        self.query_one(RowList).set_source(Rows(rows))
