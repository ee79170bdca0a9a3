"""Words and letters that the rows of Today and Caseload share: marks, flags, ties of siblings, reasons, people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta

from casework.codes import NO_MARK
from casework.triage import Why as Reason
from casework.weeks import unpack
from casework.wording import count_of, say_day
from screens.child_page import brief_day, fold, short
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
_TIES = ("╭ ", "│ ", "╰ ")
_MOST_CALLERS = 8


def marks_cell(codes: Sequence[str], day: date) -> Cell:
    """The day's AM and PM codes as letters, in the colour of their class."""
    pieces: list[Piece] = []
    for code in codes:
        pieces += [Piece(code, tone_of(code, day)), Piece(" " * (3 - len(code)))]
    return tuple(pieces)


def week_cell(monday: date, marks: str, until: date) -> tuple[Piece, ...]:
    """One week as ten signs, one for each session; a code of two letters shows its first in its own colour."""
    pieces: list[Piece] = []
    for slot, code in enumerate(unpack(marks)):
        day = monday + timedelta(days=slot // 2)
        ahead = code == NO_MARK and day > until
        pieces.append(Piece(" ") if ahead else Piece(code[0], tone_of(code, day)))
    return tuple(pieces)


def flags_cell(flags: Collection[str]) -> Cell:
    """Flags as short words, the weightiest first; the heavy ones stand out."""
    words = [word for kind, word in FLAG_WORDS.items() if kind in flags]
    pieces: list[Piece] = []
    for word in words:
        pieces += [Piece(" " if pieces else ""), Piece(word, Tone.ALERT if word in _HEAVY else Tone.PLAIN)]
    return tuple(pieces)


def flag_words(flags: Collection[str]) -> str:
    """Flags in full words."""
    return ", ".join(_FULL_FLAGS.get(kind, kind.replace("-", " ")) for kind in FLAG_WORDS if kind in flags)


def short_why(reasons: Sequence[Reason]) -> str:
    """The weightiest reason in the words that a row has room for."""
    if not reasons:
        return ""
    first = reasons[0]
    return _SHORT_WHY.get(first.rule, first.text)


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
        parts = [reason.text]
        if reason.since and say_day(reason.since) not in reason.text:
            parts.append(f"since {brief_day(reason.since)}")
        late = ""
        if reason.due is not None and reason.due < today:
            late = f"OVERDUE since {brief_day(reason.due)}"
        elif reason.due is not None:
            parts.append("due today" if reason.due == today else f"due {brief_day(reason.due)}")
        folded = fold(", ".join(parts), max(20, width - 2))
        for at, line in enumerate(folded):
            lines.append((Piece("• " if at == 0 else "  ", Tone.KEY), Piece(line)))
        if late:
            lines.append((Piece("  "), Piece(late, Tone.ALERT)))
        for line in fold(f"cleared by {reason.clears_with}", max(20, width - 4)):
            lines.append(Piece(f"  {line}", Tone.QUIET))
    return lines


def reach_cells(reach: Reach, on_list: Collection[str], width: int) -> list[Cell]:
    """The people to call, in contact order, and the siblings."""
    if reach.withheld:
        return [Piece(line, Tone.QUIET) for line in fold(f"People withheld: {reach.withheld}", width)]
    lines: list[Cell] = []
    for number, caller in enumerate(reach.callers[:_MOST_CALLERS], start=1):
        lines += _caller(number, caller, width)
    if len(reach.callers) > _MOST_CALLERS:
        lines.append(Piece(f"  and {len(reach.callers) - _MOST_CALLERS} more: p shows them", Tone.QUIET))
    if not reach.callers:
        lines.append(Piece("No one to call is on record; ask the school.", Tone.WARN))
    for sibling in reach.siblings:
        here = "also on this list" if sibling.id in on_list else "not on this list"
        where = " ".join(
            part for part in (sibling.year_group and f"Y{sibling.year_group}", sibling.reg) if part
        )
        name = short(display_name(sibling), 40)
        lines.append((Piece("Sibling ", Tone.QUIET), Piece(name), Piece(f" {where}, {here}", Tone.QUIET)))
    return lines


def _caller(number: int, caller: Caller, width: int) -> list[Cell]:
    kind = f" ({short(caller.kind, 20)})" if caller.kind else ""
    head = [Piece(f"{number} ", Tone.KEY), Piece(short(caller.name, 34) + kind + "  ")]
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
    if more:
        head.append(Piece("  " + ", ".join(more), Tone.WARN))
    lines: list[Cell] = [tuple(head)]
    if caller.note:
        lines += [Piece(f"  {line}", Tone.QUIET) for line in fold(caller.note, width - 2)[:2]]
    return lines


def bulk_lines(names: Sequence[str]) -> list[Cell]:
    """The names that a bulk verb would act on."""
    lines: list[Cell] = [Piece(f"  {short(name, 50)}") for name in names[:40]]
    if len(names) > 40:
        lines.append(Piece(f"  and {count_of(len(names) - 40, 'more', 'more')}", Tone.QUIET))
    return lines
