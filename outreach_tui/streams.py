"""stdin, stdout and stderr as they are found: other encodings, closed, full, and readers who leave early.

Imports nothing else.
"""

from __future__ import annotations

import os
import sys
from typing import IO


class OutputLost(Exception):
    """What was to be printed could not be written; `reason` is the operating system's own short words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def set_streams() -> bool:
    """Make every stream usable, and let no letter that an encoding lacks stop a command.

    False when stdout was closed by the caller. A closed stream is opened on nothing: else the next file that
    is opened, such as the caseload, takes its number, and whatever is printed to that number lands in it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    whole = sys.stdout is not None
    for name, number, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    return whole


def write(stream: IO[str], text: str) -> None:
    """Write and push out. A reader who left early is no fault of ours; there is nobody to tell about stderr.

    Raises OutputLost where stdout does not take it.
    """
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        let_go(stream)
    except OSError as error:
        let_go(stream)
        if stream is sys.stdout:
            raise OutputLost(error.strerror or type(error).__name__) from error


def check_written() -> None:
    """Raise OutputLost when stdout still holds something that it cannot get rid of."""
    write(sys.stdout, "")


def flush() -> None:
    """Push out what is buffered before the end, without another word."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            let_go(stream)


def let_go(stream: IO[str]) -> None:
    """Point a stream that takes nothing more at nothing, so that closing it at exit says nothing either."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
