"""Backups of a central record: one encrypted file, proved by opening it, also where PostgreSQL keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Engine, Table, insert, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from casework.errors import BadInput, Refused, Unreachable
from casework.ids import new_id
from storage.backup import BackupMade, Restored, Secret, backup, restore
from storage.cipher import Connection as SqliteConnection
from storage.cipher import close_database, open_database
from storage.faults import translated
from sync.hub import tables
from sync.hub.database import open_postgresql, open_sqlite
from sync.hub.founding import new_epoch
from sync.hub.home import OWN, HubHome, OpenHub, founded
from sync.hub.migrations import upgrade
from sync.hub.writing import in_bulk

_ROWS = 1_000
_PASSING = frozenset({"nonce", "attempt", "code"})
"""What is worth nothing after a day."""


def back_up(hub: OpenHub, key: bytearray, home: HubHome, target: Path) -> BackupMade:
    """Write a backup and prove it. Raises Refused for a name that is taken or a full disk."""
    if hub.is_file:
        return _packed(home.database, key, home, target)
    with _scratch(home) as copy:
        engine = open_sqlite(copy, key, create=True)
        try:
            _copy(hub.engine, engine)
            with hub.file.begin() as held, engine.begin() as into:
                own = [dict(row._mapping) for row in held.execute(select(tables.meta))]
                in_bulk(into, tables.meta, own)
        finally:
            engine.dispose()
        return _packed(copy, key, home, target)


def put_back(file: Path, home: HubHome, secret: Secret, *, now: datetime, put_aside: bool) -> Restored:
    """Put a backup's central record into this folder, under a new epoch: laptops refill what it lacks.

    Raises Refused where one is here already, unless it is to be put aside, or in the backup's PostgreSQL
    database; Unreachable where that does not answer; BadInput for a damaged file. Then nothing was changed.
    """
    if home.has_database and not put_aside:
        raise Refused(
            "hub-exists",
            "This data folder holds a central record; have it put aside (--put-aside), or choose another.",
            str(home.path),
        )
    held: dict[str, str] = {}

    def admit(unpacked: SqliteConnection) -> None:
        if unpacked.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
            held.update(unpacked.execute("SELECT name, value FROM meta").fetchall())
        if "key" not in held:
            raise BadInput("not-a-hub", f"{file.name} is no backup of a central record.", str(file))
        if held.get("database"):
            _check_empty(held["database"])

    restored = restore(file, home, secret, now=now, put_aside=put_aside, admit=admit)
    engine = open_sqlite(home.database, restored.key)
    try:
        if held.get("database"):
            _load(engine, held["database"])
        else:
            with engine.begin() as connection:
                new_epoch(connection, new_id())
    finally:
        engine.dispose()
    return restored


def _packed(database: Path, key: bytearray, home: HubHome, target: Path) -> BackupMade:
    connection = open_database(database, key)
    try:
        return backup(connection, key, home, target)
    finally:
        close_database(connection, database)


def _copy(source: Engine, target: Engine) -> None:
    """Every table as it stands at one moment."""
    tables.metadata.create_all(target)
    with (
        source.connect().execution_options(isolation_level="REPEATABLE READ") as held,
        target.begin() as into,
    ):
        for table in tables.metadata.sorted_tables:
            if table.name in _PASSING:
                continue
            for portion in held.execute(select(table)).partitions(_ROWS):
                into.execute(insert(table), [dict(row._mapping) for row in portion])


def _check_empty(address: str) -> None:
    engine = open_postgresql(address)
    try:
        if founded(engine):
            raise Refused(
                "hub-exists",
                "The PostgreSQL database of this backup still holds a central record: keep a dump of it, then"
                " make the database anew and restore again.",
            )
    except SQLAlchemyError:
        raise Unreachable(
            "database-unreachable", "The PostgreSQL database of this backup cannot be reached."
        ) from None
    finally:
        engine.dispose()


def _load(file: Engine, address: str) -> None:
    """Move the records of a backup from the file into PostgreSQL, where an empty database waits for them."""
    engine = open_postgresql(address)
    try:
        upgrade(engine)
        with file.begin() as held, engine.begin() as into:
            for table, columns in _there(held):
                for portion in held.execute(select(*columns)).partitions(_ROWS):
                    rows = [dict(row._mapping) for row in portion]
                    if table is tables.meta:
                        rows = [row for row in rows if row["name"] not in OWN]
                    into.execute(insert(table), rows)
            new_epoch(into, new_id())
        with file.begin() as held:
            for table, _ in reversed(list(_there(held))):
                if table is not tables.meta:
                    held.execute(table.delete())
    finally:
        engine.dispose()


def _there(held: Connection) -> Iterator[tuple[Table, list[Column[Any]]]]:
    """The tables and columns that a backup has: one of an earlier version lacks what was added since."""
    found = inspect(held)
    names = set(found.get_table_names())
    for table in tables.metadata.sorted_tables:
        if table.name in names:
            has = {column["name"] for column in found.get_columns(table.name)}
            yield table, [column for column in table.columns if column.name in has]


@contextmanager
def _scratch(home: HubHome) -> Iterator[Path]:
    """A place for an encrypted copy."""
    path = home.path / "hub-copy.db"
    parts = [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm", "-journal")]
    with translated(path):
        for part in parts:
            part.unlink(missing_ok=True)
        try:
            yield path
        finally:
            for part in parts:
                part.unlink(missing_ok=True)
