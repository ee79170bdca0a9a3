"""Starting: the app until Today is painted, and plain commands, beside the least a process can cost."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.invented import TODAY, caseload, now
from benchmarks.painted import CURSOR, Watched
from benchmarks.table import Measure, median_seconds, show
from casework.ids import new_id
from casework.records import Team, Worker
from outreach_tui.demo import MARKER
from storage.home import Home
from storage.queries.today import read_round
from storage.slots import Kdf
from storage.store import Store
from storage.vault import Vault

CHILDREN = int(sys.argv[sys.argv.index("--children") + 1]) if "--children" in sys.argv else 5_000
TIMES = 9 if CHILDREN >= 5_000 else 1
PASSPHRASE = "benchmark only passphrase"
_TYPING_SECONDS = 1.5
"""How long a worker types at the door; what the app prepares meanwhile is not waited for."""


def environ_of(**more: str) -> dict[str, str]:
    """The environment of a worker: compiled modules are kept, as an installation keeps them."""
    left_out = {"PYTHONDONTWRITEBYTECODE", "NO_COLOR"}
    return {**{name: value for name, value in os.environ.items() if name not in left_out}, **more}


def _in_turn(runs: Mapping[str, Callable[[], float]], times: int) -> dict[str, float]:
    """The median of what each run gives, run in turn, so that a drifting machine slows all; one warm-up."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(times + 1):
        for name, run in runs.items():
            found = run()
            if turn:
                taken[name].append(found)
    return {name: statistics.median(values) for name, values in taken.items()}


def app(folder: Path) -> list[Measure]:
    """Today over 5,000 children with a year of marks: in the store, painted, from start, and in memory.

    "Painted" is when the terminal got it. A vault that is open already starts as a demo does, without a door.
    """
    home = home_of(folder)
    store, _ = caseload(home.path, CHILDREN, key=keys_of(folder, home))
    read_round(store)
    in_store = median_seconds(lambda: read_round(store), 7) * 1000
    store.close()
    marker = home.path / MARKER
    environ = environ_of(OUTREACH_TODAY=TODAY.isoformat())
    module = [sys.executable, "-m", "benchmarks.painted"]
    peaks: list[float] = []

    def minimal() -> float:
        seen = Watched([*module, "minimal"], environ)
        painted = seen.wait_for(CURSOR)
        seen.leave()
        return painted - seen.began

    def started() -> float:
        marker.touch()
        seen = Watched([*module, "outreach", str(folder)], environ)
        painted = seen.wait_for(CURSOR)
        peaks.append(seen.leave())
        marker.unlink()
        return painted - seen.began

    def unlocked() -> float:
        seen = Watched([*module, "outreach", str(folder)], environ)
        seen.wait_for(b"Passphrase")
        time.sleep(_TYPING_SECONDS)
        typed = seen.type(f"{PASSPHRASE}\r")
        painted = seen.wait_for(CURSOR)
        seen.leave()
        return painted - typed

    took = _in_turn({"minimal": minimal, "started": started, "unlocked": unlocked}, TIMES)
    return [
        Measure("Today, 5,000 children, 195,000 weeks: in the store", in_store, "ms", 50),
        Measure("passphrase typed to painted, derivation apart", took["unlocked"] * 1000, "ms", 150),
        Measure(
            "start to painted Today",
            took["started"] * 1000,
            "ms",
            2.0,
            took["minimal"] * 1000,
            "minimal Textual app",
        ),
        Measure("peak memory, Today over 5,000 children", max(peaks), "MB", 150),
    ]


def home_of(folder: Path) -> Home:
    """An empty data folder in `folder`."""
    home = Home(folder / "home")
    home.prepare()
    return home


def keys_of(folder: Path, home: Home) -> bytearray:
    """A vault in `home`; what Argon2id makes of its passphrase is left in `folder` for `painted`."""
    made: list[bytes] = []
    stretch = Kdf.stretch

    def kept(self: Kdf, passphrase: bytearray | str, salt: bytes) -> bytearray:
        made.append(bytes(stretch(self, passphrase, salt)))
        return bytearray(made[-1])

    Kdf.stretch = kept  # type: ignore[method-assign]
    try:
        _, key, _ = Vault.create(home, PASSPHRASE)
        Vault.load(home).unlock(PASSPHRASE, now=now())
    finally:
        Kdf.stretch = stretch  # type: ignore[method-assign]
    (folder / "stretched").write_bytes(made[-1])
    return key


def _seconds(command: Sequence[str], environ: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environ)
    return time.perf_counter() - start


def commands(folder: Path) -> list[Measure]:
    """`--version` and `today --plain` (with and without the key derivation) against importing click."""
    home = home_of(folder)
    _, key, _ = Vault.create(home, PASSPHRASE)
    team = Team(id=new_id(), name="Swale")
    worker = Worker(id=new_id(), name="Kim Invented", agency="inclusion-attendance", team=team.id)
    Store.set_up(home.database, key, worker=worker, team=team, now=now, today=TODAY).close()
    secret = folder / "passphrase"
    secret.touch(0o600)
    secret.write_text(PASSPHRASE)
    environ = environ_of(OUTREACH_PASSPHRASE_FILE=str(secret), OUTREACH_TODAY=TODAY.isoformat())
    outreach = [sys.executable, "-P", "-m", "outreach_tui", "--home", str(home.path)]
    kdf = Vault.load(home).kdf

    def derived() -> float:
        start = time.perf_counter()
        kdf.stretch(PASSPHRASE, bytes(16))
        return time.perf_counter() - start

    took = _in_turn(
        {
            "click": lambda: _seconds([sys.executable, "-c", "import click"], environ),
            "version": lambda: _seconds([*outreach, "--version"], environ),
            "today": lambda: _seconds([*outreach, "--plain", "today"], environ),
            "derived": derived,
        },
        TIMES,
    )
    click, peer = took["click"] * 1000, "python -c 'import click'"
    apart = (took["today"] - took["derived"]) * 1000
    return [
        Measure("outreach --version", took["version"] * 1000, "ms", 1.5, click, peer),
        Measure("outreach today --plain, key derivation apart", apart, "ms", 6.0, click, peer),
        Measure("outreach today --plain, whole", took["today"] * 1000, "ms", 6.0, click, peer),
        Measure("the key derivation alone (Argon2id)", took["derived"] * 1000, "ms", 6.0, click, peer),
    ]


def main() -> list[Measure]:
    """All measurements of this file."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a").mkdir()
        (Path(folder) / "b").mkdir()
        return [*app(Path(folder) / "a"), *commands(Path(folder) / "b")]


if __name__ == "__main__":
    show(main())
