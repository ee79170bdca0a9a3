"""A record taken back on one laptop and changed on another: it stays, and a person decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sync.merge import Merged
from sync.messages.steps import Changed

VOID = "void"
CLOSING = frozenset({"agreement", "disclosure", "conflict"})
"""Record types of which a removal stands against an edit: kept, they could open what was closed."""


def against_removal(
    change: Changed, name: str, fields: Mapping[str, Any], merged: Merged, *, stays: bool = False
) -> tuple[Merged, dict[str, Changed]]:
    """What becomes of one field of a record that somebody else changed, unknown to the edit's author; it
    `stays` where somebody else wrote it down, too.

    Taking it back waits for a person; a change to what was taken back brings it again, and the removal is
    the other value of a conflict, by the record's id.
    """
    if change.type in CLOSING or merged.verdict == "same":
        return merged, {}
    if name == VOID:
        taken_back = merged.value is True and merged.verdict == "applied"
        instead = Merged("merged", False) if stays else Merged("conflict", False, True)
        return (instead if taken_back else merged), {}
    if fields.get(VOID) is not True:
        return merged, {}
    return merged, {change.record: replace(change, field=VOID, old=False, new=True)}
