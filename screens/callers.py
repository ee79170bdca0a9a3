"""Who to call about a child, in contact order: the lines below a list, and the letters that count people."""

from __future__ import annotations

from collections.abc import Collection
from string import ascii_lowercase

from casework.relationships import say_relationship
from screens.roster_lines import group_words
from screens.widgets.fitting import fold, short
from screens.widgets.text import Cell, Piece, Tone
from storage.queries.lookup import display_name
from storage.queries.reach import Caller, Reach

FIRST_CALLERS = 3
"""Adults shown before the reasons; the others follow them."""

_MOST_CALLERS = 8


def letter(number: int) -> str:
    """The sign of a person, counted from 0 in contact order: a letter, for a digit is a key."""
    return f"{ascii_lowercase[number]})" if number < len(ascii_lowercase) else "+)"


def first_callers(reach: Reach, width: int) -> list[Cell]:
    """The first people to call, in contact order."""
    if reach.withheld:
        return [Piece(line, Tone.QUIET) for line in fold(f"People withheld: {reach.withheld}", width)]
    if not reach.callers:
        return [Piece("No one to call is on record; ask the school.", Tone.WARN)]
    return [
        line
        for number, caller in enumerate(reach.callers[:FIRST_CALLERS], start=1)
        for line in _caller(number, caller, width)
    ]


def other_people(reach: Reach, on_list: Collection[str], width: int) -> list[Cell]:
    """The siblings, and the adults after the first."""
    lines: list[Cell] = []
    for sibling in reach.siblings:
        here = "also on this list" if sibling.id in on_list else "not on this list"
        words = f" {group_words(sibling)}, {here}"
        lines.append((Piece("Sibling: "), Piece(short(display_name(sibling), 40)), Piece(words, Tone.QUIET)))
    for number, caller in enumerate(reach.callers[FIRST_CALLERS:_MOST_CALLERS], start=FIRST_CALLERS + 1):
        lines += _caller(number, caller, width)
    if len(reach.callers) > _MOST_CALLERS:
        lines.append(Piece(f"{len(reach.callers) - _MOST_CALLERS} more people: p shows them", Tone.QUIET))
    return lines


def _caller(number: int, caller: Caller, width: int) -> list[Cell]:
    kind = f" ({short(say_relationship(caller.kind), 20)})" if caller.kind else ""
    head = [Piece(f"{letter(number - 1)} ", Tone.QUIET), Piece(short(caller.name, 34) + kind + "  ")]
    if caller.do_not_contact:
        return [(*head, Piece("DO NOT CONTACT", Tone.ALERT))]
    phones = ", ".join(short(phone, 20) for phone in caller.phones[:4])
    head.append(Piece(phones or "no phone on record", Tone.STRONG if phones else Tone.WARN))
    more = []
    if caller.responsibility == "no":
        more.append("no parental responsibility")
    if caller.interpreter:
        more.append(
            "interpreter" + (f": {short(caller.interpreter, 20)}" if caller.interpreter != "yes" else "")
        )
    lines: list[Cell] = [tuple(head)]
    if more:
        lines.append(Piece("  " + ", ".join(more), Tone.WARN))
    if caller.note:
        lines += [Piece(f"  {line}", Tone.QUIET) for line in fold(caller.note, width - 2)[:2]]
    return lines
