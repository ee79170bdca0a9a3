"""A seeded run of laptops and a central record with everything that goes wrong, and what must hold after it.

One thread, no sleeping, no clock of its own: time and chance come from the seed, so a run is the same each
time it is asked for. A kill is an exception out of a transaction that was about to end, or had just ended.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, select

from casework.canonical import Digest, facet_hash, sum_of
from casework.edits import Edit, create, update
from casework.errors import Refused
from casework.facets import facets
from casework.records import RECORD_TYPES, Child, Contact, Flag, Household, Person, Relationship
from casework.records_sharing import Agreement
from storage.central import outbox
from storage.central.holdings import BIT, Holdings
from storage.rows import current_values
from storage.store import Store
from sync.hub import devices, tables
from sync.hub.central import facets_of
from sync.hub.feed import Feed
from sync.hub.hub import new_epoch
from tests.sync.databases import KEY, Database
from tests.sync.world import Laptop, Way, World

WORDS = ("Til", "Lily", "Tilda", "T")


class Cut(ConnectionError):
    """The way broke."""


class Killed(BaseException):
    """The process died."""


@dataclass
class FaultyWay(Way):
    """A way on which a request or its answer is lost, or a request comes twice."""

    random: Random = field(default_factory=Random)
    fault: float = 0.0

    def _said(self, verb: str, said: Any) -> Any:
        if self.random.random() < self.fault:
            raise Cut("request lost")
        if verb != "hello" and self.random.random() < self.fault:
            super()._said(verb, said)
        answer = super()._said(verb, said)
        if self.random.random() < self.fault:
            raise Cut("answer lost")
        return answer


class Simulation:
    """One run."""

    def __init__(self, folder: Path, seed: int, database: Database) -> None:
        self.random = Random(seed)
        self.world = World(folder, database)
        self.children: list[Child] = []
        self.agreements: list[tuple[Agreement, Laptop]] = []
        school = (self.world.school.id,)
        for name, agency, schools in (
            ("Ana", "early-help", ()),
            ("Ben", "early-help", ()),
            ("Nia", "school-nursing", ()),
            ("Sam", "school", school),
        ):
            laptop = self.world.laptop(name, agency, schools=schools)
            laptop.way = FaultyWay(laptop.way.hub, laptop.way.device, random=self.random)

    @property
    def laptops(self) -> list[Laptop]:
        return list(self.world.laptops.values())

    def run(self, steps: int, fault: float) -> None:
        for laptop in self.laptops:
            laptop.way.fault = fault  # type: ignore[attr-defined]
        for _ in range(steps):
            self.step()
        self.heal()
        self.check()

    def step(self) -> None:
        laptop = self.random.choice(self.laptops)
        act = self.random.choices(
            [self.edit, self.sync, self.sync_and_die, self.world_changes],
            weights=[10, 5, 2, 2],
        )[0]
        act(laptop)

    # What people do

    def edit(self, laptop: Laptop) -> None:
        known = laptop.store.find(Child)
        acts = [self.new_child]
        if known:
            acts += [
                self.write_contact,
                self.rename,
                self.rename,
                self.agree,
                self.flag,
                self.family,
                self.tag,
            ]
            acts += [self.withdraw, self.undo]
        self.random.choice(acts)(laptop)

    def new_child(self, laptop: Laptop) -> None:
        child = self.world.child(self.random.choice(WORDS), dob=date(2014, 1, 1))
        self.children.append(child)
        laptop.make(child)

    def _known(self, laptop: Laptop) -> Child:
        return self.random.choice(sorted(laptop.store.find(Child), key=lambda c: c.id))

    def write_contact(self, laptop: Laptop) -> None:
        note = f"secret words {self.random.random()}"
        child = self._known(laptop)
        laptop.make(
            Contact(
                id=self.world.new_id("contact"),
                child=child.id,
                at=self.world.now,
                by=laptop.worker.id,
                kind="call",
                note=note,
            )
        )

    def rename(self, laptop: Laptop) -> None:
        child = self._known(laptop)
        changes = update(child, **{self.random.choice(("known_as", "language")): self.random.choice(WORDS)})
        if changes:
            laptop.store.journal.commit(Edit("Renamed", changes, subject=child.id))

    def tag(self, laptop: Laptop) -> None:
        child = self._known(laptop)
        tags = set(child.tags) ^ {self.random.choice("abc")}
        laptop.store.journal.commit(Edit("Tagged", update(child, tags=tuple(sorted(tags)))))

    def agree(self, laptop: Laptop) -> None:
        child = self._known(laptop)
        agreement = Agreement(
            id=self.world.new_id("agreement"),
            child=child.id,
            given_by="Jo",
            responsibility="yes",
            status=self.random.choice(("given", "limited", "refused")),
            agencies=("school-nursing", "school"),
            categories=("family",),
            purposes=("support", "planning"),
            given_on=self.world.today(),
            expires=self.random.choice((None, self.world.today() + timedelta(days=2))),
            by=laptop.worker.id,
        )
        laptop.make(agreement)

    def withdraw(self, laptop: Laptop) -> None:
        held = [a for a in laptop.store.find(Agreement) if a.status != "withdrawn"]
        if held:
            agreement = self.random.choice(sorted(held, key=lambda a: a.id))
            changes = update(agreement, status="withdrawn", withdrawn_on=self.world.today())
            laptop.store.journal.commit(Edit("Withdrawn", changes, subject=agreement.child))

    def flag(self, laptop: Laptop) -> None:
        kind = self.random.choice(("young-carer", "youth-justice", "address-protection"))
        laptop.make(Flag(id=self.world.new_id("flag"), child=self._known(laptop).id, kind=kind))

    def family(self, laptop: Laptop) -> None:
        child = self._known(laptop)
        mother = Person(id=self.world.new_id("person"), surname="Marsh", phones=("01234 567890",))
        home = Household(id=self.world.new_id("home"), address="1 Quay Lane")
        tie = Relationship(id=self.world.new_id("tie"), child=child.id, person=mother.id)
        changes = [create(mother), create(home), create(tie), *update(child, household=home.id)]
        laptop.store.journal.commit(Edit("Family", tuple(changes), subject=child.id))

    def undo(self, laptop: Laptop) -> None:
        with suppress(Refused):
            laptop.store.journal.undo()

    # What the world does

    def world_changes(self, laptop: Laptop) -> None:
        """A day passes, a child moves, a copy is made or put back."""
        acts = [self.next_day, self.move_child, self.back_up_hub, self.restore_hub]
        acts += [self.back_up_laptop, self.restore_laptop]
        self.random.choice(acts)(laptop)

    def next_day(self, laptop: Laptop) -> None:
        del laptop
        self.world.now += timedelta(days=1)
        for each in self.laptops:
            each.store.today = self.world.today()

    def move_child(self, laptop: Laptop) -> None:
        """The central record hears that a child has left the school and the team."""
        del laptop
        with self.world.hub.engine.begin() as connection:
            table = tables.record
            rows = connection.execute(select(table).where(table.c.type == "child").order_by(table.c.id)).all()
            if rows:
                row = self.random.choice(rows)
                child = Child.model_validate({**json.loads(row.fields), "id": row.id})
                moved = child.model_copy(update={"school": "school-elsewhere", "team": None})
                devices.put(connection, self.world.new_id("edit"), "Moved", moved, self.world.now)

    def back_up_hub(self, laptop: Laptop) -> None:
        """Last night's copy of the central record."""
        del laptop
        self.world.database.back_up()

    def restore_hub(self, laptop: Laptop) -> None:
        """The copy takes the place of the central record, half the time without anybody saying so."""
        del laptop
        if not self.world.database.restore():
            return
        if self.random.random() < 0.5:
            with self.world.hub.engine.begin() as connection:
                new_epoch(connection, self.world.new_id("epoch"))

    def back_up_laptop(self, laptop: Laptop) -> None:
        """A copy of a caseload."""
        laptop.store.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        shutil.copy(laptop.store.path, laptop.store.path.with_suffix(".kept"))

    def restore_laptop(self, laptop: Laptop) -> None:
        """A caseload is set back to its copy."""
        kept = laptop.store.path.with_suffix(".kept")
        if kept.exists():
            laptop.store.close()
            for file in laptop.store.path.parent.glob("caseload.db*"):
                file.unlink()
            shutil.copy(kept, laptop.store.path)
            laptop.store = Store.open(
                laptop.store.path, bytearray(KEY), now=lambda: self.world.now, today=self.world.today()
            )

    # The way

    def sync(self, laptop: Laptop) -> None:
        with suppress(Cut):
            laptop.sync()

    def sync_and_die(self, laptop: Laptop) -> None:
        """The process ends at some commit, before or after it; the next one opens the same file."""
        at = self.random.randint(1, 8)
        with suppress(Cut, Killed), dying(laptop, at, after=self.random.random() < 0.5):
            laptop.sync()

    # What must hold

    def heal(self) -> None:
        for laptop in self.laptops:
            laptop.way.fault = 0.0  # type: ignore[attr-defined]
        for _ in range(4):
            for laptop in self.laptops:
                laptop.sync()

    def check(self) -> None:
        sessions = [laptop.sync() for laptop in self.laptops]
        for session in sessions:
            assert session.agreed
            assert session.problems == []
            assert session.requests == 1
        with self.world.hub.engine.begin() as connection:
            hub = {row.id: row for row in connection.execute(select(tables.record))}
            taken = set(connection.execute(select(tables.log.c.edit)).scalars())
            aside = set(connection.execute(select(tables.quarantine.c.edit)).scalars())
            check_sums(connection)
            for laptop in self.laptops:
                self._check_laptop(laptop, hub, Feed(connection, laptop.way.device).masks(), taken | aside)
        assert not taken & aside

    def _check_laptop(
        self, laptop: Laptop, hub: dict[str, Any], masks: dict[str, Any], verdicts: set[str]
    ) -> None:
        conn = laptop.store.conn
        assert outbox.count_waiting(conn) == 0
        assert outbox.wants(conn, 1) == []
        assert outbox.to_recount(conn) == []
        own = {
            row[0]
            for row in conn.execute(
                f"SELECT id FROM edit WHERE kind IN {outbox.OWN} AND seq NOT IN"
                " (SELECT edit FROM sync_edit WHERE cut = 1)"
            )
        }
        assert own <= verdicts
        holdings = Holdings(conn)
        for scope, digest in holdings.by_scope().items():
            assert not digest.count or holdings.masks()[scope] == masks[scope][0]
        sums: dict[str, Digest] = {}
        for record_type in RECORD_TYPES:
            for (record,) in conn.execute(f"SELECT id FROM {record_type}").fetchall():
                values = current_values(conn, record_type, record)
                assert values is not None
                values.pop("id", None)
                scopes = holdings.scopes_of(record_type, record, values)
                mask = 0
                for scope in scopes:
                    mask |= holdings.masks().get(scope, 0)
                parts = facets(record_type, values)
                central = facets_of(record_type, json.loads(hub[record].fields)) if record in hub else {}
                tied = [s for s in scopes if s]
                open_fields = {name for facet, part in parts.items() if mask & BIT[facet] for name in part}
                for facet, part in parts.items():
                    if mask & BIT[facet] and mask & BIT[next(iter(parts))]:
                        assert part == central[facet], (record_type, record, facet)
                    elif tied:
                        rest = {name: value for name, value in part.items() if name not in open_fields}
                        assert rest == _empty(record_type, rest), (laptop.worker.agency, record_type, facet)
                for scope in scopes:
                    held = holdings.masks().get(scope, 0)
                    if held & BIT[next(iter(parts))]:
                        sums[scope] = sum_of(
                            [sums.get(scope, Digest())]
                            + [
                                Digest(1, facet_hash(record_type, record, f, part))
                                for f, part in parts.items()
                                if held & BIT[f]
                            ]
                        )
        counted = {scope: digest for scope, digest in holdings.by_scope().items() if digest.count}
        assert counted == {scope: digest for scope, digest in sums.items() if digest.count}
        if laptop.worker.agency in ("school-nursing", "school"):
            open_words = conn.execute("SELECT record FROM change WHERE new LIKE '%secret words%'").fetchall()
            for (record,) in open_words:
                assert current_values(conn, "contact", record) is not None

    def close(self) -> None:
        for laptop in self.laptops:
            laptop.store.close()


def check_sums(connection: Connection) -> None:
    """The central record's sums, counted from its rows, are those that it keeps."""
    sums: dict[tuple[str, str, str], Digest] = {}
    ties: dict[str, set[str]] = {}
    for row in connection.execute(select(tables.tie)):
        ties.setdefault(row.record, set()).add(row.scope)
    for row in connection.execute(select(tables.record)):
        parts = facets_of(row.type, json.loads(row.fields))
        lead = next(iter(parts))
        for scope in ties.get(row.id, set()) if row.scope == "-" else {row.scope}:
            for facet, part in parts.items():
                key = (scope, lead.key, facet.key)
                sums[key] = sums.get(key, Digest()) + Digest(1, facet_hash(row.type, row.id, facet, part))
    stored = {
        (row.scope, row.lead, row.facet): Digest(row.facets, int.from_bytes(row.total))
        for row in connection.execute(select(tables.digest))
    }
    assert {k: d for k, d in stored.items() if d.count} == sums


def _empty(record_type: str, part: dict[str, Any]) -> dict[str, Any]:
    """The same fields with nothing in them."""
    fields = RECORD_TYPES[record_type].model_fields
    usual = {}
    for name in part:
        info = fields.get(name)
        default = info.get_default() if info is not None and not info.is_required() else ""
        usual[name] = list(default) if isinstance(default, tuple) else default
    return usual


@contextmanager
def dying(laptop: Laptop, at: int, *, after: bool) -> Iterator[None]:
    """The `at`-th commit of the laptop's database does not come, or is the last thing that happens."""
    conn = laptop.store.conn
    original = type(conn).execute
    left = at

    def execute(self: Any, sql: str, *rest: Any) -> Any:
        nonlocal left
        if self is conn and sql == "COMMIT":
            left -= 1
            if left == 0:
                if after:
                    original(self, sql, *rest)
                raise Killed
        return original(self, sql, *rest)

    type(conn).execute = execute  # type: ignore[method-assign]
    try:
        yield
    finally:
        type(conn).execute = original  # type: ignore[method-assign]
