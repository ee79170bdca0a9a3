"""Leaving a protected address out of words that people wrote."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

HIDDEN = "(address not given)"
"""What stands in its place."""

ADDRESS_TYPED = "An address of this family is protected: leave addresses out of these words if you can."
"""What is said, and holds nothing up, when an address is typed about such a family."""

_POSTCODE = re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?)\s*(\d[A-Z]{2})\b", re.IGNORECASE)
_SEVERAL = re.compile(rf"{re.escape(HIDDEN)}(?:[\s,]*{re.escape(HIDDEN)})+")
_NUMBER = re.compile(r"^(flat|unit|apartment|no\.?)?\s*\d+\s*[a-z]?\b\s*", re.IGNORECASE)
_SHORTEST = 4
_BETWEEN = r"[\W_]*"
"""What may stand between the words of an address or the signs of a postcode: nothing, a hyphen, a break."""
_SHORT = {
    "avenue": "ave?",
    "close": "cl",
    "court": "ct",
    "crescent": "cres",
    "drive": "dr",
    "gardens": "gdns",
    "grove": "gro?ve?",
    "lane": "ln",
    "park": "pk",
    "place": "pl",
    "road": "rd",
    "saint": "st",
    "square": "sq",
    "street": "str?",
    "terrace": "terr?",
}
"""What a word of an address is shortened to, as a pattern; a full stop may follow it."""


def hide_address(text: str, addresses: Iterable[str]) -> str:
    """The text without these addresses, whole or any part of them that stands between commas, without its
    house number, too, with the street's kind shortened or, beside the number, left out, and without their
    postcodes however they are written. More is hidden rather than less:
    where the town of the address is named it goes as well.
    """
    return hiding(addresses)(text)


def hiding(addresses: Iterable[str]) -> Callable[[str], str]:
    """What leaves these addresses out of one text after another, as `hide_address` does."""
    parts: set[str] = set()
    codes: set[tuple[str, str]] = set()
    for address in addresses:
        codes |= {(first.upper(), second.upper()) for first, second in _POSTCODE.findall(address)}
        for part in _POSTCODE.sub(" ", address).replace("\n", ",").split(","):
            words = " ".join(part.split())
            parts |= {words, _NUMBER.sub("", words), _without_kind(words)}
    patterns = [_BETWEEN.join(first + second) for first, second in sorted(codes)]
    patterns += [
        _BETWEEN.join(map(_written, part.split()))
        for part in sorted(parts, key=lambda part: (-len(part), part))
        if len(part) >= _SHORTEST
    ]
    if not patterns:
        return str
    whole = re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)", re.IGNORECASE)
    return lambda text: _SEVERAL.sub(HIDDEN, whole.sub(HIDDEN, text))


_NO_STREET = frozenset({"park", "place", "saint"})
_KINDS = "|".join(rf"{long}|{short}\b\.?" for long, short in _SHORT.items() if long not in _NO_STREET)
_STREET = re.compile(
    rf"\b\d{{1,4}}\s?[a-z]?,?\s+(?:[^\W\d][\w'’.-]*\s+){{1,2}}(?:{_KINDS})(?!\w|\s+(?-i:[A-Z]))",
    re.IGNORECASE,
)
"""A number, a name and the kind of a street, but no saint: `2 friends at St Mary`."""


def looks_like_address(text: str) -> bool:
    """Whether words hold something written as an address: a postcode, or a house number with a street.

    It compares with no address on record, so that nobody learns from the answer what stands there.
    """
    return bool(_POSTCODE.search(text) or _STREET.search(text))


def _written(word: str) -> str:
    """A pattern for a word of an address as people write it."""
    kinds = [
        rf"{long}|{short}\b\.?"
        for long, short in _SHORT.items()
        if re.fullmatch(rf"{long}|{short}\.?", word, re.IGNORECASE)
    ]
    return f"(?:{'|'.join(kinds)})" if kinds else re.escape(word)


def _without_kind(words: str) -> str:
    """`77 Quay` of `77 Quay Lane`; nothing without a number, for a name alone would hide too much."""
    parts = words.split()
    kind = len(parts) > 2 and parts[-1].lower() in _SHORT
    return " ".join(parts[:-1]) if kind and _NUMBER.match(words) else ""
