"""Wide registers: a row per child with a column per date, or a row per child and week of ten marks."""

from __future__ import annotations

from collections.abc import Iterator

from casework.codes import NO_MARK
from casework.errors import BadInput
from storage.intake.dates import parse_date, resolve
from storage.intake.marks import Day, MarkReader
from storage.intake.model import Reading, ReadMark
from storage.intake.pupils import SET_ASIDE, PupilIndex
from storage.intake.table import Body, Table

_YEARLESS_MEND = "export with a title that gives the period, or give the mapping's school_year"


class WideReader:
    """Reads the rows of one wide table. Made anew for each pass.

    Raises BadInput when not one of its date columns can be given a year.
    """

    def __init__(self, table: Table, reading: Reading) -> None:
        self._table = table
        self._reading = reading
        order = table.mapping.date_order or "dmy"
        self._order = order
        self.pupils = PupilIndex(
            table.layout, reading, table.file, order, table.mapping.name_order, table.today
        )
        dates = "" if table.layout.dates else table.heading(table.layout.columns["week"])
        self._marks = MarkReader(reading, table.mapping, table.today, dates)
        self._columns = self._dated_columns()
        self.body = Body(table, reading, self.pupils.width)

    def _dated_columns(self) -> list[tuple[int, str, str, Day]]:
        """The columns of marks as (place, heading, session or empty, day); those without a year set aside."""
        layout, reading = self._table.layout, self._reading
        if not layout.dates:
            return []
        found: list[tuple[int, str, str, Day]] = []
        taken: set[tuple[object, str]] = set()
        for column in layout.dates:
            day = resolve(column.when, self._table.period)
            if day is None:
                reading.reject(
                    layout.line,
                    column.heading,
                    column.heading,
                    "a date whose year is not known",
                    _YEARLESS_MEND,
                )
            elif (day, column.session) in taken:
                reading.reject(
                    layout.line, column.heading, column.heading, "a date that has a column already",
                    "take out one of the two columns",
                )  # fmt: skip
            else:
                taken.add((day, column.session))
                found.append((column.at, column.heading, column.session, self._marks.day(day)))
        if not found:
            raise BadInput(
                "dates-without-year",
                f"{self._table.file} prints its dates without a year: {_YEARLESS_MEND}.",
                self._table.file,
            )
        return found

    def __iter__(self) -> Iterator[ReadMark]:
        return self._by_date() if self._columns else self._by_week()

    def _by_date(self) -> Iterator[ReadMark]:
        for row in self.body:
            line = self.body.rows.line_num
            pupil = self.pupils.find(row, line)
            if pupil == SET_ASIDE:
                continue
            for at, heading, session, day in self._columns:
                if session:
                    codes = self._one(row[at], day, session == "PM", line, heading)
                else:
                    codes = self._both(row[at], day, line, heading)
                for which, code in codes:
                    yield self._count(line, pupil, day, which, code)

    def _by_week(self) -> Iterator[ReadMark]:
        weekdays = self._table.layout.weekdays
        week_at = self._table.layout.columns["week"]
        for row in self.body:
            line = self.body.rows.line_num
            pupil = self.pupils.find(row, line)
            if pupil == SET_ASIDE:
                continue
            monday = parse_date(row[week_at], self._order)
            if monday is None or monday.weekday() != 0:
                reason = "not a date" if monday is None else "not a Monday"
                self._reading.reject(
                    line, self._table.heading(week_at), row[week_at], reason, "give the week's Monday"
                )
                continue
            for at, slots in weekdays.items():
                heading = self._table.heading(at)
                day = self._marks.day(monday.fromordinal(monday.toordinal() + slots[0] // 2))
                if len(slots) == 2:
                    codes = self._both(row[at], day, line, heading)
                else:
                    codes = self._one(row[at], day, bool(slots[0] % 2), line, heading)
                for which, code in codes:
                    yield self._count(line, pupil, day, which, code)

    def _one(self, raw: str, day: Day, afternoon: bool, line: int, heading: str) -> list[tuple[int, str]]:
        session = int(afternoon)
        code = day.codes[session].get(raw) or self._marks.code(raw, day, session, line, heading)
        return [] if code is None or day.weekend else [(session, code)]

    def _both(self, raw: str, day: Day, line: int, heading: str) -> list[tuple[int, str]]:
        codes = self._marks.joined(raw, day, line, heading)
        return [] if codes is None or day.weekend else [(0, codes[0]), (1, codes[1])]

    def _count(self, line: int, pupil: int, day: Day, session: int, code: str) -> ReadMark:
        if code == NO_MARK:
            self._reading.blanks += 1
        else:
            self._reading.marks += 1
        return line, pupil, day.monday, day.base + session, code, None, ""
