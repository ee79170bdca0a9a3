"""One process of a measurement: a hub or a laptop, told what to do by lines of JSON.

python -m benchmarks.sync.roles PEER hub|laptop FOLDER NAME ADDRESS
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

PEERS = ("floor", "changesets", "pouchdb", "ours")
_APART = {("ours", "hub"): "ours_hub"}
"""A side whose module is not the peer's own."""


class Hub(Protocol):
    """The side that is asked. It serves from its making on."""

    def start(self) -> dict[str, Any]:
        """What laptops have to know: `address`, and more of the peer's own."""

    def spent(self) -> dict[str, Any]:
        """`seconds` of work since this was asked last."""


class Laptop(Protocol):
    """The side that asks."""

    def make(self, count: int) -> dict[str, Any]:
        """Write the records, not yet sent."""

    def edit(self, count: int) -> dict[str, Any]:
        """Make this laptop's edits of a workload of so many records."""

    def sync(self) -> dict[str, Any]:
        """One session; `bytes` both ways (bodies), `requests`, and `headers` where they are counted."""

    def outcome(self, count: int) -> dict[str, Any]:
        """`merged` and `kept`, of ten each."""


def main(peer: str, side: str, folder: str, name: str, address: str) -> None:
    """Serve lines until there are no more; `cpu` is a hub's work since it began, a laptop's for this line."""
    module = import_module(f"benchmarks.sync.{_APART.get((peer, side), peer)}")
    role = module.Hub(Path(folder)) if side == "hub" else module.Laptop(Path(folder), name, address)
    for line in sys.stdin:
        words = json.loads(line)
        gc.collect()
        began, worked = time.perf_counter(), time.process_time()
        answer = {} if words["do"] == "ready" else getattr(role, words["do"])(*words["with"]) or {}
        took = time.perf_counter() - began
        cpu = time.process_time() - (0 if side == "hub" else worked)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": took, "peak": peak, "cpu": cpu} | answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:6])
