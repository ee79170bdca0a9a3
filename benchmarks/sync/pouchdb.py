"""PouchDB on both laptops and express-pouchdb as the hub, run by node from packages that stand elsewhere.

    npm install --prefix FOLDER pouchdb@9 express-pouchdb express@4
    OUTREACH_POUCHDB=FOLDER python -m benchmarks.sync

It keeps whole documents: of two edits of one record one stands, the other is kept as a conflict. Bytes are
all that goes through the sockets, heads included; a session replicates there and back.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from shutil import which
from typing import Any

from benchmarks.sync.workload import edited, edits, losers, merged, reviews

MODULES = "OUTREACH_POUCHDB"
"""The variable that names the folder in which the packages are."""


def is_there() -> bool:
    """Whether node and the packages are."""
    folder = os.environ.get(MODULES, "")
    return bool(folder) and which("node") is not None and (Path(folder) / "node_modules/pouchdb").is_dir()


class _Node:
    """One side as a process of node, which counts its own time and memory."""

    def __init__(self, *words: str) -> None:
        script = Path(__file__).with_suffix(".mjs")
        self._child = subprocess.Popen(
            ["node", str(script), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def do(self, what: str, *given: Any) -> dict[str, Any]:
        assert self._child.stdin
        assert self._child.stdout
        print(json.dumps({"do": what, "with": given}), file=self._child.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self._child.stdout.readline())
        return answer


class Hub:
    """Databases in a folder, served."""

    def __init__(self, folder: Path) -> None:
        (folder / "hub").mkdir()
        self._node = _Node("hub", str(folder / "hub"))

    def start(self) -> dict[str, Any]:
        """Where it is."""
        return self._node.do("start")

    def spent(self) -> dict[str, Any]:
        """Seconds of processor time: node answers many requests at a time."""
        return self._node.do("spent")


class Laptop:
    """A database that replicates."""

    def __init__(self, folder: Path, name: str, address: str) -> None:
        self._name, self._folder = name, folder
        self._node = _Node("laptop", str(folder), "maker" if not address else name, address)

    def make(self, count: int) -> dict[str, Any]:
        """Write the records."""
        return self._node.do("make", self._file("records", reviews(count)))

    def edit(self, count: int) -> dict[str, Any]:
        """Write the edits of so many records."""
        made = edits(self._name)
        ids = edited(count)
        rows = ({"id": ids[one.place], "field": one.field, "value": one.value} for one in made)
        return self._node.do("edit", self._file("edits", rows))

    def sync(self) -> dict[str, Any]:
        """There and back."""
        return self._node.do("sync")

    def outcome(self, count: int) -> dict[str, Any]:
        """What became of the shared records."""
        told = self._node.do("outcome", self._file("shared", ({"id": one} for one in edited(count))))
        rows = [row["held"] for row in told["rows"]]
        lost = losers(rows)
        kept = sum(
            any(one[edit.field] == edit.value for one in told["rows"][edit.place]["lost"]) for edit in lost
        )
        return {"merged": merged(rows), "kept": kept, "records": told["records"]}

    def _file(self, what: str, rows: Iterable[dict[str, Any]]) -> str:
        path = self._folder / f"{self._name}-{what}.jsonl"
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
        return str(path)
