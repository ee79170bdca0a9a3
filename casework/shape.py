"""Which kinds of records, fields and facets this version knows, for two versions that meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from casework.canonical import fingerprint
from casework.facets import FACET_OF_KEY
from casework.records import RECORD_TYPES

Kinds = Mapping[str, Sequence[str]]
"""The fields of each record type, by name."""


@cache
def kinds() -> Kinds:
    """What this version knows."""
    return {name: sorted(cls.model_fields) for name, cls in sorted(RECORD_TYPES.items())}


@cache
def shape() -> str:
    """One word for what this version knows; another version has another."""
    return fingerprint(kinds(), [*FACET_OF_KEY], size=8).hex()


def beyond(other: Kinds) -> dict[str, list[str]]:
    """The fields that this version knows and the other does not; of a kind that it does not know, all."""
    if not other:
        return {}
    found = {kind: sorted({*fields} - {*other.get(kind, ())}) for kind, fields in kinds().items()}
    return {kind: fields for kind, fields in found.items() if fields}
