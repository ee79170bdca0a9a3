"""A long CSV of 1,000,000 marks into the encrypted caseload, beside the least that anyone could do with it.

Run: python benchmarks/intake.py [--marks 1000000]
The peer reads the same file with csv.reader and puts its rows into a plain sqlite3 table with executemany:
no check, no child, no history, no encryption. Each measurement runs in a process of its own, one after the
other, so that its peak memory is its own. All children are invented.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

TODAY = date(2026, 7, 15)
GOALS = {"first import": 8.0, "unchanged re-import": 4.0}
_SESSIONS = 2


def main() -> int:
    """Measure, print one table; 1 when a goal is missed."""
    options = argparse.ArgumentParser()
    options.add_argument("--marks", type=int, default=1_000_000)
    options.add_argument("--work", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.work:
        print(json.dumps(WORK[given.work[0]](Path(given.work[1]))))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        small, whole = Path(folder) / "small", Path(folder) / "whole"
        small.mkdir()
        whole.mkdir()
        write_register(small / "999001-register.csv", given.marks // 4)
        rows = write_register(whole / "999001-register.csv", given.marks)
        quarter = measure("first import", small)
        peers = [measure("peer", whole) for _ in range(3)]
        first, again = measure("first import", whole), measure("unchanged re-import", whole)
    peer = min(peers, key=lambda found: found["seconds"])
    size = f"{rows:,} marks, {first['weeks']:,} weeks of {first['children']:,} children"
    print(f"{size}; SQLite {sqlite3.sqlite_version} as peer")
    print(f"{'':<24}{'seconds':>9}{'marks/s':>12}{'ratio':>8}{'goal':>8}{'peak MB':>9}")
    missed = False
    for name, found in (("csv + executemany", peer), ("first import", first), ("unchanged re-import", again)):
        ratio = found["seconds"] / peer["seconds"]
        goal = GOALS.get(name)
        missed = missed or (goal is not None and ratio > goal)
        print(
            f"{name:<24}{found['seconds']:>9.2f}{rows / found['seconds']:>12,.0f}{ratio:>8.2f}"
            f"{f'<= {goal:g}' if goal else '':>8}{found['peak']:>9.0f}"
        )
    print(f"peak memory of the first import of a quarter of the marks: {quarter['peak']:.0f} MB")
    if missed:
        print("A goal is missed.")
    return 1 if missed else 0


def measure(name: str, folder: Path) -> dict[str, float]:
    """Seconds and peak memory (MB) of one piece of work in a fresh process."""
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(
        [sys.executable, str(Path(__file__).resolve()), "--work", name, str(folder)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def write_register(path: Path, marks: int) -> int:
    """A long register of so many marks (rounded to whole children of a year); the rows written."""
    from benchmarks.invented import TERMS, name
    from casework.identifiers import upn_check_letter

    rng = random.Random(5)
    days = [first + timedelta(n) for first, last in TERMS for n in range((last - first).days + 1)]
    days = [day for day in days if day.weekday() < 5 and day <= TODAY]
    written = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(
            [
                "UPN",
                "Legal Surname",
                "Legal Forename",
                "Reg",
                "Date",
                "Session",
                "Mark",
                "Minutes Late",
                "Comment",
            ]
        )
        for number in range(max(1, marks // (len(days) * _SESSIONS))):
            body = f"8860099{20 + number // 1000:02d}{number % 1000:03d}"
            child = [upn_check_letter(body) + body, name(rng), name(rng), f"{number % 11 + 1}A"]
            for day in days:
                text = f"{day:%d/%m/%Y}"
                absent = rng.random() < 0.07
                code = rng.choice("IIIMCOGN")
                late = not absent and rng.random() < 0.02
                am = code if absent else "L" if late else "/"
                out.writerow(
                    [*child, text, "AM", am, rng.randrange(1, 30) if late else "", "bus" if late else ""]
                )
                out.writerow([*child, text, "PM", code if absent else "\\", "", ""])
                written += 2
    return written


def peer(folder: Path) -> dict[str, float]:
    """csv.reader and executemany into one plain table, in one transaction."""
    conn = sqlite3.connect(folder / f"plain-{os.getpid()}.db", isolation_level=None)
    conn.execute("PRAGMA journal_mode=WAL")
    conn.execute("PRAGMA synchronous=FULL")
    conn.execute("CREATE TABLE mark (upn, surname, forename, reg, day, session, code, late, comment)")
    start = time.perf_counter()
    with (folder / "999001-register.csv").open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        next(rows)
        conn.execute("BEGIN")
        conn.executemany("INSERT INTO mark VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        conn.execute("COMMIT")
    return _found(time.perf_counter() - start)


def first_import(folder: Path) -> dict[str, float]:
    """Into an empty encrypted caseload that knows the school."""
    from casework.edits import Edit, create
    from casework.ids import new_id
    from casework.records import School, Team, Worker
    from storage.store import Store

    key = bytearray(os.urandom(32))
    (folder / "key").write_bytes(key)
    team = Team(id=new_id(), name="Swale")
    worker = Worker(id=new_id(), name="Kim Invented", agency="inclusion-attendance", team=team.id)
    store = Store.set_up(folder / "caseload.db", key, worker=worker, team=team, now=_now, today=TODAY)
    school = School(id=new_id(), urn="999001", name="Invented School")
    store.journal.commit(Edit("Add school", (create(school),)))
    return _import(store, folder)


def import_again(folder: Path) -> dict[str, float]:
    """The same file into the caseload that holds it."""
    from storage.store import Store

    key = bytearray((folder / "key").read_bytes())
    return _import(Store.open(folder / "caseload.db", key, now=_now, today=TODAY), folder)


def _import(store: object, folder: Path) -> dict[str, float]:
    from storage.intake.importer import import_file
    from storage.store import Store

    assert isinstance(store, Store)
    start = time.perf_counter()
    report = import_file(store, folder / "999001-register.csv")
    seconds = time.perf_counter() - start
    assert report.marks.read == report.marks.new + report.marks.unchanged
    assert not report.rejected_total
    found = _found(seconds)
    for name in ("child", "attendance_week"):
        found["children" if name == "child" else "weeks"] = store.conn.execute(
            f"SELECT count(*) FROM {name}"
        ).fetchone()[0]
    store.close()
    return found


def _found(seconds: float) -> dict[str, float]:
    return {"seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _now() -> datetime:
    return datetime(2026, 7, 15, 8, 30, tzinfo=UTC)


WORK = {"peer": peer, "first import": first_import, "unchanged re-import": import_again}

if __name__ == "__main__":
    sys.exit(main())
