"""Two processes of one central record on one PostgreSQL, asked in turn, give the same answers as one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from sqlalchemy import event
from sqlalchemy import update as changed

from casework.edits import Edit, create, update
from casework.errors import Refused
from casework.ids import new_id
from casework.records import Child, Team, Worker
from casework.records_sync import Conflict
from storage.central.holdings import Holdings
from storage.central.state import read_state
from storage.store import Store
from storage.vault import Vault
from sync import wire
from sync.hub import care, tables
from sync.hub.enrolment import MOST_TRIES, draw_code, enter_worker, use_code
from sync.hub.home import HubHome, OpenHub, create_hub, open_hub
from sync.joining import join, reconcile
from sync.messages.greeting import Hello
from sync.messages.pages import Pull
from sync.messages.said import Cursor
from sync.messages.sums import Verify
from tests.cli.conftest import secret_file
from tests.sync.databases import PostgresqlDatabase
from tests.sync.raw import Raw
from tests.sync.test_processes import Started
from tests.sync.world import KEY, World
from tests.tools.caseloads import set_up
from tests.tools.proxy import Proxy
from tests.tools.vaults import FAST, PASSPHRASE


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class County:
    """Two processes, each from its copy of the folder, and a proxy that asks them in turn."""

    folder: Path
    postgresql: PostgresqlDatabase
    hubs: list[Started] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)

    def __post_init__(self) -> None:
        home, secret = HubHome(self.folder / "hub"), secret_file(self.folder, PASSPHRASE)
        _, self.key, _ = Vault.create(home, PASSPHRASE, kdf=FAST)
        address = self.postgresql.address
        create_hub(home, bytearray(self.key), database=address, approve=False, now=now).close()
        shutil.copytree(home.path, self.folder / "copy")
        self.hub: OpenHub = open_hub(home, bytearray(self.key), now=now)
        self.hubs = [Started(path, secret) for path in (home.path, self.folder / "copy")]
        self.ports = [hub.serve(0, errors=self.folder / "hub.log") for hub in self.hubs]
        self.proxy = Proxy(self.ports, Random(1))

    def code(self, name: str) -> str:
        with self.hub.engine.begin() as connection:
            worker = enter_worker(connection, name, "early-help", "Swale", (), now())
            return draw_code(connection, worker, now()).text

    def store(self, name: str) -> Store:
        (self.folder / name).mkdir()
        team = Team(id=new_id(), name="Swale")
        worker = Worker(id=new_id(), name=name, agency="early-help", team=team.id)
        path = self.folder / name / "caseload.db"
        made = set_up(path, bytearray(KEY), worker=worker, team=team, now=now, today=now().date())
        self.stores.append(made)
        return made

    def close(self) -> None:
        for store in self.stores:
            store.close()
        self.proxy.close()
        for hub in self.hubs:
            hub.kill()
            if hub.process is not None:
                hub.process.communicate()
        self.hub.close()


@pytest.fixture
def county(tmp_path: Path, postgresql: PostgresqlDatabase) -> Iterator[County]:
    made = County(tmp_path, postgresql)
    yield made
    made.close()


@pytest.mark.usefixtures("in_earnest")
def test_two_processes_answer_as_one(county: County) -> None:
    ana, ben = county.store("Ana Bell"), county.store("Ben Cole")
    for store in (ana, ben):
        join(store, county.proxy.url, county.code(store.worker.name))
    tilly = Child(id=new_id(), surname="Marsh", forename="Tilly", team=ana.worker.team)
    ana.journal.commit(Edit("Made", (create(tilly),), subject=tilly.id))
    for store in (ana, ben):
        assert reconcile(store).session.agreed
    for n in range(3):
        for store, name in ((ana, f"Til {n}"), (ben, f"Lily {n}")):
            store.journal.commit(
                Edit("Named", update(store.get(Child, tilly.id), known_as=name), subject=tilly.id)
            )
        for store in (ana, ben, ana):
            session = reconcile(store).session
            assert (session.agreed, session.quarantined, session.problems) == (True, 0, [])
    assert ana.find(Conflict) == ben.find(Conflict) != []
    assert ana.find(Child) == ben.find(Child)
    last = [reconcile(store) for store in (ana, ben)]
    assert [(done.session.agreed, done.traffic.requests) for done in last] == [(True, 1)] * 2
    with county.hub.engine.begin() as connection:
        assert care.problems(connection) == []
    log = (county.folder / "hub.log").read_text()
    assert " 500 fault " not in log

    # The very same question to each; and what one took, the other has taken.
    urls = [f"http://127.0.0.1:{port}" for port in county.ports]
    sides = [Raw(SimpleNamespace(url=url, clock=now), ana) for url in urls]  # type: ignore[arg-type]
    state, total = read_state(ana.conn), Holdings(ana.conn).total().text
    at = Cursor(seq=state.seq, chain=state.chain)
    questions: list[tuple[str, Any]] = [
        ("pull", Pull(cursor=Cursor(), want=[tilly.id])),
        ("pull", Pull(cursor=at)),
        ("verify", Verify(cursor=at, digest=total)),
        ("hello", Hello(coming=state.incarnation, incarnation=state.incarnation, epoch=state.epoch)),
    ]
    for verb, said in questions:
        one, two = (answer(raw, verb, said) for raw in sides)
        assert one == two, verb
    url, body, headers = sides[0].request("verify", wire.packed(Verify(cursor=at, digest=total)))
    assert sides[0].code(url, body, headers) == (200, "")
    assert sides[1].code(url.replace(*urls), body, headers) == (401, "replayed")
    code = county.code("Cy Dunn")
    join(county.store("Cy Dunn"), urls[0], code)
    with pytest.raises(Refused, match="used up"):
        join(county.store("Thief"), urls[1], code)
    with county.hub.engine.begin() as connection:
        care.end_access(connection, state.device)
    for raw in sides:
        assert raw.code(*raw.request("pull", wire.packed(Pull(cursor=at)))) == (403, "revoked")


def answer(raw: Raw, verb: str, said: Any) -> Any:
    """What is said, without the time of day."""
    url, body, headers = raw.request(verb, wire.packed(said))
    with (
        httpx2.Client(trust_env=False) as client,
        client.stream("POST", url, content=body, headers=headers) as response,
    ):
        assert response.status_code == 200
        found = json.loads(wire.unpacked(b"".join(response.iter_raw())))
    found.pop("now", None)
    return found


def test_who_tries_a_code_while_the_last_try_is_counted_has_none_left(
    postgresql: PostgresqlDatabase, tmp_path: Path
) -> None:
    world = World(tmp_path, postgresql)
    engine = world.hub.engine
    with engine.begin() as connection:
        worker = enter_worker(connection, "Ana Bell", "early-help", "Swale", (), world.now)
        code = draw_code(connection, worker, world.now).text
    asked = Event()
    told: list[str] = []

    def enrol() -> None:
        with pytest.raises(Refused) as refused:
            use_code(engine, code, bytes(32), "", now=world.now, approve=False)
        told.append(refused.value.code)

    with engine.begin() as connection:
        connection.execute(changed(tables.code).values(tries=MOST_TRIES))

        @event.listens_for(engine, "before_cursor_execute")
        def note(*said: Any) -> None:
            if said[2].startswith("UPDATE code"):
                asked.set()

        thread = Thread(target=enrol)
        thread.start()
        assert asked.wait(10)
    thread.join(10)
    assert told == ["wrong-code"]
