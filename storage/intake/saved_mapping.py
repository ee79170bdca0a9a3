"""How a school's exports are read, kept with the caseload, and whom a person said its children are.

One ImportMapping record per school. Its ``layout`` is a `Mapping` that a person gave or accepted; ``answers``
remembers whom a child without a known UPN is: the child's id, then the ids of those whom a person was shown
beside it. So nobody is asked twice, and anybody who fits later is a new question.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from casework.edits import Change, create, update
from casework.errors import BadInput
from casework.ids import new_id
from casework.records import School
from casework.records_attendance import ImportMapping
from storage.intake.mapping import Mapping

if TYPE_CHECKING:
    from storage.store import Store

MOST_ANSWERS = 20_000
"""Answers kept per school; the oldest go first."""


@dataclass(slots=True)
class Saved:
    """What is kept for one school; ``layout`` is None where no person has given one."""

    layout: Mapping | None = None
    answers: dict[str, str] = field(default_factory=dict)
    record: ImportMapping | None = None


def load_saved(store: Store, school: str) -> Saved:
    """What is kept for the school with this record id; empty where nothing is, or what is does not fit."""
    found = sorted(store.find(ImportMapping, "school = ?", (school,)), key=lambda m: m.id, reverse=True)
    if not found:
        return Saved()
    kept = found[0].mapping
    answers = kept.get("answers")
    return Saved(
        _layout(kept.get("layout")),
        {str(key): str(child) for key, child in answers.items()} if isinstance(answers, dict) else {},
        found[0],
    )


def _layout(values: Any) -> Mapping | None:
    if not values:
        return None
    try:
        return Mapping.from_dict(values)
    except BadInput:
        return None


def without_layout(saved: Saved) -> list[Change]:
    """The changes that forget a school's layout and keep the answers about its children."""
    if saved.record is None or saved.layout is None:
        return []
    return list(update(saved.record, mapping={**saved.record.mapping, "layout": None}))


def save_changes(
    saved: Saved, school: School, layout: Mapping | None, answers: dict[str, str]
) -> list[Change]:
    """The changes that keep a layout (None keeps the former one) and new answers for a school."""
    layout = layout or saved.layout
    merged = {**saved.answers, **answers}
    kept = dict(list(merged.items())[-MOST_ANSWERS:])
    values: dict[str, Any] = {"layout": None, "answers": kept}
    if layout is not None:
        plain = replace(
            layout.to_save(), school=school.urn, format="" if layout.format == "ctf" else layout.format
        )
        values["layout"] = plain.to_dict()
    if saved.record is None:
        if layout is None and not kept:
            return []
        return [create(ImportMapping(id=new_id(), school=school.id, mapping=values))]
    return list(update(saved.record, mapping=values))
