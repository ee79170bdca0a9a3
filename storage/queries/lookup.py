"""Finding the one record that a person means: a child by id, UPN or name; a record by id or prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casework.errors import Ambiguous, BadInput
from casework.policies import Category
from casework.records import RECORD_TYPES, Child, Record
from casework.records_links import Link
from casework.text import fold, safe
from storage.queries.seek import search_children
from storage.queries.sight import Sight, seen_children, shown_child, subject_of
from storage.rows import load

if TYPE_CHECKING:
    from storage.store import Store

SHORTEST_PREFIX = 8
_SHOWN = 10


def find_record(store: Store, text: str) -> Record:
    """The record whose id is `text`, or starts with it (8 or more characters).

    Raises BadInput when there is none, Ambiguous when several fit.
    """
    wanted = text.strip().lower()
    if len(wanted) < SHORTEST_PREFIX:
        raise BadInput(
            "id-too-short", f"Give at least {SHORTEST_PREFIX} characters of a record's id.", safe(text)
        )
    upper = wanted + "\uffff"
    found: list[tuple[str, str]] = []
    for name in RECORD_TYPES:
        rows = store.conn.execute(
            f"SELECT id FROM {name} WHERE id >= ? AND id < ? ORDER BY id LIMIT ?", (wanted, upper, _SHOWN)
        )
        found += [(name, row[0]) for row in rows]
    if not found:
        raise BadInput("no-such-record", "No record has that id; check it and try again.", safe(text))
    if len(found) > 1:
        raise Ambiguous(
            f"That id fits {len(found)} records; give more of it.", [(record, name) for name, record in found]
        )
    record_type, record = found[0]
    held = load(store.conn, RECORD_TYPES[record_type], record)
    if not Sight(store).is_there(held, subject_of(store, held)):
        raise BadInput("no-such-record", "No record has that id; check it and try again.", safe(text))
    return held


def find_child(store: Store, text: str) -> Child:
    """The child meant by an id (or a prefix of 8 or more), a UPN, or a name that matches exactly one child.

    What names a record that was merged into another leads to the child whom it is now part of.

    Raises BadInput when nobody matches, Ambiguous (with ids and names) when several do.
    """
    wanted = text.strip()
    exact = store.find(Child, "id = ?", (wanted.lower(),)) or seen_children(
        store, store.find(Child, "upn = ?", (wanted.upper(),)), category=Category.EDUCATION
    )
    if not exact and len(wanted) >= SHORTEST_PREFIX and wanted[0].isdigit():
        exact = store.find(Child, "id >= ? AND id < ?", (wanted.lower(), wanted.lower() + "\uffff"))
    exact = seen_children(store, exact) or _by_name(store, wanted) or _set_aside(store, wanted)
    if not exact:
        raise BadInput(
            "no-such-child", "No child matches; try `outreach search` with part of the name.", safe(text)
        )
    if len(exact) > 1:
        raise Ambiguous(
            f"{len(exact)} children match; give an id or a UPN from the list.",
            [(child.id, label_of(store, child)) for child in exact[:_SHOWN]],
        )
    return exact[0]


def label_of(store: Store, child: Child) -> str:
    """A child's name with what tells them from a namesake: school, registration group, year of birth.

    What the worker may not see is left out.
    """
    child = shown_child(store, child)
    row = store.conn.execute("SELECT name FROM school WHERE id = ?", (child.school,)).fetchone()
    parts = [
        display_name(child),
        row[0] if row else "",
        child.reg,
        f"born {child.dob.year}" if child.dob else "",
    ]
    return ", ".join(part for part in parts if part)


def display_name(child: Child) -> str:
    """The name used day to day, with the known-as name in brackets where it differs."""
    known = f" ({child.known_as})" if child.known_as and child.known_as != child.forename else ""
    return f"{child.forename}{known} {child.surname}".strip()


def _by_name(store: Store, text: str) -> list[Child]:
    words = fold(text).split()
    if not words:
        return []
    hits = search_children(store, text, limit=50)
    children = [store.get(Child, hit.id) for hit in hits]
    return [child for child in children if _same_name(child, words)]


def _set_aside(store: Store, text: str) -> list[Child]:
    """The children whom merged records with this id, UPN or name are now part of."""
    links = store.find(Link, "kind = 'same' AND ended_on IS NULL")
    children = {link.child: store.get(Child, link.child) for link in links}
    seen = {child.id: child for child in seen_children(store, children.values())}
    wanted, words = text.lower(), fold(text).split()
    found: dict[str, Child] = {}
    for link in links:
        child = seen.get(link.child)
        if child is None:
            continue
        other = store.get(Child, link.other)
        named = len(wanted) >= SHORTEST_PREFIX and other.id.startswith(wanted)
        upn = (
            other.upn and other.upn.lower() == wanted and store.may_see(child, Category.EDUCATION, "support")
        )
        if named or upn or (words and _same_name(other, words)):
            found[child.id] = child
    return list(found.values())


def _same_name(child: Child, words: list[str]) -> bool:
    known = [fold(name).split() for name in (child.forename, child.known_as, child.surname)]
    parts = [word for name in known for word in name]
    whole = sorted(words)
    full = [sorted(known[0] + known[2]), sorted(known[1] + known[2])]
    return whole in full or (len(words) == 1 and words[0] in parts)
