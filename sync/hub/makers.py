"""Who wrote a record down besides whoever made it, as two workers who import one roll; and the undo of that.

What somebody else wrote down, too, stays until they take it back as well
(docs/decisions/0029-written-down-by-two.md).
"""

from __future__ import annotations

from collections.abc import Iterable

from casework.edits import BROUGHT_BACK, CREATED, UNDO
from sync.hub.authors import UNDID, WROTE, Authors
from sync.hub.central import Central, Held
from sync.hub.natural import KEYED
from sync.hub.removed import VOID
from sync.messages.steps import SentEdit


def met_by(edit: SentEdit, central: Central) -> list[Held]:
    """The records that an edit writes down and that were there before it; none of what is brought back, for
    who brings it back need not have written it.
    """
    if edit.name == BROUGHT_BACK:
        return []
    made = (change for change in edit.changes if change.field == CREATED and change.type in KEYED)
    return [held for change in made if (held := central.get(change.record)).stands]


def note_maker(met: Iterable[Held], edit: SentEdit, seq: int, authors: Authors) -> None:
    """Keep that the worker of an edit wrote these records down, too."""
    for held in met:
        if authors.of(held, CREATED).worker != edit.worker:
            held.versions = {**held.versions, WROTE + edit.worker: seq}


def kept_from(edit: SentEdit, central: Central, authors: Authors) -> frozenset[str]:
    """The records that stay although an edit undoes having written them down, for somebody else did, too."""
    if not edit.name.startswith(UNDO):
        return frozenset()
    gone = (change for change in edit.changes if change.field == VOID and change.new is True)
    held = (central.get(change.record) for change in gone if change.type in KEYED)
    return frozenset(one.id for one in held if _others_wrote(edit, one, authors))


def note_undone(kept: Iterable[str], edit: SentEdit, seq: int, central: Central) -> None:
    """Keep that the worker of an edit took back having written down these records, which stay."""
    for record in kept:
        held = central.get(record)
        held.versions = {**held.versions, UNDID + edit.worker: seq}


def _others_wrote(edit: SentEdit, held: Held, authors: Authors) -> bool:
    """Whether anybody but the worker of an edit wrote a record down since it was last taken back or brought
    again, and did not take that back.
    """
    said = held.versions
    wrote = {name.removeprefix(WROTE): seq for name, seq in said.items() if name.startswith(WROTE)}
    first = authors.of(held, CREATED)
    if first.name != BROUGHT_BACK:
        wrote.setdefault(first.worker, said.get(CREATED, 0))
    since = said.get(VOID, 0)
    others = wrote.keys() - {edit.worker}
    return any(wrote[worker] > max(since, said.get(UNDID + worker, 0)) for worker in others)
