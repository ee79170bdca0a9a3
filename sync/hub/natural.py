"""What says that two records made apart, on two laptops, are one and the same.

A school is its URN, a child's week at a school is that week. Such a record keeps the id that reached the
central record first; the other laptop gives its own the same id before anybody else has seen it. A child is
known by a permanent UPN and the date of birth together; anything less is for a person to decide.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from casework.identifiers import check_upn
from casework.text import fold
from sync.hub import tables
from sync.hub.central import Central, batched
from sync.messages import SentEdit

Fields = Mapping[str, Any]


def _child(fields: Fields) -> tuple[Any, ...] | None:
    upn, born = fields.get("upn"), fields.get("dob")
    if not upn or not born:
        return None
    checked = check_upn(upn)
    return (upn, born) if checked.valid and not checked.temporary else None


_KEYS: Mapping[str, Callable[[Fields], tuple[Any, ...] | None]] = {
    "school": lambda f: (f.get("urn"),),
    "team": lambda f: (fold(f.get("name", "")),),
    "calendar": lambda f: (f.get("school"), f.get("kind"), f.get("start"), f.get("end")),
    "child": _child,
    "enrolment": lambda f: (f.get("child"), f.get("school"), f.get("start")),
    "attendance_week": lambda f: (f.get("child"), f.get("school"), f.get("week")),
    "attendance_total": lambda f: (f.get("child"), f.get("school"), f.get("year")),
}


KEYED = frozenset(_KEYS)
"""Record types of which two laptops can make the same one."""


def key_of(record_type: str, fields: Fields) -> str | None:
    """What a record is known by, as one text, or None."""
    parts = _KEYS[record_type](fields) if record_type in _KEYS else None
    return "\x1f".join((record_type, *map(str, parts))) if parts else None


def known_as(connection: Connection, edits: Iterable[SentEdit], central: Central) -> dict[str, str]:
    """Ids of records that these edits create, each with the id under which it is known already."""
    keys: dict[str, str] = {}
    for edit in edits:
        for change in edit.changes:
            if change.field == "" and change.type in _KEYS and isinstance(change.new, dict):
                key = key_of(change.type, change.new)
                if key is not None and not central.get(change.record).stands:
                    keys[key] = change.record
    known = {}
    table = tables.natural
    for some in batched(keys):
        for row in connection.execute(select(table).where(table.c.key.in_(some))):
            if row.record != keys[row.key]:
                known[keys[row.key]] = row.record
    return known


def natural_rows(central: Central, made: Collection[str]) -> Sequence[Mapping[str, str]]:
    """What the records made in a push are known by from now on."""
    rows = []
    for record in made:
        held = central.get(record)
        key = key_of(held.type, held.fields)
        if key is not None:
            rows.append({"key": key, "record": record})
    return rows
