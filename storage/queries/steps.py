"""What a step of the journal concerned, and the newest follow-up of a child on a day."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casework.calendars import monday_of
from casework.codes import NO_MARK, CodeClass, lookup
from casework.edits import CREATED
from casework.policies import Category
from casework.records import RECORD_TYPES, Child
from casework.records_attendance import TOLD_SOCIAL_WORKER, AttendanceWeek, FollowUp
from casework.records_links import Link
from casework.triage import day_codes, settled_by
from casework.weeks import SLOTS, unpack
from storage.queries.facts import weeks_of
from storage.queries.lookup import display_name
from storage.queries.sight import Sight, seen_children, subject_of
from storage.rows import load, load_all

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from storage.store import Store


def children_of_step(store: Store, seq: int) -> list[str]:
    """The children whose follow-ups a step brought in or took back, in the order of its changes."""
    rows = store.conn.execute(
        "SELECT record, field, new FROM change WHERE edit = ? AND type = ?", (seq, FollowUp.type)
    ).fetchall()
    found: dict[str, None] = {}
    for record, field, new in rows:
        child = json.loads(new)["child"] if field == CREATED else None
        if child is None:
            row = store.conn.execute("SELECT child FROM follow_up WHERE id = ?", (record,)).fetchone()
            child = row[0] if row else None
        if child:
            found.setdefault(child)
    return list(found)


def whose_step(store: Store, seq: int) -> str:
    """Whom a step concerns, as far as this worker may see: a child's name, "3 children", or "" for nobody."""
    row = store.conn.execute("SELECT subject FROM edit WHERE seq = ?", (seq,)).fetchone()
    children = [row[0]] if row and row[0] else children_of_step(store, seq)
    if len(children) != 1:
        return f"{len(children)} children" if children else ""
    found: list[Child] = load_all(store.conn, Child, "id = ?", (children[0],), void=True)
    if not found or not store.may_see(found[0], Category.IDENTITY, "support"):
        return ""
    return display_name(found[0])


@dataclass(frozen=True, slots=True)
class ImportedStep:
    """An import as one step: the marks that it brought or changed, and whose they are.

    `children` counts those whose marks they are, with those who came in by this step, whom `new` counts.
    """

    name: str
    marks: int
    children: int
    new: int


def imported_by_step(store: Store, seq: int, name: str) -> ImportedStep | None:
    """What a step took in from files; None for a step that touched no marks and brought in no child, and
    for a merge or a split, which only lays marks elsewhere.
    """
    if _records(store, "SELECT record FROM change WHERE edit = ? AND type = ?", seq, Link.type):
        return None
    new = _records(
        store, "SELECT record FROM change WHERE edit = ? AND type = ? AND field = ?", seq, Child.type, CREATED
    )
    having = _records(
        store,
        "SELECT DISTINCT child FROM attendance_week"
        " WHERE id IN (SELECT record FROM change WHERE edit = ? AND type = ?)",
        seq,
        AttendanceWeek.type,
    )
    if not new and not having:
        return None
    return ImportedStep(name, _marks_of_step(store, seq), len(new | having), len(new))


def _records(store: Store, query: str, *values: object) -> set[str]:
    return {record for (record,) in store.conn.execute(query, values)}


def _marks_of_step(store: Store, seq: int) -> int:
    """How many sessions got a mark by a step, or another one."""
    (count,) = store.conn.execute(
        "SELECT coalesce(sum(? - (length(marks) - length(replace(marks, ?, '')))), 0) FROM"
        " (SELECT json_extract(new, '$.marks') AS marks FROM change"
        " WHERE edit = ? AND type = ? AND field = ?)",
        (SLOTS, NO_MARK, seq, AttendanceWeek.type, CREATED),
    ).fetchone()
    changed = store.conn.execute(
        "SELECT old, new FROM change WHERE edit = ? AND type = ? AND field = 'marks'",
        (seq, AttendanceWeek.type),
    )
    for old, new in changed:
        slots = zip(unpack(json.loads(old)), unpack(json.loads(new)), strict=True)
        count += sum(before != after for before, after in slots)
    return int(count)


def newest_follow_up(store: Store, child: str, day: date) -> FollowUp | None:
    """The newest standing step to the family of a child's absence on `day`; None where it may not be seen."""
    about = store.find(Child, "id = ?", (child,))
    if not seen_children(store, about, "attendance", Category.ATTENDANCE):
        return None
    found = store.find(
        FollowUp,
        "child = ? AND session_date = ? AND outcome <> ?",
        (child, day.isoformat(), TOLD_SOCIAL_WORKER),
    )
    return max(found, key=lambda step: (step.at, step.id), default=None)


def acted_on(store: Store, absences: Iterable[tuple[str, date]]) -> frozenset[tuple[str, date]]:
    """Those of the (child, day) absences that count as acted on."""
    found = set()
    for child, day in absences:
        rows = store.conn.execute(
            "SELECT outcome FROM follow_up WHERE child = ? AND session_date = ? AND void = 0 ORDER BY at, id",
            (child, day.isoformat()),
        )
        if settled_by(outcome for (outcome,) in rows):
            found.add((child, day))
    return frozenset(found)


def was_present(store: Store, child: Child, day: date) -> bool:
    """Whether the register has a mark for the day and every one of them says that the child was in."""
    return day in days_present(store, child, [day])


def days_present(store: Store, child: Child, days: Collection[date]) -> frozenset[date]:
    """Those of the days that the register has a mark for, and each of them says that the child was in."""
    if not days:
        return frozenset()
    first, last = (monday_of(day).isoformat() for day in (min(days), max(days)))
    weeks = {held[0]: held for held in weeks_of(store, [child], first, last).get(child.id, ())}
    return frozenset(day for day in days if _is_in(weeks.get(monday_of(day)), day))


def _is_in(week: tuple[date, str] | None, day: date) -> bool:
    codes = [code for code in day_codes([week] if week else [], day) if code != NO_MARK]
    return bool(codes) and all(
        (found := lookup(code, day)) is not None and found.kind is CodeClass.PRESENT for code in codes
    )


def marks_are_in(store: Store, day: date) -> bool:
    """Whether any school's register has a mark for `day`."""
    slot = day.weekday() * 2
    rows = store.conn.execute(
        "SELECT DISTINCT marks FROM attendance_week WHERE void = 0 AND week = ?",
        (monday_of(day).isoformat(),),
    )
    return any(set(unpack(marks)[slot : slot + 2]) - {NO_MARK} for (marks,) in rows)


_JUDGED = 20


def may_tell(store: Store, seq: int) -> bool:
    """Whether the worker may see everything that a step changed, so that its name may be told.

    The name of a step can tell what came of a call, why a case was closed, or which field was written. That
    of a merge tells that two records are of one child, and nothing of what went with them; that a case was
    allocated or closed, by this worker's own hand, tells nothing of why.
    """
    if _is_own_case_step(store, seq):
        return True
    changed = "SELECT DISTINCT type, record, field FROM change WHERE edit = ?"
    rows = store.conn.execute(f"{changed} AND type = ? LIMIT ?", (seq, Link.type, _JUDGED)).fetchall()
    rows = rows or store.conn.execute(f"{changed} LIMIT ?", (seq, _JUDGED)).fetchall()
    sight = Sight(store)
    for kind, record, field in rows:
        held = load(store.conn, RECORD_TYPES[kind], record)
        child = subject_of(store, held)
        if child is None:
            continue
        fields = type(held).model_fields
        names = [field] if field in fields and field != "void" else _told_by(kind)
        if not sight.is_there(held, child) or not all(sight.field(held, name, child) for name in names):
            return False
    return True


_OF_A_CASE = {"Case allocated": "opened", "Case closed": "closed"}
"""Names of steps that tell one fact of a case, with the field of the episode that holds it."""


def _is_own_case_step(store: Store, seq: int) -> bool:
    """Whether this worker made a step whose name tells no more of a case than they may see of it."""
    own = "SELECT name FROM edit WHERE seq = ? AND worker = ?"
    row = store.conn.execute(own, (seq, store.actor.worker)).fetchone()
    field = _OF_A_CASE.get(row[0].removeprefix("Undo: ").removeprefix("Redo: ")) if row else None
    if field is None:
        return False
    sight = Sight(store)
    changed = "SELECT DISTINCT record FROM change WHERE edit = ? AND type = ?"
    rows = store.conn.execute(changed, (seq, "episode")).fetchall()
    cases = [load(store.conn, RECORD_TYPES["episode"], record) for (record,) in rows]
    return bool(cases) and all(sight.field(case, field, subject_of(store, case)) for case in cases)


UNTOLD = "A step that is withheld"


def told_step(store: Store, seq: int, name: str, reason: str) -> tuple[str, str]:
    """The name of a step as `told_name` has it, and why it was made: never where its name is not told, for
    the worker's words are about all that it changed.
    """
    told = told_name(store, seq, name)
    return told, reason if told == name else ""


def told_name(store: Store, seq: int, name: str) -> str:
    """The name of a step about one child where everything it changed may be seen, else that it is withheld.

    The name of a step about several children, such as an import, tells of none of them.
    """
    row = store.conn.execute("SELECT subject FROM edit WHERE seq = ?", (seq,)).fetchone()
    if row is None or row[0] is None or may_tell(store, seq):
        return name
    for way in ("Undo: ", "Redo: "):
        if name.startswith(way):
            return way + UNTOLD.lower()
    return UNTOLD


def _told_by(kind: str) -> list[str]:
    """The fields that the making of a record tells of: those of a child or an adult are their name."""
    if kind in ("child", "person"):
        return ["surname"]
    return [name for name in RECORD_TYPES[kind].model_fields if name not in ("id", "void")]
