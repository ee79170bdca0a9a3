"""Children who may be one with a described child, found through the search index while somebody types."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casework.duplicates import BANDS, Description, Likeness, address_key, compare
from casework.identifiers import tidy_upn
from casework.policies import Category
from casework.records import Child
from storage.queries.facts import children_of

if TYPE_CHECKING:
    from storage.store import Store

_BY_NAME = 20
_BY_HOME = 10
MOST = 8
"""Duplicates told at once."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A child of the caseload who may be the described one, with the band and why."""

    child: Child
    likeness: Likeness


def find_duplicates(store: Store, described: Description, *, but: str = "") -> list[Duplicate]:
    """The children who match or may match, the likeliest first, `but` one.

    What the worker may not see of a child is not compared, so no reason can tell of it. A protected address
    is not in the index and is never compared.
    """
    ids = _candidates(store, described)
    ids.pop(but, None)
    known = children_of(store, list(ids))
    homes = _homes(store, [child for child in known.values() if child.household])
    found = []
    for child in known.values():
        if not store.may_see(child, Category.IDENTITY, "support"):
            continue
        likeness = compare(described, _described(store, child, *homes.get(child.id, ("", ()))))
        if likeness.band != "none":
            found.append(Duplicate(child, likeness))
    found.sort(key=lambda d: (-BANDS.index(d.likeness.band), ids[d.child.id], d.child.id))
    return found[:MOST]


def describe(store: Store, child: Child) -> Description:
    """What is known of a child of the caseload, as far as the worker may see it."""
    homes = _homes(store, [child] if child.household else [])
    return _described(store, child, *homes.get(child.id, ("", ())))


def _candidates(store: Store, described: Description) -> dict[str, int]:
    """Ids of children worth comparing, each with its place: by UPN, by name, then by home."""
    found: dict[str, int] = {}
    for upn in described.upns:
        rows = store.conn.execute("SELECT id FROM child WHERE upn = ? AND upn <> ''", (tidy_upn(upn),))
        for (child,) in rows.fetchall():
            found.setdefault(child, len(found))
    surname = described.surname
    names = dict.fromkeys(name for name in (described.forename, described.known_as) if name and surname)
    for name in names:
        for hit in store.names.search(f"{name} {surname}", limit=_BY_NAME):
            found.setdefault(hit.id, len(found))
    if address_key(described.address):
        for child in store.names.living_at(described.address, limit=_BY_HOME):
            found.setdefault(child, len(found))
    if described.household:
        rows = store.conn.execute("SELECT id FROM child WHERE household = ?", (described.household,))
        for (child,) in rows.fetchall():
            found.setdefault(child, len(found))
    return found


def _described(store: Store, child: Child, address: str, siblings: Sequence[str]) -> Description:
    education = store.may_see(child, Category.EDUCATION, "support")
    family = store.may_see(child, Category.FAMILY, "support")
    return Description(
        forename=child.forename,
        surname=child.surname,
        known_as=child.known_as,
        former_names=child.former_names,
        dob=child.dob,
        upns=(child.upn, *child.former_upns) if education else (),
        address=address if family else "",
        household=(child.household or "") if family else "",
        siblings=tuple(siblings) if family else (),
    )


def _homes(store: Store, children: Sequence[Child]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Each child's address as the index holds it, and the names of the children they live with."""
    if not children:
        return {}
    ids = json.dumps([child.id for child in children])
    addresses = dict(
        store.conn.execute(
            "SELECT child, address FROM search_doc WHERE child IN (SELECT value FROM json_each(?))", (ids,)
        ).fetchall()
    )
    members: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    rows = store.conn.execute(
        "SELECT household, id, forename, known_as FROM child WHERE void = 0"
        " AND household IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted({child.household for child in children if child.household})),),
    )
    for household, member, forename, known_as in rows.fetchall():
        members[household].append((member, f"{forename} {known_as}"))
    return {
        child.id: (
            addresses.get(child.id, ""),
            tuple(name for member, name in members[child.household or ""] if member != child.id),
        )
        for child in children
    }
