"""The database's versions, oldest first. Each step runs in its own transaction and is recorded when done.

sqlite-utils is imported only when a step is due, because a caseload that is up to date opens many times a
day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from casework.errors import Refused
from casework.records import RECORD_TYPES
from storage import schema, search_index
from storage.central import state
from storage.cipher import Connection, shim
from storage.faults import translated

HEAD = 8
"""The version that this code works with; `PRAGMA user_version` of the file says which one it has."""


def version_of(conn: Connection) -> int:
    """The version that a database file has; 0 before the first step."""
    return int(conn.execute("PRAGMA user_version").fetchone()[0])


def migrate(conn: Connection, path: Path) -> bool:
    """Bring the database to HEAD; True when a step ran. An interrupted step leaves the version before it.

    Raises Refused("newer-caseload") when a newer Outreach wrote the file.
    """
    with translated(path):
        version = version_of(conn)
        if version == HEAD:
            return False
        if version > HEAD:
            raise Refused(
                "newer-caseload",
                f"This caseload was written by a newer Outreach (version {version}, this one knows {HEAD});"
                " update Outreach and open it again.",
                str(path),
            )
        shim()
        from sqlite_utils import Database, Migrations

        steps = Migrations("outreach")
        for number, step in _STEPS.items() if version else ((HEAD, _first_caseload),):
            if number > version:
                steps(name=f"{step.__name__.lstrip('_')}_{number}")(step)
        steps.apply(Database(conn))  # type: ignore[arg-type]
        return True


def _first_caseload(db: Any) -> None:
    """A new database has the present shape at once; the steps are for those that are older."""
    _run(db.execute, [schema.table_sql(name) for name in RECORD_TYPES])
    _run(db.execute, schema.INDEXES)
    _run(db.execute, schema.SYSTEM_TABLES)
    search_index.create(db.conn)
    db.execute(f"PRAGMA user_version = {HEAD}")


def _v2_agreements_and_plans(db: Any) -> None:
    """Records of agreement, notification, assessment and plan; the schools that a worker is tied to."""
    _to_present_shape(db, 2)


def _v3_links_and_disagreements(db: Any) -> None:
    """Links between children's records, who is who at a school, and the way up of a disagreement."""
    _to_present_shape(db, 3)


def _v4_central_record(db: Any) -> None:
    """What waits to be sent to the central record, and what may be held of what it sends."""
    _to_present_shape(db, 4)
    _run(db.execute, state.TABLES)


def _v5_unknown_fields(db: Any) -> None:
    """What a later version of Outreach sent by way of the central record."""
    _to_present_shape(db, 5)
    db.execute("CREATE TABLE IF NOT EXISTS" + state.EXTRA_TABLE.removeprefix("CREATE TABLE"))


def _v6_limits_for_one_agency(db: Any) -> None:
    """What an agreement keeps from one agency alone."""
    _to_present_shape(db, 6)


def _v7_sums_in_rows(db: Any) -> None:
    """What a record adds to the sums, in its row. What is counted already moves there when it changes."""
    _to_present_shape(db, 7)


def _v8_who_agreed(db: Any) -> None:
    """What stands for who gave an agreement where the names are withheld; those of before have none."""
    _to_present_shape(db, 8)


def _to_present_shape(db: Any, version: int) -> None:
    named = db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'index')").fetchall()
    held = {name: {row[1] for row in db.execute(f"PRAGMA table_info({name})")} for (name,) in named}
    _run(db.execute, list(schema.shape_sql(held)))
    db.execute(f"PRAGMA user_version = {version}")


_STEPS: Mapping[int, Callable[[Any], None]] = {
    2: _v2_agreements_and_plans,
    3: _v3_links_and_disagreements,
    4: _v4_central_record,
    5: _v5_unknown_fields,
    6: _v6_limits_for_one_agency,
    7: _v7_sums_in_rows,
    8: _v8_who_agreed,
}
"""Each step by the version that it leads to."""


def _run(execute: Callable[[str], Any], statements: Any) -> None:
    for statement in statements:
        execute(statement)
