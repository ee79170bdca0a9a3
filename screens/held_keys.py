"""Whether a key was pressed or is held down: a terminal tells no release, a held key only comes again."""

from __future__ import annotations

from enum import Enum

RELEASE_GAP = 0.11
"""Seconds from one coming of a key to the next from which it was pressed anew.

By default a held key comes again every 33 ms (Windows, GNOME), 40 (X), 90 (macOS) or 92 (Linux console); a
person presses one key at most about eight times a second, which is 125 ms apart.
"""

LONGEST_DELAY = 1.0
"""Seconds that a keyboard waits at most before a held key comes for the second time (Windows' longest)."""


class Press(Enum):
    """What the coming of a key is."""

    FRESH = "fresh"
    """A press, or the first repeat of a held key: until the next one nobody can tell."""

    HELD = "held"
    """A repeat: the key is held down."""

    UNMASKED = "unmasked"
    """A repeat, and the press before it was the first repeat of the same hold."""


class KeyWatch:
    """Judges each key by the one before it; times are seconds of one steady clock."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """The next key stands alone."""
        self.key = ""
        self._at = 0.0
        self._maybe_repeat = False

    def press(self, key: str, at: float) -> Press:
        """What the key that came at `at` is."""
        gap = at - self._at if key == self.key else None
        self.key, self._at = key, at
        if gap is None or gap >= RELEASE_GAP:
            self._maybe_repeat = gap is not None and gap <= LONGEST_DELAY
            return Press.FRESH
        unmasked, self._maybe_repeat = self._maybe_repeat, False
        return Press.UNMASKED if unmasked else Press.HELD
