"""Finding children by what was typed, so that nobody is found by what the worker may not see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casework.policies import Category
from casework.records import Child

if TYPE_CHECKING:
    from storage.search import Hidden, Hit
    from storage.store import Store

_PLACES = ((Category.FAMILY, "address"), (Category.EDUCATION, "school"))


def search_children(store: Store, text: str, limit: int = 20) -> list[Hit]:
    """The children who fit, best first: see `storage.search.NameSearch`.

    An address counts only where the family may be seen, a school or a UPN only where education may.
    """
    needed = (Category.IDENTITY, Category.FAMILY, Category.EDUCATION)
    if all(store.sees_every(category, "support") for category in needed):
        return store.names.search(text, limit=limit)
    return store.names.search(text, limit=limit, hidden=_Veil(store))


class _Veil:
    """What is hidden of each child, asked for once in a search."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, Hidden | None] = {}

    def __call__(self, child: str) -> Hidden | None:
        if child not in self._known:
            self._known[child] = self._decide(child)
        return self._known[child]

    def _decide(self, child: str) -> Hidden | None:
        found = self._store.find(Child, "id = ?", (child,))
        if not found or not self._store.may_see(found[0], Category.IDENTITY, "support"):
            return None
        return frozenset(
            part for category, part in _PLACES if not self._store.may_see(found[0], category, "support")
        )
