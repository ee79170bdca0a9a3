"""A central record's database for a test, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import scrypt
from pathlib import Path
from typing import Any

import pytest

from sync import signing
from sync.hub import database as of_the_hub
from sync.hub import enrolment
from tests.sync.databases import Database, PostgresqlDatabase, Server, SqliteDatabase, started_server
from tests.sync.engines import remembering
from tests.sync.served import Site
from tests.sync.world import World, opened_world


@pytest.fixture(scope="session", autouse=True)
def made_ready() -> Iterator[None]:
    """What is dear and the same each time is done once in a run, and not once in each test: statements are
    read. Codes and the words of a key are hashed in no time; those of real processes are hashed in earnest.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(of_the_hub, "create_engine", remembering)
        for room in (enrolment, signing):
            patch.setattr(room, "scrypt", _hashed_quickly)
        yield


def _hashed_quickly(secret: bytes, **how: Any) -> bytes:
    return scrypt(secret, **(how | {"n": 2}))


@pytest.fixture
def in_earnest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A code that is drawn here is known again by a central record that is a process of its own."""
    monkeypatch.setattr(enrolment, "scrypt", scrypt)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server, for as long as this run needs it."""
    with started_server(lasting=False) as started:
        yield started


@pytest.fixture
def postgresql(server: Server) -> Iterator[PostgresqlDatabase]:
    """A new database on PostgreSQL."""
    made = server.database()
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A new database, of one kind and then of the other."""
    if request.param == "postgresql":
        yield request.getfixturevalue("postgresql")
        return
    made = SqliteDatabase(tmp_path)
    yield made
    made.close()


@pytest.fixture
def world(tmp_path: Path, database: Database) -> Iterator[World]:
    """A central record on one database and then on the other, and the laptops that a test makes."""
    yield from opened_world(tmp_path, database)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A central record that is served, and the laptops that a test makes."""
    made = Site(tmp_path)
    yield made
    made.close()
