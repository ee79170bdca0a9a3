"""An Edit: one named step of work, holding the field changes it makes and the values they were based on.

Pure functions build Edits; `storage.journal` is the only place that commits them. History, undo, sync,
conflicts and refresh all come from this one shape.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from casework.records import Record

CREATED = ""
"""The `field` of a change that brings a whole record into being; its `new` is the record's fields."""
REST = "/r"
"""After the id of a step, before a number: what is left of it where its laptop had to give up some of it."""
UNDO, REDO = "Undo: ", "Redo: "
"""How the names of steps begin that take another step back, and that bring one again."""
BROUGHT_BACK = "Brought back"
"""The name of a step that gives a central record what it lost, as far as a laptop holds it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one record: the value it was based on and the new one, both JSON-safe."""

    type: str
    record: str
    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Edit:
    """A named step; `subject` is the child it concerns, if it is one, `reason` the worker's own words."""

    name: str
    changes: tuple[Change, ...]
    subject: str | None = None
    reason: str = ""


def create(record: Record) -> Change:
    """The change that brings `record` into being."""
    values = record.model_dump(mode="json", exclude={"id", "void"})
    return Change(record.type, record.id, CREATED, None, values)


def update(record: Record, /, **fields: Any) -> tuple[Change, ...]:
    """The changes that turn `record`'s named fields into the given values; equal values give no change.

    Raises pydantic.ValidationError when a value does not fit its field.
    """
    before = record.model_dump(mode="json")
    after = type(record).model_validate({**before, **fields}).model_dump(mode="json")
    return tuple(
        Change(record.type, record.id, name, before[name], after[name])
        for name in fields
        if before[name] != after[name]
    )


def bundle(name: str, edits: Iterable[Edit], reason: str = "") -> Edit:
    """Several edits as one step, so that one undo takes all of them back."""
    parts = list(edits)
    subjects = {part.subject for part in parts}
    return Edit(
        name,
        tuple(change for part in parts for change in part.changes),
        subject=subjects.pop() if len(subjects) == 1 else None,
        reason=reason,
    )
