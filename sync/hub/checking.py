"""Whether an edit is one that its laptop may write about records that are there: change by change."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from pydantic import ValidationError

from casework.records import RECORD_TYPES
from sync.hub.central import Central, Held
from sync.hub.fields import known_fields
from sync.hub.rights import Refusal, Rights, ties_to
from sync.messages.steps import Changed, SentEdit

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


def validated(record_type: str, record: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as their record type spells them; those that it does not know stay as they are.

    What a laptop brings back may lack what it could not hold: that stays open for who has it. Raises Refusal.
    """
    cls = RECORD_TYPES[record_type]
    try:
        known = known_fields(cls, fields)
        known["id"] = record
        # As `model_validate` and `model_dump` do it, which take a tenth longer.
        held = cls.__pydantic_validator__.validate_python(known)
        spelt_out: dict[str, Any] = cls.__pydantic_serializer__.to_python(held, mode="json")
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise Refusal("bad-value", f"The field {place} does not hold what it has to.") from None
    del spelt_out["id"]
    if spelt_out.keys() == fields.keys():
        return spelt_out
    return {name: spelt_out.get(name, value) for name, value in fields.items()}
