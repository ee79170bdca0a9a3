"""A tag that a central record lost when it was set back, and one that somebody took off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.records import Child
from tests.sync.databases import SqliteDatabase
from tests.sync.test_set_back import put_back
from tests.sync.world import Laptop, World, opened_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


def tagged(world: World, *tags: str) -> tuple[Laptop, Laptop, Child]:
    """Both know a child with these tags."""
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly", tags=tags)
    ana.make(tilly)
    world.settle()
    return ana, ben, tilly


@pytest.mark.parametrize(("taken_off_once", "silently"), [(True, False), (False, False), (False, True)])
def test_a_tag_whose_author_is_lost_stays_with_who_wrote_beside_it(
    world: World, *, taken_off_once: bool, silently: bool
) -> None:
    ana, ben, tilly = tagged(world, *(("c",) if taken_off_once else ()))
    if taken_off_once:
        ana.change(tilly, tags=())
        world.settle()
    world.database.back_up()
    ana.change(tilly, tags=("c",))
    world.settle()
    ben.change(tilly, tags=("b", "c"))
    ben.sync()
    if silently:
        world.database.restore()
    else:
        put_back(world)
    ben.sync()
    assert ben.sync().agreed
    assert ben.get(tilly).tags == ("b", "c")


@pytest.mark.parametrize("in_backup", [True, False])
def test_a_tag_that_was_taken_off_unknown_to_who_wrote_beside_it_stays_off(
    world: World, *, in_backup: bool
) -> None:
    ana, ben, tilly = tagged(world, "c")
    if not in_backup:
        world.database.back_up()
    ben.change(tilly, tags=("b", "c"))
    ana.change(tilly, tags=())
    ana.sync()
    if in_backup:
        world.database.back_up()
    put_back(world)
    ana.sync()
    world.settle()
    for laptop in (ana, ben):
        assert laptop.get(tilly).tags == ("b",)
        assert laptop.sync().agreed
