"""Distinctive words that are planted as a family's data, and the search for them in all that is left."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path

SURNAME = "Brobdingworth"
FORENAME = "Quetzalinda"
KNOWN_AS = "Quixotelle"
PARENT = "Xanthippolyta"
PHONE = "07700 900913"
STREET = "Gorgonzola Crescent"
COMMENT = "dentist in Tumbarumba"
FOLLOW_UP_NOTE = "grandmother flew to Ouagadougou"
CONTACT_NOTE = "kitchen smelt of frankincense"
DRAFT = "half a sentence on Zanzibar"
SEARCHED = "Szczebrzeszynska"
SET_ASIDE = "Thistlewumple"
UNREADABLE = "Mxyzptlkova"
CRASHED = "Wyvernhilda"
ROUND_NOTE = "typed about Popocatepetl"

CANARIES = (
    SURNAME,
    FORENAME,
    KNOWN_AS,
    PARENT,
    PHONE,
    PHONE.replace(" ", ""),
    STREET,
    COMMENT,
    FOLLOW_UP_NOTE,
    CONTACT_NOTE,
    DRAFT,
    SEARCHED,
    SET_ASIDE,
    UNREADABLE,
    CRASHED,
    ROUND_NOTE,
)

_BASE64_BITS = 6


def forms(word: str) -> Iterator[tuple[str, bytes]]:
    """What `word` looks like in bytes that are compared without regard to case: UTF-8, UTF-16, hex."""
    for coding in ("utf-8", "utf-16-le", "utf-16-be"):
        yield coding, word.lower().encode(coding)
    yield "hex", word.encode().hex().encode()


def base64_forms(word: str) -> Iterator[bytes]:
    """The middle of `word` in base64, for each of the three ways in which its first byte can fall."""
    for cased in {word, word.lower(), word.upper(), word.title()}:
        for before in range(3):
            raw = cased.encode()
            text = b64encode(bytes(before) + raw)
            first = -(-before * 8 // _BASE64_BITS)
            last = (before + len(raw)) * 8 // _BASE64_BITS
            yield text[first:last]


def found_in(data: bytes, words: Iterable[str] = CANARIES) -> list[str]:
    """Each word that can be read in `data`, with the form in which it stands there."""
    lowered = data.lower()
    hits = []
    for word in words:
        hits += [f"{word} ({name})" for name, form in forms(word) if form in lowered]
        hits += [f"{word} (base64)" for form in base64_forms(word) if form in data]
    return hits


def scan(folders: Iterable[Path], words: Iterable[str] = CANARIES) -> tuple[int, list[str]]:
    """How many files there are below the folders, and each readable word in a file or in its name."""
    wanted = tuple(words)
    files, hits = 0, []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            hits += [f"name of {path}: {hit}" for hit in found_in(path.name.encode(), wanted)]
            if path.is_file():
                files += 1
                hits += [f"{path}: {hit}" for hit in found_in(path.read_bytes(), wanted)]
    return files, hits
