"""Many rows are written by few statements, and every one of them."""

from __future__ import annotations

import pytest

from storage.cipher import dbapi
from storage.rows import insert_rows

_COLUMNS = ("a", "b", "c", "d")


@pytest.mark.parametrize("count", [0, 1, 29, 30, 499, 500, 1_234])
def test_every_row_is_written_once_by_few_statements(count: int) -> None:
    conn = dbapi().connect(":memory:", isolation_level=None)
    conn.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b, c, d)")
    said: list[str] = []
    conn.set_trace_callback(said.append)
    rows = [(n, f"b{n}", None, n % 7) for n in range(count)]
    insert_rows(conn, "t", _COLUMNS, rows)
    conn.set_trace_callback(None)
    assert conn.execute("SELECT * FROM t ORDER BY a").fetchall() == rows
    assert len(said) <= 2 + 16 + 29
    conn.close()
