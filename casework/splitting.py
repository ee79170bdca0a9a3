"""A merge taken back at any later time: what goes back to the other child, what stays, what a person picks.

Every record that the merge moved goes back with what was changed in it meanwhile; a field that was taken over
goes back unless somebody has changed it. What came into being meanwhile stays with the kept child, but for
what was made on a record that goes back, and what came from a school where only the other child was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from casework.edits import Change, Edit, update
from casework.errors import BadInput, Refused
from casework.merged_weeks import FIELDS, filled_slots, part
from casework.policies import Policy
from casework.records import Child, Enrolment, Record, meta_of
from casework.records_attendance import AttendanceTotal, AttendanceWeek
from casework.records_links import Link


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """A record made since the merge: whether it goes to the other child, why, and whether that is fixed."""

    record: Record
    goes: bool
    why: str
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class Split:
    """A split before it is made: the edit, what goes back and what was made meanwhile, each with its side."""

    edit: Edit
    back: tuple[Record, ...]
    meanwhile: tuple[Meanwhile, ...]
    stays: tuple[str, ...]
    """Fields of the kept child that were taken over and changed since, so that they stay."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge as it stands: its link, the changes it made to fields, and their records as they are now.

    `newer` are the standing records that have come to name the kept child since.
    """

    link: Link
    changes: tuple[Change, ...]
    now: Mapping[str, Record]
    newer: tuple[Record, ...] = ()
    schools: frozenset[str] = frozenset()
    """The schools where the kept child was by records of their own from before the merge."""


def split_children(
    merged: Merged, *, move: Collection[str], stay: Collection[str], reason: str, on: date, by: str
) -> Split:
    """Take a merge back. `move` and `stay` are ids of records made meanwhile whose side a person picked.

    Raises BadInput for an id that is none of theirs or goes with another record, Refused when the link is no
    merge that stands.
    """
    link = merged.link
    if link.kind != "same" or link.ended_on is not None:
        raise Refused("not-merged", "That is no merge that stands; there is nothing to split.")
    moved = _moved(merged)
    meanwhile = _sides(merged, moved, move, stay)
    changes: list[Change] = []
    stays: list[str] = []
    for record, group in groupby(_by_record(merged.changes), key=lambda change: change.record):
        held = merged.now[record]
        parts = list(group)
        if isinstance(held, AttendanceWeek) and held.child == link.child and parts[0].field in FIELDS:
            changes += _week(merged, held, parts)
        elif not _is_twin(merged, held, parts):
            fields, left = _undone(held, parts, link)
            changes += update(held, **fields)
            stays += left if held.id == link.child else []
    changes += [
        change
        for one in meanwhile
        if one.goes
        for change in update(one.record, **_as_others(one.record, link))
    ]
    changes += update(link, ended_on=on, ended_why=reason, ended_by=by)
    return Split(
        Edit("Split merged records", tuple(_ordered(changes)), subject=link.child, reason=reason),
        tuple(moved.values()),
        tuple(meanwhile),
        tuple(stays),
    )


def _by_record(changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: (change.type, change.record))


def _ordered(changes: Iterable[Change]) -> list[Change]:
    """Each record's changes together; the other child stands again before anything names it."""
    return sorted(changes, key=lambda change: (change.field != "void", change.type, change.record))


def _moved(merged: Merged) -> dict[str, Record]:
    """The records that the merge moved, or that it set aside, and that still are where it put them."""
    link = merged.link
    found: dict[str, Record] = {}
    for change in merged.changes:
        held = merged.now[change.record]
        named = getattr(held, "child", "")
        is_moved = change.field == "child" and named == link.child
        is_aside = change.field == "void" and change.type != "child" and named == link.other
        if change.type != "link" and (is_moved or is_aside):
            found[held.id] = held
    return found


def _undone(held: Record, parts: Sequence[Change], link: Link) -> tuple[dict[str, Any], list[str]]:
    """The fields of a record as they were before the merge, and those that were changed since."""
    now = held.model_dump(mode="json")
    fields: dict[str, Any] = {}
    stays: list[str] = []
    for change in parts:
        meta = meta_of(change.type, change.field) if change.field != "void" else None
        if meta is not None and meta.policy is Policy.UNION and change.type == "child":
            came = [one for one in change.new if one not in change.old]
            fields[change.field] = [one for one in now[change.field] if one not in came]
        elif now[change.field] == change.new:
            fields[change.field] = change.old
        elif change.field != "child":
            stays.append(change.field)
    moved_on = any(c.field == "child" and now["child"] != link.child for c in parts)
    return ({} if moved_on else fields), stays


def _is_twin(merged: Merged, held: Record, parts: Sequence[Change]) -> bool:
    """Whether a week was set aside beside a week of the kept child, which gives it back its slots."""
    return isinstance(held, AttendanceWeek) and parts[0].field == "void" and _twin(merged, held) is not None


def _twin(merged: Merged, week: AttendanceWeek) -> AttendanceWeek | None:
    """The week of the same school, of the other of the two children, that the merge changed or set aside."""
    for held in merged.now.values():
        if (
            isinstance(held, AttendanceWeek)
            and held.id != week.id
            and (held.school, held.week) == (week.school, week.week)
            and {held.child, week.child} == {merged.link.child, merged.link.other}
        ):
            return held
    return None


def _week(merged: Merged, week: AttendanceWeek, parts: Sequence[Change]) -> list[Change]:
    other = _twin(merged, week)
    if other is None:
        raise AssertionError("a week is filled only from one that is set aside")
    before = {change.field: change.old for change in parts}
    marks = next(change for change in parts if change.field == "marks")
    mine, theirs = part(week, other, before, filled_slots(marks.old, marks.new))
    return [*update(week, **mine), *update(other, **theirs, void=False)]


def _sides(
    merged: Merged, moved: Mapping[str, Record], move: Collection[str], stay: Collection[str]
) -> list[Meanwhile]:
    """Each record made meanwhile with its side, the oldest first."""
    newer = {record.id: record for record in merged.newer if not isinstance(record, Link)}
    for record_id in (*move, *stay):
        if record_id not in newer:
            raise BadInput("not-made-meanwhile", "That record was not made since the merge.", record_id)
    schools = _others_own_schools(merged, moved)
    goes: dict[str, Meanwhile] = {}
    for record in newer.values():
        if record.id in move:
            goes[record.id] = Meanwhile(record, goes=True, why="as you said")
        elif record.id not in stay and isinstance(record, _OF_REGISTER) and record.school in schools:
            goes[record.id] = Meanwhile(record, goes=True, why=_THEIR_SCHOOL)
    _follow(newer, moved, goes)
    for one in goes.values():
        if one.record.id in stay:
            raise BadInput("goes-with", _GOES, one.record.id)
        gone = moved.keys() | goes.keys() | {merged.link.child}
        if any(held not in gone for held in _named_by(one.record)):
            raise BadInput("stays-with", _STAYS, one.record.id)
    return [
        goes.get(record.id) or Meanwhile(record, goes=False, why="made since the merge")
        for record in sorted(newer.values(), key=lambda record: record.id)
    ]


_OF_REGISTER = (AttendanceWeek, AttendanceTotal, Enrolment)
_THEIR_SCHOOL = "from a school where only the other child was"
_FOLLOWS = "made on a record that goes back"
_GOES = "That record was made on one that goes back, and goes too."
_STAYS = "That record was made on one that stays, and stays too."


def _follow(newer: Mapping[str, Record], moved: Mapping[str, Record], goes: dict[str, Meanwhile]) -> None:
    """What was made on a record that goes back goes with it, and what was made on that."""
    fixed = {record_id for record_id, one in goes.items() if one.is_fixed}
    while True:
        found = [
            record
            for record in newer.values()
            if record.id not in fixed and any(held in moved or held in goes for held in _named_by(record))
        ]
        if not found:
            return
        for record in found:
            fixed.add(record.id)
            goes[record.id] = Meanwhile(
                record, goes=True, why="made on a record that goes back", is_fixed=True
            )


_REFERENCES = ("episode", "notification", "plan", "outcome", "about", "corrects", "follows")
"""Fields by which a record of a child may name another record of the same child."""
_ID_LENGTH = 36


def _named_by(record: Record) -> list[str]:
    held = (getattr(record, name, None) for name in _REFERENCES)
    return [one for one in held if isinstance(one, str) and len(one) == _ID_LENGTH and one.count("-") == 4]


def _others_own_schools(merged: Merged, moved: Mapping[str, Record]) -> frozenset[str]:
    """The schools at which only the other child was when the two were merged."""
    theirs = {record.school for record in moved.values() if isinstance(record, AttendanceWeek | Enrolment)}
    other = merged.now[merged.link.other]
    if isinstance(other, Child) and other.school:
        theirs.add(other.school)
    return frozenset(theirs - merged.schools)


def _as_others(record: Record, link: Link) -> dict[str, str]:
    """The fields by which a record names the kept child, with the other's id instead."""
    return {
        name: link.other
        for name in type(record).model_fields
        if name != "id" and getattr(record, name) == link.child
    }
