"""Keeps the search index true: which children an edit touched, and their index entries made again."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from functools import cache

from casework.edits import CREATED, Change
from casework.records import RECORD_TYPES, meta_of
from storage import search_index
from storage.cipher import Connection

_BATCH = 500
_OWNERS = {
    "child": "SELECT id FROM child WHERE id = ?",
    "household": "SELECT id FROM child WHERE household = ?",
    "school": "SELECT id FROM child WHERE school = ?",
    "flag": "SELECT c.id FROM flag f JOIN child m ON m.id = f.child"
    " JOIN child c ON c.id = m.id OR c.household = m.household WHERE f.id = ?",
}
_SAME_HOME = "SELECT id FROM child WHERE id = ? OR household = (SELECT household FROM child WHERE id = ?)"
_PROTECTED = (
    "EXISTS (SELECT 1 FROM flag f JOIN child m ON m.id = f.child WHERE m.household = h.id"
    " AND f.kind = 'address-protection' AND f.void = 0 AND f.ended IS NULL)"
)
_SCHOOL_FIELDS = frozenset({"name"})


@cache
def _searched(record_type: str) -> frozenset[str]:
    if record_type == "school":
        return _SCHOOL_FIELDS | {"void"}
    if record_type == "flag":
        return frozenset({"child", "kind", "ended", "void"})
    fields = RECORD_TYPES[record_type].model_fields
    named = {name for name in fields if (meta := meta_of(record_type, name)) and meta.searched}
    return frozenset(named | {"void"}) if named else frozenset()


def is_searched(record_type: str, fields: Collection[str] | None = None) -> bool:
    """Whether the search index holds anything of records of this type; of these `fields`, if given."""
    return record_type in _OWNERS and (fields is None or not _searched(record_type).isdisjoint(fields))


def children_of(conn: Connection, record_type: str, record: str) -> set[str]:
    """Ids of the children whose index entry holds something of this record."""
    return children_touched(conn, record_type, [Change(record_type, record, CREATED, None, None)])


def children_touched(conn: Connection, record_type: str, changes: Sequence[Change]) -> set[str]:
    """Ids of the children whose index entry these changes make stale."""
    if not is_searched(record_type):
        return set()
    searched = _searched(record_type)
    records = {c.record for c in changes if c.field == CREATED or c.field in searched}
    if record_type == "child":
        return records
    found = {row[0] for record in records for row in conn.execute(_OWNERS[record_type], (record,))}
    if record_type == "flag":
        # A flag that goes to another child leaves a home, too.
        left = [c.old for c in changes if c.field == "child"]
        found.update(row[0] for child in left for row in conn.execute(_SAME_HOME, (child, child)))
    return found


def refresh(conn: Connection, children: Iterable[str]) -> None:
    """Make the index entries of these children again from their rows, inside the caller's transaction."""
    ids = sorted(children)
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        rows = conn.execute(
            "SELECT c.id, c.void, c.forename, c.surname, c.known_as, c.former_names, c.upn, c.former_upns,"
            f" CASE WHEN h.address_protected OR {_PROTECTED} THEN '' ELSE coalesce(h.address, '') END,"
            " coalesce(s.name, '')"
            " FROM child c LEFT JOIN household h ON h.id = c.household LEFT JOIN school s ON s.id = c.school"
            f" WHERE c.id IN ({','.join('?' * len(batch))})",
            batch,
        ).fetchall()
        search_index.index_many(conn, [_entry(row) for row in rows if not row[1]])
        for row in rows:
            if row[1]:
                search_index.remove(conn, row[0])


def _entry(row: tuple[str, ...]) -> search_index.Entry:
    child, _, forename, surname, known_as, former, upn, former_upns, address, school = row
    return search_index.Entry(
        child,
        forename=forename,
        surname=surname,
        known_as=known_as,
        former=" ".join(json.loads(former or "[]")),
        upn=" ".join([upn, *json.loads(former_upns or "[]")]).strip(),
        address=address,
        school=school,
    )
