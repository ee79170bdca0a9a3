"""Whether an edit is one that its laptop may write about records that are there: change by change."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from casework.records import RECORD_TYPES
from sync.hub.central import Central, Held
from sync.hub.rights import Refusal, Rights, ties_to
from sync.messages import Changed, SentEdit

UNKNOWN_TYPE = "unknown-type"
"""The code of a step that waits until the central record is brought up to date."""


def refusals(
    edit: SentEdit, central: Central, rights: Rights | None, made_before: Collection[str]
) -> Iterator[tuple[int, Refusal]]:
    """Which changes of an edit, by their place in it, cannot be taken, and why.

    `rights` are those of its laptop, None where the central record itself writes. `made_before` came into
    being by edits before it in the same push.
    """
    made = {
        *made_before,
        *(one.record for one in edit.changes if not one.field and not central.get(one.record).stands),
    }
    central.fetch([tied for change in edit.changes for tied in ties_to(change)])
    created: set[str] = set()
    for place, change in enumerate(edit.changes):
        held = central.get(change.record)
        if not change.field:
            created.add(change.record)
        try:
            _check_kind(change, held, created)
            if rights is not None:
                rights.check(change, held, edit, made)
        except Refusal as refusal:
            yield place, refusal


def _check_kind(change: Changed, held: Held, created: Collection[str]) -> None:
    """Raise Refusal unless the record of a change is there, or was `created`, and of that kind."""
    if change.type not in RECORD_TYPES:
        raise Refusal(UNKNOWN_TYPE, "The central record is older than this laptop: the step waits there.")
    if held.stands and held.type != change.type:
        raise Refusal("other-type", "A record of another kind has this id.")
    if not held.stands and change.record not in created:
        raise Refusal("no-such-record", "The central record has no such record.", (held.id,))
