"""A child's marks as letters with colour by class: the letter alone already says which code it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from casework.codes import NO_MARK, CodeClass, shown_code
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
_SLOTS = 10


def class_of(code: str, on: date) -> CodeClass | None:
    """The statistical class of a code as it is shown on a date."""
    found = shown_code(code, on)
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
    head: list[Piece] = [Piece(" " * _LABEL)]
    am: list[Piece] = [Piece("AM".ljust(_LABEL), Tone.QUIET)]
    pm: list[Piece] = [Piece("PM".ljust(_LABEL), Tone.QUIET)]
    room = width - _LABEL
    shown: list[tuple[date, list[tuple[str, str]]]] = []
    for monday, marks in sorted(weeks, reverse=True):
        days = _days(monday, marks, today)
        room -= _width(days)
        if room < 0 and shown:
            break
        shown.insert(0, (monday, days))
    for monday, days in shown:
        head.append(Piece(f"{monday:%d %b}".ljust(_width(days)), Tone.QUIET))
        for offset, day in enumerate(days):
            on = monday + timedelta(days=offset)
            cell = max(map(len, day)) + 1
            for code, row in zip(day, (am, pm), strict=True):
                row.append(Piece(code, Tone.PLAIN if code == " " else tone_of(code, on, classify)))
                row.append(Piece(" " * (cell - len(code))))
        for row in (am, pm):
            row.append(Piece(" "))
    return [tuple(head), tuple(am), tuple(pm)]


def _days(monday: date, marks: str, today: date | None) -> list[tuple[str, str]]:
    """The five days of a week as (AM, PM), blank where the day has yet to come."""
    slots = [slot[:2] for slot in marks.split()][:_SLOTS]
    slots += [NO_MARK] * (_SLOTS - len(slots))
    days = []
    for offset in range(_SLOTS // 2):
        to_come = today is not None and monday + timedelta(days=offset) > today
        am, pm = (" " if to_come and code == NO_MARK else code for code in slots[2 * offset : 2 * offset + 2])
        days.append((am, pm))
    return days


def _width(days: list[tuple[str, str]]) -> int:
    """Cells of a week: each day as wide as its longer code and a space, then a space."""
    return sum(max(map(len, day)) + 1 for day in days) + 1


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
