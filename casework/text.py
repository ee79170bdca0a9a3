"""Outside text made fit to hold, show, export and search.

Everything that people type, files bring or the central record sends passes `clean` once, at the edge. What is
stored can then be shown anywhere: no terminal control, no direction override, no invisible character.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_DROPPED = frozenset({"Cc", "Cs", "Co", "Cn", "Cf"})
# Persian, Urdu and Indic names need the joiner and the non-joiner to be spelt rightly.
_JOINERS = frozenset("\u200c\u200d")
_LINE_BREAKS = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
# ECMA-48, 5.4 and 8.3: a control sequence, a command or device string to its end, a choice of character set.
# A string that nothing ends loses its two signs only: the words after it may be somebody's. Two-letter
# escapes are not here for the same reason: ESC before "Anna" must not take the A. No group is
# possessive: up to Python 3.11.2 such a one keeps what it read in vain.
_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]?"
    r"|(?:\x1b\]|\x9d)(?:[^\x00-\x1f\x7f-\x9f]*+(?:\x07|\x1b\\|\x9c))?"
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])(?:[^\x1b\x80-\x9f]*+(?:\x1b\\|\x9c))?"
    r"|\x1b[()*+./-][0-~]"
)
_SEQUENCE_STARTS = re.compile(r"[\x1b\x90\x98\x9b\x9d-\x9f]")
_MARK_RUN = 30  # UAX 15, Stream-Safe Text Format: no honest text has more combining marks in a row

_FORMULA_STARTS = "=+\\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(f"[{_FORMULA_STARTS}]")
_GUARDED = re.compile(f"'+[{_FORMULA_STARTS}]")
_TO_GUARD = re.compile(f"'*[{_FORMULA_STARTS}]")

# Letters that Unicode does not decompose, as British users type them.
_PLAIN_LETTERS = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ħ": "h",
        "ŧ": "t",
        "ŋ": "n",
        "ı": "i",
        "ə": "e",
        "ɓ": "b",
        "ɗ": "d",
        "ɣ": "g",
    }
)
_APOSTROPHES = re.compile("['’‘ʼʻʹ`´ʾʿ＇]")
_NOT_WORD = re.compile(r"[\W_]+")
_ASCII_NOT_WORD = re.compile(r"[^a-z0-9]+")


def clean(text: str, *, limit: int = 20_000, newlines: bool = False) -> str:
    """`text` without control, invisible and unassigned characters, in NFC, at most `limit` characters.

    Dropped are the Unicode categories Cc, Cs, Co, Cn and Cf except the zero-width joiner and non-joiner; that
    covers bidirectional overrides, zero-width characters and tags. A terminal's sequence (colour, title,
    link, clipboard) goes as a whole, not its first sign only. A tab becomes a space. A line break becomes one
    newline with `newlines`, else one space, so that two lines do not grow together.
    """
    if text.isprintable():  # none of the dropped categories
        if text.isascii():
            return text if len(text) <= limit else text[:limit]
        kept = text[: limit * 4]
    else:
        bare = text[: limit * 4]
        if _SEQUENCE_STARTS.search(bare):
            bare = _SEQUENCES.sub("", bare)
        broken = _LINE_BREAKS.sub("\n" if newlines else " ", bare).replace("\t", " ")
        category = unicodedata.category
        kept = "".join(
            c for c in broken if c in _JOINERS or category(c) not in _DROPPED or (newlines and c == "\n")
        )
    return _compose(kept)[:limit]


def _compose(text: str) -> str:
    """NFC of `text`; a run of combining marks is cut first, for composing takes the square of its length."""
    if len(text) > _MARK_RUN:
        kept: list[str] = []
        run = 0
        for c in text:
            run = run + 1 if unicodedata.combining(c) else 0
            if run <= _MARK_RUN:
                kept.append(c)
        text = "".join(kept)
    return unicodedata.normalize("NFC", text)


def safe(value: object, limit: int = 40) -> str:
    """`value` as one short clean line, to show what was rejected; an ellipsis says that more was there."""
    text = clean(str(value), limit=limit + 1).strip()
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet might run `text`: it starts with `= + - @`, tab, CR, LF, NUL or a wide form.

    Source: OWASP ASVS 5.0, 1.2.10.
    """
    return _FORMULA.match(text) is not None


def guard_formula(text: str) -> str:
    """`text` with an apostrophe before it where a spreadsheet might run it; `unguard_formula` takes it off.

    A text that already looks guarded gets one more, so that the round trip is exact for every text.
    """
    return "'" + text if _TO_GUARD.match(text) else text


def unguard_formula(text: str) -> str:
    """What `guard_formula` was given: one apostrophe less where it stands before a formula start."""
    return text[1:] if _GUARDED.match(text) else text


@lru_cache(maxsize=16_384)
def fold(text: str) -> str:
    """The search key of `text`: lower case words of plain letters and digits with one space between.

    Diacritics go (Zoë, Łukasz, Søren, Weiß become zoe, lukasz, soren, weiss), apostrophes join (O'Brien
    becomes obrien), other punctuation parts (Smith-Jones becomes smith jones). Other scripts stay.
    """
    if text.isascii():
        return _ASCII_NOT_WORD.sub(" ", text.lower().replace("'", "").replace("`", "")).strip()
    joined = _APOSTROPHES.sub("", text)
    spread = unicodedata.normalize("NFKD", joined).casefold().translate(_PLAIN_LETTERS)
    spread = unicodedata.normalize("NFKD", spread)
    plain = "".join(c for c in spread if unicodedata.category(c)[0] not in "MC")
    return _NOT_WORD.sub(" ", unicodedata.normalize("NFC", _APOSTROPHES.sub("", plain))).strip()
