"""Whether a value was last set by a worker: a file never silently overwrites what a person has written."""

from __future__ import annotations

from typing import Any

from storage.cipher import Connection

IMPORT_NAME = "Import "
"""How the name of every import's step begins."""

_LAST = (
    "SELECT e.name, e.kind, c.field FROM change c JOIN edit e ON e.seq = c.edit"
    " WHERE c.record = ? AND c.field IN (?, '') ORDER BY c.edit DESC, c.n DESC LIMIT 1"
)


def set_by_worker(conn: Connection, record: str, field: str, value: Any) -> bool:
    """Whether a step other than an import set the field last.

    A field that its record was created with, empty, was not set by anybody. Undoing or repeating an import
    counts as the import.
    """
    row = conn.execute(_LAST, (record, field)).fetchone()
    if row is None:
        return False
    name, _, changed = row
    plain = name.removeprefix("Undo: ").removeprefix("Redo: ")
    if plain.startswith(IMPORT_NAME):
        return False
    return bool(changed) or value not in (None, "", [], {}, False)
