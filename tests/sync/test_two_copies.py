"""A caseload and its copy that sync at the same time, as one laptop."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from storage.store import Store
from sync.hub import devices
from sync.messages.greeting import Hello, Welcome
from tests.sync.databases import KEY, SqliteDatabase
from tests.sync.world import Laptop, StepByStep, World, opened_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


def copied(laptop: Laptop, world: World, folder: Path) -> Laptop:
    """The same caseload on another computer."""
    laptop.store.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    path = shutil.copy(laptop.store.path, folder / "copied.db")
    store = Store.open(path, bytearray(KEY), now=lambda: world.now, today=world.today())
    world.laptops["a copy"] = Laptop(store, StepByStep(world.hub, laptop.way.device))
    return world.laptops["a copy"]


def test_what_a_copy_did_in_the_middle_of_a_session_is_named_as_what_may_be_the_cause(
    world: World, tmp_path: Path
) -> None:
    """The copy goes on after the caseload greeted: what it sends counts as what that has."""
    ana = world.laptop("Ana")
    ana.sync()
    copy = copied(ana, world, tmp_path)
    told: list[list[str]] = []

    def meanwhile(verb: str, *_: object) -> None:
        if verb == "hello" and not told:
            told.append(ana.sync().problems)

    copy.make(world.child("Tilly"))
    copy.way.spy = meanwhile
    copy.sync()
    told.append(ana.sync().problems)
    assert [len(said) for said in told] == [1, 1]
    assert all("copy" in sentence for said in told for sentence in said)
    assert "please report it" in told[1][0]
    assert ana.sync().problems == []


def test_a_copy_that_was_not_told_yet_what_it_may_hold_keeps_the_worker_whose_it_is(
    world: World, tmp_path: Path
) -> None:
    """It never read anything, and the caseload took what would have told it; then its session breaks off."""
    ana = world.laptop("Ana")
    copy = copied(ana, world, tmp_path)
    broken: list[str] = []

    def meanwhile(verb: str, *_: object) -> None:
        if verb == "hello" and not broken:
            broken.append(verb)
            assert ana.sync().agreed
        if verb == "verify":
            raise ConnectionError

    copy.way.spy = meanwhile
    with pytest.raises(ConnectionError):
        copy.sync()
    assert copy.has(ana.worker), "nobody could open it before the next session"
    copy.way.spy = lambda *_: None
    copy.sync()
    assert (copy.sync().agreed, copy.sums_fit(), copy.get(ana.worker)) == (True, True, ana.worker)


def test_what_came_to_a_copy_that_was_not_told_that_it_may_hold_it_does_not_stay(
    world: World, tmp_path: Path
) -> None:
    """The caseload took what would have told it. Once the child has moved nobody would (seed 4001960)."""
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    copy = copied(ana, world, tmp_path)
    tilly = world.child("Tilly")
    ben.make(tilly)
    assert ben.sync().agreed
    came: list[str] = []

    def meanwhile(verb: str, _: object, answer: Any) -> None:
        if verb == "hello" and not came:
            assert ana.sync().agreed
            ben.change(tilly, known_as="Til")
            assert ben.sync().agreed
        if verb == "pull":
            came.extend(row.id for row in answer.rows)
        if verb == "verify":
            raise ConnectionError

    copy.way.spy = meanwhile
    with pytest.raises(ConnectionError):
        copy.sync()
    assert tilly.id in came
    copy.way.spy = lambda *_: None
    moved = tilly.model_copy(update={"school": "school-elsewhere", "team": None})
    with world.hub.engine.begin() as connection:
        devices.put(connection, world.new_id("edit"), "Moved", moved, world.now)
    for _ in range(2):
        copy.sync()
    assert (copy.sync().agreed, copy.has(tilly)) == (True, False)


def test_a_copy_that_took_over_a_greeting_on_its_way_is_found(world: World, tmp_path: Path) -> None:
    """The copy names that greeting as one without an answer, so the caseload's own comes late."""
    ana = world.laptop("Ana")
    ana.make(world.child("Tilly"))
    assert ana.sync().agreed

    class Slow(StepByStep):
        def hello(self, said: Hello) -> Welcome:
            if "a copy" not in world.laptops:
                copy = copied(ana, world, tmp_path)
                copy.make(world.child("Max"))
                assert (copy.sync().agreed, copy.sync().agreed) == (True, True)
            return super().hello(said)

    ana.way = Slow(world.hub, ana.way.device)
    told = [*ana.sync().problems, *ana.sync().problems]
    assert [said for said in told if "older copy of the one" in said]
    assert [said for said in world.laptops["a copy"].sync().problems if "older copy of the one" in said]
    assert [said for said in ana.sync().problems if "older copy of the one" in said]
