"""Workbooks as rows of text. A workbook is measured as a zip, and each sheet's corners, before it is read."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any

from casework.errors import BadInput
from storage.intake import limits
from storage.intake.limits import shown

_REFERENCE = re.compile(rb"""\br(?<!:r)\s*=\s*["']([^"']*)["']""")
_PLACES = re.compile(rb"(?:[A-Za-z]{0,3}[0-9]{1,7} )*")
_LETTERS = re.compile(rb"[A-Za-z]+")
_DIGITS = re.compile(rb"[0-9]+")
_SUSPECT = re.compile(rb"&|[A-Za-z]{4}|[0-9]{8}")
_ROW = re.compile(rb"<(?:[\w.-]+:)?row\b")
_CELL = re.compile(rb"<(?:[\w.-]+:)?c[\s/>]")
_CHUNK = limits.MEGABYTE


class Workbook:
    """One opened workbook: the names of its sheets and the rows of each.

    Raises BadInput for what is not an XLSX workbook, is larger than the limits, or cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        limits.check_file(path, limits.XLSX_BYTES)
        _check_parts(path)
        self._book = self._guarded(lambda: _open(path))
        self._held: tuple[str, Any] = ("", None)
        self.sheets: list[str] = list(self._book.sheet_names)
        if not self.sheets:
            raise BadInput("no-sheet", f"{shown(path)} has no sheet: export it again.", shown(path))

    def _guarded(self, step: Any) -> Any:
        try:
            return step()
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as fault:  # the reader's own panics are no Exception
            raise BadInput(
                "workbook-unreadable",
                f"{shown(self._path)} cannot be read as a workbook: save it again as XLSX or CSV.",
                shown(self._path),
            ) from fault

    def rows(self, sheet: str) -> tuple[Iterator[list[str]], int]:
        """The rows of a sheet as text, from its line 1, and how many there are."""
        if self._held[0] != sheet:
            self._held = ("", None)
            self._held = (sheet, self._guarded(lambda: self._book.get_sheet_by_name(sheet)))
        found = self._held[1]
        return ([_text(cell) for cell in row] for row in found.iter_rows()), found.total_height


def _open(path: Path) -> Any:
    from python_calamine import CalamineWorkbook

    return CalamineWorkbook.from_path(str(path))


def _text(cell: object) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell) if isinstance(cell, int | timedelta) else ""


def is_workbook(head: bytes) -> bool:
    """Whether a file's first bytes are those of a zip, which an XLSX workbook is."""
    return head.startswith(b"PK\x03\x04")


def _check_parts(path: Path) -> None:
    """Measure a workbook's parts before any of them is parsed (OWASP ASVS 5.2.3)."""
    try:
        with zipfile.ZipFile(path) as parts:
            members = parts.infolist()
            names = {member.filename for member in members}
            if "xl/workbook.xml" not in names:
                raise BadInput(
                    "not-a-workbook",
                    f"{shown(path)} is not an XLSX workbook: save it as XLSX or CSV.",
                    shown(path),
                )
            if len(members) > limits.XLSX_PARTS or len(names) != len(members):
                raise _bomb(path)
            total = sum(member.file_size for member in members)
            if total > limits.XLSX_UNPACKED_BYTES:
                raise _bomb(path)
            for member in members:
                if member.flag_bits & 0x1:
                    raise BadInput(
                        "workbook-locked",
                        f"{shown(path)} is protected by a password: save it without one.",
                        shown(path),
                    )
                _check_part(path, parts, member)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError, RuntimeError) as fault:
        raise BadInput(
            "workbook-unreadable",
            f"{shown(path)} is damaged: save it again as XLSX or CSV.",
            shown(path),
        ) from fault
    except zipfile.zlib.error as fault:  # type: ignore[attr-defined]
        raise BadInput(
            "workbook-unreadable", f"{shown(path)} is damaged: save it again as XLSX or CSV.", shown(path)
        ) from fault


def _check_part(path: Path, parts: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    small = limits.MEGABYTE
    if member.file_size > small and member.file_size > limits.XLSX_RATIO * max(member.compress_size, 1):
        raise _bomb(path)
    # A workbook may name any of its parts as a sheet, so every part is measured as one.
    with parts.open(member) as stream:
        _check_corners(path, stream, strict=member.filename.startswith("xl/worksheets/"))


def _check_corners(path: Path, stream: IO[bytes], *, strict: bool) -> None:
    """Refuse a sheet whose corners lie too far apart.

    The reader sets aside memory for every cell between the first and the last, so two cells at opposite
    corners ask for half a terabyte and end the program. A cell may leave out its place and then follows the
    one before it, so the cells of a row are counted as well.
    """
    corners = _Corners(path, strict=strict)
    rest = b""
    while chunk := stream.read(_CHUNK):
        text = rest + chunk
        cut = max(text.rfind(b"<"), 0)
        corners.take(text[:cut])
        rest = text[cut:]
        if len(rest) > 4 * _CHUNK:
            raise _bomb(path)
    corners.take(rest)
    if corners.area > limits.SHEET_CELLS:
        raise BadInput(
            "sheet-too-large",
            f"{shown(path)} has a sheet with cells too far apart or too many: export it as CSV.",
            shown(path),
        )


class _Corners:
    """How far the cells of one part reach, tag after whole tag."""

    def __init__(self, path: Path, *, strict: bool) -> None:
        self._path = path
        self._strict = strict
        self._last_row = self._last_column = self._rows = self._row_cells = self._widest = 0

    @property
    def area(self) -> int:
        """The cells between A1 and the last row and column."""
        return max(self._last_row, self._rows) * max(self._last_column, self._widest, self._row_cells, 1)

    def take(self, text: bytes) -> None:
        """Measure some whole tags. Raises BadInput for places that are not places."""
        if self._strict and b"\0" in text:
            raise _bomb(self._path)
        references = _REFERENCE.findall(text)
        places = b" ".join(references)
        if references and not _PLACES.fullmatch(places + b" "):
            if self._strict or _SUSPECT.search(places):
                raise _bomb(self._path)
            places = b" ".join(place for place in references if _PLACES.fullmatch(place + b" "))
        self._last_row = max(self._last_row, max(map(int, set(_DIGITS.findall(places))), default=0))
        self._last_column = max(
            self._last_column, max(map(_column, set(_LETTERS.findall(places))), default=0)
        )
        first, *others = _ROW.split(text)
        self._row_cells += len(_CELL.findall(first))
        for segment in others:
            self._widest, self._row_cells = max(self._widest, self._row_cells), len(_CELL.findall(segment))
        self._rows += len(others)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _bomb(path: Path) -> BadInput:
    return BadInput(
        "workbook-too-large",
        f"{shown(path)} unpacks to far more than its size: export it as CSV.",
        shown(path),
    )
