"""The filter that workers type: ``unauth>=8 no-contact:5d school:harbour code:N -flag:ehc "de la cruz"``.

Words stand side by side and all must hold. A word with a sign asks about a field of `FIELDS`; any other word
is part of a name or UPN. A leading ``-`` turns a word round, a comma means "or", quotes keep spaces together.
Nothing is guessed: a word that cannot be understood is refused, and the error says which one, where, and what
was near.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Literal

from casework.codes import CODES, LOCAL_CODES, NO_MARK, UNABLE, UNABLE_TO_ATTEND
from casework.errors import BadInput
from casework.text import clean, fold, safe

Kind = Literal["number", "duration", "text", "choice"]
LONGEST = 2_000
"""Characters that a filter may have."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to filter by: what kind of value follows, what it means, an example, and fixed `choices`."""

    name: str
    kind: Kind
    help: str
    example: str
    choices: tuple[str, ...] = ()


_YES_NO = ("yes", "no")
FIELDS: Mapping[str, Field] = {
    one.name: one
    for one in (
        Field("name", "text", "part of a name or known-as name; the same as the word alone", "name:sam"),
        Field("upn", "text", "how the UPN begins", "upn:A820"),
        Field("school", "text", "a word of the school's name", "school:harbour"),
        Field("year", "number", "year group; R is 0, nursery is -1", "year:9"),
        Field("reg", "text", "registration group", "reg:9b"),
        Field("code", "choice", "a register code of the day", "code:N,O"),
        Field("unauth", "number", "unauthorised sessions in the ten school weeks up to today", "unauth>=8"),
        Field("pct", "number", "attendance this school year, per cent", "pct<90"),
        Field(
            "persistent", "choice", "persistently absent: a tenth or more missed", "persistent:yes", _YES_NO
        ),
        Field("severe", "choice", "severely absent: half or more missed", "severe:yes", _YES_NO),
        Field("late", "number", "late marks this school year", "late>=5"),
        Field(
            "no-contact", "duration", "at least so long since the last contact, or never any", "no-contact:5d"
        ),
        Field("not-seen", "duration", "at least so long since the child was seen, or never", "not-seen:2w"),
        Field("n", "choice", "N marks that still need a reason", "n:overdue", ("due", "overdue", "open")),
        Field("flag", "text", "a flag that stands on the child", "flag:ehc"),
        Field("status", "text", "how far the follow-up has come", "status:no-answer"),
        Field("attempts", "number", "tries to reach someone today", "attempts<2"),
        Field("lead", "text", "the lead worker; me is you", "lead:me"),
        Field("team", "text", "the team", "team:coast"),
        Field("view", "text", "a saved view", "view:monday"),
        Field("tag", "text", "a tag", "tag:breakfast"),
    )
}
"""What can be asked, in the order in which Help shows it; Help and the docs are made from this table."""

_ALIASES = {"attendance": "pct", "known-as": "name", "known_as": "name", "nocontact": "no-contact"}
_ROW_KEYS = {"pct": ("pct", "attendance"), "name": ("name", "known_as", "upn")}
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
_YEARS = {"r": "0", "reception": "0", "n": "-1", "nursery": "-1"}

_KNOWN_CODES = frozenset({one.code for one in CODES} | LOCAL_CODES | {UNABLE.code, NO_MARK})
_SIGN = re.compile(r">=|<=|[:=<>]")
_FIELD_NAME = re.compile(r"[^\W_][\w-]*")
_NUMBER = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,3})?", re.ASCII)
_DURATION = re.compile(r"([0-9]{1,4})([dw]?)", re.ASCII)
_NEEDS_QUOTES = re.compile(r'[\s,:=<>"]|^-|^$')
_QUOTES = '"“”'

Ask = Callable[[Mapping[str, object]], bool]


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


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a filter: any of `values` must fit `field` by `op`, or none of them when `negated`.

    `op` is one of ``: = >= <= > <``. `span` is its place in the text and does not count when terms are
    compared.
    """

    field: str
    op: str
    values: tuple[str, ...]
    negated: bool = False
    span: tuple[int, int] = dataclass_field(default=(0, 0), compare=False)

    def __str__(self) -> str:
        values = ",".join(f'"{value}"' if _NEEDS_QUOTES.search(value) else value for value in self.values)
        bare = self.field == "name" and self.op == ":"
        return f"{'-' if self.negated else ''}{'' if bare else self.field + self.op}{values}"


@dataclass(frozen=True)
class Filter:
    """A filter that has been understood. `str` gives it back in its plainest form, which parses to an equal
    one.
    """

    terms: tuple[Term, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, self.terms))

    def __bool__(self) -> bool:
        return bool(self.terms)

    @cached_property
    def keys(self) -> frozenset[str]:
        """The row facts that the filter reads; a caller need not work out any others."""
        return frozenset(key for term in self.terms for key in _ROW_KEYS.get(term.field, (term.field,)))

    @cached_property
    def _asks(self) -> tuple[Ask, ...]:
        return tuple(map(_ask, self.terms))

    def matches(self, row: Mapping[str, object]) -> bool:
        """Whether every term holds for a row of plain facts, keyed as `FIELDS` (name also reads known_as
        and upn).

        Values may be a text, a number, a truth, or a set of texts. A number that is missing (None) fits no
        comparison, negated or not: what is not known is neither above nor below. A missing `no-contact` or
        `not-seen` means never, which is longer than any time.
        """
        return all(ask(row) for ask in self._asks)


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
            number = _YEARS.get(number.casefold(), number)
        if not _NUMBER.fullmatch(number):
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


def _ask(term: Term) -> Ask:
    kind = FIELDS[term.field].kind
    keys = _ROW_KEYS.get(term.field, (term.field,))
    if kind == "number":
        return _ask_number(term, keys, None)
    if kind == "duration":
        return _ask_number(term, keys, Fraction(10**9))
    fits = _FITS.get(term.field, _begins_a_word)
    values, negated = term.values, term.negated

    def ask(row: Mapping[str, object]) -> bool:
        facts = [fact for key in keys for fact in _texts(row.get(key))]
        return any(fits(value, fact) for value in values for fact in facts) is not negated

    return ask


_COMPARE: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    ":": lambda one, other: one == other,
    ">=": lambda one, other: one >= other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    "<": lambda one, other: one < other,
}


def _ask_number(term: Term, keys: tuple[str, ...], missing: Fraction | None) -> Ask:
    compare, negated = _COMPARE[term.op], term.negated
    wanted = [_days(value) if missing is not None else Fraction(value) for value in term.values]

    def ask(row: Mapping[str, object]) -> bool:
        fact = next((row[key] for key in keys if row.get(key) is not None), None)
        number = missing if fact is None else _number(fact)
        if number is None:
            return False
        return any(compare(number, one) for one in wanted) is not negated

    return ask


def _days(value: str) -> Fraction:
    return Fraction(value[:-1]) * (7 if value.endswith("w") else 1)


def _number(fact: object) -> Fraction | None:
    if isinstance(fact, int | Fraction | Decimal | float):
        return Fraction(fact)
    if isinstance(fact, str):
        plain = fold(fact).removeprefix("year ")
        plain = _YEARS.get(plain, plain)
        return Fraction(plain) if _NUMBER.fullmatch(plain) else None
    return None


def _texts(fact: object) -> Iterable[str]:
    if isinstance(fact, str):
        return (fact,)
    if isinstance(fact, bool):
        return ("yes" if fact else "no",)
    if isinstance(fact, Iterable):
        return map(str, fact)
    return () if fact is None else (str(fact),)


def _begins_a_word(value: str, fact: str) -> bool:
    return f" {value}" in f" {fold(fact)}"


def _is_whole(value: str, fact: str) -> bool:
    return value == fold(fact)


def _is_code(value: str, fact: str) -> bool:
    """The code itself; Y stands for all of Y1 to Y7, whichever of the two is asked for or shown."""
    code = fact.upper()
    unable = UNABLE_TO_ATTEND | {UNABLE.code}
    return value == code or (UNABLE.code in (value, code) and {value, code} <= unable)


_FITS: Mapping[str, Callable[[str, str], bool]] = {
    "code": _is_code,
    "reg": _is_whole,
    "n": _is_whole,
    "persistent": _is_whole,
    "severe": _is_whole,
}
