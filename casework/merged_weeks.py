"""Two records of one school week laid together when children are merged, and parted again by a split.

The kept week's marks stand. Only its empty slots are filled, and those slots stay the other week's own: what
a later register corrects in them goes back with them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from casework.codes import NO_MARK
from casework.records_attendance import AttendanceWeek
from casework.weeks import SLOTS, pack, unpack

FIELDS = ("marks", "lines", "source", "comments")
"""The fields of a week that speak slot by slot."""

_NO_LINE = "0"
_NO_SOURCE = "-"


@dataclass(frozen=True, slots=True)
class Clash:
    """A slot in which both weeks have a mark and they differ."""

    slot: int
    kept: str
    other: str


def filled_slots(before: str, after: str) -> tuple[int, ...]:
    """The slots of a week string that were empty before and have a mark after."""
    pairs = zip(unpack(before), unpack(after), strict=True)
    return tuple(slot for slot, (old, new) in enumerate(pairs) if old == NO_MARK != new)


def clashes(kept: AttendanceWeek, other: AttendanceWeek) -> list[Clash]:
    """Where the two weeks contradict one another."""
    pairs = zip(unpack(kept.marks), unpack(other.marks), strict=True)
    return [Clash(slot, a, b) for slot, (a, b) in enumerate(pairs) if NO_MARK not in (a, b) and a != b]


def fill(kept: AttendanceWeek, other: AttendanceWeek) -> dict[str, Any]:
    """The fields of the kept week with its empty slots filled from the other; {} where none can be."""
    both = _take(kept, other, filled_slots(kept.marks, _laid_over(kept.marks, other.marks)))
    return both if both["marks"] != kept.marks else {}


def part(
    week: AttendanceWeek, other: AttendanceWeek, before: Mapping[str, Any], slots: Collection[int]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of the kept week without the slots that a merge filled, and of the other with them again.

    `before` are the kept week's fields as they were before the merge. A slot whose mark a later file has
    changed goes back as it is now.
    """
    old = week.model_copy(update={name: before.get(name, getattr(week, name)) for name in FIELDS})
    mine = _take(week, old, slots)
    if mine["marks"] == old.marks and _by_slot(mine) == _by_slot(_fields(old)):
        mine = _fields(old)
    changed = [slot for slot in slots if unpack(week.marks)[slot] not in (unpack(other.marks)[slot], NO_MARK)]
    return mine, _take(other, week, changed) if changed else _fields(other)


def _laid_over(held: str, more: str) -> str:
    pairs = zip(unpack(held), unpack(more), strict=True)
    return pack([b if a == NO_MARK else a for a, b in pairs])


def _take(to: AttendanceWeek, source: AttendanceWeek, slots: Collection[int]) -> dict[str, Any]:
    """The fields of one week with these slots as the other has them."""
    if not slots:
        return _fields(to)
    marks, more = unpack(to.marks), unpack(source.marks)
    lines, sources = _lines(to.lines), _sources(to.source)
    comments = dict(to.comments)
    for slot in slots:
        marks[slot] = more[slot]
        lines[slot] = _lines(source.lines)[slot]
        sources[slot] = _sources(source.source)[slot]
        comments.pop(str(slot), None)
        if str(slot) in source.comments:
            comments[str(slot)] = source.comments[str(slot)]
    return {
        "marks": pack(marks),
        "lines": " ".join(lines),
        "source": " ".join(sources),
        "comments": comments,
    }


def _fields(week: AttendanceWeek) -> dict[str, Any]:
    return {name: getattr(week, name) for name in FIELDS}


def _by_slot(fields: Mapping[str, Any]) -> tuple[Any, ...]:
    return fields["marks"], _lines(fields["lines"]), _sources(fields["source"]), fields["comments"]


def _lines(lines: str) -> list[str]:
    held = lines.split()
    return held if len(held) == SLOTS else [_NO_LINE] * SLOTS


def _sources(source: str) -> list[str]:
    held = source.split()
    return held if len(held) == SLOTS else [source or _NO_SOURCE] * SLOTS
