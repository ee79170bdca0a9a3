"""The recovery code: 130 random bits that a person writes down, reads aloud and types back.

Crockford's base 32 has no I, L, O or U, so that nothing looks like something else. Two check characters (the
number modulo the prime 1021) catch every single wrong character and every swap of two neighbours.
"""

from __future__ import annotations

import secrets

from casework.errors import Locked

UNCONFIRMED = "recovery-unconfirmed"
"""A setting of the caseload: not empty while nobody has proved that the code was written down."""

BITS = 130
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHARACTERS = BITS // 5
_PRIME = 1021
_ALIASES = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "\n": None, "\t": None})


def _digits(number: int, width: int) -> str:
    return "".join(_ALPHABET[number >> (5 * place) & 31] for place in reversed(range(width)))


def draw() -> str:
    """A fresh code: seven groups of four characters."""
    number = secrets.randbits(BITS)
    text = _digits(number, _CHARACTERS) + _digits(number % _PRIME, 2)
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def parse(typed: str) -> bytearray:
    """The code's 17 bytes; spaces, hyphens, case and look-alikes are forgiven, a slip is `Locked`."""
    text = typed.upper().translate(_ALIASES)
    slip = Locked(
        "recovery-code-typo",
        "That is not a whole recovery code: look for a wrong, missing or swapped character (there are 28).",
    )
    if len(text) != _CHARACTERS + 2 or any(character not in _ALPHABET for character in text):
        raise slip
    number = 0
    for character in text[:_CHARACTERS]:
        number = number << 5 | _ALPHABET.index(character)
    if _digits(number % _PRIME, 2) != text[_CHARACTERS:]:
        raise slip
    return bytearray(number.to_bytes((BITS + 7) // 8, "big"))
