"""One spelling of a value, and the sums by which two sides know that they hold the same.

A facet's hash covers the record's type and id and the facet's fields, but for those that have their default:
a side that does not know a field yet agrees with one where nobody has filled it in. Digests are sums, so they
are kept up to date by adding and taking away; they find faults, not forgery.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from itertools import chain
from typing import Any

from orjson import OPT_SORT_KEYS, dumps
from pydantic_core import to_json

from casework.facets import Facet, facets, plain_facets
from casework.records import RECORD_TYPES

_ENCODE = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
MODULUS = 1 << 256
"""Sums of hashes are kept modulo this."""
_WIDTH = 32
_LEAVES = frozenset((str, int, bool, type(None)))
_BRANCHES = frozenset((dict, list, tuple))


def spelt(value: Any) -> str:
    """A JSON-safe value in the one spelling that is hashed: sorted keys, no spaces, no escapes."""
    return _ENCODE(value)


def fingerprint(*parts: Any, size: int = _WIDTH) -> bytes:
    """BLAKE2b of values in their one spelling."""
    return blake2b(_octets(parts, parts), digest_size=size).digest()


def fingerprint_of(value: Any, *, plain: bool) -> bytes:
    """`fingerprint` of one value; whether `are_plain` holds of what is in it is known."""
    return blake2b(_spelling(plain)((value,)), digest_size=_WIDTH).digest()


def facet_hash(record_type: str, record: str, facet: Facet, fields: Mapping[str, Any]) -> int:
    """The hash of one facet of a record, as a number below 2 to the power of 256."""
    usual = defaults(record_type).get
    told = {name: value for name, value in fields.items() if value != usual(name, _UNKNOWN)}
    text = _octets((record_type, record, facet.key, told), told.values())
    return int.from_bytes(blake2b(text, digest_size=_WIDTH).digest())


def facet_hashes(
    record_type: str, record: str, values: Mapping[str, Any], *, plain: bool | None = None
) -> dict[str, int]:
    """The hash of every facet of a record by the facet's key, the leading one first: as `facets` and
    `facet_hash` give them, in one go. `plain`: whether `are_plain` holds of its values, where it is known.
    """
    plan = _plan(record_type)
    if plan is None:
        parts = facets(record_type, values)
        return {facet.key: facet_hash(record_type, record, facet, part) for facet, part in parts.items()}
    found: dict[str, int] = {}
    said = values.get
    spell = _spelling(are_plain(values.values()) if plain is None else plain)
    for key, names in plan:
        told = {name: value for name, usual in names if (value := said(name, usual)) != usual}
        if not told and found and not any(name in values for name, _ in names):
            continue
        text = spell((record_type, record, key, told))
        found[key] = int.from_bytes(blake2b(text, digest_size=_WIDTH).digest())
    return found


@cache
def _plan(record_type: str) -> Sequence[tuple[str, Sequence[tuple[str, Any]]]] | None:
    """The key of each facet with the names of its fields and what they have when nothing was said;
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


def json_text(value: Any, *, plain: bool) -> str:
    """A JSON-safe value as it is stored; whether `are_plain` holds of what is in it is known."""
    if plain:
        try:
            return dumps(value).decode()
        except TypeError:
            pass
    return to_json(value).decode()


def _octets(value: Any, told: Iterable[Any]) -> bytes:
    """As `spelt`, in UTF-8. Only what was `told` in it may hold what the quick encoder spells otherwise."""
    return _spelling(are_plain(told))(value)


def _spelling(plain: bool) -> Callable[[Any], bytes]:
    return _quickly if plain else _slowly


def _quickly(value: Any) -> bytes:
    """As `spelt`, in UTF-8, of what is plain.

    The quick encoder refuses keys that are no texts, half characters, numbers of more than 64 bits and deep
    nesting.
    """
    try:
        return dumps(value, option=OPT_SORT_KEYS)
    except TypeError:
        return _slowly(value)


def _slowly(value: Any) -> bytes:
    return spelt(value).encode()


def are_plain(values: Iterable[Any]) -> bool:
    """Whether the quick encoder, if it takes them, spells all of these alike: no fraction, no other type.

    Level by level and not value by value, which takes half the time.
    """
    while True:
        nested = [value for value in values if type(value) not in _LEAVES]
        if not nested:
            return True
        if not _BRANCHES.issuperset(map(type, nested)):
            return False
        values = chain.from_iterable([value.values() if type(value) is dict else value for value in nested])


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
    count = total = 0
    for digest in digests:
        count += digest.count
        total += digest.total
    return Digest(count, total % MODULUS)


_UNKNOWN = object()


@cache
def defaults(record_type: str) -> Mapping[str, Any]:
    """What the fields of a record type have when nothing was said; only those that need not be given."""
    if record_type not in RECORD_TYPES:
        return {"void": False}
    fields = RECORD_TYPES[record_type].model_fields
    held = {name: info.get_default() for name, info in fields.items() if not info.is_required()}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in held.items()}
