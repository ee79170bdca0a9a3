"""A record's fields as the central record keeps them: how they are written, and read again.

A laptop of another version may leave fields out, or bring some that this version does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple, TypeVar

from pydantic_core import from_json

from casework.canonical import are_plain, facet_hashes, json_text
from casework.facets import Facet, facets
from casework.records import RECORD_TYPES, Record

R = TypeVar("R", bound=Record)


class Written(NamedTuple):
    """Fields of a record as they are written: their text, the key of the leading facet, and the hash of each
    facet by its key.
    """

    fields: dict[str, Any]
    text: str
    lead: str
    hashes: Mapping[str, int]


def facets_of(record_type: str, fields: Mapping[str, Any]) -> dict[Facet, dict[str, Any]]:
    """A record's facets; what a laptop could not bring back of it counts as empty, as it does there."""
    return facets(record_type, {**usual_fields(record_type), **fields})


@cache
def usual_fields(record_type: str) -> Mapping[str, Any]:
    """The fields of a record about which nobody has said anything yet."""
    cls = RECORD_TYPES[record_type]
    fields = cls.model_fields
    usual = {name: info.get_default() for name, info in fields.items() if not info.is_required()}
    listed = {name: list(value) if isinstance(value, tuple) else value for name, value in usual.items()}
    return {name: value for name, value in (known_fields(cls, {}) | listed).items() if name != "id"}


def hashes_of(
    record_type: str, record: str, fields: Mapping[str, Any], *, plain: bool | None = None
) -> tuple[str, dict[str, int]]:
    """The key of a record's leading facet, and the hash of each facet by its key."""
    usual = usual_fields(record_type)
    if not usual.keys() <= fields.keys():
        fields = {**usual, **fields}
    hashes = facet_hashes(record_type, record, fields, plain=plain)
    return next(iter(hashes)), hashes


def written(record_type: str, record: str, fields: dict[str, Any], *, plain: bool | None = None) -> Written:
    """How the fields of a record are written. `plain`: whether `are_plain` holds of them, where known."""
    if plain is None:
        plain = are_plain(fields.values())
    text = json_text(fields, plain=plain)
    return Written(fields, text, *hashes_of(record_type, record, fields, plain=plain))


def read_as(cls: type[R], row: Any) -> R:
    """A stored row as its record type, without the fields that this version does not know."""
    return cls.model_validate(known_fields(cls, from_json(row.fields)) | {"id": row.id})


def known_fields(cls: type[Record], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that this version knows; empty texts for what a laptop could not hold of a record that it
    brought back.
    """
    names, texts = _names_of(cls)
    if fields.keys() <= names:
        return {**texts, **fields}
    return {**texts, **{name: value for name, value in fields.items() if name in names}}


@cache
def _names_of(cls: type[Record]) -> tuple[frozenset[str], Mapping[str, str]]:
    """All fields of a record type but its id, and the texts among them that have to be there, left empty."""
    fields = cls.model_fields
    names = frozenset(fields) - {"id"}
    needed = (name for name in fields if fields[name].is_required() and fields[name].annotation is str)
    return names, dict.fromkeys((name for name in needed if name != "id"), "")
