"""Opening the central record's database: an encrypted SQLite file for a site, PostgreSQL for a county."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from storage.cipher import dbapi, open_database


def open_sqlite(path: Path, key: bytearray, *, create: bool = False) -> Engine:
    """The central record in one encrypted file; one writer at a time by SQLite's own lock.

    Raises BadInput or Refused as `storage.cipher.open_database` does.
    """
    if create:
        open_database(path, key, create=True).close()

    def connect() -> Any:
        return open_database(path, key, check_same_thread=False)

    engine = create_engine(
        "sqlite+pysqlite://", creator=connect, module=dbapi(), poolclass=QueuePool, pool_size=4
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def open_postgresql(url: str) -> Engine:
    """The central record on a PostgreSQL server; several processes may serve it."""
    address = url.replace("postgresql://", "postgresql+psycopg://", 1)
    return create_engine(address, pool_size=8, pool_pre_ping=True)
