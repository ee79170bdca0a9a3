"""Attendance codes in force on a date, and their statistical class.

The present set began on 19 Aug 2024 with the School Attendance (Pupil Registration) (England)
Regulations 2024 (SI 2024/208, reg 10) and "Working together to improve school attendance" (DfE, 2024).
The codes before it are kept so that old history is read with the meaning it had.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

NO_MARK = "-"
"""A slot that holds no mark: missing on a past school day, and never an absence."""

LOCAL_CODES = frozenset("@!&")
"""Signs that a school's own system writes in a slot. They carry no statutory meaning: read as no mark."""

NEW_CODES_FROM = date(2024, 8, 19)
"""First day of the present set of codes."""


class CodeClass(StrEnum):
    """How a code counts in the statistics."""

    PRESENT = "present"
    AEA = "approved educational activity"
    AUTHORISED = "authorised absence"
    UNAUTHORISED = "unauthorised absence"
    NOT_POSSIBLE = "not a possible session"
    NOT_COLLECTED = "not collected"


@dataclass(frozen=True, slots=True)
class Code:
    """One attendance code with the dates between which it could be entered (``valid_to`` included)."""

    code: str
    meaning: str
    kind: CodeClass
    valid_from: date
    valid_to: date | None
    source: str

    def valid_on(self, on: date) -> bool:
        """Whether the code was in force on a date."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


_P, _A = CodeClass.PRESENT, CodeClass.AEA
_AUTH, _UNAUTH = CodeClass.AUTHORISED, CodeClass.UNAUTHORISED
_NP, _NC = CodeClass.NOT_POSSIBLE, CodeClass.NOT_COLLECTED

_NOW = (
    ("/", "present in the morning session", _P),
    ("\\", "present in the afternoon session", _P),
    ("L", "late, before the register closed", _P),
    ("K", "attending education arranged by the local authority", _A),
    ("V", "educational visit or trip", _A),
    ("P", "approved sporting activity", _A),
    ("W", "work experience", _A),
    ("B", "other approved educational activity off site, supervised", _A),
    ("C", "leave of absence, exceptional circumstance", _AUTH),
    ("C1", "leave for a regulated performance or employment abroad", _AUTH),
    ("C2", "leave for a part-time timetable, compulsory school age", _AUTH),
    ("E", "suspended or permanently excluded, no alternative provision yet", _AUTH),
    ("I", "illness, physical or mental", _AUTH),
    ("J1", "interview for a job or for another school or college", _AUTH),
    ("M", "medical or dental appointment", _AUTH),
    ("R", "religious observance", _AUTH),
    ("S", "study leave for a public exam", _AUTH),
    ("T", "parent travelling for work", _AUTH),
    ("G", "holiday not granted by the school", _UNAUTH),
    ("N", "reason not yet known", _UNAUTH),
    ("O", "absent, other or unknown reason", _UNAUTH),
    ("U", "arrived after the register closed", _UNAUTH),
    ("D", "dual registered, due at the other school", _NP),
    ("X", "not of compulsory school age, not required to attend", _NP),
    ("Q", "cannot attend: travel or access arrangements not made by the local authority", _NP),
    ("Y1", "cannot attend: usual transport not available", _NP),
    ("Y2", "cannot attend: widespread travel disruption", _NP),
    ("Y3", "cannot attend: part of the premises closed", _NP),
    ("Y4", "cannot attend: whole site unexpectedly closed", _NP),
    ("Y5", "cannot attend: criminal-justice detention", _NP),
    ("Y6", "cannot attend: public-health guidance or law", _NP),
    ("Y7", "cannot attend: other unavoidable cause", _NP),
    ("Z", "prospective pupil, not yet on the admission register", _NC),
    ("#", "planned whole-school closure", _NC),
)

# The set used from the 2006 regulations until the change of August 2024.
_BEFORE = (
    ("/", "present in the morning session", _P),
    ("\\", "present in the afternoon session", _P),
    ("L", "late, before the register closed", _P),
    ("B", "off-site educational activity", _A),
    ("J", "interview for a job or for another school or college", _A),
    ("P", "approved sporting activity", _A),
    ("V", "educational visit or trip", _A),
    ("W", "work experience", _A),
    ("C", "leave of absence granted by the school", _AUTH),
    ("E", "excluded, no alternative provision made", _AUTH),
    ("H", "holiday granted by the school", _AUTH),
    ("I", "illness", _AUTH),
    ("M", "medical or dental appointment", _AUTH),
    ("R", "religious observance", _AUTH),
    ("S", "study leave", _AUTH),
    ("T", "Gypsy, Roma or Traveller absence", _AUTH),
    ("G", "holiday not granted by the school", _UNAUTH),
    ("N", "reason not yet known", _UNAUTH),
    ("O", "absent without authorisation", _UNAUTH),
    ("U", "arrived after the register closed", _UNAUTH),
    ("D", "dual registered, due at the other school", _NP),
    ("X", "not required to be in school", _NP),
    ("Y", "unable to attend in exceptional circumstances", _NP),
    ("Z", "pupil not on the admission register", _NC),
    ("#", "planned whole or partial school closure", _NC),
)

_COVID = tuple(
    (code, "not attending in circumstances related to coronavirus (a school's own split of X)", _NP)
    for code in "789"
)

_SI_2024 = "SI 2024/208 reg 10; DfE, Working together to improve school attendance, 2024"
_SI_2006 = "SI 2006/1751 and the DfE attendance codes of its time"
_GENERAL = "general knowledge of old exports, to be corrected by the administrator where wrong"


def _table() -> Iterator[Code]:
    day_before = NEW_CODES_FROM - timedelta(days=1)
    for code, meaning, kind in _NOW:
        yield Code(code, meaning, kind, NEW_CODES_FROM, None, _SI_2024)
    for code, meaning, kind in _BEFORE:
        yield Code(code, meaning, kind, date(2006, 9, 1), day_before, _SI_2006)
    yield Code("F", "extended family holiday agreed", _AUTH, date(2006, 9, 1), date(2013, 8, 31), _GENERAL)
    for code, meaning, kind in _COVID:
        yield Code(code, meaning, kind, date(2020, 9, 1), date(2022, 8, 31), _GENERAL)


CODES: tuple[Code, ...] = tuple(_table())
"""Every code known, the present set first."""

UNABLE_TO_ATTEND = frozenset({"Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7"})
"""The seven codes of a pupil who cannot attend (SI 2024/208 reg 10); Y5 tells of custody."""

UNABLE = Code("Y", "unable to attend", _NP, NEW_CODES_FROM, None, _SI_2024)
"""Stands for any of them where the reason is not shown. Never a code that a register may hold."""

_BY_CODE: dict[str, tuple[Code, ...]] = {
    text: tuple(code for code in CODES if code.code == text) for text in {code.code for code in CODES}
}


def lookup(text: str, on: date) -> Code | None:
    """The code that ``text`` stands for on a date, or None when it is not a code on that date.

    Spaces around it and lower case are accepted; ``NO_MARK`` and a school's local signs are not codes.
    """
    for code in _BY_CODE.get(text.strip().upper(), ()):
        if code.valid_on(on):
            return code
    return None


def shown_code(text: str, on: date) -> Code | None:
    """What a mark as shown stands for on a date: ``lookup``, and ``UNABLE`` for the sign of all seven."""
    found = lookup(text, on)
    return UNABLE if found is None and text == UNABLE.code and on >= NEW_CODES_FROM else found


def in_force(on: date) -> tuple[Code, ...]:
    """Every code that could be entered on a date."""
    return tuple(code for code in CODES if code.valid_on(on))


def is_no_mark(text: str) -> bool:
    """Whether a slot holds no mark: blank, ``-``, or a sign local to the school's system."""
    text = text.strip()
    return not text or text == NO_MARK or text in LOCAL_CODES


@dataclass(frozen=True, slots=True)
class JoinedCell:
    """A cell that joins the morning and the afternoon mark, once split.

    ``problem`` is empty when there is exactly one reading; otherwise ``am`` and ``pm`` are both no mark and
    ``problem`` says in a few words why the cell was refused. ``local`` names the school's own signs that
    were read as no mark.
    """

    am: str
    pm: str
    problem: str = ""
    local: tuple[str, ...] = ()

    @property
    def readable(self) -> bool:
        """Whether the cell had exactly one reading."""
        return not self.problem


def _slot(text: str, on: date, session: str) -> bool:
    if text == NO_MARK or text in LOCAL_CODES:
        return True
    if (session, text) in {("AM", "\\"), ("PM", "/")}:
        return False
    return lookup(text, on) is not None


def _joined(am: str, pm: str) -> JoinedCell:
    local = tuple(sign for sign in (am, pm) if sign in LOCAL_CODES)
    return JoinedCell(NO_MARK if am in LOCAL_CODES else am, NO_MARK if pm in LOCAL_CODES else pm, "", local)


def split_joined(cell: str, on: date = NEW_CODES_FROM) -> JoinedCell:
    r"""Split one cell holding two marks (``/\``, ``N\``, ``/C2``, ``C2C2``, ``Y1\``) as of a date.

    The one possible reading, or a refusal in ``problem``; never a guess. ``C1`` alone is refused: it is
    one mark with its partner missing, or a damaged pair. A blank cell is two missing marks.
    """
    text = cell.strip().upper()
    if not text or text == NO_MARK:
        return JoinedCell(NO_MARK, NO_MARK)
    parts = text.split()
    if len(parts) == 2:
        readings = [(parts[0], parts[1])] if _slot(parts[0], on, "AM") and _slot(parts[1], on, "PM") else []
    elif len(parts) == 1 and len(text) <= 4:
        readings = [
            (text[:at], text[at:])
            for at in range(1, len(text))
            if _slot(text[:at], on, "AM") and _slot(text[at:], on, "PM")
        ]
        if lookup(text, on) is not None:
            readings.append((text, ""))
    else:
        readings = []
    if not readings:
        return JoinedCell(NO_MARK, NO_MARK, "no two codes in use on that date make this cell")
    if len(readings) == 1 and readings[0][1]:
        return _joined(*readings[0])
    if len(text) == 1:
        return JoinedCell(NO_MARK, NO_MARK, "one mark for two sessions: the other is missing")
    return JoinedCell(NO_MARK, NO_MARK, "two readings: one mark with its partner missing, or a damaged pair")
