"""Summary registers: totals per child and no marks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from storage.intake import cells
from storage.intake.model import Reading, ReadMark, Totals
from storage.intake.pupils import SET_ASIDE, PupilIndex
from storage.intake.table import Body, Table

COUNTS = ("possible", "attended", "authorised", "unauthorised", "aea", "late")
NO_STREAKS = (
    "This file holds totals only: it cannot give absence streaks, N-code clocks or the ten-week window; "
    "ask the school for marks."
)
_SUM_MEND = "check the figures in the school's system"


class SummaryReader:
    """Reads the totals of one table into the reading's children; there are no marks to give."""

    def __init__(self, table: Table, reading: Reading) -> None:
        self._table = table
        self._reading = reading
        order = table.mapping.date_order or "dmy"
        self.pupils = PupilIndex(
            table.layout, reading, table.file, order, table.mapping.name_order, table.today
        )
        self.body = Body(table, reading, self.pupils.width)

    def __iter__(self) -> Iterator[ReadMark]:
        columns = self._table.layout.columns
        self._reading.warn(NO_STREAKS)
        for row in self.body:
            line = self.body.rows.line_num
            totals = self._totals(row, line)
            pupil = self.pupils.find(row, line) if totals is not None else SET_ASIDE
            if totals is None or pupil == SET_ASIDE:
                continue
            known = self._reading.pupils[pupil]
            if known.totals and known.totals[0] != totals:
                name = next(name for name in ("upn", "local_id", "name", "surname") if name in columns)
                self._reading.reject(
                    line,
                    self._table.heading(columns[name]),
                    row[columns[name]],
                    f"other totals than on line {known.line} for the same child",
                    "keep one of the two lines",
                )
                continue
            known.totals = (totals,)
        yield from ()

    def _totals(self, row: list[str], line: int) -> Totals | None:
        columns = self._table.layout.columns
        found: dict[str, Any] = {}
        for name in (*COUNTS, "percent"):
            at = columns.get(name)
            if at is None:
                continue
            value, reason = (cells.read_percent if name == "percent" else cells.read_count)(row[at])
            if reason:
                self._reading.reject(line, self._table.heading(at), row[at], reason, _SUM_MEND)
                return None
            found[name] = value
        totals = Totals(**found)
        parts = [
            part for part in (totals.attended, totals.authorised, totals.unauthorised) if part is not None
        ]
        if totals.possible is not None and sum(parts) > totals.possible:
            at = columns["possible"]
            self._reading.reject(
                line, self._table.heading(at), row[at], "fewer possible sessions than were counted", _SUM_MEND
            )
            return None
        return totals
