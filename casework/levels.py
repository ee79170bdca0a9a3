"""Levels of need: a local scheme of a few levels, each with its sign and its name.

What is kept of a record is the level as it was said then (`3 Intensive`): councils number differently and
change their scheme, and an older record must not take on another meaning by that.
"""

from __future__ import annotations

from collections.abc import Mapping

from casework.errors import BadInput
from casework.text import clean, fold

Levels = Mapping[str, str]
"""The names of the levels by their sign, the least first."""

KENT: Levels = {"1": "Universal", "2": "Additional", "3": "Intensive", "4": "Specialist"}
"""Kent's scheme, which holds where no other is set (Kent Support Levels Guidance)."""


def say_levels(levels: Levels) -> str:
    """The whole scheme in words: `1 Universal, 2 Additional`."""
    return ", ".join(f"{sign} {name}" for sign, name in levels.items())


def take_level(text: str, levels: Levels, where: str) -> str:
    """The level that was typed, by its sign, its name or the beginning of it, as it is kept; "" for none.

    Raises BadInput, without the text, when no level or more than one fits.
    """
    typed = fold(clean(text)).strip()
    if not typed:
        return ""
    held = {
        f"{sign} {name}": (fold(sign), fold(name), fold(f"{sign} {name}")) for sign, name in levels.items()
    }
    found = [said for said, words in held.items() if typed in words]
    found = found or [said for said, words in held.items() if any(word.startswith(typed) for word in words)]
    if len(found) != 1:
        what = "No level of need is called so" if not found else "More than one level fits"
        raise BadInput("no-such-level", f"{what}; there are {say_levels(levels)}.", where)
    return found[0]
