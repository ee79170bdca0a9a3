"""Dates as exports write them: day first unless told otherwise, with or without a year."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january", "feb february", "mar march", "apr april", "may", "jun june",
            "jul july", "aug august", "sep sept september", "oct october", "nov november", "dec december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s*)?"
_CLOCK = r"(?:[ T]0?0:00(?::00(?:\.0+)?)?Z?)?"
_ISO = re.compile(_WEEKDAY + r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})" + _CLOCK, re.IGNORECASE)
_NUMBERS = re.compile(
    _WEEKDAY + r"([0-9]{1,2})[-/.]([0-9]{1,2})(?:[-/.]([0-9]{4}|[0-9]{2}))?" + _CLOCK, re.IGNORECASE
)
_WORDS = re.compile(
    _WEEKDAY + r"([0-9]{1,2})(?:st|nd|rd|th)?[ -]([a-z]{3,9})\.?,?(?:[ -]([0-9]{4}|[0-9]{2}))?" + _CLOCK,
    re.IGNORECASE,
)
_SESSION = re.compile(r"(.*\S)[\s\-:(]+(am|pm)\)?", re.IGNORECASE | re.DOTALL)
_FIRST, _LAST = 1990, 2100


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A day and month, with the year when it was written."""

    day: int
    month: int
    year: int | None = None

    def in_year(self, year: int) -> date | None:
        """The date in a year, or None for 29 February of a common year."""
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return None


def _partial(day: str, month: int, year: str | None) -> PartialDate | None:
    number = None if year is None else int(year) + (2000 if len(year) == 2 else 0)
    found = PartialDate(int(day), month, number)
    if number is not None and not _FIRST <= number <= _LAST:
        return None
    # 2024 is a leap year: 29 February is a day of some year.
    return found if found.in_year(2024 if number is None else number) else None


def parse_partial(text: str, order: str = "dmy") -> PartialDate | None:
    """A date with or without its year, or None. ``order`` is ``dmy`` or ``mdy``; ISO dates always pass."""
    text = text.strip()
    if len(text) > 40 or not text.isascii():
        return None
    if found := _ISO.fullmatch(text):
        return _partial(found[3], int(found[2]), found[1])
    if found := _NUMBERS.fullmatch(text):
        day, month = (found[2], found[1]) if order == "mdy" else (found[1], found[2])
        return _partial(day, int(month), found[3])
    if found := _WORDS.fullmatch(text):
        month_number = _MONTHS.get(found[2].lower())
        return _partial(found[1], month_number, found[3]) if month_number else None
    return None


def parse_date(text: str, order: str = "dmy") -> date | None:
    """A date with its year (1990 to 2100), or None when the text is not one."""
    found = parse_partial(text, order)
    return found.in_year(found.year) if found and found.year is not None else None


_OLDEST = 25
"""Years: nobody on a school's roll is older, however late they stay in special provision."""


def unlikely_birth(born: date, today: date | None) -> str:
    """Why a date cannot be a pupil's date of birth, or empty text; without ``today`` nothing is said."""
    if today is None:
        return ""
    if born > today:
        return "a date of birth still to come"
    if (born.year + _OLDEST, born.month, born.day) < (today.year, today.month, today.day):
        return f"a date of birth more than {_OLDEST} years ago"
    return ""


def parse_heading(text: str, order: str = "dmy") -> tuple[PartialDate, str] | None:
    """The date above a column of marks, and ``AM`` or ``PM`` when the heading says one (else empty)."""
    text = " ".join(text.split())
    if len(text) > 40:
        return None
    session = ""
    if found := _SESSION.fullmatch(text):
        text, session = found[1].rstrip(" -:("), found[2].upper()
    partial = parse_partial(text, order)
    return (partial, session) if partial else None


_ANY_DATE = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{4}|[0-9]{2})"
    r"|[0-9]{1,2}(?:st|nd|rd|th)? [A-Za-z]{3,9} [0-9]{4}"
)


_PRINTED = re.compile(r"print|generat|export|produc|run (?:on|at)|created", re.IGNORECASE)
_SCHOOL_YEAR = re.compile(r"\b(20[0-9]{2})\s?[-/–]\s?(?:20)?([0-9]{2})\b")


def period_of_title(lines: Iterable[str], order: str = "dmy") -> tuple[date, date] | None:
    """The period that the title lines of a grid give, first and last day, or None.

    A line with two dates, a "week" line with one (that week), two lines with a date each, or a school year
    such as ``2026/27``. The date of printing is no part of it.
    """
    kept = [_PRINTED.split(line[:500], maxsplit=1)[0] for line in lines]
    dated = [[day for text in _ANY_DATE.findall(line) if (day := parse_date(text, order))] for line in kept]
    for days in dated:
        if len(days) > 1:
            return min(days), max(days)
    for line, days in zip(kept, dated, strict=True):
        if len(days) == 1 and "week" in line.casefold():
            return days[0], days[0] + timedelta(days=6)
    alone = [days[0] for days in dated if days]
    if len(alone) > 1:
        return min(alone), max(alone)
    for line in kept:
        found = _SCHOOL_YEAR.search(line)
        if found and (int(found[1]) + 1) % 100 == int(found[2]):
            return date(int(found[1]), 9, 1), date(int(found[1]) + 1, 8, 31)
    return None


def resolve(partial: PartialDate, period: tuple[date, date] | None) -> date | None:
    """The one date inside a period that a day and month stand for; None when none or several do.

    A date that was written with its year needs no period.
    """
    if partial.year is not None:
        return partial.in_year(partial.year)
    if period is None:
        return None
    first, last = period
    fitting = [
        day
        for year in range(first.year, last.year + 1)
        if (day := partial.in_year(year)) is not None and first <= day <= last
    ]
    return fitting[0] if len(fitting) == 1 else None


def likely_order(texts: Iterable[str]) -> str:
    """``mdy`` when some dates only make sense month first and none only day first, else ``dmy``."""
    day_first = month_first = 0
    for text in texts:
        found = _NUMBERS.fullmatch(text.strip()[:40])
        if not found:
            continue
        day_first += int(found[1]) > 12 >= int(found[2])
        month_first += int(found[2]) > 12 >= int(found[1])
    return "mdy" if month_first and not day_first else "dmy"
