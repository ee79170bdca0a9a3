"""Open conflicts as the worker of this laptop may see them, and steps that the central record set aside.

A conflict about a field that the worker may not see is not there at all: neither its values nor its number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from casework.conflicts import disagreement, field_label, standing_value
from casework.edits import REDO, UNDO
from casework.errors import BadInput, Refused
from casework.policies import Category
from casework.records import RECORD_TYPES, Calendar, Child, Record, School, Team, Worker
from casework.records_sync import Conflict
from casework.wording import count_of
from storage.central.asides import LET_IN, TAKEN_LATE, what_to_do
from storage.drafts import subject_aside
from storage.queries.conflicts_settled import settler_of
from storage.queries.guarded_words import guarded
from storage.queries.history import value_words
from storage.queries.lookup import display_name
from storage.queries.named import Names, colleagues
from storage.queries.sight import Sight, seen_children, subject_of

if TYPE_CHECKING:
    from storage.store import Store


@dataclass(frozen=True, slots=True)
class Said:
    """One value of a field: as JSON, in words, by whom (a name), when (ISO text), and from which schools."""

    value: Any
    words: str
    by: str = ""
    at: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """A conflict with what it is about. `about` is None where this laptop does not hold the record.

    About an adult or a home that several children share, `name` names all of them whom the worker may see,
    and `child` is one of them. About nobody in particular it names the school, the team or the colleague.
    """

    conflict: Conflict
    child: Child | None
    name: str
    about: Record | None
    label: str
    base: Said
    stands: Said
    other: Said

    @property
    def id(self) -> str:
        """The conflict's own id."""
        return self.conflict.id


@dataclass(frozen=True, slots=True)
class SetAside:
    """A step of this laptop that the central record did not take: what it was, why, and what to do."""

    edit: str
    name: str
    at: str
    child: str | None
    who: str
    fields: Sequence[str]
    code: str
    reason: str
    advice: str


_RESTORES = ("undo", "redo")
_RESTORES_NAMED = (UNDO, REDO)
"""Kinds of steps that bring a value again, and how their names begin where another laptop made them."""


def read_conflicts(store: Store, child: str | None = None) -> list[OpenConflict]:
    """Open conflicts that the worker may see, the newest first; of one child where one is given.

    One of which the other value has come to stand asks nothing for as long as it does, and several about the
    same two values are one question.
    """
    where, values = ("settled = 0", ()) if child is None else ("settled = 0 AND child = ?", (child,))
    names = Names(store)
    held = store.find(Conflict, where, values)
    found = [one for conflict in held if (one := _shown(store, conflict, names)) is not None]
    shown = [one for one in found if one.stands.value != one.other.value]
    joined = _joined(shown, lambda one: (one.record, one.field, one.other))
    return sorted(joined, key=lambda one: (one.conflict.other_at, one.id), reverse=True)


def _joined(shown: Sequence[OpenConflict], what: Callable[[Conflict], tuple[str, ...]]) -> list[OpenConflict]:
    """One of those of which the same is said, as of one filed with several children, with all names."""
    found: dict[tuple[str, ...], list[OpenConflict]] = {}
    for one in sorted(shown, key=lambda one: one.id):
        found.setdefault(what(one.conflict), []).append(one)
    return [replace(same[0], name=", ".join(sorted({one.name for one in same}))) for same in found.values()]


def count_conflicts(store: Store, child: str | None = None) -> int:
    """How many open conflicts the worker may see, of one child where one is given. Cheap where none waits."""
    row = store.conn.execute("SELECT 1 FROM conflict WHERE settled = 0 AND void = 0 LIMIT 1").fetchone()
    return len(read_conflicts(store, child)) if row else 0


def find_conflict(store: Store, conflict: str, *, settled: bool = False) -> OpenConflict:
    """One conflict by its id. Raises BadInput where the worker knows of none, and without `settled` where
    somebody has settled it.
    """
    found = next(iter(store.find(Conflict, "id = ?", (conflict,))), None)
    shown = _shown(store, found, Names(store)) if found is not None else None
    if shown is None:
        raise BadInput(
            "no-such-conflict", "That conflict is not here, or you may not see it: look at the list again."
        )
    if shown.conflict.settled and not settled:
        raise BadInput("settled", "That conflict is settled already.", conflict)
    return shown


def settled_as(store: Store, conflict: str) -> Said | None:
    """What a conflict was settled with, by whom, when; None while it waits, or where it may not be seen."""
    found = next(iter(store.find(Conflict, "id = ? AND settled = 1", (conflict,))), None)
    names = Names(store)
    shown = _shown(store, found, names) if found is not None else None
    if shown is None:
        return None
    said = _chosen(store, shown.conflict, names)
    return guarded(store, shown.child, said) if shown.child is not None else said


def read_settled(store: Store) -> list[tuple[OpenConflict, Said]]:
    """Settled conflicts that the worker may see, with what they were settled with, the newest first.

    What stands in each is what stood in the conflict.
    """
    names = Names(store)
    held = store.find(Conflict, "settled = 1")
    seen = [one for conflict in held if (one := _shown(store, conflict, names)) is not None]
    shown = _joined(seen, disagreement)
    found = [(_as_weighed(store, one, names), _chosen(store, one.conflict, names)) for one in shown]
    return sorted(found, key=lambda one: (one[1].at, one[0].id), reverse=True)


def _as_weighed(store: Store, one: OpenConflict, names: Names) -> OpenConflict:
    was = one.conflict
    value = json.loads(was.central)
    return replace(one, stands=_said(store, names, value, was.central_by, was.central_at, one.child))


def _chosen(store: Store, conflict: Conflict, names: Names) -> Said:
    by, at = settler_of(store, conflict)
    child = subject_of(store, conflict)
    return _said(store, names, json.loads(conflict.chosen or conflict.central), by, at, child)


def _shown(store: Store, conflict: Conflict, names: Names) -> OpenConflict | None:
    child = subject_of(store, conflict)
    sight = Sight(store)
    if not sight.is_there(conflict, child) or not sight.field(conflict, "other", child):
        return None
    about = about_of(store, conflict)
    base, central, other = (json.loads(text) for text in (conflict.base, conflict.central, conflict.other))
    try:
        now = standing_value(about, conflict.field) if about is not None else central
    except Refused:
        now = central
    by, at = (conflict.central_by, conflict.central_at) if now == central else _author(store, conflict, now)
    return OpenConflict(
        conflict=conflict,
        child=child,
        name=display_name(child) if child else _name_of(store, about),
        about=about,
        label=field_label(conflict.record_type, conflict.field),
        base=Said(base, _words(names, base)),
        stands=_said(store, names, now, by, at, child),
        other=_said(store, names, other, conflict.other_by, conflict.other_at, child),
    )


def words_of(store: Store, value: Any) -> str:
    """A JSON value of a conflict in words: what it points at by its name."""
    return _words(Names(store), value)


def about_of(store: Store, conflict: Conflict) -> Record | None:
    """The record that a conflict is about, where this laptop holds it."""
    cls = RECORD_TYPES.get(conflict.record_type)
    return next(iter(store.find(cls, "id = ?", (conflict.record,))), None) if cls else None


def name_of_draft(store: Store, subject: str) -> str:
    """What the draft of a new text is about, where its conflict is about no child; else ""."""
    found = next(iter(store.find(Conflict, "id = ? AND child IS NULL", (subject_aside(subject),))), None)
    return _name_of(store, about_of(store, found)) if found is not None else ""


def _name_of(store: Store, about: Record | None) -> str:
    """A school, with its URN, a team or a colleague by name; a calendar by its school; "" for all else."""
    if isinstance(about, Calendar):
        about = next(iter(store.find(School, "id = ?", (about.school,))), None)
    if isinstance(about, School):
        return f"{about.name} ({about.urn})" if about.name else about.urn
    return about.name if isinstance(about, Team | Worker) else ""


def _author(store: Store, conflict: Conflict, now: Any) -> tuple[str, str]:
    """Who wrote the value that a field holds `now`, as the history of this laptop tells it.

    Who took a step back brought a value again that somebody else may have written.
    """
    rows = store.conn.execute(
        "SELECT e.worker, e.at, e.kind, e.name, c.field, c.new FROM change c JOIN edit e ON e.seq = c.edit"
        " WHERE c.record = ? AND c.field IN (?, '') ORDER BY c.edit DESC, c.n DESC",
        (conflict.record, conflict.field),
    ).fetchall()
    for worker, at, kind, name, field, new in rows:
        restores = kind in _RESTORES or (kind == "central" and name.startswith(_RESTORES_NAMED))
        value = json.loads(new) if field else json.loads(new).get(conflict.field)
        if not restores and value == now:
            return worker, at
    return rows[0][:2] if rows else ("", "")


def _said(store: Store, names: Names, value: Any, by: str, at: str, child: Child | None = None) -> Said:
    worker = next(iter(store.find(Worker, "id = ?", (by,))), None)
    where = _from_where(store, worker, child) if worker else ""
    name = worker.name if worker else colleagues(store).get(by, "")
    return Said(value, _words(names, value), name, at, where)


def _from_where(store: Store, worker: Worker, child: Child | None) -> str:
    """The child's school where the worker is tied to it, else their only one, how many, or their team."""
    known = {school.id: school.name for school in store.find(School)}
    tied = [school for school in worker.schools if school in known]
    if child is not None and child.school in tied:
        return known[child.school]
    if len(tied) > 1:
        return count_of(len(tied), "school")
    team = next(iter(store.find(Team, "id = ?", (worker.team,))), None) if worker.team else None
    return known[tied[0]] if tied else team.name if team else ""


def _words(names: Names, value: Any) -> str:
    return value_words(names.put(value))


def read_set_aside(store: Store) -> list[SetAside]:
    """This laptop's steps that the central record set aside, the newest first.

    Of a step about a child whom the worker may not know of any more, only that there is one, and why.
    """
    return _steps(store, "s.verdict = 'quarantined'")


def read_taken_late(store: Store, newest: int) -> list[SetAside]:
    """This laptop's steps that were set aside and taken later, as `read_set_aside`."""
    return _steps(store, f"s.verdict != 'quarantined' AND s.code IN ('{LET_IN}', '{TAKEN_LATE}')", newest)


def _steps(store: Store, where: str, newest: int = -1) -> list[SetAside]:
    rows = store.conn.execute(
        "SELECT e.seq, e.id, e.name, e.at, e.subject, s.code, s.reason FROM sync_edit s"
        f" JOIN edit e ON e.seq = s.edit WHERE {where} ORDER BY e.seq DESC LIMIT ?",
        (newest,),
    ).fetchall()
    return [_set_aside(store, *row) for row in rows]


def _set_aside(
    store: Store, seq: int, edit: str, name: str, at: str, subject: str | None, code: str, reason: str
) -> SetAside:
    child = next(iter(store.find(Child, "id = ?", (subject,))), None) if subject else None
    seen = bool(child and seen_children(store, [child], category=Category.IDENTITY))
    known = subject is None or seen
    changed = store.conn.execute(
        "SELECT DISTINCT type, record, field FROM change WHERE edit = ? ORDER BY n", (seq,)
    ).fetchall()
    labels = [_field_words(store, *one) for one in changed] if known else []
    return SetAside(
        edit=edit,
        name=name if known and all(labels) else "A step",
        at=at,
        child=child.id if child and seen else None,
        who=display_name(child) if child and seen else "",
        fields=list(dict.fromkeys(filter(None, labels))),
        code=code,
        reason=reason,
        advice=what_to_do(code, edit),
    )


def _field_words(store: Store, record_type: str, record: str, field: str) -> str:
    """What a change was about, in words; nothing where the worker may not see the field (any more)."""
    cls = RECORD_TYPES.get(record_type)
    held = next(iter(store.find(cls, "id = ?", (record,))), None) if cls else None
    kind = record_type.replace("_", " ")
    if held is None:
        return kind
    child = subject_of(store, held)
    sight = Sight(store)
    if not sight.is_there(held, child):
        return ""
    if not field:
        return kind
    return field_label(record_type, field) if sight.field(held, field, child) else ""
