"""Starting: the app until Today is painted, and plain commands, beside the least a process can cost."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.invented import TODAY, caseload, now
from benchmarks.table import Measure, median_seconds, show
from casework.ids import new_id
from casework.records import Team, Worker
from storage.home import Home
from storage.queries.today import read_round
from storage.store import Store
from storage.vault import Vault

CHILDREN = int(sys.argv[sys.argv.index("--children") + 1]) if "--children" in sys.argv else 5_000
PASSPHRASE = "benchmark only passphrase"


def _seconds(command: Sequence[str], times: int, environ: dict[str, str]) -> tuple[float, str]:
    """Median wall time after one warm-up that leaves compiled modules, as an installation does."""
    taken, said = [], ""
    environ = {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, check=True, capture_output=True, env=environ)
    for _ in range(times):
        start = time.perf_counter()
        said = subprocess.run(command, check=True, capture_output=True, text=True, env=environ).stdout
        taken.append(time.perf_counter() - start)
    return statistics.median(taken), said


def app(folder: Path) -> list[Measure]:
    """Today over 5,000 children with a year of marks: in the store, painted, from start, and in memory."""
    store, key = caseload(folder, CHILDREN)
    read_round(store)
    in_store = median_seconds(lambda: read_round(store), 7) * 1000
    store.close()
    (folder / "key").write_bytes(bytes(key))
    environ = dict(os.environ)
    minimal, _ = _seconds([sys.executable, "-m", "benchmarks.painted", "minimal"], 5, environ)
    started, said = _seconds([sys.executable, "-m", "benchmarks.painted", "today", str(folder)], 5, environ)
    painted, _, peak = (float(part) for part in said.split())
    return [
        Measure("Today, 5,000 children, 195,000 weeks: in the store", in_store, "ms", 50),
        Measure("the same from opening the caseload to painted", painted * 1000, "ms", 150),
        Measure("start to painted Today", started * 1000, "ms", 2.0, minimal * 1000, "minimal Textual app"),
        Measure("peak memory, Today over 5,000 children", peak, "MB", 150),
    ]


def commands(folder: Path) -> list[Measure]:
    """`--version` and `today --plain` (with and without the key derivation) against importing click."""
    home = Home(folder / "home")
    home.prepare()
    _, key, _ = Vault.create(home, PASSPHRASE)
    team = Team(id=new_id(), name="Swale")
    worker = Worker(id=new_id(), name="Kim Invented", agency="inclusion-attendance", team=team.id)
    Store.set_up(home.database, key, worker=worker, team=team, now=now, today=TODAY).close()
    secret = folder / "passphrase"
    secret.touch(0o600)
    secret.write_text(PASSPHRASE)
    environ = dict(os.environ, OUTREACH_PASSPHRASE_FILE=str(secret), OUTREACH_TODAY=TODAY.isoformat())
    outreach = [sys.executable, "-P", "-m", "outreach_tui", "--home", str(home.path)]
    click, _ = _seconds([sys.executable, "-c", "import click"], 9, environ)
    version, _ = _seconds([*outreach, "--version"], 9, environ)
    today, _ = _seconds([*outreach, "--plain", "today"], 9, environ)
    derive = median_seconds(lambda: Vault.load(home).unlock(PASSPHRASE, now=now()), 3)
    peer = "python -c 'import click'"
    return [
        Measure("outreach --version", version * 1000, "ms", 1.5, click * 1000, peer),
        Measure(
            "outreach today --plain, key derivation apart",
            (today - derive) * 1000,
            "ms",
            6.0,
            click * 1000,
            peer,
        ),
        Measure("outreach today --plain, whole", today * 1000, "ms", 6.0, click * 1000, peer),
    ]


def main() -> list[Measure]:
    """All measurements of this file."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a").mkdir()
        return [*app(Path(folder) / "a"), *commands(Path(folder))]


if __name__ == "__main__":
    show(main())
