"""A central record and laptops in one process: what each may see is real, the way between them is a call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from casework.edits import Edit, create, update
from casework.records import Child, Contact, Record, School, Team, Worker
from casework.records_sharing import Agreement
from storage.central.holdings import Holdings
from storage.central.state import read_state, write_state
from storage.journal import transaction
from storage.store import Store
from sync.device import Device
from sync.hub import devices
from sync.hub.founding import new_epoch
from sync.hub.hub import Hub
from sync.hub.worked_out import worked_out
from sync.messages.greeting import Hello, Welcome
from sync.messages.pages import Page, Pull
from sync.messages.steps import Push, Pushed
from sync.messages.sums import Have, Lack, Verified, Verify
from sync.messages.verbs import VERB_OF
from sync.session import Session
from tests.sync.databases import KEY, Database
from tests.tools.caseloads import set_up

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
R = TypeVar("R", bound=Record)
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


def carried(message: M) -> M:
    """A message as it arrives: through JSON."""
    return type(message).model_validate_json(message.model_dump_json())


def at_once(ask: Callable[[], T]) -> Callable[[], T]:
    """Asked now; what is given gives, or raises, what came of it."""
    try:
        answer = ask()
    except Exception as error:  # noqa: BLE001 - raised where it is waited for
        failed = error
    else:
        return lambda: answer

    def fail() -> T:
        raise failed

    return fail


@dataclass
class Way:
    """The way from one laptop to the hub; `spy` sees every message."""

    hub: Hub
    device: str
    spy: Callable[[str, BaseModel, BaseModel], None] = lambda *_: None

    def _said(self, verb: str, said: M) -> Any:
        message = carried(said)
        beforehand = [worked_out(message.edits)] if isinstance(message, Push) else []
        answer = getattr(self.hub, verb)(self.device, message, *beforehand)
        self._tell(verb, said, answer)
        return carried(answer)

    def _tell(self, verb: str, said: BaseModel, answer: BaseModel) -> None:
        """Tell the spy of a message, and of what a greeting and its answer hold beside it."""
        self.spy(verb, said, answer)
        if isinstance(said, Hello) and isinstance(answer, Welcome):
            if said.beside.push is not None and answer.beside.pushed is not None:
                self.spy("push", said.beside.push, answer.beside.pushed)
            if answer.beside.page is not None:
                self.spy("pull", Pull(cursor=said.cursor), answer.beside.page)

    def hello(self, said: Hello) -> Welcome:
        return self._said("hello", said)  # type: ignore[no-any-return]

    def push(self, said: Push) -> Pushed:
        return self._said("push", said)  # type: ignore[no-any-return]

    def pull(self, said: Pull) -> Page:
        return self._said("pull", said)  # type: ignore[no-any-return]

    def send(self, said: BaseModel, shape: type[M], then: Callable[[M], T]) -> Callable[[], T]:
        """At once: before the laptop does anything else."""

        def ask() -> T:
            answer = getattr(self, VERB_OF[type(said)])(said)
            fits = isinstance(answer, shape)
            return then(answer if fits else shape.model_validate_json(answer.model_dump_json()))

        return at_once(ask)

    def make_ready(self, said: BaseModel) -> None:
        """Nothing: it is packed when it is said."""

    def have(self, said: Have) -> Lack:
        return self._said("have", said)  # type: ignore[no-any-return]

    def verify(self, said: Verify) -> Verified:
        return self._said("verify", said)  # type: ignore[no-any-return]


def before_beside(said: Any) -> Any:
    """A message as a central record hears it that knows neither steps beside a greeting nor sums of pages."""
    new = {"push": None, "pull": False, "sum": False}
    known = {name: new[name] for name in new.keys() & type(said.beside).model_fields.keys()}
    return said.model_copy(update={"beside": said.beside.model_copy(update=known)})


@dataclass
class StepByStep(Way):
    """The way to such a central record."""

    def _said(self, verb: str, said: M) -> Any:
        return super()._said(verb, before_beside(said))


@dataclass
class Laptop:
    """One worker's caseload with its way to the hub."""

    store: Store
    way: Way
    drift: timedelta = timedelta(0)
    """How wrong its clock is."""
    older: bool = False
    """Whether its Outreach is of the version before."""

    @property
    def worker(self) -> Worker:
        return self.store.worker

    def sync(self) -> Session:
        return Device(self.store, self.way, now=self.store.now).sync()

    def only_send(self) -> None:
        """A session that sends, and ends before it has read."""

        def cut(verb: str, said: Any, answer: Any) -> None:
            if isinstance(said, Pull):
                raise ConnectionError

        self.way.spy = cut
        with suppress(ConnectionError):
            self.sync()
        self.way.spy = lambda *_: None

    def make(self, *records: Record) -> None:
        subject = getattr(records[0], "child", None)
        self.store.journal.commit(Edit("Made", tuple(map(create, records)), subject=subject))

    def change(self, record: Record, **fields: Any) -> None:
        held = self.store.get(type(record), record.id)
        self.store.journal.commit(Edit("Changed", update(held, **fields)))

    def get(self, record: R) -> R:
        return self.store.get(type(record), record.id)

    def has(self, record: Record) -> bool:
        return bool(self.store.find(type(record), "id = ?", (record.id,)))

    def sums_fit(self) -> bool:
        """Whether the sums are those of the records."""
        with transaction(self.store.conn):
            return Holdings(self.store.conn).recount_all()


@dataclass
class World:
    """A hub, one team at one school, and the laptops that were enrolled."""

    folder: Path
    database: Database
    now: datetime = NOW
    ids: Any = field(default_factory=lambda: count(1))
    laptops: dict[str, Laptop] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.database.found()
        self.hub = Hub(self.database.engine, now=lambda: self.now)
        self.team = Team(id=self.new_id("team"), name="Swale")
        self.school = School(id=self.new_id("school"), urn="999001", name="Oakhanger", team=self.team.id)
        with self.hub.engine.begin() as connection:
            for record in (self.team, self.school):
                devices.put(connection, self.new_id("edit"), "Set up", record, self.now)

    def new_id(self, kind: str) -> str:
        return f"{kind}-{next(self.ids):08d}"

    def today(self) -> date:
        return self.now.date()

    def laptop(self, name: str, agency: str = "early-help", *, schools: tuple[str, ...] = ()) -> Laptop:
        worker = Worker.model_validate(
            {
                "id": self.new_id("worker"),
                "name": name,
                "agency": agency,
                "team": self.team.id,
                "schools": schools,
            }
        )
        device = self.new_id("device")
        with self.hub.engine.begin() as connection:
            devices.put(connection, self.new_id("edit"), "Worker", worker, self.now)
            devices.add_device(connection, device, worker.id, b"", self.now)
        folder = self.folder / device
        folder.mkdir()
        store = set_up(
            folder / "caseload.db",
            bytearray(KEY),
            worker=worker,
            team=self.team,
            now=lambda: self.now,
            today=self.today(),
        )
        with transaction(store.conn):
            state = replace(read_state(store.conn), hub="hub-of-the-test", device=device)
            write_state(store.conn, state)
        self.laptops[name] = Laptop(store, Way(self.hub, device))
        return self.laptops[name]

    def child(self, forename: str, **fields: Any) -> Child:
        return Child.model_validate(
            {
                "id": self.new_id("child"),
                "surname": "Marsh",
                "forename": forename,
                "school": self.school.id,
                "team": self.team.id,
            }
            | fields
        )

    def agreement(self, child: str, by: str) -> Agreement:
        """A mother agrees that the school nurse hears the family's words."""
        return Agreement(
            id=self.new_id("agreement"),
            child=child,
            given_by="Jo Marsh",
            relationship="mother",
            responsibility="yes",
            status="given",
            agencies=("school-nursing",),
            categories=("family",),
            purposes=("support",),
            given_on=date(2026, 11, 20),
            by=by,
        )

    def contact(self, child: str) -> Contact:
        """A call about a child."""
        return Contact(
            id=self.new_id("contact"),
            child=child,
            at=self.now,
            by="worker-00000001",
            kind="call",
            note="Away",
        )

    def put_back(self, copy: str = "") -> None:
        """Put the backup of the central record back, as `outreach hub restore` does."""
        self.database.restore(copy)
        with self.hub.engine.begin() as connection:
            new_epoch(connection, self.new_id("epoch"))

    def at_odds(self) -> tuple[Laptop, Laptop, Child]:
        """Ana and Ben, and what they call Tilly: Til stands, Lily was also said, and everybody is asked."""
        ana, ben = self.laptop("Ana"), self.laptop("Ben")
        tilly = self.child("Tilly")
        ana.make(tilly)
        self.settle()
        ana.change(tilly, known_as="Til")
        ben.change(tilly, known_as="Lily")
        self.settle()
        return ana, ben, tilly

    def settle(self) -> None:
        """Sync everybody until nobody has anything to say."""
        for _ in range(4):
            for laptop in self.laptops.values():
                laptop.sync()


def opened_world(folder: Path, database: Database) -> Iterator[World]:
    """A world whose laptops are closed at the end of a test."""
    made = World(folder, database)
    yield made
    for laptop in made.laptops.values():
        laptop.store.close()
