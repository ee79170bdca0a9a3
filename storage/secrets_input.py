"""Taking a passphrase without it ever standing in an argument or in the environment.

Both can be read by others: the system shows a process's arguments and its first environment, and taking a
variable out of `os.environ` does not take it out of there.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from casework.errors import BadInput, Locked, Refused, UsageProblem
from storage.cipher import wipe
from storage.faults import translated

FILE_VARIABLE = "OUTREACH_PASSPHRASE_FILE"
_LONGEST = 4096


def read_passphrase(
    fd: int | None,
    environ: Mapping[str, str],
    prompt: str,
    *,
    ask: Callable[[str], str] | None = None,
) -> bytearray:
    """The passphrase as UTF-8 bytes without its line end; the caller wipes it.

    From the inherited descriptor `fd`, else from the owner-only file named by OUTREACH_PASSPHRASE_FILE, else
    by a prompt on the terminal. Raises `UsageProblem` for a descriptor that is not open, `Refused` for a file
    that others can read, `BadInput` for one that is not there, `Locked` when there is no way to ask or
    nothing was given.
    """
    if fd is not None:
        return _first_line(_drain(fd), "The descriptor given to --passphrase-fd")
    named = environ.get(FILE_VARIABLE)
    if named:
        return _first_line(read_secret_file(Path(named)), f"The file named by {FILE_VARIABLE}")
    if ask is None:
        if not sys.stdin.isatty():
            raise Locked(
                "no-passphrase",
                f"There is no terminal to ask on: use --passphrase-fd N, or {FILE_VARIABLE} naming a file "
                "that only you can read.",
            )
        from getpass import getpass

        ask = getpass
    return _first_line(bytearray(ask(prompt), "utf-8"), "What was typed")


def _drain(fd: int) -> bytearray:
    """Read a descriptor to its end and close it, so that no child process inherits it."""
    got = bytearray()
    try:
        while len(got) <= _LONGEST and (chunk := os.read(fd, _LONGEST)):
            got += chunk
        os.close(fd)
    except (OSError, OverflowError):
        wipe(got)
        raise UsageProblem(
            "passphrase-fd", f"--passphrase-fd {fd} is not open for reading; open it in the calling script."
        ) from None
    return got


def read_secret_file(path: Path) -> bytearray:
    """A file that only its owner can read; what is opened is what is checked, links included. The caller
    wipes what is given. Raises Refused where others can read it, BadInput where it is not there.
    """
    if not os.path.lexists(path):
        sentence = f"{path.name} is not there; check the name of the file that holds the secret."
        raise BadInput("not-found", sentence, str(path))
    with translated(path):
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))
    reason = _why_not(os.fstat(fd))
    if reason:
        os.close(fd)
        raise Refused("passphrase-file", f"{path.name} {reason}.", str(path))
    return _drain(fd)


def _why_not(facts: os.stat_result) -> str | None:
    """Why an opened file must not be trusted to hold a passphrase."""
    if not stat.S_ISREG(facts.st_mode):
        return "is not a plain file"
    if os.name == "posix":
        if facts.st_uid not in {os.geteuid(), 0}:
            return "belongs to another account"
        if stat.S_IMODE(facts.st_mode) & 0o077:
            return "can be read by others; make it readable by its owner only (chmod 600)"
    return None


def _first_line(raw: bytearray, what: str) -> bytearray:
    """Everything up to the first line end; nothing at all, or far too much, is `Locked`."""
    if len(raw) > _LONGEST:
        wipe(raw)
        raise Locked("no-passphrase", f"{what} is longer than any passphrase.")
    ends = [place for place in (raw.find(b"\r"), raw.find(b"\n")) if place >= 0]
    line = raw[: min(ends)] if ends else bytearray(raw)
    wipe(raw)
    if not line:
        raise Locked("no-passphrase", f"{what} holds no passphrase.")
    return line
