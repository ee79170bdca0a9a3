"""A central record that was put back and is told a part of a record by who may hold no more of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from casework.policies import Category
from casework.records_sharing import Agreement
from sync.hub import devices
from tests.sync.databases import SqliteDatabase
from tests.sync.sticks import Post
from tests.sync.world import Laptop, World, opened_world


@pytest.fixture
def on_file(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


def agreed_in_part(
    world: World, agency: str, put_back: Callable[[World], object] = World.put_back
) -> tuple[Laptop, Laptop, Agreement]:
    """Ana recorded an agreement about everything, of which a school may not hold all; Nia, to whom it gave
    something, holds less of it since it was withdrawn. A central record of the day before was put back.
    """
    ana = world.laptop("Ana", agency, schools=("999001",))
    tilly = world.child("Tilly", lead_worker=ana.worker.id)
    ana.make(tilly)
    nia = world.laptop("Nia", "school-nursing")
    world.settle()
    world.database.back_up()
    agreement = world.agreement(tilly.id, ana.worker.id)
    said = {"categories": tuple(Category), "exclude": "Not the school"}
    agreement = agreement.model_copy(update=said)
    ana.make(agreement)
    world.settle()
    ana.change(agreement, status="withdrawn", withdrawn_on=world.today())
    world.settle()
    world.put_back()
    return ana, nia, agreement


@pytest.mark.parametrize(
    "back", [World.put_back, lambda world: world.database.restore()], ids=["told", "untold"]
)
def test_who_brings_back_a_record_in_part_wipes_nothing_that_another_holds(
    world: World, back: Callable[[World], object]
) -> None:
    """Also where nobody said to the central record that it was put back."""
    ana, nia, agreement = agreed_in_part(world, "school", back)
    held = ana.get(agreement)
    assert (held.given_by, Category.YOUTH_JUSTICE in held.categories) == ("Jo Marsh", False)
    assert nia.get(agreement).given_by == ""
    nia.sync()
    world.settle()
    assert ana.get(agreement) == held
    assert [laptop.sync().agreed for laptop in (ana, nia)] == [True, True]
    assert nia.get(agreement).given_by == ""


def test_a_central_record_that_is_set_back_again_before_it_is_refilled_wipes_nothing(world: World) -> None:
    """Nobody says so either time: the second time its files go back to before it noticed the first."""
    ana, nia, agreement = agreed_in_part(world, "school", lambda it: it.database.restore())
    held, told = ana.get(agreement), []

    def swap(verb: str, *_: object) -> None:
        if verb == "have":
            told.append(world.database.restore())
            nia.way.spy = lambda *_: None

    nia.way.spy = swap
    nia.sync()
    assert told == [True]
    world.settle()
    assert ana.get(agreement) == held
    assert [laptop.sync().agreed for laptop in (ana, nia)] == [True, True]


def test_what_stays_as_it_is_beside_a_part_that_was_brought_back_counts_as_it_stands(on_file: World) -> None:
    """It is sent, and nothing differs then (seed 2005113)."""
    ana, nia, _ = agreed_in_part(on_file, "school")
    nia.sync()
    differed: list[str] = []

    def watch(verb: str, said: Any, answer: Any) -> None:
        differed.extend(answer.differ if verb == "verify" else ())

    ana.way.spy = watch
    assert (ana.sync().agreed, differed) == (True, [])
    assert ana.sums_fit()


def test_a_stand_in_that_was_brought_back_gives_way_to_the_step_that_says_more(world: World) -> None:
    ana, nia, agreement = agreed_in_part(world, "youth-justice")
    held = ana.get(agreement)
    assert Category.YOUTH_JUSTICE in held.categories
    nia.sync()
    world.settle()
    assert (ana.get(agreement), held.exclude) == (held, "Not the school")
    assert [laptop.sync().agreed for laptop in (ana, nia)] == [True, True]
    assert Category.YOUTH_JUSTICE not in nia.get(agreement).categories


def test_what_lacks_is_brought_back_by_bundles(world: World, tmp_path: Path) -> None:
    ana, nia, agreement = agreed_in_part(world, "school")
    held = ana.get(agreement)
    nia.sync()
    post = Post(world, tmp_path / "post")
    post.enrol(ana)
    trips = [post.trip(ana) for _ in range(4)]
    assert ana.get(agreement) == held
    assert (trips[-1].session.agreed, ana.sync().agreed) == (True, True)


def test_who_read_a_part_before_a_second_restore_brings_back_no_more_than_that(on_file: World) -> None:
    """What was empty there was no value: whoever has one comes last, and loses nothing."""
    ana, nia, agreement = agreed_in_part(on_file, "school")
    held = ana.get(agreement)
    bob = on_file.laptop("Bob")
    nia.sync()
    for _ in range(2):
        bob.sync()
    assert bob.get(agreement).given_by == ""
    on_file.put_back()
    with on_file.hub.engine.begin() as connection:
        devices.put(connection, on_file.new_id("edit"), "Worker", bob.worker, on_file.now)
        devices.add_device(connection, bob.way.device, bob.worker.id, b"", on_file.now)
    bob.sync()
    on_file.settle()
    assert (ana.get(agreement), bob.get(agreement).given_by) == (held, "Jo Marsh")
    assert [laptop.sync().agreed for laptop in (ana, nia, bob)] == [True, True, True]
