"""Opening the encrypted database file, and refusing every way round the encryption.

SQLCipher creates a plaintext file without a word when no key is given, logs page numbers to stderr, and can
be told by SQL to write an unencrypted copy. Each of these has been seen; each is closed here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol

import sqlcipher3
from sqlcipher3 import dbapi2 as sqlcipher

from casework.errors import BadInput, OutreachError, Refused
from storage.faults import plaintext, translated, unreadable
from storage.files import claim_name, create_owner_only, fresh_name, sweep, sync_folder
from storage.patience import Patience

JournalMode = Literal["WAL", "DELETE", "PERSIST", "TRUNCATE"]


class Cursor(Protocol):
    """What the engine's untyped cursors offer; rows are tuples unless a row factory is set."""

    description: Any
    lastrowid: int | None
    rowcount: int

    def fetchone(self) -> Any: ...  # noqa: D102
    def fetchall(self) -> list[Any]: ...  # noqa: D102
    def fetchmany(self, size: int = ...) -> list[Any]: ...  # noqa: D102
    def __iter__(self) -> Iterator[Any]: ...
    def __next__(self) -> Any: ...


class Connection(Protocol):
    """What the engine's untyped connections offer: the part that Outreach uses, method for method."""

    row_factory: Any

    @property
    def in_transaction(self) -> bool: ...  # noqa: D102
    @property
    def total_changes(self) -> int: ...  # noqa: D102
    def execute(self, sql: str, parameters: Any = ..., /) -> Cursor: ...  # noqa: D102
    def executemany(self, sql: str, rows: Iterable[Any], /) -> Cursor: ...  # noqa: D102
    def cursor(self) -> Cursor: ...  # noqa: D102
    def commit(self) -> None: ...  # noqa: D102
    def rollback(self) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102
    def hurry(self) -> bool: ...  # noqa: D102
    def interrupt(self) -> None: ...  # noqa: D102
    def set_key(self, key: bytearray, /) -> None: ...  # noqa: D102
    def set_authorizer(self, guard: Callable[..., int] | None) -> None: ...  # noqa: D102
    def set_progress_handler(self, handler: Callable[[], int] | None, n: int) -> None: ...  # noqa: D102
    def set_trace_callback(self, trace: Callable[[str], None] | None, /) -> None: ...  # noqa: D102
    def create_function(self, name: str, n: int, function: Callable[..., Any]) -> None: ...  # noqa: D102
    def backup(self, target: Any, *, pages: int = ..., progress: Any = ...) -> None: ...  # noqa: D102


KEY_BYTES = 32
WIPES_MEMORY = os.name == "nt"
"""Whether the engine wipes what it allocated: only where a lock cannot end the process image instead.

Measured, it doubles reads and quadruples full-text queries (docs/decisions/0003-memory-and-lock.md).
"""
BUSY_SECONDS = 30.0
"""How long a write waits for another process: an import of a year of marks takes some seconds."""
_LOGGED = 4_000
"""Pages of 4 KB in the write-ahead log, after which it is folded into the file: a page that was written
several times until then, as those of an index are in a first sync, is folded once.
"""
APPLICATION_ID = 0x4F555452  # "OUTR": tells our file from another program's SQLCipher file
_PLAINTEXT_MAGIC = b"SQLite format 3\x00"

_PRAGMA, _ATTACH, _DETACH, _FUNCTION = 19, 24, 25, 31
_OK, _DENY = 0, 1
_DENIED_FUNCTIONS = frozenset({"sqlcipher_export", "load_extension"})
_DENIED_PRAGMAS = frozenset(
    {"key", "rekey", "hexkey", "hexrekey", "textkey", "textrekey", "temp_store", "temp_store_directory"}
    | {"writable_schema", "cipher_log", "cipher_log_level", "cipher_profile", "cipher_plaintext_header_size"}
    | {"cipher_migrate", "cipher_export"}
)


class _Patient(sqlcipher.Connection):  # type: ignore[misc]  # the engine has no types
    """A connection whose wait for another process can be ended."""

    def __init__(self, *settings: Any, **named: Any) -> None:
        super().__init__(*settings, **named)
        self._patience = Patience(BUSY_SECONDS)
        self.set_busy_handler(self._patience.wait)

    def hurry(self) -> bool:
        """End what runs, from any thread; whether it was waiting for another process.

        A step that was not yet committed is undone. Later statements run, but wait for nobody.
        """
        waited = self._patience.is_waiting
        self._patience.end()
        self.interrupt()
        return waited


def dbapi() -> Any:
    """The engine's module, for a library that opens connections by itself (the central record's)."""
    return sqlcipher


def wipe(secret: bytearray) -> None:
    """Overwrite a secret in place; copies that the interpreter made elsewhere are beyond reach."""
    secret[:] = bytes(len(secret))


def shim() -> None:
    """Let sqlite-utils use SQLCipher; call before its first import, and import it only for migrations.

    Without the shim sqlite-utils falls back to plain sqlite3 and leaves transactions open.
    """
    if "sqlite_utils" in sys.modules and sys.modules.get("pysqlite3") is not sqlcipher3:
        raise OutreachError("start-up-order", "sqlite-utils was loaded before the encrypted database engine.")
    sys.modules["pysqlite3"] = sqlcipher3
    sys.modules["pysqlite3.dbapi2"] = sqlcipher


def _guard(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    """Deny what could write a readable copy: ATTACH, DETACH, VACUUM INTO, exports, extensions, re-keying."""
    if action in {_ATTACH, _DETACH}:
        return _DENY
    if action == _FUNCTION and (second or "").lower() in _DENIED_FUNCTIONS:
        return _DENY
    if action == _PRAGMA and second is not None and (first or "").lower() in _DENIED_PRAGMAS:
        return _DENY
    return _OK


def check_header(path: Path) -> None:
    """Refuse a file whose first 16 bytes show an unencrypted database, or that is too short to be one."""
    with translated(path), path.open("rb") as file:
        head = file.read(16)
    if head == _PLAINTEXT_MAGIC:
        raise plaintext(path)
    if head and len(head) < len(_PLAINTEXT_MAGIC):
        raise unreadable(path)


def apply_key(connection: Connection, key: bytearray) -> None:
    """Hand a raw 32-byte key over without making it a string; the hex form is overwritten after use.

    The `x'..'` form is what tells SQLCipher that these are key bytes, not a passphrase to stretch.
    """
    if len(key) != KEY_BYTES:
        raise OutreachError("bad-key", "The data key does not have its 32 bytes.")
    quoted = bytearray(2 * KEY_BYTES + 3)
    try:
        quoted[0:2] = b"x'"
        digits = b"0123456789abcdef"
        for place, byte in enumerate(key):
            quoted[2 + 2 * place] = digits[byte >> 4]
            quoted[3 + 2 * place] = digits[byte & 15]
        quoted[-1:] = b"'"
        connection.set_key(quoted)
    finally:
        wipe(quoted)


def open_database(
    path: Path,
    key: bytearray,
    *,
    create: bool = False,
    journal_mode: JournalMode = "WAL",
    check_same_thread: bool = True,
) -> Connection:
    """Open the encrypted database at `path` with its raw 32-byte key, which the caller goes on owning.

    The connection begins no transaction by itself (`isolation_level=None`): a writer says BEGIN IMMEDIATE.
    With `create` the file must be absent or empty. Raises `BadInput` for a missing,
    plaintext, damaged or foreign file and `Refused` for a read-only folder, a full disk or a busy file.
    """
    if create:
        _create(path, key)
    elif not path.exists():
        raise BadInput("no-caseload", f"There is no caseload at {path.name}; run set-up first.", str(path))
    elif path.stat().st_size == 0:
        raise BadInput("empty-caseload", f"{path.name} is empty; restore a backup.", str(path))
    check_header(path)
    with translated(path):
        connection = _connect(path, key, check_same_thread=check_same_thread)
        try:
            _check_ours(connection, path)
            connection.execute(f"PRAGMA journal_mode = {journal_mode}").fetchone()
            connection.execute(f"PRAGMA wal_autocheckpoint = {_LOGGED}").fetchone()
            connection.set_authorizer(_guard)
        except BaseException:
            connection.close()
            raise
    return connection


def _create(path: Path, key: bytearray) -> None:
    """Make the file under another name and move it into place whole, so that no crash leaves half of it."""
    with translated(path):
        if path.exists():
            if path.stat().st_size:
                raise Refused(
                    "caseload-exists", f"{path.name} is already there; it was left alone.", str(path)
                )
            path.unlink()
        fresh = fresh_name(path)
        create_owner_only(fresh)
        sweep(path, fresh)
        try:
            connection = _connect(fresh, key)
            try:
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            finally:
                connection.close()
            check_header(fresh)
            claim_name(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)
        sync_folder(path.parent)


def _connect(path: Path, key: bytearray, *, check_same_thread: bool = True) -> Connection:
    """A keyed connection with every setting but the journal mode and the guard; a wrong key shows at once."""
    connection: Connection = sqlcipher.connect(
        str(path), factory=_Patient, isolation_level=None, check_same_thread=check_same_thread
    )
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")
        if WIPES_MEMORY:
            connection.execute("PRAGMA cipher_memory_security = ON")
        apply_key(connection, key)
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON").fetchone()
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        _check_engine(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_ours(connection: Connection, path: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise unreadable(path)


def _check_engine(connection: Connection) -> None:
    if not connection.execute("PRAGMA cipher_version").fetchone():
        raise OutreachError("no-encryption", "This build has no SQLCipher, so Outreach will not store data.")


@contextmanager
def unguarded(connection: Connection) -> Iterator[None]:
    """Lift the guard for one trusted statement; VACUUM attaches a temporary database to itself."""
    connection.set_authorizer(None)
    try:
        yield
    finally:
        connection.set_authorizer(_guard)


def vacuum(connection: Connection, path: Path) -> None:
    """Rewrite the file so that freed pages are gone from it (retention); not inside a transaction."""
    with translated(path), unguarded(connection):
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def close_database(connection: Connection, path: Path) -> None:
    """Close and fold the write-ahead log into the file; an open transaction is undone; twice is harmless."""
    with translated(path):
        connection.close()
