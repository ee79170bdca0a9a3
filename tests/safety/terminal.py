"""The app in a real terminal: keys in, every byte that it wrote kept, and its screen read back."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import pytest

from tests.safety.world import Computer
from tests.tools.vaults import PASSPHRASE

pexpect = pytest.importorskip("pexpect")
pyte = pytest.importorskip("pyte")

COLUMNS, LINES = 120, 40
PATIENCE = 45.0
"""Seconds until a screen that does not come is a failure."""


class Terminal:
    """One run of the app on a computer."""

    def __init__(self, computer: Computer, *words: str, **environ: str | None) -> None:
        self.bytes = b""
        self._screen: Any = pyte.Screen(COLUMNS, LINES)
        self._stream: Any = pyte.ByteStream(self._screen)
        self._app: Any = pexpect.spawn(
            sys.executable,
            computer.command(*words)[1:],
            env=computer.environment(TERM="xterm-256color", **environ),
            dimensions=(LINES, COLUMNS),
            cwd=str(computer.root / "work"),
            timeout=20,
        )

    @property
    def pid(self) -> int:
        """The process that was started."""
        return int(self._app.pid)

    @property
    def text(self) -> str:
        """The screen as a person sees it."""
        return "\n".join(row.rstrip() for row in self._screen.display)

    def send(self, keys: str) -> None:
        self._app.send(keys)

    def shows(self, *words: str, without: str = "") -> str:
        """The screen, once it holds each of the words. Fails, and shows it, when it never does."""

        def seen() -> bool:
            text = self.text
            return all(word in text for word in words) and not (without and without in text)

        if not self._wait(seen):
            raise AssertionError(f"never saw {words}:\n{self.text}")
        return self.text

    def keeps(self, words: str, computer: Computer) -> None:
        """Wait until a draft on the disk holds the words: what is on the screen may not be kept yet."""

        def kept() -> bool:
            return any(words in value for draft in computer.drafts() for value in draft.fields.values())

        if not self._wait(kept):
            raise AssertionError(f"never kept {words!r}:\n{self.text}")

    def _wait(self, holds: Callable[[], bool]) -> bool:
        """A blinking cursor writes for ever, so that silence alone would not end a wait in vain."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if holds():
                return True
            try:
                self._take(self._app.read_nonblocking(65536, timeout=20))
            except (pexpect.TIMEOUT, pexpect.EOF):
                break
        return False

    def unlock(self, *words: str) -> None:
        """Type the passphrase and wait for the words."""
        self.shows("Passphrase")
        self.send(f"{PASSPHRASE}\r")
        self.shows(*words)

    def ended(self) -> int:
        """Read to the end; the exit code."""
        self._app.expect(pexpect.EOF)
        self._take(self._app.before)
        self._app.close()
        return int(self._app.exitstatus)

    @property
    def left_behind(self) -> bytes:
        """What it wrote after it gave the screen back."""
        return re.split(rb"\x1b\[\?1049l", self.bytes)[-1]

    def _take(self, data: bytes) -> None:
        self.bytes += data
        self._stream.feed(data)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._app.close(force=True)
