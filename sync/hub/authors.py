"""Who wrote a value: the step, its worker, and when."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from sync.hub import tables
from sync.hub.central import Held
from sync.hub.removed import VOID
from sync.messages.steps import SentEdit

_WROTE = select(tables.log.c.edit, tables.log.c.worker, tables.log.c.at, tables.log.c.name).where(
    tables.log.c.seq == bindparam("number")
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
            seq = max(held.versions.values(), default=0)  # that it stands is said by whoever changed it last
        return self.of_step(seq)

    def of_step(self, seq: int) -> Author:
        """Whose the step of this number is, and when it was made."""
        if seq not in self._known:
            row = self._connection.execute(_WROTE, {"number": seq}).first()
            self._known[seq] = Author(*row) if row else Author()
        return self._known[seq]
