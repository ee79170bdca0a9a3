"""The growing wait after wrong passphrases. It survives a restart, and nothing is ever erased by it.

A count that wipes data would let any passer-by destroy a caseload, and would not stop a thief, who copies the
file first. What stops a thief is Argon2id; what this stops is someone guessing at an unattended keyboard.
(Cyber Essentials 4.2.1: no more than 10 guesses in 5 minutes.)
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from casework.errors import Locked, Refused
from storage.faults import room_words, translated
from storage.files import sync_folder, write_atomic
from storage.home import Home

LONGEST_WAIT = timedelta(seconds=300)
_UNREADABLE_COUNT = 9


@dataclass(frozen=True, slots=True)
class Attempts:
    """How many guesses in a row count as wrong, when the last was made, and how many were found wrong.

    A guess that was stopped on its way, by a power cut or `kill -9`, counts as the others do, for else
    whoever guesses would stop each one; but nobody is told that it was wrong.
    """

    count: int = 0
    last: datetime | None = None
    wrong: int = 0

    @property
    def words(self) -> str:
        """What counts, for a person: `3 wrong passphrases`; "" for nothing."""
        stopped = self.count - self.wrong
        parts = (
            f"{self.wrong} wrong {'passphrase' if self.wrong == 1 else 'passphrases'}" if self.wrong else "",
            f"{stopped} stopped before it was known whether the passphrase was right" if stopped else "",
        )
        return ", and ".join(filter(None, parts))

    def wait(self) -> timedelta:
        """The pause that the last wrong guess asks for: 1, 2, 4 ... 300 seconds."""
        if not self.count:
            return timedelta(0)
        return min(timedelta(seconds=2 ** min(self.count - 1, 30)), LONGEST_WAIT)


class Throttle:
    """The wrong guesses at one vault, kept beside it."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def read(self) -> Attempts:
        """What is on record; an unreadable record counts as many guesses, just now."""
        path = self._home.attempts_file
        with translated(path):
            try:
                text = path.read_text("utf-8")
            except FileNotFoundError:
                return Attempts()
            except UnicodeDecodeError:
                return Attempts(_UNREADABLE_COUNT, None, _UNREADABLE_COUNT)
        try:
            data = json.loads(text)
            count, last = int(data["count"]), datetime.fromisoformat(data["last"])
            wrong = int(data.get("wrong", count))
        except (ValueError, TypeError, KeyError, AttributeError):
            return Attempts(_UNREADABLE_COUNT, None, _UNREADABLE_COUNT)
        if count < 1 or last.tzinfo is None or not 0 <= wrong <= count:
            return Attempts(_UNREADABLE_COUNT, None, _UNREADABLE_COUNT)
        return Attempts(count, last, wrong)

    def wait_left(self, now: datetime) -> timedelta:
        """How long until the next guess is taken; zero when it is taken now.

        A clock that was set back behind the last guess does not shorten the wait: it starts anew.
        """
        with self._home.turn("vault"):
            return self._wait_left(now)

    def _wait_left(self, now: datetime) -> timedelta:
        attempts = self.read()
        if not attempts.count:
            return timedelta(0)
        if attempts.last is None or now < attempts.last:
            self._write(replace(attempts, last=now))
            return attempts.wait()
        return max(attempts.last + attempts.wait() - now, timedelta(0))

    def check(self, now: datetime) -> None:
        """Raise `Locked` while the wait runs; nothing is counted."""
        with self._home.turn("vault"):
            self._check(now)

    def _check(self, now: datetime) -> None:
        left = self._wait_left(now)
        if not left:
            return
        attempts = self.read()
        seconds = -int(-left.total_seconds() // 1)
        unit = "second" if seconds == 1 else "seconds"
        why = (
            "Too many wrong passphrases"
            if attempts.count == attempts.wrong
            else f"Unlocking has to rest ({attempts.words})"
        )
        raise Locked("wait", f"{why}: wait {seconds} {unit} and try again, or use the recovery code.")

    def admit(self, now: datetime) -> None:
        """Take a guess, counted as wrong until `clear()`, so that killing the process wins no free guess.

        Raises `Locked` while the wait runs. The caller holds the home's turn at "vault", so that two
        processes with the right passphrase do not take each other for wrong guesses.
        """
        self._check(now)
        attempts = self.read()
        self._write(Attempts(attempts.count + 1, now, attempts.wrong))

    def found_wrong(self) -> None:
        """The guess that was admitted last was wrong; the wait is the same. The caller still has the turn."""
        attempts = self.read()
        self._write(replace(attempts, wrong=min(attempts.wrong + 1, attempts.count)))

    def clear(self) -> None:
        """Forget the wrong guesses: the right passphrase or the recovery code was given."""
        path = self._home.attempts_file
        with translated(path):
            try:
                path.unlink()
            except FileNotFoundError:
                return
            sync_folder(path.parent)

    def _write(self, attempts: Attempts) -> None:
        last = attempts.last.astimezone(UTC).isoformat() if attempts.last else None
        text = json.dumps({"count": attempts.count, "last": last, "wrong": attempts.wrong})
        path = self._home.attempts_file
        try:
            write_atomic(path, text.encode())
        except Refused as fault:
            if fault.code != "disk-full":
                raise
            # A guess that could not be counted would be a free one.
            raise Refused(
                "disk-full",
                "There is no room left to count a wrong passphrase, so none is taken. Nothing is lost: "
                f"{room_words(path)}",
                str(path),
            ) from fault
