"""A central record that was put back and is told a part of a record by who may hold no more of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from casework.facets import WITHHELD_WORDS
from casework.policies import Category
from casework.records import Child
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


def seen_since_it_was_lost(world: World) -> tuple[Laptop, Laptop, Agreement]:
    """Nia holds a part of an agreement that Ana recorded and a central record of the day before has not. Ben,
    who never read that one, records another, by which Nia may see all of both.
    """
    ben = world.laptop("Ben")
    tilly = world.child("Tilly")
    ben.make(tilly)
    ana, nia = world.laptop("Ana"), world.laptop("Nia", "school-nursing")
    world.settle()
    world.database.back_up()
    agreement = given(world, tilly, ana)
    ana.make(agreement)
    for laptop in (ana, nia) * 2:
        laptop.sync()
    assert (nia.get(agreement).given_by, nia.get(agreement).exclude) == ("", WITHHELD_WORDS)
    world.put_back()
    ben.make(world.agreement(tilly.id, ben.worker.id))
    assert ben.sync().agreed
    return ana, nia, agreement


def given(world: World, child: Child, by: Laptop) -> Agreement:
    """An agreement of which the school nurse holds a part: that there are words, and who may hear them."""
    said = {"agencies": ("school",), "exclude": "Not the school"}
    return world.agreement(child.id, by.worker.id).model_copy(update=said)


def is_whole(world: World, ana: Laptop, nia: Laptop, agreement: Agreement) -> None:
    """Nia learned nothing of it before Ana came, and both have all of it now."""
    assert nia.get(agreement).given_by == ""
    world.settle()
    said = [(held.given_by, held.exclude) for held in (ana.get(agreement), nia.get(agreement))]
    assert said == [("Jo Marsh", "Not the school")] * 2
    assert [(laptop.sync().agreed, laptop.sums_fit()) for laptop in (ana, nia)] == [(True, True)] * 2


def test_what_a_laptop_may_hold_only_since_it_was_lost_is_no_value_there(world: World) -> None:
    """It is brought back as far as it came, though more of it may be held by now (seed 4002745)."""
    ana, nia, agreement = seen_since_it_was_lost(world)
    for _ in range(3):
        assert nia.sync().agreed
    is_whole(world, ana, nia, agreement)


def test_it_is_none_by_bundles(world: World, tmp_path: Path) -> None:
    ana, nia, agreement = seen_since_it_was_lost(world)
    post = Post(world, tmp_path / "post")
    post.enrol(nia)
    trips = [post.trip(nia) for _ in range(5)]
    assert trips[-1].session.agreed
    is_whole(world, ana, nia, agreement)


def test_it_is_none_where_the_child_was_made_anew_meanwhile(world: World) -> None:
    """Nia gives the child the id that Ben's has, and under that one she may hold more."""
    ana, nia, ben = world.laptop("Ana"), world.laptop("Nia", "school-nursing"), world.laptop("Ben")
    world.settle()
    world.database.back_up()
    tilly, anew = (world.child("Tilly", upn="U886009924001") for _ in range(2))
    agreement = given(world, tilly, ana)
    ana.make(tilly, agreement)
    for laptop in (ana, nia) * 2:
        laptop.sync()
    world.put_back()
    ben.make(anew, world.agreement(anew.id, ben.worker.id))
    assert ben.sync().agreed
    assert nia.sync().agreed
    assert nia.get(agreement).child == anew.id
    is_whole(world, ana, nia, agreement)
