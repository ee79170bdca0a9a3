"""Who may write a follow-up of an absence: those who may see the register. One rule for commands and keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from casework.errors import Refused
from casework.policies import Category
from casework.records import Child

if TYPE_CHECKING:
    from storage.store import Store


def require_register(store: Store, children: Iterable[str]) -> None:
    """Raise Refused with the reason unless this worker sees the attendance of each child, given by id."""
    if store.sees_every(Category.ATTENDANCE, "attendance"):
        return
    for child in children:
        decision = store.may_see(store.get(Child, child), Category.ATTENDANCE, "attendance")
        if not decision:
            raise Refused("withheld", decision.reason, Category.ATTENDANCE.value)
