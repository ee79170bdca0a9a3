"""How large an incoming file may be, so that a hostile one is refused before it is read.

A register of 1,000,000 marks as a long CSV is about 60 MB and is streamed; a workbook or an XML file is
held whole, so its limit is lower. Zip members are measured before anything is unpacked (OWASP ASVS 5.2.3).
"""

from __future__ import annotations

import stat
from pathlib import Path

from casework.errors import BadInput
from casework.text import safe

MEGABYTE = 1024 * 1024

CSV_BYTES = 512 * MEGABYTE
"""Largest text register; it is streamed, so this bounds time and not memory."""

XML_BYTES = 50 * MEGABYTE
"""Largest CTF: about 30,000 children with contacts."""

XLSX_BYTES = 50 * MEGABYTE
"""Largest workbook as it lies on the disk."""

XLSX_UNPACKED_BYTES = 256 * MEGABYTE
"""Largest sum of a workbook's parts once unpacked."""

XLSX_RATIO = 100
"""Largest growth of one part of a workbook while unpacking."""

XLSX_PARTS = 2_000
"""Most parts in one workbook."""

SHEET_CELLS = 2_000_000
"""Most cells between a sheet's corners: the reader sets aside memory for all of them, empty or not."""

COLUMNS = 800
"""Most columns of a table: a school year of 195 days with AM and PM apart is 390, names aside."""

HEAD_BYTES = 256 * 1024
"""How much of a text file is looked at to find its shape."""

HEAD_ROWS = 60
"""How many rows may stand above the header row."""

LINE_BYTES = MEGABYTE
"""Longest line of a text file."""

PUPILS = 100_000
"""Most children in one file."""

REJECTED_KEPT = 10_000
"""How many refused cells of one file are listed; the rest are only counted."""

CALENDAR_BYTES = 2 * MEGABYTE
"""Largest school calendar."""

CALENDAR_ROWS = 5_000
"""Most terms, INSET days and closures in one school calendar."""

NAME = 100
"""Longest name, in characters."""

SHORT = 40
"""Longest registration group, year, admission number or similar."""

COMMENT = 1_000
"""Longest comment on a mark, in characters."""


def shown(path: Path) -> str:
    """A file's name, fit for a message: a name can hold terminal control too."""
    return safe(path.name or str(path), 80)


def check_file(path: Path, most: int) -> int:
    """The size in bytes of a plain file that is not larger than ``most``.

    Raises BadInput for a missing file, a folder or a device, an empty file, or one that is too large.
    """
    try:
        facts = path.stat()
    except (OSError, ValueError) as fault:
        raise BadInput(
            "no-such-file", f"{shown(path)} cannot be opened: check the name.", shown(path)
        ) from fault
    if not stat.S_ISREG(facts.st_mode):
        raise BadInput(
            "not-a-file", f"{shown(path)} is not a plain file: choose an export file.", shown(path)
        )
    if facts.st_size == 0:
        raise BadInput("empty-file", f"{shown(path)} is empty: export it again.", shown(path))
    if facts.st_size > most:
        raise BadInput(
            "file-too-large",
            f"{shown(path)} is larger than {most // MEGABYTE} MB: export a shorter period.",
            shown(path),
        )
    return facts.st_size
