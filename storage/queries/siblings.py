"""Who is a sibling of whom: children of one home, and those whom a person recorded as siblings."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from casework.records import Child
from casework.records_links import Link
from storage.queries.sight import seen_children

if TYPE_CHECKING:
    from storage.store import Store

_LINKED = "kind = 'sibling' AND ended_on IS NULL AND (child = ?1 OR other = ?1)"


def siblings_of(store: Store, child: Child) -> list[Child]:
    """The siblings of whom the worker may know, the eldest first. The family is asked about by the caller."""
    found: dict[str, Child] = {}
    if child.household:
        for one in store.find(Child, "household = ? AND id <> ?", (child.household, child.id)):
            found[one.id] = one
    for link in store.find(Link, _LINKED, (child.id,)):
        for one in store.find(Child, "id = ?", (link.other if link.child == child.id else link.child,)):
            found[one.id] = one
    found.pop(child.id, None)
    return sorted(seen_children(store, found.values()), key=lambda one: (one.dob or date.max, one.id))
