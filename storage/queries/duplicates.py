"""Children who may be one with a described child, found through the search index while somebody types."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from casework.duplicates import BANDS, Description, Likeness, address_key, compare
from casework.identifiers import tidy_upn
from casework.policies import Category
from casework.records import Child, Worker
from casework.records_links import Link
from casework.text import fold
from casework.wording import say_day
from storage.queries.facts import children_of
from storage.queries.sight import seen_children, shown_child

if TYPE_CHECKING:
    from storage.store import Store

_BY_NAME = 20
_BY_HOME = 10
_MOST_OF_A_KIND = 400
"""So many children born on one day, or of one name, tell nothing about a pair of them."""
_DECIDED = {"different": "not the same child", "sibling": "siblings"}
MOST = 8
"""Duplicates told at once."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A child of the caseload who may be the described one, with the band and why."""

    child: Child
    likeness: Likeness
    decided: str = ""
    """What a person decided of the pair, in words; "" where nobody has."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two children of the caseload who may be one."""

    one: Child
    other: Child
    likeness: Likeness
    decided: str = ""


def find_duplicates(store: Store, described: Description, *, but: str = "") -> list[Duplicate]:
    """The children who match or may match, the likeliest first, but for `but`, the described child's own.

    Of a pair that somebody has looked at it is said what they decided; such pairs come last. What the worker
    may not see of a child is not compared, so no reason can tell of it. A protected address is not in the
    index and is never compared.
    """
    ids = _candidates(store, described)
    ids.pop(but, None)
    known = children_of(store, list(ids))
    homes = _homes(store, [child for child in known.values() if child.household])
    decided = _decisions(store, but) if but else {}
    found = []
    for child in known.values():
        if not store.may_see(child, Category.IDENTITY, "support"):
            continue
        likeness = compare(described, _described(store, child, *homes.get(child.id, ("", ()))))
        if likeness.band != "none":
            found.append(Duplicate(child, likeness, decided.get(frozenset((but, child.id)), "")))
    found.sort(key=lambda d: (d.decided, -BANDS.index(d.likeness.band), ids[d.child.id], d.child.id))
    return found[:MOST]


def find_same_home(store: Store, address: str, *, leaving: Collection[str] = ()) -> list[Child]:
    """The children who live at `address`, however it is written, by name: information, never a band.

    [] without a number and a postcode. Not told is a child whose family the worker may not see, nor one whose
    address is protected: that is not in the index. `leaving` are ids told already.
    """
    key = address_key(address)
    ids = [child for child in store.names.living_at(address, limit=_BY_HOME) if child not in leaving]
    living = children_of(store, ids).values()
    known = [child for child in living if store.may_see(child, Category.FAMILY, "support")]
    homes = _homes(store, known)
    there = [child for child in known if address_key(homes[child.id][0]) == key]
    return sorted(there, key=lambda child: (child.surname, child.forename, child.id))


def find_pairs(store: Store, most: int) -> tuple[list[Pair], int]:
    """The pairs of the whole caseload who match or may match, the likeliest first, and how many there are.

    Compared are children born on one day, of one name, with one UPN, or of one home.
    """
    return _pairs_of(store, store.find(Child), most)


_TWICE = """SELECT child FROM search_doc WHERE name IN
    (SELECT name FROM search_doc GROUP BY name HAVING count(*) > 1) UNION
    SELECT id FROM child WHERE upn IN
    (SELECT upn FROM child WHERE void = 0 AND upn <> '' GROUP BY upn HAVING count(*) > 1)"""


def find_open_pairs(store: Store, most: int) -> tuple[list[Pair], int]:
    """The pairs of one name or one UPN that nobody has looked at yet, and how many there are.

    Quick enough for the end of every session: two laptops that meet may each have made a record of one child.
    """
    alike = store.find(Child, f"id IN ({_TWICE})")
    pairs, _ = _pairs_of(store, alike, len(alike) ** 2) if alike else ([], 0)
    waiting = [pair for pair in pairs if not pair.decided]
    return waiting[:most], len(waiting)


def _pairs_of(store: Store, among: Sequence[Child], most: int) -> tuple[list[Pair], int]:
    children = {child.id: child for child in seen_children(store, among)}
    groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for child in children.values():
        for key in _keys(shown_child(store, child)):
            groups[key].append(child.id)
    pairs = {
        (one, other)
        for held in groups.values()
        if 1 < len(held) <= _MOST_OF_A_KIND
        for one, other in combinations(sorted(held), 2)
    }
    named = {child for pair in pairs for child in pair}
    homes = _homes(store, [children[child] for child in named if children[child].household])
    known = {
        child: _described(store, children[child], *homes.get(child, ("", ()))) for child in sorted(named)
    }
    decided = _decisions(store)
    found = [
        Pair(children[one], children[other], likeness, decided.get(frozenset((one, other)), ""))
        for one, other in pairs
        if (likeness := compare(known[one], known[other])).band != "none"
    ]
    found.sort(key=lambda p: (p.decided, -BANDS.index(p.likeness.band), p.one.surname, p.one.id, p.other.id))
    return found[:most], len(found)


def _keys(child: Child) -> Iterator[tuple[str, str]]:
    if child.dob:
        yield "born", child.dob.isoformat()
    yield "name", fold(f"{child.forename} {child.surname}")
    for upn in {child.upn, *child.former_upns} - {""}:
        yield "upn", upn
    if child.household:
        yield "home", child.household


def _decisions(store: Store, child: str = "") -> dict[frozenset[str], str]:
    """What was decided of pairs, of one child's when given: in words, with who and when."""
    where = "kind <> 'same' AND ended_on IS NULL"
    links = (
        store.find(Link, f"{where} AND (child = ?1 OR other = ?1)", (child,))
        if child
        else store.find(Link, where)
    )
    names = {worker.id: worker.name for worker in store.find(Worker)} if links else {}
    return {
        frozenset((link.child, link.other)): f"looked at: {_DECIDED[link.kind]}, by {names.get(link.by, '?')}"
        f" on {say_day(link.linked_on)}"
        for link in links
    }


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
