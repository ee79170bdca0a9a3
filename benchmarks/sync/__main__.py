"""Sync of 20,000 records, ours and the peers' in one run: `python -m benchmarks.sync [RECORDS] [--times N]`.

Each side is a process of its own. Phases: the first laptop sends everything, the second reads everything,
both edit 200 records (20 of them the same) and sync until they agree, then one syncs where nothing is to be
said. `--growth` compares the cost of those edits over 1,000 and over 200,000 records instead; `--crowd`
measures 50 laptops on PostgreSQL.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import Any

from benchmarks.sync import pouchdb
from benchmarks.sync.workload import LAPTOPS
from benchmarks.table import Measure, show

Answer = dict[str, Any]
_NEEDS: dict[str, tuple[str, Callable[[], bool]]] = {
    "changesets": ("apsw is not installed", lambda: find_spec("apsw") is not None),
    "pouchdb": (f"see benchmarks/sync/pouchdb.py: {pouchdb.MODULES}", pouchdb.is_there),
}
_TITLES = {
    "floor": "gzip JSON over HTTP + SQLite",
    "changesets": "SQLite session changesets",
    "pouchdb": "PouchDB, express-pouchdb",
    "ours": "ours",
}
NOOPS = 9


class Process:
    """A hub or a laptop."""

    def __init__(self, *words: str) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.sync.roles", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, what: str, *given: Any) -> Answer:
        """The answer to one word."""
        assert self._child.stdin
        assert self._child.stdout
        print(json.dumps({"do": what, "with": given}), file=self._child.stdin, flush=True)
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError(f"a process ended at {what}")
        answer: Answer = json.loads(line)
        return answer

    def end(self) -> None:
        """Let it go."""
        assert self._child.stdin
        self._child.stdin.close()
        self._child.wait()


@contextmanager
def process(*words: str) -> Iterator[Process]:
    """A process that is ended."""
    started = Process(*words)
    try:
        yield started
    finally:
        started.end()


def run(peer: str, records: int) -> Answer:
    """All phases of one peer, each side fresh."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        hub = stack.enter_context(process(peer, "hub", folder, "", ""))
        address = hub.do("start")["address"]
        with process(peer, "laptop", folder, LAPTOPS[0], address) as maker:
            maker.do("make", records)
        ana, ben = (stack.enter_context(process(peer, "laptop", folder, name, address)) for name in LAPTOPS)
        for laptop in (ana, ben):  # both have started and enrolled before anything is measured
            laptop.do("ready")
        phases = {}
        for phase, laptop in (("push", ana), ("pull", ben)):
            before = hub.do("spent")["cpu"]
            phases[phase] = laptop.do("sync")
            phases[phase]["cpu"] += hub.do("spent")["cpu"] - before
        for laptop in (ana, ben):
            laptop.do("sync")
            laptop.do("edit", records)
        hub.do("spent")
        sessions = [laptop.do("sync") for laptop in (ana, ben, ana)]
        incremental = {
            name: sum(part[name] for part in sessions) for name in ("seconds", "bytes", "requests")
        }
        incremental["hub"] = hub.do("spent")["seconds"]
        quiet = []
        for _ in range(NOOPS):
            quiet.append(ben.do("sync") | {"hub": hub.do("spent")["seconds"]})
        outcomes = [laptop.do("outcome", records) for laptop in (ana, ben)]
        same = ("merged", "kept", "records")
        assert len({tuple(outcome[name] for name in same) for outcome in outcomes}) == 1, outcomes
        assert outcomes[0]["records"] == records, outcomes
        return {
            **phases,
            "incremental": incremental,
            "quiet": sorted(quiet, key=lambda part: part["hub"])[NOOPS // 2],
            "outcome": outcomes[0],
            "peak": {
                "hub": hub.do("spent")["peak"],
                "laptop": max(part["peak"] for part in (*phases.values(), *sessions)),
            },
        }


def median(runs: list[Answer], phase: str, name: str) -> float:
    """The median of one figure."""
    return statistics.median(float(run[phase].get(name, 0)) for run in runs)


def line(title: str, runs: list[Answer]) -> str:
    """A peer's row."""

    def phase(name: str) -> str:
        return f"{median(runs, name, 'seconds'):7.3f} s {median(runs, name, 'bytes') / 1000:8.1f} KB"

    last = runs[-1]
    return (
        f"{title:30} {phase('push')} {phase('pull')} {phase('incremental')} {phase('quiet')}"
        f" {last['outcome']['merged']:>3}/10 {last['outcome']['kept']:>3}/10"
        f" {median(runs, 'peak', 'hub'):5.0f} {median(runs, 'peak', 'laptop'):5.0f}"
        f" {median(runs, 'push', 'cpu'):6.2f} {median(runs, 'pull', 'cpu'):6.2f}"
    )


def measures(ours: list[Answer], floor: list[Answer]) -> list[Measure]:
    """Ours against its goals."""
    rows = []
    for phase in ("push", "pull"):
        seconds, octets = (
            (median(ours, phase, name), median(floor, phase, name)) for name in ("seconds", "bytes")
        )
        rows.append(Measure(f"first {phase}", seconds[0], "s", 2.0, seconds[1], "floor"))
        rows.append(Measure(f"first {phase}, bytes", octets[0] / 1000, "KB", 1.5, octets[1] / 1000, "floor"))
    quiet = (median(ours, "quiet", "bytes") + median(ours, "quiet", "headers")) / 1000
    last = ours[-1]["outcome"]
    return [
        *rows,
        Measure("200 + 200 edits, three sessions", median(ours, "incremental", "seconds"), "s", 0.25),
        Measure("their bytes", median(ours, "incremental", "bytes") / 1000, "KB", 80),
        Measure("fields of one record not merged, of ten", 10 - last["merged"], "", 0.5),
        Measure("losing values not kept, of ten", 10 - last["kept"], "", 0.5),
        Measure("nothing changed: the hub's time", 1000 * median(ours, "quiet", "hub"), "ms", 10),
        Measure("its requests", median(ours, "quiet", "requests"), "", 1),
        Measure("its bytes, headers included", quiet, "KB", 2),
        Measure("peak memory of the hub", median(ours, "peak", "hub"), "MB", 100),
        Measure("peak memory of a laptop", median(ours, "peak", "laptop"), "MB", 100),
    ]


def growth(small: int, large: int, times: int) -> list[Measure]:
    """The same edits over few records and over many."""
    found = {}
    for records in (small, large):
        runs = [run("ours", records) for _ in range(times)]
        found[records] = median(runs, "incremental", "seconds"), median(runs, "quiet", "hub")
        print(f"{records:>9,} records: {line('ours', runs)}", flush=True)
    return [
        Measure(what, found[large][n], "s", 1.3, found[small][n], f"{small:,} records")
        for n, what in enumerate((f"edits over {large:,} records", f"nothing over {large:,} records"))
    ]


def main() -> None:
    """Measure and print the tables; exit 1 when a goal is missed."""
    options = argparse.ArgumentParser()
    options.add_argument("records", nargs="?", type=int, default=20_000)
    options.add_argument("--times", type=int, default=3)
    options.add_argument("--growth", action="store_true")
    options.add_argument("--crowd", action="store_true")
    given = options.parse_args()
    if given.crowd:
        from benchmarks.sync.crowd import crowd

        rows = crowd(given.times)
    elif given.growth:
        rows = growth(1_000, 10 * given.records, given.times)
    else:
        rows = compared(given.records, given.times)
    show(rows)
    sys.exit(0 if all(row.met for row in rows) else 1)


def compared(records: int, times: int) -> list[Measure]:
    """Every peer that is there, in turn, so that a drifting machine slows all of them."""
    runs: dict[str, list[Answer]] = {}
    for peer, title in _TITLES.items():
        why, is_there = _NEEDS.get(peer, ("", lambda: True))
        if is_there():
            runs[peer] = []
        else:
            print(f"{title}: not there ({why})")
    for _ in range(times):
        for peer, found in runs.items():
            found.append(run(peer, records))
    print(
        f"{records:,} records, medians of {times}\n{'':30} {'first push':>21} {'first pull':>21}"
        f" {'200 + 200 edits':>21} {'nothing':>21} merged  kept   hub laptop MB, processor s push, pull"
    )
    for peer, found in runs.items():
        print(line(_TITLES[peer], found))
    return measures(runs["ours"], runs["floor"])


if __name__ == "__main__":
    main()
