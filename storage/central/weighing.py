"""What can be said of a row before the caseload is looked at: its fields checked, what it adds to a sum, and
how it is written where it is not here yet.

It needs no database, so it is done beside the page before, while that is put in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache, reduce
from operator import or_
from typing import Any

from pydantic import ValidationError

from casework.canonical import MODULUS, facet_hashes, octets_of
from casework.facets import BIT_OF_KEY
from casework.records import RECORD_TYPES, Record
from casework.scopes import TIED_TYPES, own_scope
from storage.central.delivery import Row, Share
from storage.central.extras import is_known, unknown
from storage.journal import made_of

TIED_BY = {"child": ("household", "household"), "relationship": ("person", "person")}
"""What a child or a relationship ties: the type of the tied record, and the field that names it."""
_OF_SEVERAL = TIED_TYPES | TIED_BY.keys()
"""Types whose scopes others say, or that say them: they are counted as they stand."""


def weighed(rows: Iterable[Row]) -> list[Row]:
    """These rows with their whole fields, their shares and how they are written, where they have such."""
    found = list(rows)
    scopes: dict[str, str] = {}  # one text for each scope, not one for each record
    for row in found:
        if row.type not in RECORD_TYPES:
            continue
        known = is_known(row.type, row.parts)
        try:
            row.values = values = _whole(row, known=known)
        except ValidationError:
            continue
        if row.type not in _OF_SEVERAL and (known or not unknown(row.type, row.parts)):
            row.share = share_of(row.type, row.id, values, scopes)
        void = values.pop("void")  # a record is not made void
        if not row.steps and not void:
            row.made = made_of(row.type, row.id, values)
        values["void"] = void
    return found


def share_of(record_type: str, record: str, values: Mapping[str, Any], scopes: dict[str, str]) -> Share:
    """What a record with these fields adds to the sum of its one scope."""
    hashes = facet_hashes(record_type, record, values)
    scope = own_scope(record_type, record, values)
    total = octets_of(sum(hashes.values()) % MODULUS)
    return Share(scopes.setdefault(scope, scope), _bits(tuple(hashes)), len(hashes), total)


@lru_cache(maxsize=512)
def _bits(keys: tuple[str, ...]) -> int:
    return reduce(or_, (BIT_OF_KEY[key] for key in keys))


def _whole(row: Row, *, known: bool) -> dict[str, Any]:
    """Every field of a record but its id: as given, else empty. Raises ValidationError."""
    empty, validate, dump = _model(row.type)
    fields: dict[str, Any] = {**empty}
    for part in row.parts.values():
        fields.update(part)
    if not known:
        names = names_of(row.type)
        fields = {name: value for name, value in fields.items() if name in names or name == "void"}
    fields["id"] = row.id
    values: dict[str, Any] = dump(validate(fields), mode="json")
    del values["id"]
    return values


@cache
def names_of(record_type: str) -> frozenset[str]:
    """All fields of a record type but its id, and but `void`, which each record has."""
    return frozenset(RECORD_TYPES[record_type].model_fields) - {"id", "void"}


@cache
def _model(record_type: str) -> tuple[Mapping[str, str], Callable[..., Record], Callable[..., Any]]:
    """The fields of a record type that have to be there, but for its id, empty; what checks a record of it,
    and what makes JSON-safe values of one, as `model_validate` and `model_dump` do in half again the time.
    """
    cls = RECORD_TYPES[record_type]
    required = (name for name, info in cls.model_fields.items() if info.is_required() and name != "id")
    return (
        dict.fromkeys(required, ""),
        cls.__pydantic_validator__.validate_python,
        cls.__pydantic_serializer__.to_python,
    )
