"""The lines of conflicts: a row each, and the three values of one side by side. Data for a width."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import TYPE_CHECKING

from casework.conflicts import is_kept
from casework.wording import say_value
from screens.child_story import local_time
from screens.widgets.fitting import plain, short
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

_MOST = 3
"""Lines of one value below the list; enter shows all of it."""


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


def settled_lines(one: OpenConflict, chosen: Said, width: int) -> Iterator[Cell]:
    """What was chosen, and each value that was weighed, each with who and when."""
    yield _head(one)
    room = _room_for_who(width)
    yield from _side("chosen", value_words(one, chosen), _settler(chosen, room), width, Tone.PLAIN)
    for label, said in _weighed(one, chosen):
        tone = Tone.WARN if label == _LEFT else Tone.PLAIN
        yield from _side(label, value_words(one, said), who_words(said, room), width, tone)


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


def side_lines(one: OpenConflict, width: int) -> Iterator[Cell]:
    """Before, what stands and what was also said, each with who and when."""
    yield _head(one)
    yield from _side("before", value_words(one, one.base), "", width, Tone.QUIET)
    room = _room_for_who(width)
    stands, other = who_words(one.stands, room), who_words(one.other, room)
    yield from _side("stands", value_words(one, one.stands), stands, width, Tone.PLAIN)
    yield from _side("also said", value_words(one, one.other), other, width, Tone.WARN)


def _side(label: str, words: str, who: str, width: int, tone: Tone) -> Iterator[Cell]:
    lines = plain(words, width - _MARGIN, tone=tone, indent=0)[:_MOST]
    if who:
        lines += plain(who, width - _MARGIN, tone=Tone.QUIET, indent=0)[:_MOST_OF_WHO]
    for number, line in enumerate(lines):
        sign = Piece(f"{label if number == 0 else '':<{_MARGIN}}", Tone.KEY)
        yield (sign, line if isinstance(line, Piece) else Piece(str(line)))


def whole_text(one: OpenConflict) -> str:
    """Every word of a conflict."""
    parts = [f"{one.name or 'The team'}: {one.label}", f"Before: {value_words(one, one.base)}"]
    for label, said in (("Stands", one.stands), ("Also said", one.other)):
        parts.append(f"{label} ({who_words(said)}): {value_words(one, said)}")
    return "\n\n".join(parts)
