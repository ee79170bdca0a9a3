"""Who settled a conflict, as the history of this laptop tells it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from casework.edits import BROUGHT_BACK

if TYPE_CHECKING:
    from casework.records_sync import Conflict
    from storage.store import Store


def settler_of(store: Store, conflict: Conflict) -> tuple[str, str]:
    """The id of the worker who settled a conflict as it stands settled, and when; "" where nobody tells.

    Who chose otherwise, here or elsewhere, before they knew of that choice settled it with nothing; nor did
    whoever brought it back to a central record that had lost it.
    """
    rows = store.conn.execute(
        "SELECT e.worker, e.at, e.name, c.field, c.new FROM change c JOIN edit e ON e.seq = c.edit"
        " WHERE c.record = ? AND c.field IN ('chosen', 'settled') ORDER BY c.edit DESC, c.field",
        (conflict.id,),
    )
    stands = {"chosen": conflict.chosen, "settled": True}
    found = ("", "")
    for worker, at, name, field, new in rows:
        if json.loads(new) != stands[field]:
            break
        if worker and name != BROUGHT_BACK:
            found = worker, at
        elif not found[1]:
            found = "", at
    return found
