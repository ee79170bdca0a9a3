"""Names as people say, hear and mistype them: their parts, their sound, their likeness, their look-alikes.

No one phonetic code is enough for the names of British schools (Siobhan and Shivaun share a soundex,
Kayleigh and Caley a metaphone, Aoife and Eefa a match rating codex), so a part has several keys, and
likeness ranks those that share one. No table of nicknames: a child's known-as name is a field of its own.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from casework.text import fold

# Spellings that English codes mishear, each with an English respelling. Keys of both forms are kept, so a
# wrong guess adds a key and loses none.
_RESPELLINGS = (
    (re.compile(r"caoi"), "kee"),  # Irish: Caoimhe, Keeva
    (re.compile(r"aoi"), "ee"),  # Aoife, Eefa
    (re.compile(r"[bm]h"), "v"),  # Siobhan, Niamh
    (re.compile(r"sz"), "sh"),  # Polish: Lukasz, Tomasz
    (re.compile(r"cz"), "ch"),
    (re.compile(r"(?<=[aeiou])j(?=[cdt])"), "y"),  # Wojciech, Wojtek
    (re.compile(r"dd"), "th"),  # Welsh: Gruffudd
    (re.compile(r"^ll"), "l"),
    (re.compile(r"^ng"), "n"),  # Vietnamese: Nguyen
    (re.compile(r"^x"), "z"),  # Xavier
)
# First letters that sound alike; every key starts with its group's first.
_FIRST_SOUND = str.maketrans("aeiouyckqgjfv", "aaaaaakkkjjff")
_ASCII_LETTERS = re.compile(r"[a-z]+")
_CODED = 24  # letters of a part that are coded: the codes tell names apart long before that

# Letters of other scripts that look Latin on a screen.
_LOOK_ALIKE = str.maketrans(
    "аеорсухіјѕһԁԛԝвкмнтАЕОРСУХІЈЅВКМНТαοινρυτκΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxijshdqwbkmhtAEOPCYXIJSBKMHTaoivputkABEZHIKMNOPTYX",
)


def name_parts(*names: str) -> tuple[str, ...]:
    """The search parts of `names`, each once, in order: folded words, and the words of one name run together.

    Smith-Jones gives smith, jones and smithjones; O'Brien gives obrien.
    """
    parts: dict[str, None] = {}
    for name in names:
        words = fold(name).split()
        parts.update(dict.fromkeys(words))
        if 1 < len(words) <= 4:
            parts["".join(words)] = None
    return tuple(parts)


@lru_cache(maxsize=4_096)
def phonetic_keys(part: str) -> frozenset[str]:
    """The phonetic keys of one folded name part; two parts that share a key may sound alike.

    Each key is a letter for its code (m metaphone, s soundex, r match rating codex) and the code, with first
    letters that sound alike made the same. Parts outside a-z have none.
    """
    part = part[:_CODED]
    if not _ASCII_LETTERS.fullmatch(part):
        return frozenset()
    import jellyfish

    keys: set[str] = set()
    for form in (part, _respell(part)):
        for kind, code in (
            ("m", jellyfish.metaphone(form)),
            ("s", jellyfish.soundex(form)),
            ("r", jellyfish.match_rating_codex(form)),
        ):
            if code:
                lower = code.lower()
                keys.add(kind + lower[0].translate(_FIRST_SOUND) + lower[1:])
    return frozenset(keys)


def _respell(part: str) -> str:
    for pattern, plain in _RESPELLINGS:
        part = pattern.sub(plain, part)
    return part


def likeness(one: str, other: str, shared: int | None = None) -> float:
    """How alike two folded name parts are, 0 to 1: by letters (also swapped) and by the kinds of key they
    share.

    `shared` is that number of kinds (0 to 3), where the caller knows it. Sharing a sound closes a part of
    the gap between the letters and never all of it, so the nearer spelling stays ahead among names that
    sound alike.
    """
    from rapidfuzz.distance import OSA, JaroWinkler

    letters = (JaroWinkler.normalized_similarity(one, other) + OSA.normalized_similarity(one, other)) / 2
    if shared is None:
        shared = len({key[0] for key in phonetic_keys(one) & phonetic_keys(other)})
    return 1.0 - (1.0 - letters) * (1.0 - 0.2 * shared)


def name_likeness(one: str, other: str) -> float:
    """How alike two whole names are, 0 to 1, whatever the order of parts; for ranking, never for matching.

    Each part of the shorter name is paired with its likest part of the longer one; parts left over cost a
    little.
    """
    short, long = sorted((fold(one).split(), fold(other).split()), key=len)
    if not short:
        return 0.0
    left = list(long)
    total = 0.0
    for part in short:
        best = max(left, key=lambda candidate: likeness(part, candidate))
        total += likeness(part, best)
        left.remove(best)
    return total / len(short) * (1 - 0.05 * min(len(left), 4))


def scripts(text: str) -> tuple[str, ...]:
    """The writing systems of the letters in `text`, sorted, such as ("CYRILLIC", "LATIN")."""
    if text.isascii():
        return ("LATIN",) if any(c.isalpha() for c in text) else ()
    found = {unicodedata.name(c, "UNKNOWN").split(" ")[0].split("-")[0] for c in text if c.isalpha()}
    return tuple(sorted(found - {"MODIFIER", "FEMININE", "MASCULINE"}))


def mixes_scripts(name: str) -> bool:
    """Whether one word of `name` mixes writing systems: no honest name does, so warn before merging by it."""
    if name.isascii():
        return False
    return any(len(set(scripts(word)) - _JAPANESE) > 1 for word in re.split(r"[\W_]+", name))


_JAPANESE = frozenset({"HIRAGANA", "KATAKANA"})  # written within one word beside CJK


def look_alike(one: str, other: str) -> bool:
    """Whether two different names look the same on a screen because letters of other scripts stand in."""
    if one == other:
        return False
    return _skeleton(one) == _skeleton(other) and scripts(one) != scripts(other)


def _skeleton(name: str) -> str:
    return unicodedata.normalize("NFKC", name).translate(_LOOK_ALIKE).casefold()
