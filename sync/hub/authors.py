"""Who wrote a value: the step, its worker, and when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection, bindparam, select

from casework.edits import REDO, UNDO
from sync.hub import tables
from sync.hub.central import Held
from sync.hub.removed import VOID
from sync.messages.steps import SentEdit

_STEP = select(tables.log.c.edit, tables.log.c.worker, tables.log.c.at, tables.log.c.name).where(
    tables.log.c.seq == bindparam("number")
)
WROTE, UNDID = "+", "-"
"""Before a worker's id, in the versions of a record: no field of a record has such a name. They stand for the
steps by which that worker wrote the record down, too, and took that back (sync.hub.makers).
"""
_STEPS_OF = (
    select(tables.log.c.worker, tables.log.c.at, tables.log.c.name, tables.log.c.changes)
    .where(tables.log.c.seq >= bindparam("made"), tables.log.c.changes.contains(bindparam("record")))
    .order_by(tables.log.c.seq.desc())
)


@dataclass(frozen=True, slots=True)
class Author:
    """The step that wrote a value, whose it was, when it was made, and its name."""

    edit: str = ""
    worker: str = ""
    at: str = ""
    name: str = ""


class Authors:
    """Of the steps in the log, and of those that one push adds to it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[int, Author] = {}

    def note(self, seq: int, edit: SentEdit) -> Author:
        """A step that is being taken under this number."""
        author = self._known[seq] = Author(edit.id, edit.worker, edit.at, edit.name)
        return author

    def of(self, held: Held, name: str) -> Author:
        """Who wrote the value of a field that stands, and when."""
        seq = held.versions.get(name, held.versions.get("", 0))
        if name == VOID and not held.fields.get(VOID):
            # That it stands is said by whoever changed it last.
            changed = (n for named, n in held.versions.items() if not named.startswith(UNDID))
            seq = max(changed, default=0)
        return self.of_step(seq)

    def of_step(self, seq: int) -> Author:
        """Whose the step of this number is, and when it was made."""
        if seq not in self._known:
            row = self._connection.execute(_STEP, {"number": seq}).first()
            self._known[seq] = Author(*row) if row else Author()
        return self._known[seq]

    def whose(self, held: Held, name: str, value: Any, said: Author) -> Author:
        """Whose a value of a field is that the step of `said` brought: who takes a step back brings what
        somebody else wrote. It stays with that step where it is empty or its author is not found.
        """
        if name == VOID or not value or not said.name.startswith((UNDO, REDO)):
            return said
        steps = self._connection.execute(_STEPS_OF, {"made": held.versions.get("", 0), "record": held.id})
        for row in steps:
            if not row.name.startswith((UNDO, REDO)) and value in _values_of(row.changes, held.id, name):
                return replace(said, worker=row.worker, at=row.at)
        return said


def _values_of(changes: str, record: str, name: str) -> list[Any]:
    """What a step in the log made of a field of a record."""
    own = ((field, new) for _, changed, field, _, new in from_json(changes) if changed == record)
    return [new.get(name) if not field else new for field, new in own if field in ("", name)]
