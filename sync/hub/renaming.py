"""An edit under the ids by which the central record knows its records already."""

from __future__ import annotations

from typing import Any

from sync.messages.steps import Changed, SentEdit


def renamed(edit: SentEdit, known: dict[str, str]) -> SentEdit:
    """The edit as its laptop would send it once it has given these records their ids."""
    if not known:
        return edit
    changes = [
        Changed(
            type=change.type,
            record=known.get(change.record, change.record),
            field=change.field,
            old=_replaced(change.old, known),
            new=_replaced(change.new, known),
        )
        for change in edit.changes
    ]
    subject = known.get(edit.subject, edit.subject) if edit.subject else None
    return edit.model_copy(update={"changes": changes, "subject": subject})


def _replaced(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, str):
        for old, new in known.items():
            value = value.replace(old, new)
        return value
    if isinstance(value, dict):
        return {name: _replaced(one, known) for name, one in value.items()}
    if isinstance(value, list):
        return [_replaced(one, known) for one in value]
    return value
