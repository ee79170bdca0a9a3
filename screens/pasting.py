"""Pastes, made harmless before anything else sees them, in time that grows with their length alone.

Textual's parser looks for key sequences inside a bracketed paste too: what follows an escape sign in pasted
text is sent on as keys (measured, 8.2), so that text on the clipboard runs verbs, and 66 KB of it are tens
of thousands of key presses, each painted. Here a paste is gathered and cleaned first; the parser then gets
text without control signs between the two marks.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Generator, Iterable

from textual._xterm_parser import XTermParser
from textual.message import Message

from casework.text import clean

LONGEST_PASTE = 100_000
"""Characters taken of one paste."""

_START = "\x1b[200~"
_END = "\x1b[201~"
_MOST_GATHERED = 4 * LONGEST_PASTE
_DRIVER = "textual.drivers.win32" if sys.platform == "win32" else "textual.drivers.linux_driver"


def clean_paste(text: str) -> tuple[str, str]:
    """Pasted text as it may be put in, and a sentence when some of it was left out, else ""."""
    kept = clean(text, limit=LONGEST_PASTE + 1, newlines=True)
    if len(kept) <= LONGEST_PASTE:
        return kept, ""
    return kept[:LONGEST_PASTE], f"Too much was pasted: only the first {LONGEST_PASTE:,} characters are kept."


def guard_pastes() -> None:
    """Have Textual's driver of this platform read with the parser below; it offers no other way."""
    setattr(importlib.import_module(_DRIVER), "XTermParser", PasteParser)  # noqa: B010 (no other way)


class PasteParser(XTermParser):
    """Textual's parser, fed with cleaned pastes only."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._pasting = False
        self._pasted: list[str] = []
        self._size = 0
        self._tail = ""
        """The last signs that were seen: a mark may come in two chunks."""

    def feed(self, data: str) -> Iterable[Message]:
        """Events of a chunk. `""` ends the stream."""
        if not data:
            yield from super().feed(data)
        while data:
            data = yield from (self._feed_paste(data) if self._pasting else self._feed_keys(data))

    def _feed_keys(self, data: str) -> Generator[Message, None, str]:
        """Up to the start of a paste; gives back what is left."""
        seen = self._tail + data
        at = seen.find(_START)
        if at < 0:
            self._tail = seen[-(len(_START) - 1) :]
            yield from super().feed(data)
            return ""
        cut = at + len(_START) - len(self._tail)
        self._pasting, self._tail = True, ""
        yield from super().feed(data[:cut])
        return data[cut:]

    def _feed_paste(self, data: str) -> Generator[Message, None, str]:
        """Gather up to the end of the paste; gives back what is left."""
        seen = self._tail + data
        at = seen.find(_END)
        if at < 0:
            hold = len(_END) - 1
            self._gather(seen[:-hold])
            self._tail = seen[-hold:]
            return ""
        self._gather(seen[:at])
        text = clean("".join(self._pasted), limit=LONGEST_PASTE + 1, newlines=True)
        self._pasting, self._pasted, self._size, self._tail = False, [], 0, ""
        yield from super().feed(text + _END)
        return seen[at + len(_END) :]

    def _gather(self, text: str) -> None:
        if self._size < _MOST_GATHERED:
            self._pasted.append(text)
            self._size += len(text)
