"""What the central record sent and this version does not know: kept as it came, counted, and given back.

A later version of Outreach has fields and kinds of records that this one has not. They are nobody's to see
or change here, but both sides hold them, so both sides count them; and where the central record has lost a
record, this laptop brings back all of it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any

from casework.facets import FACET_OF_KEY, OPENED_BY_OF_KEY, Facet
from casework.records import RECORD_TYPES
from storage.cipher import Connection
from storage.rows import portions

Parts = Mapping[str, Mapping[str, Any]]


class Extras:
    """All in the caller's transaction."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def put(self, rows: Iterable[tuple[str, str, Parts]], known: Iterable[str] = ()) -> None:
        """Keep what is not known of these records (type, id, facets), in the place of what was kept; of those
        that are wholly `known` nothing is kept.
        """
        found = {(kind, record): unknown(kind, parts) for kind, record, parts in rows}
        if self._any():
            self.drop([*known, *(record for _, record in found)])
        self._conn.executemany(
            "INSERT INTO sync_extra (record, type, parts) VALUES (?, ?, ?)",
            [(record, kind, json.dumps(parts)) for (kind, record), parts in found.items() if parts],
        )

    def of(self, records: Collection[str]) -> dict[str, dict[Facet, dict[str, Any]]]:
        """What is kept of these records."""
        found: dict[str, dict[Facet, dict[str, Any]]] = {}
        if not self._any():
            return found
        for some, marks in portions([*records]):
            for record, parts in self._conn.execute(
                f"SELECT record, parts FROM sync_extra WHERE record IN ({marks})", some
            ):
                found[record] = {FACET_OF_KEY[key]: fields for key, fields in json.loads(parts).items()}
        return found

    def type_of(self, record: str) -> list[str]:
        """The kind of a record of which nothing but this is here. This version may know it by now."""
        rows = self._conn.execute("SELECT type FROM sync_extra WHERE record = ?", (record,)).fetchall()
        return [row[0] for row in rows]

    def narrow(self, record: str, mask: int) -> None:
        """Give up the facets that are not in the mask."""
        for held, parts in self._conn.execute(
            "SELECT record, parts FROM sync_extra WHERE record = ?", (record,)
        ).fetchall():
            kept = {key: fields for key, fields in json.loads(parts).items() if mask & OPENED_BY_OF_KEY[key]}
            self._conn.execute("UPDATE sync_extra SET parts = ? WHERE record = ?", (json.dumps(kept), held))

    def drop(self, records: Collection[str]) -> None:
        """Give up all that is kept of these records."""
        self._conn.executemany("DELETE FROM sync_extra WHERE record = ?", [(record,) for record in records])

    def ask_for_known(self) -> int:
        """This version is a later one than before: what it knows by now is to be sent anew; how many."""
        known = [
            (record, kind)
            for record, kind, parts in self._conn.execute("SELECT record, type, parts FROM sync_extra")
            if unknown(kind, json.loads(parts)) != json.loads(parts)
        ]
        self._conn.executemany(
            "INSERT OR REPLACE INTO sync_want (record, type, anew) VALUES (?, ?, 1)", known
        )
        return len(known)

    def _any(self) -> bool:
        return self._conn.execute("SELECT 1 FROM sync_extra LIMIT 1").fetchone() is not None


def unknown(kind: str, parts: Parts) -> dict[str, dict[str, Any]]:
    """The part of each facet of a record that this version does not know; nothing of what is wholly known."""
    if kind not in RECORD_TYPES:
        return {key: dict(fields) for key, fields in parts.items() if key in FACET_OF_KEY}
    if is_known(kind, parts):
        return {}
    known = _known_fields(kind)
    found = {
        key: {name: value for name, value in fields.items() if name not in known}
        for key, fields in parts.items()
        if key in FACET_OF_KEY
    }
    return {key: fields for key, fields in found.items() if fields}


def is_known(kind: str, parts: Parts) -> bool:
    """Whether this version knows every field of a record of a kind that it knows."""
    return all(map(_known_fields(kind).issuperset, parts.values()))


@cache
def _known_fields(kind: str) -> frozenset[str]:
    return frozenset(RECORD_TYPES[kind].model_fields)
