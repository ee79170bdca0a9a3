"""What this laptop holds of records of which a central record that was put back knows only a part.

Another laptop brought such a record back as far as it held it. What it could not hold is no value, so it
replaces none here: the field stays as it is, and is sent.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from casework.canonical import defaults
from storage.central.delivery import Row
from storage.central.identity import keep, kept
from storage.cipher import Connection

_NAME = "lacking"


def keep_own(row: Row, before: Mapping[str, Any], lacking: Collection[str]) -> list[str]:
    """Let what this laptop says of fields that the central record lacks stand in a row; which they are."""
    usual = defaults(row.type)
    own = [name for name in lacking if name in before and before[name] not in (usual.get(name, ""), "")]
    row.values = {**(row.values or before), **{name: before[name] for name in own}}
    row.share = None
    return own


def note_lacking(conn: Connection, found: Mapping[tuple[str, str], Collection[str]]) -> None:
    """Keep which fields of these records (type, id) are to be brought back, in the caller's transaction."""
    if not found:
        return
    held = {record: (kind, names) for kind, record, names in read_lacking(conn)}
    held |= {record: (kind, [*names]) for (kind, record), names in found.items()}
    keep(conn, _NAME, json.dumps([(kind, record, names) for record, (kind, names) in held.items()]))


def read_lacking(conn: Connection) -> list[tuple[str, str, list[str]]]:
    """Type, id and fields of each record of which something is to be brought back."""
    return [(kind, record, names) for kind, record, names in json.loads(kept(conn, _NAME) or "[]")]


def forget_lacking(conn: Connection) -> None:
    """The central record has it."""
    if kept(conn, _NAME) not in ("", "[]"):
        keep(conn, _NAME, "[]")
