"""One opened table: its header and the rows under it, whatever file they came from."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from storage.intake.detect import Layout
from storage.intake.mapping import Mapping
from storage.intake.model import Reading
from storage.intake.source import Rows

_TOTALS = frozenset(
    {"total", "totals", "average", "averages", "grand total", "overall", "mean", "whole school"}
)
_LABELS = ("total", "printed", "generated", "report", "page ", "average", "end of", "exported", "produced")


@dataclass(slots=True)
class Table:
    """A table that can be read as often as wanted; ``open_rows`` starts again at the file's first line."""

    file: str
    layout: Layout
    mapping: Mapping
    open_rows: Callable[[], Rows]
    period: tuple[date, date] | None
    today: date | None

    def heading(self, at: int) -> str:
        """The heading of a column."""
        return self.layout.header[at] if at < len(self.layout.header) else f"column {at + 1}"


class Body:
    """The rows of a table under its header, with a place to say which of them are not children.

    ``rows`` may be iterated bare in a hot loop; rows that do not fit the header go through ``mend``.
    """

    def __init__(self, table: Table, reading: Reading, needed: int) -> None:
        self.rows = table.open_rows()
        self._header = table.layout.header
        self._reading = reading
        self._needed = needed
        self.width = len(self._header)
        while self.rows.line_num < table.layout.line:
            try:
                next(self.rows)
            except csv.Error:
                continue
            except StopIteration:
                break

    def unreadable(self) -> None:
        """Set aside a row that the csv reader gave up."""
        self._reading.reject(
            self.rows.line_num,
            "",
            "",
            f"a cell longer than {csv.field_size_limit()} characters",
            "look for a quotation mark that is not closed",
        )

    def mend(self, row: list[str]) -> list[str] | None:
        """A row of another width, made as wide as the header; None when it is no row of a child.

        Trailing empty cells may be missing or too many. Anything else is set aside, not shifted.
        """
        if self.is_furniture(row):
            return None
        if len(row) > self.width and not any(cell.strip() for cell in row[self.width :]):
            return row[: self.width]
        if self._needed <= len(row) < self.width:
            return row + [""] * (self.width - len(row))
        self._reading.reject(
            self.rows.line_num,
            "",
            "",
            f"{len(row)} columns where the header has {self.width}",
            "look for a missing quotation mark or a delimiter inside a cell",
        )
        return None

    def is_furniture(self, row: Sequence[str]) -> bool:
        """Whether a row is empty, a repeated header, a total or a label, which name no child."""
        filled = [cell for cell in row if cell.strip()]
        if not filled:
            return True
        first = filled[0].strip()[:60].casefold().rstrip(":")
        label = len(filled) <= 2 and first.startswith(_LABELS)
        if first in _TOTALS or label or tuple(row) == self._header:
            self._reading.footers += 1
            return True
        return False

    def __iter__(self) -> Iterator[list[str]]:
        """Rows as wide as the header, the furniture left out. The file is closed at the end."""
        rows = self.rows
        try:
            while True:
                try:
                    for row in rows:
                        fitted = row if len(row) == self.width else self.mend(row)
                        if fitted is not None and not self.is_furniture(fitted):
                            yield fitted
                except csv.Error:
                    self.unreadable()
                else:
                    return
        finally:
            rows.close()
