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

_REFERENCE = re.compile(rb"""(?<![\w:.-])r\s*=\s*["']([^"']*)["']""")
_PLACE = re.compile(rb"([A-Za-z]{0,3})([0-9]{1,7})")
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
        self.sheets: list[str] = list(self._book.sheet_names)
        if not self.sheets:
            raise BadInput("no-sheet", f"{path.name} has no sheet: export it again.", path.name)

    def _guarded(self, step: Any) -> Any:
        try:
            return step()
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as fault:  # the reader's own panics are no Exception
            raise BadInput(
                "workbook-unreadable",
                f"{self._path.name} cannot be read as a workbook: save it again as XLSX or CSV.",
                self._path.name,
            ) from fault

    def rows(self, sheet: str) -> tuple[Iterator[list[str]], int]:
        """The rows of a sheet as text, from its line 1, and how many there are."""
        found = self._guarded(lambda: self._book.get_sheet_by_name(sheet))
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
                    f"{path.name} is not an XLSX workbook: save it as XLSX or CSV.",
                    path.name,
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
                        f"{path.name} is protected by a password: save it without one.",
                        path.name,
                    )
                _check_part(path, parts, member)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError, RuntimeError) as fault:
        raise BadInput(
            "workbook-unreadable",
            f"{path.name} is damaged: save it again as XLSX or CSV.",
            path.name,
        ) from fault
    except zipfile.zlib.error as fault:  # type: ignore[attr-defined]
        raise BadInput(
            "workbook-unreadable", f"{path.name} is damaged: save it again as XLSX or CSV.", path.name
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
    rest = b""
    last_row = last_column = rows = row_cells = widest = cells = 0
    while chunk := stream.read(_CHUNK):
        text = rest + chunk
        cut = text.rfind(b"<")
        whole, rest = (text[:cut], text[cut:]) if cut > 0 else (b"", text)
        if len(rest) > 4 * _CHUNK or (strict and b"\0" in whole):
            raise _bomb(path)
        for reference in set(_REFERENCE.findall(whole)):
            place = _PLACE.fullmatch(reference)
            if place is not None:
                last_row = max(last_row, int(place[2]))
                last_column = max(last_column, _column(place[1]))
            elif strict or _SUSPECT.search(reference):
                raise _bomb(path)
        first, *others = _ROW.split(whole)
        row_cells += len(_CELL.findall(first))
        for segment in others:
            widest, row_cells = max(widest, row_cells), len(_CELL.findall(segment))
        rows += len(others)
        cells += whole.count(b"<c") + whole.count(b":c")
    height, width = max(last_row, rows), max(last_column, widest, row_cells, 1)
    if height * width > limits.SHEET_CELLS or cells > 2 * limits.SHEET_CELLS:
        raise BadInput(
            "sheet-too-large",
            f"{path.name} has a sheet with cells too far apart or too many: export it as CSV.",
            path.name,
        )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _bomb(path: Path) -> BadInput:
    return BadInput(
        "workbook-too-large",
        f"{path.name} unpacks to far more than its size: export it as CSV.",
        path.name,
    )
