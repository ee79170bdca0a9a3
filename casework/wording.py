"""Plain words for dates and counts, so that every rule gives its reasons in the same voice."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def say_day(day: date) -> str:
    """A date as a worker says it: ``Fri 20 Nov 2026``, whatever the machine's language."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def count_of(number: int | float | Fraction, one: str, many: str = "") -> str:
    """A number with its noun: ``1 session``, ``0.5 days``, ``1,204 marks``. Whole numbers lose ``.0``."""
    value = float(number)
    shown = f"{int(value):,}" if value == int(value) else f"{value:g}"
    return f"{shown} {one if value == 1 else many or one + 's'}"


def join_words(words: list[str] | tuple[str, ...]) -> str:
    """A list in words: ``G, N, O and U``."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
