"""What nobody has said yet of a record that a laptop brought back in part: no value, and no edit.

A laptop gives a central record that was set back what it holds. Of what it may not hold nothing is there
then, or a stand-in, until the laptop comes that has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection, select

from casework.canonical import octets_of
from casework.facets import WITHHELD_WORDS, stand_ins
from casework.records import RECORD_TYPES
from sync.hub import tables
from sync.hub.entitlement import facets_in
from sync.hub.fields import facets_of, hashes_of, usual_fields
from sync.hub.portions import batched
from sync.hub.rights import BIT
from sync.messages.steps import Changed


def is_stand_in(change: Changed, name: str, fields: Mapping[str, Any]) -> bool:
    """Whether what is there of a field stands for the value with which a change makes the record."""
    if change.type not in _WITH_STAND_INS or name not in change.new or fields[name] == change.new[name]:
        return False
    shown = stand_ins(change.type, {**usual_fields(change.type), **change.new})
    return name in shown and shown[name] == fields[name]


def lacking_of(connection: Connection, records: Sequence[str], put_back: int) -> dict[str, list[str]]:
    """By record, the fields of which nothing was said since a backup was put back at this number."""
    column = tables.record.c
    found: dict[str, list[str]] = {}
    for some in batched(records):
        chosen = select(column.id, column.type, column.seq, column.fields, column.versions)
        for row in connection.execute(chosen.where(column.id.in_(some), column.seq > put_back)):
            if names := lacking_since(row, put_back, _ALL):
                found[row.id] = names
    return found


def lacking_since(row: Any, put_back: int | None, mask: int) -> list[str]:
    """What is `lacking` of a row that was made since a backup was put back at this number, if one was."""
    if put_back is None or row.seq <= put_back:
        return []
    if from_json(row.versions).get("", row.seq) <= put_back:
        return []
    return lacking(row.type, from_json(row.fields), mask)


def lacking(record_type: str, fields: Mapping[str, Any], mask: int) -> list[str]:
    """The fields of a stored record of which nothing was said, as far as the facets of the mask hold them."""
    unsaid = _names(record_type) - fields.keys()
    if record_type in _WITH_STAND_INS:
        unsaid |= {name for name, value in fields.items() if value == WITHHELD_WORDS}
    if not unsaid:
        return []
    held = facets_in(mask)
    exact = {name: facet for facet, part in facets_of(record_type, fields).items() for name in part}
    return sorted(name for name in unsaid if exact.get(name) in held)


def otherwise(connection: Connection, held: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Those of these records that are otherwise here; a laptop holds of each some facets: hashes by key."""
    column = tables.record.c
    found: list[str] = []
    for some in batched(held):
        for row in connection.execute(
            select(column.id, column.type, column.fields).where(column.id.in_(some))
        ):
            _, here = hashes_of(row.type, row.id, from_json(row.fields))
            if any(key in here and told != octets_of(here[key]).hex() for key, told in held[row.id].items()):
                found.append(row.id)
    return found


_ALL = sum(BIT.values())
_WITH_STAND_INS = frozenset({"agreement", "follow_up"})
"""Types that are made once, and of which a field may have a stand-in."""


@cache
def _names(record_type: str) -> frozenset[str]:
    cls = RECORD_TYPES.get(record_type)
    return frozenset(cls.model_fields) - {"id", "void"} if cls else frozenset()
