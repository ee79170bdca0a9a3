"""Settling a conflict: what can be chosen, and the Edit that chooses it.

What stands is the field as it is now, not as it was when the conflict arose: an earlier conflict about the
same field may have been settled meanwhile. Nothing is lost by settling: the conflict keeps every value.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from casework.canonical import spelt
from casework.edits import Edit, update
from casework.errors import BadInput, Refused
from casework.records import LONGEST_LINE, RECORD_TYPES, Record, meta_of
from casework.records_sharing import SAFEST_FIRST, Agreement
from casework.records_sync import Conflict

Keep = Literal["central", "yours", "both", "text"]
"""What stands; what was also said; both of them; or a new text."""

_SAME = ("record", "field", "base", "central_edit", "other", "other_edit")
_APART = " / "
"""Between two one-line texts that are both kept."""


def field_label(record_type: str, field: str) -> str:
    """The label of a field as forms show it; of one that this version does not know, its name.

    That a record was taken back (undone, removed, merged away) is a field, too.
    """
    if field == "void":
        return "Taken back"
    if record_type not in RECORD_TYPES or field not in RECORD_TYPES[record_type].model_fields:
        return field
    meta = meta_of(record_type, field)
    return meta.label if meta else field


def standing_value(held: Record, field: str) -> Any:
    """What a field holds now, JSON-safe. Raises Refused for a field that this version does not know."""
    values = held.model_dump(mode="json")
    if field not in values:
        raise Refused("unknown-field", "This version of Outreach does not know that field: update it first.")
    return values[field]


def can_join(record_type: str, field: str) -> bool:
    """Whether both values can be kept: of a list and of a text."""
    info = _info(record_type, field)
    return info is not None and (_is_list(info) or _longest(info) > 0)


def is_one_line(record_type: str, field: str) -> bool:
    """Whether a person writes the field in one line: all but the texts of several."""
    info = _info(record_type, field)
    return info is not None and _longest(info) <= LONGEST_LINE


def is_list(record_type: str, field: str) -> bool:
    """Whether a person writes the field as items, parted by `;`."""
    info = _info(record_type, field)
    return info is not None and _is_list(info)


def joined_value(record_type: str, field: str, standing: Any, other: Any) -> Any:
    """Both as one: every item of two lists, every line of two texts. Raises Refused where it cannot be."""
    info = _info(record_type, field)
    if info is None or not can_join(record_type, field):
        raise Refused("cannot-join", "Only one value fits here: keep one of the two, or write another.")
    if _is_list(info):
        return list(dict.fromkeys((*(standing or ()), *(other or ()))))
    if _longest(info) > LONGEST_LINE:
        lines = (line for line in (*str(standing).split("\n"), *str(other).split("\n")) if line.strip())
        return "\n".join(dict.fromkeys(lines))
    texts = dict.fromkeys(text for text in (str(standing), str(other)) if text.strip())
    return _APART.join(texts)


def is_kept(record_type: str, field: str, value: Any, chosen: Any) -> bool:
    """Whether a value is what was chosen or, of a list or a text, stands whole within it."""
    if value == chosen:
        return True
    info = _info(record_type, field)
    if info is None or not value or not can_join(record_type, field):
        return False
    if _is_list(info):
        return set(value) <= set(chosen or ())
    apart = "\n" if _longest(info) > LONGEST_LINE else _APART
    return set(str(value).split(apart)) <= set(str(chosen).split(apart))


def typed_value(record_type: str, field: str, text: str, today: date) -> Any:
    """What a person typed as a value of the field: items parted by `;`, days as they are said, yes and no.

    Raises Refused for a field that names another record, BadInput for a day that cannot be read.
    """
    info = _info(record_type, field)
    if info is None:
        raise Refused("unknown-field", "This version of Outreach does not know that field: update it first.")
    words = text.strip()
    if _is_list(info):
        return [item for part in words.split(";") if (item := part.strip())]
    if date in _kinds(info.annotation):
        from casework.dates import parse_date

        return parse_date(words, today).isoformat() if words else None
    if str in _kinds(info.annotation) and not _longest(info):
        raise Refused("names-a-record", "This field names another record: keep one of the two values.")
    return words or (None if type(None) in _kinds(info.annotation) else words)


def chosen_value(conflict: Conflict, held: Record, keep: Keep, text: str, today: date) -> Any:
    """The value that a choice means, as the field holds it. Raises Refused or BadInput."""
    standing, other = standing_value(held, conflict.field), json.loads(conflict.other)
    wanted = standing
    if keep == "yours":
        wanted = other
    elif keep == "both":
        wanted = joined_value(conflict.record_type, conflict.field, standing, other)
    elif keep == "text":
        wanted = typed_value(conflict.record_type, conflict.field, text, today)
    try:
        changes = update(held, **{conflict.field: wanted})
    except ValidationError:
        label = field_label(conflict.record_type, conflict.field)
        raise BadInput("bad-value", f"That does not fit “{label}”; shorten or correct it.") from None
    return changes[0].new if changes else standing


def disagreement(conflict: Conflict | Mapping[str, Any]) -> tuple[str, ...]:
    """What is the same of a conflict, or its fields, with whichever child of several it is filed."""
    fields = dict(conflict)
    return tuple(fields.get(name) or "" for name in _SAME)


def settle(
    conflict: Conflict,
    held: Record,
    keep: Keep,
    *,
    text: str = "",
    others: Sequence[Conflict] = (),
    today: date,
) -> Edit:
    """The Edit that settles a conflict about a field of `held`; `others` are open ones about the same field.

    Of those, the ones are settled with it that ask for the very value that is chosen, or for one of the two
    between which it was chosen, and what is filed of this one with other children. Raises Refused for a
    choice that would open more of an agreement than stands, BadInput for a conflict that is settled already
    and for a value that does not fit.
    """
    if conflict.settled or conflict.void:
        raise BadInput("settled", "That conflict is settled already.", conflict.id)
    if conflict.record != held.id:
        raise ValueError("the record is not the one that the conflict is about")
    value = chosen_value(conflict, held, keep, text, today)
    _refuse_reviving(held, conflict.field, value)
    weighed = (value, standing_value(held, conflict.field), json.loads(conflict.other))
    same = [one for one in others if one.id != conflict.id and json.loads(one.other) in weighed]
    about = update(held, **{conflict.field: value})
    ended = (change for one in (conflict, *same) for change in _ended(one, value))
    label = field_label(conflict.record_type, conflict.field)
    return Edit(f"Settle a conflict: {label}", (*about, *ended), subject=conflict.child)


def _ended(conflict: Conflict, value: Any) -> Iterable[Any]:
    return update(conflict, settled=True, chosen=spelt(value))


def _refuse_reviving(held: Record, field: str, value: Any) -> None:
    """A withdrawal ends an agreement for good; what was agreed to anew is a record of its own."""
    if not isinstance(held, Agreement):
        return
    order = list(SAFEST_FIRST)
    opens = field == "status" and value in order and order.index(value) > order.index(held.status)
    undated = held.status == "withdrawn" and field == "withdrawn_on" and value is None
    if opens or undated:
        raise Refused(
            "withdrawn",
            "That would bring back what the family ended; record a new agreement when they agree again.",
        )


def _info(record_type: str, field: str) -> FieldInfo | None:
    if record_type not in RECORD_TYPES or field in ("id", "void"):
        return None
    return RECORD_TYPES[record_type].model_fields.get(field)


def _is_list(info: FieldInfo) -> bool:
    return get_origin(info.annotation) is tuple


def _longest(info: FieldInfo) -> int:
    """Characters of a text; 0 for what is no text of its own, as the id of a record."""
    if info.annotation is not str:
        return 0
    return max((getattr(part, "max_length", None) or 0 for part in info.metadata), default=0)


def _kinds(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) or (annotation,)
