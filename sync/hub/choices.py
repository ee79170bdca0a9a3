"""A settlement that is taken back, where somebody else settled that conflict, too: what they chose stands.

Who settled it first and who was asked about what depends on the order in which laptops came; what is left of
it once one of them takes theirs back does not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pydantic_core import from_json
from sqlalchemy import or_, select

from casework.conflicts import disagreement
from casework.policies import Policy
from sync.hub import tables
from sync.hub.central import Central, Held
from sync.hub.removed import CLOSING, VOID
from sync.merge import policy_of
from sync.messages.steps import Changed, SentEdit


class Choice(NamedTuple):
    """What a person chose in a conflict, as JSON text, by which step at which place in the log."""

    seq: int
    step: str
    worker: str
    value: str


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a conflict that stays settled though its settlement is taken back.

    `stands` is what somebody else chose, of it and its `copies`; `moot` are open conflicts about two choices
    of which one is taken back. The field becomes `value`, or `stays` as it is; else the undo is merged.
    """

    stands: Choice | None = None
    copies: Sequence[Held] = ()
    moot: Sequence[Held] = ()
    value: Changed | None = None
    stays: bool = True


class Choices:
    """What everybody chose in the conflicts that steps of one push take up again."""

    def __init__(self, central: Central, about: Callable[[Held, str], list[Held]]) -> None:
        """`about` finds the conflicts about a field of a record."""
        self._central, self._about = central, about
        self.left: Mapping[str, Left] = {}
        """By its id, what is left of each conflict that the step in hand does not take up again."""

    def with_theirs(self, edit: SentEdit) -> SentEdit:
        """The step that is in hand now; an undo with the value that somebody else chose, in the place of the
        one that was there before.
        """
        undone = {one.record: one.old for one in edit.changes if _is_taken_up(one)}
        found = {one: self._left_of(edit, one, undone[one]) for one in undone}
        self.left = {record: left for record, left in found.items() if left is not None}
        values = {(one.record, one.field): one for left in self.left.values() if (one := left.value)}
        if not values:
            return edit
        kept = (one for one in edit.changes if (one.record, one.field) not in values)
        return edit.model_copy(update={"changes": [*kept, *values.values()]})

    def _left_of(self, edit: SentEdit, record: str, undone: str) -> Left | None:
        held = self._central.get(record)
        chosen = held.fields.get("chosen", "")
        if not chosen:
            return None
        about = self._central.get(held.fields["record"])
        every = self._about(about, held.fields["field"])
        copies = [one for one in every if disagreement(one.fields) == disagreement(held.fields)]
        said = self._said({record, *(one.id for one in copies)}, held.versions.get("", 0))
        stand = _standing(said, edit.worker)
        steps = {one.step for one in said if one.value}
        asked = [one for one in every if one.fields.get("other_edit") in steps and not one.fields.get(VOID)]
        if edit.taken_back:  # what it takes back was made again
            return Left(stays=chosen == undone) if stand or chosen != undone else None
        if chosen != undone:
            again = any(one.value == undone for one in stand)
            return Left(moot=[] if again else _about_choice(asked, undone), stays=False)
        alike = [one for one in stand if one.value == undone]
        if alike:
            return Left(alike[-1], copies)
        if not stand or not _may_follow(about.type, held.fields["field"]):
            return None
        theirs = stand[0]
        moot = _about_choice(asked, theirs.value)
        if not moot and any(one.fields["other"] == theirs.value for one in asked):
            return Left()  # between the two choices somebody has chosen since
        name, new, old = held.fields["field"], json.loads(theirs.value), json.loads(undone)
        if not moot or about.fields.get(name) != old:
            return Left(theirs, copies)
        value = Changed(type=about.type, record=about.id, field=name, old=old, new=new)
        return Left(theirs, copies, moot, value, stays=False)

    def _said(self, conflicts: Collection[str], since: int) -> list[Choice]:
        """What was chosen in these conflicts, which are one, in the order of the log; "" by an undo."""
        log = tables.log
        named = or_(*(log.c.changes.contains(one, autoescape=True) for one in sorted(conflicts)))
        rows = self._central.connection.execute(
            select(log.c.seq, log.c.edit, log.c.worker, log.c.changes)
            .where(log.c.seq > since, named)
            .order_by(log.c.seq)
        )
        return [
            Choice(row.seq, row.edit, row.worker, new)
            for row in rows
            for _, record, field, _, new in from_json(row.changes)
            if record in conflicts and field == "chosen"
        ]


def _is_taken_up(change: Changed) -> bool:
    return change.type == "conflict" and change.field == "chosen" and not change.new and bool(change.old)


def _standing(said: Sequence[Choice], but_of: str) -> list[Choice]:
    """The last choice of everybody but one worker, in the order of the log, without what was taken back."""
    last = {one.worker: one for one in said}
    return sorted(one for one in last.values() if one.value and one.worker != but_of)


def _about_choice(asked: Sequence[Held], value: str) -> list[Held]:
    return [one for one in asked if not one.fields["settled"] and one.fields["other"] == value]


def _may_follow(record_type: str, field: str) -> bool:
    """Whether a field may become what somebody chose without a person who looks: never where a record could
    be taken back by it, or what was closed be opened.
    """
    return policy_of(record_type, field) is Policy.ASK and field != VOID and record_type not in CLOSING
