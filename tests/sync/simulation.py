"""A seeded run of laptops and a central record with everything that goes wrong, and what must hold after it.

One thread, no sleeping, no clock of its own: time, chance and ids come from the seed, so a run says the same
to the byte each time it is asked for. A kill is an exception out of a transaction that was about to end, or
had just ended.
`python -m tests.sync.simulation --seeds 20000` runs as many as one likes.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from datetime import date, datetime, timedelta
from hashlib import blake2b
from itertools import count
from pathlib import Path
from random import Random
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from casework.edits import Edit, create, update
from casework.errors import Refused
from casework.ids import drawn_from
from casework.records import Child, Contact, Flag, Household, Person, Relationship
from casework.records_sharing import Agreement
from storage.faults import DATABASE_ERRORS
from storage.store import Store
from sync.hub import devices, tables
from sync.hub.hub import Hub, new_epoch
from sync.session import Session
from tests.sync.databases import KEY, Database, SqliteDatabase
from tests.sync.faults import POISON, SECRET, Cut, FaultyWay, Killed, conditions, dying, full_disk
from tests.sync.invariants import check
from tests.sync.world import Laptop, Way, World

WORDS = ("Til", "Lily", "Tilda", "T")
STEPS = 40
PAGES = (5, 2_000)
"""Records of a page: so few that a laptop reads several, and as many as in earnest."""
ROUNDS = 5
"""Sessions of everybody within which a world without trouble has to come to rest."""
_DECADE = timedelta(days=3_652)


def ids_of(random: Random) -> Callable[[], str]:
    """Ids in the order in which they are drawn, as those of `casework.ids`, by this chance alone."""
    drawn = count(1)
    return lambda: str(UUID(int=next(drawn) << 80 | 7 << 76 | 2 << 62 | random.getrandbits(62)))


class Start:
    """The first state of every run, made once: its files are copied for each run, which is much faster.

    The runs use one folder after the other, and one engine, which remembers how its statements read.
    """

    def __init__(self, folder: Path, database: Database | None = None) -> None:
        """In an empty folder; a `database` that is given serves one run."""
        self._begun, self._run = folder / "begun", folder / "run"
        self._begun.mkdir()
        self._database = database
        with drawn_from(ids_of(Random(0))):
            self._set_up(database)

    def _set_up(self, database: Database | None) -> None:
        self._world = World(self._begun, database or SqliteDatabase(self._begun, lasting=False))
        for name, agency, schools in (
            ("Ana", "early-help", ()),
            ("Ben", "early-help", ()),
            ("Nia", "school-nursing", ()),
            ("Sam", "school", (self._world.school.id,)),
        ):
            self._world.laptop(name, agency, schools=schools)
        for laptop in self._world.laptops.values():
            laptop.store.close()
        if database is None:
            self._world.database.close()

    def again(self) -> World:
        """A world in this state; the one before must be closed."""
        if self._run.exists():
            shutil.rmtree(self._run)
        shutil.copytree(self._begun, self._run)
        if self._database is None:
            self._database = SqliteDatabase(self._run, create=False, lasting=False)
        world = copy(self._world)
        world.folder, world.ids, world.database = self._run, copy(world.ids), self._database
        world.hub = Hub(world.database.engine, now=lambda: world.now)
        world.laptops = {
            name: Laptop(laptop.store, Way(world.hub, laptop.way.device))
            for name, laptop in self._world.laptops.items()
        }
        return world


class Simulation:
    """One run."""

    def __init__(self, seed: int, start: Start) -> None:
        self.random = Random(seed)
        self.world = start.again()
        self.page = self.random.choice(PAGES)
        self.said = blake2b(digest_size=16)
        for laptop in self.laptops:
            way = FaultyWay(laptop.way.hub, laptop.way.device, random=self.random)
            way.between, way.spy = self.something_changes, self.hear
            laptop.way = way
            laptop.drift = self.random.choice((timedelta(0), timedelta(0), _DECADE, -_DECADE))
            self.open(laptop, self.world.folder / laptop.way.device / "caseload.db")

    def open(self, laptop: Laptop, path: Path) -> None:
        """Open a caseload, by the clock of its laptop."""

        def now() -> datetime:
            return self.world.now + laptop.drift

        laptop.store = Store.open(path, bytearray(KEY), now=now, today=now().date())
        laptop.store.conn.execute("PRAGMA synchronous = OFF")

    def hear(self, verb: str, said: BaseModel, answer: BaseModel) -> None:
        """What is said goes into the digest of the run."""
        self.said.update(f"{verb} {said.model_dump_json()} {answer.model_dump_json()}".encode())

    @property
    def laptops(self) -> list[Laptop]:
        return list(self.world.laptops.values())

    def run(self, fault: float) -> None:
        """Work, trouble and sessions; then everything is healed and checked."""
        with conditions(self.page):
            for laptop in self.laptops:
                laptop.way.fault = fault  # type: ignore[attr-defined]
            for _ in range(STEPS):
                self.step()
            check(self.world, self.heal())

    def step(self) -> None:
        """One thing happens."""
        laptop = self.random.choice(self.laptops)
        act = self.random.choices(
            [self.edit, self.sync, self.sync_and_die, self.sync_without_room, self.world_changes],
            weights=[10, 5, 2, 1, 2],
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
            acts += [self.withdraw, self.undo, self.poison]
        self.random.choice(acts)(laptop)

    def new_child(self, laptop: Laptop) -> None:
        child = self.world.child(self.random.choice(WORDS), dob=date(2014, 1, 1))
        laptop.make(child)

    def _known(self, laptop: Laptop) -> Child:
        return self.random.choice(sorted(laptop.store.find(Child), key=lambda c: c.id))

    def write_contact(self, laptop: Laptop) -> None:
        note = f"{SECRET} {self.random.random()}"
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

    def poison(self, laptop: Laptop) -> None:
        """A step at which the central record fails; it comes once in a while, and another with it."""
        if self.random.random() < 0.5:
            child = self._known(laptop)
            changes = update(child, language=self.random.choice(WORDS))
            if changes:
                laptop.store.journal.commit(Edit(POISON, changes, subject=child.id))

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

    def something_changes(self) -> None:
        """Who may hold what changes while a laptop reads."""
        with suppress(DBAPIError):
            self.random.choice((self.move_child, self.next_day))(self.laptops[0])

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
            self.open(laptop, laptop.store.path)

    # The way

    def sync(self, laptop: Laptop) -> None:
        with suppress(Cut):
            laptop.sync()

    def sync_and_die(self, laptop: Laptop) -> None:
        """The process ends at some commit, before or after it; the next one opens the same file."""
        at = self.random.randint(1, 8)
        with suppress(Cut, Killed), dying(laptop, at, after=self.random.random() < 0.5):
            laptop.sync()

    def sync_without_room(self, laptop: Laptop) -> None:
        """The laptop's disk is full, or that of the central record."""
        if self.random.random() < 0.5:
            with suppress(Cut, *DATABASE_ERRORS), full_disk(laptop):
                laptop.sync()
            return
        self.world.database.fill()
        try:
            self.sync(laptop)
        finally:
            self.world.database.fill(full=False)

    # Afterwards

    def heal(self) -> list[Session]:
        """The trouble ends; the sessions of the round in which nobody had anything to say, or of the last."""
        for laptop in self.laptops:
            laptop.way.fault = 0.0  # type: ignore[attr-defined]
        for _ in range(ROUNDS):
            sessions = [laptop.sync() for laptop in self.laptops]
            if all(session.requests == 1 for session in sessions):
                break
        return sessions

    def close(self) -> None:
        """Close all files."""
        for laptop in self.laptops:
            laptop.store.close()
        self.world.database.close()


def simulate(seed: int, start: Start) -> str:
    """One run; a digest of all that was said in it. What fails says which seed it was."""
    with drawn_from(ids_of(Random(f"ids of {seed}"))):
        run = Simulation(seed, start)
        try:
            run.run(fault=0.15 if seed % 3 else 0.0)
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
        finally:
            run.close()
    return run.said.hexdigest()


def main() -> None:
    """Run seeds one after the other and say which ones failed."""
    parser = argparse.ArgumentParser(description="Laptops and a central record with faults, by seed.")
    parser.add_argument("--seeds", type=int, default=300, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first one")
    asked = parser.parse_args()
    logging.disable()
    failed = []
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        start = Start(Path(folder))
        for seed in range(asked.first, asked.first + asked.seeds):
            try:
                simulate(seed, start)
            except Exception as error:  # noqa: BLE001 - whatever it was, the next seed is run as well
                failed.append(seed)
                print(f"seed {seed}: {type(error).__name__}: {str(error)[:200]}", flush=True)
    each = (time.perf_counter() - began) / max(asked.seeds, 1) * 1_000
    print(f"{asked.seeds} seeds, {each:.0f} ms each, {len(failed)} failed: {failed or 'none'}")
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main()
