"""Who settled a conflict, as the history of this laptop tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from casework.records_sync import Conflict
    from storage.store import Store


def settler_of(store: Store, conflict: Conflict) -> tuple[str, str]:
    """The id of the worker who settled a conflict, and when; "" where it came settled already."""
    row = store.conn.execute(
        "SELECT e.worker, e.at FROM change c JOIN edit e ON e.seq = c.edit"
        " WHERE c.record = ? AND c.field = 'settled' AND c.new = 'true' ORDER BY c.edit DESC LIMIT 1",
        (conflict.id,),
    ).fetchone()
    return (row[0], row[1]) if row else ("", "")
