"""Leaving a protected address out of words that people wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "(address not given)"
"""What stands in its place."""

_POSTCODE = re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?)\s*(\d[A-Z]{2})\b", re.IGNORECASE)
_NUMBER = re.compile(r"^(flat|unit|apartment|no\.?)?\s*\d+\s*[a-z]?\b\s*", re.IGNORECASE)
_SHORTEST = 4


def hide_address(text: str, addresses: Iterable[str]) -> str:
    """The text without these addresses, whole or any part of them that stands between commas, without its
    house number, too, and without their postcodes however they are written. More is hidden rather than less:
    where the town of the address is named it goes as well.
    """
    parts: set[str] = set()
    codes: set[tuple[str, str]] = set()
    for address in addresses:
        codes |= {(first.upper(), second.upper()) for first, second in _POSTCODE.findall(address)}
        for part in _POSTCODE.sub(" ", address).replace("\n", ",").split(","):
            words = " ".join(part.split())
            parts |= {words, _NUMBER.sub("", words)}
    patterns = [rf"{re.escape(first)}\s*{re.escape(second)}" for first, second in sorted(codes)]
    patterns += [
        r"\s+".join(map(re.escape, part.split()))
        for part in sorted(parts, key=lambda part: (-len(part), part))
        if len(part) >= _SHORTEST
    ]
    if not patterns:
        return text
    whole = re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)", re.IGNORECASE)
    hidden = whole.sub(HIDDEN, text)
    return re.sub(rf"{re.escape(HIDDEN)}(?:[\s,]*{re.escape(HIDDEN)})+", HIDDEN, hidden)
