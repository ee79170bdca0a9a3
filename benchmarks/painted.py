"""One start of an app without a terminal, until it is painted; run as a process of its own by `startup`.

    python -m benchmarks.painted minimal
    python -m benchmarks.painted today FOLDER

Prints one line: seconds from opening the caseload to the painted round, rows shown, and peak memory in MB.
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from pathlib import Path


def minimal() -> None:
    """A Textual app with one line in it."""
    from textual.app import App, ComposeResult
    from textual.widgets import Static

    class Minimal(App[None]):
        def compose(self) -> ComposeResult:
            yield Static("ready", markup=False)

        def on_mount(self) -> None:
            self.call_after_refresh(self.exit)

    Minimal().run(headless=True, size=(80, 24))
    print("0 0 0")


def today(folder: Path) -> None:
    """The app from its start to the painted round, with the data key in a file: no key derivation.

    The collector rests meanwhile, as `outreach_tui.launch.run` has it.
    """
    gc.disable()
    from benchmarks.invented import TODAY, now
    from outreach_tui.app import OutreachApp
    from screens.widgets.row_list import RowList
    from storage.store import Store

    key = bytearray((folder / "key").read_bytes())

    class KeyOpener:
        has_caseload = True

    class Measured(OutreachApp):
        opened = 0.0
        shown = 0

        async def on_mount(self) -> None:
            self.opened = time.perf_counter()
            await self.desk.open(lambda: Store.open(folder / "caseload.db", key, now=now, today=TODAY))
            self.entered()
            self.set_interval(0.001, self.look)

        def look(self) -> None:
            lists = self.screen.query(RowList)
            if lists and lists.first(RowList).current is not None:
                self.shown = self.shown or 1
                self.call_after_refresh(self.exit)

    app = Measured(folder, opener=KeyOpener(), today=TODAY)  # type: ignore[arg-type]
    app.run(headless=True, size=(80, 24))
    taken = time.perf_counter() - app.opened
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{taken:.4f} {app.shown} {peak:.1f}")


if __name__ == "__main__":
    if sys.argv[1] == "minimal":
        minimal()
    else:
        today(Path(sys.argv[2]))
