"""One spelling of a value, and the sums by which two sides know that they hold the same.

A facet's hash covers the record's type and id and the facet's fields, but for those that have their default:
a side that does not know a field yet agrees with one where nobody has filled it in. Digests are sums, so they
are kept up to date by adding and taking away; they find faults, not forgery.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from casework.facets import Facet, facets, plain_facets
from casework.records import RECORD_TYPES

_ENCODE = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
MODULUS = 1 << 256
"""Sums of hashes are kept modulo this."""
_WIDTH = 32


def spelt(value: Any) -> str:
    """A JSON-safe value in the one spelling that is hashed: sorted keys, no spaces, no escapes."""
    return _ENCODE(value)


def fingerprint(*parts: Any, size: int = _WIDTH) -> bytes:
    """BLAKE2b of values in their one spelling."""
    try:
        text = _spelt_quickly(in_order(parts))
    except TypeError:
        text = spelt(parts).encode()
    return blake2b(text, digest_size=size).digest()


def fingerprint_in_order(value: Any) -> bytes:
    """`fingerprint` of one value that is made of what `in_order` gave, with its own keys sorted, too."""
    return blake2b(_spelt_quickly((value,)), digest_size=_WIDTH).digest()


def in_order(value: Any) -> Any:
    """A value with its keys sorted. Raises TypeError for what the quick encoder may spell otherwise."""
    kind = type(value)
    if kind is str or value is None or kind is bool or kind is int:
        return value
    if kind is dict:
        items = {name: value[name] for name in _sorted_names(tuple(value))}
        return items if _is_plain(items.values()) else {n: in_order(item) for n, item in items.items()}
    if kind is list or kind is tuple:
        return value if _is_plain(value) else [in_order(item) for item in value]
    raise TypeError


@lru_cache(maxsize=512)
def _sorted_names(names: tuple[str, ...]) -> Sequence[str]:
    """The fields of a record come in the same order thousands of times."""
    return sorted(names)


def facet_hash(record_type: str, record: str, facet: Facet, fields: Mapping[str, Any]) -> int:
    """The hash of one facet of a record, as a number below 2 to the power of 256."""
    usual = defaults(record_type).get
    told = {name: fields[name] for name in sorted(fields) if fields[name] != usual(name, _UNKNOWN)}
    parts = (record_type, record, facet.key, told)
    text = _spelt_quickly(parts) if _is_plain(told.values()) else spelt(parts).encode()
    return int.from_bytes(blake2b(text, digest_size=_WIDTH).digest())


def facet_hashes(record_type: str, record: str, values: Mapping[str, Any]) -> dict[str, int]:
    """The hash of every facet of a record by the facet's key, the leading one first: as `facets` and
    `facet_hash` give them, in one go.
    """
    plan = _plan(record_type)
    if plan is None:
        parts = facets(record_type, values)
        return {facet.key: facet_hash(record_type, record, facet, part) for facet, part in parts.items()}
    found: dict[str, int] = {}
    said = values.get
    for key, names in plan:
        told = {name: value for name, usual in names if (value := said(name, usual)) != usual}
        if not told and found and not any(name in values for name, _ in names):
            continue
        parts_of = (record_type, record, key, told)
        text = _spelt_quickly(parts_of) if _is_plain(told.values()) else spelt(parts_of).encode()
        found[key] = int.from_bytes(blake2b(text, digest_size=_WIDTH).digest())
    return found


@cache
def _plan(record_type: str) -> Sequence[tuple[str, Sequence[tuple[str, Any]]]] | None:
    """The key of each facet with the names of its fields, sorted, and what they have when nothing was said;
    None where the facets of a record depend on what it says.
    """
    named = plain_facets(record_type)
    if named is None:
        return None
    usual = defaults(record_type)
    return [
        (facet.key, [(name, usual.get(name, _UNKNOWN)) for name in sorted({*names, *also})])
        for n, (facet, names) in enumerate(named)
        for also in [() if n else ("void",)]
    ]


def _is_plain(values: Iterable[Any]) -> bool:
    """Whether the quick encoder spells these alike: none has keys to be sorted, or is a fraction."""
    for value in values:
        kind = type(value)
        if kind is str or value is None or kind is bool or kind is int:
            continue
        if kind is not list or not _is_plain(value):
            return False
    return True


def _spelt_quickly(value: Any) -> bytes:
    """As `spelt`, in UTF-8. Half a character has no spelling in either."""
    try:
        return to_json(value)
    except PydanticSerializationError:
        return spelt(value).encode()


@dataclass(frozen=True, slots=True)
class Digest:
    """How many facets somebody holds, and the sum of their hashes."""

    count: int = 0
    total: int = 0

    def __add__(self, other: Digest) -> Digest:
        return Digest(self.count + other.count, (self.total + other.total) % MODULUS)

    def __sub__(self, other: Digest) -> Digest:
        return Digest(self.count - other.count, (self.total - other.total) % MODULUS)

    @property
    def octets(self) -> bytes:
        """The sum as 32 bytes, as it is stored."""
        return octets_of(self.total)

    @property
    def text(self) -> str:
        """Count and sum as they are sent."""
        return f"{self.count}:{self.octets.hex()}"


def octets_of(total: int) -> bytes:
    """A sum as 32 bytes, as it is stored."""
    return total.to_bytes(_WIDTH)


def digest_of(octets: bytes, count: int) -> Digest:
    """A stored sum and its count."""
    return Digest(count, int.from_bytes(octets))


def sum_of(digests: Iterable[Digest]) -> Digest:
    """All of them together."""
    return sum(digests, Digest())


_UNKNOWN = object()


@cache
def defaults(record_type: str) -> Mapping[str, Any]:
    """What the fields of a record type have when nothing was said; only those that need not be given."""
    if record_type not in RECORD_TYPES:
        return {"void": False}
    fields = RECORD_TYPES[record_type].model_fields
    held = {name: info.get_default() for name, info in fields.items() if not info.is_required()}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in held.items()}
