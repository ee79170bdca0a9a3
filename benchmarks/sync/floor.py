"""The floor: records as JSON, compressed, over HTTP into SQLite; whoever comes last wins.

No encryption, no signature, no history, no merge, nobody is asked what they may see, and nothing proves that
both sides hold the same. The durability of each commit is ours: WAL and `synchronous = FULL`.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.sync.plain_http import Asking, Serving
from benchmarks.sync.workload import FIELDS, edited, edits, losers, merged, reviews

_PAGE = 2_000
_LISTED = ("attended", "apologies")
_COLUMNS = (*FIELDS, "seq", "origin")
_PUT = (
    f"INSERT INTO record ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
    f" ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS[1:])}"
)


def opened(path: Path) -> sqlite3.Connection:
    """The file, made where it is not there."""
    conn = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("PRAGMA synchronous = FULL")
    columns = ", ".join(f"{name} TEXT" for name in FIELDS[1:])
    conn.execute(
        f"CREATE TABLE IF NOT EXISTS record (id TEXT PRIMARY KEY, {columns}, seq INTEGER, origin TEXT)"
    )
    conn.execute("CREATE INDEX IF NOT EXISTS record_seq ON record(seq)")
    conn.execute("CREATE TABLE IF NOT EXISTS state (cursor INTEGER)")
    return conn


def row_of(record: dict[str, Any], seq: int, origin: str = "") -> list[Any]:
    """A record as its columns; `seq` 0 is what waits to be sent."""
    return [json.dumps(record[n]) if n in _LISTED else record[n] for n in FIELDS] + [seq, origin]


def record_of(row: Sequence[Any]) -> dict[str, Any]:
    """The columns as a record."""
    return {n: json.loads(v) if n in _LISTED else v for n, v in zip(FIELDS, row, strict=False)}


class Hub:
    """The table, and the number of the newest row."""

    def __init__(self, folder: Path) -> None:
        self._conn = opened(folder / "hub.db")
        self._lock = threading.Lock()
        self._head = 0
        self._serving = Serving(self._step)

    def start(self) -> dict[str, Any]:
        """Where it is."""
        return {"address": self._serving.address}

    def spent(self) -> dict[str, Any]:
        """Seconds of work."""
        return {"seconds": self._serving.spent()}

    def _step(self, path: str, body: bytes) -> bytes:
        said = json.loads(body)
        if path == "/push":
            self._conn.execute("BEGIN IMMEDIATE")
            rows = [row_of(record, self._head + n, said["name"]) for n, record in enumerate(said["rows"], 1)]
            self._conn.executemany(_PUT, rows)
            self._conn.execute("COMMIT")
            self._head += len(rows)
            return json.dumps({"seq": self._head}).encode()
        rows = self._conn.execute(
            f"SELECT {', '.join(FIELDS)}, seq FROM record WHERE seq > ? AND origin <> ? ORDER BY seq LIMIT ?",
            (said["since"], said["name"], _PAGE),
        ).fetchall()
        more = len(rows) == _PAGE
        answer = {"rows": [record_of(row) for row in rows], "seq": rows[-1][-1] if more else self._head}
        return json.dumps(answer | {"more": more}).encode()


class Laptop:
    """The same table; what waits has the number 0."""

    def __init__(self, folder: Path, name: str, address: str) -> None:
        self._conn = opened(folder / f"{name}.db")
        self._name, self._asking = name, Asking(address)

    def make(self, count: int) -> None:
        """Write the records."""
        self._conn.execute("BEGIN IMMEDIATE")
        self._conn.executemany(_PUT, [row_of(record, 0) for record in reviews(count)])
        self._conn.execute("COMMIT")

    def edit(self, count: int) -> None:
        """Write the edits of so many records."""
        made = edits(self._name)
        ids = edited(count)
        for edit in made:
            self._conn.execute(
                f"UPDATE record SET {edit.field} = ?, seq = 0 WHERE id = ?", (edit.value, ids[edit.place])
            )

    def sync(self) -> dict[str, Any]:
        """Send what waits, then read on."""
        waiting = self._conn.execute(f"SELECT {', '.join(FIELDS)} FROM record WHERE seq = 0").fetchall()
        for at in range(0, len(waiting), _PAGE):
            portion = [record_of(row) for row in waiting[at : at + _PAGE]]
            head = self._say("/push", {"name": self._name, "rows": portion})["seq"]
            self._conn.execute("BEGIN IMMEDIATE")
            self._conn.executemany(
                "UPDATE record SET seq = ? WHERE id = ?", [(head, record["id"]) for record in portion]
            )
            self._conn.execute("COMMIT")
        more = True
        while more:
            held = self._conn.execute("SELECT cursor FROM state").fetchone()
            answer = self._say("/pull", {"name": self._name, "since": held[0] if held else 0})
            self._conn.execute("BEGIN IMMEDIATE")
            self._conn.executemany(_PUT, [row_of(record, answer["seq"]) for record in answer["rows"]])
            self._conn.execute("DELETE FROM state")
            self._conn.execute("INSERT INTO state VALUES (?)", (answer["seq"],))
            self._conn.execute("COMMIT")
            more = answer["more"]
        return self._asking.told()

    def _say(self, path: str, said: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._asking.say(path, json.dumps(said).encode()))
        return answer

    def outcome(self, count: int) -> dict[str, Any]:
        """What became of the shared records."""
        ids = edited(count)
        found = {
            row[0]: record_of(row) for row in self._conn.execute(f"SELECT {', '.join(FIELDS)} FROM record")
        }
        rows = [found[record] for record in ids]
        assert len(losers(rows)) == 10
        return {"merged": merged(rows), "kept": 0, "records": len(found)}
