"""Marks as tables hold them: day, session and code, each looked up once per distinct text."""

from __future__ import annotations

from datetime import date

from casework.calendars import monday_of
from casework.codes import CODES, LOCAL_CODES, NO_MARK, lookup, split_joined
from casework.text import unguard_formula
from storage.intake.mapping import Mapping
from storage.intake.model import Reading

SESSIONS = {
    text: session
    for session, texts in enumerate(
        (
            ("AM", "A.M.", "A", "MORNING", "MORN", "AM REGISTRATION", "AM SESSION", "1", "AM1"),
            ("PM", "P.M.", "P", "AFTERNOON", "AFT", "PM REGISTRATION", "PM SESSION", "2", "PM1"),
        )
    )
    for text in texts
}
"""Session names in capitals: 0 for the morning, 1 for the afternoon."""

NOT_A_CODE = "not a register code"
CODE_MEND = "correct the mark in the school's system, or say what it stands for in the mapping's codes"
_PLANNED = frozenset({NO_MARK, "#"})
_KNOWN = frozenset(code.code for code in CODES)
_CACHE = 20_000


class Day:
    """One day of marks: its week, its first slot, and the codes met on it so far by session."""

    __slots__ = ("base", "codes", "day", "monday", "weekend")

    def __init__(self, day: date) -> None:
        self.day = day
        self.monday = monday_of(day)
        self.weekend = day.weekday() > 4
        self.base = min(day.weekday(), 4) * 2
        self.codes: tuple[dict[str, str], dict[str, str]] = ({}, {})


class MarkReader:
    """Turns cells into codes, and sets aside the ones that are none.

    ``today``, when given, is the last day on which a mark can have been made. ``dates`` is the heading of the
    column that gives the day; empty where the heading above a mark does.
    """

    def __init__(self, reading: Reading, mapping: Mapping, today: date | None, dates: str = "") -> None:
        self._reading = reading
        self._dates = dates
        self._today = today
        self._aliases = {text.strip().upper(): code.strip().upper() for text, code in mapping.codes.items()}
        self._days: dict[date, Day] = {}
        self._mondays: dict[date, date] = {}
        self._joined: dict[tuple[str, date], tuple[str, str, str]] = {}

    def day(self, day: date) -> Day:
        """The one ``Day`` of a date; the days of one week share their Monday."""
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = Day(day)
            found.monday = self._mondays.setdefault(found.monday, found.monday)
        return found

    def code(self, raw: str, day: Day, session: int, line: int, column: str) -> str | None:
        """The code of a cell, ``-`` for an empty mark, or None after setting the cell aside."""
        text = unguard_formula(raw.strip())
        text = self._aliases.get(text.upper(), text) if self._aliases else text
        if not text or text == NO_MARK:
            code = NO_MARK
        elif text in LOCAL_CODES:
            self._local(text)
            return NO_MARK  # counted each time, so not remembered
        elif len(text) <= 3 and lookup(text, day.day) is not None:
            code = self._in_session(text.upper(), session)
        else:
            self._refuse(text, day, line, column)
            return None
        if not self.fits(code, day, line, column):
            return NO_MARK if code in _PLANNED else None
        day.codes[session][raw] = code
        return code

    def _local(self, sign: str) -> None:
        self._reading.local[sign] += 1
        self._reading.warn(
            "Signs that only this school's system knows (such as @ or !) were read as no mark: "
            "say what they stand for in the mapping's codes if they mean more."
        )

    def _in_session(self, code: str, session: int) -> str:
        """Present is written by the session: some systems print ``/`` for the afternoon as well."""
        wrong = "\\/"[session]
        if code != wrong:
            return code
        self._reading.warn("Present marks of the other session (/ or \\) were read as present.")
        return "/\\"[session]

    def _refuse(self, text: str, day: Day, line: int, column: str) -> None:
        if len(self._reading.unknown) < 1_000:
            self._reading.unknown[text[:8]] += 1
        code = text.upper()
        reason = f"{NOT_A_CODE} on {day.day:%d/%m/%Y}" if code in _KNOWN else NOT_A_CODE
        self._reading.reject(line, column, text, reason, CODE_MEND)

    def fits(self, code: str, day: Day, line: int, column: str) -> bool:
        """Whether a mark may stand on its day: no weekend, no day to come. Sets a real mark aside.

        What is wrong then is the date, so its column is named.
        """
        column = self._dates or column
        if day.weekend:
            if code not in _PLANNED:
                self._reading.reject(
                    line,
                    column,
                    f"{day.day:%d/%m/%Y}",
                    f"a {day.day:%A}",
                    "check the date, and the order of day and month",
                )
            return False
        if self._today is not None and day.day > self._today and code not in _PLANNED:
            self._reading.reject(
                line, column, f"{day.day:%d/%m/%Y}", "a day still to come", "check the date and today's date"
            )
            return False
        return True

    def joined(self, raw: str, day: Day, line: int, column: str) -> tuple[str, str] | None:
        """The morning and afternoon codes of one cell, or None after setting the cell aside."""
        found = self._joined.get((raw, day.day))
        if found is None:
            found = self._split(raw, day)
            if len(self._joined) < _CACHE:
                self._joined[raw, day.day] = found
        am, pm, problem = found
        if problem:
            text = raw.strip()
            if len(self._reading.unknown) < 1_000:
                self._reading.unknown[text[:8]] += 1
            self._reading.reject(line, column, text, problem, "write both marks in the school's system")
            return None
        if day.weekend or self._today is not None:
            real = next((code for code in (am, pm) if code not in _PLANNED), NO_MARK)
            if not self.fits(real, day, line, column):
                return None
        return am, pm

    def _split(self, raw: str, day: Day) -> tuple[str, str, str]:
        text = unguard_formula(raw.strip())
        text = self._aliases.get(text.upper(), text)
        cell = split_joined(text, day.day)
        for sign in cell.local:
            self._local(sign)
        return cell.am, cell.pm, cell.problem
