"""Words of a draft that a form has no field for: another version kept them, and none of them is lost."""

from __future__ import annotations

import re
from collections.abc import Mapping

HIDDEN_DRAFT = "A draft is kept here that cannot be shown to you now. What you write is kept beside it."
"""Said where a form begins empty beside words that must not be lost."""

_WAS = "was:"
"""Marks the words of a field that is still there and could not hold them."""


_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _flat(text: str) -> str:
    return " ".join(text.split())


def left_over(draft: Mapping[str, str], held: Mapping[str, str]) -> dict[str, str]:
    """What stands in a draft and not in the form that it filled, by the name to keep it under.

    A word of several that the field does not know is left over alone; of any other value the whole is. An id
    is no word of anybody's: one of a record that is gone is not left over.
    """
    found: dict[str, str] = {}
    for name, value in draft.items():
        if all(_ID.fullmatch(word.strip()) for word in value.split(",")):
            continue
        now = held.get(name)
        if not value.strip() or (now is not None and _flat(now) == _flat(value)):
            continue
        if now is None:
            found[name] = value
            continue
        words, kept = value.split(","), now.split(",") if now else []
        lost = [word for word in words if word not in kept]
        if lost:
            found[_WAS + name] = ",".join(lost) if set(kept) <= set(words) else value
    return found


def said_name(name: str) -> str:
    """The name of a left-over field in words."""
    return name.removeprefix(_WAS).replace("_", " ").replace("-", " ").strip() or "words"


def as_text(over: Mapping[str, str]) -> str:
    """All of it as lines that a person may move into a field."""
    return "\n".join(f"{said_name(name)}: {value}" for name, value in over.items())
