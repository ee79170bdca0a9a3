"""Text files as rows: encoding, delimiter and a reader that streams."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from casework.errors import BadInput
from storage.intake import limits
from storage.intake.limits import shown

_CHUNK = limits.MEGABYTE
_UTF8_BOM = codecs.BOM_UTF8
_UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Rows(Protocol):
    """Rows of text cells, one after another, that know their line in the file (from 1)."""

    @property
    def line_num(self) -> int:
        """The line on which the last row ended."""

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...

    def close(self) -> None:
        """Let go of the file."""

    def progress(self) -> float:
        """The part of the file that has been read, 0 to 1."""


class SheetRows:
    """Rows that are already apart, as a workbook gives them."""

    def __init__(self, rows: Iterator[list[str]], total: int) -> None:
        self._rows = rows
        self._total = max(total, 1)
        self.line_num = 0

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        row = next(self._rows)
        self.line_num += 1
        return row

    def close(self) -> None:
        """Nothing is held open."""

    def progress(self) -> float:
        """The part of the rows that has been read."""
        return min(1.0, self.line_num / self._total)


class TextRows:
    """Rows of a delimited text file, streamed.

    A cell longer than the csv module's limit, which a quotation mark left open makes, raises ``csv.Error``
    for its own row only: reading can go on with the next line.
    """

    def __init__(self, path: Path, encoding: str, delimiter: str) -> None:
        self._binary: BinaryIO = path.open("rb")
        self._size = max(path.stat().st_size, 1)
        # Undecodable bytes become U+FFFD, so that only their own rows are set aside.
        self._text = io.TextIOWrapper(
            self._binary, encoding=_CODECS.get(encoding, encoding), errors="replace", newline=""
        )
        self._reader = csv.reader(self._text, delimiter=delimiter)
        self.next_row: Callable[[], list[str]] = self._reader.__next__

    @property
    def line_num(self) -> int:
        """The line on which the last row ended."""
        return self._reader.line_num

    @property
    def reader(self) -> Iterator[list[str]]:
        """The csv reader itself, for loops that cannot spare a call per row."""
        return self._reader

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        return self.next_row()

    def close(self) -> None:
        """Let go of the file."""
        self._text.close()

    def progress(self) -> float:
        """The part of the file's bytes that has been taken in."""
        return 1.0 if self._binary.closed else min(1.0, self._binary.tell() / self._size)


_CODECS = {"windows-1252": "cp1252"}


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What one quick pass over a text file's bytes tells."""

    encoding: str
    undecodable: int
    head: str


def look_at_text(path: Path, encoding: str = "") -> TextFacts:
    """The encoding of a text file and its head.

    UTF-8 (with or without BOM) when all of it decodes, UTF-16 by its BOM, else Windows-1252, as older
    exports are. Where a file is plainly UTF-8 with a few damaged bytes it stays UTF-8. Raises BadInput for
    a line longer than the limit, or a file that is not text.
    """
    with path.open("rb") as stream:
        head = stream.read(limits.HEAD_BYTES)
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")):
        raise _not_text(path)
    found = encoding or _by_bom(head)
    if found == "utf-16":
        if not head.startswith(_UTF16_BOMS):
            raise BadInput(
                "encoding",
                f"{shown(path)} does not begin like UTF-16: check the mapping's encoding.",
                shown(path),
            )
    elif head.count(b"\0") > len(head) // 10:
        raise _not_text(path)
    whole, damaged = _survey(path, found)
    undecodable = 0
    if not found:
        found = "utf-8" if whole else "windows-1252"
        if not whole and damaged is not None:
            found, undecodable = "utf-8", damaged
    text = codecs.getincrementaldecoder(_CODECS.get(found, found))("replace").decode(head)
    return TextFacts(found, undecodable, text.removeprefix("\ufeff"))


def _not_text(path: Path) -> BadInput:
    return BadInput(
        "not-a-register",
        f"{shown(path)} is not a register: export it as CSV, XLSX or a Common Transfer File.",
        shown(path),
    )


def _by_bom(head: bytes) -> str:
    if head.startswith(_UTF8_BOM):
        return "utf-8-sig"
    return "utf-16" if head.startswith(_UTF16_BOMS) else ""


def _survey(path: Path, encoding: str) -> tuple[bool, int | None]:
    """Whether all of a file decodes as UTF-8; else the count of bad places if it is UTF-8 all the same."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    whole = True
    since_line_end = 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            at = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
            since_line_end = since_line_end + len(chunk) if at < 0 else len(chunk) - at
            if since_line_end > limits.LINE_BYTES:
                raise BadInput(
                    "line-too-long",
                    f"{shown(path)} has a line longer than {limits.LINE_BYTES // limits.MEGABYTE} MB: "
                    "export it again as CSV.",
                    shown(path),
                )
            if whole and not encoding:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    whole = False
        if whole and not encoding:
            try:
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                whole = False
    if whole or encoding:
        return True, None
    return False, _damaged_utf8(path)


def _damaged_utf8(path: Path) -> int | None:
    """How many places do not decode, when whole multi-byte characters outnumber them by far; else None."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    bad = good = 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            text = decoder.decode(chunk)
            if not text.isascii():
                broken = text.count("\ufffd")
                bad += broken
                good += sum(c > "\x7f" for c in text) - broken
    return bad if good > 3 * bad else None


def candidate_delimiters(head: str) -> list[str]:
    """The delimiters worth trying on a head, the most frequent first."""
    counts = {mark: head.count(mark) for mark in (",", ";", "\t", "|")}
    return sorted((mark for mark, count in counts.items() if count), key=lambda mark: -counts[mark])


def sniffed_delimiter(head: str) -> str:
    """The delimiter that clevercsv finds in a head, or empty text."""
    import clevercsv

    try:
        dialect = clevercsv.Sniffer().sniff(head[:20_000])
    except Exception:  # noqa: BLE001 - a third party's guess over hostile text: any fault means "no guess"
        return ""
    found = dialect.delimiter if dialect else ""
    return found if isinstance(found, str) and len(found) == 1 and found.isprintable() else ""


def head_rows(head: str, delimiter: str, most: int = limits.HEAD_ROWS) -> list[tuple[int, list[str]]]:
    """The first rows of a head with their line numbers; a row that the head cuts off is left out."""
    rows: list[tuple[int, list[str]]] = []
    cut = head.rfind("\n") if len(head) > limits.HEAD_BYTES // 8 else -1
    reader = csv.reader(io.StringIO(head[: cut + 1] if cut > 0 else head, newline=""), delimiter=delimiter)
    while len(rows) < most:
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error:
            continue
        rows.append((reader.line_num, row))
    return rows
