"""A central record and three laptops as processes, a way that misbehaves, and kill -9 of all of them.

The short form runs always; OUTREACH_CRASH_FULL=1 runs sixty rounds on each database.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from casework.edits import Edit, create, update
from casework.ids import new_id
from casework.records import Child, Contact, Team, Worker
from storage.central.state import read_state
from storage.home import Home
from storage.store import Store
from storage.vault import Vault
from sync.hub import care, tables
from sync.hub.enrolment import draw_code, enter_worker
from sync.hub.home import HubHome, create_hub, open_hub
from sync.joining import join, reconcile
from sync.session import Session
from tests.cli.conftest import secret_file
from tests.sync.databases import PostgresqlDatabase
from tests.sync.invariants import check
from tests.sync.world import Laptop, Way
from tests.tools.proxy import ILLS, Proxy
from tests.tools.vaults import FAST, PASSPHRASE

FULL = bool(os.environ.get("OUTREACH_CRASH_FULL"))
ROUNDS = {"sqlite": 60, "postgresql": 60} if FULL else {"sqlite": 3, "postgresql": 2}
RATE = 0.5
NAMES = ("Ana Bell", "Ben Cole", "Cy Dunn")
CHILD = "Canaryforename"
ALLOWED = {0, 1, 6, 7}
"""How a session of sync may end (CLI.md)."""

pytestmark = [pytest.mark.long, pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")]


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Started:
    """`outreach` as a process of its own, on a data folder."""

    home: Path
    secret: Path
    lock: Lock = field(default_factory=Lock)
    process: subprocess.Popen[str] | None = None
    kills: int = 0

    def start(self, *words: str, errors: Path) -> subprocess.Popen[str]:
        environ = {key: value for key, value in os.environ.items() if not key.startswith("OUTREACH_")}
        environ |= {"OUTREACH_HOME": str(self.home), "OUTREACH_PASSPHRASE_FILE": str(self.secret)}
        with self.lock, errors.open("a") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "outreach_tui", *words],
                stdout=subprocess.PIPE,
                stderr=file,
                env=environ,
                text=True,
            )
            return self.process

    def serve(self, port: int, *, errors: Path) -> int:
        """Serve the central record of this folder; the port."""
        process = self.start("hub", "serve", "--port", str(port), errors=errors)
        assert process.stdout is not None
        found = re.search(r"http://\S+:(\d+)", process.stdout.readline())
        assert found, errors.read_text()
        return int(found.group(1))

    def kill(self) -> None:
        """Kill -9, wherever it is."""
        with self.lock:
            if self.process is not None and self.process.poll() is None:
                self.process.send_signal(signal.SIGKILL)
                self.kills += 1


@dataclass
class Office:
    """One worker's laptop behind a proxy of its own."""

    place: Started
    key: bytearray
    proxy: Proxy
    errors: Path
    made: dict[str, str] = field(default_factory=dict)
    """The note of each contact that was saved, by its id."""
    named: list[str] = field(default_factory=list)
    """What a child was called here."""

    @contextmanager
    def store(self) -> Iterator[Store]:
        path = Home(self.place.home).database
        store = Store.open(path, bytearray(self.key), now=now, today=now().date())
        try:
            yield store
        finally:
            store.close()

    def work(self, dice: random.Random) -> None:
        """Some steps of work, saved."""
        with self.store() as store:
            worker = store.actor.worker
            for child in dice.choices(store.find(Child), k=dice.randint(1, 4)):
                note = f"{dice.random()}"
                call = Contact(id=new_id(), child=child.id, at=now(), by=worker, kind="call", note=note)
                store.journal.commit(Edit("Rang", (create(call),), subject=child.id))
                self.made[call.id] = note
                if dice.random() < 0.5:
                    held, name = store.get(Child, child.id), f"Name {dice.random()}"
                    store.journal.commit(Edit("Named", update(held, known_as=name), subject=child.id))
                    self.named.append(name)

    def begin(self) -> subprocess.Popen[str]:
        return self.place.start("sync", "--json", errors=self.errors)


@dataclass
class Site:
    """The central record's process, and the laptops."""

    folder: Path
    dice: random.Random
    database: str | None
    offices: list[Office] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.secret = secret_file(self.folder, PASSPHRASE)
        self.home = HubHome(self.folder / "hub")
        _, self.key, _ = Vault.create(self.home, PASSPHRASE, kdf=FAST)
        made = create_hub(self.home, bytearray(self.key), database=self.database, approve=False, now=now)
        with made.engine.begin() as connection:
            workers = [enter_worker(connection, n, "early-help", "Swale", (), now()) for n in NAMES]
            codes = [draw_code(connection, worker, now()).text for worker in workers]
        made.close()
        self.hub = Started(self.home.path, self.secret)
        self.errors = self.folder / "hub.log"
        self.port = 0
        self.serve()
        for name, code in zip(NAMES, codes, strict=True):
            self._enrol(name, code)

    def _enrol(self, name: str, code: str) -> None:
        home = Home(self.folder / name.split(maxsplit=1)[0])
        _, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST)
        team = Team(id=new_id(), name="Swale")
        worker = Worker(id=new_id(), name=name, agency="early-help", team=team.id)
        kept = bytearray(key)
        store = Store.set_up(home.database, key, worker=worker, team=team, now=now, today=now().date())
        place = Started(home.path, self.secret)
        strikes = {"kill the laptop": place.kill, "kill the central record": self.hub.kill}
        proxy = Proxy([self.port], random.Random(self.dice.random()), strikes=strikes)
        join(store, proxy.url, code)
        if not self.offices:
            for n in range(4):
                child = Child(id=new_id(), surname="Marsh", forename=f"{CHILD} {n}", team=store.worker.team)
                store.journal.commit(Edit("Made", (create(child),), subject=child.id))
        assert reconcile(store).session.agreed
        store.close()
        self.offices.append(Office(place, kept, proxy, self.folder / f"{name}.log"))

    def serve(self) -> None:
        """Start the central record where it does not run."""
        if self.hub.process is not None and self.hub.process.poll() is None:
            return
        self.port = self.hub.serve(self.port, errors=self.errors)

    def syncs(self) -> list[int]:
        """All laptops sync at the same time; the exit code of each, which fits what it said."""
        begun = [office.begin() for office in self.offices]
        codes = []
        for process in begun:
            out, _ = process.communicate(timeout=60)
            codes.append(process.returncode)
            if process.returncode in (0, 1):
                assert json.loads(out)["agreed"], out
        return codes

    def settle(self) -> list[Session]:
        """Everybody syncs until nobody has anything to say; the last session of each."""
        for _ in range(4):
            sessions = []
            for office in self.offices:
                with office.store() as store:
                    sessions.append(reconcile(store).session)
        return sessions

    def harm(self, rate: float) -> None:
        for office in self.offices:
            office.proxy.rate = rate

    def close(self) -> None:
        for started in (self.hub, *(office.place for office in self.offices)):
            started.kill()
            if started.process is not None:
                started.process.communicate()
        for office in self.offices:
            office.proxy.close()


@pytest.mark.usefixtures("in_earnest")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_step_has_one_effect_whatever_was_killed(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    postgresql: PostgresqlDatabase | None = None
    if kind == "postgresql":
        postgresql = request.getfixturevalue("postgresql")
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # shown where the test fails
    site = Site(tmp_path, random.Random(seed), postgresql.address if postgresql else None)
    try:
        codes: Counter[int] = Counter()
        site.harm(RATE)
        for _ in range(ROUNDS[kind]):
            for office in site.offices:
                office.work(site.dice)
            codes.update(site.syncs())
            site.serve()
        assert set(codes) <= ALLOWED | {-signal.SIGKILL}, codes
        site.harm(0)
        codes.update(site.syncs())
        assert set(codes) <= ALLOWED | {-signal.SIGKILL}, codes
        last = site.settle()
        done = sum((office.proxy.done for office in site.offices), Counter[str]())
        print(codes, done)
        if FULL:
            assert set(done) >= {*ILLS, "kill the laptop", "kill the central record"}
            assert set(codes) >= {6, 7, -signal.SIGKILL}
    finally:
        site.close()
    _check(site, last)
    for log in (site.errors, *(office.errors for office in site.offices)):
        said = log.read_text()
        assert "Traceback" not in said
        assert CHILD not in said


def _check(site: Site, last: list[Session]) -> None:
    """Nothing is lost or there twice, and everybody holds the same."""
    hub = open_hub(site.home, bytearray(site.key), now=now)
    laptops: dict[str, Laptop] = {}
    try:
        for name, office in zip(NAMES, site.offices, strict=True):
            path = Home(office.place.home).database
            store = Store.open(path, bytearray(office.key), now=now, today=now().date())
            laptops[name] = Laptop(store, Way(hub.hub, read_state(store.conn).device))
        world: Any = SimpleNamespace(hub=hub.hub, laptops=laptops, today=lambda: now().date())
        check(world, last)
        with hub.engine.begin() as connection:
            assert care.problems(connection) == []
            assert care.aside(connection) == []
            log = connection.execute(select(tables.log.c.changes)).scalars().all()
        made = {call: note for office in site.offices for call, note in office.made.items()}
        for laptop in laptops.values():
            assert {held.id: held.note for held in laptop.store.find(Contact)} == made
        changes = [change for text in log for change in json.loads(text)]
        told = Counter(new for _, _, field_name, _, new in changes if field_name == "known_as")
        assert told == Counter(name for office in site.offices for name in office.named)
    finally:
        for laptop in laptops.values():
            with suppress(Exception):
                laptop.store.close()
        hub.close()
