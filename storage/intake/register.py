"""Opening a file of any shape: what it is, a preview, and its marks as they pass by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from casework.errors import BadInput
from casework.text import safe
from storage.intake import limits
from storage.intake.ctf import CtfHeader, read_ctf
from storage.intake.dates import period_of_title
from storage.intake.detect import Layout, date_order, explain_missing, find_layout
from storage.intake.grouping import MAX_OPEN, gather
from storage.intake.limits import shown
from storage.intake.long import LongReader
from storage.intake.mapping import Mapping
from storage.intake.model import Preview, PupilWeek, Reading, ReadMark, ReadPupil, Rejected
from storage.intake.pupils import note_capitals
from storage.intake.source import (
    Rows,
    SheetRows,
    TextRows,
    candidate_delimiters,
    head_rows,
    look_at_text,
    sniffed_delimiter,
)
from storage.intake.summary import SummaryReader
from storage.intake.table import Table
from storage.intake.wide import WideReader
from storage.intake.xlsx import Workbook, is_workbook

_URN_IN_NAME = re.compile(r"([0-9]{6})(?![0-9])")
_READERS: dict[str, Callable[[Table, Reading], LongReader | WideReader | SummaryReader]] = {
    "register-long": LongReader,
    "register-wide": WideReader,
    "register-summary": SummaryReader,
}


class RegisterFile:
    """One opened file. Take its weeks (or its marks) to the end; then all it told is in ``reading``.

    ``school`` is the URN as given, else by the mapping, else by a CTF's header, else by the file's name,
    else empty. ``mapping`` is the layout as it was understood: save it to read the next export alike.
    """

    def __init__(
        self, path: Path, mapping: Mapping, school: str, table: Table | None, ctf: CtfHeader | None = None
    ) -> None:
        self.path = path
        self.mapping = mapping
        self.format = mapping.format
        self.school = school
        self.ctf = ctf
        self.notes: list[str] = []
        self.reading = Reading()
        self._table = table
        self._rows: Rows | None = None

    @property
    def pupils(self) -> list[ReadPupil]:
        """The children met so far; ``PupilWeek.pupil`` indexes it."""
        return self.reading.pupils

    @property
    def rejected(self) -> list[Rejected]:
        """What was set aside so far; ``reading.rejected_total`` counts all of it."""
        return self.reading.rejected

    @property
    def warnings(self) -> list[str]:
        """What a person should know of the file as a whole."""
        return [*self.notes, *self.reading.warnings]

    def progress(self) -> float:
        """The part of the file that has been read, 0 to 1."""
        return 1.0 if self.reading.finished or self._rows is None else self._rows.progress()

    def marks(self) -> Iterator[ReadMark]:
        """Every mark of the file in its order, from the start; a fresh ``reading`` is begun.

        A summary or a CTF gives no marks, yet must be taken to the end to have its children. Raises BadInput
        when the file names too many children, or dates without a year.
        """
        if self._table is None:
            self.reading.finished = True
            return iter(())
        self.reading = Reading()
        return self._pass(self._table, self.reading)

    def _pass(self, table: Table, reading: Reading) -> Iterator[ReadMark]:
        try:
            reader = _READERS[self.format](table, reading)
            self._rows = reader.body.rows
            yield from reader
        except OSError as fault:
            raise BadInput(
                "unreadable", f"{shown(self.path)} could not be read to its end: try again.", shown(self.path)
            ) from fault
        if not reading.pupils and not reading.rejected_total:
            reading.warn("The file holds headings and no children: nothing was taken in.")
        if note_capitals(reading.pupils):
            reading.warn(
                "The file writes names in capitals: they are used for matching and not to rename a child."
            )
        if reading.rejected_total > limits.REJECTED_KEPT:
            reading.warn(
                f"{reading.rejected_total - limits.REJECTED_KEPT} more refused cells are not listed."
            )
        reading.finished = True

    def weeks(self, max_open: int = MAX_OPEN) -> Iterator[PupilWeek]:
        """The marks of the file gathered by child and week; at most ``max_open`` weeks are held at once."""
        marks = self.marks()
        return gather(marks, self.reading, max_open)

    def read_all(self) -> Reading:
        """The whole reading, for callers that want children, totals and refusals but no marks."""
        if not self.reading.finished:
            for _ in self.weeks():
                pass
        return self.reading

    def unknown_codes(self) -> dict[str, int]:
        """Texts that are no register code, with how often each stands in the file; most frequent first.

        Reads the file once when it has not been read to its end.
        """
        reading = self.reading
        if not reading.finished and self._table is not None:
            reading = Reading()
            for _ in self._pass(self._table, reading):
                pass
        return {safe(text): count for text, count in reading.unknown.most_common()}

    def preview(self, most: int = 20) -> Preview:
        """The first rows under the header, made safe to show, with the field that each column was read as."""
        table = self._table
        if table is None:
            return self._preview_children(most)
        layout = table.layout
        fields = [""] * len(layout.header)
        for name, at in layout.columns.items():
            fields[at] = name
        for column in layout.dates:
            fields[column.at] = "mark"
        for at in layout.weekdays:
            fields[at] = "mark"
        rows: list[tuple[str, ...]] = []
        lines: list[int] = []
        source = table.open_rows()
        try:
            for line, row in _careful(source):
                if line > layout.line and any(cell.strip() for cell in row):
                    rows.append(tuple(safe(cell) for cell in row[: len(layout.header)]))
                    lines.append(line)
                if len(rows) >= most:
                    break
        finally:
            source.close()
        return Preview(tuple(safe(text) for text in layout.header), tuple(fields), tuple(rows), tuple(lines))

    def _preview_children(self, most: int) -> Preview:
        fields = ("upn", "surname", "forename", "dob", "year")
        rows = tuple(
            (safe(p.upn), safe(p.surname), safe(p.forename), p.dob.isoformat() if p.dob else "", p.year)
            for p in self.pupils[:most]
        )
        header = ("UPN", "Surname", "Forename", "DOB", "NCyearActual")
        return Preview(header, fields, rows, tuple(p.line for p in self.pupils[:most]))


def _careful(source: Rows) -> Iterator[tuple[int, list[str]]]:
    """Numbered rows; rows that the csv reader gives up are passed over."""
    import csv

    while True:
        try:
            row = next(source)
        except StopIteration:
            return
        except csv.Error:
            continue
        yield source.line_num, row


def read_register(
    path: Path | str,
    *,
    mapping: Mapping | None = None,
    school: str = "",
    today: date | None = None,
    period: tuple[date, date] | None = None,
) -> RegisterFile:
    """Open a register export or a CTF and find its shape by its content.

    ``mapping`` overrides what looking would find. ``school`` is the URN when the caller knows it. ``today``
    makes marks of later days be set aside. ``period`` (the school year's first and last day, say) gives a
    year to dates that a grid prints without one, when neither mapping nor title does. Raises BadInput, one
    sentence naming the file, when nothing of it can be read.
    """
    path = Path(path)
    mapping = mapping or Mapping()
    limits.check_file(path, limits.CSV_BYTES)
    try:
        with path.open("rb") as stream:
            head = stream.read(1024)
        if is_workbook(head):
            return _open_workbook(path, mapping, school, today, period)
        if _is_xml(head):
            return _open_ctf(path, mapping, school, today)
        return _open_text(path, mapping, school, today, period)
    except OSError as fault:
        raise BadInput(
            "unreadable", f"{shown(path)} cannot be read: check that you may open it.", shown(path)
        ) from fault


def _is_xml(head: bytes) -> bool:
    plain = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    return plain.startswith((b"<?xml", b"<!", b"<CT", b"<ct"))


def _school(path: Path, given: str, mapping: Mapping, ctf: CtfHeader | None = None) -> str:
    named = _URN_IN_NAME.match(path.name)
    return given or mapping.school or (ctf.urn if ctf else "") or (named[1] if named and not ctf else "")


def _open_ctf(path: Path, mapping: Mapping, school: str, today: date | None) -> RegisterFile:
    reading = Reading()
    header = read_ctf(path, reading, today)
    register = RegisterFile(
        path, replace(mapping, format="ctf"), _school(path, school, mapping, header), None, header
    )
    reading.finished = True
    register.reading = reading
    return register


def _open_workbook(
    path: Path, mapping: Mapping, school: str, today: date | None, period: tuple[date, date] | None
) -> RegisterFile:
    book = Workbook(path)
    found: list[tuple[str, Layout, list[tuple[int, list[str]]]]] = []
    first: list[tuple[int, list[str]]] = []
    fault: BadInput | None = None
    for name in book.sheets[:50]:
        try:
            rows, _ = book.rows(name)
        except BadInput as unreadable:  # a chart has no rows; another sheet may
            fault = unreadable
            continue
        top = [(line, row) for line, row in zip(range(1, limits.HEAD_ROWS + 1), rows, strict=False)]
        first = first or top
        layout = find_layout(top, mapping)
        if layout is not None:
            found.append((name, layout, top))
    if not found and fault and not first:
        raise fault
    if not found:
        raise explain_missing(first, mapping, shown(path))
    sheet, layout, top = max(found, key=lambda entry: entry[1].score)

    def open_rows() -> Rows:
        rows, total = book.rows(sheet)
        return SheetRows(rows, total)

    mapping = replace(mapping, delimiter="", encoding="")
    register = _assemble(path, mapping, school, today, period, layout, top, open_rows)
    if len(found) > 1:
        register.notes.append(
            f"{shown(path)} has {len(found)} sheets that hold a register and only {safe(sheet)} was read: "
            "export each to its own file."
        )
    return register


def _open_text(
    path: Path, mapping: Mapping, school: str, today: date | None, period: tuple[date, date] | None
) -> RegisterFile:
    facts = look_at_text(path, mapping.encoding)
    best: tuple[Layout, str, list[tuple[int, list[str]]]] | None = None
    tried = [mapping.delimiter] if mapping.delimiter else candidate_delimiters(facts.head)
    first: list[tuple[int, list[str]]] = []
    for delimiter in tried:
        best, first = _better(best, facts.head, delimiter, mapping, first)
    if best is None and not mapping.delimiter:
        sniffed = sniffed_delimiter(facts.head)
        if sniffed and sniffed not in tried:
            best, first = _better(best, facts.head, sniffed, mapping, first)
    if best is None:
        raise explain_missing(first, mapping, shown(path))
    layout, delimiter, rows = best
    understood = replace(mapping, delimiter=delimiter, encoding=facts.encoding)

    def open_rows() -> Rows:
        return TextRows(path, understood.encoding, delimiter)

    register = _assemble(path, understood, school, today, period, layout, rows, open_rows)
    if facts.undecodable:
        register.notes.append(
            f"{shown(path)} is UTF-8 with {facts.undecodable} damaged characters: "
            "rows that need them are set aside."
        )
    return register


_Best = tuple[Layout, str, list[tuple[int, list[str]]]] | None


def _better(
    best: _Best, head: str, delimiter: str, mapping: Mapping, first: list[tuple[int, list[str]]]
) -> tuple[_Best, list[tuple[int, list[str]]]]:
    rows = head_rows(head, delimiter)
    layout = find_layout(rows, mapping)
    if layout is not None and (best is None or layout.score > best[0].score):
        return (layout, delimiter, rows), rows
    return best, first or rows


def _assemble(
    path: Path,
    mapping: Mapping,
    school: str,
    today: date | None,
    period: tuple[date, date] | None,
    layout: Layout,
    top: Sequence[tuple[int, list[str]]],
    open_rows: Callable[[], Rows],
) -> RegisterFile:
    """A register from its parts, with the mapping filled in by what was found."""
    if len(layout.header) > limits.COLUMNS:
        raise BadInput(
            "too-many-columns",
            f"{shown(path)} has more than {limits.COLUMNS} columns: export a shorter period.",
            shown(path),
        )
    order = date_order(top, layout, mapping)
    notes = [
        f"The field columns.{name} of the mapping names a column that {shown(path)} lacks: read without."
        for name in mapping.columns
        if name not in layout.columns
    ]
    if order == "mdy" and not mapping.date_order:
        notes.append("The dates of this file only make sense with the month first: they were read so.")
        layout = find_layout(top, replace(mapping, date_order=order)) or layout
    title = [" ".join(row) for line, row in top if line < layout.line]
    year = mapping.school_year
    span = (date(year, 9, 1), date(year + 1, 8, 31)) if year else period_of_title(title, order) or period
    columns = {name: layout.header[at].strip() for name, at in layout.columns.items()}
    understood = replace(mapping, format=layout.format, columns=columns, date_order=order)
    school = _school(path, school, mapping)
    table = Table(shown(path), layout, understood, open_rows, span, today)
    register = RegisterFile(path, replace(understood, school=school), school, table)
    register.notes.extend(notes)
    return register
