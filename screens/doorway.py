"""What the unlock and first-run screens need from the vault, so that tests can stand in for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from storage.desk import Closable

S_co = TypeVar("S_co", bound=Closable, covariant=True)

AGENCIES: dict[str, str] = {
    "early-help": "Early help",
    "social-care": "Social care",
    "school": "School",
    "inclusion-attendance": "Inclusion and attendance",
    "school-nursing": "School nursing",
    "youth-justice": "Youth justice",
    "voluntary": "Voluntary sector",
    "management": "Management",
}
"""Agency words of the command line, with labels that settings may replace."""


@dataclass(frozen=True, slots=True)
class FirstRun:
    """What set-up asks for. `passphrase` is wiped by whoever takes it."""

    worker: str
    agency: str
    team: str
    passphrase: bytearray = field(repr=False)


class Opener(Protocol[S_co]):
    """The way into a caseload. A call blocks and runs on the desk's thread where nothing else is said.

    `unlock` and `recover` raise `Locked` for a wrong secret, and while the wait after wrong ones runs; any
    `OutreachError` is shown as its one sentence.
    """

    @property
    def has_caseload(self) -> bool:
        """Whether set-up was finished here."""

    def wait_left(self) -> float:
        """Seconds until the next passphrase is taken; 0 when it is taken now."""

    def unlock(self, passphrase: bytearray) -> S_co:
        """Open with the passphrase, which is wiped."""

    def recover(self, code: str, passphrase: bytearray) -> tuple[S_co, str]:
        """Open with the recovery code, set a new passphrase, which is wiped, and draw a new recovery code."""

    def key_store(self) -> str:
        """The key store that opens it now, as a person knows it; "" for none. May block, on its own thread.

        Raises an `OutreachError` whose sentence says why the store that was chosen does not open it now.
        """

    def ask_key_store(self) -> bytearray:
        """What the key store keeps, for `unlock_kept`. May block long, on a thread of its own.

        Raises an `OutreachError` whose sentence says what is wrong: gone, locked, slow, another value.
        """

    def unlock_kept(self, kept: bytearray) -> S_co:
        """Open with what the key store kept, which is wiped."""

    def locked(self) -> None:
        """The caseload was locked: a person is asked before it opens again. On any thread."""

    @property
    def is_silent(self) -> bool:
        """Whether it was kept shut just now for want of a word from the central record."""

    def open_heard(self, session: Callable[[S_co], object]) -> S_co:
        """Open after such a refusal for a session, which is given the caseload, and let it stay open then."""

    @property
    def owes_code(self) -> bool:
        """Whether the caseload just opened has a recovery code that nobody proved."""

    def renew_recovery(self) -> str:
        """Draw another recovery code for the caseload just opened; the one before it opens nothing."""

    def forget(self) -> None:
        """Drop what was kept for `renew_recovery` and `open_heard`."""

    def create(self, first: FirstRun) -> tuple[S_co, str]:
        """Make the caseload; the open store and the recovery code, which is shown once and kept nowhere."""


def wipe(secret: bytearray) -> None:
    """Overwrite a secret in place."""
    secret[:] = bytes(len(secret))
