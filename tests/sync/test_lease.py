"""A laptop that was silent for too long: locked, heard of again, and rid of what it may not hold any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from casework.errors import Locked, Refused, Unreachable
from storage.central.lease import check_lease, read_lease
from sync.hub import devices
from sync.hub.counting import LEASE
from sync.hub.tables import meta
from sync.hub.writing import in_bulk
from sync.messages.pages import Pull
from sync.messages.sums import Verify
from tests.sync.databases import SqliteDatabase
from tests.sync.sticks import Post
from tests.sync.world import Laptop, StepByStep, World, opened_world

DAY = timedelta(days=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


def is_open(laptop: Laptop) -> bool:
    try:
        check_lease(laptop.store.conn, laptop.store.now(), "sync")
    except Locked:
        return False
    return True


def test_after_fifteen_silent_days_a_sync_opens_it_with_the_rest_given_up(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly, lily = world.child("Tilly"), world.child("Lily")
    ana.make(tilly, lily)
    world.settle()
    assert is_open(ben)
    ben.change(lily, known_as="Lil")
    ana.change(tilly, school="school-elsewhere", team=None)
    ana.sync()
    world.now += 15 * DAY
    assert not is_open(ben)
    assert ben.has(tilly)
    done = ben.sync()
    assert (done.agreed, done.pushed, is_open(ben)) == (True, 1, True)
    assert (ben.has(tilly), ben.get(lily).known_as) == (False, "Lil")
    assert ana.sync().agreed
    assert ana.get(lily).known_as == "Lil"
    world.now += 13 * DAY
    assert is_open(ben)
    assert ben.sync().requests == 1  # nothing to say is a word, too
    world.now += 13 * DAY
    assert is_open(ben)


def test_a_word_alone_opens_nothing_before_the_rest_is_given_up(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly")
    ana.make(tilly)
    world.settle()
    ana.change(tilly, school="school-elsewhere", team=None)
    ana.sync()
    world.now += 15 * DAY
    ben.way = StepByStep(ben.way.hub, ben.way.device)
    pull = ben.way.pull

    def cut(_said: Pull | Verify) -> None:
        raise Unreachable("unreachable", "The connection broke off.")

    ben.way.pull = cut  # type: ignore[method-assign, assignment]
    with pytest.raises(Unreachable):
        ben.sync()
    assert (is_open(ben), ben.has(tilly)) == (False, True)
    ben.way.pull = pull  # type: ignore[method-assign]
    ben.way.verify = cut  # type: ignore[method-assign, assignment]
    with pytest.raises(Unreachable):
        ben.sync()
    assert (is_open(ben), ben.has(tilly)) == (True, False), "whether the sums fit is another question"


def test_a_silent_laptop_whose_access_was_ended_hands_in_and_stays_shut(world: World) -> None:
    ana = world.laptop("Ana")
    ana.sync()
    ana.make(world.child("Tilly"))
    with world.hub.engine.begin() as connection:
        devices.revoke(connection, ana.way.device)
    world.now += 15 * DAY
    with pytest.raises(Refused, match="access was ended"):
        ana.sync()
    assert not is_open(ana)


def test_the_central_record_says_how_many_days(world: World) -> None:
    with world.hub.engine.begin() as connection:
        in_bulk(connection, meta, [{"name": LEASE, "value": "3"}])
    ana = world.laptop("Ana")
    ana.sync()
    world.now += 3 * DAY
    assert not is_open(ana)
    with world.hub.engine.begin() as connection:
        in_bulk(connection, meta, [{"name": LEASE, "value": "0"}])
    ana.sync()
    assert read_lease(ana.store.conn, world.now) is None


def test_a_carried_answer_is_a_word_of_the_day_when_its_bundle_left(world: World, tmp_path: Path) -> None:
    post = Post(world, tmp_path / "sticks")
    ana = world.laptop("Ana")
    post.enrol(ana)
    post.trip(ana)
    world.now += 15 * DAY
    assert not is_open(ana)
    there = post.write(ana)
    world.now += 5 * DAY
    post.take(there)
    post.read(ana, post.answer(ana.way.device))
    assert is_open(ana)
    world.now += 9 * DAY
    assert not is_open(ana)
    late = post.write(ana)
    post.take(late)
    answer = post.answer(ana.way.device)
    world.now += 15 * DAY
    post.read(ana, answer)
    assert not is_open(ana)


def test_an_answer_that_only_says_to_begin_anew_is_no_word(world: World, tmp_path: Path) -> None:
    """The central record was set back: what this laptop may not hold any more is not known yet."""
    post = Post(world, tmp_path / "sticks")
    ana = world.laptop("Ana")
    post.enrol(ana)
    world.database.back_up()
    ana.make(world.child("Tilly"))
    post.trip(ana)
    world.put_back()
    world.now += 15 * DAY
    post.trip(ana)
    assert not is_open(ana)
    post.trip(ana)
    assert is_open(ana)
