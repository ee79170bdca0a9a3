"""Text made to fit: folded to a width, cut to one line, a date in few cells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from rich.cells import cell_len, set_cell_size

from casework.text import clean
from casework.wording import say_day
from screens.widgets.text import Cell, Piece, Tone


def plain(text: str, width: int, *, tone: Tone = Tone.PLAIN, indent: int = 2) -> list[Cell]:
    """Text folded to `width` cells, each line after `indent` spaces, in one tone."""
    room = max(10, width - indent)
    return [Piece(" " * indent + line, tone) for line in fold(text, room)]


def ruled(title: str, width: int) -> Cell:
    """A heading with a rule to the end of the line."""
    words = f"{title} "
    return (Piece(words, Tone.STRONG), Piece("─" * max(0, width - cell_len(words)), Tone.QUIET))


def labelled(
    label: str, words: str, width: int, tone: Tone = Tone.PLAIN, *, margin: int = 10, most: int = 8
) -> Iterator[Cell]:
    """A label at the left and at most so many lines of words folded beside it."""
    lines = plain(words, width, tone=tone, indent=margin + 2)[:most]
    for number, line in enumerate(lines):
        piece = line if isinstance(line, Piece) else Piece(str(line))
        sign = f"  {label:<{margin}}" if number == 0 else " " * (margin + 2)
        yield (Piece(sign, Tone.QUIET), Piece(piece.text[margin + 2 :], piece.tone))


def fold(text: str, width: int) -> list[str]:
    """Text in lines of at most `width` cells: broken between words, else within one. Keeps line breaks."""
    lines: list[str] = []
    for part in clean(text, limit=100_000, newlines=True).split("\n"):
        lines += _fold_line(part, width)
    return lines


def _fold_line(text: str, width: int) -> Iterator[str]:
    line, used = "", 0
    # Clean ASCII takes a cell for each character, which is quicker known than looked up.
    cells = len if text.isascii() else cell_len
    for word in text.split():
        size = cells(word)
        if line and used + 1 + size > width:
            yield line
            line, used = "", 0
        while size > width:
            head = _cut(word, width)
            yield head
            word = word[len(head) :]  # noqa: PLW2901 (the rest of a word longer than a line)
            size = cells(word)
        line, used = (f"{line} {word}", used + 1 + size) if line else (word, size)
    if line or not text.strip():
        yield line


def _cut(word: str, width: int) -> str:
    """The longest beginning of a word that fits in `width` cells, one character at least."""
    low, high = 1, min(len(word), max(1, 4 * width))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if cell_len(word[:middle]) <= width else (low, middle - 1)
    return word[:low]


def short(text: str, cells: int) -> str:
    """One line of at most so many cells, with an ellipsis where it was cut."""
    flat = clean(text, limit=2_000)
    used = len(flat) if flat.isascii() else cell_len(flat)
    return flat if used <= cells else set_cell_size(flat, cells - 1).rstrip() + "…"


def brief_day(day: date) -> str:
    """A date in few cells: `Fri 20 Nov`."""
    return " ".join(say_day(day).split()[:3])
