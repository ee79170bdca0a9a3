"""Splitting a pasted notification into its parts by its headings, for a person to correct."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date

from casework.dates import parse_date
from casework.errors import BadInput
from casework.text import clean
from casework.wording import say_born

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
        "support offered so far",
        "support given so far",
        "help offered so far",
    ),
    "outcome": (
        "intended outcome",
        "intended outcomes",
        "outcome",
        "outcomes",
        "what needs to change",
        "hopes",
        "what we hope for",
        "what we would like to happen",
        "what we want to happen",
        "what we would like",
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
    "notifier": ("from", "notifier", "referrer", "referred by", "sent by", "name of referrer"),
    "heard_by": (
        "heard by",
        "voice heard by",
        "child heard by",
        "who listened",
        "listened to by",
        "listened by",
    ),
    "heard_on": ("heard on", "date heard", "when heard", "listened to on"),
}
ONE_LINE = frozenset({"notifier", "heard_by", "heard_on"})
"""Parts that take the words of one line; what follows it belongs to the part above it."""

_SAYS = re.compile(r"what (?P<who>\S+(?: \S+){0,2}) (?:says|said|thinks|feels|wants|tells us)")
_GROWN_UP = frozenset(
    {"we", "i", "mum", "mummy", "mother", "dad", "daddy", "father", "parent", "parents", "carer", "carers"}
    | {"family", "school", "teacher", "teachers", "staff", "senco", "nurse", "gran", "grandad", "grandmother"}
    | {"grandfather", "nan", "aunt", "uncle", "others", "everyone"}
)
"""Of whom "What ... says" is no child's voice; anybody else there is taken for the child."""

_LINE_HOLDS = 200
_CHILDS_OWN = frozenset({"from", "hopes", "worries"})
"""Names that a child may say before a dash: there they split the child's words nowhere."""

_DASH = re.compile(r"\s+-+\s+|\s*[\u2013\u2014]\s*")
_DAY_LAST = re.compile(r"(?P<who>.*\S)(?:\s*,\s*on\s+|\s+on\s+|\s*,\s*|\s*\()(?P<day>[^,()]*\d[^,()]*)\)?")
_BY_WORDS = {words: part for part, all_words in _HEADINGS.items() for words in all_words}
_LONGEST = max(map(len, _BY_WORDS)) + 12
_NUMBER = re.compile(r"^\s*(?:[-*#•]+|\(?\d{1,2}[.)])?\s*")


def split_text(text: str, today: date) -> dict[str, str]:
    """The parts of a pasted text by field name; `OTHER` holds what no heading claims. No word is lost.

    A heading is a line, or the beginning of one before a colon or a dash, that says one of the known names.
    Who sent it, who listened and when take one line each; a day written out after the listener's name
    becomes the day of listening, as far as a day can be read there on `today`.
    """
    parts: dict[str, list[str]] = {}
    part, waits = OTHER, ""
    for line in clean(text, limit=100_000, newlines=True).split("\n"):
        named, words = _heading(line, part)
        if named is None and waits and line.strip():
            named, words = waits, line.strip()
        waits = ""
        if named in ONE_LINE:
            found = _one_line(named, words, today)
            if not words:
                waits = named
            elif parts.keys() & found.keys() or max(map(len, words.split("\n"))) > _LINE_HOLDS:
                parts.setdefault(part, []).append(line)
            else:
                parts |= {name: [value] for name, value in found.items()}
            continue
        part = part if named is None else named
        if named is None or words:
            parts.setdefault(part, []).append(words)
    joined = {name: "\n".join(lines).strip() for name, lines in parts.items()}
    return {name: words for name, words in joined.items() if words}


def _one_line(name: str, words: str, today: date) -> dict[str, str]:
    """A line of a part that takes one; a listener's line may say the day as well."""
    found = _DAY_LAST.fullmatch(words) if name == "heard_by" else None
    if found is None:
        return {name: words}
    try:
        parse_date(found["day"], today, prefer="past")
    except BadInput:
        return {name: words}
    return {"heard_by": found["who"], "heard_on": found["day"].strip()}


def _tidy(said: str) -> str:
    return " ".join(said.replace("\u2019", "'").casefold().strip(" \t.?-*#").split())


def _known(said: str) -> str:
    """The part of a known heading; "" for other words."""
    words = _tidy(said)
    part = _BY_WORDS.get(words, "") if len(words) <= _LONGEST else ""
    return part or ("voice" if _says(words) else "")


def _says(words: str) -> bool:
    """Whether tidied words lead to what the child says, whose name need not be known."""
    named = _SAYS.fullmatch(words) if len(words) <= _MOST_LETTERS else None
    return named is not None and _GROWN_UP.isdisjoint(named["who"].split())


def _heading(line: str, part: str = OTHER) -> tuple[str | None, str]:
    """The part that a line of `part` names and the words after its name; None and the line for no heading."""
    bare = _NUMBER.sub("", line)
    if part == "voice" and _says(_tidy(_before(line))):
        return None, line
    before, colon, after = bare.partition(":")
    if colon and (named := _known(before)):
        return named, after.strip()
    dashed = _DASH.split(bare, maxsplit=1)
    if len(dashed) > 1 and (named := _known(dashed[0])):
        own = part == "voice" and _tidy(dashed[0]) in _CHILDS_OWN
        return (None, line) if own else (named, dashed[1].strip())
    if (named := _known(bare)) and named not in ONE_LINE:
        return named, ""
    return None, line


_BORN = re.compile(
    r"\b(?:d\.?o\.?b\b\.?|date of birth|born(?: on)?\b)\W{0,3}"
    r"(?P<day>\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}-\d{2}-\d{2}|\d{1,2}(?:st|nd|rd|th)? [a-z]{3,9},? \d{4})",
    re.IGNORECASE,
)


def other_birthday(text: str, born: date | None, today: date) -> date | None:
    """The first day of birth that a text names, where none that it names is `born`; else None."""
    named: list[date] = []
    for found in _BORN.finditer(text):
        with suppress(BadInput):
            named.append(parse_date(found["day"], today, prefer="past"))
    return None if born is None or not named or born in named else named[0]


def birthday_words(said: date, born: date) -> str:
    """That a text may be about another child than the chosen one."""
    return (
        f"the text says born {say_born(said)}, this child was born {say_born(born)}: is it the right child?"
    )


_MOST_WORDS, _MOST_LETTERS = 6, 48
_SPEECH = frozenset({"said", "says", "asked", "told", "wrote", "added"})
"""Last words before a colon that lead to what somebody said, and are no heading."""


def odd_headings(text: str) -> list[str]:
    """Lines of a part that look like a heading of another, known or not, as they stand.

    Such a line is kept where it is: what follows it may belong to another part, which a person decides. A
    known name alone on its line is none: it is split by.
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


def likely_part(heading: str) -> str:
    """The part that a line which looks like a heading most likely belongs to; "" where nothing says so."""
    named, _ = _heading(heading)
    if named is not None:
        return named
    said = _words_of(_before(heading))
    for name in sorted(_BY_WORDS, key=len, reverse=True):
        if set(name.split()) <= said:
            return _BY_WORDS[name]
    if {"says", "said"} & said and not _GROWN_UP & said:
        return "voice"
    return next((part for part, clues in _CLUES.items() if said & clues), "")


_CLUES: Mapping[str, frozenset[str]] = {
    "notifier": frozenset({"from", "referral", "referred", "sender", "sent", "senco", "teacher"}),
    "heard_by": frozenset({"listened", "listener", "heard"}),
    "voice": frozenset({"voice", "views", "wishes", "feelings", "child's", "pupil's"}),
    "other_agencies": frozenset({"agency", "agencies", "nurse", "camhs", "doctor", "gp", "police", "worker"}),
    "siblings": frozenset(
        {"sibling", "brother", "brothers", "sister", "sisters", "family", "mother", "father"}
    ),
    "risks": frozenset({"risk", "safety", "dog", "dogs"}),
    "outcome": frozenset(
        {"goal", "goals", "aim", "aims", "target", "targets", "hope", "hoping", "hoped", "achieve", "happen"}
    ),
    "offered": frozenset({"support", "help", "strategies", "intervention", "tried"}),
    "agreement_note": frozenset({"permission", "agreed", "signed"}),
    "concern": frozenset({"attendance", "absence", "reason", "history", "issues", "worry"}),
}
"""Words of a heading that is not known, each with the part it points to."""


def _words_of(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+(?:'s)?", text.replace("\u2019", "'").casefold()))


def _before(heading: str) -> str:
    return _DASH.split(_NUMBER.sub("", heading).partition(":")[0], maxsplit=1)[0]


def words_after(heading: str) -> str:
    """What a line says after the heading it begins with; the whole line where it says no more."""
    bare = _NUMBER.sub("", heading)
    before, colon, after = bare.partition(":")
    if not colon or _DASH.search(before):
        after = [*_DASH.split(bare, maxsplit=1), ""][1]
    return after.strip() or heading.strip()


def _is_odd(line: str) -> bool:
    bare = _NUMBER.sub("", line).strip()
    if not bare[:1].isupper():
        return False
    named, after = _heading(line)
    if named is not None:
        return bool(after)
    before, colon, _ = bare.partition(":")
    words = before.split()
    short = len(words) <= _MOST_WORDS and len(before) <= _MOST_LETTERS
    if colon:
        return short and not re.search(r"[.!?,\"]", before) and words[-1].casefold() not in _SPEECH
    return short and len(bare) > _LEAST_CAPITALS and bare.isupper() and not bare.endswith((".", "!", "?"))


_LEAST_CAPITALS = 3
"""Letters up to which a line of capitals may be a mark or a name, and is no heading."""
