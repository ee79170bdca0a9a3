"""One table for every measurement: ours, the peer measured in the same run, their ratio, and the goal."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """One row. `ours` and `peer` are in `unit`; `goal` is a ratio to the peer, or a limit in `unit`."""

    what: str
    ours: float
    unit: str
    goal: float
    peer: float | None = None
    peer_name: str = ""

    @property
    def reached(self) -> float:
        """The figure that the goal speaks of: the ratio where there is a peer, else ours."""
        return self.ours / self.peer if self.peer else self.ours

    @property
    def met(self) -> bool:
        """Whether the goal holds."""
        return self.reached <= self.goal


def median_seconds(run: Callable[[], object], times: int = 5) -> float:
    """The median wall time of several runs, in seconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def paired(ours: Callable[[], object], peer: Callable[[], object], times: int = 5) -> tuple[float, float]:
    """Median wall times of two functions run in turn, so that a drifting machine slows both."""
    mine, theirs = [], []
    for _ in range(times):
        for run, taken in ((ours, mine), (peer, theirs)):
            start = time.perf_counter()
            run()
            taken.append(time.perf_counter() - start)
    return statistics.median(mine), statistics.median(theirs)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def show(rows: Iterable[Measure]) -> None:
    """Print the table; a goal that was missed says so in words."""
    print(f"{'what':58} {'ours':>11} {'peer':>11} {'reached':>9} {'goal':>7}  verdict")
    for row in rows:
        unit = "x" if row.peer else f" {row.unit}"
        peer = f"{row.peer:.3f} {row.unit}" if row.peer is not None else "-"
        verdict = "met" if row.met else f"missed by {(row.reached / row.goal - 1) * 100:.0f} %"
        name = f"{row.what} [{row.peer_name}]" if row.peer_name else row.what
        print(
            f"{name:58} {row.ours:>7.3f} {row.unit:3} {peer:>11} {row.reached:>7.2f}{unit[:2]:2}"
            f" {row.goal:>6.2f}  {verdict}"
        )
