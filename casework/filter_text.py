"""Reading a filter as a worker types it: its words, signs, quotes and values, and what is wrong with one.

Nothing is guessed: a word that cannot be understood is refused, and the error says which one, where, and what
was near.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from casework.codes import CODES, LOCAL_CODES, NO_MARK, UNABLE
from casework.errors import BadInput
from casework.filters import FIELDS, NUMBER, YEARS, Field, Filter, Term
from casework.text import clean, fold, safe

LONGEST = 2_000
"""Characters that a filter may have."""

_ALIASES = {"attendance": "pct", "known-as": "name", "known_as": "name", "nocontact": "no-contact"}
_SHORT_FLAGS = {
    "cp": "child protection",
    "cpp": "child protection",
    "cin": "child in need",
    "lac": "looked after",
    "cla": "looked after",
    "ehcp": "ehc",
    "fsm": "free school meals",
    "sen": "sen support",
    "yj": "youth justice",
}

_KNOWN_CODES = frozenset({one.code for one in CODES} | LOCAL_CODES | {UNABLE.code, NO_MARK})
_SIGN = re.compile(r">=|<=|[:=<>]")
_FIELD_NAME = re.compile(r"[^\W_][\w-]*")
_DURATION = re.compile(r"([0-9]{1,4})([dw]?)", re.ASCII)
_QUOTES = '"“”'


class FilterError(BadInput):
    """A filter that cannot be understood; `start` and `end` are where in the typed text the trouble lies."""

    def __init__(self, message: str, text: str, start: int, end: int) -> None:
        super().__init__("bad-filter", message, f"column {start + 1}")
        self.text = text
        self.start = start
        self.end = max(end, start + 1)

    def caret(self) -> str:
        """Two lines for a fixed-width screen: the filter as typed, and carets under the trouble."""
        shown = "".join(c if c.isprintable() else "·" for c in self.text)
        return f"{shown}\n{' ' * self.start}{'^' * (self.end - self.start)}"


def parse(text: str) -> Filter:
    """The filter that `text` says; an empty one matches every row. Raises FilterError, and nothing else."""
    if len(text) > LONGEST:
        raise FilterError(
            f"The filter is longer than {LONGEST} characters; shorten it.", text, LONGEST, len(text)
        )
    terms = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        term, at = _term(text, at)
        terms.append(term)
    return Filter(tuple(terms))


def _term(text: str, start: int) -> tuple[Term, int]:
    at = start
    negated = text[at] == "-"
    at += negated
    if at == len(text) or text[at].isspace():
        raise FilterError("A “-” needs a word right after it, such as -flag:ehc.", text, start, at)
    name, op, at = _field_and_sign(text, at)
    values_at = at
    pieces: list[tuple[str, int, int]] = []
    while True:
        value, end = _value(text, at)
        pieces.append((value, at, end))
        at = end
        if at == len(text) or text[at] != ",":
            break
        at += 1
    if len(pieces) > 1 and op not in ":=":
        raise FilterError(
            f"A list with commas goes with “:”, not with “{op}”; take one number.", text, values_at, at
        )
    values = tuple(_read(FIELDS[name], value, text, begin, end) for value, begin, end in pieces)
    if FIELDS[name].kind == "duration" and op == ":":
        op = ">="
    elif op == "=":
        op = ":"
    return Term(name, op, tuple(dict.fromkeys(values)), negated, (start, at)), at


def _field_and_sign(text: str, start: int) -> tuple[str, str, int]:
    at = start
    while at < len(text) and not text[at].isspace() and text[at] not in _QUOTES and not _SIGN.match(text, at):
        at += 1
    sign = _SIGN.match(text, at)
    if sign is None:
        return "name", ":", start
    word = text[start:at]
    name = fold(word).replace(" ", "-")
    name = _ALIASES.get(name, name)
    if not word:
        raise FilterError(
            f"“{sign[0]}” needs a field before it, such as unauth>=8 or school:harbour.",
            text,
            start,
            sign.end(),
        )
    if name not in FIELDS or not _FIELD_NAME.fullmatch(word):
        raise FilterError(f"There is no field “{safe(word)}”{_nearest(name, FIELDS)}", text, start, at)
    op = sign[0]
    if op not in ":=" and FIELDS[name].kind in {"text", "choice"}:
        example = FIELDS[name].example
        raise FilterError(
            f"“{name}” is not a number, so “{op}” does not fit; write {example}.", text, start, sign.end()
        )
    return name, op, sign.end()


def _value(text: str, start: int) -> tuple[str, int]:
    if start < len(text) and text[start] in _QUOTES:
        end = start + 1
        while end < len(text) and text[end] not in _QUOTES:
            end += 1
        if end == len(text):
            raise FilterError("A quote is opened here and not closed.", text, start, end)
        after = end + 1
        if after < len(text) and text[after] != "," and not text[after].isspace():
            raise FilterError("After the closing quote comes a space or a comma.", text, after, after + 1)
        return text[start + 1 : end], after
    end = start
    while end < len(text) and text[end] != "," and not text[end].isspace():
        if text[end] in _QUOTES:
            raise FilterError(
                "A quote may stand only at the start and the end of a value.", text, end, end + 1
            )
        end += 1
    return text[start:end], end


def _read(asked: Field, raw: str, text: str, start: int, end: int) -> str:
    """The value in its plain form; raises FilterError where it does not fit the field."""
    value = " ".join(clean(raw).split())
    if not value:
        raise FilterError(f"A value is missing here; write for example {asked.example}.", text, start, end)
    if asked.kind == "number":
        number = value.removesuffix("%")
        if asked.name == "year":
            number = YEARS.get(number.casefold(), number)
        if not NUMBER.fullmatch(number):
            raise FilterError(
                f"“{safe(value)}” is not a number; write for example {asked.example}.", text, start, end
            )
        return number
    if asked.kind == "duration":
        length = _DURATION.fullmatch(value.casefold())
        if length is None:
            raise FilterError(
                f"“{safe(value)}” is not a number of days or weeks; write for example {asked.example}.",
                text,
                start,
                end,
            )
        return f"{int(length[1])}{length[2] or 'd'}"
    if asked.choices:
        choice = fold(value)
        if choice not in asked.choices:
            raise FilterError(
                f"“{safe(value)}” is none of {', '.join(asked.choices)}{_nearest(choice, asked.choices)}",
                text,
                start,
                end,
            )
        return choice
    if asked.name == "code":
        return _code(value.upper().replace('"', ""), text, start, end)
    key = fold(value)
    if not key:
        raise FilterError(
            "There is no letter or digit here to look for; write for example " + asked.example + ".",
            text,
            start,
            end,
        )
    return _SHORT_FLAGS.get(key, key) if asked.name == "flag" else key


def _code(code: str, text: str, start: int, end: int) -> str:
    """A register code of any time; raises FilterError for what never was one."""
    if code not in _KNOWN_CODES:
        raise FilterError(
            f"“{safe(code)}” is no register code; write for example {FIELDS['code'].example}.",
            text,
            start,
            end,
        )
    return code


def _nearest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence: what was likely meant, or where to look."""
    from rapidfuzz import process
    from rapidfuzz.distance import JaroWinkler

    scorer = JaroWinkler.normalized_similarity
    found = process.extractOne(word[:40], list(known), scorer=scorer, score_cutoff=0.7)
    return f"; did you mean “{found[0]}”?" if found else "; Help lists the fields."
