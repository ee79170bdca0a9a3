"""SQLite session changesets: what changed, with the old values, into the log of a hub and out of it again.

They merge fields by themselves; where both changed the same one, whoever comes last wins. Needs `apsw`.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import apsw

from benchmarks.sync.floor import record_of, row_of
from benchmarks.sync.plain_http import Asking, Serving
from benchmarks.sync.workload import FIELDS, edited, edits, losers, merged, reviews

_HEAD = struct.Struct(">qi")


def _opened(path: Path) -> Any:
    conn = apsw.Connection(str(path))
    conn.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    columns = ", ".join(f"{name} TEXT" for name in FIELDS[1:])
    conn.execute(f"CREATE TABLE IF NOT EXISTS record (id TEXT PRIMARY KEY, {columns})")
    conn.execute("CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY, origin TEXT, changes BLOB)")
    conn.execute("CREATE TABLE IF NOT EXISTS state (cursor INTEGER)")
    return conn


def _apply(conn: Any, changes: bytes) -> None:
    apsw.Changeset.apply(changes, conn, conflict=lambda kind, _: _replaced(kind))


def _replaced(kind: int) -> int:
    may = kind in (apsw.SQLITE_CHANGESET_DATA, apsw.SQLITE_CHANGESET_CONFLICT)
    return int(apsw.SQLITE_CHANGESET_REPLACE if may else apsw.SQLITE_CHANGESET_OMIT)


class Hub:
    """The table and the log of changesets."""

    def __init__(self, folder: Path) -> None:
        self._conn = _opened(folder / "hub.db")
        self._serving = Serving(self._step)

    def start(self) -> dict[str, Any]:
        """Where it is."""
        return {"address": self._serving.address}

    def spent(self) -> dict[str, Any]:
        """Seconds of work."""
        return {"seconds": self._serving.spent()}

    def _step(self, path: str, body: bytes) -> bytes:
        since, length = _HEAD.unpack_from(body)
        name, changes = body[_HEAD.size : _HEAD.size + length].decode(), body[_HEAD.size + length :]
        if path == "/push":
            with self._conn:
                _apply(self._conn, changes)
                self._conn.execute("INSERT INTO log (origin, changes) VALUES (?, ?)", (name, changes))
            return b""
        rows = self._conn.execute(
            "SELECT seq, changes FROM log WHERE seq > ? AND origin <> ? ORDER BY seq", (since, name)
        ).fetchall()
        builder = apsw.ChangesetBuilder()
        for _, held in rows:
            builder.add(held)
        return _HEAD.pack(rows[-1][0] if rows else since, 0) + (builder.output() if rows else b"")


class Laptop:
    """The table; what was changed waits as one changeset."""

    def __init__(self, folder: Path, name: str, address: str) -> None:
        self._conn = _opened(folder / f"{name}.db")
        self._name, self._asking = name, Asking(address)
        self._waiting = folder / f"{name}.changes"

    def make(self, count: int) -> None:
        """Write the records."""
        names = f"({', '.join(FIELDS)}) VALUES ({', '.join('?' * len(FIELDS))})"
        rows = [row_of(record, 0)[: len(FIELDS)] for record in reviews(count)]
        self._keep(lambda: self._conn.executemany(f"INSERT INTO record {names}", rows))

    def edit(self, count: int) -> None:
        """Write the edits of so many records."""
        made = edits(self._name)
        ids = edited(count)

        def write() -> None:
            for edit in made:
                self._conn.execute(
                    f"UPDATE record SET {edit.field} = ? WHERE id = ?", (edit.value, ids[edit.place])
                )

        self._keep(write)

    def _keep(self, write: Any) -> None:
        session = apsw.Session(self._conn, "main")
        session.attach("record")
        with self._conn:
            write()
        self._waiting.write_bytes(session.changeset())
        session.close()

    def sync(self) -> dict[str, Any]:
        """Send what waits, then read on."""
        name = self._name.encode()
        if self._waiting.exists():
            self._asking.say("/push", _HEAD.pack(0, len(name)) + name + self._waiting.read_bytes())
            self._waiting.unlink()
        held = self._conn.execute("SELECT cursor FROM state").fetchone()
        answer = self._asking.say("/pull", _HEAD.pack(held[0] if held else 0, len(name)) + name)
        changes = answer[_HEAD.size :]
        with self._conn:
            if changes:
                _apply(self._conn, changes)
            self._conn.execute("DELETE FROM state")
            self._conn.execute("INSERT INTO state VALUES (?)", (_HEAD.unpack_from(answer)[0],))
        return self._asking.told()

    def outcome(self, count: int) -> dict[str, Any]:
        """What became of the shared records."""
        ids = edited(count)
        held = self._conn.execute(f"SELECT {', '.join(FIELDS)} FROM record").fetchall()
        found = {row[0]: record_of(row) for row in held}
        rows = [found[record] for record in ids]
        assert len(losers(rows)) == 10
        return {"merged": merged(rows), "kept": 0, "records": len(found)}
