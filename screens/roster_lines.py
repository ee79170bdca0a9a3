"""Words and letters that Today and Caseload share: marks, flags, ties of siblings, reasons, people."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta

from casework.codes import NO_MARK
from casework.records import Child
from casework.triage import Why as Reason
from casework.weeks import unpack
from casework.wording import FLAGS, say_day
from screens.widgets.fitting import brief_day, fold, short
from screens.widgets.marks_strip import tone_of
from screens.widgets.text import Cell, Piece, Tone

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

_HEAVY = frozenset({"CP", "CIN", "CLA", "MISS", "VISIT!", "ADDR!"})
_SHORT_WHY = {"first-day": "no reason yet", "social-worker": "tell the social worker"}
_BRIEFER = (
    (re.compile(r"Absent without a known good reason \(G, N or O\) for ([0-9]+) school days? in a row.*"),
     r"\1 days G, N or O"),
    (re.compile(r"([0-9]+) unauthorised sessions \(threshold [0-9]+\) in 10 school weeks.*"),
     r"\1 unauth. in 10 weeks"),
    (re.compile(r"([0-9]+ of [0-9]+) unauthorised sessions in 10 school weeks.*"), r"\1 unauth. in 10 weeks"),
    (re.compile(r"(N codes? (?:overdue|due today)), oldest.*"), r"\1"),
    (re.compile(r"([^:]+): .* from .*: due .*, ([^,]+)"), r"\1, \2"),
    (re.compile(r"(\w+) absent: .*\(([0-9.]+) %\)"), r"\1 absent, \2 %"),
)  # fmt: skip
"""The long words of a rule, and those that a row has room for; the pane has the long ones."""
_TIES = ("╭ ", "│ ", "╰ ")
_CLEARS = "Clears:"


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
    return ", ".join(words for kind, words in FLAGS.items() if kind in flags)


def short_why(reasons: Sequence[Reason], *, tried: bool = False) -> str:
    """The weightiest reason in the words that a row has room for.

    Once a step is logged, what follows it says more than "no reason yet", so that is left out.
    """
    if not reasons:
        return ""
    first = reasons[0]
    if tried and first.rule == "first-day":
        return ""
    return brief(_SHORT_WHY.get(first.rule, first.text))


def brief(words: str) -> str:
    """The long words of a rule or a clock, as a row has room for them."""
    for long, short_form in _BRIEFER:
        words = long.sub(short_form, words)
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
        # A clock tells its day, and how it stands, in its own words.
        due = reason.due if reason.due and f"due {say_day(reason.due)}" not in reason.text else None
        if due is not None and due < today:
            words += f", OVERDUE (was due {brief_day(due)})"
        elif due is not None:
            words += ", due today" if due == today else f", due {brief_day(due)}"
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
