"""The round in a real terminal, for bursts of keys: run by `test_terminal_bursts.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from outreach_tui.launch import run


def make_app() -> Any:
    from outreach_tui.app import OutreachApp
    from storage.store import Store
    from tests.screens.fakes import FakeOpener, Hands
    from tests.screens.rounds_world import KEY, NOW, TODAY, make_caseload, round_of

    folder = Path(sys.argv[1])
    path = make_caseload(folder, round_of(12))

    class Open(FakeOpener):
        def unlock(self, passphrase: bytearray) -> Any:
            del passphrase
            return Store.open(path, bytearray(KEY), now=lambda: NOW, today=TODAY)

    hands = Hands()
    return OutreachApp(folder, opener=Open(hands), today=TODAY, clocks=hands.clocks)


if __name__ == "__main__":
    sys.exit(run(make_app))
