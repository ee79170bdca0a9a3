"""Bringing a database to the present version: wherever it stops, it has the old one or the new one whole."""

from __future__ import annotations

from pathlib import Path

from casework.records import RECORD_TYPES
from storage.cipher import open_database
from storage.migrations import HEAD, migrate, version_of

KEY = bytes(range(32))


def prepare(folder: Path) -> None:
    """The state before the flow: a database of version 0."""
    open_database(folder / "caseload.db", bytearray(KEY), create=True).close()


def flow(folder: Path) -> None:
    connection = open_database(folder / "caseload.db", bytearray(KEY))
    migrate(connection, folder / "caseload.db")
    connection.close()


def check(folder: Path) -> None:
    path = folder / "caseload.db"
    connection = open_database(path, bytearray(KEY))
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    made = tables & set(RECORD_TYPES)
    assert (version_of(connection), made) in [(0, set()), (HEAD, set(RECORD_TYPES))]
    migrate(connection, path)
    assert version_of(connection) == HEAD
    assert not migrate(connection, path)
    connection.close()
