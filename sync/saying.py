"""How the steps of a laptop's journal are said in a message."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from casework.edits import CREATED
from storage.central.outbox import WaitingEdit
from storage.central.state import SyncState
from sync.messages.steps import Formerly, Push, SentEdit, own_changed


@dataclass(frozen=True, slots=True)
class Message:
    """Steps of this laptop's as they are sent, and up to which change of anybody else's they were read."""

    edits: list[WaitingEdit]
    push: Push
    as_of: int

    @property
    def records(self) -> set[tuple[str, str]]:
        """The records (type, id) that it is about."""
        return {(kind, record) for edit in self.edits for kind, record, *_ in edit.changes}

    @property
    def made(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        """By (type, id), the fields of records that it brings into being and leaves as they were made."""
        found: dict[tuple[str, str], Any] = {}
        for edit in self.edits:
            for kind, record, field, _, new in edit.changes:
                found[kind, record] = new if field == CREATED and (kind, record) not in found else None
        return {entry: new for entry, new in found.items() if new is not None}


def settled_in(edits: Sequence[WaitingEdit]) -> list[str]:
    """The conflicts of which these steps change something."""
    return [
        *dict.fromkeys(
            record
            for edit in edits
            for kind, record, field, *_ in edit.changes
            if kind == "conflict" and field
        )
    ]


class Before(NamedTuple):
    """What a step knew of a central record that was put back, and where it had stood in what that lost."""

    knew: int = 0
    former: Formerly | None = None


_NOTHING = Before()


def known_before(state: SyncState) -> Callable[[WaitingEdit], Before]:
    """What each step knew of a central record that was put back, for which nothing has been read anew.

    Of what the backup had, a step that had been taken as it was made met nothing that it did not know, and
    one that was never sent was made by a laptop that had read it. Others are weighed again.
    """
    if not state.anew:
        return lambda _: _NOTHING
    unclean = frozenset(json.loads(state.unclean))
    stood: dict[str, int] = json.loads(state.former_steps)

    def before(edit: WaitingEdit) -> Before:
        knew = 0 if state.seq or edit.place in unclean else state.common
        seq = stood.get(str(edit.place))
        return Before(knew, Formerly(epoch=state.former_epoch, seq=seq) if seq is not None else None)

    return before


def sent_edit(edit: WaitingEdit, seen: int, before: Before = _NOTHING) -> SentEdit:
    """A step as it is sent by a laptop that has read as far as `seen`."""
    return SentEdit(
        id=edit.id,
        worker=edit.worker,
        name=edit.name,
        subject=edit.subject,
        reason=edit.reason,
        at=edit.at,
        seen=seen,
        knew=before.knew,
        former=before.former,
        taken_back=edit.taken_back,
        changes=[own_changed(*change) for change in edit.changes],
    )
