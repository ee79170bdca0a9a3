"""What is worked out of a push before its turn comes: all that follows from the edits alone.

One push is taken at a time. While the one before it is being committed, which takes the disk and the cipher
and leaves the interpreter free, this much of the next one is done. What is worked out counts only where the
edit meets nothing: a record that is not there yet, with the fields that it was sent with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from casework.records import RECORD_TYPES
from sync.hub.checking import validated
from sync.hub.entries import digest_of_edit, is_plain
from sync.hub.fields import Written, written
from sync.hub.removed import VOID
from sync.messages.steps import Changed, SentEdit


class Created(NamedTuple):
    """A record that an edit brings into being: what was said of it, and how it is written."""

    said: Mapping[str, Any]
    written: Written


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """Of edits, by their ids, what knows each again, and those that `is_plain` holds of; of the records that
    they create, by their ids, those that one of them alone creates.
    """

    digests: Mapping[str, bytes] = field(default_factory=dict)
    plain: Set[str] = frozenset()
    created: dict[str, Created] = field(default_factory=dict)


NOTHING = WorkedOut()


def worked_out(edits: Sequence[SentEdit]) -> WorkedOut:
    """What follows from these edits alone. Two that have one id, what cannot be taken and what makes this
    program fail are left out: they are met when they are taken, where one that fails is kept aside alone.
    """
    times = Counter(edit.id for edit in edits)
    digests: dict[str, bytes] = {}
    creations: list[tuple[Changed, bool]] = []
    all_plain: set[str] = set()
    for edit in edits:
        # No record type has a fraction, so of what an edit says so it holds of the records that it creates.
        plain = is_plain(edit)
        creations += [(change, plain) for change in edit.changes if not change.field]
        if times[edit.id] == 1:
            with suppress(Exception):
                digests[edit.id] = digest_of_edit(edit, plain=plain)
                if plain:
                    all_plain.add(edit.id)
    makers = Counter(change.record for change, _ in creations)
    created: dict[str, Created] = {}
    for change, plain in creations:
        record, record_type = change.record, change.type
        if makers[record] == 1 and record_type in RECORD_TYPES and isinstance(change.new, dict):
            said = {VOID: False, **change.new}
            try:
                fields = validated(record_type, record, said)
                created[record] = Created(said, written(record_type, record, fields, plain=plain))
            except Exception:  # noqa: BLE001, S112 - it is met again when it is taken
                continue
    return WorkedOut(digests, all_plain, created)
