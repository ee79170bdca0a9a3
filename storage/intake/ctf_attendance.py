"""The yearly totals of a Common Transfer File, and which school they are of."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element

from storage.intake import cells
from storage.intake.ctf_xml import child_of, children_of, name_of, text_of
from storage.intake.dates import parse_date
from storage.intake.model import Totals

Reject = Callable[[Element | None, str, str, str, str], None]
"""Sets a part aside: the element, its name, its value, the reason and the mend."""

_COUNTS = (
    ("possible", "sessionspossible"),
    ("attended", "sessionsattended"),
    ("authorised", "sessionsauthorised"),
    ("unauthorised", "sessionsunauthorised"),
)
_YEARS = 30


def totals_of(attendance: Element | None, reject: Reject) -> tuple[Totals, ...]:
    """A pupil's totals, a school year each; a count that is none is set aside."""
    return tuple(_year(year, reject) for year in children_of(attendance, "yeardata")[:_YEARS])


def _year(year: Element, reject: Reject) -> Totals:
    started = text_of(year, "year")
    counts = {name: _count(year, element, reject) for name, element in _COUNTS}
    return Totals(
        **counts,
        year=int(started) if len(started) == 4 and started.isascii() and started.isdigit() else None,
        laestab=laestab_of(year),
        school_name=name_of(year, "schoolname"),
        starts=parse_date(text_of(year, "attendancestartdate")),
        marks=_marks(year),
    )


def _count(year: Element, name: str, reject: Reject) -> int | None:
    raw = text_of(year, name)
    value, reason = cells.read_count(raw)
    if reason:
        reject(child_of(year, name), name, raw, reason, "check the figures in the school's system")
    return value


def laestab_of(element: Element | None) -> str:
    """A school's seven digits, or "" where a file gives none, or letters that stand for no school.

    XXXXXXX is a school that is not known, LLLL an authority and no school (DfE, CTF specification).
    """
    authority, school = text_of(element, "lea"), text_of(element, "estab")
    both = authority + school
    return both if len(authority) == 3 and len(both) == 7 and both.isascii() and both.isdigit() else ""


def _marks(year: Element) -> str:
    """The string of marks, raw, spaces kept: they are slots. Nothing hidden is let through."""
    found = child_of(year, "attendancemarks")
    text = (found.text or "")[:2_000] if found is not None else ""
    return "" if cells.has_hidden(text) else text
