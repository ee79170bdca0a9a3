"""Words that people wrote, without an address that is protected: for whatever is read, never for a form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from casework.hide_address import hide_address
from casework.records import Household, Person, Record, Relationship
from storage.queries.sight import address_protected

if TYPE_CHECKING:
    from casework.records import Child
    from storage.store import Store

T = TypeVar("T")


def guarded_addresses(store: Store, child: Child) -> list[str]:
    """Every address on record of a family where one of them is protected; else none."""
    homes = store.find(Household, "id = ?", (child.household,)) if child.household else []
    people = [store.get(Person, tie.person) for tie in store.find(Relationship, "child = ?", (child.id,))]
    known = [(one.address, one.address_protected) for one in homes]
    known += [(one.address, one.address_protected) for one in people]
    every = address_protected(store, child)
    guarded = [address for address, protected in known if address and (protected or every)]
    return list(dict.fromkeys(guarded))


def guarded(store: Store, child: Child, value: T) -> T:
    """What is given out, records and lists through, without the child's protected addresses in any words."""
    addresses = guarded_addresses(store, child)
    return cast("T", _within(value, partial(hide_address, addresses=addresses))) if addresses else value


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
