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
