"""The one write path. An Edit's rows, history, search index and audit entry land in one transaction.

Nothing is ever erased: undo appends the inverse edit, and a record whose creation is undone becomes void.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic_core import to_json

from casework.edits import CREATED, REDO, UNDO, Change, Edit
from casework.errors import Refused
from casework.ids import new_id
from storage import audit, reindex
from storage.audit import stamp
from storage.central.beside import COLUMN
from storage.cipher import Connection
from storage.faults import translated
from storage.rows import insert_columns, insert_rows, insert_sql, insert_values, stored_columns, update_row
from storage.schema import to_column

Kind = Literal["do", "undo", "redo", "setup"]
_VOID = "void"
_LEFT = "EXISTS (SELECT 1 FROM change WHERE edit = edit.seq)"
"""A step of which something is left: what may not be held any more is gone from the history, too."""
_TO_UNDO = f"worker = ? AND kind IN ('do', 'redo') AND undone_by IS NULL AND {_LEFT}"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who writes: the worker's record id and this laptop's device id."""

    worker: str
    device: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A committed edit: its id, its place in the journal and the record types it touched."""

    edit: str
    seq: int
    name: str
    touched: frozenset[str]


@dataclass(frozen=True, slots=True)
class UndoEntry:
    """A step that undo would take back."""

    seq: int
    name: str
    at: str
    subject: str | None
    changes: int


def _dump(value: object) -> str:
    """JSON; by pydantic's encoder, for a bulk step has a hundred thousand changes."""
    return to_json(value).decode()


_CHANGE = ("edit", "n", "type", "record", "field", "old", "new")


@dataclass
class Step:
    """An edit in the making, inside one transaction. Large edits apply their changes in several batches."""

    conn: Connection
    seq: int
    kind: Kind = "do"
    touched: set[str] = field(default_factory=set)
    stale_children: set[str] = field(default_factory=set)
    count: int = 0
    receipt: Receipt | None = None

    def apply(self, changes: Sequence[Change], *, checked: bool = False) -> None:
        """Write the changes. `checked` says that the caller read the old values in this same transaction.

        Raises Refused("changed-meanwhile") when a value is no longer the one that a change was based on.
        """
        for (record_type, created), group in groupby(changes, key=lambda c: (c.type, c.field == CREATED)):
            batch = list(group)
            if created:
                self._insert(record_type, batch)
            else:
                self._update(record_type, batch, checked=checked)
            self.touched.add(record_type)
            self.stale_children |= reindex.children_touched(self.conn, record_type, batch)
        self.conn.executemany(insert_sql("change", _CHANGE), _change_rows(self.seq, changes, self.count))
        self.count += len(changes)

    def _insert(self, record_type: str, batch: list[Change]) -> None:
        rows = (insert_values(record_type, c.record, c.new, self.seq) for c in batch)
        self.conn.executemany(insert_sql(record_type, insert_columns(record_type)), rows)

    def _update(self, record_type: str, batch: list[Change], *, checked: bool) -> None:
        for record, group in groupby(batch, key=lambda c: c.record):
            parts = list(group)
            if not checked:
                self._check_base(record_type, record, parts)
            update_row(self.conn, record_type, record, {c.field: c.new for c in parts}, self.seq)

    def _check_base(self, record_type: str, record: str, parts: list[Change]) -> None:
        held = stored_columns(self.conn, record_type, record, [part.field for part in parts])
        if held is None:
            raise Refused("no-such-record", f"There is no {record_type} record with id {record}.", record)
        standing = dict(zip((part.field for part in parts), held, strict=True))
        for part in parts:
            if standing[part.field] != to_column(part.old):
                from casework.changed_since import changed_meanwhile

                asked = record_type == "conflict"
                settled = asked and stored_columns(self.conn, record_type, record, ["settled"]) == (1,)
                raise changed_meanwhile(self.kind, part, settled=settled)
            standing[part.field] = to_column(part.new)  # a step may change a field more than once


class Made(NamedTuple):
    """A record that is not here yet, ready to be written: its columns, of which the last one is its step's
    place, and its fields as the history has them.
    """

    type: str
    record: str
    columns: list[Any]
    text: str


_Fresh = tuple[int, Made, bytes | None]
"""A record that a step brings into being, by the step's place in the journal, and what it adds to a sum where
it counts from the beginning (storage.central.beside).
"""


def made_of(record_type: str, record: str, values: Mapping[str, Any]) -> Made:
    """A record with these JSON-safe fields, `void` not among them. It needs no database."""
    return Made(record_type, record, insert_values(record_type, record, values, 0), _dump(values))


def apply_steps(
    conn: Connection, steps: Sequence[tuple[int, Sequence[Change]]], made: Iterable[_Fresh] = ()
) -> set[str]:
    """Write the changes of many steps, each by its place in the journal, whose base the caller has read in
    this same transaction; the steps in their order. `made` are records that come with them.

    Returns the children whose search index entries are stale.
    """
    by_type: defaultdict[str, list[tuple[int, Change]]] = defaultdict(list)
    fresh: defaultdict[tuple[str, bool], list[list[Any]]] = defaultdict(list)
    told: list[tuple[Any, ...]] = []
    count: defaultdict[int, int] = defaultdict(int)
    for place, (record_type, record, columns, text), counted in made:
        columns[-1] = place
        if counted is not None:
            columns.append(counted)
        fresh[record_type, counted is not None].append(columns)
        told.append((place, count[place], record_type, record, CREATED, None, text))
        count[place] += 1
        if reindex.is_searched(record_type):
            by_type[record_type].append((place, Change(record_type, record, CREATED, None, None)))
    for place, changes in steps:
        told += _change_rows(place, changes, count[place])
        for change in changes:
            by_type[change.type].append((place, change))
            if change.field == CREATED:
                row = insert_values(change.type, change.record, change.new, place)
                fresh[change.type, False].append(row)
    for (record_type, with_sum), rows in fresh.items():
        names = (*insert_columns(record_type), *([COLUMN] if with_sum else []))
        insert_rows(conn, record_type, names, sorted(rows, key=itemgetter(0)))
    for record_type, parts in by_type.items():
        changed = [(place, c) for place, c in parts if c.field != CREATED]
        for (place, record), group in groupby(changed, key=lambda part: (part[0], part[1].record)):
            update_row(conn, record_type, record, {c.field: c.new for _, c in group}, place)
    stale: set[str] = set()
    for record_type, parts in by_type.items():
        stale |= reindex.children_touched(conn, record_type, [c for _, c in parts])
    insert_rows(conn, "change", _CHANGE, sorted(told, key=itemgetter(0, 1)))
    return stale


def _change_rows(place: int, changes: Sequence[Change], first: int) -> Iterator[tuple[Any, ...]]:
    for n, c in enumerate(changes, start=first):
        old = None if c.field == CREATED else _dump(c.old)
        yield place, n, c.type, c.record, c.field, old, _dump(c.new)


class Journal:
    """Commits edits and takes them back; tells its listeners which record types were touched."""

    def __init__(self, conn: Connection, path: Path, actor: Actor, now: Callable[[], datetime]) -> None:
        self._conn = conn
        self._path = path
        self._actor = actor
        self._now = now
        self._listeners: list[Callable[[Receipt], None]] = []
        self._made: set[int] = set()

    def made_here(self, seq: int) -> bool:
        """Whether this journal, so this run of the program, made the step."""
        return seq in self._made

    def act_as(self, actor: Actor) -> None:
        """From now on this actor writes."""
        self._actor = actor

    def subscribe(self, listener: Callable[[Receipt], None]) -> Callable[[], None]:
        """Call `listener` after each commit, on the thread that commits.

        Returns what ends it; that may be called from any thread, and more than once.
        """
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    @contextmanager
    def step(self, edit: Edit, *, kind: Kind = "do", undoes: int | None = None) -> Iterator[Step]:
        """A transaction that becomes one named edit; `edit.changes` are applied first, more may follow.

        Leaves nothing behind when the body raises. The step's `receipt` is there after the commit. A step of
        kind "setup" cannot be undone.
        """
        with translated(self._path), transaction(self._conn):
            at = stamp(self._now())
            edit_id = new_id()
            worker, device = self._actor.worker, self._actor.device
            cursor = self._conn.execute(
                "INSERT INTO edit (id, kind, name, subject, reason, at, worker, device, undoes)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (edit_id, kind, edit.name, edit.subject, edit.reason, at, worker, device, undoes),
            )
            seq = int(cursor.lastrowid or 0)
            step = Step(self._conn, seq, kind)
            if edit.changes:
                step.apply(edit.changes)
            yield step
            if undoes is not None:
                self._conn.execute("UPDATE edit SET undone_by = ? WHERE seq = ?", (seq, undoes))
            reindex.refresh(self._conn, step.stale_children)
            audit.append(
                self._conn,
                at=at,
                worker=worker,
                verb="changed",
                child=edit.subject,
                detail=f"edit {seq}: {edit.name} ({step.count} changes)",
            )
        self._made.add(seq)
        step.receipt = Receipt(edit_id, seq, edit.name, frozenset(step.touched))
        self.announce(step.receipt)

    def announce(self, receipt: Receipt) -> None:
        """Tell the listeners which record types were touched."""
        for listener in tuple(self._listeners):
            listener(receipt)

    def commit(self, edit: Edit, *, kind: Kind = "do", draft: tuple[str, str] | None = None) -> Receipt:
        """Write one edit; `draft` (form, subject) is discarded in the same transaction.

        Raises Refused("nothing-to-do") for an edit without changes, Refused("changed-meanwhile") for one
        whose base values no longer hold.
        """
        if not edit.changes:
            raise Refused("nothing-to-do", "Nothing would change, so nothing was saved.")
        with self.step(edit, kind=kind) as step:
            if draft is not None:
                self._conn.execute("DELETE FROM draft WHERE form = ? AND subject = ?", draft)
        return _committed(step)

    def undo(self) -> Receipt:
        """Take back this worker's newest step that still stands, by appending its inverse."""
        row = self._conn.execute(
            f"SELECT seq, name, subject FROM edit WHERE {_TO_UNDO} ORDER BY seq DESC LIMIT 1",
            (self._actor.worker,),
        ).fetchone()
        if row is None:
            raise Refused("nothing-to-undo", "There is no step of yours to undo.")
        return self._invert(row[0], "undo", f"{UNDO}{_plain(row[1])}", row[2])

    def redo(self) -> Receipt:
        """Bring back the step undone last, unless this worker has made a new step since."""
        row = self._conn.execute(
            "SELECT seq, name, subject FROM edit"
            f" WHERE worker = :worker AND kind = 'undo' AND undone_by IS NULL AND {_LEFT}"
            " AND seq > (SELECT coalesce(max(seq), 0) FROM edit WHERE worker = :worker AND kind = 'do')"
            " ORDER BY seq DESC LIMIT 1",
            {"worker": self._actor.worker},
        ).fetchone()
        if row is None:
            raise Refused("nothing-to-redo", "There is no undone step to bring back.")
        return self._invert(row[0], "redo", f"{REDO}{_plain(row[1])}", row[2])

    def undo_list(self, limit: int = 30) -> list[UndoEntry]:
        """This worker's steps that undo would take back, the next one first."""
        rows = self._conn.execute(
            "SELECT seq, name, at, subject, (SELECT count(*) FROM change WHERE edit = edit.seq) FROM edit"
            f" WHERE {_TO_UNDO} ORDER BY seq DESC LIMIT ?",
            (self._actor.worker, limit),
        )
        return [UndoEntry(*row) for row in rows]

    def _invert(self, target: int, kind: Kind, name: str, subject: str | None) -> Receipt:
        rows = self._conn.execute(
            "SELECT type, record, field, old, new FROM change WHERE edit = ? ORDER BY n DESC", (target,)
        ).fetchall()
        changes = tuple(_inverse(*row) for row in rows)
        with self.step(Edit(name, (), subject=subject), kind=kind, undoes=target) as step:
            _refuse_reviving(changes)
            self._refuse_if_built_upon(target, changes)
            step.apply(changes)
        return _committed(step)

    def _refuse_if_built_upon(self, target: int, changes: Iterable[Change]) -> None:
        children = [c.record for c in changes if c.type == "child" and c.field == _VOID and c.new]
        for child in children:
            for later in ("follow_up", "contact", "flag"):
                row = self._conn.execute(
                    f"SELECT 1 FROM {later} WHERE child = ? AND void = 0 AND seq > ? LIMIT 1", (child, target)
                ).fetchone()
                if row:
                    raise Refused(
                        "built-upon",
                        "That step brought in a child who has later entries; undo those first.",
                        f"edit {target}",
                    )


def _refuse_reviving(changes: Iterable[Change]) -> None:
    """A withdrawal ends an agreement for good: what was agreed to anew is a record of its own."""
    if any(c.type == "agreement" and c.field == "status" and c.old == "withdrawn" for c in changes):
        raise Refused(
            "withdrawn",
            "A withdrawal cannot be undone; record a new agreement when the family agrees again.",
        )


def _committed(step: Step) -> Receipt:
    if step.receipt is None:
        raise AssertionError("a step ends with a commit or with an exception")
    return step.receipt


def _plain(name: str) -> str:
    return name.removeprefix(UNDO).removeprefix(REDO)


def _inverse(record_type: str, record: str, name: str, old: str | None, new: str) -> Change:
    if name == CREATED:
        return Change(record_type, record, _VOID, False, True)
    return Change(record_type, record, name, json.loads(new), json.loads(old or "null"))


@contextmanager
def transaction(conn: Connection) -> Iterator[None]:
    """One transaction for writing: committed at the end, undone by any exception."""
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise
