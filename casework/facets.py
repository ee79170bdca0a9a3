"""The parts of a record that are shared, or withheld, together: its facets.

A facet is the fields of one data category, seen for one purpose where the record type has one
(`policies.PURPOSE_OF`). What leaves this laptop or reaches it is decided facet by facet, by `may_see`, and by
nothing else; a worker who may not see a facet never holds it.

Some fields would tell of a facet beside their own: code Y5 in a register tells of youth justice, an
agreement that names that agency does, too. Their own facet then holds a stand-in, and the facet that they
would tell of holds the exact value. `facets` of what somebody holds gives those same facets again, so both
sides of a sync can count them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from casework.limits import tells_hidden
from casework.policies import PURPOSE_OF, Category, Purpose
from casework.records import FLAG_CATEGORY, RECORD_TYPES, meta_of
from casework.sharing import Decision
from casework.sharing_grid import HIDDEN_AGENCIES, HIDDEN_EXISTENCE, TOLD_OF_SHARING
from casework.shown_marks import shown_field, veiled_slots

Values = Mapping[str, Any]
"""A record's fields as JSON-safe values, `void` among them."""

WITHHELD_WORDS = "…"
"""Stands for words that are there and may not be seen: that there are some is part of a decision."""

_NO = Decision("no", "")
_HIDDEN = next(iter(HIDDEN_EXISTENCE))
_SAFEGUARDING = Category.SAFEGUARDING


class Facet(NamedTuple):
    """A category, and the one purpose for which it is seen; "" for any purpose. `TOLD` names no purpose."""

    category: Category
    purpose: Purpose | str = ""

    @property
    def key(self) -> str:
        """The facet as one word: `family`, `family:planning`."""
        return _key(self)


@cache
def _key(facet: Facet) -> str:
    return f"{facet.category.value}:{facet.purpose}" if facet.purpose else facet.category.value


OWN_PURPOSES: tuple[str, ...] = ("", "assessment", "planning", "safeguarding", "attendance", "support")
"""The purposes that a facet can have. The order is part of what laptops and the central record store."""

TOLD: Mapping[str, Facet] = {agency: Facet(_SAFEGUARDING, f"told-{agency}") for agency in TOLD_OF_SHARING}
"""By agency, what it is told of decisions to share with it without agreement. Whoever may hold safeguarding
may hold that, too; beside those that agency alone, while something is shared with it (docs/decisions/0032).
"""

FACETS: tuple[Facet, ...] = (
    *(Facet(category, purpose) for purpose in OWN_PURPOSES for category in Category),
    *TOLD.values(),
)
"""Every facet there can be, in a fixed order: a worker's sight of a child is a set of these."""

FACET_OF_KEY: Mapping[str, Facet] = {facet.key: facet for facet in FACETS}

BIT_OF_KEY: Mapping[str, int] = {facet.key: 1 << place for place, facet in enumerate(FACETS)}

OPENED_BY: Mapping[Facet, int] = {
    facet: BIT_OF_KEY[facet.key] | (BIT_OF_KEY[_SAFEGUARDING.value] if facet in TOLD.values() else 0)
    for facet in FACETS
}
"""The bits each of which alone lets somebody hold a facet."""

OPENED_BY_OF_KEY: Mapping[str, int] = {facet.key: bits for facet, bits in OPENED_BY.items()}


def held_facets(seen: Collection[tuple[Category, Purpose]]) -> frozenset[Facet]:
    """The facets that somebody may hold who sees these categories for these purposes: each that is seen for
    its own purpose, or for any where it has none.
    """
    found = {Facet(category) for category, _ in seen}
    return frozenset(found.union(Facet(*one) for one in seen if one[1] in OWN_PURPOSES))


def facets(record_type: str, values: Values) -> dict[Facet, dict[str, Any]]:
    """The fields of a record by facet, the leading one first: who may not hold that one holds nothing of it.

    A field may stand in two facets; the later one has the exact value. Fields that this version does not
    know are left out.
    """
    purpose = PURPOSE_OF.get(record_type, "")
    if record_type == "flag":
        category = FLAG_CATEGORY.get(values.get("kind", ""), Category.SAFEGUARDING)
        return {Facet(category): dict(values)}
    if record_type == "conflict":
        return {conflict_facet(values): dict(values)}
    found: dict[Facet, dict[str, Any]] = {}
    for facet, names in _names_of(record_type):
        fields = {name: values[name] for name in names if name in values}
        if not found:
            fields["void"] = values.get("void", False)
        if fields:
            found[facet] = fields
    stand_in = _STAND_INS.get(record_type)
    if stand_in is not None:
        return stand_in(found, values, Facet(_HIDDEN, purpose))
    return found


def portion(
    parts: Mapping[Facet, Mapping[str, Any]], held: Collection[Facet]
) -> dict[Facet, Mapping[str, Any]]:
    """The facets of a record that somebody who holds `held` gets; empty without the leading one."""
    if not parts or next(iter(parts)) not in held:
        return {}
    return {facet: fields for facet, fields in parts.items() if facet in held}


def joined(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Facets as one mapping of fields, the exact value of a field over its stand-in."""
    found: dict[str, Any] = {}
    for fields in parts:
        found.update(fields)
    return found


def stand_ins(record_type: str, values: Values) -> dict[str, Any]:
    """What stands for fields of this record for those who may not hold their exact values."""
    parts = [*facets(record_type, values).values()]
    exact, shown = joined(parts), joined(reversed(parts))
    return {name: value for name, value in shown.items() if value != exact[name]}


@cache
def leading_facet(record_type: str) -> Facet:
    """The facet without which nothing of a record is there: that of the first field that cannot be left
    empty, else of the first one.
    """
    fields = RECORD_TYPES[record_type].model_fields
    plain = _plain(record_type)
    solid = (name for name in plain if fields[name].is_required() and fields[name].annotation is not str)
    return plain[next(solid, next(iter(plain)))]


def plain_facets(record_type: str) -> Sequence[tuple[Facet, Sequence[str]]] | None:
    """Each facet with the fields that stand in it, the leading one first; that one has `void`, too.

    None for a record type whose facets depend on what a record of it says, and for one that is not known.
    """
    if record_type in ("flag", "conflict") or record_type in _STAND_INS or record_type not in RECORD_TYPES:
        return None
    return _names_of(record_type)


@cache
def _plain(record_type: str) -> Mapping[str, Facet]:
    purpose = PURPOSE_OF.get(record_type, "")
    return {
        name: Facet(meta.category, purpose)
        for name in RECORD_TYPES[record_type].model_fields
        if (meta := meta_of(record_type, name)) is not None
    }


@cache
def _names_of(record_type: str) -> Sequence[tuple[Facet, Sequence[str]]]:
    """Each facet with the fields that stand in it, the leading one first."""
    lead, plain = leading_facet(record_type), _plain(record_type)
    order = dict.fromkeys((lead, *plain.values()))
    return [(facet, [name for name in plain if plain[name] == facet]) for facet in order]


def exact_facet(record_type: str, values: Values, field: str) -> Facet:
    """The facet that holds the exact value of a field of this record; for `void`, the leading one."""
    parts = facets(record_type, values)
    holding = [facet for facet, fields in parts.items() if field in fields]
    return holding[-1] if holding else next(iter(parts))


def conflict_facet(values: Values) -> Facet:
    """A conflict goes where its field goes; about what an agency is merely told of, with safeguarding."""
    kept = FACET_OF_KEY.get(values.get("facet", ""))
    if kept is not None:
        return Facet(_SAFEGUARDING) if kept in TOLD.values() else kept
    about = values.get("record_type", "")
    fields = _plain(about) if about in RECORD_TYPES else {}
    return fields.get(values.get("field", ""), Facet(Category.IDENTITY))


Parts = dict[Facet, dict[str, Any]]


def _of_marks(found: Parts, values: Values, hidden: Facet) -> Parts:
    """Codes Y1 to Y7 as one sign, and no comment on them (docs/decisions/0007)."""
    slots = veiled_slots([values.get("marks", "")], _NO)
    for fields in list(found.values()):
        for name, value in list(fields.items()):
            shown = shown_field(name, value, _NO, slots)
            if shown != value:
                fields[name] = shown
                found.setdefault(hidden, {})[name] = value
    return found


def _of_agreement(found: Parts, values: Values, hidden: Facet) -> Parts:
    """What `may_see` needs of it is there for all who may know of it; the family's words are not."""
    lead, family = Facet(Category.IDENTITY), Facet(Category.FAMILY)
    for name in ("responsibility", "gillick", "exclude"):
        if name in values:
            words = name != "responsibility"
            found[lead][name] = (WITHHELD_WORDS if values[name] else "") if words else values[name]
    ordered: Parts = {lead: found.pop(lead), **{facet: found[facet] for facet in found if facet != family}}
    ordered[family] = found.get(family, {})
    return _without_hidden(ordered, hidden)


_LISTED = ("categories", "exclude_categories", "agencies", "exclude_agencies", "exclude_pairs")


def _without_hidden(found: Parts, hidden: Facet) -> Parts:
    """Without agencies and categories whose existence is protected; without that facet nothing of it, if it
    is about no other. The family's words stay with the family's facet.

    Words that were settled by such pairs alone are simply settled, for whoever may not know of them.
    """
    fields = next(iter(found.values()))
    listed = {name: value for name in _LISTED if (value := fields.get(name))}
    if any(all(map(tells_hidden, listed.get(name, [""]))) for name in ("categories", "agencies")):
        family = Facet(Category.FAMILY)
        words = found.pop(family)
        return {hidden: joined(found.values()), family: words}
    exact: dict[str, Any] = {}
    for name, value in listed.items():
        shown = [item for item in value if not tells_hidden(item)]
        if shown == list(value):
            continue
        fields[name], exact[name] = shown, value
        if name == "exclude_pairs" and not shown and not fields.get("exclude_read"):
            fields["exclude_read"], exact["exclude_read"] = True, False
    if exact:
        found[hidden] = exact
    return found


WHY_DISCLOSED = ("reason", "decided_by", "consulted", "family_told", "told_why")
"""Who decided to share without agreement, or not to, and why."""


def _of_disclosure(found: Parts, values: Values, hidden: Facet) -> Parts:
    """A decision that names what is protected is itself protected; why it was made is told to those alone who
    may know of both. Else an agency that may not hold safeguarding is told what is shared with it, not why.
    """
    agency = values.get("agency", "")
    names_hidden = set(values.get("categories") or ()) & HIDDEN_EXISTENCE or agency in HIDDEN_AGENCIES
    if not names_hidden and agency not in TOLD:
        return found
    safeguarding = Facet(_SAFEGUARDING)
    words = {name: found[safeguarding].pop(name) for name in WHY_DISCLOSED if name in found[safeguarding]}
    why = {safeguarding: words} if words else {}
    if names_hidden:
        return {hidden: joined(found.values()), **why}
    return {TOLD[agency]: found.pop(safeguarding), **why, **found}


_STAND_INS: Mapping[str, Callable[[Parts, Values, Facet], Parts]] = {
    "attendance_week": _of_marks,
    "follow_up": _of_marks,
    "agreement": _of_agreement,
    "disclosure": _of_disclosure,
}
