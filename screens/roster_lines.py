"""Words and letters that Today and Caseload share: marks, flags, ties of siblings, reasons, people."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta

from casework.codes import NO_MARK
from casework.records import Child
from casework.relationships import say_relationship
from casework.triage import Why as Reason
from casework.weeks import unpack
from casework.wording import say_day
from screens.widgets.fitting import brief_day, fold, short
from screens.widgets.marks_strip import tone_of
from screens.widgets.text import Cell, Piece, Tone
from storage.queries.lookup import display_name
from storage.queries.reach import Caller, Reach

FLAG_WORDS = {
    "child-protection": "CP",
    "child-in-need": "CIN",
    "looked-after": "CLA",
    "missing-exploitation": "MISS",
    "risk-to-visitors": "VISIT!",
    "address-protection": "ADDR!",
    "youth-justice": "YJ",
    "ehc-plan": "EHC",
    "sen-support": "SEN",
    "young-carer": "YC",
    "previously-looked-after": "PLA",
    "free-school-meals": "FSM",
    "service-child": "SVC",
    "eal": "EAL",
}
"""Flags as short words, the weightiest first."""

_FULL_FLAGS = {"ehc-plan": "EHC plan", "sen-support": "SEN support", "eal": "EAL", "child-protection":
               "child protection plan"}  # fmt: skip
_HEAVY = frozenset({"CP", "CIN", "CLA", "MISS", "VISIT!", "ADDR!"})
_SHORT_WHY = {"first-day": "no reason yet", "social-worker": "tell the social worker"}
_BRIEFER = (
    (re.compile(r"Absent without a known good reason \(G, N or O\) for ([0-9]+) school days? in a row.*"),
     r"\1 days G, N or O"),
    (re.compile(r"([0-9]+) unauthorised sessions \(threshold [0-9]+\) in 10 school weeks.*"),
     r"\1 unauth. in 10 weeks"),
    (re.compile(r"([0-9]+ of [0-9]+) unauthorised sessions in 10 school weeks.*"), r"\1 unauth. in 10 weeks"),
    (re.compile(r"(N codes? (?:overdue|due today)), oldest.*"), r"\1"),
    (re.compile(r"(\w+) absent: .*\(([0-9.]+) %\)"), r"\1 absent, \2 %"),
)  # fmt: skip
"""The long words of a rule, and those that a row has room for; the pane has the long ones."""
_TIES = ("╭ ", "│ ", "╰ ")
_MOST_CALLERS = 8
_LETTERS = "abcdefgh"
_CLEARS = "Clears:"
FIRST_CALLERS = 3
"""Adults shown before the reasons; the others follow them."""


def marks_cell(codes: Sequence[str], day: date) -> Cell:
    """The day's AM and PM codes as letters, in the colour of their class."""
    am, pm = (Piece(code, Tone.QUIET if code == NO_MARK else tone_of(code, day)) for code in codes)
    return (am, Piece(" " * (3 - len(am.text))), pm)


def group_words(child: Child) -> str:
    """Year and registration group in few cells: `4B`, `9 Oak`, `Y4`."""
    year, reg = child.year_group, child.reg
    if not reg:
        return f"Y{short(year, 4)}" if year else ""
    return short(reg if not year or reg.startswith(year) else f"{year} {reg}", 10)


def week_cell(monday: date, marks: str, until: date) -> tuple[Piece, ...]:
    """One week as ten signs, one a session; a code of two letters shows its first in its own colour."""
    pieces: list[Piece] = []
    for slot, code in enumerate(unpack(marks)):
        day = monday + timedelta(days=slot // 2)
        ahead = code == NO_MARK and day > until
        pieces.append(Piece(" ") if ahead else Piece(code[0], tone_of(code, day)))
    return tuple(pieces)


def heavy_flags(flags: Collection[str]) -> tuple[Piece, ...]:
    """The flags of safety as short words, the weightiest first, each with a space after it."""
    words = [word for kind, word in FLAG_WORDS.items() if kind in flags and word in _HEAVY]
    return tuple(Piece(f"{word} ", Tone.ALERT) for word in words)


def flag_words(flags: Collection[str]) -> str:
    """Flags in full words."""
    return ", ".join(_FULL_FLAGS.get(kind, kind.replace("-", " ")) for kind in FLAG_WORDS if kind in flags)


def short_why(reasons: Sequence[Reason], *, tried: bool = False) -> str:
    """The weightiest reason in the words that a row has room for.

    Once a step is logged, what follows it says more than "no reason yet", so that is left out.
    """
    if not reasons:
        return ""
    first = reasons[0]
    if tried and first.rule == "first-day":
        return ""
    words = _SHORT_WHY.get(first.rule, first.text)
    for long, brief in _BRIEFER:
        words = long.sub(brief, words)
    return words


def ties(homes: Sequence[str | None]) -> list[str]:
    """A sign before each row that ties neighbours of one home together; "" for a row that stands alone."""
    signs: list[str] = []
    for at, home in enumerate(homes):
        above = home is not None and at > 0 and homes[at - 1] == home
        below = home is not None and at + 1 < len(homes) and homes[at + 1] == home
        signs.append(_TIES[above + (not below)] if above or below else "")
    return signs


def why_cells(reasons: Iterable[Reason], today: date, width: int) -> list[Cell]:
    """Every reason with the clock that runs, when it is due, and what would clear it."""
    lines: list[Cell] = []
    for reason in reasons:
        words = reason.text
        if reason.since and say_day(reason.since) not in reason.text:
            words += f", since {brief_day(reason.since)}"
        if reason.due is not None and reason.due < today:
            words += f", OVERDUE (was due {brief_day(reason.due)})"
        elif reason.due is not None:
            words += ", due today" if reason.due == today else f", due {brief_day(reason.due)}"
        folded = fold(f"{words}. {_CLEARS} {reason.clears_with}.", max(20, width - 2))
        clearing = False
        for at, line in enumerate(folded):
            head, found, tail = line.partition(_CLEARS)
            first = (
                Piece("• " if at == 0 else "  ", Tone.KEY),
                Piece(head, Tone.QUIET if clearing else Tone.PLAIN),
            )
            lines.append((*first, Piece(found + tail, Tone.QUIET)))
            clearing = clearing or bool(found)
    return lines


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
    # A letter, since a digit opens a saved view on these screens.
    head = [Piece(f"{_LETTERS[number - 1]}) ", Tone.KEY), Piece(short(caller.name, 34) + kind + "  ")]
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
