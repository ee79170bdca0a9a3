"""Who decides something at the central record, and why: two texts that stay on record with it."""

from __future__ import annotations

from casework.errors import BadInput
from casework.text import clean

_MOST_TEXT = 1_000
_ASKED = {"by": "who decides", "reason": "why"}


def decided(by: str, reason: str) -> dict[str, str]:
    """Both as they are kept, by their names. Raises BadInput for one that is empty or too long."""
    said = {"by": clean(by).strip(), "reason": clean(reason).strip()}
    for name, words in said.items():
        option = f"--{name}"
        if not words:
            raise BadInput("empty", f"Say {_ASKED[name]}: {option} is empty.", option)
        if len(words) > _MOST_TEXT:
            raise BadInput(
                "too-long",
                f"{option} has {len(words):,} characters and {_MOST_TEXT:,} are the most: say it shorter.",
                option,
            )
    return said
