"""What one team costs the central record on PostgreSQL: time and bytes a request, bytes a row.

One team with three schools and five laptops, real caseloads and everything on. A laptop imports the registers
of a school on each morning of a week, the others read them; then the team logs calls. Time is that of the
processor, of the hub and of its PostgreSQL backends, for it does not change with what else a computer does.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
from sqlalchemy import Engine, text

from benchmarks.invented import name
from benchmarks.sync.workload import NOW
from casework.edits import Edit, create, update
from casework.ids import new_id
from casework.records import Child, Contact, School, Team, Worker
from casework.records_attendance import AttendanceWeek
from storage.central.identity import COMING_KEY, HUB_KEY, PRIVATE_KEY, Identity, adopt
from storage.central.state import keep, kept, read_state
from storage.store import Store
from sync import signing
from sync.device import Device
from sync.http import HttpTransport, Line, Peer, enrol
from sync.hub import tables
from sync.hub.database import for_owner, open_postgresql
from sync.hub.enrolment import draw_code, enter_worker
from sync.hub.founding import found_hub
from sync.hub.gate import Gate
from sync.hub.hub import Hub
from tests.sync.databases import started_server

SCHOOLS, LAPTOPS, DAYS, WEEKS = 3, 5, 5, 2
CALLS = 40
"""Calls that each laptop logs."""
QUIET = 20
"""Sessions in which nothing is to be said."""
_URL = "http://127.0.0.1"
_KEY = bytes(range(32))
_HEADS = 900
"""Bytes of the heads of a request and its answer, about: signatures, digests, nonce."""
_PRESENT, _AWAY, _ABSENT = ("/", "\\"), ("I", "N", "M", "O", "L"), 0.08


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: seconds of processor time, and bytes in and out with their heads."""

    verb: str
    seconds: float
    bytes: int


@dataclass
class UnitCosts:
    """What was measured, by phase; sizes are bytes of PostgreSQL with indexes after VACUUM."""

    children: int
    phases: dict[str, list[list[Asked]]] = field(default_factory=lambda: defaultdict(list))
    """The sessions of each phase, a list of requests each."""
    sizes: dict[str, dict[str, int]] = field(default_factory=dict)
    """The size of each table after each phase."""
    rows_of_new: int = 0
    """Records that a new laptop of the team reads at the end."""
    commit: float = 0.0
    """Seconds of wall time in which a commit waits for the disk."""


class _Through(httpx2.BaseTransport):
    """The way to a hub in this process, which takes the time of each request."""

    def __init__(self, gate: Gate, processor: _Processor) -> None:
        self._gate, self._processor = gate, processor
        self.asked: list[Asked] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        verb = request.url.path.rsplit("/", 1)[1]
        body = request.read()
        before = self._processor.spent()
        answer = self._gate.answer(verb, str(request.url), headers, body, "127.0.0.1")
        spent = self._processor.spent() - before
        self.asked.append(Asked(verb, spent, len(body) + len(answer.body) + _HEADS))
        return httpx2.Response(
            answer.status, headers=dict(answer.headers), stream=httpx2.ByteStream(answer.body)
        )


class _Processor:
    """Processor time of this process and of its backends at PostgreSQL (Linux tells it)."""

    def __init__(self, engine: Engine) -> None:
        with for_owner(engine).begin() as connection:
            mine = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            pids = connection.execute(text(mine)).scalars().all()
        self._files = [Path(f"/proc/{pid}/schedstat") for pid in pids]

    def spent(self) -> float:
        backends = sum(int(file.read_text().split()[0]) for file in self._files)
        return time.process_time() + backends / 1e9


class _Team:
    """The central record, the team's laptops, and what they do."""

    def __init__(self, engine: Engine, folder: Path, children: int, stack: ExitStack) -> None:
        self.costs = UnitCosts(children)
        self._random = Random(1)
        self._engine = engine
        found_hub(engine, hub=new_id(), epoch=new_id())
        self._gate = Gate(Hub(engine, now=lambda: NOW), signing.new_key(), now=lambda: NOW)
        self._processor = _Processor(engine)
        self._folder, self._stack = folder, stack
        self._stores = [stack.enter_context(self._laptop(folder, n)) for n in range(LAPTOPS)]
        self._sized("an empty central record")

    @contextmanager
    def _laptop(self, folder: Path, number: int) -> Iterator[Store]:
        who = f"Ana {number}"
        urns = [f"9990{n:02d}" for n in range(SCHOOLS)]
        with self._engine.begin() as connection:
            entered = enter_worker(connection, who, "early-help", "Swale", urns, NOW)
            code = draw_code(connection, entered, NOW).text
        team = Team(id=new_id(), name="Swale")
        worker = Worker(id=new_id(), name=who, agency="early-help", team=team.id)
        place = folder / str(number)
        place.mkdir()
        times: dict[str, Any] = {"now": lambda: NOW, "today": NOW.date()}
        store = Store.set_up(place / "caseload.db", bytearray(_KEY), worker=worker, team=team, **times)
        key = signing.new_key()
        keep(store.conn, COMING_KEY, signing.key_text(key))
        line = Line(_URL, now=store.now, transport=_Through(self._gate, self._processor))
        said = enrol(line, code, key)
        adopt(
            store,
            Identity(
                url=_URL, hub=said.hub, hub_key=said.key, hub_seal=said.seal, device=said.device,
                worker_id=said.worker_id, worker=said.worker, team_id=said.team_id, team=said.team,
            ),
        )  # fmt: skip
        try:
            yield store
        finally:
            store.close()

    def sync(self, number: int, phase: str, *, expect: int | None = None) -> None:
        """One session of a laptop, that must end in agreement."""
        store = self._stores[number]
        conn = store.conn
        way = _Through(self._gate, self._processor)
        line = Line(_URL, now=store.now, transport=way)
        key, hub_key = signing.key_of(kept(conn, PRIVATE_KEY)), signing.public_of(kept(conn, HUB_KEY))
        central = HttpTransport(line, Peer(line.url, read_state(conn).device, key, hub_key))
        session = Device(store, central, now=store.now).sync()
        line.close()
        assert session.agreed, session.problems
        assert not session.quarantined
        assert expect is None or session.pulled >= expect, (phase, session.pulled, expect)
        self.costs.phases[phase].append(way.asked)

    def sync_all(self, phase: str, *, expect: int | None = None) -> None:
        for number in range(LAPTOPS):
            self.sync(number, phase, expect=expect)

    def bring_in_children(self) -> None:
        store = self._stores[0]
        self.sync_all("enrolled")
        schools = store.find(School)
        assert len(schools) == SCHOOLS
        made = [
            Child(
                id=new_id(), surname=name(self._random), forename=name(self._random), year_group="4",
                dob=date(2016, 3, 2) + timedelta(days=self._random.randrange(360)), upn=f"U0099{n:07d}",
                school=schools[n % SCHOOLS].id, team=store.worker.team,
            )
            for n in range(self.costs.children)
        ]  # fmt: skip
        for school in schools:
            roll = tuple(create(child) for child in made if child.school == school.id)
            store.journal.commit(Edit("Import the roll", roll), kind="setup")
        self.sync(0, "a roll is sent")
        for number in range(1, LAPTOPS):
            self.sync(number, "a roll is read", expect=self.costs.children)
        self._sized("children")

    def weeks_of_mornings(self) -> None:
        """Each morning the registers of each school are one step; the whole team reads them."""
        for week in range(WEEKS):
            weeks: dict[str, AttendanceWeek] = {}
            for day in range(DAYS):
                for school in self._stores[0].find(School):
                    self._import(school, NOW.date() + timedelta(weeks=week), day, weeks)
                self.sync(0, "a team's registers are sent")
                for number in range(1, LAPTOPS):
                    self.sync(number, "a team's registers are read", expect=self.costs.children)
            self._sized(f"week {week}")

    def _import(self, school: School, monday: date, day: int, weeks: dict[str, AttendanceWeek]) -> None:
        """A day's register of one school, both sessions."""
        store, changes = self._stores[0], []
        for line, child in enumerate(store.find(Child, "school = ?", (school.id,))):
            held = weeks.get(child.id)
            marks = held.marks.split() if held else ["-"] * 2 * DAYS
            lines = held.lines.split() if held else ["0"] * 2 * DAYS
            for session in (0, 1):
                here = self._random.random() > _ABSENT
                marks[2 * day + session] = _PRESENT[session] if here else self._random.choice(_AWAY)
                lines[2 * day + session] = str(2 + 2 * line + session)
            told = {"marks": " ".join(marks), "lines": " ".join(lines), "source": f"register-{day}.csv"}
            if held is None:
                made = AttendanceWeek(id=new_id(), child=child.id, school=school.id, week=monday, **told)
                changes.append(create(made))
            else:
                made = held.model_copy(update=told)
                changes += update(held, **told)
            weeks[child.id] = made
        store.journal.commit(Edit("Import the register", tuple(changes)), kind="setup")

    def calls(self) -> None:
        for store in self._stores:
            for child in store.find(Child)[:CALLS]:
                note = f"Rang {name(self._random)} at nine, who says that it is a cold; back on Monday."
                call = Contact(
                    id=new_id(), child=child.id, at=NOW + timedelta(minutes=1), by=store.actor.worker,
                    kind="call", note=note,
                )  # fmt: skip
                store.journal.commit(Edit("Log a call", (create(call),), subject=child.id))
        self.sync_all(f"{CALLS} calls are sent")
        self.sync_all("what others did is read")
        self._sized("calls")

    def quiet(self) -> None:
        for number in range(QUIET):
            self.sync(number % LAPTOPS, "nothing is to be said")

    def a_new_laptop(self) -> None:
        """It reads all that the team holds."""
        self._stores.append(self._stack.enter_context(self._laptop(self._folder, LAPTOPS)))
        self.sync(LAPTOPS, "a new laptop reads all", expect=(1 + WEEKS) * self.costs.children)
        conn = self._stores[-1].conn
        kinds = (Child.type, AttendanceWeek.type, Contact.type)
        counts = (conn.execute(f"SELECT count(*) FROM {kind}").fetchone()[0] for kind in kinds)
        self.costs.rows_of_new = sum(counts)

    def commit_wait(self) -> None:
        """The disk's part of a commit: wall time less processor time of one small transaction."""
        waits = []
        for number in range(30):
            before, began = self._processor.spent(), time.perf_counter()
            with self._engine.begin() as connection:
                connection.execute(
                    tables.nonce.insert(), [{"device": "probe", "nonce": str(number), "at": NOW.isoformat()}]
                )
            wall, worked = time.perf_counter() - began, self._processor.spent() - before
            waits.append(max(0.0, wall - worked))
        self.costs.commit = sorted(waits)[len(waits) // 2]

    def _sized(self, phase: str) -> None:
        vacuumed = for_owner(self._engine).execution_options(isolation_level="AUTOCOMMIT")
        sizes = {}
        with vacuumed.connect() as connection:
            connection.execute(text("VACUUM"))
            for name in tables.metadata.tables:
                size = text(f"SELECT pg_total_relation_size('{name}')")
                sizes[name] = int(connection.execute(size).scalar_one())
        self.costs.sizes[phase] = sizes


def measure(children: int) -> UnitCosts:
    """The unit costs, from a team of so many children."""
    with started_server() as server, TemporaryDirectory() as folder, ExitStack() as stack:
        database = server.database()
        stack.callback(database.close)
        engine = open_postgresql(database.address)
        stack.callback(engine.dispose)
        team = _Team(engine, Path(folder), children, stack)
        team.bring_in_children()
        team.weeks_of_mornings()
        team.calls()
        team.quiet()
        team.a_new_laptop()
        team.commit_wait()
        return team.costs
