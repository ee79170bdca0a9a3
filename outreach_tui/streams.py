"""stdout and stderr as they are found: other encodings, and readers who leave early. Imports nothing else."""

from __future__ import annotations

import os
import sys
from typing import IO


def set_streams() -> None:
    """Let no letter that the terminal's encoding lacks stop a command."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def flush() -> None:
    """Push out what is buffered; a reader who left early is no fault of ours."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (BrokenPipeError, ValueError):
            let_go(stream)


def let_go(stream: IO[str]) -> None:
    """Point a stream whose reader left at nothing, so that closing it at exit says nothing either."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
