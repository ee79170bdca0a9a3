"""Nothing that is typed is shown while a locked process ends and the fresh one has not drawn its door yet.

A screen program leaves the terminal as it found it: showing what is typed. Between two of them a passphrase
that is typed at once would stand there in plain.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

if sys.platform != "win32":
    import termios

    _LOCAL = 3
    """The place of the local modes among a terminal's attributes."""

    def hush(driver: Any) -> None:
        """Let this driver leave a terminal behind that does not show what is typed."""
        if getattr(driver, "attrs_before", None):
            driver.attrs_before[_LOCAL] &= ~termios.ECHO

    def show_again(driver: Any) -> None:
        """Let this driver, which found a hushed terminal, leave one behind that shows what is typed."""
        if getattr(driver, "attrs_before", None):
            driver.attrs_before[_LOCAL] |= termios.ECHO

    def end_hush() -> None:
        """Show what is typed again, where no driver came to do it."""
        with suppress(termios.error, OSError, ValueError):
            held = termios.tcgetattr(sys.stdin)
            held[_LOCAL] |= termios.ECHO
            termios.tcsetattr(sys.stdin, termios.TCSANOW, held)

else:  # there the lock screen stays in the same process

    def hush(driver: Any) -> None:
        """Nothing to do."""

    def show_again(driver: Any) -> None:
        """Nothing to do."""

    def end_hush() -> None:
        """Nothing to do."""
