"""Giving records of this laptop the ids under which the central record knows them already.

The central record has not got the old ids, so they are replaced wherever they stand: rows, references,
history, drafts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from casework.edits import Change
from casework.records import RECORD_TYPES
from storage import reindex, search_index
from storage.central.holdings import Holdings
from storage.central.lacking import note_unheard
from storage.central.others_steps import note_steps
from storage.central.outbox import look_again
from storage.cipher import Connection
from storage.faults import DATABASE_ERRORS
from storage.integrity import replayed
from storage.journal import Receipt, apply_steps, transaction
from storage.rows import current_values
from storage.schema import field_columns
from storage.store import Store

_WORD = re.compile(r"[\w-]+")
"""An id, alone or within JSON."""
_RAISED = "user-defined function raised exception"
"""All that the engine says of what a function of ours raised."""
_SINCE_MADE = " AND edit >= (SELECT min(edit) FROM change WHERE record IN (SELECT value FROM json_each(?)))"
"""A step names a record only after the one that made it."""


def take_known(store: Store, known: Mapping[str, str]) -> None:
    """`rename` in a transaction of its own; whoever keeps such records in memory is told."""
    with transaction(store.conn):
        touched = rename(store.conn, known, store.now())
    if touched:
        store.journal.announce(Receipt("", 0, "Central record", touched))


def rename(conn: Connection, known: Mapping[str, str], at: datetime) -> frozenset[str]:
    """Replace each id by the known one, in the caller's transaction; the types of those records.

    Where the known record is here already, this laptop's row gives way to it, and the history says so; its
    steps are still sent, as steps on the known record, and it is asked for anew. Each text is read once,
    however many ids there are.
    """
    olds = json.dumps(list(known))
    ours = [
        (record_type, old)
        for record_type in RECORD_TYPES
        for (old,) in conn.execute(
            f"SELECT id FROM {record_type} WHERE id IN (SELECT value FROM json_each(?))", (olds,)
        ).fetchall()
    ]
    _uncount(conn, known, ours)
    children, gave_way = [], []
    for record_type, old in ours:
        new = known[old]
        if conn.execute(f"SELECT 1 FROM {record_type} WHERE id = ?", (new,)).fetchone():
            conn.execute(f"DELETE FROM {record_type} WHERE id = ?", (old,))
            gave_way.append((record_type, new))
        else:
            conn.execute(f"UPDATE {record_type} SET id = ? WHERE id = ?", (new, old))
        conn.execute(
            "INSERT OR REPLACE INTO sync_want (record, type, anew) VALUES (?, ?, 1)", (new, record_type)
        )
        if record_type == "child":
            search_index.remove(conn, old)
            children.append(new)
    with _under_known(conn, known):
        for column in ("old", "new", "record"):
            _replace(conn, "change", column, _SINCE_MADE, (olds,))
        for table, columns in _places().items():
            for column in columns:
                _replace(conn, table, column)
    reindex.refresh(conn, {*children, *_say_what_stands(conn, gave_way, at)})
    return frozenset(record_type for record_type, _ in ours)


def _say_what_stands(conn: Connection, records: Sequence[tuple[str, str]], at: datetime) -> set[str]:
    """In the history of these records (type, id), what stands of them where this laptop's steps, theirs by
    now, said something else; the children whose search index entries are stale.
    """
    changes: list[Change] = []
    for record_type, record in records:
        history = conn.execute("SELECT field, new FROM change WHERE record = ? ORDER BY edit, n", (record,))
        said, stands = replayed(history), current_values(conn, record_type, record) or {}
        changes += [
            Change(record_type, record, name, value, stands[name])
            for name, value in said.items()
            if name in stands and stands[name] != value
        ]
    return apply_steps(conn, [(note_steps(conn, [None], at)[0], changes)]) if changes else set()


def _uncount(conn: Connection, known: Mapping[str, str], ours: list[tuple[str, str]]) -> None:
    """What counts under an old id counts no more: it is counted again under the known one. So it is where the
    central record was put back, and somebody else made the same record before it came again.
    """
    holdings = Holdings(conn)
    counted = holdings.counted(list(known))
    note_unheard(conn, counted, known)
    holdings.uncount([*counted, *ours])
    look_again(conn, [(record_type, known.get(record, record)) for record_type, record in counted])


@contextmanager
def _under_known(conn: Connection, known: Mapping[str, str]) -> Iterator[None]:
    """The SQL function of `_replace`. Where somebody stops the program in it, perhaps before its first line,
    the engine says no more than that it raised something: where that was no fault it was a stop.
    """
    faults: list[Exception] = []

    def under_known(text: str) -> str:
        try:
            return _WORD.sub(lambda word: known.get(word[0], word[0]), text)
        except Exception as fault:
            faults.append(fault)
            raise

    conn.create_function("under_known", 1, under_known)
    try:
        yield
    except DATABASE_ERRORS as error:
        if str(error) == _RAISED and not faults:
            raise KeyboardInterrupt from None
        raise


def _replace(conn: Connection, table: str, column: str, more: str = "", values: tuple[str, ...] = ()) -> None:
    conn.execute(
        f"UPDATE {table} SET {column} = under_known({column})"
        f" WHERE {column} IS NOT NULL AND {column} <> under_known({column}){more}",
        values,
    )


def _places() -> dict[str, list[str]]:
    """Every column, but for the history's, that can hold a record's id, alone or within JSON."""
    places = {
        record_type: [name for name, kind in field_columns(record_type).items() if kind == "TEXT"]
        for record_type in RECORD_TYPES
    }
    return places | {
        "edit": ["subject"],
        "draft": ["subject", "fields"],
        "setting": ["value"],
    }
