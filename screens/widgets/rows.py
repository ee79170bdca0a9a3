"""What a list shows: its columns, its rows, where they come from, and the columns that fit a width."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol

from screens.widgets.text import Cell, cell_text

GUTTER = 3
"""Cells before a row: the cursor sign, the mark sign, a space."""

GAP = 1
"""Cells between two columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `width` in cells, 0 for the one that takes what is left (never under `least`).

    When the list is too narrow, columns with the highest `drop` go first; 0 never goes.
    """

    title: str
    width: int = 0
    drop: int = 0
    least: int = 12
    right: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its id, one cell per column, and whether it is shown as less pressing."""

    id: str
    cells: tuple[Cell, ...]
    quiet: bool = False

    @property
    def words(self) -> str:
        """The row as one line of text."""
        return " ".join(cell_text(cell) for cell in self.cells)


class RowSource(Protocol):
    """Where the rows come from. A page may come at once, or be awaited (read on the database thread)."""

    def count(self) -> int:
        """How many rows there are."""

    def page(self, start: int, size: int) -> Sequence[Row] | Awaitable[Sequence[Row]]:
        """Rows `start` to `start + size`, fewer at the end."""

    def index_of(self, row_id: str) -> int | None:
        """Where a record stands, or None when it is not in the list."""

    def ids(self) -> Sequence[str]:
        """All ids in order, for marking all."""


class Rows:
    """A `RowSource` over rows that are in memory already."""

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        self._rows = rows
        self._places = {row.id: index for index, row in enumerate(rows)}

    def count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def page(self, start: int, size: int) -> Sequence[Row]:
        """Rows from `start`."""
        return self._rows[start : start + size]

    def index_of(self, row_id: str) -> int | None:
        """Where a record stands."""
        return self._places.get(row_id)

    def ids(self) -> Sequence[str]:
        """All ids in order."""
        return list(self._places)


def layout_columns(columns: Sequence[Column], width: int) -> list[tuple[int, Column, int]]:
    """The columns that fit in `width` cells, as (index, column, width given)."""
    shown = list(enumerate(columns))

    def need() -> int:
        wide = sum(column.width or column.least for _, column in shown)
        return wide + GAP * (len(shown) - 1) + GUTTER

    while need() > width:
        droppable = [item for item in shown if item[1].drop]
        if not droppable:
            break
        shown.remove(max(droppable, key=lambda item: item[1].drop))
    spare = max(0, width - need())
    flexible = [index for index, column in shown if not column.width]
    share, rest = divmod(spare, len(flexible)) if flexible else (0, 0)
    widths = []
    for index, column in shown:
        extra = share + (rest if flexible and index == flexible[0] else 0)
        widths.append((index, column, column.width or column.least + extra))
    return widths
