"""Settling a conflict. One rule for commands and screens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from casework.conflicts import Keep, settle
from casework.edits import Change, update
from casework.errors import BadInput
from casework.records import Child, Enrolment, Flag, Relationship
from casework.records_attendance import AttendanceTotal, AttendanceWeek
from casework.records_sync import Conflict
from storage.queries.conflicts import find_conflict

if TYPE_CHECKING:
    from storage.journal import Receipt
    from storage.store import Store


def commit_settlement(
    store: Store, conflict: str, keep: Keep, *, text: str = "", draft: tuple[str, str] | None = None
) -> Receipt:
    """Settle an open conflict by its id. Raises as `find_conflict` and `settle` do.

    What is withheld from this worker is not there. With a child who is taken back go the register and all
    else that an import brings of a child, as far as it is here: no list may count what is nobody's.
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
    taken_back = any(one.record == found.about.id and one.field == "void" and one.new for one in edit.changes)
    if isinstance(found.about, Child) and taken_back:
        edit = replace(edit, changes=(*edit.changes, *_hanging_on(store, found.about)))
    return store.journal.commit(edit, draft=draft)


def _hanging_on(store: Store, child: Child) -> Iterator[Change]:
    """What takes back with a child all that an import brings of one."""
    for kind in (Enrolment, AttendanceWeek, AttendanceTotal, Flag, Relationship):
        for record in store.find(kind, "child = ?", (child.id,)):
            yield from update(record, void=True)
