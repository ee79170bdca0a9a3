"""The undo of what two workers wrote down: a person is asked, whoever came first and takes it back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.records import AttendanceWeek, Child, Enrolment
from storage.queries.conflicts import read_conflicts
from storage.settling import commit_settlement
from tests.sync.databases import SqliteDatabase
from tests.sync.sticks import Post
from tests.sync.test_one_child import NUMBERED, day, register, two
from tests.sync.world import Laptop, World, opened_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


ROLL = tuple(f"{child},{day(16, '/')}" for child in NUMBERED)


def both_imported(world: World, *rows: str) -> tuple[Laptop, Laptop]:
    """Both imported the same roll on their own, and each laptop has read all that there is."""
    ana, ben = two(world)
    for laptop in (ana, ben):
        register(laptop, *rows)
    world.settle()
    return ana, ben


def stands(laptop: Laptop) -> tuple[int, ...]:
    return tuple(len(laptop.store.find(kind)) for kind in (Child, Enrolment, AttendanceWeek))


@pytest.mark.parametrize("who", [0, 1])
def test_an_import_that_somebody_else_made_too_is_not_taken_back_unasked(world: World, who: int) -> None:
    both = both_imported(world, *ROLL)
    both[who].store.journal.undo()
    world.settle()
    for laptop in both:
        assert stands(laptop) == (2, 2, 2)
        found = read_conflicts(laptop.store)
        assert {(one.name, one.conflict.record_type) for one in found} == {
            ("Tilly Marsh", "child"),
            ("Sam Orr", "child"),
        }
        for one in found:
            assert (one.label, one.stands.value, one.other.value) == ("Taken back", False, True)
            assert (one.stands.by, one.other.by) == (("Ben", "Ana"), ("Ana", "Ben"))[who]
        assert laptop.sync().agreed


def test_by_bundles_a_person_is_asked_too(world: World, tmp_path: Path) -> None:
    post = Post(world, tmp_path / "sticks")
    ana, ben = two(world)
    for laptop in (ana, ben):
        post.enrol(laptop)
        register(laptop, *ROLL)
    for laptop in (ana, ben, ana):
        post.trip(laptop)
    ana.store.journal.undo()
    for laptop in (ana, ben):
        assert post.trip(laptop).session.agreed
        assert stands(laptop) == (2, 2, 2)
        assert {one.label for one in read_conflicts(laptop.store)} == {"Taken back"}


@pytest.mark.parametrize("who", [0, 1])
def test_either_may_say_that_they_are_taken_back(world: World, who: int) -> None:
    both = both_imported(world, *ROLL)
    both[0].store.journal.undo()
    world.settle()
    asked = read_conflicts(both[who].store)
    assert len(asked) == 2
    for one in asked:
        commit_settlement(both[who].store, one.id, "yours")
    world.settle()
    for laptop in both:
        assert stands(laptop) == (0, 0, 0), "no list counts the marks of a child who is on none"
        assert read_conflicts(laptop.store) == []
        assert laptop.sync().agreed
    for _ in asked:
        both[who].store.journal.undo()
    world.settle()
    for laptop in both:
        assert stands(laptop) == (2, 2, 2)
        assert len(read_conflicts(laptop.store)) == 2


def test_what_one_of_them_alone_wrote_is_taken_back_as_ever(world: World) -> None:
    ana, ben = two(world)
    register(ana, *ROLL)
    register(ben, ROLL[0])
    world.settle()
    ana.store.journal.undo()
    world.settle()
    for laptop in (ana, ben):
        assert stands(laptop) == (1, 1, 1)
        [one] = read_conflicts(laptop.store)
        assert one.name == "Tilly Marsh"


def test_of_weeks_that_both_imported_each_is_asked_about(world: World) -> None:
    ana, ben = both_imported(world, *ROLL)
    for laptop in (ana, ben):
        register(laptop, *(f"{child},{day(20 + 3, '/')}" for child in NUMBERED))
    world.settle()
    ben.store.journal.undo()
    world.settle()
    for laptop in (ana, ben):
        assert stands(laptop) == (2, 2, 4)
        assert {one.conflict.record_type for one in read_conflicts(laptop.store)} == {"attendance_week"}


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 0, 1), (2, 1, 0)])
def test_a_central_record_that_was_put_back_learns_anew_who_wrote_them(
    world: World, order: tuple[int, ...]
) -> None:
    """The third one holds them and wrote none of them."""
    third = world.laptop("Cas", "inclusion-attendance", schools=(world.school.id,))
    both = two(world)
    world.database.back_up()
    for laptop in both:
        register(laptop, *ROLL)
    world.settle()
    world.put_back()
    for n in order:
        (*both, third)[n].sync()
    world.settle()
    both[0].store.journal.undo()
    world.settle()
    for laptop in (*both, third):
        assert stands(laptop) == (2, 2, 2)
        for one in read_conflicts(laptop.store):
            assert (one.stands.by, one.other.by) == ("Ben", "Ana")
        assert len(read_conflicts(laptop.store)) == 2
        assert laptop.sync().agreed


def test_who_brought_a_record_back_wrote_none_of_it(world: World) -> None:
    ana, ben = two(world)
    world.database.back_up()
    register(ana, *ROLL)
    world.settle()
    world.put_back()
    ben.sync()
    world.settle()
    ana.store.journal.undo()
    world.settle()
    for laptop in (ana, ben):
        assert stands(laptop) == (0, 0, 0)
        assert read_conflicts(laptop.store) == []
