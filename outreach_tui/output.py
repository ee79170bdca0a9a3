"""What the plain commands print: one JSON document, or aligned lines without box drawing.

Every value of data passes `clean` on its way to text, and JSON escapes whatever a terminal could act on, so
that a name is never markup and never terminal control. Diagnostics go to stderr, data to stdout.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from casework.text import clean
from outreach_tui.streams import write

_GAP = "  "
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
_NARROWEST = 8


def to_json(value: Any) -> str:
    """`value` as JSON text; dates are ISO text, and no character in it can steer a terminal."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=_jsonable)
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c == "\n" or c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _jsonable(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def emit_json(value: Any) -> None:
    """Print one JSON document on stdout; in ASCII where stdout has another encoding than that of JSON."""
    text = to_json(value)
    if not _is_utf8(sys.stdout.encoding) and not text.isascii():
        text = "".join(c if c.isascii() else _escaped(c) for c in text)
    write(sys.stdout, text + "\n")


def _is_utf8(encoding: str | None) -> bool:
    return (encoding or "").lower().replace("_", "-") in {"utf-8", "utf8"}


def emit_lines(lines: Iterable[str]) -> None:
    """Print lines on stdout; each is cleaned."""
    write(sys.stdout, "".join(f"{clean(line)}\n" for line in lines))


def warn(sentence: str) -> None:
    """Say one sentence on stderr."""
    write(sys.stderr, clean(sentence) + "\n")


@contextmanager
def working(at: str) -> Iterator[Callable[[str], None]]:
    """Say on a terminal what a long job is at, by the function given; the line is gone when the job ends.

    Where stderr is no terminal nothing is said.
    """
    live = sys.stderr.isatty()
    width = 0

    def say(now_at: str) -> None:
        nonlocal width
        width = max(width, display_width(now_at))
        if live:
            write(sys.stderr, "\r" + clean(now_at).ljust(width))

    say(at)
    try:
        yield say
    finally:
        if live:
            write(sys.stderr, "\r" + " " * width + "\r")


def emit_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    fancy: bool = False,
    notes: Sequence[str] = (),
) -> None:
    """Print aligned columns on stdout; the last column is never padded.

    `fancy` (a terminal, no `--plain`) makes the headings bold and cuts lines to the terminal's width.
    `notes`, one for each row, are printed whole below their row, broken between words.
    """
    table = [[_cell(value) for value in row] for row in rows]
    widths = [display_width(heading) for heading in headings]
    for row in table:
        widths = [max(width, display_width(cell)) for width, cell in zip(widths, row, strict=True)]
    room = _columns() if fancy else 0
    head = _aligned(list(headings), widths, room)
    lines = [f"{_BOLD}{head}{_PLAIN}" if fancy and _coloured() else head]
    for number, row in enumerate(table):
        lines.append(_aligned(row, widths, room))
        lines += _wrapped(notes[number], room) if notes else []
    write(sys.stdout, "".join(line + "\n" for line in lines))


def emit_pairs(pairs: Iterable[tuple[str, object]]) -> None:
    """Print `label: value` lines on stdout, the values aligned; further lines of a value are indented."""
    held = [(clean(label), _prose(value)) for label, value in pairs]
    width = max((display_width(label) for label, _ in held), default=0) + 1
    lines = []
    for label, (first, *more) in held:
        lines.append(f"{label}:{' ' * (width - display_width(label))}{first}".rstrip())
        lines += [f"{' ' * (width + 1)}{line}".rstrip() for line in more]
    write(sys.stdout, "".join(line + "\n" for line in lines))


def display_width(text: str) -> int:
    """How many cells of a terminal `text` takes: wide letters two, combining marks none."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) or c in "\u200c\u200d" else 1 + (east_asian_width(c) in "WF") for c in text)


def is_fancy(*, plain: bool) -> bool:
    """Whether stdout is a terminal that may be dressed up."""
    return not plain and sys.stdout.isatty() and os.environ.get("TERM", "").lower() not in {"dumb", "unknown"}


def _wrapped(note: str, room: int) -> list[str]:
    from textwrap import wrap

    indent = " " * 4
    width = max(room - 1, 5 * _NARROWEST)
    return wrap(_cell(note), width, initial_indent=indent, subsequent_indent=indent)


def _coloured() -> bool:
    return not os.environ.get("NO_COLOR")


def _columns() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def _cell(value: object) -> str:
    if value is None:
        return ""
    return clean(value if isinstance(value, str) else str(value)).strip()


def _prose(value: object) -> list[str]:
    if value is None:
        return [""]
    return clean(str(value), limit=100_000, newlines=True).split("\n")


def _aligned(cells: Sequence[str], widths: Sequence[int], room: int) -> str:
    padded = [cell + " " * (width - display_width(cell)) for cell, width in zip(cells, widths, strict=True)]
    line = _GAP.join(padded).rstrip()
    if room < _NARROWEST or display_width(line) <= room:
        return line
    while line and display_width(line) > room - 1:
        line = line[:-1]
    return line + "…"
