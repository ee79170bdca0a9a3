"""A child's marks as letters with colour by class: the letter alone already says which code it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from casework.codes import NO_MARK, CodeClass, lookup
from screens.widgets.text import Cell, Piece, Tone, show_lines

Classify = Callable[[str, date], CodeClass | None]
"""A code on a date, to its statistical class; None where it is no code."""

TONES: dict[CodeClass, Tone] = {
    CodeClass.PRESENT: Tone.PRESENT,
    CodeClass.AEA: Tone.ACTIVITY,
    CodeClass.AUTHORISED: Tone.AUTHORISED,
    CodeClass.UNAUTHORISED: Tone.UNAUTHORISED,
    CodeClass.NOT_POSSIBLE: Tone.NOT_POSSIBLE,
    CodeClass.NOT_COLLECTED: Tone.NOT_POSSIBLE,
}

_LABEL = 4
_WEEK = 11  # five days of two cells, and a gap
_DAYS = 5


def class_of(code: str, on: date) -> CodeClass | None:
    """The statistical class of a code on a date."""
    found = lookup(code, on)
    return found.kind if found else None


def tone_of(code: str, on: date, classify: Classify = class_of) -> Tone:
    """How a mark is drawn; a mark that is missing or no code stands out as missing."""
    kind = None if code == NO_MARK else classify(code, on)
    return Tone.MISSING if kind is None else TONES[kind]


def strip_lines(
    weeks: Sequence[tuple[date, str]],
    width: int,
    *,
    today: date | None = None,
    classify: Classify = class_of,
) -> list[Cell]:
    """Three lines (week, AM, PM) of as many of the latest weeks as `width` holds, oldest at the left.

    A week is its Monday and its ten slots as one string (`/ \\ N N - - / \\ C2 C2`). A slot without a mark
    after `today` is blank: it is not missing yet.
    """
    fit = max(1, (width - _LABEL) // _WEEK)
    head: list[Piece] = [Piece(" " * _LABEL)]
    rows: tuple[list[Piece], list[Piece]] = (
        [Piece("AM  ", Tone.QUIET)],
        [Piece("PM  ", Tone.QUIET)],
    )
    for monday, marks in sorted(weeks)[-fit:]:
        slots = marks.split()
        head.append(Piece(f"{monday:%d %b}".ljust(_WEEK), Tone.QUIET))
        for day in range(_DAYS):
            on = monday + timedelta(days=day)
            for session, row in enumerate(rows):
                place = 2 * day + session
                code = slots[place] if place < len(slots) else NO_MARK
                if code == NO_MARK and today is not None and on > today:
                    row.append(Piece("  "))
                    continue
                row.append(Piece(code[:2], tone_of(code, on, classify)))
                row.append(Piece(" " * (2 - len(code[:2]))))
        for row in rows:
            row.append(Piece(" "))
    return [tuple(head), tuple(rows[0]), tuple(rows[1])]


class MarksStrip(Static):
    """The latest weeks of marks, side by side: dates above, AM and PM below, as many as fit."""

    DEFAULT_CSS = """
    MarksStrip { height: 3; width: 1fr; }
    """

    def __init__(self, *, id: str | None = None, classify: Classify = class_of) -> None:  # noqa: A002
        super().__init__(Content(), markup=False, id=id)
        self._classify = classify
        self._weeks: Sequence[tuple[date, str]] = ()
        self._today: date | None = None

    def set_weeks(self, weeks: Sequence[tuple[date, str]], today: date | None = None) -> None:
        """Show these weeks, as (Monday, ten slots)."""
        self._weeks, self._today = weeks, today
        self._draw()

    def on_resize(self, _event: Resize) -> None:
        """More or fewer weeks fit now."""
        self._draw()

    def _draw(self) -> None:
        lines = strip_lines(self._weeks, self.size.width, today=self._today, classify=self._classify)
        self.update(show_lines(lines))
