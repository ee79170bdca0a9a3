"""Sealed bundles: one effect each whatever becomes of the sticks, nothing from a file that is not whole."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from datetime import date
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select

from casework.errors import OutreachError
from casework.records import Person, Relationship
from casework.records_attendance import AttendanceWeek
from storage.central.identity import HUB_SEAL, PRIVATE_KEY
from storage.central.state import kept
from sync import signing
from sync.hub import tables
from sync.sealing import sealed_file, sealing_key, sealing_text, write_sealed
from sync.session import Session
from tests.sync.beginning import Start
from tests.sync.databases import PostgresqlDatabase, SqliteDatabase
from tests.sync.faults import Killed, dying
from tests.sync.simulation import Simulation
from tests.sync.sticks import Post, altered
from tests.sync.world import Laptop, World

SEEDS = int(os.environ.get("OUTREACH_SEEDS", "300")) // 15
POSTGRESQL_SEEDS = max(2, SEEDS // 10)


class CarriedSimulation(Simulation):
    """A run in which laptops meet the central record by files, and now and then over the network."""

    mixed, cloning, meanwhile = 0.0, False, 0.0

    def __init__(self, seed: int, start: Start) -> None:
        super().__init__(seed, start)
        self.post = Post(self.world, self.world.folder / "sticks")
        for laptop in self.laptops:
            self.post.enrol(laptop)

    def sync(self, laptop: Laptop) -> None:
        """One leg of a trip, with whatever stick is at hand."""
        legs = [self.leave, self.arrive, self.arrive, self.reply, self.come_home, self.come_home]
        with suppress(OutreachError):
            self.random.choice([*legs, self.whole_trip, super().sync])(laptop)
        self._lose_sight()

    def _lose_sight(self) -> None:
        """Which greetings bundles held nobody noted."""
        self.witness.lose_sight(*(laptop.way.device for laptop in self.laptops))

    def sync_and_die(self, laptop: Laptop) -> None:
        at = self.random.randint(1, 8)
        with suppress(Killed), dying(laptop, at, after=self.random.random() < 0.5):
            self.sync(laptop)

    def leave(self, laptop: Laptop) -> None:
        self.post.write(laptop, since_last=self.random.random() < 0.4)

    def whole_trip(self, laptop: Laptop) -> None:
        self.post.trip(laptop)

    def arrive(self, laptop: Laptop) -> None:
        """Any bundle, old or new, read before or not, is read by the central record."""
        del laptop
        if self.post.there:
            path = self.random.choice(self.post.there[-6:])
            if self.random.random() < 0.2:
                with altered(path, self.random) as copy:
                    self.post.take(copy)
            else:
                self.post.take(path)

    def reply(self, laptop: Laptop) -> None:
        self.post.answer(laptop.way.device)

    def come_home(self, laptop: Laptop) -> None:
        """Any answer, this laptop's or another's."""
        whose = laptop if self.random.random() < 0.9 else self.random.choice(self.laptops)
        device = whose.way.device
        if self.post.back.get(device):
            path = self.random.choice(self.post.back[device][-4:])
            if self.random.random() < 0.2:
                with altered(path, self.random) as copy:
                    self.post.read(laptop, copy)
            else:
                self.post.read(laptop, path)

    def heal(self) -> list[Session]:
        """Whole trips and nothing else: files alone bring everybody to agree."""
        self.trouble(0.0, 0.0)
        for _ in range(6):
            for laptop in self.laptops:
                self.post.trip(laptop)
        for laptop in self.laptops:
            done = self.post.trip(laptop)
            assert done.session.agreed, done.session
            assert done.session.problems == []
        self._lose_sight()
        return [laptop.sync() for laptop in self.laptops]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    """The state in which every run on a file begins."""
    return Start(tmp_path_factory.mktemp("start"))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_becomes_of_the_sticks_nothing_is_lost(seed: int, start: Start) -> None:
    simulate(seed, start)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(POSTGRESQL_SEEDS))
def test_nothing_is_lost_on_postgresql(seed: int, tmp_path: Path, postgresql: PostgresqlDatabase) -> None:
    simulate(seed, Start(tmp_path, postgresql))


def simulate(seed: int, start: Start) -> None:
    run = CarriedSimulation(seed, start)
    try:
        run.run(fault=0.1)
    finally:
        run.close()


# One by one


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    database = SqliteDatabase(tmp_path)
    made = World(tmp_path, database)
    yield made
    for laptop in made.laptops.values():
        laptop.store.close()
    database.close()


@pytest.fixture
def post(world: World, tmp_path: Path) -> Post:
    return Post(world, tmp_path / "sticks")


def laptop_of(world: World, post: Post, name: str, agency: str = "early-help") -> Laptop:
    laptop = world.laptop(name, agency)
    post.enrol(laptop)
    return laptop


def refused(code: str) -> AbstractContextManager[object]:
    return pytest.raises(OutreachError, check=lambda error: error.code == code)


def test_what_waits_stays_when_an_answer_comes(world: World, post: Post) -> None:
    ana, ben = laptop_of(world, post, "Ana"), laptop_of(world, post, "Ben")
    tilly = world.child("Tilly", known_as="Til")
    ana.make(tilly)
    assert post.trip(ana).session.agreed
    assert post.trip(ben).session.agreed
    ana.change(tilly, known_as="Lily", language="fr")
    assert post.trip(ana).session.agreed
    post.take(post.write(ben))
    answer = post.answer(ben.way.device)
    ben.change(tilly, known_as="Tilda")
    met = post.read(ben, answer).session
    assert not met.agreed, "a step waits"
    assert (ben.get(tilly).known_as, ben.get(tilly).language) == ("Tilda", "fr")
    conflict = post.trip(ben).session
    assert (conflict.agreed, conflict.conflicts, ben.get(tilly).known_as) == (True, 1, "Lily")


def test_two_on_their_way_have_one_effect(world: World, post: Post) -> None:
    ana = laptop_of(world, post, "Ana")
    tilly = world.child("Tilly")
    ana.make(tilly)
    first = post.write(ana)
    ana.change(tilly, known_as="Til")
    rest = post.write(ana, since_last=True)
    with refused("out-of-order"):
        post.take(rest)
    assert len(post.take(first).owed.verdicts) == 2, "who uses the laptop, and the child"
    lost = post.answer(ana.way.device)
    taken = post.take(rest)
    assert [one.again for one in taken.owed.verdicts] == [False, False, False]
    assert (len(taken.verdicts), taken.again) == (1, 0), "what came with the first is not told again"
    with refused("older"):
        post.take(first)
    done = post.read(ana, post.answer(ana.way.device)).session
    assert (done.agreed, done.pushed) == (True, 3), "the second answer has what the first had"
    with refused("older"):
        post.read(ana, lost)
    assert post.trip(ana).session.problems == []


def test_a_session_over_the_network_ends_what_is_on_its_way(world: World, post: Post) -> None:
    ana = laptop_of(world, post, "Ana")
    ana.make(world.child("Tilly"))
    first = post.write(ana)
    post.take(first)
    answer, late = post.answer(ana.way.device), post.write(ana)
    assert ana.sync().agreed
    with refused("older"):
        post.take(late)
    with refused("not-asked"):
        post.read(ana, answer)
    assert ana.sync().requests == 1, "nothing is to be said"
    assert post.trip(ana).session.agreed


def test_the_same_week_made_twice_is_one(world: World, post: Post) -> None:
    ana, ben = laptop_of(world, post, "Ana"), laptop_of(world, post, "Ben")
    tilly = world.child("Tilly")
    ana.make(tilly)
    for laptop in (ana, ben):
        assert post.trip(laptop).session.agreed

    def week(marks: str) -> AttendanceWeek:
        return AttendanceWeek(
            id=world.new_id("week"),
            child=tilly.id,
            school=world.school.id,
            week=date(2026, 11, 16),
            marks=marks,
        )

    hers, his = week("/ \\ - - - - - - - -"), week("- - / \\ - - - - - -")
    ana.make(hers)
    ben.make(his)
    assert post.trip(ana).session.agreed
    post.take(post.write(ben))
    ben.change(his, marks="- - / \\ N - - - - -")
    taken = post.take(post.write(ben)).owed
    assert taken.known == {his.id: hers.id}, "the first answer never came"
    assert [one.again for one in taken.verdicts] == [True, False]
    assert all(one.verdict != "quarantined" for one in taken.verdicts)
    assert post.read(ben, post.answer(ben.way.device)).session.agreed
    assert not ben.has(his)
    assert post.trip(ana).session.agreed
    assert ana.get(hers) == ben.get(hers)


def test_what_may_not_be_held_goes_after_its_last_step_was_taken(world: World, post: Post) -> None:
    ana, nia = laptop_of(world, post, "Ana"), laptop_of(world, post, "Nia", "school-nursing")
    tilly = world.child("Tilly")
    agreement = world.agreement(tilly.id, ana.worker.id)
    ana.make(tilly, agreement)
    for laptop in (ana, nia):
        assert post.trip(laptop).session.agreed
    tie = Relationship(
        id=world.new_id("tie"), child=tilly.id, person=world.new_id("person"), how_known="aunt"
    )
    aunt = Person(id=tie.person, surname="Marsh")
    ana.make(aunt, tie)
    for laptop in (ana, nia):
        assert post.trip(laptop).session.agreed
    assert nia.get(tie).how_known == "aunt"
    post.take(post.write(nia))
    nia.change(tie, how_known="her aunt, she says")
    ana.change(agreement, status="withdrawn", withdrawn_on=world.today())
    assert post.trip(ana).session.agreed
    narrowed = post.read(nia, post.answer(nia.way.device)).session
    assert not narrowed.agreed
    assert nia.has(tie), "its step waits"
    assert not nia.has(aunt)
    post.trip(nia)
    assert not nia.has(tie)
    words = nia.store.conn.execute("SELECT count(*) FROM change WHERE new LIKE '%aunt%'").fetchone()
    assert words == (0,)
    assert post.trip(nia).session.agreed


# What is not as it was written


def kept_by(laptop: Laptop) -> list[object]:
    """What a laptop keeps but for the record of who looked."""
    conn = laptop.store.conn
    names = ("child", "edit", "change", "sync_state", "sync_scope", "sync_held", "sync_edit", "sync_want")
    return [conn.execute(f"SELECT * FROM {name}").fetchall() for name in names]


def state_of(hub: Post) -> tuple[object, ...]:
    with hub.hub.engine.begin() as connection:
        return tuple(
            tuple(connection.execute(select(table).order_by(*table.primary_key)).all())
            for table in tables.metadata.sorted_tables
            if table is not tables.bundle_log
        )


def test_no_byte_can_be_another(world: World, post: Post, tmp_path: Path) -> None:
    ana = laptop_of(world, post, "Ana")
    tilly = world.child("Tilly")
    ana.make(tilly)
    path = post.write(ana)
    whole = path.read_bytes()
    assert b"Tilly" not in whole
    assert b"Marsh" not in whole
    before, random = state_of(post), Random(1)
    key = signing.key_of(kept(ana.store.conn, PRIVATE_KEY)).public_key()
    for at in range(len(whole)):
        copy = tmp_path / "copy"
        copy.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << random.randrange(8))]) + whole[at + 1 :])
        with pytest.raises(OutreachError), sealed_file(copy) as sealed:
            sealed.check(key)
        copy.write_bytes(whole[:at])
        with pytest.raises(OutreachError), sealed_file(copy) as sealed:
            sealed.check(key)
    for _ in range(40):
        with altered(path, random) as copy, pytest.raises(OutreachError):
            post.take(copy)
    assert state_of(post) == before
    with post.hub.engine.begin() as connection:
        codes = connection.execute(select(tables.bundle_log.c.code)).scalars().all()
    assert len(codes) == 40, "each refusal is on record"
    post.take(path)
    answer = post.answer(ana.way.device)
    held = kept_by(ana)
    for _ in range(20):
        with altered(answer, random) as copy, pytest.raises(OutreachError):
            post.read(ana, copy)
    assert kept_by(ana) == held
    assert post.read(ana, answer).session.agreed


def test_a_bomb_and_what_was_not_agreed_have_no_effect(world: World, post: Post, tmp_path: Path) -> None:
    ana = laptop_of(world, post, "Ana")
    ana.make(world.child("Tilly"))
    good = post.write(ana)
    with sealed_file(good) as sealed:
        head = sealed.head
        frames = list(sealed.frames(sealing_key(post.hub.key)))
    bomb = zlib.compress(bytes(60_000_000), wbits=31)
    before = state_of(post)
    signing_key = signing.key_of(kept(ana.store.conn, PRIVATE_KEY))
    to = kept(ana.store.conn, HUB_SEAL)
    for n, (code, content) in enumerate(
        {
            "too-large": [*frames, bomb],
            "bad-message": [*frames, frames[0]],
        }.items()
    ):
        path = tmp_path / f"bad-{n}"
        write_sealed(path, head, content, signing_key=signing_key, to=to)
        with refused(code):
            post.take(path)
    write_sealed(tmp_path / "empty", head, [], signing_key=signing_key, to=to)
    with refused("bad-message"):
        post.take(tmp_path / "empty")
    stranger = sealing_text(signing.new_key())
    write_sealed(tmp_path / "stranger", head, frames, signing_key=signing_key, to=stranger)
    with refused("not-for-here"):
        post.take(tmp_path / "stranger")
    forged = tmp_path / "forged"
    write_sealed(forged, head, frames, signing_key=signing.new_key(), to=to)
    with refused("bundle-damaged"):
        post.take(forged)
    assert state_of(post) == before
    assert len(post.take(good).owed.verdicts) == 2
