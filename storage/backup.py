"""Backups that are encrypted, in one file, and proved by opening them; and putting one back.

The file is: a magic line, the length and text of `vault.json`, the length and bytes of the encrypted database,
an HMAC under the data key over all of that, and a SHA-256 over everything. The digest finds damage before any
passphrase is asked for; the HMAC finds a file put together from two others. Only ciphertext is ever written.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import shutil
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from casework.errors import BadInput, OutreachError, Refused
from storage.cipher import Connection, close_database, open_database, wipe
from storage.faults import translated
from storage.files import claim_name, create_owner_only, make_folder, sync_folder
from storage.home import Home
from storage.slots import Passphrase
from storage.throttle import Throttle
from storage.vault import Vault

Check = Callable[[Connection], Iterable[str]]
"""A further check of an open caseload (journal, search index): one sentence for each problem found."""

_MAGIC = b"outreach backup 1\n"
_VAULT_LENGTH = struct.Struct(">I")
_DATABASE_LENGTH = struct.Struct(">Q")
_LARGEST_VAULT = 64 * 1024
_DIGEST = 32
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class BackupMade:
    """A proved backup: where it is, its size in bytes, and its SHA-256 in hex."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Restored:
    """A caseload put back: its vault, its data key (the caller wipes it), and where the one before went."""

    vault: Vault
    key: bytearray
    aside: Path | None


@dataclass(frozen=True, slots=True)
class _Layout:
    vault_text: bytes
    database_start: int
    database_size: int
    mac: bytes
    sha256: str


def verify(connection: Connection, path: Path, *, deep: bool, checks: Iterable[Check] = ()) -> list[str]:
    """One sentence for each problem in an open caseload; an empty list means sound.

    `deep` reads and authenticates every page; otherwise the structure alone is looked at.
    """
    problems: list[str] = []
    with translated(path):
        if deep:
            bad = connection.execute("PRAGMA cipher_integrity_check").fetchall()
            if bad:
                problems.append(f"{len(bad)} places in {path.name} are damaged or were altered.")
        check = "integrity_check" if deep else "quick_check"
        try:
            found = connection.execute(f"PRAGMA {check}").fetchall()
        except Exception as error:
            if not problems:
                raise
            problems.append(f"The structure of {path.name} cannot be read ({type(error).__name__}).")
            return problems
        if found != [("ok",)]:
            problems.append(f"The structure of {path.name} has {len(found)} faults.")
        orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
        if orphans:
            problems.append(f"{len(orphans)} rows of {path.name} point at rows that are not there.")
        for further in checks:
            problems.extend(further(connection))
    return problems


def backup(
    connection: Connection,
    key: bytearray,
    vault: Vault,
    home: Home,
    target: Path,
    *,
    checks: Iterable[Check] = (),
) -> BackupMade:
    """Write a new backup file and prove it by opening it; never overwrites.

    `connection` must not be inside a transaction: the engine's copy would wait for it for ever. Raises
    `Refused` for that, for a name that is taken and for a full or read-only disk; then no file is left.
    """
    if connection.in_transaction:
        raise Refused("open-transaction", "A change is still being saved; make the backup when it is done.")
    target = target.expanduser().absolute()
    if target.exists():
        raise Refused("file-exists", f"{target.name} is already there; choose another name.", str(target))
    if not target.parent.is_dir():
        raise BadInput("not-found", f"There is no folder {target.parent.name}; choose another.", str(target))
    with home.turn("backup"), _workroom(home) as room:
        copy = Home(room).database
        _copy_database(connection, key, copy)
        fresh = target.with_name(f".{target.name}.new")
        with translated(target):
            try:
                fresh.unlink(missing_ok=True)
                create_owner_only(fresh)
                _pack(fresh, vault.text(), copy, key)
                copy.unlink()
                layout = _inspect(fresh)
                _prove(fresh, layout, key, copy, checks)
                claim_name(fresh, target)
            finally:
                fresh.unlink(missing_ok=True)
            sync_folder(target.parent)
            return BackupMade(target, target.stat().st_size, layout.sha256)


def examine_backup(file: Path, passphrase: Passphrase, *, home: Home, now: datetime) -> list[str]:
    """The problems of a backup file, found by opening it with its passphrase; empty means it can be relied on."""
    with home.turn("backup"), _workroom(home) as room:
        _, key, problems = _open(file, Home(room), home, passphrase, None, now)
        wipe(key)
        return problems


def restore(
    file: Path,
    home: Home,
    *,
    passphrase: Passphrase | None = None,
    code: str | None = None,
    now: datetime,
    put_aside: bool = False,
) -> Restored:
    """Put a backup's caseload into `home`, opened by the passphrase or recovery code of its time.

    A caseload that is there already is refused, or with `put_aside` moved whole into a folder named after
    `now`; nothing is deleted. Claims the app's hold meanwhile, so the caller must not hold it. Raises
    `BadInput` for a damaged file, `Locked` for a wrong secret; then `home` is as it was.
    """
    if (passphrase is None) == (code is None):
        raise OutreachError(
            "restore-secret", "A restore needs the passphrase or the recovery code, one of them."
        )
    with home.claim_app(), home.turn("backup"), _workroom(home) as room:
        if home.has_caseload and not put_aside:
            raise Refused(
                "caseload-exists",
                "This data folder has a caseload; ask for it to be put aside, or restore into another folder.",
                str(home.path),
            )
        work = Home(room)
        _, key, problems = _open(file, work, home, passphrase, code, now)
        if problems:
            wipe(key)
            raise BadInput("backup-unsound", f"{file.name} is not sound: {problems[0]}", str(file))
        aside = _move_aside(home, now)
        with translated(home.path):
            work.database.rename(home.database)
            work.vault_file.rename(home.vault_file)
            sync_folder(home.path)
        return Restored(Vault.load(home), key, aside)


@contextmanager
def _workroom(home: Home) -> Iterator[Path]:
    """A folder inside the home for encrypted copies; one that a crash left behind is cleared first."""
    room = home.path / ".work"
    with translated(room):
        if room.exists():
            shutil.rmtree(room)
        make_folder(room)
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _copy_database(connection: Connection, key: bytearray, copy: Path) -> None:
    """A consistent copy under the same key; the target is keyed first, or the engine refuses."""
    target = open_database(copy, key, create=True, journal_mode="DELETE")
    try:
        with translated(copy):
            connection.backup(target)
            target.execute("PRAGMA journal_mode = DELETE").fetchone()
    finally:
        close_database(target, copy)


def _mac(key: bytearray) -> hmac.HMAC:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return hmac.new(HKDF(SHA256(), _DIGEST, None, b"outreach backup 1").derive(key), digestmod=hashlib.sha256)


def _chunks(file: BinaryIO, size: int) -> Iterator[bytes]:
    left = size
    while left:
        chunk = file.read(min(_CHUNK, left))
        if not chunk:
            return
        left -= len(chunk)
        yield chunk


def _pack(target: Path, vault_text: bytes, database: Path, key: bytearray) -> None:
    mac, digest = _mac(key), hashlib.sha256()
    with target.open("r+b") as out, database.open("rb") as source:

        def put(chunk: bytes) -> None:
            mac.update(chunk)
            digest.update(chunk)
            out.write(chunk)

        size = database.stat().st_size
        put(_MAGIC + _VAULT_LENGTH.pack(len(vault_text)) + vault_text + _DATABASE_LENGTH.pack(size))
        for chunk in _chunks(source, size):
            put(chunk)
        tail = mac.digest()
        digest.update(tail)
        out.write(tail + digest.digest())
        out.flush()
        os.fsync(out.fileno())


def _inspect(file: Path) -> _Layout:
    """Where the parts lie, once the digest holds; `BadInput` for anything but a whole backup."""
    damaged = BadInput(
        "backup-damaged", f"{file.name} is damaged or not whole; use another backup.", str(file)
    )
    with translated(file), file.open("rb") as source:
        whole = file.stat().st_size
        if source.read(len(_MAGIC)) != _MAGIC:
            raise BadInput("not-a-backup", f"{file.name} is not an Outreach backup.", str(file))
        head = source.read(_VAULT_LENGTH.size)
        if len(head) < _VAULT_LENGTH.size or (length := _VAULT_LENGTH.unpack(head)[0]) > _LARGEST_VAULT:
            raise damaged
        vault_text = source.read(length)
        size_field = source.read(_DATABASE_LENGTH.size)
        if len(size_field) < _DATABASE_LENGTH.size:
            raise damaged
        start, size = source.tell(), int(_DATABASE_LENGTH.unpack(size_field)[0])
        if start + size + 2 * _DIGEST != whole:
            raise damaged
        source.seek(0)
        digest = hashlib.sha256()
        for chunk in _chunks(source, whole - _DIGEST):
            digest.update(chunk)
        if source.read() != digest.digest():
            raise damaged
        source.seek(whole - 2 * _DIGEST)
        return _Layout(vault_text, start, size, source.read(_DIGEST), digest.hexdigest())


def _extract(file: Path, layout: _Layout, key: bytearray, target: Path) -> None:
    """Write the encrypted database out, checking the HMAC on the way."""
    mac = _mac(key)
    with translated(target), file.open("rb") as source:
        mac.update(source.read(layout.database_start))
        create_owner_only(target)
        with target.open("r+b") as out:
            for chunk in _chunks(source, layout.database_size):
                mac.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
    if not hmac.compare_digest(mac.digest(), layout.mac):
        raise BadInput(
            "backup-altered", f"{file.name} was altered after it was made; use another.", str(file)
        )


def _prove(file: Path, layout: _Layout, key: bytearray, scratch: Path, checks: Iterable[Check]) -> None:
    """Take the finished file apart again and read every page of it."""
    _extract(file, layout, key, scratch)
    problems = _problems(scratch, key, checks)
    if problems:
        raise BadInput("backup-unsound", f"The backup was not kept: {problems[0]}", str(file))


def _problems(database: Path, key: bytearray, checks: Iterable[Check]) -> list[str]:
    connection = open_database(database, key, journal_mode="DELETE")
    try:
        return verify(connection, database, deep=True, checks=checks)
    finally:
        close_database(connection, database)


def _open(
    file: Path, work: Home, home: Home, passphrase: Passphrase | None, code: str | None, now: datetime
) -> tuple[Vault, bytearray, list[str]]:
    """Unpack a backup into the work folder and open it; guesses count at the home that asks."""
    layout = _inspect(file)
    with translated(work.vault_file):
        create_owner_only(work.vault_file, layout.vault_text)
    vault = Vault.load(work)
    if passphrase is not None:
        with home.turn("vault"):
            throttle = Throttle(home)
            throttle.admit(now)
            key = vault.unlock(passphrase, now=now)
            throttle.clear()
    else:
        key = vault.unlock_recovery(code or "")
    try:
        _extract(file, layout, key, work.database)
        return vault, key, _problems(work.database, key, ())
    except BaseException:
        wipe(key)
        raise


def _move_aside(home: Home, now: datetime) -> Path | None:
    """Move every file of the caseload that is there into a folder of its own; None when there is none."""
    names = [home.database.name + suffix for suffix in ("", "-wal", "-shm", "-journal")]
    names += [home.vault_file.name, home.vault_previous.name]
    present = [home.path / name for name in names if (home.path / name).exists()]
    if not present:
        return None
    stamp = f"set-aside-{now.astimezone(UTC):%Y-%m-%dT%H%M%SZ}"
    folder = home.path / stamp
    count = 1
    while folder.exists():
        count += 1
        folder = home.path / f"{stamp}-{count}"
    make_folder(folder)
    with translated(folder):
        for path in present:
            claim_name(path, folder / path.name)
        sync_folder(folder)
        sync_folder(home.path)
    return folder
