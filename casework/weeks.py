"""The ten slots of a school week: how marks are packed into one string and what follows from them.

Slot 0 is Monday AM, slot 9 Friday PM. A whole caseload repeats few week strings, so what follows from a
string is computed once and remembered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache

from casework.attendance import tally_week
from casework.codes import NEW_CODES_FROM, NO_MARK

SLOTS = 10
EMPTY_WEEK = " ".join([NO_MARK] * SLOTS)
UNEXPLAINED_CODE = "N"
_GIVES_WAY = frozenset({NO_MARK, "D"})
_NEW_CODES = NEW_CODES_FROM.isoformat()


def slot_of(day: date, session: str) -> int:
    """The slot of a session: `session` is "AM" or "PM", `day` a Monday to Friday."""
    return day.weekday() * 2 + (session == "PM")


def session_of(week: date, slot: int) -> tuple[date, str]:
    """The date and session of a slot in the week that starts on Monday `week`."""
    return _sessions_of(week)[slot]


@lru_cache(maxsize=1_024)
def _sessions_of(week: date) -> tuple[tuple[date, str], ...]:
    """The ten (date, session) of a week: every child of a caseload asks for the same few weeks."""
    days = [week + timedelta(days=n) for n in range(SLOTS // 2)]
    return tuple((day, session) for day in days for session in ("AM", "PM"))


def unpack(marks: str) -> list[str]:
    """The ten codes of a week string."""
    return marks.split(" ")


def pack(slots: Sequence[str]) -> str:
    """The week string of ten codes."""
    return " ".join(slots)


def holder(codes: Sequence[str]) -> int:
    """Which of several schools' codes for one session counts, as an index; the present school's comes first.

    A session is counted once. The present school's mark holds, unless it has none or says D (dual
    registered, due at the other school) and another school has a mark. Source: SI 2024/208 (code D).
    """
    for at, code in enumerate(codes):
        if code not in _GIVES_WAY:
            return at
    return next((at for at, code in enumerate(codes) if code != NO_MARK), 0)


@lru_cache(maxsize=4_096)
def together(schools: tuple[str, ...]) -> str:
    """One week string from those of several schools, the present school's first: each session once."""
    slots = zip(*(unpack(marks) for marks in schools), strict=True)
    return pack([codes[holder(codes)] for codes in slots])


def sessions(week: date, marks: str) -> Iterator[tuple[date, str, str]]:
    """Every recorded mark of a week as (date, session, code), in order; slots without a mark are left out."""
    for (day, session), code in zip(_sessions_of(week), unpack(marks), strict=False):
        if code != NO_MARK:
            yield day, session, code


def day_bits(day: date) -> int:
    """The two bits of `unexplained` that belong to `day`."""
    return 0b11 << (day.weekday() * 2)


def week_facts(marks: str, week: str) -> dict[str, int]:
    """Counts of a week string, and `unexplained`: bit k is set where slot k holds code N.

    `week` is the Monday as ISO text: it says which code set holds. The mapping is shared between callers
    and must not be changed.
    """
    return _week_facts(marks, NEW_CODES_FROM if week >= _NEW_CODES else date.fromisoformat(week))


@lru_cache(maxsize=65_536)
def _week_facts(marks: str, on: date) -> dict[str, int]:
    tally = tally_week(marks, on)
    unexplained = sum(1 << slot for slot, code in enumerate(unpack(marks)) if code == UNEXPLAINED_CODE)
    return {
        "possible": tally.possible,
        "attended": tally.attended,
        "authorised": tally.authorised_absence,
        "unauthorised": tally.unauthorised_absence,
        "late": tally.late,
        "unexplained": unexplained,
    }
