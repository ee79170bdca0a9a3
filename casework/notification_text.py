"""Splitting a pasted notification into its parts by its headings, for a person to correct."""

from __future__ import annotations

import re
from collections.abc import Mapping

from casework.text import clean

OTHER = ""
"""The part that holds what stands before the first heading that was understood."""

_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "concern": (
        "nature of concern",
        "concern",
        "concerns",
        "reason for request",
        "reason for referral",
        "worries",
    ),
    "offered": (
        "support already offered",
        "support offered",
        "what has been tried",
        "what we have tried",
        "tried so far",
        "interventions",
        "support so far",
    ),
    "outcome": (
        "intended outcome",
        "intended outcomes",
        "outcome",
        "outcomes",
        "what needs to change",
        "hopes",
    ),
    "voice": (
        "child's voice",
        "childs voice",
        "voice of the child",
        "wishes and feelings",
        "child's views",
        "what the child says",
    ),
    "siblings": ("siblings", "household", "siblings and household", "family members"),
    "risks": ("risks", "risks to staff", "risks to visiting staff"),
    "other_agencies": ("other agencies", "agencies involved", "professionals involved"),
    "agreement_note": ("agreement", "consent", "parental consent", "agreement of the parent"),
}
_BY_WORDS = {words: part for part, all_words in _HEADINGS.items() for words in all_words}
_LONGEST = max(map(len, _BY_WORDS)) + 12
_NUMBER = re.compile(r"^\s*(?:[-*#•]+|\(?\d{1,2}[.)])?\s*")


def split_text(text: str) -> dict[str, str]:
    """The parts of a pasted text by field name; `OTHER` holds what no heading claims. No word is lost.

    A heading is a line, or the beginning of one before a colon, that says one of the known names.
    """
    parts: dict[str, list[str]] = {}
    part = OTHER
    for line in clean(text, limit=100_000, newlines=True).split("\n"):
        named, words = _heading(line)
        part = part if named is None else named
        if named is None or words:
            parts.setdefault(part, []).append(words)
    joined = {name: "\n".join(lines).strip() for name, lines in parts.items()}
    return {name: words for name, words in joined.items() if words}


def _heading(line: str) -> tuple[str | None, str]:
    bare = _NUMBER.sub("", line)
    before, colon, after = bare.partition(":")
    for said, rest in ((before, after), (bare, "")) if colon else ((bare, ""),):
        words = " ".join(said.replace("\u2019", "'").casefold().strip(" \t.?-*#").split())
        if len(words) <= _LONGEST and words in _BY_WORDS:
            return _BY_WORDS[words], rest.strip()
    return None, line


_MOST_WORDS, _MOST_LETTERS = 6, 48
_SPEECH = frozenset({"said", "says", "asked", "told", "wrote", "added"})
"""Last words before a colon that lead to what somebody said, and are no heading."""


def odd_headings(text: str) -> list[str]:
    """Lines of a part that look like a heading and say none of the known names, as they stand.

    Such a line is kept where it is: what follows it may belong to another part, which a person decides.
    """
    return [line.strip() for line in text.split("\n") if _is_odd(line)]


def take_from(text: str, heading: str) -> tuple[str, str]:
    """What is left of a part, and the lines that go: from a heading to the next line that looks like one."""
    lines = text.split("\n")
    first = next((at for at, line in enumerate(lines) if line.strip() == heading), len(lines))
    rest = range(first + 1, len(lines))
    last = next((at for at in rest if _is_odd(lines[at]) or _heading(lines[at])[0]), len(lines))
    left = "\n".join([*lines[:first], *lines[last:]])
    return left.strip("\n"), "\n".join(lines[first:last]).strip("\n")


def _is_odd(line: str) -> bool:
    bare = _NUMBER.sub("", line).strip()
    if _heading(line)[0] is not None or not bare[:1].isupper():
        return False
    dashed = re.split(r"\s+[-\u2013\u2014]\s+", bare, maxsplit=1)
    if len(dashed) > 1 and _heading(dashed[0])[0] is not None:
        return True
    before, colon, _ = bare.partition(":")
    words = before.split()
    short = len(words) <= _MOST_WORDS and len(before) <= _MOST_LETTERS
    if colon:
        return short and not re.search(r"[.!?,\"]", before) and words[-1].casefold() not in _SPEECH
    return short and len(bare) > _LEAST_CAPITALS and bare.isupper() and not bare.endswith((".", "!", "?"))


_LEAST_CAPITALS = 3
"""Letters up to which a line of capitals may be a mark or a name, and is no heading."""
