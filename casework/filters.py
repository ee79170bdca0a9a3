"""The filter that workers type: ``unauth>=8 no-contact:5d school:harbour code:N -flag:ehc "de la cruz"``.

Words stand side by side and all must hold. A word with a sign asks about a field of `FIELDS`; any other word
is part of a name or UPN. A leading ``-`` turns a word round, a comma means "or", quotes keep spaces together.
`casework.filter_text` reads one; here stands what can be asked, and which rows answer it.
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

from casework.codes import UNABLE, UNABLE_TO_ATTEND
from casework.text import fold

Kind = Literal["number", "duration", "text", "choice"]


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

_ROW_KEYS = {"pct": ("pct", "attendance"), "name": ("name", "known_as", "upn")}
YEARS = {"r": "0", "reception": "0", "n": "-1", "nursery": "-1"}
"""Year groups that are no number, by how they are written."""

NUMBER = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,3})?", re.ASCII)
_NEEDS_QUOTES = re.compile(r'[\s,:=<>"]|^-|^$')

Ask = Callable[[Mapping[str, object]], bool]


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
        plain = YEARS.get(plain, plain)
        return Fraction(plain) if NUMBER.fullmatch(plain) else None
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
