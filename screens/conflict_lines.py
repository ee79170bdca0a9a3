"""The lines of conflicts: a row each, and the three values of one side by side. Data for a width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from casework.conflicts import is_kept
from casework.wording import say_value
from screens.child_story import local_time
from screens.widgets.fitting import fold, short
from screens.widgets.rows import Column, Row
from screens.widgets.text import Cell, Piece, Tone
from storage.queries.named import NO_COLLEAGUE

if TYPE_CHECKING:
    from storage.queries.conflicts import OpenConflict, Said

COLUMNS = (
    Column("Child", least=14),
    Column("Field", least=12),
    Column("Stands", least=14),
    Column("Also said", least=14),
)
SETTLED_COLUMNS = (
    Column("Child", least=14),
    Column("Field", least=12),
    Column("Chosen", least=14),
    Column("Not chosen", least=14),
    Column("Settled by", least=14, drop=1),
    Column("When", len("Mon 23 Nov 2026 09:15"), drop=2),
)
NEW_TEXT = "conflict-text"
"""The form of a new text, by which its draft is kept."""

_MARGIN = 11
_MOST_OF_WHO = 2
"""Lines of who said it, and when."""

_LONG_WORD = 8
"""Cells that the last word of a line may leave free."""

_KEPT, _LEFT = "said", "not chosen"
"""What became of a value that was weighed."""

_CUT = "…"
"""Stands where a value is cut below the list; enter shows all of it."""


@dataclass(frozen=True, slots=True)
class _Side:
    label: str
    words: str
    who: str
    tone: Tone


def value_words(one: OpenConflict, said: Said) -> str:
    """A value as a person says it."""
    if isinstance(said.value, str) and said.value:
        return say_value(one.conflict.record_type, one.conflict.field, said.words)
    return said.words


def who_words(said: Said, room: int = 0) -> str:
    """Who said it, from which schools, when; with `room` for so many cells only, the schools give way."""
    by, when = said.by or NO_COLLEAGUE, local_time(said.at) if said.at else ""
    where = short(said.where, max(12, room - len(by) - len(when) - 4)) if room else said.where
    return ", ".join(filter(None, (by, where, when)))


def row(one: OpenConflict) -> Row:
    """One conflict in the list."""
    cells = (one.name or "the team", one.label, value_words(one, one.stands), value_words(one, one.other))
    return Row(one.id, tuple(short(cell, 60) for cell in cells))


def settled_row(one: OpenConflict, chosen: Said) -> Row:
    """One settled conflict in the list."""
    left = [value_words(one, said) for label, said in _weighed(one, chosen) if label == _LEFT]
    cells = (
        *(one.name or "the team", one.label, value_words(one, chosen)),
        *(" or ".join(left) or "(both are kept)", chosen.by, local_time(chosen.at) if chosen.at else ""),
    )
    return Row(one.id, tuple(short(cell, 60) for cell in cells))


def settled_lines(one: OpenConflict, chosen: Said, width: int, most: int) -> Iterator[Cell]:
    """What was chosen, and each value that was weighed, each with who and when; in `most` lines, as far as
    each value has one.
    """
    yield _head(one)
    room = _room_for_who(width)
    sides = [_Side("chosen", value_words(one, chosen), _settler(chosen, room), Tone.PLAIN)]
    for label, said in _weighed(one, chosen):
        tone = Tone.WARN if label == _LEFT else Tone.PLAIN
        sides.append(_Side(label, value_words(one, said), who_words(said, room), tone))
    yield from _beneath(sides, width, most - 1)


def settled_text(one: OpenConflict, chosen: Said) -> str:
    """Every word of a settled conflict."""
    parts = [
        f"{one.name or 'The team'}: {one.label}",
        f"Chosen ({_settler(chosen)}): {value_words(one, chosen)}",
        *(
            f"{label.capitalize()} ({who_words(said)}): {value_words(one, said)}"
            for label, said in _weighed(one, chosen)
        ),
        f"Before: {value_words(one, one.base)}",
    ]
    return "\n\n".join(parts)


def _settler(chosen: Said, room: int = 0) -> str:
    return f"settled by {who_words(chosen, room)}" if chosen.at else "settled before it came to this laptop"


def _weighed(one: OpenConflict, chosen: Said) -> list[tuple[str, Said]]:
    """Both values, each with what became of it; first what was not chosen."""
    kind, field = one.conflict.record_type, one.conflict.field
    each = [(is_kept(kind, field, said.value, chosen.value), said) for said in (one.stands, one.other)]
    return [(_KEPT if kept else _LEFT, said) for kept, said in sorted(each, key=itemgetter(0))]


def _head(one: OpenConflict) -> Cell:
    kind = one.conflict.record_type.replace("_", " ")
    name = short(one.name or "the team", 40)
    return (Piece(name, Tone.STRONG), Piece(f"  {one.label} ({kind})", Tone.QUIET))


def _room_for_who(width: int) -> int:
    return _MOST_OF_WHO * (width - _MARGIN - _LONG_WORD)


def side_lines(one: OpenConflict, width: int, most: int) -> Iterator[Cell]:
    """Before, what stands and what was also said, each with who and when; in `most` lines, as far as each
    value has one.
    """
    yield _head(one)
    room = _room_for_who(width)
    sides = (
        _Side("before", value_words(one, one.base), "", Tone.QUIET),
        _Side("stands", value_words(one, one.stands), who_words(one.stands, room), Tone.PLAIN),
        _Side("also said", value_words(one, one.other), who_words(one.other, room), Tone.WARN),
    )
    yield from _beneath(sides, width, most - 1)


def _beneath(sides: Sequence[_Side], width: int, most: int) -> Iterator[Cell]:
    """Values one below the other: the long ones are cut, to as many lines each."""
    room = width - _MARGIN
    values = [fold(side.words, room) for side in sides]
    whos = [fold(side.who, room)[:_MOST_OF_WHO] if side.who else [] for side in sides]
    shares = _shares([len(lines) for lines in values], most - sum(map(len, whos)))
    for side, lines, who, share in zip(sides, values, whos, shares, strict=True):
        shown = lines[:share]
        if share < len(lines):
            shown[-1] = short(f"{shown[-1]} {_CUT}", room)
        told = [*(Piece(line, side.tone) for line in shown), *(Piece(line, Tone.QUIET) for line in who)]
        for number, piece in enumerate(told):
            yield (Piece(f"{side.label if number == 0 else '':<{_MARGIN}}", Tone.KEY), piece)


def _shares(wanted: Sequence[int], most: int) -> list[int]:
    """How many of `most` lines each gets: what it wants, the long ones as many each; one at least."""
    shares = [1] * len(wanted)
    left = most - len(wanted)
    while left > 0 and shares != list(wanted):
        least = min(share for share, want in zip(shares, wanted, strict=True) if share < want)
        at = next(n for n, want in enumerate(wanted) if shares[n] == least and least < want)
        shares[at] += 1
        left -= 1
    return shares


def whole_text(one: OpenConflict) -> str:
    """Every word of a conflict."""
    parts = [f"{one.name or 'The team'}: {one.label}", f"Before: {value_words(one, one.base)}"]
    for label, said in (("Stands", one.stands), ("Also said", one.other)):
        parts.append(f"{label} ({who_words(said)}): {value_words(one, said)}")
    return "\n\n".join(parts)
