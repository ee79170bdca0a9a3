"""The world of a simulated run: its laptops and its central record, and what becomes of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select

from casework.records import RECORD_TYPES
from storage.store import Store
from sync.hub import devices, tables
from sync.hub.fields import read_as
from sync.hub.founding import new_epoch
from sync.hub.versions import catch_up
from sync.messages.greeting import Hello, Welcome
from sync.messages.steps import Push
from tests.sync.beginning import Ids, Start
from tests.sync.databases import KEY
from tests.sync.faults import FaultyWay
from tests.sync.later import Later, as_it_is, read_later
from tests.sync.people import People
from tests.sync.tally import Tally
from tests.sync.versions import FIELD, reshape, version
from tests.sync.witness import Witness
from tests.sync.world import Laptop, Way

PAGES = (3, 2_000)
"""Records of a page: so few that a laptop reads several, and as many as in earnest."""
MIXED = 0.25
"""The part of all runs that begin with different versions of Outreach."""
_DECADE = timedelta(days=3_652)
_DRIFTS = (timedelta(0), timedelta(0), _DECADE, -_DECADE)


class Run:
    """Laptops, the central record, and what happens to them but for their sessions."""

    mixed = MIXED
    cloning = True

    def __init__(self, seed: int, start: Start, tally: Tally | None = None) -> None:
        self.random = Random(seed)
        self.world = start.again()
        self.tally = tally or Tally()
        self.witness = Witness()
        self.people = People(self.world, self.random, self.tally)
        self.ids = Ids(Random(f"ids of {seed}"), self.now)
        self.page = self.random.choice(PAGES)
        self.said, self.bytes = blake2b(digest_size=16), 0
        self.nothing_was_said = False
        self.clones: list[Laptop] = []
        self.acting: Laptop | None = None
        self.later: list[Later] = []
        self.in_session: list[Laptop] = []
        versions = [False, True] if self.random.random() < self.mixed else [False]
        self.hub_older, self.of_versions = self.random.choice(versions), len(versions) > 1
        for laptop in self.laptops:
            laptop.older = self.random.choice(versions)
            laptop.drift = self.random.choice(_DRIFTS)
            path = self.world.folder / laptop.way.device / "caseload.db"
            self.connect(laptop, path)
            self.open(laptop, path)
        self.start_hub()

    def connect(self, laptop: Laptop, caseload: Path) -> None:
        """The way on which a laptop's messages travel, and go wrong."""
        laptop.way = FaultyWay(
            laptop.way.hub,
            laptop.way.device,
            self.hear,
            random=self.random,
            hub_is_older=lambda: self.hub_older,
            tally=self.tally,
            witness=self.witness,
            caseload=caseload,
            between=lambda verb, answer: self.something_happens(laptop, verb, answer),
        )

    def open(self, laptop: Laptop, path: Path) -> None:
        """Open a caseload, by the clock and the version of its laptop."""

        def now() -> datetime:
            return self.world.now + laptop.drift

        with version(older=laptop.older):
            if self.of_versions:
                reshape(path, older=laptop.older)
            laptop.store = Store.open(path, bytearray(KEY), now=now, today=now().date())
        laptop.store.conn.execute("PRAGMA synchronous = OFF")

    def start_hub(self) -> None:
        """The central record is opened by whichever version it has."""
        if self.of_versions:
            with version(older=self.hub_older), self.world.hub.engine.begin() as connection:
                catch_up(connection, self.world.now)

    def now(self) -> datetime:
        """The time by the clock of whoever acts."""
        return self.world.now + (self.acting.drift if self.acting else timedelta(0))

    def hear(self, verb: str, said: BaseModel, answer: BaseModel) -> None:
        """What is said is counted, and goes into the digest of the run."""
        body = f"{verb} {said.model_dump_json()} {answer.model_dump_json()}".encode()
        self.said.update(body)
        self.bytes += len(body)
        push = said.beside.push if isinstance(said, Hello) else said
        if isinstance(push, Push) and any("/" in edit.id for edit in push.edits):
            parts = {edit.id.partition("/")[0] for edit in push.edits if "/" in edit.id}
            whole = {edit.id for edit in push.edits}
            self.tally.note("step in parts, and messages between", mattered=not parts <= whole)
        if isinstance(answer, Welcome):
            self.nothing_was_said = answer.agreed
            if answer.kinds:
                self.tally.note("versions meet")

    @contextmanager
    def at(self, laptop: Laptop) -> Iterator[None]:
        """What happens meanwhile is done by this laptop: by its clock and by its version of Outreach."""
        before, self.acting = self.acting, laptop
        try:
            with version(older=laptop.older):
                yield
        finally:
            self.acting = before

    @property
    def laptops(self) -> list[Laptop]:
        return [*self.world.laptops.values(), *self.clones]

    def something_happens(self, laptop: Laptop, verb: str, answer: Any) -> None:
        """Between two messages of this laptop's."""

    # What the world does

    def make_copies(self) -> None:
        """Copies of the beginning, half the time; others are made later."""
        for copy in (self.back_up_hub, self.back_up_laptop):
            if self.random.random() < 0.5:
                copy(self.random.choice(self.laptops))

    def world_changes(self, laptop: Laptop) -> None:
        """A day passes, a child moves, a copy is made or put back, somebody gets a new version."""
        acts = [self.next_day, self.move_child, self.set_clock]
        acts += [self.back_up_hub, self.restore_hub, self.restore_hub]
        acts += [self.back_up_laptop, self.back_up_laptop, self.restore_laptop, self.restore_laptop]
        acts += [self.clone] if self.cloning and not self.clones else []
        acts += [self.upgrade_laptop, self.upgrade_hub] if self.of_versions else []
        self.random.choice(acts)(laptop)

    def next_day(self, laptop: Laptop) -> None:
        """What was on its way until now is refused, for it is too old."""
        del laptop
        self.world.now += timedelta(days=1)
        for each in self.laptops:
            each.store.today = (self.world.now + each.drift).date()
            each.way.late.clear()  # type: ignore[attr-defined]

    def set_clock(self, laptop: Laptop) -> None:
        """Somebody puts a laptop's clock right, or wrong."""
        before, laptop.drift = laptop.drift, self.random.choice(_DRIFTS)
        laptop.store.today = (self.world.now + laptop.drift).date()
        self.tally.note("clock set meanwhile", mattered=before != laptop.drift)

    def move_child(self, laptop: Laptop, lead: str | None = None) -> None:
        """The central record hears that a child has left the school and the team; that `lead` leads the case
        now, where that is said.
        """
        del laptop
        with version(older=self.hub_older), self.world.hub.engine.begin() as connection:
            table = tables.record
            rows = connection.execute(select(table).where(table.c.type == "child").order_by(table.c.id)).all()
            if rows:
                row = self.random.choice(rows)
                child = read_as(RECORD_TYPES["child"], row)
                said = {"school": "school-elsewhere", "team": None} | ({"lead_worker": lead} if lead else {})
                moved = child.model_copy(update=said)
                devices.put(connection, self.world.new_id("edit"), "Moved", moved, self.world.now)

    def back_up_hub(self, laptop: Laptop) -> None:
        """Last night's copy of the central record."""
        del laptop
        self.world.database.back_up()
        self.witness.hub_backed_up()

    def restore_hub(self, laptop: Laptop) -> None:
        """The copy takes the place of the central record, half the time without anybody saying so."""
        del laptop
        before = self._head()
        with self.world.hub.engine.begin() as connection:
            lost = as_it_is(connection)
        if not self.world.database.restore():
            return
        self.witness.hub_restored()
        self.later = []
        if self.random.random() < 0.5:
            with self.world.hub.engine.begin() as connection:
                new_epoch(connection, self.world.new_id("epoch"))
                if not self.hub_older:
                    self.later = read_later(self.world.laptops.values(), lost, as_it_is(connection))
        if self.later:
            self.tally.note("read later than the backup")
        self.tally.note("central record restored", mattered=self._head() != before)
        self.start_hub()

    def _head(self) -> str:
        with self.world.hub.engine.begin() as connection:
            meta = tables.meta
            held = connection.execute(select(meta.c.value).where(meta.c.name == "head"))
            return str(held.scalar_one())

    def back_up_laptop(self, laptop: Laptop) -> None:
        """A copy of a caseload."""
        laptop.store.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        shutil.copy(laptop.store.path, _kept(laptop))
        self.witness.copied(laptop.store.path, _kept(laptop))

    def restore_laptop(self, laptop: Laptop) -> None:
        """A caseload that has a copy is set back to it, whosever it is."""
        laptops = [other for other in self.laptops if _kept(other).exists()]
        if laptops:
            laptop = self.random.choice(laptops)
            kept = _kept(laptop)
            before = written(laptop)
            laptop.store.close()
            for file in laptop.store.path.parent.glob("caseload.db*"):
                file.unlink()
            shutil.copy(kept, laptop.store.path)
            self.witness.copied(kept, laptop.store.path)
            self.open(laptop, laptop.store.path)
            self.later = [one for one in self.later if one.laptop != laptop.way.device]
            self.tally.note("laptop restored", mattered=written(laptop) != before)

    def clone(self, laptop: Laptop) -> None:
        """A copy of a caseload is used beside it, on another computer."""
        self.back_up_laptop(laptop)
        folder = self.world.folder / f"{laptop.way.device}-clone"
        folder.mkdir()
        copy = folder / "caseload.db"
        shutil.copy(laptop.store.path, copy)
        self.witness.copied(laptop.store.path, copy)
        own: Any = laptop.way
        clone = Laptop(laptop.store, Way(own.hub, own.device), laptop.drift, laptop.older)
        self.connect(clone, copy)
        clone.way.fault, clone.way.meanwhile = own.fault, own.meanwhile  # type: ignore[attr-defined]
        self.open(clone, copy)
        self.copied_at = written(clone)
        self.clones.append(clone)

    def upgrade_laptop(self, laptop: Laptop) -> None:
        """A laptop gets this version of Outreach."""
        if laptop.older:
            kept = "SELECT 1 FROM sync_extra UNION SELECT 1 FROM sync_edit WHERE code = 'unknown-type'"
            self.tally.note(
                "laptop upgraded", mattered=laptop.store.conn.execute(kept).fetchone() is not None
            )
            laptop.store.close()
            laptop.older = False
            self.open(laptop, laptop.store.path)

    def upgrade_hub(self, laptop: Laptop) -> None:
        """The central record gets this version of Outreach."""
        del laptop
        if self.hub_older:
            self.hub_older = False
            with self.world.hub.engine.begin() as connection:
                waits = select(tables.quarantine.c.edit).where(tables.quarantine.c.code == "unknown-type")
                waiting = connection.execute(waits).first() is not None
                fields = connection.execute(
                    select(tables.record.c.fields).where(tables.record.c.type == "child")
                )
                kept = any(json.loads(text).get(FIELD) for text in fields.scalars())
            self.tally.note("central record upgraded", mattered=waiting or kept)
            self.start_hub()


def _kept(laptop: Laptop) -> Path:
    """The copy of a caseload."""
    return laptop.store.path.with_suffix(".kept")


def written(laptop: Laptop) -> int:
    """The last step in a caseload's journal."""
    return int(laptop.store.conn.execute("SELECT coalesce(max(seq), 0) FROM edit").fetchone()[0])
