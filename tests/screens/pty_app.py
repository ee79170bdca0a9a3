"""Run in a terminal by `test_terminal.py`: an app whose first room fails in the way that is asked for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from outreach_tui.launch import run

CANARY = "Zebediah Canary"


def make_app() -> Any:
    from textual.binding import Binding

    from tests.screens.fakes import PASSPHRASE, FakeOpener, Hands, RoundRoom, make_app

    class FaultyRoom(RoundRoom):
        BINDINGS = [
            *RoundRoom.BINDINGS,
            Binding("f8", "fail"),
            Binding("f9", "worker"),
            Binding("f10", "css"),
        ]

        def action_fail(self) -> None:
            name = CANARY
            raise ValueError(name)

        def action_worker(self) -> None:
            async def work() -> None:
                name = CANARY
                raise ValueError(name)

            self.run_worker(work())

        def action_css(self) -> None:
            self.app.panic(CANARY)

    class Open(FakeOpener):
        def unlock(self, passphrase: bytearray) -> Any:
            passphrase[:] = PASSPHRASE.encode()
            return super().unlock(passphrase)

    hands = Hands()
    app = make_app(Path("nowhere"), hands, opener=Open(hands))
    app._rooms = {"today": lambda: FaultyRoom([CANARY])}
    return app


if __name__ == "__main__":
    sys.exit(run(make_app))
