"""Settling a conflict. One rule for commands and screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casework.conflicts import Keep, settle
from casework.errors import BadInput
from casework.records_sync import Conflict
from storage.queries.conflicts import find_conflict

if TYPE_CHECKING:
    from storage.journal import Receipt
    from storage.store import Store


def commit_settlement(
    store: Store, conflict: str, keep: Keep, *, text: str = "", draft: tuple[str, str] | None = None
) -> Receipt:
    """Settle an open conflict by its id. Raises as `find_conflict` and `settle` do.

    What is withheld from this worker is not there.
    """
    found = find_conflict(store, conflict)
    if found.about is None:
        raise BadInput("no-such-record", "The record that this conflict is about is not on this laptop.")
    others = store.find(
        Conflict,
        "record = ? AND field = ? AND settled = 0",
        (found.conflict.record, found.conflict.field),
    )
    edit = settle(found.conflict, found.about, keep, text=text, others=others, today=store.today)
    return store.journal.commit(edit, draft=draft)
