"""Giving records of this laptop the ids under which the central record knows them already.

Nobody else has seen the old ids, so they are replaced wherever they stand: rows, references, history, drafts.
"""

from __future__ import annotations

from collections.abc import Mapping

from casework.records import RECORD_TYPES
from storage.cipher import Connection
from storage.schema import field_columns


def rename(conn: Connection, known: Mapping[str, str]) -> None:
    """Replace each id by the known one, in the caller's transaction.

    Where the known record is here already, this laptop's row gives way to it; its steps are still sent, as
    steps on the known record, and it is asked for anew.
    """
    for old, new in known.items():
        for record_type in RECORD_TYPES:
            here = conn.execute(f"SELECT 1 FROM {record_type} WHERE id = ?", (old,)).fetchone()
            if here:
                there = conn.execute(f"SELECT 1 FROM {record_type} WHERE id = ?", (new,)).fetchone()
                if there:
                    conn.execute(f"DELETE FROM {record_type} WHERE id = ?", (old,))
                else:
                    conn.execute(f"UPDATE {record_type} SET id = ? WHERE id = ?", (new, old))
                conn.execute(
                    "INSERT OR REPLACE INTO sync_want (record, type, anew) VALUES (?, ?, 1)",
                    (new, record_type),
                )
    for table, columns in _places().items():
        for column in columns:
            conn.executemany(
                f"UPDATE {table} SET {column} = replace({column}, ?, ?) WHERE instr({column}, ?)",
                [(old, new, old) for old, new in known.items()],
            )


def _places() -> dict[str, list[str]]:
    """Every column that can hold a record's id, alone or within JSON."""
    places = {
        record_type: [name for name, kind in field_columns(record_type).items() if kind == "TEXT"]
        for record_type in RECORD_TYPES
    }
    return places | {
        "change": ["record", "old", "new"],
        "edit": ["subject"],
        "draft": ["subject", "fields"],
        "search_doc": ["child"],
        "setting": ["value"],
        "sync_held": ["record", "scope"],
    }
