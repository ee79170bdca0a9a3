"""What was written before: every change of a record's fields, and every mark that a later file corrected."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from casework.codes import NO_MARK
from casework.edits import CREATED
from casework.errors import BadInput
from casework.policies import PURPOSE_OF, Category
from casework.records import RECORD_TYPES, Child, Record, meta_of
from casework.records_attendance import AttendanceWeek, FollowUp, RegisterFile
from casework.shown_marks import shown_field, shown_marks, veiled_slots
from casework.weeks import session_of, unpack
from storage.queries.child_marks import holders, marks_in_force
from storage.queries.guarded_words import guarded
from storage.queries.named import NO_COLLEAGUE, Names, colleagues
from storage.queries.sight import Sight, says_something, subject_of
from storage.queries.steps import told_step
from storage.queries.weighed import Written, placed, weighed_in
from storage.rows import load

if TYPE_CHECKING:
    from storage.store import Store


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One change of one field: when, by whom, in which step, from what to what.

    `old` and `new` are JSON values. `field` is "" for the creation of the record, whose `new` is the mapping
    of its fields, and "void" where an undo took the record back or a redo brought it again. `by` is "" where
    the central record wrote what it holds, and names no step.
    """

    seq: int
    at: str
    by: str
    step: str
    reason: str
    kind: str
    field: str
    label: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Correction:
    """A mark that a later step changed. `line` is 0 and `file` empty where the source is not known."""

    date: date
    session: str
    old: str
    new: str
    at: str
    by: str
    step: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a mark stands in its source: the file's name and the line, 0 where it is not known."""

    file: str
    line: int


def read_history(store: Store, record_type: str, record: str, field: str = "") -> list[FieldChange]:
    """Every change of a record (of one field when named), newest first, as this worker may see them.

    Marks are as `casework.shown_marks.shown_field` has them; a change that cannot be seen is left out, and
    so is a protected address in any words.
    """
    condition, more = ("AND c.field IN (?, '')", [field]) if field else ("", [])
    rows = store.conn.execute(
        "SELECT e.seq, e.at, e.worker, e.name, e.reason, e.kind, c.field, c.old, c.new, e.id"
        f" FROM change c JOIN edit e ON e.seq = c.edit WHERE c.record = ? AND c.type = ? {condition}"
        " ORDER BY c.edit DESC, c.n DESC",
        [record, record_type, *more],
    ).fetchall()
    if not rows:
        return []
    held = load(store.conn, RECORD_TYPES[record_type], record)
    child, sight = subject_of(store, held), Sight(store)
    if not sight.is_there(held, child):
        raise BadInput("no-such-record", "No record has that id; check it and try again.")
    names = colleagues(store)
    known = Names(store)
    veil = veil_of(store, held)
    told = {row[0]: told_step(store, row[0], row[3], row[4] or "") for row in rows}
    journal = [
        Written(row[0], row[9], row[2], row[1], row[6], json.loads(row[8]), row[5] == "central")
        for row in rows
    ]
    weighed = weighed_in(store, held, child, sight, journal, field)
    changes = [
        FieldChange(
            seq=seq,
            at=at,
            by=names.get(worker, NO_COLLEAGUE) if worker else "",
            step=told[seq][0],
            reason=told[seq][1],
            kind=kind,
            field=name,
            label=label_of_field(record_type, name),
            old=known.put(veil(name, weighed.base(seq, name, json.loads(old)))) if old else None,
            new=known.put(veil(name, _only(json.loads(new), name, field))),
        )
        for seq, at, worker, step, reason, kind, name, old, new, _ in rows
    ]
    for number, line in enumerate(weighed.lines, 1):
        place = placed([change.at for change in reversed(changes)], line.at)
        old, new = (known.put(veil(line.field, value)) for value in (line.old, line.new))
        label = label_of_field(record_type, line.field)
        seen_line = FieldChange(
            -number, line.at, line.by, line.step, "", "conflict", line.field, label, old, new
        )
        changes.insert(len(changes) - place, seen_line)
    differing = [change for change in changes if change.field == CREATED or change.old != change.new]
    seen = [shown for change in differing if (shown := _as_seen(change, sight, held, child)) is not None]
    return guarded(store, child, seen) if child is not None else seen


WITHHELD = "(withheld)"
"""What stands for a value that the worker may not see."""


def _as_seen(change: FieldChange, sight: Sight, record: Record, child: Child | None) -> FieldChange | None:
    """A change without what may not be seen; None where not even its existence may be told."""
    fields = type(record).model_fields
    if change.field == CREATED:
        shown = {
            name: value
            for name, value in change.new.items()
            if name in fields and sight.field(record, name, child)
        }
        said = [name for name in change.new if says_something(record.type, name)]
        return replace(change, new=shown, reason=change.reason if len(shown) == len(said) else "")
    if change.field not in fields or sight.is_only_listed(record, change.field, child):
        return None
    decision = sight.field(record, change.field, child)
    if decision or change.field == "void":
        return change
    return replace(change, old=WITHHELD, new=WITHHELD, reason="") if decision.shown else None


def why_untold(store: Store, record_type: str, record: str, changes: Sequence[FieldChange]) -> str:
    """The reason why the changes of a record tell no value at all; "" where they do, or nothing is withheld.

    It is said whether or not a withheld field ever held anything, so it tells of nothing, and of a category
    whose existence is protected it says nothing: such a history looks as an empty one does.
    """
    if any(map(_tells, changes)):
        return ""
    held = load(store.conn, RECORD_TYPES[record_type], record)
    return first_withheld(Sight(store), held, subject_of(store, held), type(held).model_fields)[1]


def first_withheld(
    sight: Sight, record: Record, child: Child | None, names: Iterable[str]
) -> tuple[str, str]:
    """The first of these fields of which it may be said that it is withheld, and the reason; else nothing."""
    for name in names:
        decision = sight.field(record, name, child)
        if not decision and decision.shown:
            return name, decision.reason
    return "", ""


def _tells(change: FieldChange) -> bool:
    if change.field == CREATED:
        return any(value not in (None, "", [], {}) for name, value in change.new.items() if name not in _BARE)
    return change.field != "void" and change.new != WITHHELD


_BARE = frozenset({"id", "void", "child"})
"""What a creation tells without saying anything of the record."""


def veil_of(store: Store, record: Record) -> Callable[[str, Any], Any]:
    """What turns a value of a field of this record into one that this worker may see.

    Under the name "" it takes the mapping of fields of a creation. Marks, the comments beside them and a
    reason's code are changed. Of a case's records (`PURPOSE_OF`) what may not be seen is None, or left out of
    a creation; of other records it is not asked here whether a field may be seen at all.
    """
    if record.type in PURPOSE_OF:
        return _case_veil(store, record)
    if not isinstance(record, AttendanceWeek | FollowUp):
        return _as_it_is
    child = store.get(Child, record.child)
    custody = store.may_see(child, Category.YOUTH_JUSTICE, "support")
    held: list[str] = []
    if isinstance(record, AttendanceWeek):
        rows = store.conn.execute(
            "SELECT old, new FROM change WHERE record = ? AND field = 'marks'", (record.id,)
        )
        held = [record.marks, *(json.loads(text) for row in rows for text in row)]
    slots = veiled_slots(held, custody)

    def veil(name: str, value: Any) -> Any:
        if name == CREATED and isinstance(value, Mapping):
            return {key: shown_field(key, item, custody, slots) for key, item in value.items()}
        return shown_field(name, value, custody, slots)

    return veil


def _case_veil(store: Store, record: Record) -> Callable[[str, Any], Any]:
    child = store.get(Child, getattr(record, "child", ""))

    def seen(name: str) -> bool:
        known = name in type(record).model_fields
        meta = meta_of(record.type, name) if known else None
        if meta is None:
            return known
        return bool(store.may_see(child, meta.category, PURPOSE_OF[record.type]))

    def veil(name: str, value: Any) -> Any:
        if name == CREATED and isinstance(value, Mapping):
            return {key: item for key, item in value.items() if seen(key)}
        return value if name == CREATED or seen(name) else None

    return veil


def _as_it_is(name: str, value: Any) -> Any:
    del name
    return value


def _only(new: Any, name: str, field: str) -> Any:
    """Of a creation only the field asked for."""
    return {field: new.get(field)} if name == CREATED and field else new


def label_of_field(record_type: str, field: str) -> str:
    """The label of a field as forms show it; the creation of a record has none."""
    if field not in RECORD_TYPES[record_type].model_fields:
        return ""
    meta = meta_of(record_type, field)
    return meta.label if meta else field


def read_corrections(store: Store, child: Child) -> list[Correction]:
    """Every mark of a child that a later step changed, the newest correction first, as this worker sees it.

    A first mark in an empty slot is no correction. Where two schools have a session, only the mark that
    counts (see `casework.weeks.holder`) is told of: what the other school wrote was never this mark. The
    file and line are those that gave the newer mark.
    """
    weeks = {week.id: week for week in store.find(AttendanceWeek, "child = ?", (child.id,))}
    if not weeks:
        return []
    rows = store.conn.execute(
        "SELECT e.seq, e.at, e.worker, e.name, c.record, c.field, c.old, c.new"
        " FROM change c JOIN edit e ON e.seq = c.edit"
        " WHERE c.record IN (SELECT value FROM json_each(?)) AND c.field IN ('marks', 'lines', 'source')"
        " ORDER BY c.edit, c.n",
        [json.dumps(list(weeks))],
    ).fetchall()
    names, files = colleagues(store), _files(store)
    custody = store.may_see(child, Category.YOUTH_JUSTICE, "support")
    counts = holders(child, list(weeks.values()))
    created = {week: _as_created(store, week) for week in {row[4] for row in rows}}
    steps: dict[tuple[int, str], dict[str, tuple[Any, Any]]] = {}
    facts: dict[int, tuple[str, str, str]] = {}
    for seq, at, worker, step, record, field, old, new in rows:
        steps.setdefault((seq, record), {})[field] = (json.loads(old), json.loads(new))
        facts[seq] = (at, names.get(worker, ""), step)
    found: list[Correction] = []
    for (seq, record), changed in steps.items():
        state = created[record]
        state.update({field: new for field, (_, new) in changed.items()})
        if "marks" not in changed:
            continue
        before, after = (unpack(shown_marks(text, custody)) for text in changed["marks"])
        for slot, (old, new) in enumerate(zip(before, after, strict=True)):
            if old in (new, NO_MARK) or counts[weeks[record].week][slot].id != record:
                continue
            day, session = session_of(weeks[record].week, slot)
            origin = _origin(state.get("source", ""), state.get("lines", ""), slot, files)
            found.append(Correction(day, session, old, new, *facts[seq], origin.file, origin.line))
    return found[::-1]


def _as_created(store: Store, week: str) -> dict[str, str]:
    row = store.conn.execute("SELECT new FROM change WHERE record = ? AND field = ''", (week,)).fetchone()
    return dict(json.loads(row[0])) if row else {}


def read_origins(store: Store, child: Child) -> Mapping[tuple[date, str], Origin]:
    """For each (date, session) of a child's recorded marks, the file and the line it came from."""
    files = _files(store)
    weeks = store.find(AttendanceWeek, "child = ?", (child.id,))
    return {
        (day, session): _origin(week.source, week.lines, slot, files)
        for day, session, slot, _, week in marks_in_force(child, weeks)
    }


def _files(store: Store) -> dict[str, str]:
    return {file.id: file.name for file in store.find(RegisterFile)}


def _origin(source: str, lines: str, slot: int, files: Mapping[str, str]) -> Origin:
    """`source` names one file, or one for each slot; `lines` has a number for each slot."""
    sources, numbers = source.split(), lines.split()
    name = sources[slot] if len(sources) == _SLOTS else source
    number = numbers[slot] if len(numbers) == _SLOTS else ""
    return Origin(files.get(name, ""), int(number) if number.isdecimal() else 0)


_SLOTS = 10


def value_words(value: Any) -> str:
    """A JSON value as a person reads it in a history."""
    if value is None or value in ("", [], {}):
        return "(empty)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(value_words(item) for item in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {value_words(item)}" for key, item in value.items())
    return str(value)
