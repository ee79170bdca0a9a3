"""The encrypted store against plain sqlite3 doing the same SQL with the same durability."""

from __future__ import annotations

import itertools
import os
import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from benchmarks.invented import name
from benchmarks.table import Measure, paired, show
from casework.edits import Edit, create, update
from casework.followups import follow_up
from casework.ids import new_id
from casework.records import Child, Team, Worker
from storage.cipher import open_database
from storage.store import Store

ROWS = 50_000
READS = 5_000
COMMITS = 300


def _plain(path: Path) -> Any:
    conn = sqlite3.connect(path, isolation_level=None)
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("PRAGMA synchronous = FULL")
    conn.execute("PRAGMA temp_store = MEMORY")
    conn.execute("PRAGMA secure_delete = ON")
    return conn


def _rows(rng: random.Random) -> list[tuple[str, str, str, str]]:
    return [
        (f"{n:08d}-{rng.random()}", name(rng), name(rng), f"{name(rng)} {name(rng)} {name(rng)} Road")
        for n in range(ROWS)
    ]


def _load(conn: Any, rows: list[tuple[str, str, str, str]], table: str) -> None:
    conn.execute(f"CREATE TABLE {table} (id TEXT PRIMARY KEY, a TEXT, b TEXT, c TEXT)")
    conn.execute("BEGIN IMMEDIATE")
    conn.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?)", rows)
    conn.execute("COMMIT")


def same_sql(folder: Path) -> list[Measure]:
    """Bulk load, point read, scan and full-text query on both engines."""
    rng = random.Random(7)
    rows = _rows(rng)
    ours = open_database(folder / "ours.db", bytearray(os.urandom(32)), create=True)
    plain = _plain(folder / "plain.db")
    tables = (f"load{n}" for n in itertools.count())

    def load() -> Iterator[Callable[[], object]]:
        for conn in (ours, plain):
            yield lambda conn=conn: _load(conn, rows, next(tables))  # type: ignore[misc]

    measures = [_pair("bulk load, 50,000 rows", *load(), 1.5)]
    for conn in (ours, plain):
        _load(conn, rows, "t")
        conn.execute('CREATE VIRTUAL TABLE f USING fts5(a, b, c, tokenize="unicode61 remove_diacritics 2")')
        conn.execute("BEGIN")
        conn.executemany("INSERT INTO f VALUES (?, ?, ?)", [row[1:] for row in rows])
        conn.execute("COMMIT")
    ids = [rng.choice(rows)[0] for _ in range(READS)]
    words = [rng.choice(rows)[1].lower() for _ in range(300)]

    def reads(conn: Any) -> None:
        for wanted in ids:
            conn.execute("SELECT * FROM t WHERE id = ?", (wanted,)).fetchone()

    def scan(conn: Any) -> None:
        conn.execute("SELECT count(*) FROM t WHERE c LIKE '%denmar%'").fetchone()

    def fts(conn: Any) -> None:
        for word in words:
            conn.execute("SELECT rowid FROM f WHERE f MATCH ? LIMIT 20", (f"{word[:4]}*",)).fetchall()

    for what, run, goal in (
        ("point read, 5,000 by key", reads, 1.5),
        ("scan of 50,000 rows", scan, 1.5),
        ("full-text prefix query, 300", fts, 1.8),
    ):
        measures.append(_pair(what, lambda run=run: run(ours), lambda run=run: run(plain), goal))  # type: ignore[misc]
    ours.close()
    plain.close()
    return measures


def _pair(what: str, ours: Callable[[], object], peer: Callable[[], object], goal: float) -> Measure:
    mine, theirs = paired(ours, peer)
    return Measure(what, mine * 1000, "ms", goal, theirs * 1000, "plain sqlite3")


def one_edit(folder: Path) -> list[Measure]:
    """One committed edit (row, journal, index, audit) against one plain one-row commit, both durable."""
    now = lambda: datetime(2026, 11, 20, 8, 30, tzinfo=UTC)  # noqa: E731
    team = Team(id=new_id(), name="Swale")
    worker = Worker(id=new_id(), name="Kim Invented", agency="inclusion-attendance", team=team.id)
    store = Store.set_up(
        folder / "edit.db",
        bytearray(os.urandom(32)),
        worker=worker,
        team=team,
        now=now,
        today=date(2026, 11, 20),
    )
    rng = random.Random(3)
    people = [Child(id=new_id(), surname=name(rng), forename=name(rng)) for _ in range(5_000)]
    store.journal.commit(Edit("Children", tuple(create(child) for child in people)))
    plain = _plain(folder / "edit-plain.db")
    plain.execute("CREATE TABLE t (id TEXT PRIMARY KEY, a TEXT, b TEXT, c TEXT)")
    numbers = itertools.count()

    def plain_commit() -> None:
        for _ in range(COMMITS):
            plain.execute("BEGIN IMMEDIATE")
            plain.execute("INSERT INTO t VALUES (?, 'a', 'b', 'c')", (str(next(numbers)),))
            plain.execute("COMMIT")

    def follow_ups() -> None:
        for _ in range(COMMITS):
            child = rng.choice(people).id
            store.journal.commit(
                follow_up(child, by=worker.id, at=now(), session_date=date(2026, 11, 20), outcome="no-answer")
            )

    def renames() -> None:
        for _ in range(COMMITS):
            place = rng.randrange(len(people))
            known_as = name(rng) + str(next(numbers))
            store.journal.commit(Edit("Known as", update(people[place], known_as=known_as)))
            people[place] = people[place].model_copy(update={"known_as": known_as})

    measures = []
    for what, run in (("one follow-up", follow_ups), ("one change of a searched name", renames)):
        mine, theirs = paired(run, plain_commit, times=3)
        scale = 1000 / COMMITS
        measures.append(
            Measure(f"{what}, committed", mine * scale, "ms", 4.0, theirs * scale, "plain one-row commit")
        )
    store.close()
    plain.close()
    return measures


def main() -> list[Measure]:
    """All measurements of this file."""
    with tempfile.TemporaryDirectory() as folder:
        return [*same_sql(Path(folder)), *one_edit(Path(folder))]


if __name__ == "__main__":
    show(main())
