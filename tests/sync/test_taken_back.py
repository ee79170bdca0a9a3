"""The undo of what two workers wrote down: it stays until both have taken it back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.records import Child, Enrolment
from casework.records_attendance import AttendanceWeek
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
def test_an_import_that_somebody_else_made_too_stays(world: World, who: int) -> None:
    both = both_imported(world, *ROLL)
    both[who].store.journal.undo()
    world.settle()
    for laptop in both:
        assert stands(laptop) == (2, 2, 2)
        assert read_conflicts(laptop.store) == []
        assert laptop.sync().agreed


def test_by_bundles_it_stays_too(world: World, tmp_path: Path) -> None:
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


@pytest.mark.parametrize("who", [0, 1])
def test_once_both_have_taken_it_back_it_is_gone(world: World, who: int) -> None:
    both = both_imported(world, *ROLL)
    first, second = both[who], both[1 - who]
    for laptop, left in ((first, (2, 2, 2)), (second, (0, 0, 0))):
        laptop.store.journal.undo()
        world.settle()
        assert [stands(laptop) for laptop in both] == [left, left]
    second.store.journal.redo()
    world.settle()
    assert [stands(laptop) for laptop in both] == [(2, 2, 2), (2, 2, 2)]
    second.store.journal.undo()
    world.settle()
    assert [stands(laptop) for laptop in both] == [(0, 0, 0), (0, 0, 0)]


def test_what_one_of_them_alone_wrote_is_taken_back_as_ever(world: World) -> None:
    ana, ben = two(world)
    register(ana, *ROLL)
    register(ben, ROLL[0])
    world.settle()
    ana.store.journal.undo()
    world.settle()
    for laptop in (ana, ben):
        assert stands(laptop) == (1, 1, 1)
        assert [child.forename for child in laptop.store.find(Child)] == ["Tilly"]
        assert read_conflicts(laptop.store) == []


def test_weeks_that_both_imported_stay(world: World) -> None:
    ana, ben = both_imported(world, *ROLL)
    for laptop in (ana, ben):
        register(laptop, *(f"{child},{day(20 + 3, '/')}" for child in NUMBERED))
    world.settle()
    ben.store.journal.undo()
    world.settle()
    for laptop in (ana, ben):
        assert stands(laptop) == (2, 2, 4)


def test_a_child_whom_somebody_worked_on_is_asked_about(world: World) -> None:
    """And whoever says that the child is taken back takes the register back with the child."""
    ana, ben = two(world)
    register(ana, *ROLL)
    world.settle()
    tilly = next(child for child in ben.store.find(Child) if child.forename == "Tilly")
    ben.change(tilly, known_as="Til")
    ana.store.journal.undo()
    world.settle()
    [asked] = read_conflicts(ana.store)
    assert (asked.name, asked.label, asked.other.value) == ("Tilly (Til) Marsh", "Taken back", True)
    commit_settlement(ana.store, asked.id, "yours")
    world.settle()
    for laptop in (ana, ben):
        assert stands(laptop) == (0, 0, 0)
        assert read_conflicts(laptop.store) == []
        assert laptop.sync().agreed


def test_that_it_stands_is_said_by_whoever_changed_it_and_not_by_whose_undo_left_it(world: World) -> None:
    ana, ben = both_imported(world, *ROLL)
    cas = world.laptop("Cas", "inclusion-attendance", schools=(world.school.id,))
    cas.sync()
    tilly = next(child for child in cas.store.find(Child) if child.forename == "Tilly")
    ben.change(ben.get(tilly), known_as="Til")
    ben.sync()
    ana.store.journal.undo()
    ana.sync()
    cas.change(tilly, void=True)
    world.settle()
    [asked] = read_conflicts(ben.store)
    assert (asked.label, asked.stands.by, asked.other.by) == ("Taken back", "Ben", "Cas")


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
