"""Opening the central record's database: an encrypted SQLite file for a site, PostgreSQL for a county."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from storage.cipher import BUSY_SECONDS, dbapi, open_database

T = TypeVar("T")
_COLLISIONS = frozenset({"40001", "40P01"})
"""PostgreSQL's codes for a transaction that met another one: it has had no effect and may be tried again."""
_ATTEMPTS = 20
_WAITS = "outreach_waits"
"""For how much of the disk's work a connection to a file waits at a commit."""
_USED, _FRESH = "outreach_used", 1.0
"""Seconds for which a connection to PostgreSQL is taken to be there still."""
_CACHE_KB = 4_000
"""What each connection to a file keeps of it in memory. A push of a thousand records stays in it: with half
of it pages were written, read and deciphered again before the commit; twice as much saves hardly more."""


def open_sqlite(path: Path, key: bytearray, *, create: bool = False) -> Engine:
    """The central record in one encrypted file; one writer at a time by SQLite's own lock, and in one process
    by its one connection.

    Raises BadInput or Refused as `storage.cipher.open_database` does.
    """
    if create:
        open_database(path, key, create=True).close()

    def connect() -> Any:
        opened = open_database(path, key, check_same_thread=False)
        opened.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
        return opened

    engine = create_engine(
        "sqlite+pysqlite://",
        creator=connect,
        module=dbapi(),
        poolclass=QueuePool,
        pool_size=1,  # one transaction at a time: a second one would only wait, and keep pages of the file
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        hide_parameters=True,
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        wait = "NORMAL" if connection.get_execution_options().get(_HASTY) else "FULL"
        held = connection.connection.info  # as long as the connection to the file lasts
        if held.get(_WAITS) != wait:
            connection.exec_driver_sql(f"PRAGMA synchronous = {wait}")
            held[_WAITS] = wait
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def open_postgresql(url: str) -> Engine:
    """The central record on a PostgreSQL server; several processes may serve it.

    Each transaction takes the role that it needs and gives it back at its end: `outreach_hub`, or with
    `for_laptop` `outreach_laptop`, to which the server itself shows that laptop's rows alone
    (docs/decisions/0017-two-roles.md).
    """
    address = url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(address, pool_size=8, max_overflow=32, hide_parameters=True)

    @event.listens_for(engine, "checkin")
    def note(_: Any, held: ConnectionPoolEntry) -> None:
        held.info[_USED] = monotonic()

    @event.listens_for(engine, "checkout")
    def check(raw: Any, held: ConnectionPoolEntry, _: object) -> None:
        # A server that was started anew ended what lay in the pool; what was just used is not asked.
        if monotonic() - held.info.get(_USED, -_FRESH) < _FRESH:
            return
        try:
            engine.dialect.do_ping(raw)
        except engine.dialect.loaded_dbapi.Error:
            raise DisconnectionError from None

    @event.listens_for(engine, "connect")
    def take_lists(raw: Any, _: object) -> None:
        from psycopg.types.array import ListBinaryDumper

        # As they are, for in an array that is sent as text each quotation mark is looked for.
        raw.adapters.register_dumper(list, ListBinaryDumper)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get(_AS_OWNER):
            return
        device = options.get(_DEVICE)
        role = "outreach_hub" if device is None else "outreach_laptop"
        settings = "set_config('app.device', %s, true), set_config('role', %s, true)"
        if options.get(LOCKED):
            settings += f", pg_advisory_xact_lock({PUSH_LOCK})"
        if options.get(_HASTY):
            settings += ", set_config('synchronous_commit', 'off', true)"
        connection.exec_driver_sql(f"SELECT {settings}", (device or "", role))

    return engine


PUSH_LOCK = 0x4F5554
"""One lock for all pushes of a database."""
LOCKED = "outreach_locked"
"""The option of a transaction that holds that lock from its beginning."""
_AS_OWNER = "outreach_owner"
_DEVICE = "outreach_device"
_HASTY = "outreach_hasty"


def for_laptop(engine: Engine, device: str) -> Engine:
    """The same database, of which each transaction sees what this laptop may hold."""
    return engine.execution_options(**{_DEVICE: device})


def for_passing(engine: Engine) -> Engine:
    """The same database, for what is worth little: a power cut may take the last moments of it away.

    A commit then does not wait for the disk; the file stays whole.
    """
    return engine.execution_options(**{_HASTY: True})


def for_owner(engine: Engine) -> Engine:
    """The same database as whoever owns its tables: to change their shape."""
    return engine.execution_options(**{_AS_OWNER: True})


def transact(
    engine: Engine,
    step: Callable[[Connection], T],
    *,
    still: bool = False,
    locked: bool = False,
    device: str | None = None,
) -> T:
    """One step in one transaction; tried again where it met another transaction and was undone.

    With `still` all its statements see the central record at one moment, with `locked` no other push is under
    way, and with `device` it sees what that laptop may hold (`for_laptop`). SQLite has one transaction at a
    time, so there it is always so.
    """
    options: dict[str, Any] = {LOCKED: locked} | ({_DEVICE: device} if device is not None else {})
    if still and engine.dialect.name == "postgresql":
        options["isolation_level"] = "REPEATABLE READ"

    def once() -> T:
        with engine.connect() as connection:
            connection.execution_options(**options)  # of the engine they would cost as much as a statement
            with connection.begin():
                return step(connection)

    for _ in range(_ATTEMPTS - 1):
        try:
            return once()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _COLLISIONS:
                raise
    return once()
