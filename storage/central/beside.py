"""What a record adds to the sum of its scope, kept in the record's own row.

A row that comes or is changed is written anyway. In a table of sums, over many records, each sum lay on a
page of its own, which was read, decrypted, encrypted and written beside that of the row
(docs/decisions/0027-sums-in-the-row.md).

The row says how much it adds; to which scope follows from its fields. So before a row is deleted, or a field
is written from which its scope follows, what it adds moves to `sync_held`, where the scope is named. There
adults and homes have theirs always, for they are of several scopes, and so has what this version does not
know.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache

from casework.records import RECORD_TYPES
from casework.scopes import EVERYBODY, TIED_TYPES, own_scope
from storage.cipher import Connection

Entry = tuple[str, str]
"""A record by type and id."""
Sum = tuple[int, bytes]
"""How many facets count, and the sum of their hashes."""
COLUMN = "counted"
_AT_ONCE = 500
"""Bound values of one statement."""
_WORKER = "worker:"
NOTHING: Sum = (0, bytes(32))
"""Of a record that does not count."""
_NONE = bytes(33)
"""How the column says so: as long as a sum, so that a row keeps its length."""
COLUMN_SQL = f"{COLUMN} BLOB NOT NULL DEFAULT x'{_NONE.hex()}'"


@cache
def has_sum(record_type: str) -> bool:
    """Whether the rows of a type hold what they add: those that are of one scope."""
    return record_type in RECORD_TYPES and record_type not in TIED_TYPES


@cache
def scope_field(record_type: str) -> str | None:
    """The field from which the scope of a record follows; None where there is none."""
    name = "worker" if record_type == "saved_view" else "child"
    return name if has_sum(record_type) and name in RECORD_TYPES[record_type].model_fields else None


def of_records(conn: Connection, records: Iterable[Entry]) -> dict[Entry, tuple[str, Sum]]:
    """Of these records those whose rows hold their sums: the scope that follows from the row, and the sum."""
    by_type: defaultdict[str, list[str]] = defaultdict(list)
    for record_type, record in records:
        if has_sum(record_type):
            by_type[record_type].append(record)
    found: dict[Entry, tuple[str, Sum]] = {}
    for record_type, ids in by_type.items():
        name = scope_field(record_type)
        for at in range(0, len(ids), _AT_ONCE):
            some = ids[at : at + _AT_ONCE]
            for record, octets, said in conn.execute(
                f"SELECT id, {COLUMN}, {name or 'NULL'} FROM {record_type}"
                f" WHERE id IN ({','.join('?' * len(some))})",
                some,
            ):
                scope = own_scope(record_type, record, {name: said} if name else {})
                found[record_type, record] = scope, (octets[0], octets[1:])
    return found


def in_column(count: int, total: bytes) -> bytes:
    """A sum as the column holds it."""
    return bytes((count,)) + total


def write(conn: Connection, sums: Iterable[tuple[Entry, Sum]]) -> None:
    """Put these sums into the rows of their records."""
    by_type: defaultdict[str, list[tuple[bytes, str]]] = defaultdict(list)
    for (record_type, record), (count, total) in sums:
        by_type[record_type].append((in_column(count, total), record))
    for record_type, rows in by_type.items():
        conn.executemany(f"UPDATE {record_type} SET {COLUMN} = ? WHERE id = ?", rows)


def move_away(conn: Connection, record_type: str, record: str) -> None:
    """What a row adds goes to `sync_held`, for the row is about to go, or to be of another scope."""
    entry = (record_type, record)
    for scope, added in of_records(conn, [entry]).values():
        if added != NOTHING:
            conn.execute(
                "INSERT OR REPLACE INTO sync_held (record, scope, type, facets, total)"
                " VALUES (?, ?, ?, ?, ?)",
                (record, scope, record_type, *added),
            )
            write(conn, [(entry, NOTHING)])


def every(conn: Connection) -> Iterator[tuple[str, int, bytes]]:
    """What each row that counts says that it adds: to which scope, how many facets, and their sum."""
    for record_type in filter(has_sum, RECORD_TYPES):
        name = scope_field(record_type)
        for record, octets, said in conn.execute(
            f"SELECT id, {COLUMN}, {name or 'NULL'} FROM {record_type} WHERE {COLUMN} <> ?", (_NONE,)
        ):
            yield own_scope(record_type, record, {name: said} if name else {}), octets[0], octets[1:]


def of_type(conn: Connection, record_type: str) -> list[str]:
    """The records of a type whose rows say that they count."""
    if not has_sum(record_type):
        return []
    rows = conn.execute(f"SELECT id FROM {record_type} WHERE {COLUMN} <> ?", (_NONE,))
    return [row[0] for row in rows]


def of_scopes(conn: Connection, scopes: Collection[str]) -> list[Entry]:
    """The records (type, id) whose rows say that they count for one of these scopes."""
    of_workers = [scope.removeprefix(_WORKER) for scope in scopes if scope.startswith(_WORKER)]
    of_children = [scope for scope in scopes if scope and not scope.startswith(_WORKER)]
    found: list[Entry] = []
    for record_type in filter(has_sum, RECORD_TYPES):
        name = "id" if record_type == "child" else scope_field(record_type)
        asked = of_workers if record_type == "saved_view" else of_children
        conditions: list[tuple[str, Sequence[str]]] = []
        if name is not None:
            parts = [asked[at : at + _AT_ONCE] for at in range(0, len(asked), _AT_ONCE)]
            conditions = [(f"{name} IN ({','.join('?' * len(some))})", some) for some in parts]
        if EVERYBODY in scopes and record_type != "saved_view":
            conditions.append((f"coalesce({name}, '') = ''" if name else "1", ()))
        for where, some in conditions:
            rows = conn.execute(
                f"SELECT id FROM {record_type} WHERE {where} AND {COLUMN} <> ?", [*some, _NONE]
            )
            found += [(record_type, row[0]) for row in rows]
    return found
