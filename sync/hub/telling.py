"""What is said of one record to a laptop: the facets that it may hold, and whose steps changed them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from pydantic_core import from_json

from casework.canonical import defaults
from casework.facets import Facet, plain_facets, portion
from sync.hub.entitlement import BIT, facets_in
from sync.hub.fields import facets_of, usual_fields
from sync.messages.pages import Sent, own_sent

_KEY: Mapping[Facet, str] = {facet: facet.key for facet in BIT}
_NOT_SAID = object()
_Part = tuple[str, Sequence[tuple[str, Any, Any]], bool]
"""A facet's key; its fields, each with what it is where nothing is stored and what goes without saying; and
whether there is always something of it.
"""
_Names = Iterable[Collection[str]]


def said_of(row: Any, mask: int, since: int | None = None) -> Sent | None:
    """A stored record with the facets of the mask; None without the leading one.

    With `since` it says which steps after it changed what is sent.
    """
    parts, names = _told(row.type, from_json(row.fields, cache_strings="keys"), mask)
    if not parts:
        return None
    seq, steps = (row.seq, {}) if since is None else _steps_of(row, names, since)
    return own_sent(row.type, row.id, seq, parts, steps)


def _told(record_type: str, fields: Mapping[str, Any], mask: int) -> tuple[dict[str, dict[str, Any]], _Names]:
    """What has to be said of each facet of the mask, by key, and the names of all fields in them."""
    plan = _plan(record_type, mask)
    if plan is None:
        found = portion(facets_of(record_type, fields), facets_in(mask))
        return {_KEY[facet]: _to_tell(record_type, part) for facet, part in found.items()}, found.values()
    said = fields.get
    parts = {
        key: {name: value for name, kept, usual in names if (value := said(name, kept)) != usual}
        for key, names, always in plan
        if always or any(name in fields for name, _, _ in names)
    }
    return parts, _names(record_type, mask)


@cache
def _parts_of(record_type: str) -> Sequence[tuple[int, _Part]] | None:
    """The facets of a record type, each with its bit, the leading one first; None where they depend on what a
    record says.
    """
    named = plain_facets(record_type)
    if named is None:
        return None
    kept, usual = {**usual_fields(record_type), "void": False}, defaults(record_type)
    found = []
    for n, (facet, names) in enumerate(named):
        fields = [
            (name, kept.get(name, _NOT_SAID), usual.get(name, _NOT_SAID))
            for name in dict.fromkeys((*names, *(() if n else ("void",))))
        ]
        always = any(value is not _NOT_SAID for _, value, _ in fields)
        found.append((BIT[facet], (_KEY[facet], fields, always)))
    return found


@lru_cache(maxsize=4096)
def _plan(record_type: str, mask: int) -> Sequence[_Part] | None:
    """The facets of a record type that a mask opens; none without the leading one."""
    parts = _parts_of(record_type)
    if parts is None:
        return None
    return [part for bit, part in parts if mask & bit] if mask & parts[0][0] else []


@lru_cache(maxsize=4096)
def _names(record_type: str, mask: int) -> Sequence[Collection[str]]:
    return [[name for name, _, _ in names] for _, names, _ in _plan(record_type, mask) or ()]


def _steps_of(row: Any, parts: _Names, since: int) -> tuple[int, dict[str, int]]:
    """The newest step that changed one of these fields, and those of fields that others changed since.

    A step that changed only what the laptop may not hold is not among them.
    """
    versions = from_json(row.versions)
    made = versions.get("", row.seq)
    if len(versions) == 1:
        return made, {}
    changed = {name: versions[name] for fields in parts for name in fields if name in versions}
    newest = max(changed.values(), default=made)
    if made > since:
        return newest, {"": made, **changed} if changed else {}
    return newest, {name: seq for name, seq in changed.items() if since < seq != newest}


def _to_tell(record_type: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What has to be said of a facet: a field that is as usual goes without saying.

    A laptop that does not know a field could not tell that it is as usual, and would count it otherwise.
    """
    usual = defaults(record_type)
    return {name: value for name, value in fields.items() if name not in usual or value != usual[name]}
