"""The data folder: where its files are, that only its owner can enter, and that one app at a time has it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from casework.errors import BadInput, OutreachError, Refused
from storage.faults import translated
from storage.files import OWNER_FILE, make_folder, write_atomic

CLOCK_SLACK = timedelta(minutes=5)
"""How far a clock may step back (time service, dual boot) before it is worth a word."""

_CLOCK_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Home:
    """The data folder of one caseload; nothing is made or touched until `prepare()`."""

    path: Path

    @classmethod
    def resolve(cls, argument: str | Path | None, environ: Mapping[str, str]) -> Home:
        """The folder named by `--home`, else by OUTREACH_HOME, else the platform's user data folder."""
        chosen = argument or environ.get("OUTREACH_HOME")
        if chosen:
            return cls(Path(chosen).expanduser().absolute())
        from platformdirs import user_data_path

        return cls(user_data_path("outreach", appauthor=False))

    @property
    def database(self) -> Path:
        """The encrypted caseload."""
        return self.path / "caseload.db"

    @property
    def vault_file(self) -> Path:
        """The key slots."""
        return self.path / "vault.json"

    @property
    def vault_previous(self) -> Path:
        """The key slots before a change, kept until the changed file is proved."""
        return self.path / "vault.json.bak"

    @property
    def attempts_file(self) -> Path:
        """How many wrong passphrases there were, and when the last was."""
        return self.path / "attempts.json"

    @property
    def config_file(self) -> Path:
        """Settings of this computer; holds nothing about any child."""
        return self.path / "settings.toml"

    @property
    def clock_file(self) -> Path:
        """The latest instant this caseload was used at."""
        return self.path / "last-seen"

    @property
    def lock_request(self) -> Path:
        """A file that asks the open app to lock; the app removes it."""
        return self.path / "lock-request"

    @property
    def passphrase_due(self) -> Path:
        """There while a lock keeps the key store from opening this caseload; the passphrase removes it."""
        return self.path / "passphrase-due"

    @property
    def setup_begun(self) -> Path:
        """There from before set-up writes keys until its caseload stands; keys without it had a caseload."""
        return self.path / "setup-unfinished"

    def end_set_up(self) -> None:
        """The caseload stands: the keys here are never again those of a set-up that did not end."""
        with translated(self.setup_begun):
            self.setup_begun.unlink(missing_ok=True)

    @property
    def has_caseload(self) -> bool:
        """Whether set-up was finished here: key slots and a database that is not empty."""
        return self.has_keys and self.has_database

    @property
    def has_keys(self) -> bool:
        """Whether key slots are here, the present ones or those before a change."""
        with translated(self.vault_file):
            return self.vault_file.exists() or self.vault_previous.exists()

    @property
    def access_ended(self) -> Path:
        """Stands here once the keys were destroyed because the central record ended this laptop's access."""
        return self.path / "access-ended"

    @property
    def has_database(self) -> bool:
        """Whether a database that is not empty is here, with or without its keys."""
        with translated(self.database):
            return self.database.exists() and self.database.stat().st_size > 0

    def check_whole(self) -> None:
        """Raise BadInput where the keys or the caseload stand alone. An empty folder is whole: set-up is due.

        Raises Refused("access-ended") where the keys were destroyed because this laptop's access was ended.

        Nothing opens a caseload without its keys, so whoever meets this must not be led to set-up.
        """
        if self.has_database == self.has_keys:
            return
        if self.has_database and self.access_ended.exists():
            raise Refused(
                "access-ended",
                "This laptop's access was ended, and the keys of this caseload were destroyed: speak to your "
                "manager. A backup of it still opens: outreach restore FILE.",
                str(self.path),
            )
        if self.has_database:
            raise BadInput(
                "keys-missing",
                "vault.json is missing beside caseload.db: put it back or restore a backup: "
                "outreach restore FILE.",
                str(self.path),
            )
        if self.setup_begun.exists():
            raise BadInput(
                "setup-unfinished",
                "The set-up of this caseload never ended, so there is nothing in it: start again with "
                "outreach init.",
                str(self.path),
            )
        if self.database.exists():
            raise BadInput(
                "empty-caseload",
                "caseload.db is empty: put it back or restore a backup: outreach restore FILE.",
                str(self.path),
            )
        if (self.path / "hub.db").exists():
            raise BadInput(
                "wrong-home",
                "This data folder holds a central record and no caseload: choose another --home.",
                str(self.path),
            )
        raise BadInput(
            "caseload-missing",
            "caseload.db is missing beside vault.json: put it back or restore a backup: "
            "outreach restore FILE.",
            str(self.path),
        )

    def check_free(self) -> None:
        """Raise unless a caseload may be set up here: Refused beside another caseload, or the keys of one.

        Keys that a set-up left which never ended are no hindrance.
        """
        if self.has_database:
            self.check_whole()
            raise Refused(
                "caseload-exists",
                "This data folder has a caseload already; choose another --home.",
                str(self.path),
            )
        if self.has_keys and not self.setup_begun.exists():
            held = self.vault_file if self.vault_file.exists() else self.vault_previous
            raise Refused(
                "keys-without-caseload",
                f"{held.name} holds the keys of a caseload whose caseload.db is missing, and set-up would "
                "make other keys: put caseload.db back or restore a backup (outreach restore FILE); to begin "
                f"anew, move {held.name} to another folder first.",
                str(held),
            )

    def prepare(self) -> None:
        """Make the folder, owner-only. A looser one is tightened unless it holds other things than ours.

        Closing a folder that others work in would do harm; our files in it are owner-only in any case, and
        `doctor` says that the folder is open.
        """
        if self.path.exists() and not (self.vault_file.exists() or self._is_empty()):
            return
        make_folder(self.path)

    def _is_empty(self) -> bool:
        with translated(self.path):
            return next(self.path.iterdir(), None) is None

    def claim_app(self) -> Claim:
        """Hold the caseload for this process's app; `Refused` when another app has it.

        The hold ends with `release()` or with the process, however it dies: the operating system drops it.
        """
        self.prepare()
        file = _lock(self.path / "app.lock", wait=False)
        if file is None:
            raise Refused(
                "already-open",
                "Outreach is already open on this caseload; use that window, or close it first.",
                str(self.path),
            )
        return Claim(file)

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """Let one process at a time do the named step (unlocking, changing the vault); others wait."""
        self.prepare()
        file = _lock(self.path / f"{name}.lock", wait=True)
        if file is None:
            raise Refused("busy", "Another copy of Outreach holds the vault; try again in a moment.")
        try:
            yield
        finally:
            file.close()

    def check_clock(self, now: datetime) -> str | None:
        """One warning sentence when `now` (aware) lies behind the latest use, else None; nothing is changed.

        The latest use is remembered to the minute. A folder that cannot be written gives no warning here:
        opening the caseload says it.
        """
        seen = self.last_seen()
        if seen is not None and now < seen - CLOCK_SLACK:
            return (
                f"This computer's clock says {now.astimezone(UTC):%d %B %Y %H:%M} UTC, but the caseload was "
                f"last used at {seen:%d %B %Y %H:%M} UTC; nothing is lost: set the clock right, because due "
                "dates go by it."
            )
        if seen is None or now >= seen + _CLOCK_STEP:
            with suppress(OutreachError):
                self.accept_clock(now)
        return None

    def accept_clock(self, now: datetime) -> None:
        """Remember `now` as the latest use, also when it is earlier: the clock had been wrong before."""
        self.prepare()
        write_atomic(self.clock_file, now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ\n").encode())

    def last_seen(self) -> datetime | None:
        """The latest instant this caseload was used at; None when unknown or unreadable."""
        try:
            seen = datetime.fromisoformat(self.clock_file.read_text("ascii").strip())
        except (OSError, ValueError):
            return None
        return seen if seen.tzinfo else None


class Claim:
    """A held lock file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def release(self) -> None:
        """Let go; twice is harmless."""
        self._file.close()

    def __enter__(self) -> Claim:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _lock(path: Path, *, wait: bool) -> IO[bytes] | None:
    """The open lock file, or None when another process holds it; closing the file lets go."""
    with translated(path):
        fd = os.open(path, os.O_RDWR | os.O_CREAT, OWNER_FILE)
    file = os.fdopen(fd, "r+b", buffering=0)
    try:
        _lock_file(file, wait=wait)
    except OSError:
        file.close()
        return None
    return file


if sys.platform == "win32":
    import msvcrt

    def _lock_file(file: IO[bytes], *, wait: bool) -> None:
        """Lock the first byte; Windows itself gives up waiting after ten seconds."""
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock_file(file: IO[bytes], *, wait: bool) -> None:
        """Lock the open file; a child process that inherits nothing cannot keep it."""
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
