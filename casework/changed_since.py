"""What a person is told where a field is no longer what their step was based on."""

from __future__ import annotations

from casework.conflicts import field_label
from casework.edits import Change
from casework.errors import Refused

_AGAIN = {"undo": ("taken back", "take back"), "redo": ("done again", "do again")}
"""By the kind of a step that inverts another one, how it is said that this cannot be done."""


def changed_meanwhile(kind: str, change: Change, *, settled: bool) -> Refused:
    """The refusal of a step of this kind for one of its changes; `settled` says that the change is about a
    conflict that is settled now.

    An edit can be made again on what stands; a step that is taken back or done again cannot.
    """
    where = f"{change.type} {change.record}"
    label = field_label(change.type, change.field)
    if kind not in _AGAIN:
        words = f"Somebody changed “{label}” meanwhile; look at it again and repeat your edit."
        return Refused("changed-meanwhile", words, where)
    undone, undo = _AGAIN[kind]
    if settled and change.field in ("settled", "chosen"):
        words = f"Somebody else settled this conflict, too, so there is nothing to {undo}; see Conflicts."
    else:
        words = (
            f"Somebody changed “{label}” since, so this step can no longer be {undone};"
            " change it as it should be now."
        )
    return Refused("changed-meanwhile", words, where)
