"""Who wrote a record down besides whoever made it, as two workers who import one roll; and the undo of that.

What somebody else wrote down, too, is not one worker's to take back, though nobody changed anything of it
(docs/decisions/0029-written-down-by-two.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from casework.edits import CREATED, UNDO
from sync.hub.authors import Author, Authors
from sync.hub.central import Central, Held
from sync.hub.natural import KEYED
from sync.hub.removed import VOID
from sync.messages.steps import BROUGHT_BACK, SentEdit

_ALSO = "+"
"""Before a worker's id, in the versions of a record: no field of a record has such a name."""


class Kept(NamedTuple):
    """What somebody else wrote down, too, of what an edit takes back: by id who did, where a person is asked;
    and what stays with a child about whom one is asked.
    """

    asked: Mapping[str, Author]
    beside: frozenset[str]


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
            held.versions = {**held.versions, _ALSO + edit.worker: seq}


def kept_from(edit: SentEdit, central: Central, authors: Authors) -> Kept:
    """What an edit that undoes having written records down may not take back unasked."""
    if not edit.name.startswith(UNDO):
        return Kept({}, frozenset())
    gone = (change for change in edit.changes if change.field == VOID and change.new is True)
    held = [central.get(change.record) for change in gone if change.type in KEYED]
    makers = {one.id: maker for one in held if (maker := _other_maker(edit, one, authors)) is not None}
    children = {one.id for one in held if one.type == "child" and one.id in makers}
    beside = {
        one.id for one in held if one.id in makers.keys() - children and not children.isdisjoint(one.scopes)
    }
    return Kept({record: makers[record] for record in makers.keys() - beside}, frozenset(beside))


def _other_maker(edit: SentEdit, held: Held, authors: Authors) -> Author | None:
    """Who wrote a record down last, other than the worker of an edit; None where nobody else did since it was
    last taken back or brought again.
    """
    also = {name: seq for name, seq in held.versions.items() if name.startswith(_ALSO)}
    others = [seq for name, seq in also.items() if name != _ALSO + edit.worker]
    first = authors.of(held, CREATED)
    if first.worker != edit.worker and first.name != BROUGHT_BACK:
        others.append(held.versions.get(CREATED, 0))
    newest = max(others, default=0)
    return authors.of_step(newest) if newest > held.versions.get(VOID, 0) else None
