"""Writing many rows at once: on SQLite some at a time, on PostgreSQL column by column, tables together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnDefault, Connection, Dialect, Table, bindparam, column, func, select

Rows = Sequence[Mapping[str, Any]]
_NAMED = re.compile(r"%\((\w+)\)s")
_ROW = re.compile(r"VALUES (\([?, ]+\))")
_AT_ONCE = 50
"""Rows that one statement writes into SQLite."""


class TableRows(NamedTuple):
    """Rows of one table, of the same columns and no two with one key; with `replacing` they take the place of
    those that are there.
    """

    table: Table
    rows: Rows
    replacing: bool = True


def in_bulk(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows, or where the key is there already set the other columns; of two with one key the later.

    They are written in the order of their keys, so that no two transactions wait for each other in a ring.
    """
    if rows:
        _write(connection, TableRows(table, by_key(table, rows)))


def by_key(table: Table, rows: Rows) -> Rows:
    """Rows in the order of their keys, of two with one key the later."""
    key_of = itemgetter(*(column.name for column in table.primary_key))
    found = {key_of(row): row for row in rows}
    return [found[key] for key in sorted(found)]


def insert_all(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows, none of which may be there already."""
    if rows:
        _write(connection, TableRows(table, rows, replacing=False))


def write_together(connection: Connection, parts: Sequence[TableRows]) -> None:
    """Write rows of several tables, on PostgreSQL by one statement; what is there already is not looked at
    between them.
    """
    filled = [part for part in parts if part.rows]
    if connection.dialect.name != "postgresql" or len(filled) < 2:
        for part in filled:
            _write(connection, part)
        return
    shapes = tuple((table, tuple(rows[0]), replacing) for table, rows, replacing in filled)
    columns = {
        f"{n}_{name}": values
        for n, part in enumerate(filled)
        for name, values in _columns(connection.dialect, part).items()
    }
    connection.exec_driver_sql(_together(connection.dialect, shapes), columns)


@lru_cache(maxsize=64)
def _together(dialect: Dialect, shapes: tuple[tuple[Table, tuple[str, ...], bool], ...]) -> str:
    texts = [_NAMED.sub(rf"%({n}_\1)s", _statement(dialect, *shape).text) for n, shape in enumerate(shapes)]
    before = ", ".join(f"part_{n} AS ({text})" for n, text in enumerate(texts[:-1]))
    return f"WITH {before} {texts[-1]}"


def _columns(dialect: Dialect, part: TableRows) -> dict[str, list[Any]]:
    """Rows column by column, with what is usual for those that are not given."""
    table, rows, replacing = part
    usual = _statement(dialect, table, tuple(rows[0]), replacing).usual
    given: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in rows[0]}
    return given | {name: [value] * len(rows) for name, value in usual.items()}


def _write(connection: Connection, part: TableRows) -> None:
    """Write rows by a statement that is made once.

    Values go to the driver as they are - all are texts, bytes and whole numbers -, for to look at each one
    took longer than to write it. PostgreSQL takes them column by column, all in one statement.
    """
    table, rows, replacing = part
    made = _statement(connection.dialect, table, tuple(rows[0]), replacing)
    if made.by_column:
        connection.exec_driver_sql(made.text, _columns(connection.dialect, part))
        return
    given = [*rows] if not made.usual else [{**made.usual, **row} for row in rows]
    values = [*map(itemgetter(*made.order), given)]
    whole = len(values) - len(values) % _AT_ONCE
    for at in range(0, whole, _AT_ONCE):
        some = chain.from_iterable(values[at : at + _AT_ONCE])
        connection.exec_driver_sql(_many_rows(made.text), tuple(some))
    if values[whole:]:
        connection.exec_driver_sql(made.text, values[whole:])


@lru_cache(maxsize=64)
def _many_rows(statement: str) -> str:
    """The INSERT of a row as one of so many rows: the interpreter is let go and taken back once for all."""
    return _ROW.sub(lambda row: "VALUES " + ", ".join([row[1]] * _AT_ONCE), statement, count=1)


@dataclass(frozen=True, slots=True)
class _Statement:
    """An INSERT as the driver takes it: each column as one list, or each row by itself with its values in
    `order`. `usual` is what columns have that are not given.
    """

    text: str
    by_column: bool
    order: Sequence[str]
    usual: Mapping[str, Any]


@lru_cache(maxsize=256)
def _statement(dialect: Dialect, table: Table, names: tuple[str, ...], replacing: bool) -> _Statement:
    usual = {
        column.name: column.default.arg
        for column in table.columns
        if column.name not in names and isinstance(column.default, ColumnDefault)
    }
    columns = [*names, *usual]
    by_column = dialect.name == "postgresql"
    statement = _by_column(table, columns) if by_column else _by_row(table)
    if replacing:
        keys = [column.name for column in table.primary_key]
        rest = {name: statement.excluded[name] for name in names if name not in keys}
        statement = (
            statement.on_conflict_do_update(index_elements=keys, set_=rest)
            if rest
            else statement.on_conflict_do_nothing(index_elements=keys)
        )
    made = statement.compile(dialect=dialect, column_keys=columns)
    return _Statement(str(made), by_column, made.positiontup or (), usual)


def _by_row(table: Table) -> Any:
    """The INSERT of SQLite; each database's is loaded only where it is used."""
    from sqlalchemy.dialects.sqlite import insert

    return insert(table)


def _by_column(table: Table, names: Sequence[str]) -> Any:
    """The INSERT of PostgreSQL, of rows that come as one array for each column."""
    from sqlalchemy.dialects.postgresql import ARRAY, insert

    arrays = [bindparam(name, type_=ARRAY(table.c[name].type)) for name in names]
    rows = func.unnest(*arrays).table_valued(*(column(name) for name in names)).render_derived()
    return insert(table).from_select(names, select(*rows.c), include_defaults=False)
