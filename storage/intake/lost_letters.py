"""Names that an old encoding has damaged: it writes ``?`` for a letter that it lacks (?ukasz for Łukasz)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

LOST = "?"
"""What stands for a letter that the file's encoding did not have."""


def is_damaged(*names: str) -> bool:
    """Whether a name holds a lost letter; ``?`` alone is the mark of a name that is not known."""
    return any(LOST in name and name != LOST for name in names)


def same_but_lost(one: str, other: str) -> bool:
    """Whether two names are the same at every letter but the ones that one of them has lost.

    At least one letter must agree: a name of lost letters only fits nobody.
    """
    if not is_damaged(one, other):
        return False
    first, second = unicodedata.normalize("NFC", one), unicodedata.normalize("NFC", other)
    if len(first) != len(second):
        return False
    agree = 0
    for a, b in zip(first, second, strict=True):
        if LOST in (a, b):
            if not all(c == LOST or c.isalpha() for c in (a, b)):
                return False
        elif a.casefold() != b.casefold():
            return False
        else:
            agree += a.isalpha()
    return agree > 0


def mended(name: str, known: Iterable[str]) -> str:
    """The known name that a name is but for lost letters, else the name itself."""
    return next((good for good in known if same_but_lost(name, good)), name)
