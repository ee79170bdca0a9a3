"""Checks inside an open caseload: the history gives the rows, the audit is whole, every child can be found.

Each check yields one sentence for each kind of problem, with counts and ids, never what a record holds.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

from casework.edits import CREATED
from casework.records import RECORD_TYPES
from storage import audit
from storage.cipher import Connection
from storage.schema import DERIVED_COLUMNS, field_columns, to_column

_NAMED = 3


def history_gives_rows(conn: Connection) -> Iterator[str]:
    """Replay every record's changes and compare with its row: a row that no history explains was altered."""
    made: Counter[str] = Counter()
    wrong: list[str] = []
    changes = conn.execute("SELECT record, type, field, new FROM change ORDER BY record, edit, n")
    for record, group in groupby(changes, key=lambda row: row[0]):
        parts = list(group)
        record_type = parts[0][1]
        if record_type not in RECORD_TYPES:
            continue
        made[record_type] += 1
        if not _matches(conn, record_type, record, parts):
            wrong.append(f"{record_type} {record}")
    if wrong:
        shown = ", ".join(wrong[:_NAMED]) + (" and more" if len(wrong) > _NAMED else "")
        yield f"{len(wrong)} records do not match their history ({shown}); restore a backup."
    for record_type in RECORD_TYPES:
        held = int(conn.execute(f"SELECT count(*) FROM {record_type}").fetchone()[0])
        if held > made[record_type]:
            yield f"{held - made[record_type]} {record_type} records have no history; restore a backup."


def replayed(changes: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The fields of a record as its changes leave them, each a field and what it became as JSON, in order."""
    values: dict[str, Any] = {"void": False}
    for field, new in changes:
        given = json.loads(new)
        values |= given if field == CREATED else {field: given}
    return values


def _matches(conn: Connection, record_type: str, record: str, parts: Iterable[Any]) -> bool:
    values = replayed((field, new) for _, _, field, new in parts)
    derived = DERIVED_COLUMNS.get(record_type, {})
    names = ["void", *field_columns(record_type), *derived]
    row = conn.execute(f"SELECT {', '.join(names)} FROM {record_type} WHERE id = ?", (record,)).fetchone()
    if row is None:
        return False
    wanted = {name: to_column(value) for name, value in values.items()}
    if derived and RECORD_TYPES[record_type].derived_from <= values.keys():
        wanted |= RECORD_TYPES[record_type].derived(values)
    held = dict(zip(names, row, strict=True))
    return all(held.get(name) == value for name, value in wanted.items())


def audit_is_whole(conn: Connection) -> Iterator[str]:
    """Follow the chain of the audit from its first entry."""
    fault = audit.verify(conn)
    if fault is not None:
        yield f"The audit does not hold together: {fault.text}; restore a backup."


def children_are_findable(conn: Connection) -> Iterator[str]:
    """Compare the search index with the children."""
    lost = conn.execute(
        "SELECT count(*) FROM child WHERE void = 0 AND id NOT IN (SELECT child FROM search_doc)"
    ).fetchone()[0]
    if lost:
        yield f"{lost} children are missing from the search; restore a backup."
    left = conn.execute(
        "SELECT count(*) FROM search_doc WHERE child NOT IN (SELECT id FROM child WHERE void = 0)"
    ).fetchone()[0]
    if left:
        yield f"{left} entries of the search name no child; restore a backup."


CHECKS: tuple[Callable[[Connection], Iterable[str]], ...] = (
    history_gives_rows,
    audit_is_whole,
    children_are_findable,
)
"""All of them, in the shape that `storage.backup.verify` takes."""
