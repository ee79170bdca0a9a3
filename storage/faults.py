"""The one module that knows the database engine's error classes and says what a fault means to a person.

sqlcipher3's errors do not derive from `sqlite3.Error`, so a plain `except sqlite3.Error` misses every one of
them. Other modules wrap their database work in `translated()` and see only `casework.errors.OutreachError`.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlcipher3 import dbapi2 as sqlcipher

from casework.errors import BadInput, OutreachError, Refused

DATABASE_ERRORS: tuple[type[Exception], ...] = (sqlcipher.Error, sqlite3.Error)
"""Every error class that either engine raises, for the rare caller that must catch before translation."""

_PERM, _BUSY, _LOCKED, _READONLY, _IOERR, _CORRUPT = 3, 5, 6, 8, 10, 11
_FULL, _CANTOPEN, _PROTOCOL, _AUTH, _NOTADB = 13, 14, 15, 23, 26

_FIXED_TEXTS = {
    "database is locked": _BUSY,
    "attempt to write a readonly database": _READONLY,
    "disk I/O error": _IOERR,
    "database disk image is malformed": _CORRUPT,
    "database or disk is full": _FULL,
    "unable to open database file": _CANTOPEN,
    "file is not a database": _NOTADB,
}
"""The engine's own words for a result code: its `backup()` gives those and no code."""

_FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_READONLY_ERRNOS = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


ENOUGH_ROOM = 100
"""Megabytes beside the size of a file with which work goes on for days; its write-ahead log fits in them."""

_STEP_OF_ROOM = 50


def room_words(path: Path) -> str:
    """What to do about a full disk: how much room to make for `path`, rounded up to 50 MB."""
    try:
        size = path.stat().st_size
    except OSError:
        size = 0
    wanted = -(-(size // 1_000_000 + ENOUGH_ROOM) // _STEP_OF_ROOM) * _STEP_OF_ROOM
    return f"make {wanted:,} MB of room on its disk (empty the bin, move large files away) and try again."


def _disk_full(path: Path) -> OutreachError:
    return Refused(
        "disk-full",
        f"There is no room left to write {path.name}; what was saved before stands, this step was not saved: "
        f"{room_words(path)}",
        str(path),
    )


def _read_only(path: Path) -> OutreachError:
    folder = path.parent
    # A worker knows the folder, not the files that Outreach keeps there.
    # Path.exists would raise where the folder may not be entered.
    is_caseloads = any(os.path.exists(folder / name) for name in ("vault.json", "caseload.db"))  # noqa: PTH110
    if is_caseloads and not os.access(folder, os.W_OK):
        return Refused(
            "read-only",
            "The data folder cannot be written to, and Outreach keeps a record of who looked: make it "
            "writable, or use another folder with --home.",
            str(folder),
        )
    return Refused(
        "read-only",
        f"{path.name} cannot be opened for writing; make its folder writable for your account and try again.",
        str(path),
    )


def plaintext(path: Path) -> OutreachError:
    """The fault for a file that anyone could read: Outreach neither opens nor creates one."""
    return BadInput(
        "plaintext-database",
        f"{path.name} is a database without encryption, so Outreach will not open it; move it away and "
        "restore a backup.",
        str(path),
    )


def unreadable(path: Path) -> OutreachError:
    """The fault for a file that the key does not open: damaged, cut short, altered, or another caseload's.

    Keys that were put aside beside it are named, because they may be the ones that open it.
    """
    unused = sorted(found.name for found in path.parent.glob("vault.json*.unused-*"))
    keys = (
        f"; unused keys lie beside it ({', '.join(unused)}): if they are this caseload's, move vault.json "
        "away and give them its name"
        if unused
        else ""
    )
    return BadInput(
        "caseload-unreadable",
        f"{path.name} is damaged, was altered, or belongs to another caseload; nothing was changed: restore "
        f"a backup{keys}.",
        str(path),
    )


def from_os(error: OSError, path: Path) -> OutreachError:
    """The sentence for an operating system's refusal while working on `path`."""
    if error.errno in _FULL_ERRNOS:
        return _disk_full(path)
    if error.errno in _READONLY_ERRNOS:
        return _read_only(path)
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return BadInput("not-found", f"{path.name} is not there; check the data folder.", str(path))
    if error.errno == errno.EISDIR:
        return BadInput("not-a-file", f"{path.name} is a folder, not a file.", str(path))
    return Refused(
        "disk-fault",
        f"The disk refused work on {path.name} ({errno.errorcode.get(error.errno or 0, 'unknown')}); "
        "check the disk and try again.",
        str(path),
    )


def from_database(error: Exception, path: Path) -> OutreachError:
    """The sentence for a database error; its own text is not repeated, because it may quote data."""
    code = getattr(error, "sqlite_errorcode", None)
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    primary = code & 0xFF if isinstance(code, int) else _FIXED_TEXTS.get(str(error), -1)
    if primary in {_NOTADB, _CORRUPT}:
        return unreadable(path)
    if primary == _FULL:
        return _disk_full(path)
    if primary in {_READONLY, _CANTOPEN, _PERM}:
        return _read_only(path)
    if primary in {_BUSY, _LOCKED, _PROTOCOL}:
        return Refused(
            "busy",
            f"Another copy of Outreach is working on {path.name}; close it or wait a moment, then try again.",
            str(path),
        )
    if primary == _IOERR:
        return Refused(
            "disk-fault",
            f"The disk failed while working on {path.name} ({name}); what was saved before stands: check "
            "free space and the disk, then try again.",
            str(path),
        )
    if primary == _AUTH:
        return Refused("not-allowed", "The caseload's guard refused a database command.", str(path))
    return OutreachError(
        "database-fault",
        f"The database reported a fault ({name}); this step was not saved.",
        str(path),
    )


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn database and operating-system errors on `path` into one-sentence `OutreachError`s."""
    try:
        yield
    except DATABASE_ERRORS as error:
        raise from_database(error, path) from error
    except OSError as error:
        raise from_os(error, path) from error
