"""A child's attendance before the work began and since, over two windows of the same length.

Source: fair before and after (same length, counts beside every percentage, never "because of"), practice of
the evaluation; DfE, Working together to improve school attendance, 2024, for codes C2, E and X.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from casework.attendance import Tally, tally
from casework.calendars import SchoolCalendar, monday_of
from casework.codes import lookup
from casework.parameters import SESSIONS_FOR_RATE, at
from casework.wording import count_of, say_day

MOST_WEEKS = 10
"""School weeks in each window at the most."""


NOT_BECAUSE = (
    "Before and since is not because of: children are often helped when it is worst, the time of year "
    "differs, and no other children are compared here."
)
"""What nobody may read into two windows (regression to the mean, season, no comparison)."""

SUSPENSION_NOTE = (
    "E is suspended or excluded with nothing provided yet; days with other provision have other codes."
)
PART_TIME_NOTE = (
    "C2 is a session off by a part-time timetable, X one not required below or above school age. Marks alone "
    "cannot tell a part-time timetable: a child who comes and leaves early is marked present."
)
"""What counts of codes C2 and X leave open; the timetable is a record of its own."""


@dataclass(frozen=True, slots=True)
class Window:
    """The sessions of some school days, both ends included; None where there is no such day.

    `suspended` counts the sessions coded E, `part_time` those coded C2, `not_required` those coded X, each
    of `marked` sessions that hold a code. `weeks` are the counts of each of its school weeks, by Monday.
    """

    start: date | None
    end: date | None
    tally: Tally
    suspended: int = 0
    part_time: int = 0
    not_required: int = 0
    weeks: tuple[tuple[date, Tally], ...] = ()

    @property
    def marked(self) -> int:
        """Sessions that hold a code, possible or not."""
        return self.tally.possible + self.tally.not_possible

    @property
    def is_few(self) -> bool:
        """Whether it has too few possible sessions for a percentage; see docs/decisions/0010."""
        return self.end is None or self.tally.possible < at(SESSIONS_FOR_RATE, self.end)

    @property
    def attendance_pct(self) -> float | None:
        """Attendance in per cent to one decimal place; None where there are too few sessions for it."""
        return None if self.is_few else self.tally.attendance_pct


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

    A school day counts where the register holds a mark of it: one without would make the windows unlike. Each
    window is as long as there are such days on both sides, at the most ten weeks of five school days. Where
    the work has gone on for longer, the newest days are taken.
    """
    held = [mark for mark in marks if mark[0] <= today]
    marked = {day for day, _ in held}
    before, since = [], []
    if calendar.first_day is not None:
        days = calendar.school_days(calendar.first_day, today)
        before = [day for day in days if day < started and day in marked]
        since = [day for day in days if day >= started and day in marked]
    length = min(len(before), len(since), MOST_WEEKS * 5)
    windows = [_window(held, days[-length:] if length else [], today) for days in (before, since)]
    return BeforeAfter(started, length, windows[0], windows[1], _reasons(started, length, before, since))


def say_attended(held: Window) -> str:
    """Sessions attended of a window: counts first, a percentage only where there are sessions enough."""
    possible = held.tally.possible
    if not possible:
        return "no possible session"
    share = "too few for a rate" if held.is_few else f"{held.attendance_pct} %"
    return f"{held.tally.attended} of {possible}, {share}"


def say_part_time(held: Window) -> str:
    """The sessions of a window that a part-time timetable may stand behind, with what they are counted of."""
    return f"{held.part_time} C2, {held.not_required} X of {count_of(held.marked, 'mark')}"


def say_suspended(held: Window) -> str:
    """The sessions of a window coded E, with what they are counted of."""
    return f"{held.suspended} of {count_of(held.marked, 'mark')}"


def _window(marks: Sequence[tuple[date, str]], days: Sequence[date], today: date) -> Window:
    wanted = frozenset(days)
    held = [(day, code) for day, code in marks if day in wanted]
    known = [code.code for code in (lookup(text, day) for day, text in held) if code is not None]
    by_week: dict[date, list[str]] = {monday_of(day): [] for day in days}
    for day, text in held:
        by_week[monday_of(day)].append(text)
    return Window(
        start=days[0] if days else None,
        end=days[-1] if days else None,
        tally=tally([text for _, text in held], today),
        suspended=known.count("E"),
        part_time=known.count("C2"),
        not_required=known.count("X"),
        weeks=tuple((monday, tally(texts, today)) for monday, texts in by_week.items()),
    )


def _reasons(started: date, length: int, before: Sequence[date], since: Sequence[date]) -> tuple[str, ...]:
    day = say_day(started)
    if not before:
        return (f"No school day before {day} has a mark here.",)
    if not since:
        return (f"No school day since {day} has a mark here yet.",)
    count = count_of(length, "school day")
    newest = "newest " if len(since) > length else ""
    return (f"{count} with marks before {day}, and the {newest}{length} since.",)
