"""Words that people wrote, without an address that is protected: for whatever is read, never for a form."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, TypeVar, cast

from casework.hide_address import hiding, looks_like_address
from casework.policies import Category
from casework.records import Child, Household, Person, Record, Relationship
from storage.queries.sight import address_protected
from storage.rows import load_all

if TYPE_CHECKING:
    from storage.store import Store

T = TypeVar("T")


def guarded_addresses(store: Store, child: Child) -> list[str]:
    """Every address on record of a family where one of them is protected; else none.

    Also of the families of children whom somebody said to be the same child, another or a sibling: the
    reason for that stands on either record.
    """
    rows = store.conn.execute(
        "SELECT other FROM link WHERE void = 0 AND child = :id UNION"
        " SELECT child FROM link WHERE void = 0 AND other = :id",
        {"id": child.id},
    ).fetchall()
    others = (other for (id_,) in rows for other in load_all(store.conn, Child, "id = ?", (id_,), void=True))
    each = (address for one in (child, *others) for address in _of_family(store, one))
    return list(dict.fromkeys(each))


def _of_family(store: Store, child: Child) -> list[str]:
    homes = store.find(Household, "id = ?", (child.household,)) if child.household else []
    people = [store.get(Person, tie.person) for tie in store.find(Relationship, "child = ?", (child.id,))]
    known = [(one.address, one.address_protected) for one in homes]
    known += [(one.address, one.address_protected) for one in people]
    every = address_protected(store, child)
    return [address for address, protected in known if address and (protected or every)]


def guarded(store: Store, child: Child, value: T) -> T:
    """What is given out, records and lists through, without the child's protected addresses in any words."""
    addresses = guarded_addresses(store, child)
    return cast("T", _within(value, hiding(addresses))) if addresses else value


def address_typed(store: Store, child: Child, texts: Iterable[str]) -> bool:
    """Whether what is typed about a child holds an address, where one of the family is protected.

    Which address it is makes no difference: to say so only of the protected one would let anybody find it by
    guessing. Who may not see the family is not told that it has one.
    """
    if not any(looks_like_address(text) for text in texts):
        return False
    return bool(store.may_see(child, Category.FAMILY, "support") and guarded_addresses(store, child))


class AddressGuard:
    """As `guarded` for lists of many children: who has a protected address is asked once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._children = frozenset(row[0] for row in store.conn.execute(_PROTECTED))

    def __call__(self, child: Child | None, value: T) -> T:
        """What is shown of a child; what is about none as it is."""
        hides = child is not None and child.id in self._children
        return guarded(self._store, child, value) if child is not None and hides else value


_PROTECTED = (
    "WITH guarded (id) AS ("
    "SELECT c.id FROM child c JOIN household h ON h.id = c.household WHERE h.address_protected = 1"
    " UNION SELECT r.child FROM relationship r JOIN person p ON p.id = r.person"
    " WHERE p.address_protected = 1 AND r.void = 0"
    " UNION SELECT c.id FROM child c JOIN child f ON f.id = c.id OR f.household = c.household"
    " JOIN flag g ON g.child = f.id"
    " WHERE g.kind = 'address-protection' AND g.void = 0 AND g.ended IS NULL)"
    " SELECT id FROM guarded"
    " UNION SELECT l.child FROM link l JOIN guarded g ON g.id = l.other WHERE l.void = 0"
    " UNION SELECT l.other FROM link l JOIN guarded g ON g.id = l.child WHERE l.void = 0"
)


def _within(value: object, guard: Callable[[str], str]) -> object:
    if type(value) is str:
        return guard(value)
    if isinstance(value, dict):
        return {key: _within(held, guard) for key, held in value.items()}
    if type(value) is list:
        return [_within(held, guard) for held in value]
    if type(value) is tuple:
        return tuple(_within(held, guard) for held in value)
    if isinstance(value, Record):
        return value.model_copy(update={name: _within(held, guard) for name, held in value})
    if is_dataclass(value) and not isinstance(value, type):
        made = (one.name for one in fields(value) if one.init)
        return replace(value, **{name: _within(getattr(value, name), guard) for name in made})
    return value
