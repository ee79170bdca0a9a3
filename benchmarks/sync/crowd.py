"""Fifty laptops at once on one PostgreSQL with two hub processes: the morning of a county."""

from __future__ import annotations

from benchmarks.table import Measure, percentile
from sync.hub.hub import Hub
from tests.sync import crowd as laptops
from tests.sync.databases import started_server

LAPTOPS, EDITS, PROCESSES = 50, 200, 2


def crowd(times: int) -> list[Measure]:
    """Edits a second from all laptops together, and how long a pull takes meanwhile."""
    rates, waits = [], []
    with started_server() as server:
        for _ in range(times):
            database = server.database()
            try:
                laptops.found(Hub(database.engine, now=lambda: laptops.NOW), LAPTOPS)
                done = laptops.run_processes(database.address, LAPTOPS, EDITS, PROCESSES)
            finally:
                database.close()
            assert sum(part.fresh for part in done) == LAPTOPS * EDITS
            rates.append(LAPTOPS * EDITS / max(part.seconds for part in done))
            waits.append(1000 * percentile([second for part in done for second in part.pulls], 0.95))
            print(f"{rates[-1]:.0f} edits/s, pull p95 {waits[-1]:.0f} ms", flush=True)
    # As the time of 1,000 edits, for every goal is a limit from above.
    return [
        Measure("1,000 edits of 50 laptops, PostgreSQL", 1000 / max(rates), "s", 1.0),
        Measure("a pull meanwhile, p95", min(waits), "ms", 100.0),
    ]
