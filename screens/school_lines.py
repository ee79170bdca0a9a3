"""How a school is painted: its row in the list, and who is who and its days in the pane below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from casework.wording import count_of, say_day
from screens.widgets.fitting import fold, short
from screens.widgets.rows import Column, Row
from screens.widgets.text import Cell, Piece, Tone
from storage.queries.school_list import ShownSchool

COLUMNS: Sequence[Column] = (
    Column("School", least=22),
    Column("Children", 9, right=True),
    Column("Today", 18),
    Column("Point of contact", least=16),
)

_TONES = {"open": Tone.GOOD, "inset": Tone.WARN, "closure": Tone.WARN}
_LABEL = 24


def school_rows(schools: Sequence[ShownSchool]) -> list[Row]:
    """One row for each school."""
    return [Row(one.school.id, _cells(one), quiet=not one.children) for one in schools]


def _cells(one: ShownSchool) -> tuple[Cell, ...]:
    return (
        short(one.school.name, 60),
        f"{one.children:,}",
        Piece(short(one.day.words, 40), _TONES.get(one.day.kind, Tone.QUIET)),
        short(one.school.spoc, 60) or Piece("not named", Tone.QUIET),
    )


def detail_lines(one: ShownSchool, today: date, width: int, *, unfinished: bool) -> list[Cell]:
    """Who is who and how to reach them, the children, and the days."""
    held = one.school
    lines: list[Cell] = [
        (Piece(short(held.name, max(20, width - 20)), Tone.STRONG), Piece(f"  URN {held.urn}", Tone.QUIET))
    ]
    if unfinished:
        lines.append(Piece("A draft of these contacts waits: E goes on with it.", Tone.WARN))
    lines += _field("Point of contact", reach_words(held.spoc, held.spoc_reach), width)
    lines += _field("School Liaison Officer", reach_words(held.liaison, held.liaison_reach), width)
    mine = f", {one.own:,} of them your own cases" if one.own else ""
    lines += _field("Children", f"{count_of(one.children, 'child', 'children')} on this laptop{mine}", width)
    lines += _field(f"Today, {say_day(today)}", one.day.words, width)
    if one.day.next_day is not None:
        lines += _field("Next school day", say_day(one.day.next_day), width)
    elif one.last_day is not None:
        lines += _field("Next school day", f"not known: the calendar ends on {say_day(one.last_day)}", width)
    return lines


def reach_words(name: str, reach: str) -> str:
    """Who it is and how to reach them, or that nobody is named."""
    return " · ".join(part for part in (short(name, 120), short(reach, 200)) if part) or "not named"


def _field(label: str, words: str, width: int) -> Iterator[Cell]:
    for number, line in enumerate(fold(words, max(20, width - _LABEL - 2))):
        head = f"{label if number == 0 else '':<{_LABEL}} "
        tone = Tone.QUIET if words == "not named" else Tone.PLAIN
        yield (Piece(head, Tone.QUIET), Piece(line, tone))
