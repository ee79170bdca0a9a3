"""Who wrote a value: the step, its worker, and when."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from sync.hub import tables
from sync.hub.central import Held
from sync.hub.removed import VOID
from sync.messages.steps import SentEdit

_WROTE = select(tables.log.c.edit, tables.log.c.worker, tables.log.c.at).where(
    tables.log.c.seq == bindparam("number")
)


@dataclass(frozen=True, slots=True)
class Author:
    """The step that wrote a value, whose it was, and when it was made."""

    edit: str = ""
    worker: str = ""
    at: str = ""


class Authors:
    """Of the steps in the log, and of those that one push adds to it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[int, Author] = {}

    def note(self, seq: int, edit: SentEdit) -> Author:
        """A step that is being taken under this number."""
        author = self._known[seq] = Author(edit.id, edit.worker, edit.at)
        return author

    def of(self, held: Held, name: str) -> Author:
        """Who wrote the value of a field that stands, and when."""
        seq = held.versions.get(name, held.versions.get("", 0))
        if name == VOID and not held.fields.get(VOID):
            seq = max(held.versions.values(), default=0)  # that it stands is said by whoever changed it last
        if seq not in self._known:
            row = self._connection.execute(_WROTE, {"number": seq}).first()
            self._known[seq] = Author(row.edit, row.worker, row.at) if row else Author()
        return self._known[seq]
