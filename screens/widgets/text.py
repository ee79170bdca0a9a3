"""The one way by which data reaches a widget: literal, free of control signs, never markup.

Textual reads square brackets in a plain `str` as markup and passes escape signs raw to the terminal
(measured; the security notes, C4). So every widget is given `Content` made here.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from textual.content import Content

from casework.text import clean


class Tone(StrEnum):
    """What a piece of text means. A tone adds weight or colour to words that already say the same."""

    PLAIN = "plain"
    QUIET = "quiet"
    STRONG = "strong"
    ALERT = "alert"
    WARN = "warn"
    GOOD = "good"
    KEY = "key"
    PRESENT = "present"
    ACTIVITY = "activity"
    AUTHORISED = "authorised"
    UNAUTHORISED = "unauthorised"
    NOT_POSSIBLE = "not-possible"
    MISSING = "missing"


# The words beside each colour keep tones apart when NO_COLOR turns the screen grey.
STYLES: dict[Tone, str] = {
    Tone.PLAIN: "",
    Tone.QUIET: "$tone-quiet",
    Tone.STRONG: "bold",
    Tone.ALERT: "bold $tone-alert",
    Tone.WARN: "$tone-warn",
    Tone.GOOD: "$tone-good",
    Tone.KEY: "bold $tone-key",
    Tone.PRESENT: "$tone-quiet",
    Tone.ACTIVITY: "$tone-activity",
    Tone.AUTHORISED: "bold $tone-warn",
    Tone.UNAUTHORISED: "bold underline $tone-alert",
    Tone.NOT_POSSIBLE: "italic $tone-quiet",
    Tone.MISSING: "reverse $tone-quiet",
}


class Piece(NamedTuple):
    """Text with one tone."""

    text: str
    tone: Tone = Tone.PLAIN


Cell = str | Piece | tuple[Piece, ...]
"""What one cell of a list holds: plain data, so that view models know nothing of Textual."""


def show(value: object, tone: Tone = Tone.PLAIN, *, newlines: bool = False) -> Content:
    """`value` as it may be shown: cleaned, literal, in one tone; `newlines` keeps line breaks."""
    return Content.styled(clean(str(value), newlines=newlines), STYLES[tone])


def show_cell(cell: Cell) -> Content:
    """A cell's pieces side by side."""
    if isinstance(cell, str):
        return show(cell)
    if isinstance(cell, Piece):
        return show(cell.text, cell.tone)
    return Content("").join([show(piece.text, piece.tone) for piece in cell])


def show_lines(lines: Iterable[Cell]) -> Content:
    """Cells below each other, one line each."""
    return Content("\n").join([show_cell(line) for line in lines])


def cell_text(cell: Cell) -> str:
    """The words of a cell without their tones."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, Piece):
        return cell.text
    return "".join(piece.text for piece in cell)
