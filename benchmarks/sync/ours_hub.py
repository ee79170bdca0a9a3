"""Our central record, apart from the laptop: a laptop does not load what only the central record needs."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from queue import Queue
from typing import Any

from benchmarks.sync.workload import LAPTOPS, NOW
from sync.collecting import collect_rarely
from sync.hub.enrolment import draw_code, enter_worker
from sync.hub.gate import Answered, Gate
from sync.hub.home import HubHome, create_hub, open_hub
from sync.hub.serving import serve

_KEY = bytes(range(32))


class _Timed(Gate):
    """A door that keeps count of its work."""

    spent = 0.0

    def answer(self, verb: str, url: str, headers: Mapping[str, str], body: bytes, address: str) -> Answered:
        began = time.perf_counter()
        try:
            return super().answer(verb, url, headers, body, address)
        finally:
            self.spent += time.perf_counter() - began


def found(folder: Path) -> None:
    """Make an empty central record."""
    home = HubHome(folder / "hub")
    home.path.mkdir()
    create_hub(home, bytearray(_KEY), database=None, approve=False, now=lambda: NOW).close()


class Hub:
    """The central record in an encrypted file, served by the app's own server."""

    def __init__(self, folder: Path) -> None:
        # Made by another process, as `hub init` is, so that memory is that of serving alone.
        subprocess.run([sys.executable, "-m", "benchmarks.sync.ours_hub", str(folder)], check=True)
        self._hub = open_hub(HubHome(folder / "hub"), bytearray(_KEY), now=lambda: NOW)
        self._gate = _Timed(self._hub.hub, self._hub.key, now=lambda: NOW)
        collect_rarely()  # before there is another thread, for `hub serve` serves on its first one
        self._ready: Queue[str] = Queue()
        threading.Thread(
            target=lambda: serve(self._gate, "127.0.0.1", 0, ready=self._ready.put), daemon=True
        ).start()

    def start(self) -> dict[str, Any]:
        """Where it is, and a code for each laptop."""
        address = self._ready.get()
        codes = []
        for name in LAPTOPS:
            with self._hub.engine.begin() as connection:
                worker = enter_worker(connection, name.title(), "early-help", "Swale", (), NOW)
                codes.append(draw_code(connection, worker, NOW).text)
        return {"address": " ".join([address, *codes])}

    def spent(self) -> dict[str, Any]:
        """Seconds of work."""
        taken, self._gate.spent = self._gate.spent, 0.0
        return {"seconds": taken}


if __name__ == "__main__":
    found(Path(sys.argv[1]))
