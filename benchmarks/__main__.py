"""Every measurement, one after the other: `python -m benchmarks` (`--quick` is a short form)."""

from __future__ import annotations

import subprocess
import sys

PARTS = (
    (["-m", "benchmarks.store"], ["-m", "benchmarks.store"]),
    (["-m", "benchmarks.startup"], ["-m", "benchmarks.startup", "--children", "500"]),
    (["-m", "benchmarks.intake"], ["-m", "benchmarks.intake", "--marks", "100000"]),
    (["-m", "benchmarks.sharing"], ["-m", "benchmarks.sharing", "500"]),
    (["-m", "benchmarks.clocks"], ["-m", "benchmarks.clocks", "500"]),
    (["-m", "benchmarks.child", "5000"], ["-m", "benchmarks.child", "300"]),
    (["-m", "benchmarks.search"], ["-m", "benchmarks.search", "10000"]),
    (["-m", "benchmarks.duplicates"], ["-m", "benchmarks.duplicates", "5000"]),
    (["-m", "benchmarks.sync"], ["-m", "benchmarks.sync", "2000", "--times", "1"]),
    (["-m", "benchmarks.sync", "--crowd"], ["-m", "benchmarks.sync", "--crowd", "--times", "1"]),
)


def main() -> None:
    """Run each part in a process of its own, so that none warms another up; a missed goal is told."""
    quick = "--quick" in sys.argv
    for whole, short in PARTS:
        words = short if quick else whole
        print(f"\n== {words[1].removeprefix('benchmarks.')} ==", flush=True)
        subprocess.run([sys.executable, *words], check=False)


if __name__ == "__main__":
    main()
