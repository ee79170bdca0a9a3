"""A central record served for real on loopback, in a thread, on a real file, at a time that is given."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import uvicorn
from sqlalchemy import Engine

from casework.edits import Edit, create
from casework.ids import new_id
from casework.records import Child, Team, Worker
from storage.integrity import CHECKS
from storage.store import Store
from sync.hub import founding
from sync.hub.api import make_app
from sync.hub.database import open_sqlite
from sync.hub.enrolment import draw_code, enter_worker
from sync.hub.home import HubHome, OpenHub, create_hub, open_hub
from sync.hub.migrations import upgrade
from sync.joining import Joined, Reconciled, join, reconcile
from tests.sync.world import KEY, NOW
from tests.tools.caseloads import set_up


@cache
def _tables() -> tuple[Engine, TemporaryDirectory[str]]:
    """A central record's file with its tables and nothing in them, made once in a process."""
    folder = TemporaryDirectory()
    engine = open_sqlite(Path(folder.name) / "hub.db", bytearray(KEY), create=True)
    upgrade(engine)
    return engine, folder


def _copied(engine: Engine) -> None:
    """As `upgrade` does to a new file under the key of these tests, in a thirtieth of its time."""
    made, new = _tables()[0].raw_connection(), engine.raw_connection()
    made.driver_connection.backup(new.driver_connection)  # type: ignore[union-attr]
    made.close()
    new.close()


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


class Served:
    """The hub's server: started, and known to answer, when it is made."""

    def __init__(self, hub: OpenHub, *, port: int = 0, tls: tuple[Path, Path] | None = None) -> None:
        """`tls` are the files of a certificate and its key."""
        certificate, key = tls or (None, None)
        config = uvicorn.Config(
            make_app(hub.gate()),
            host="127.0.0.1",
            port=port,
            log_config=None,
            lifespan="off",
            access_log=False,
            ssl_certfile=certificate,
            ssl_keyfile=str(key) if key else None,
        )
        self._server = uvicorn.Server(config)
        begun = threading.Event()
        startup = self._server.startup

        async def told(*given: Any, **named: Any) -> None:
            await startup(*given, **named)
            begun.set()

        self._server.startup = told  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        assert begun.wait(20)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive()


@dataclass
class Site:
    """A central record with its server, and laptops with files of their own."""

    folder: Path
    approve: bool = False
    clock: Clock = field(default_factory=Clock)
    stores: list[Store] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.home = HubHome(self.folder / "hub")
        self.home.path.mkdir()
        with patch.object(founding, "upgrade", _copied):
            self.hub = create_hub(
                self.home, bytearray(KEY), database=None, approve=self.approve, now=self.clock
            )
        self.served = Served(self.hub)

    @property
    def url(self) -> str:
        return self.served.url

    def code(self, name: str = "Ana Bell", agency: str = "early-help", urns: tuple[str, ...] = ()) -> str:
        with self.hub.engine.begin() as connection:
            worker = enter_worker(connection, name, agency, "Swale", urns, self.clock())  # type: ignore[arg-type]
            return draw_code(connection, worker, self.clock()).text

    def store(
        self, name: str = "Ana", team: str = "Swale", now: Callable[[], datetime] | None = None
    ) -> Store:
        """A caseload as set-up leaves it."""
        folder = self.folder / f"laptop-{len(self.stores)}"
        folder.mkdir()
        of_team = Team(id=new_id(), name=team)
        store = set_up(
            folder / "caseload.db",
            bytearray(KEY),
            worker=Worker(id=new_id(), name=name, agency="school", team=of_team.id),
            team=of_team,
            now=now or self.clock,
            today=self.clock().date(),
        )
        self.stores.append(store)
        return store

    def laptop(self, name: str = "Ana Bell", agency: str = "early-help", **more: Any) -> Store:
        """An enrolled laptop."""
        store = self.store(name, **more)
        self.join(store, self.code(name, agency))
        return store

    def join(self, store: Store, code: str) -> Joined:
        return join(store, self.url, code)

    def sync(self, store: Store, **how: Any) -> Reconciled:
        return reconcile(store, sleep=lambda _: None, **how)

    def restart(self) -> None:
        """Another process on the same file."""
        self.served.stop()
        self.hub.close()
        self.hub = open_hub(self.home, bytearray(KEY), now=self.clock)
        self.served = Served(self.hub)

    def close(self) -> None:
        self.served.stop()
        self.hub.close()
        for store in self.stores:
            with suppress(Exception):
                store.close()


def child(store: Store, forename: str = "Tilly") -> Child:
    """A child whom this laptop has just put on record."""
    made = Child(id=new_id(), surname="Marsh", forename=forename, team=store.worker.team)
    store.journal.commit(Edit("Made", (create(made),), subject=made.id))
    return made


def sound(store: Store) -> list[str]:
    """What the checks of a caseload find."""
    return [problem for check in CHECKS for problem in check(store.conn)]
