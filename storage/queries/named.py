"""The name of a record in words, where a value of a history or of a conflict holds its id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from casework.errors import OutreachError
from casework.local_days import day_of
from casework.records import RECORD_TYPES, Child, Record, Worker
from casework.wording import say_day
from storage.queries.sight import Sight, seen_children, subject_of
from storage.rows import load, load_all

if TYPE_CHECKING:
    from storage.store import Store

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAMED_BY = {
    "school": "name",
    "worker": "name",
    "team": "name",
    "register_file": "name",
    "household": "name",
    "child": "forename || ' ' || surname",
    "person": "forename || ' ' || surname",
}
_TOLD_BY = {
    "plan": ("the plan begun on", "started"),
    "outcome": ("the outcome", "text"),
    "review": ("the review of", "held_on"),
    "episode": ("the case opened on", "opened"),
    "assessment": ("the assessment begun on", "started"),
    "notification": ("the notification of", "received"),
    "disagreement": ("the disagreement raised on", "raised"),
    "contact": ("the contact of", "at"),
    "action": ("the action", "text"),
}
"""What tells one record of a type from another, by the field that has it."""

NOT_HERE = "a record that is not on this laptop"
CENTRAL_RECORD = "the central record"
NO_COLLEAGUE = "a colleague who is not known here"
_CENTRAL_IDS = frozenset({"central-record"})
"""Under which the central record writes steps of its own."""


def colleagues(store: Store) -> Mapping[str, str]:
    """The name of every worker on this laptop by their id, also of one who was taken back."""
    names = {worker.id: worker.name for worker in load_all(store.conn, Worker, void=True)}
    return names | dict.fromkeys(_CENTRAL_IDS, CENTRAL_RECORD)


class Names:
    """Puts the name of a record where a value holds its id. No id is ever left as it stands."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, str] = {}

    def put(self, value: Any) -> Any:
        """The value with names for ids, in lists and mappings, too."""
        if isinstance(value, Mapping):
            return {key: self.put(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.put(item) for item in value]
        if isinstance(value, str) and (ids := value.split()) and all(map(_ID.fullmatch, ids)):
            return ", ".join(dict.fromkeys(map(self._of, ids)))
        return value

    def _of(self, record: str) -> str:
        if record not in self._known:
            self._known[record] = self._name(record)
        return self._known[record]

    def _name(self, record: str) -> str:
        for kind in (*_NAMED_BY, *(other for other in RECORD_TYPES if other not in _NAMED_BY)):
            what = _NAMED_BY.get(kind, "''")
            row = self._store.conn.execute(f"SELECT {what} FROM {kind} WHERE id = ?", (record,)).fetchone()
            if row is None:
                continue
            if kind == Child.type and not self._may_name(record):
                return "a child"
            if kind not in _NAMED_BY:
                return self._told(kind, record)
            return str(row[0]).strip() or f"a {kind.replace('_', ' ')} without a name"
        return NOT_HERE

    def _may_name(self, child: str) -> bool:
        return bool(seen_children(self._store, [load(self._store.conn, Child, child)]))

    def _told(self, kind: str, record: str) -> str:
        """A record that has no name: by what tells it from others, where the worker may see that."""
        held: Record = load(self._store.conn, RECORD_TYPES[kind], record)
        sight = Sight(self._store)
        try:
            child = subject_of(self._store, held)
        except OutreachError:  # the child is on this laptop no more
            return NOT_HERE
        if not sight.is_there(held, child):
            return NOT_HERE
        words, field = _TOLD_BY.get(kind, ("", ""))
        if not field or not sight.field(held, field, child):
            noun = "case" if kind == "episode" else kind.replace("_", " ")
            return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
        told = getattr(held, field)
        if isinstance(told, str):
            return f"{words} “{told}”"
        return f"{words} {say_day(day_of(told) if isinstance(told, datetime) else told)}"
