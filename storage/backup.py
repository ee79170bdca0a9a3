"""Backups that are encrypted, in one file, and proved by opening them; and putting one back."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from casework.errors import BadInput, OutreachError, Refused
from storage import container
from storage.cipher import Connection, close_database, open_database, wipe
from storage.faults import translated
from storage.files import check_is_free, claim_name, create_owner_only, fresh_name, make_folder, sync_folder
from storage.home import Home
from storage.slots import Passphrase
from storage.throttle import Throttle
from storage.vault import Vault

Check = Callable[[Connection], Iterable[str]]
"""A further check of an open caseload (journal, search index): one sentence for each problem found."""


@dataclass(frozen=True, slots=True)
class BackupMade:
    """A proved backup: where it is, its size in bytes, and its SHA-256 in hex."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """What opens a backup: the passphrase or else the recovery code of the day it was made."""

    passphrase: Passphrase | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Restored:
    """A caseload put back: its vault, its data key (the caller wipes it), and where the one before went."""

    vault: Vault
    key: bytearray
    aside: Path | None


_DAMAGE = frozenset(
    {"caseload-unreadable", "plaintext-database", "empty-caseload", "disk-fault", "database-fault"}
    | {"vault-damaged", "vault-altered", "vault-downgraded"}
    | {"backup-damaged", "backup-altered", "not-a-backup"}
)


def says_damage(error: OutreachError) -> bool:
    """Whether a fault in opening says that what was found is not sound: a finding of a check, not its end."""
    return error.code in _DAMAGE


def verify(connection: Connection, path: Path, *, deep: bool, checks: Iterable[Check] = ()) -> list[str]:
    """One sentence for each problem in an open caseload; an empty list means sound.

    `deep` reads and authenticates every page; otherwise the structure alone is looked at. Damage that ends a
    step is one of the problems; a full disk or a busy file is raised.
    """
    problems: list[str] = []
    steps: list[Check] = [
        lambda conn: _pages(conn, path, deep=deep),
        lambda conn: _structure(conn, path, deep=deep),
        *checks,
    ]
    for step in steps:
        try:
            with translated(path):
                problems.extend(step(connection))
        except OutreachError as error:
            if not says_damage(error):
                raise
            problems.append(error.message)
            return problems
        except (ValueError, LookupError, TypeError):
            problems.append(f"{path.name} holds values that cannot be read; restore a backup.")
    return problems


def _pages(connection: Connection, path: Path, *, deep: bool) -> Iterator[str]:
    if deep and _is_folded(connection):
        bad = connection.execute("PRAGMA cipher_integrity_check").fetchall()
        if bad:
            yield f"{len(bad)} places in {path.name} are damaged or were altered."


def _structure(connection: Connection, path: Path, *, deep: bool) -> Iterator[str]:
    found = connection.execute(f"PRAGMA {'integrity_check' if deep else 'quick_check'}").fetchall()
    if found != [("ok",)]:
        yield f"The structure of {path.name} has {len(found)} faults."
    orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
    if orphans:
        yield f"{len(orphans)} rows of {path.name} point at rows that are not there."


def _is_folded(connection: Connection) -> bool:
    """Whether every page in the main file is the current one, after folding the write-ahead log into it.

    The engine's page check reads the main file alone: a page that a crash tore there is reported although the
    log still holds it whole. Where another reader keeps the log open, the structure check reads through both.
    """
    if connection.in_transaction:
        return False
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
    return not busy


def backup(
    connection: Connection,
    key: bytearray,
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
    check_is_free(target)
    with home.turn("backup"), _workroom(home) as room:
        copy = Home(room).database
        _copy_database(connection, key, copy)
        fresh = fresh_name(target)
        with translated(target):
            try:
                create_owner_only(fresh)
                container.pack(fresh, Vault.load(home).text(), copy, key)
                copy.unlink()
                layout = container.inspect(fresh)
                _prove(fresh, layout, key, copy, checks)
                claim_name(fresh, target)
            finally:
                fresh.unlink(missing_ok=True)
            sync_folder(target.parent)
            return BackupMade(target, target.stat().st_size, layout.sha256)


def examine_backup(file: Path, secret: Secret, *, home: Home, now: datetime) -> list[str]:
    """The problems of a backup file, found by opening it; empty means that it can be relied on."""
    with home.turn("backup"), _workroom(home) as room:
        _, key, problems = _open(file, Home(room), home, secret, now)
        wipe(key)
        return problems


def restore(
    file: Path,
    home: Home,
    secret: Secret,
    *,
    now: datetime,
    put_aside: bool = False,
    admit: Callable[[Connection], None] | None = None,
) -> Restored:
    """Put a backup's caseload into `home`, opened by the passphrase or recovery code of its time.

    A caseload that is there already is refused, or with `put_aside` moved whole into a folder named after
    `now`; nothing is deleted. Claims the app's hold meanwhile, so the caller must not hold it. Raises
    `BadInput` for a damaged file, `Locked` for a wrong secret, and what `admit` raises, which is shown the
    unpacked database; then `home` is as it was.
    """
    with home.claim_app(), home.turn("backup"), _workroom(home) as room:
        if home.has_database and not put_aside:
            raise Refused(
                "caseload-exists",
                "This data folder has a caseload.db; have it put aside (--put-aside), or restore into "
                "another folder.",
                str(home.path),
            )
        work = Home(room)
        _, key, problems = _open(file, work, home, secret, now)
        if problems:
            wipe(key)
            raise BadInput("backup-unsound", f"{file.name} is not sound: {problems[0]}", str(file))
        if admit is not None:
            _show(work.database, key, admit)
        aside = _move_aside(home, now)
        with translated(home.path):
            # Keys first: a crash between the two leaves no caseload.db, which the next restore would refuse.
            work.vault_file.rename(home.vault_file)
            work.database.rename(home.database)
            sync_folder(home.path)
        return Restored(Vault.load(home), key, aside)


def _show(database: Path, key: bytearray, admit: Callable[[Connection], None]) -> None:
    connection = open_database(database, key, journal_mode="DELETE")
    try:
        admit(connection)
    except BaseException:
        wipe(key)
        raise
    finally:
        close_database(connection, database)


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


def _prove(
    file: Path, layout: container.Layout, key: bytearray, scratch: Path, checks: Iterable[Check]
) -> None:
    """Take the finished file apart again and read every page of it."""
    container.extract(file, layout, key, scratch)
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
    file: Path, work: Home, home: Home, secret: Secret, now: datetime
) -> tuple[Vault, bytearray, list[str]]:
    """Unpack a backup into the work folder and open it; guesses count at the home that asks."""
    layout = container.inspect(file)
    with translated(work.vault_file):
        create_owner_only(work.vault_file, layout.vault_text)
    vault = Vault.load(work)
    if secret.passphrase is not None:
        with home.turn("vault"):
            throttle = Throttle(home)
            throttle.admit(now)
            key = vault.unlock(secret.passphrase, now=now)
            throttle.clear()
    else:
        key = vault.unlock_recovery(secret.code or "")
    try:
        container.extract(file, layout, key, work.database)
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
