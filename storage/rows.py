"""Writing and reading single record rows; used by the journal for writing and by everyone for reading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any, TypeVar

from casework.errors import BadInput
from casework.records import RECORD_TYPES, Record
from storage.central import beside
from storage.cipher import Connection
from storage.schema import (
    DERIVED_COLUMNS,
    field_columns,
    structured_fields,
    to_column,
    to_record,
    to_values,
)

R = TypeVar("R", bound=Record)
_AT_ONCE = 500
"""Bound values of one statement: SQLite takes 32,766 at the most, older ones 999."""
_WRITTEN_AT_ONCE = (2_000, 120)
"""About as many values one INSERT binds: of few lengths, so that its plan is found again."""


@cache
def _columns(record_type: str) -> tuple[str, ...]:
    return ("id", "void", *field_columns(record_type))


@cache
def _select(record_type: str) -> str:
    return f"SELECT {', '.join(_columns(record_type))} FROM {record_type}"


@cache
def insert_columns(record_type: str) -> tuple[str, ...]:
    """The columns whose values `insert_values` gives."""
    return "id", *field_columns(record_type), *DERIVED_COLUMNS.get(record_type, {}), "seq"


@cache
def insert_sql(table: str, columns: tuple[str, ...], rows: int = 1) -> str:
    """The INSERT of so many rows."""
    row = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * rows)}"


def insert_rows(
    conn: Connection, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows, many of them by one statement.

    With each statement the interpreter's lock is let go, and a thread that works beside this one keeps it for
    5 ms: row by row, 2,000 rows would take as long as that thread works.
    """
    done = 0
    for values in _WRITTEN_AT_ONCE:
        size = values // len(columns)
        while size > 1 and len(rows) - done >= size:
            some = rows[done : done + size]
            conn.execute(insert_sql(table, columns, size), [*chain.from_iterable(some)])
            done += size
    if done < len(rows):
        conn.executemany(insert_sql(table, columns), rows[done:])


def insert_values(record_type: str, record: str, values: Mapping[str, Any], seq: int) -> list[Any]:
    """The parameters that insert a record whose JSON-safe fields are `values`."""
    of, structured = _insert_plan(record_type)
    row: list[Any] = [record, *of(values)]
    for place in structured:
        row[place] = to_column(row[place])
    if record_type in DERIVED_COLUMNS:
        row += RECORD_TYPES[record_type].derived(values).values()
    row.append(seq)
    return row


@cache
def _insert_plan(record_type: str) -> tuple[Callable[[Any], tuple[Any, ...]], Sequence[int]]:
    """What gives the fields of a row in their order (each type has several), and the places of lists and
    mappings.
    """
    fields, structured = tuple(field_columns(record_type)), structured_fields(record_type)
    return itemgetter(*fields), [place for place, name in enumerate(fields, 1) if name in structured]


def update_row(conn: Connection, record_type: str, record: str, fields: Mapping[str, Any], seq: int) -> None:
    """Set the named fields of one row, and the derived columns when what they follow from is among them."""
    if beside.scope_field(record_type) in fields:
        beside.move_away(conn, record_type, record)
    assignments: dict[str, Any] = {name: to_column(value) for name, value in fields.items()}
    cls = RECORD_TYPES[record_type]
    if record_type in DERIVED_COLUMNS and cls.derived_from & fields.keys():
        names = ", ".join(sorted(cls.derived_from))
        row = conn.execute(f"SELECT {names} FROM {record_type} WHERE id = ?", (record,)).fetchone()
        known = dict(zip(sorted(cls.derived_from), row or (), strict=False))
        assignments |= cls.derived(known | dict(fields))
    assignments["seq"] = seq
    names = ", ".join(f"{name} = ?" for name in assignments)
    conn.execute(f"UPDATE {record_type} SET {names} WHERE id = ?", [*assignments.values(), record])


def stored_columns(
    conn: Connection, record_type: str, record: str, fields: Sequence[str]
) -> tuple[Any, ...] | None:
    """The named fields of one row as their columns hold them, or None when there is no such record."""
    row = conn.execute(f"SELECT {', '.join(fields)} FROM {record_type} WHERE id = ?", (record,)).fetchone()
    return tuple(row) if row else None


def current_values(conn: Connection, record_type: str, record: str) -> dict[str, Any] | None:
    """A record's fields as JSON-safe values, `void` included, or None when there is no such record."""
    return many_values(conn, record_type, [record]).get(record)


def many_values(conn: Connection, record_type: str, records: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The fields of these records of one type, each as `current_values` gives them, by id."""
    names = _columns(record_type)
    found: dict[str, dict[str, Any]] = {}
    for some, marks in portions(records):
        for row in conn.execute(f"{_select(record_type)} WHERE id IN ({marks})", some):
            found[row[0]] = to_values(record_type, dict(zip(names, row, strict=True)))
    return found


def portions(values: Sequence[Any]) -> Iterator[tuple[Sequence[Any], str]]:
    """Values in portions that one statement takes, each with its question marks."""
    for at in range(0, len(values), _AT_ONCE):
        some = values[at : at + _AT_ONCE]
        yield some, ",".join("?" * len(some))


def load(conn: Connection, cls: type[R], record: str) -> R:
    """The record of type `cls` with this id. Raises BadInput("no-such-record")."""
    found = load_all(conn, cls, "id = ?", (record,), void=True)
    if not found:
        raise BadInput("no-such-record", f"There is no {cls.type.replace('_', ' ')} with that id.", record)
    return found[0]


def load_all(
    conn: Connection, cls: type[R], where: str = "1", parameters: Iterable[Any] = (), *, void: bool = False
) -> list[R]:
    """The records of type `cls` that meet a fixed SQL condition; `void` ones only when asked for."""
    condition = where if void else f"void = 0 AND ({where})"
    rows = conn.execute(f"{_select(cls.type)} WHERE {condition}", tuple(parameters))
    names = _columns(cls.type)
    return [to_record(cls.type, dict(zip(names, row, strict=True))) for row in rows]  # type: ignore[misc]
