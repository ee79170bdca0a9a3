"""One start of an app in a terminal of its own, watched from outside until it is painted.

    python -m benchmarks.painted minimal
    python -m benchmarks.painted outreach FOLDER

`outreach` is the command line's own way into the app, with one thing replaced: Argon2id, whose result for the
one passphrase of the measured caseload lies in the file `stretched` of the folder. `Watched` runs either.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

LINES, COLUMNS = 24, 80
CURSOR = "›".encode()
"""The sign of the row under the cursor: the first painted sheet of the round has it, nothing before does."""

_LONGEST_SECONDS = 30.0


class Watched:
    """A command in a terminal of 80 by 24 cells; what it paints is waited for, what is typed is sent."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self._painted = b""
        self.began = time.perf_counter()
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            size = struct.pack("HHHH", LINES, COLUMNS, 0, 0)
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            os.execve(command[0], list(command), {**environ, "TERM": "xterm-256color"})

    def wait_for(self, text: bytes) -> float:
        """The moment (`time.perf_counter`) when `text` came, after what was waited for before.

        Raises `RuntimeError` when the command ended or said nothing for long.
        """
        while text not in self._painted:
            ready, _, _ = select.select([self._terminal], [], [], _LONGEST_SECONDS)
            try:
                came = os.read(self._terminal, 1 << 16) if ready else b""
            except OSError:
                came = b""
            if not came:
                raise RuntimeError(f"{text.decode()!r} was not painted")
            self._painted += came
        self._painted = self._painted.partition(text)[2]
        return time.perf_counter()

    def type(self, keys: str) -> float:
        """Type keys; the moment when that was done."""
        os.write(self._terminal, keys.encode())
        return time.perf_counter()

    def processor(self) -> float:
        """Milliseconds of processor time that the command has had, of all its threads (Linux)."""
        threads = Path(f"/proc/{self._pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e6

    def leave(self) -> float:
        """Leave by ctrl+q; the command's peak memory in MB."""
        self.type("\x11")
        try:
            while os.read(self._terminal, 1 << 16):
                pass
        except OSError:
            pass
        _, _, usage = os.wait4(self._pid, 0)
        os.close(self._terminal)
        return usage.ru_maxrss / 1024


def minimal() -> None:
    """A Textual app with one line in it."""
    from textual.app import App, ComposeResult
    from textual.widgets import Static

    class Minimal(App[None]):
        def compose(self) -> ComposeResult:
            yield Static("ready ›", markup=False)

    Minimal().run()


def outreach(folder: Path) -> None:
    """The whole program, with the stretched passphrase at hand."""
    stretched = (folder / "stretched").read_bytes()

    class AtHand:
        def __init__(self, **_settings: object) -> None:
            pass

        def derive_into(self, _secret: object, made: bytearray) -> None:
            made[:] = stretched

    stand_in = ModuleType("cryptography.hazmat.primitives.kdf.argon2")
    stand_in.Argon2id = AtHand  # type: ignore[attr-defined]
    sys.modules[stand_in.__name__] = stand_in
    from outreach_tui.cli import main

    main(["--home", str(folder / "home")])


if __name__ == "__main__":
    if sys.argv[1] == "minimal":
        minimal()
    else:
        outreach(Path(sys.argv[2]))
