"""A school year on seven lines: one sign for each day, colour on top."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from textual.content import Content
from textual.widgets import Static

from casework.codes import NO_MARK, CodeClass
from screens.widgets.marks_strip import Classify, class_of
from screens.widgets.text import Cell, Piece, Tone, show_lines

_DAY_NAMES = ("Mon ", "Tue ", "Wed ", "Thu ", "Fri ")

PRESENT = Piece("·", Tone.PRESENT)
MISSING = Piece("?", Tone.MISSING)
CLOSED = Piece(" ")
NOT_POSSIBLE = Piece("-", Tone.NOT_POSSIBLE)
HALF_AUTHORISED = Piece("a", Tone.AUTHORISED)
FULL_AUTHORISED = Piece("A", Tone.AUTHORISED)
HALF_UNAUTHORISED = Piece("u", Tone.UNAUTHORISED)
FULL_UNAUTHORISED = Piece("U", Tone.UNAUTHORISED)

LEGEND: tuple[Piece, ...] = (
    Piece("    "),
    PRESENT,
    Piece(" in "),
    Piece("a A", Tone.AUTHORISED),
    Piece(" authorised (half, whole) "),
    Piece("u U", Tone.UNAUTHORISED),
    Piece(" unauthorised "),
    NOT_POSSIBLE,
    Piece(" not possible "),
    MISSING,
    Piece(" no mark"),
)


def day_sign(am: str, pm: str, on: date, classify: Classify = class_of) -> Piece:
    """One day as one sign. The graver half decides: unauthorised, authorised, missing, in, not possible."""
    halves = [None if code == NO_MARK else classify(code, on) for code in (am, pm)]
    unauthorised = halves.count(CodeClass.UNAUTHORISED)
    authorised = halves.count(CodeClass.AUTHORISED)
    if unauthorised:
        return FULL_UNAUTHORISED if unauthorised + authorised == 2 else HALF_UNAUTHORISED
    if authorised:
        return FULL_AUTHORISED if authorised == 2 else HALF_AUTHORISED
    if am == pm == NO_MARK or None in halves:
        return MISSING
    if CodeClass.PRESENT in halves or CodeClass.AEA in halves:
        return PRESENT
    return CLOSED if set(halves) == {CodeClass.NOT_COLLECTED} else NOT_POSSIBLE


def heat_lines(
    weeks: Sequence[tuple[date, str]],
    *,
    start: date,
    end: date,
    today: date,
    closed: frozenset[date] = frozenset(),
    classify: Classify = class_of,
) -> list[Cell]:
    """Months, five lines of days and a legend; one column for each week from `start` to `end`.

    Weeks are (Monday, ten slots). A week without a record and a closed day are blank.
    """
    known = {monday: marks.split() for monday, marks in weeks}
    monday = start - timedelta(days=start.weekday())
    mondays = [monday + timedelta(days=7 * n) for n in range(max(0, (end - monday).days // 7 + 1))]
    days = [[Piece(name, Tone.QUIET)] for name in _DAY_NAMES]
    for monday in mondays:
        slots = known.get(monday)
        for offset, row in enumerate(days):
            on = monday + timedelta(days=offset)
            if slots is None or on in closed or on > today or len(slots) != 10:
                row.append(CLOSED)
            else:
                row.append(day_sign(slots[2 * offset], slots[2 * offset + 1], on, classify))
    months = " " * len(_DAY_NAMES[0]) + _month_names(mondays)
    return [Piece(months, Tone.QUIET), *(tuple(row) for row in days), LEGEND]


def _month_names(mondays: Sequence[date]) -> str:
    """Each month's name above its first week; a month too short for its name goes without."""
    firsts = [n for n, monday in enumerate(mondays) if n == 0 or monday.month != mondays[n - 1].month]
    line = ""
    for first, following in zip(firsts, [*firsts[1:], len(mondays) + 4], strict=True):
        if following - first >= len("Sep "):
            line = line.ljust(first) + f"{mondays[first]:%b}"
    return line


class HeatMap(Static):
    """The year heat map of one child."""

    DEFAULT_CSS = """
    HeatMap { height: 7; width: 1fr; }
    """

    def __init__(self, *, id: str | None = None, classify: Classify = class_of) -> None:  # noqa: A002
        super().__init__(Content(), markup=False, id=id)
        self._classify = classify

    def set_year(
        self,
        weeks: Sequence[tuple[date, str]],
        *,
        start: date,
        end: date,
        today: date,
        closed: frozenset[date] = frozenset(),
    ) -> None:
        """Show a school year from `start` to `end`."""
        lines = heat_lines(weeks, start=start, end=end, today=today, closed=closed, classify=self._classify)
        self.update(show_lines(lines))
