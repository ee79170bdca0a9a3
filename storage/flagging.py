"""Flags on record: who may write one, and writing it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from casework.errors import BadInput, Refused
from casework.flags import end_flag, record_flag, review_flag
from casework.records import FLAG_CATEGORY, Child, Flag
from casework.wording import FLAGS

if TYPE_CHECKING:
    from storage.journal import Receipt
    from storage.store import Store


def kinds_for(store: Store, child: Child) -> list[str]:
    """The kinds that this worker may see of a child, and so may record, the weightiest first."""
    seen = {kind for kind, category in FLAG_CATEGORY.items() if store.may_see(child, category, "support")}
    return [kind for kind in FLAGS if kind in seen]


def flags_of(store: Store, child: Child, *, ended: bool = True) -> list[Flag]:
    """The child's flags that this worker may see, those that stand first, then the newest."""
    seen = frozenset(kinds_for(store, child))
    held = [one for one in store.find(Flag, "child = ?", (child.id,)) if one.kind in seen]
    return sorted(
        (one for one in held if ended or one.ended is None),
        key=lambda one: (one.ended is not None, -(one.since or date.min).toordinal(), one.id),
    )


def flag_of(store: Store, record: str) -> Flag:
    """The flag with this id. Raises BadInput where there is none that this worker may see."""
    for held in store.find(Flag, "id = ?", (record,)):
        if held.kind in kinds_for(store, store.get(Child, held.child)):
            return held
    raise BadInput("not-a-flag", "That id is no flag; see `flag list CHILD`.", "FLAG")


def commit_flag(store: Store, flag: Flag, *, draft: tuple[str, str] | None = None) -> Receipt:
    """Record a flag. Raises Refused for a kind that the worker may not see of the child."""
    child = store.get(Child, flag.child)
    if flag.kind not in kinds_for(store, child):
        decision = store.may_see(child, FLAG_CATEGORY[flag.kind], "support")
        raise Refused("withheld", decision.reason, "--kind")
    edit = record_flag(flag, store.find(Flag, "child = ?", (child.id,)), store.today)
    return store.journal.commit(edit, draft=draft)


def commit_review(
    store: Store, flag: Flag, review: date | None, *, draft: tuple[str, str] | None = None, **changed: Any
) -> Receipt:
    """Keep the next review of a flag, and words that changed."""
    return store.journal.commit(review_flag(flag, review, store.today, **changed), draft=draft)


def commit_end(
    store: Store, flag: Flag, on: date, *, draft: tuple[str, str] | None = None, **changed: Any
) -> Receipt:
    """End a flag."""
    return store.journal.commit(end_flag(flag, on, store.today, **changed), draft=draft)
