"""Whether two descriptions may be of one child, in a band with its reasons: match, possible or none.

Each fact that both sides know is put in an order, from speaking against it to speaking for it, and every
band asks for facts of at least some height. So more evidence for sameness never lowers a band, and the order
of the two sides does not matter. A name alone never makes a match, and nothing here merges anything: a
person decides. Source of the ground rule: match on UPN, else on forename, surname and date of birth.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from functools import lru_cache
from typing import Any, Literal

from casework.identifiers import check_upn, tidy_upn
from casework.names import likeness, look_alike, phonetic_keys
from casework.text import fold

Band = Literal["match", "possible", "none"]
BANDS: tuple[Band, ...] = ("none", "possible", "match")
"""From the lowest to the highest."""

_ALIKE = 0.86
_HEARD = 0.7
"""Likeness from which names of one sound count: Kayley is heard as Kayleigh, Kelly is not."""
_POSTCODE = re.compile(r"\b([a-z]{1,2}[0-9][a-z0-9]?) ?([0-9][a-z]{2})\b")
_NUMBERS = re.compile(r"\b[0-9]+[a-z]?\b")
_SHORTEST_NAME = 3


class Fact(IntEnum):
    """How one fact of two descriptions compares; a name that only sounds alike is HEARD."""

    DIFFERENT = 0
    UNKNOWN = 1
    HEARD = 2
    ALIKE = 3
    SAME = 4


_SAID_OF_NAMES = {
    Fact.SAME: "same {}",
    Fact.ALIKE: "{} alike",
    Fact.HEARD: "{} sounds alike",
    Fact.DIFFERENT: "another {}",
}


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of a child, as far as it may be compared; empty where it is not known.

    `upns` are the present and the former numbers, `household` the id of a shared home, `siblings` words in
    which names of brothers and sisters may stand.
    """

    forename: str = ""
    surname: str = ""
    known_as: str = ""
    former_names: tuple[str, ...] = ()
    dob: date | None = None
    upns: tuple[str, ...] = ()
    address: str = ""
    household: str = ""
    siblings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Likeness:
    """The band of two descriptions and why, in words."""

    band: Band
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Six facts of two descriptions, compared."""

    forename: Fact
    surname: Fact
    born: Fact
    upn: Fact
    home: Fact
    siblings: Fact


def compare(one: Description, other: Description) -> Likeness:
    """Whether two descriptions may be of one child. The order of the two does not matter."""
    facts = Facts(
        forename=_best(_forenames(one), _forenames(other)),
        surname=_best(_surnames(one), _surnames(other)),
        born=_born(one.dob, other.dob),
        upn=_upns(one.upns, other.upns),
        home=_home(one, other),
        siblings=_siblings(one, other),
    )
    return Likeness(band_of(facts), tuple(_reasons(facts)))


def is_one_child(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two records, as plain fields, are surely of one child, so that nobody has to be asked.

    They bear the same UPN, their forenames begin alike (Tilly, Tilly-Mae) and dates of birth do not differ;
    where either has none the surnames are the same as well. So a twin's UPN makes nobody one with the twin,
    and a child with another forename or date of birth is for a person to look at.
    """
    upn = one.get("upn")
    if not upn or upn not in (other.get("upn"), *(other.get("former_upns") or ())):
        return False
    born = {str(side["dob"]) for side in (one, other) if side.get("dob")}
    ours, theirs = _first_words(one), _first_words(other)
    begins = any(a.startswith(b) or b.startswith(a) for a in ours for b in theirs)
    dated = bool(one.get("dob") and other.get("dob"))
    same_surname = fold(str(one.get("surname"))) == fold(str(other.get("surname")))
    return begins and len(born) <= 1 and (dated or same_surname)


def _first_words(fields: Mapping[str, Any]) -> set[str]:
    names = (fold(str(fields.get(name) or "")) for name in ("forename", "known_as"))
    return {name.split(" ")[0] for name in names if name}


def band_of(facts: Facts) -> Band:
    """The band of compared facts. No fact that is higher ever gives a lower band."""
    forename, surname, born, upn = facts.forename, facts.surname, facts.born, facts.upn
    near_home = Fact.SAME in (facts.home, facts.siblings)
    named = min(forename, surname)
    if upn is Fact.DIFFERENT:
        same = forename is Fact.SAME and surname >= Fact.ALIKE and born is Fact.SAME
        return "possible" if same else "none"
    surely = (
        upn is Fact.SAME and forename >= Fact.ALIKE and born >= Fact.UNKNOWN,
        named is Fact.SAME and born is Fact.SAME,
        forename is Fact.SAME and surname is Fact.ALIKE and born is Fact.SAME and near_home,
    )
    perhaps = (
        upn is Fact.SAME,
        named >= Fact.ALIKE and (born >= Fact.ALIKE or near_home),
        named is Fact.SAME and born >= Fact.UNKNOWN,
        named >= Fact.UNKNOWN and max(forename, surname) >= Fact.ALIKE and born is Fact.SAME,
        # A twin, or one child under two forenames or two surnames: only a person can tell.
        max(forename, surname) >= Fact.ALIKE and born is Fact.SAME and near_home,
    )
    if any(surely):
        return "match"
    return "possible" if any(perhaps) else "none"


def _reasons(facts: Facts) -> Iterator[str]:
    if facts.upn is Fact.SAME:
        yield "same UPN"
    elif facts.upn is Fact.DIFFERENT:
        yield "another UPN, and both check letters are right"
    if facts.forename is Fact.SAME and facts.surname is Fact.SAME:
        yield "same name"
    else:
        for fact, word in ((facts.forename, "forename"), (facts.surname, "surname")):
            if fact is not Fact.UNKNOWN:
                yield _SAID_OF_NAMES[fact].format(word)
    yield {
        Fact.SAME: "same date of birth",
        Fact.ALIKE: "date of birth one slip away",
        Fact.UNKNOWN: "date of birth not known of both",
        Fact.DIFFERENT: "another date of birth",
    }[facts.born]
    if facts.home is Fact.SAME:
        yield "same home"
    if facts.siblings is Fact.SAME:
        yield "a sibling's name in both"
    if facts.home is facts.born is Fact.SAME and facts.forename is Fact.DIFFERENT:
        yield "perhaps a twin"


def _forenames(one: Description) -> set[str]:
    return {name for name in (fold(one.forename), fold(one.known_as)) if name}


def _surnames(one: Description) -> set[str]:
    """The surname, and what former names may hold of one: their whole and their last word."""
    former = [fold(name) for name in one.former_names]
    return {name for name in (fold(one.surname), *former, *(f.split()[-1] for f in former if f)) if name}


def _best(one: Collection[str], other: Collection[str]) -> Fact:
    if not one or not other:
        return Fact.UNKNOWN
    return max(_names(min(a, b), max(a, b)) for a in one for b in other)


@lru_cache(maxsize=8_192)
def _names(one: str, other: str) -> Fact:
    if one.replace(" ", "") == other.replace(" ", ""):
        return Fact.SAME
    first, second = one.split(), other.split()
    parts = {part for part in first if len(part) >= _SHORTEST_NAME}.intersection(second)
    if parts or look_alike(one, other):
        return Fact.ALIKE
    whole, against = one.replace(" ", ""), other.replace(" ", "")
    near = likeness(whole, against)
    if near >= _ALIKE:
        return Fact.ALIKE
    heard = near >= _HEARD and not phonetic_keys(whole).isdisjoint(phonetic_keys(against))
    return Fact.HEARD if heard else Fact.DIFFERENT


def _born(one: date | None, other: date | None) -> Fact:
    if one is None or other is None:
        return Fact.UNKNOWN
    if one == other:
        return Fact.SAME
    swapped = one.year == other.year and (one.month, one.day) == (other.day, other.month)
    slips = sum(a != b for a, b in zip(one.isoformat(), other.isoformat(), strict=True))
    return Fact.ALIKE if swapped or slips == 1 else Fact.DIFFERENT


def _upns(one: Iterable[str], other: Iterable[str]) -> Fact:
    first, second = _valid(one), _valid(other)
    if first & second:
        return Fact.SAME
    return Fact.DIFFERENT if first and second else Fact.UNKNOWN


def _valid(upns: Iterable[str]) -> frozenset[str]:
    return frozenset(tidy_upn(upn) for upn in upns if upn and _is_upn(upn))


@lru_cache(maxsize=8_192)
def _is_upn(upn: str) -> bool:
    return check_upn(upn).valid


def _home(one: Description, other: Description) -> Fact:
    if one.household and one.household == other.household:
        return Fact.SAME
    first, second = address_key(one.address), address_key(other.address)
    return Fact.SAME if first and first == second else Fact.UNKNOWN


@lru_cache(maxsize=8_192)
def address_key(address: str) -> str:
    """What tells one home from another, however the address is written: its numbers and postcode.

    "" where either is missing: a street alone is no home.
    """
    folded = fold(address)
    postcode = _POSTCODE.search(folded)
    numbers = sorted(_NUMBERS.findall(folded[: postcode.start()])) if postcode else []
    return " ".join((*numbers, f"{postcode[1]}{postcode[2]}")) if postcode and numbers else ""


def _siblings(one: Description, other: Description) -> Fact:
    first, second = _words(one), _words(other)
    return Fact.SAME if first & second else Fact.UNKNOWN


def _words(one: Description) -> set[str]:
    return {word for text in one.siblings for word in fold(text).split() if len(word) >= _SHORTEST_NAME}
