"""Edits of a bundle, taken under the ids by which the central record knows their records already.

Over the network the laptop gives its records those ids itself and sends again; a file cannot be asked back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from sync.hub.renaming import renamed
from sync.letters import Owed
from sync.messages.steps import Push

if TYPE_CHECKING:
    from sync.hub.hub import Hub


def take_edits(hub: Hub, connection: Connection, device: str, pushes: Iterable[Push], owed: Owed) -> None:
    """Every edit, under the ids that their records have here; the verdicts go to `owed`."""
    touched: dict[str, set[str]] = {}
    unclean: set[str] = set()
    for push in pushes:
        edits = [renamed(edit, owed.known) for edit in push.edits]
        answer = hub.take(connection, device, Push(edits=edits))
        while answer.known:
            owed.known |= answer.known
            edits = [renamed(edit, answer.known) for edit in edits]
            answer = hub.take(connection, device, Push(edits=edits))
        owed.verdicts += answer.verdicts
        owed.about |= answer.beside.about
        owed.at = answer.at
        for edit in edits:
            touched.setdefault(_step(edit.id), set()).update(change.record for change in edit.changes)
        unclean |= {_step(one.edit) for one in answer.verdicts if one.verdict != "applied"}
    owed.want += sorted(set().union(*(touched[step] for step in unclean), owed.known.values()))


def _step(edit: str) -> str:
    """The id of the whole step, of which a long one is sent in parts."""
    return edit.partition("/")[0]
