"""What stood in a log that was lost, and is said again: in which order, as its numbers tell.

A laptop brings back what it had read there later than the backup, for whoever wrote it may have had to give
the child up (docs/decisions/0033-read-later-than-the-backup.md). It had read all up to its number: a step of
a lower one it knew, and one of a higher one was made later. Numbers are compared within one epoch alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from casework.edits import BROUGHT_BACK
from casework.policies import Policy
from sync.hub import tables
from sync.hub.central import Central, Held
from sync.hub.portions import batched
from sync.hub.unheard import listed, said_since, steps_since
from sync.hub.writing import insert_all
from sync.merge import policy_of
from sync.messages.steps import Changed, SentEdit

_formerly, _log = tables.formerly, tables.log


class _Stood(NamedTuple):
    """Where a step stood in a log that was lost; of what was brought back, how far its laptop had read."""

    epoch: str
    number: int
    was_brought_back: bool


class SaidAgain:
    """The steps of one push beside what was said again before them."""

    def __init__(self, connection: Connection, central: Central) -> None:
        self._connection, self._central = connection, central
        self._known: dict[int, _Stood | None] = {}
        self._new: list[dict[str, Any]] = []

    def note(self, edit: SentEdit, seq: int) -> None:
        """A step is taken under this number."""
        if edit.former is not None:
            self._new.append({"seq": seq, "epoch": edit.former.epoch, "number": edit.former.seq})
            self._known[seq] = _Stood(edit.former.epoch, edit.former.seq, edit.name == BROUGHT_BACK)

    def keep(self) -> None:
        """Write what was noted."""
        insert_all(self._connection, _formerly, self._new)
        self._new = []

    def as_it_meets(self, edit: SentEdit) -> SentEdit:
        """A step as it is said again: without what whoever brought a value back had read, and knew; or of
        what it brings back itself that which says something, each with what it meets.
        """
        if edit.former is None:
            return edit
        if is_brought_back(edit):
            said = (self._as_it_meets(edit, change) for change in edit.changes)
            changes = [change for change in said if change is not None]
        elif edit.knew:
            changes = [change for change in edit.changes if not self._was_known(edit, change)]
            # A conflict is settled together with the value that was chosen, or not at all.
            if changes and any(change.type == "conflict" for change in edit.changes):
                return edit
        else:
            return edit
        return edit.model_copy(update={"changes": changes})

    def _as_it_meets(self, edit: SentEdit, change: Changed) -> Changed | None:
        """A change that brings a value back, from what it was based on: all that stood before it was read,
        and else what was there before others wrote, who did not know of it. None where they did, or where it
        is no other than the backup has.
        """
        held = self._central.get(change.record)
        if not change.field or not held.stands or edit.former is None:
            return change
        now = held.fields.get(change.field)
        if now == change.new:
            return None
        if policy_of(change.type, change.field) is Policy.UNION:
            return self._of_list(edit, change, now)
        number = _version(held, change.field)
        stood = self._stood(number)
        if number <= edit.knew:
            return replace(change, old=now)
        if stood is not None and stood.epoch == edit.former.epoch:
            return replace(change, old=now) if stood.number <= edit.former.seq else None
        since = [old for old, _ in said_since(self._connection, edit.knew, change)]
        if change.new in since or change.new in self._said_until(edit.knew, change):
            return None
        return replace(change, old=next(iter(since), now))

    def _of_list(self, edit: SentEdit, change: Changed, now: Any) -> Changed | None:
        """A list that is brought back, without what became of it by steps that its laptop had not read: what
        they put on it is not taken off, and what they took off is not put on again.
        """
        put: set[str] = set()
        taken: set[str] = set()
        for seq, old, new in steps_since(self._connection, edit.knew, change):
            if not self._had_read(edit, seq):
                put |= listed(new).keys() - listed(old).keys()
                taken |= listed(old).keys() - listed(new).keys()
        met = [one for one in listed(now) if one not in put]
        said = [one for one in listed(change.new) if one not in taken]
        return replace(change, old=met, new=said) if {*met} != {*said} else None

    def _had_read(self, edit: SentEdit, seq: int) -> bool:
        """Whether what is said again under a number stood in what the laptop of a step had read."""
        stood = self._stood(seq)
        if stood is None or edit.former is None or stood.epoch != edit.former.epoch:
            return False
        return stood.number <= edit.former.seq

    def _said_until(self, knew: int, change: Changed) -> list[Any]:
        """The values that were said of a field up to a number."""
        said = said_since(self._connection, 0, change, until=knew)
        return [value for pair in said for value in pair]

    def _was_known(self, edit: SentEdit, change: Changed) -> bool:
        if not change.field or edit.former is None:
            return False
        stood = self._stood(self._central.get(change.record).versions.get(change.field, 0))
        if stood is None or not stood.was_brought_back or stood.epoch != edit.former.epoch:
            return False
        return edit.former.seq <= stood.number

    def _stood(self, seq: int) -> _Stood | None:
        if seq not in self._known:
            row = self._connection.execute(
                select(_formerly.c.epoch, _formerly.c.number, _log.c.name)
                .join(_log, _log.c.seq == _formerly.c.seq)
                .where(_formerly.c.seq == seq)
            ).first()
            self._known[seq] = _Stood(row.epoch, row.number, row.name == BROUGHT_BACK) if row else None
        return self._known[seq]


def is_brought_back(edit: SentEdit) -> bool:
    """Whether a step brings back what its laptop had read in a log that was lost."""
    return edit.former is not None and edit.name == BROUGHT_BACK


def stood_at(connection: Connection, numbers: Iterable[int]) -> Sequence[tuple[int, str, int]]:
    """Of the steps of these numbers those that are said again: number, epoch, and the number they had."""
    found: list[tuple[int, str, int]] = []
    for some in batched(numbers):
        rows = connection.execute(select(_formerly).where(_formerly.c.seq.in_(some)))
        found += [(row.seq, row.epoch, row.number) for row in rows]
    return found


def _version(held: Held, field: str) -> int:
    return held.versions.get(field, held.versions.get("", 0))
