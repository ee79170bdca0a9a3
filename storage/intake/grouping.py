"""Marks gathered into weeks per child, with bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from casework.codes import NO_MARK
from storage.intake.model import PupilWeek, Reading, ReadMark

MAX_OPEN = 20_000
"""Weeks held open at once: a county's secondary school by date, with room to spare."""


def gather(marks: Iterable[ReadMark], reading: Reading, max_open: int = MAX_OPEN) -> Iterator[PupilWeek]:
    """The marks as ``PupilWeek``s, the oldest half given out whenever ``max_open`` are held.

    A file may be sorted by child or by date. A week may be given twice when its rows lie far apart. Of two
    marks for one session the earlier row stays: the same mark again is only counted, an empty one gives way,
    and another one is set aside naming both lines.
    """
    weeks: dict[tuple[int, date], PupilWeek] = {}
    week = PupilWeek(-1, date.min)
    last_pupil, last_monday = -1, date.min
    for line, pupil, monday, slot, code, minutes, comment in marks:
        if pupil != last_pupil or monday is not last_monday:
            last_pupil, last_monday = pupil, monday
            key = (pupil, monday)
            found = weeks.get(key)
            if found is None:
                if len(weeks) >= max_open:
                    for old in list(islice(weeks, (max_open + 1) // 2)):
                        yield weeks.pop(old)
                found = weeks[key] = PupilWeek(pupil, monday)
            week = found
        slots = week.slots
        held = slots[slot]
        if held is None or (held == NO_MARK and code != NO_MARK):
            if held is not None:
                reading.blanks -= 1
            slots[slot] = code
            week.lines[slot] = line
        elif code in (held, NO_MARK):
            reading.repeated += 1
            if code == NO_MARK:
                reading.blanks -= 1
            else:
                reading.marks -= 1
        else:
            _clash(reading, week, slot, line, code)
            continue
        if minutes is not None or comment:
            week.late[slot] = (minutes, comment)
    yield from weeks.values()


def _clash(reading: Reading, week: PupilWeek, slot: int, line: int, code: str) -> None:
    reading.marks -= 1
    reading.reject(
        line,
        "Mark",
        code,
        f"line {week.lines[slot]} gives {week.slots[slot]} for the same child and session",
        "find out which of the two marks is right",
    )
