"""A child's attendance before the work began and since, over two windows of the same length.

Source: fair before and after (same length, counts beside every percentage), practice of the evaluation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from casework.attendance import Tally, tally
from casework.calendars import SchoolCalendar
from casework.wording import count_of, say_day

MOST_WEEKS = 10
"""School weeks in each window at the most."""


@dataclass(frozen=True, slots=True)
class Window:
    """The sessions of some school days, both ends included; None where there is no such day."""

    start: date | None
    end: date | None
    tally: Tally


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """Two windows of `days` school days each, the last before `started` and the newest since, with why."""

    started: date
    days: int
    before: Window
    since: Window
    reasons: tuple[str, ...]


def before_after(
    marks: Iterable[tuple[date, str]], calendar: SchoolCalendar, started: date, today: date
) -> BeforeAfter:
    """Sessions (day, code) before `started` and from that day to `today`, over equally many school days.

    Each window is as long as there are school days on both sides, at the most ten weeks of five school days.
    Where the work has gone on for longer, the newest days are taken.
    """
    before, since = [], []
    if calendar.first_day is not None:
        before = [day for day in calendar.school_days(calendar.first_day, started) if day < started]
        since = calendar.school_days(started, today)
    length = min(len(before), len(since), MOST_WEEKS * 5)
    held = [mark for mark in marks if mark[0] <= today]
    windows = [_window(held, days[-length:] if length else [], today) for days in (before, since)]
    return BeforeAfter(started, length, windows[0], windows[1], _reasons(started, length, before, since))


def _window(marks: Sequence[tuple[date, str]], days: Sequence[date], today: date) -> Window:
    wanted = frozenset(days)
    counted = tally([code for day, code in marks if day in wanted], today)
    return Window(days[0] if days else None, days[-1] if days else None, counted)


def _reasons(started: date, length: int, before: Sequence[date], since: Sequence[date]) -> tuple[str, ...]:
    day = say_day(started)
    if not before:
        return (f"The school's calendar knows no school day before {day}.",)
    if not since:
        return (f"There was no school day since {day} yet.",)
    count = count_of(length, "school day")
    newest = "newest " if len(since) > length else ""
    return (f"{count} before {day}, and the {newest}{length} since.",)
