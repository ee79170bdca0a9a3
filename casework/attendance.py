"""Counting marks: what was possible, attended and absent, and who is persistently or severely absent.

Source: DfE, Working together to improve school attendance, 2024, and the DfE absence statistics
methodology. Sessions that are not possible (D, X, Q, Y1-Y7, Z, #) leave the denominator altogether. With no
possible session there is no percentage: None, never 0 % or 100 %.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache

from casework.codes import CODES, NEW_CODES_FROM, CodeClass, is_no_mark, lookup
from casework.parameters import PERSISTENT_SHARE, SEVERE_SHARE, at
from casework.wording import count_of

_FIELD_BITS = 32
_FIELD_MASK = (1 << _FIELD_BITS) - 1

_PRESENT, _AEA, _AUTHORISED, _UNAUTHORISED, _NOT_POSSIBLE, _LATE_IN, _LATE_OUT, _MISSING, _UNKNOWN = (
    1 << (_FIELD_BITS * place) for place in range(9)
)

_WORTH = {
    CodeClass.PRESENT: _PRESENT,
    CodeClass.AEA: _AEA,
    CodeClass.AUTHORISED: _AUTHORISED,
    CodeClass.UNAUTHORISED: _UNAUTHORISED,
    CodeClass.NOT_POSSIBLE: _NOT_POSSIBLE,
    CodeClass.NOT_COLLECTED: _NOT_POSSIBLE,
}

# The days on which the set of codes changed; between two of them every code keeps its meaning.
_CHANGES: tuple[date, ...] = tuple(
    sorted(
        {code.valid_from for code in CODES}
        | {code.valid_to + timedelta(days=1) for code in CODES if code.valid_to is not None}
    )
)


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of sessions. Tallies add up; ``sum(tallies, Tally())`` is the tally of all.

    ``late_before_close`` (L) is part of ``present``, ``late_after_close`` (U) part of
    ``unauthorised_absence``. ``missing`` slots hold no mark (the school's gap, not an absence);
    ``unknown`` ones hold text that is no code on that date, and count nowhere else.
    """

    present: int = 0
    approved_educational_activity: int = 0
    authorised_absence: int = 0
    unauthorised_absence: int = 0
    not_possible: int = 0
    late_before_close: int = 0
    late_after_close: int = 0
    missing: int = 0
    unknown: int = 0

    def __add__(self, other: Tally) -> Tally:
        return _unpack(_pack(self) + _pack(other))

    @property
    def attended(self) -> int:
        """Present or at an approved educational activity."""
        return self.present + self.approved_educational_activity

    @property
    def absent(self) -> int:
        """Authorised and unauthorised absence."""
        return self.authorised_absence + self.unauthorised_absence

    @property
    def possible(self) -> int:
        """The sessions of the denominator."""
        return self.attended + self.absent

    @property
    def late(self) -> int:
        """Late before and after the register closed (L + U)."""
        return self.late_before_close + self.late_after_close

    @property
    def attendance(self) -> Fraction | None:
        """Exact share attended, or None with no possible session."""
        return Fraction(self.attended, self.possible) if self.possible else None

    @property
    def absence(self) -> Fraction | None:
        """Exact share absent, or None with no possible session."""
        return Fraction(self.absent, self.possible) if self.possible else None

    @property
    def attendance_pct(self) -> float | None:
        """Attendance in per cent to one decimal place, or None with no possible session."""
        return percent(self.attended, self.possible)

    @property
    def absence_pct(self) -> float | None:
        """Absence in per cent to one decimal place, or None with no possible session."""
        return percent(self.absent, self.possible)


def figures(counted: Tally) -> dict[str, int | float | None]:
    """A tally by the names under which the command line tells it; per cents to one decimal place."""
    return {
        "present": counted.present,
        "approved_educational_activity": counted.approved_educational_activity,
        "authorised_absence": counted.authorised_absence,
        "unauthorised_absence": counted.unauthorised_absence,
        "not_possible": counted.not_possible,
        "possible": counted.possible,
        "attended": counted.attended,
        "absent": counted.absent,
        "attendance_pct_1dp": counted.attendance_pct,
        "absence_pct_1dp": counted.absence_pct,
    }


def _pack(tally: Tally) -> int:
    return (
        tally.present * _PRESENT
        + tally.approved_educational_activity * _AEA
        + tally.authorised_absence * _AUTHORISED
        + tally.unauthorised_absence * _UNAUTHORISED
        + tally.not_possible * _NOT_POSSIBLE
        + tally.late_before_close * _LATE_IN
        + tally.late_after_close * _LATE_OUT
        + tally.missing * _MISSING
        + tally.unknown * _UNKNOWN
    )


def _unpack(packed: int) -> Tally:
    return Tally(*(packed >> (_FIELD_BITS * place) & _FIELD_MASK for place in range(9)))


@lru_cache(maxsize=1024)
def _worth(text: str, on: date) -> int:
    if is_no_mark(text):
        return _MISSING
    code = lookup(text, on)
    if code is None:
        return _UNKNOWN
    late = {"L": _LATE_IN, "U": _LATE_OUT}.get(code.code, 0)
    return _WORTH[code.kind] + late


@lru_cache(maxsize=65_536)
def _packed_week(marks: str, on: date = NEW_CODES_FROM) -> int:
    return sum(_worth(text, on) for text in marks.split())


def _code_set(on: date) -> date:
    """One date for every day on which the same codes held, so that weeks share what is remembered."""
    return _CHANGES[max(0, bisect_right(_CHANGES, on) - 1)] if on < NEW_CODES_FROM else NEW_CODES_FROM


def percent(part: int, whole: int) -> float | None:
    """``part`` of ``whole`` in per cent, rounded half up from the exact fraction to one decimal place.

    None when ``whole`` is 0.
    """
    return (2000 * part + whole) // (2 * whole) / 10 if whole else None


def tally(marks: str | Iterable[str], on: date = NEW_CODES_FROM) -> Tally:
    """Count marks, given as text with spaces between them or one by one, by the codes in force ``on``."""
    texts = marks.split() if isinstance(marks, str) else marks
    day = _code_set(on)
    return _unpack(sum(_worth(text, day) for text in texts))


@lru_cache(maxsize=65_536)
def _tally_week(marks: str, on: date) -> Tally:
    return _unpack(_packed_week(marks, on))


def tally_week(marks: str, on: date = NEW_CODES_FROM) -> Tally:
    """Count one week string of ten slots. What one string gives is computed once and remembered."""
    return _tally_week(marks, _code_set(on))


def tally_weeks(weeks: Iterable[str], on: date = NEW_CODES_FROM) -> Tally:
    """The tally of many week strings under one set of codes; the fast way over a whole caseload."""
    if on >= NEW_CODES_FROM:
        return _unpack(sum(map(_packed_week, weeks)))
    day = _code_set(on)
    return _unpack(sum(_packed_week(marks, day) for marks in weeks))


def is_persistent(absent: int, possible: int, on: date = NEW_CODES_FROM) -> bool:
    """Persistent absence: 10 % or more of the pupil's own possible sessions, on the exact fraction.

    20 of 201 is 9.95 %, shows as 10.0 % and is not persistent. False with no possible session.
    """
    return bool(possible) and Fraction(absent, possible) >= at(PERSISTENT_SHARE, on)


def is_severe(absent: int, possible: int, on: date = NEW_CODES_FROM) -> bool:
    """Severe absence: 50 % or more of the pupil's own possible sessions; always persistent too."""
    return bool(possible) and Fraction(absent, possible) >= at(SEVERE_SHARE, on)


def _share_in_words(share: Fraction) -> str:
    return f"{float(share * 100):g} %"


def explain_tally(counted: Tally) -> tuple[str, ...]:
    """Why a tally gives the percentages it gives, in plain words with the counts."""
    reasons = [
        (
            f"{counted.attended} attended: {counted.present} present and "
            f"{counted.approved_educational_activity} at an approved educational activity."
        ),
        (
            f"{counted.absent} absent: {counted.authorised_absence} authorised and "
            f"{counted.unauthorised_absence} unauthorised."
        ),
    ]
    if counted.not_possible:
        reasons.append(f"{count_of(counted.not_possible, 'session')} not possible, left out of the total.")
    if counted.possible:
        reasons.append(
            f"{counted.attended} of {count_of(counted.possible, 'possible session')} attended: "
            f"{counted.attendance_pct} %."
        )
    else:
        reasons.append("No possible sessions, so there is no percentage.")
    if counted.late:
        reasons.append(
            f"Late {count_of(counted.late, 'time')}: {counted.late_before_close} before the register closed "
            f"(present), {counted.late_after_close} after it closed (unauthorised absence)."
        )
    if counted.missing:
        reasons.append(f"{count_of(counted.missing, 'slot')} without a mark, not counted as absence.")
    if counted.unknown:
        reasons.append(f"{count_of(counted.unknown, 'mark')} not a code on that date, counted nowhere.")
    return tuple(reasons)


def say_closed_day_marks(count: int) -> str:
    """How many marks lie on days without sessions by the school's calendar, in plain words."""
    if count == 1:
        return "1 mark on a day when the school is closed by its calendar"
    return f"{count} marks on days when the school is closed by its calendar"


def explain_absence(absent: int, possible: int, on: date = NEW_CODES_FROM) -> tuple[str, ...]:
    """Why a pupil is or is not persistently or severely absent, with the exact numbers."""
    if not possible:
        return ("No possible sessions, so neither persistent nor severe.",)
    persistent, severe = at(PERSISTENT_SHARE, on), at(SEVERE_SHARE, on)
    reasons = [
        f"Absent for {absent} of {count_of(possible, 'possible session')} ({percent(absent, possible)} %)."
    ]
    for name, share in (("Persistent", persistent), ("Severe", severe)):
        reached = Fraction(absent, possible) >= share
        verb = "reached" if reached else "not reached"
        reasons.append(
            f"{name} absence starts at {_share_in_words(share)}, which is {float(possible * share):g} of "
            f"{possible}: {verb}."
        )
    return tuple(reasons)
