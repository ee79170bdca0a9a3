"""What can be said of a row before the caseload is looked at: its fields checked, and what it adds to a sum.

It needs no database, so it is done beside the page before, while that is put in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, reduce
from operator import or_
from typing import Any

from pydantic import ValidationError

from casework.canonical import MODULUS, facet_hashes, octets_of
from casework.facets import BIT_OF_KEY, joined
from casework.records import RECORD_TYPES
from casework.scopes import TIED_TYPES, own_scope
from storage.central.delivery import Row, Share
from storage.central.extras import unknown

TIED_BY = {"child": ("household", "household"), "relationship": ("person", "person")}
"""What a child or a relationship ties: the type of the tied record, and the field that names it."""
_OF_SEVERAL = TIED_TYPES | TIED_BY.keys()
"""Types whose scopes others say, or that say them: they are counted as they stand."""


def weighed(rows: Iterable[Row]) -> list[Row]:
    """These rows with their whole fields and their shares, where they have such."""
    found = list(rows)
    scopes: dict[str, str] = {}  # one text for each scope, not one for each record
    for row in found:
        if row.type not in RECORD_TYPES:
            continue
        try:
            row.values = values = whole(row.type, row.id, joined(row.parts.values()))
        except ValidationError:
            continue
        if row.type not in _OF_SEVERAL and not unknown(row.type, row.parts):
            row.share = share_of(row.type, row.id, values, scopes)
    return found


def share_of(record_type: str, record: str, values: Mapping[str, Any], scopes: dict[str, str]) -> Share:
    """What a record with these fields adds to the sum of its one scope."""
    hashes = facet_hashes(record_type, record, values)
    bits = reduce(or_, (BIT_OF_KEY[key] for key in hashes))
    scope = own_scope(record_type, record, values)
    total = octets_of(sum(hashes.values()) % MODULUS)
    return Share(scopes.setdefault(scope, scope), bits, len(hashes), total)


def whole(record_type: str, record: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Every field of a record but its id: as given, else empty. Raises ValidationError."""
    cls = RECORD_TYPES[record_type]
    names = names_of(record_type)
    if not fields.keys() - {"void"} <= names:
        fields = {name: value for name, value in fields.items() if name in names or name == "void"}
    values = cls.model_validate({**_empty(record_type), **fields, "id": record}).model_dump(mode="json")
    del values["id"]
    return values


@cache
def names_of(record_type: str) -> frozenset[str]:
    """All fields of a record type but its id, and but `void`, which each record has."""
    return frozenset(RECORD_TYPES[record_type].model_fields) - {"id", "void"}


@cache
def _empty(record_type: str) -> Mapping[str, str]:
    """The fields of a record type that have to be there, but for its id, empty."""
    fields = RECORD_TYPES[record_type].model_fields
    return {name: "" for name in fields if name != "id" and fields[name].is_required()}
