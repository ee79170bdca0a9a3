"""The health of this computer and this caseload: each finding is one sentence with what to do."""

from __future__ import annotations

import os
import platform
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from casework.errors import OutreachError
from casework.local_days import local_day
from casework.text import clean
from casework.wording import say_day
from storage.backup import Check, verify
from storage.central.state import read_state
from storage.cipher import Connection, check_header
from storage.disk import disk_encrypted
from storage.faults import translated
from storage.harden import core_dumps_off
from storage.home import Home
from storage.ring import Ring
from storage.throttle import Throttle
from storage.vault import Vault

State = Literal["ok", "warn", "fail"]

_CARRIED_OFF = (
    "onedrive",
    "dropbox",
    "google drive",
    "googledrive",
    "icloud",
    "mobile documents",
    "nextcloud",
)


_HAS_STATE = "SELECT 1 FROM sqlite_master WHERE name = 'sync_state'"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: its name, whether it is well, and one sentence."""

    name: str
    state: State
    text: str


def examine(
    home: Home,
    connection: Connection | None,
    *,
    now: datetime,
    deep: bool = False,
    checks: Iterable[Check] = (),
    fault: OutreachError | None = None,
) -> list[Finding]:
    """Look at everything; with `connection` (an unlocked caseload) also inside. Faults are findings.

    `fault` is what kept the caseload from opening; it fails the keys where it speaks of them, else the
    caseload.
    """
    of_keys = fault if fault is not None and fault.code.startswith("vault-") else None
    of_caseload = fault if of_keys is None else None
    return [
        *_looked("versions", home, _versions),
        *_looked("disk-encryption", home, lambda: _disk(home)),
        *_looked("data-folder", home, lambda: _folder(home)),
        *_looked("core-dumps", home, _core_dumps),
        *_looked("clock", home, lambda: _clock(home, now)),
        *_looked("vault", home, lambda: _vault(home, Ring(), of_keys)),
        *_looked("guesses", home, lambda: _guesses(home)),
        *_looked(
            "caseload",
            home,
            lambda: _database(home, connection, deep=deep, checks=checks, fault=of_caseload),
        ),
        *_looked("audit", home, lambda: _anchored(connection)),
    ]


def _looked(name: str, home: Home, look: Callable[[], Finding | list[Finding]]) -> list[Finding]:
    """What a look found; a look that the folder or its disk ends is a finding too."""
    try:
        with translated(home.path):
            found = look()
    except OutreachError as error:
        return [Finding(name, "fail", error.message)]
    return found if isinstance(found, list) else [found]


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _versions() -> Finding:
    from sqlcipher3 import dbapi2 as sqlcipher

    probe = sqlcipher.connect(":memory:")
    try:
        row = probe.execute("PRAGMA cipher_version").fetchone()
    finally:
        probe.close()
    if not row:
        return Finding(
            "versions", "fail", "This build has no SQLCipher, so Outreach will not store anything."
        )
    return Finding(
        "versions",
        "ok",
        f"Outreach {_installed('outreach-tui')}, Python {platform.python_version()}, SQLCipher {row[0]}, "
        f"SQLite {sqlcipher.sqlite_version}, cryptography {_installed('cryptography')}.",
    )


def _disk(home: Home) -> Finding:
    found = disk_encrypted(home.path)
    if found is None:
        return Finding(
            "disk-encryption",
            "warn",
            "This system does not say whether its disk is encrypted; ask your IT service to confirm that "
            "BitLocker, FileVault or LUKS is on.",
        )
    if found:
        return Finding("disk-encryption", "ok", "The disk under the data folder is encrypted.")
    return Finding(
        "disk-encryption",
        "warn",
        "The disk is not encrypted: the caseload is, but swap and other programs' files are not; ask your IT "
        "service to turn on disk encryption.",
    )


def _folder(home: Home) -> Finding:
    if not home.path.exists():
        return Finding("data-folder", "ok", "There is no data folder yet; set-up makes it.")
    lowered = [part.lower() for part in home.path.parts]
    if any(part.startswith(_CARRIED_OFF) for part in lowered):
        return Finding(
            "data-folder",
            "warn",
            "The data folder lies in a folder that another program copies elsewhere, which can tear the "
            "caseload apart; move it with backup and restore --home.",
        )
    if not os.access(home.path, os.W_OK):
        return Finding("data-folder", "fail", "The data folder cannot be written; make it writable.")
    if os.name == "posix":
        loose = [
            path.name
            for path in (home.path, home.database, home.vault_file)
            if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
        ]
        if loose:
            return Finding(
                "data-folder", "warn", f"Other accounts can reach {', '.join(loose)}; close it to them."
            )
    return Finding("data-folder", "ok", "Only this account can enter the data folder.")


def _core_dumps() -> Finding:
    if core_dumps_off():
        return Finding("core-dumps", "ok", "A crash leaves no copy of memory on disk.")
    return Finding("core-dumps", "warn", "A crash may write memory to disk; turn core dumps off.")


def _clock(home: Home, now: datetime) -> Finding:
    warning = home.check_clock(now) if home.path.exists() else None
    if warning:
        return Finding("clock", "warn", warning)
    return Finding("clock", "ok", "The clock has not gone back since the last use.")


def _vault(home: Home, ring: Ring, fault: OutreachError | None) -> list[Finding]:
    if not home.has_keys:
        if home.has_database:
            home.check_whole()
        return [
            Finding("vault", "warn", "There are no keys in this data folder; run set-up or restore a backup.")
        ]
    try:
        vault = Vault.load(home)
    except OutreachError as error:
        return [Finding("vault", "fail", error.message)]
    if fault is not None:
        return [Finding("vault", "fail", fault.message), _keyring(vault, ring)]
    if vault.is_low_cost:
        return [
            Finding(
                "vault",
                "fail",
                "This caseload was made with weak test settings; do not keep real data in it.",
            ),
            _keyring(vault, ring),
        ]
    escrow = "with" if vault.escrow_public else "without"
    settings = f"{vault.kdf.memory_kib // 1024} MiB, {vault.kdf.iterations} passes, {vault.kdf.lanes} lanes"
    return [
        Finding("vault", "ok", f"The keys are whole: Argon2id {settings}; {escrow} the service's escrow."),
        _keyring(vault, ring),
    ]


def _keyring(vault: Vault, ring: Ring) -> Finding:
    name = ring.describe()
    if name is None and vault.has_keyring:
        return Finding(
            "keyring", "warn", "The key store that opened this caseload is gone; use the passphrase."
        )
    if name is None:
        return Finding(
            "keyring", "ok", "There is no key store that Outreach trusts; the passphrase opens it."
        )
    used = "opens this caseload" if vault.has_keyring else "is there, and not used"
    return Finding("keyring", "ok", f"The key store {name} {used}.")


def _guesses(home: Home) -> Finding:
    try:
        attempts = Throttle(home).read()
    except OutreachError as error:
        return Finding("guesses", "warn", error.message)
    if attempts.wrong:
        return Finding("guesses", "warn", f"In a row: {attempts.words}; was that you?")
    if attempts.count:
        return Finding("guesses", "ok", f"Since the last unlock: {attempts.words}.")
    return Finding("guesses", "ok", "No wrong passphrases since the last unlock.")


def _database(
    home: Home,
    connection: Connection | None,
    *,
    deep: bool,
    checks: Iterable[Check],
    fault: OutreachError | None,
) -> Finding:
    if not home.has_database:
        if home.has_keys:
            home.check_whole()
        return Finding("caseload", "warn", "There is no caseload in this data folder.")
    check_header(home.database)
    if fault is not None:
        return Finding("caseload", "fail", fault.message)
    if connection is None:
        return Finding("caseload", "ok", "The caseload is encrypted; unlock it to look inside.")
    problems = verify(connection, home.database, deep=deep, checks=checks)
    if problems:
        return Finding("caseload", "fail", " ".join(problems))
    depth = "every page was read" if deep else "its structure was read"
    return Finding("caseload", "ok", f"The caseload is sound: {depth}.")


def _day(stamp: str) -> str:
    """The day in England of an instant that the central record stated, as it wrote it where it is none."""
    try:
        return say_day(local_day(stamp))
    except ValueError:
        return clean(stamp)


def _anchored(connection: Connection | None) -> list[Finding]:
    """Whether the audit holds what the central record keeps of it; nothing where there is none to keep it."""
    if connection is None or not connection.execute(_HAS_STATE).fetchone():
        return []
    state = read_state(connection)
    if not state.is_enrolled:
        return []
    if state.audit_lost:
        return [
            Finding(
                "audit",
                "warn",
                f"On {_day(state.audit_lost)} the audit did not hold what the central record kept of it: an "
                "older copy of the caseload was put back, there are two of it, or the audit was altered; "
                "tell your manager.",
            )
        ]
    return [Finding("audit", "ok", "The audit holds what the central record keeps of it.")]
