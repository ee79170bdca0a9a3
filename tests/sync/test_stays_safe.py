"""What ended an agreement, limits it or protects somebody stays so after a backup was put back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from casework.facets import WITHHELD_WORDS
from casework.policies import Category
from casework.records import Household, Record
from casework.records_sharing import Agreement
from casework.records_sync import Conflict
from sync.hub.central import Central
from tests.sync.databases import SqliteDatabase
from tests.sync.sticks import Post
from tests.sync.world import Laptop, World, opened_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


def withdrawn(world: World, *, knows: bool) -> Agreement:
    """Ana recorded an agreement, Ben withdrew it, and all three read that; a backup that knows of no
    withdrawal, and perhaps of no agreement, was put back.
    """
    ana, ben, _ = (world.laptop(name) for name in ("Ana", "Ben", "Cai"))
    world.settle()
    if not knows:
        world.database.back_up()
    tilly = world.child("Tilly")
    agreement = world.agreement(tilly.id, ana.worker.id)
    ana.make(tilly, agreement)
    world.settle()
    if knows:
        world.database.back_up()
    ben.change(agreement, status="withdrawn", withdrawn_on=world.today(), withdrawn_why="Changed her mind")
    world.settle()
    world.put_back()
    return agreement


def ended(laptop: Laptop, agreement: Agreement) -> tuple[str, date | None, str]:
    held = laptop.get(agreement)
    return held.status, held.withdrawn_on, held.withdrawn_why


@pytest.mark.parametrize("first", ["Ana", "Cai"])
@pytest.mark.parametrize("knows", [True, False], ids=["backup-has-it", "backup-has-not"])
def test_it_stays_so_though_whoever_withdrew_it_is_not_there(
    world: World, *, knows: bool, first: str
) -> None:
    agreement = withdrawn(world, knows=knows)
    as_before = "withdrawn", world.today(), "Changed her mind"
    ben = world.laptops.pop("Ben")
    assert world.laptops[first].sync().agreed
    assert ended(world.laptops[first], agreement) == as_before
    with world.hub.engine.begin() as connection:
        assert Central(connection).get(agreement.id).fields["status"] == "withdrawn"
    world.settle()
    world.laptops["Ben"] = ben
    world.settle()
    for laptop in world.laptops.values():
        assert ended(laptop, agreement) == as_before
        assert laptop.sums_fit()
        assert laptop.store.find(Conflict) == []
        assert (laptop.sync().agreed, laptop.sync().requests) == (True, 1)


def told_of(record: Record, fields: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(record, name) for name in fields}


@pytest.mark.parametrize("first", ["Ana", "Cai"])
@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("household", {}, {"address_protected": True}),
        ("agreement", {}, {"exclude": "Not the school"}),
        (
            "agreement",
            {"exclude": "Not to all", "exclude_agencies": ("school",)},
            {"exclude_agencies": ("management", "school")},
        ),
    ],
    ids=["address", "words", "agencies"],
)
def test_what_protects_stays_so_too(
    world: World, kind: str, before: dict[str, Any], after: dict[str, Any], first: str
) -> None:
    ana, ben, cai = (world.laptop(name) for name in ("Ana", "Ben", "Cai"))
    home = Household(id=world.new_id("home"), address="1 Quay Lane")
    tilly = world.child("Tilly", household=home.id)
    agreement = world.agreement(tilly.id, ana.worker.id).model_copy(update=before)
    ana.make(home, tilly, agreement)
    world.settle()
    world.database.back_up()
    held = home if kind == "household" else agreement
    ben.change(held, **after)
    world.settle()
    world.put_back()
    del world.laptops["Ben"]
    assert world.laptops[first].sync().agreed
    world.settle()
    there = [ana, cai]
    assert [told_of(laptop.get(held), after) for laptop in there] == [after] * 2
    world.laptops["Ben"] = ben
    world.settle()
    for laptop in (*there, ben):
        assert told_of(laptop.get(held), after) == after
        assert laptop.store.find(Conflict) == []
        assert (laptop.sync().agreed, laptop.sync().requests) == (True, 1)


def test_what_was_opened_again_before_the_backup_stays_open(world: World) -> None:
    """Though a laptop had not read that before the backup was put back."""
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    home = Household(id=world.new_id("home"), address="1 Quay Lane", address_protected=True)
    ana.make(home, world.child("Tilly", household=home.id))
    world.settle()
    ben.change(home, address_protected=False)
    assert ben.sync().agreed
    world.database.back_up()
    world.put_back()
    assert ana.sync().agreed
    world.settle()
    assert [laptop.get(home).address_protected for laptop in (ana, ben)] == [False, False]


def test_who_may_not_read_the_words_keeps_nothing_that_stands_for_them(world: World) -> None:
    """Else the sums would differ, and it could not be sent."""
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    nia = world.laptop("Nia", "school-nursing")
    tilly = world.child("Tilly")
    fewer = {"categories": (Category.ATTENDANCE,), "purposes": ("support",)}
    agreement = world.agreement(tilly.id, ana.worker.id).model_copy(update=fewer)
    ana.make(tilly, agreement)
    world.settle()
    world.database.back_up()
    ben.change(agreement, exclude="Not the school")
    world.settle()
    assert nia.get(agreement).exclude == WITHHELD_WORDS
    world.put_back()
    assert nia.sync().agreed
    assert nia.get(agreement).exclude == ""
    world.settle()
    assert nia.get(agreement).exclude == WITHHELD_WORDS
    assert [laptop.sync().agreed for laptop in (ana, ben, nia)] == [True] * 3


def test_it_stays_so_by_bundles(world: World, tmp_path: Path) -> None:
    agreement = withdrawn(world, knows=True)
    cai, post = world.laptops["Cai"], Post(world, tmp_path / "post")
    post.enrol(cai)
    trips = [post.trip(cai) for _ in range(4)]
    assert trips[-1].session.agreed
    assert ended(cai, agreement)[0] == "withdrawn"
    assert world.laptops["Ana"].sync().agreed
    assert ended(world.laptops["Ana"], agreement)[0] == "withdrawn"
