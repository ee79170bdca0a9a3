"""What a step that settles a conflict says: what was weighed, and what somebody else chose meanwhile.

Two people who settled one conflict differently, unknown to each other: that is a new conflict.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sync.hub.central import Central
from sync.messages import Changed, SentEdit


def contested_by(edit: SentEdit, central: Central) -> dict[tuple[str, str], Changed]:
    """By (record, field), what an edit settles otherwise than somebody whom its author did not know of.

    The first who settled it stands. What the later one chose must not replace it unseen, nor be lost: it is
    the other value of a new conflict, also where the later one chose what stood before. Not so what its
    author took back since: of a central record that was put back, the first may be what they chose instead.
    """
    if edit.taken_back:
        return {}
    found: dict[tuple[str, str], Changed] = {}
    for change in _choices(edit):
        if not change.new:
            continue
        settled = central.get(change.record).fields
        if settled.get("chosen", "") in ("", change.old, change.new):
            continue
        central.fetch([settled["record"]])
        about = central.get(settled["record"])
        chosen = json.loads(change.new)
        if not about.stands or about.fields.get(settled["field"]) == chosen:
            continue
        key = (settled["record"], settled["field"])
        base = json.loads(settled["central"])
        found[key] = Changed(type=about.type, record=about.id, field=settled["field"], old=base, new=chosen)
    return found


class Settling:
    """How a step that settles conflicts, or an undo that opens them again, meets the central record.

    Steps of a restored central record come back in any order of the laptops, so a conflict may be there with
    what became of it later.
    """

    def __init__(self, edit: SentEdit, central: Central) -> None:
        chosen = [change.record for change in _choices(edit) if change.new]
        undone = {change.record: change.old for change in _choices(edit) if not change.new}
        self._weighed = _kept_values(chosen, central)
        self._moot = set(self._weighed) if edit.taken_back else set()
        self._otherwise = {
            record
            for record, choice in undone.items()
            if central.get(record).fields.get("chosen", "") not in ("", choice)
        }
        self._decided = _kept_values(self._otherwise, central)

    def base(self, record: str, field: str, said: Any, now: Any) -> Any:
        """What a step knew of a field of which it `said` its base and that is `now` another.

        What its author had before them when they settled it does not stand against what they chose. An undo
        knew nothing of another choice than the one that it takes back, which ends the conflict.
        """
        if field == "settled" and record in self._otherwise:
            return None
        return now if now in self._weighed.get((record, field), ()) else said

    def still_asked(self, conflicts: Iterable[Changed]) -> Iterator[Changed]:
        """These new conflicts without those about what its author chose and took back since, and about values
        that were weighed when the conflict was settled otherwise.
        """
        for one in conflicts:
            about = one.record, one.field
            if about not in self._moot and one.new not in self._decided.get(about, ()):
                yield one


def _choices(edit: SentEdit) -> Iterator[Changed]:
    """What a step says of how conflicts were settled; an undo says that they were not."""
    return (change for change in edit.changes if change.type == "conflict" and change.field == "chosen")


def _kept_values(conflicts: Iterable[str], central: Central) -> dict[tuple[str, str], tuple[Any, ...]]:
    """By (record, field), the two values that a conflict keeps."""
    found = (one for record in conflicts if (one := central.get(record).fields))
    return {
        (one["record"], one["field"]): (json.loads(one["central"]), json.loads(one["other"])) for one in found
    }
