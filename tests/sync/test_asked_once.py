"""What two people disagree on when the central record is put back is asked once, whoever comes first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from casework.records import Child
from casework.records_sync import Conflict
from storage.audit import stamp
from storage.integrity import history_gives_rows
from storage.queries.conflicts import read_settled
from storage.queries.history import read_history
from storage.settling import commit_settlement
from tests.sync.databases import SqliteDatabase
from tests.sync.sticks import Post
from tests.sync.world import Laptop, World, opened_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


def open_conflict(world: World) -> tuple[Laptop, Laptop, Child]:
    """Ana said Lily, Nia said Til; the backup knows neither."""
    ana, nia = world.laptop("Ana"), world.laptop("Nia")
    tilly = world.child("Tilly")
    ana.make(tilly)
    world.settle()
    world.database.back_up()
    ana.change(tilly, known_as="Lily")
    nia.change(tilly, known_as="Til")
    world.settle()
    return ana, nia, tilly


@pytest.mark.parametrize("broken_off", [True, False])
@pytest.mark.parametrize("first", ["Ana", "Nia"])
def test_a_conflict_that_was_open_is_asked_once(world: World, first: str, *, broken_off: bool) -> None:
    """Met anew the other way round, before or after somebody brings back the one that was."""
    ana, nia, tilly = open_conflict(world)
    world.put_back()
    if broken_off:
        world.laptops[first].only_send()
        (nia if first == "Ana" else ana).sync()
    world.laptops[first].sync()
    world.settle()
    for laptop in (ana, nia):
        [conflict] = laptop.store.find(Conflict, "void = 0")
        standing, other = ("Lily", "Til") if first == "Ana" else ("Til", "Lily")
        assert (conflict.central, conflict.other) == (f'"{standing}"', f'"{other}"')
        assert laptop.get(tilly).known_as == standing
        assert laptop.sync().agreed
    commit_settlement(nia.store, conflict.id, "yours")
    world.settle()
    stands_everywhere(world, tilly, other)


@pytest.mark.parametrize("keep", ["central", "yours"])
def test_who_settled_it_before_they_heard_that_it_was_put_back_is_not_asked(world: World, keep: Any) -> None:
    ana, nia, tilly = open_conflict(world)
    world.put_back()
    nia.only_send()
    [conflict] = ana.store.find(Conflict)
    commit_settlement(ana.store, conflict.id, keep)
    ana.sync()
    world.settle()
    stands_everywhere(world, tilly, "Til" if keep == "yours" else "Lily")


@pytest.mark.parametrize(
    ("who", "keep", "stands"),
    [
        ("Nia", "central", "Lily"),
        ("Bob", "central", "Lily"),
        ("Bob", "yours", "Til"),
        ("Bob", "text", "Tilda"),
    ],
)
def test_what_was_chosen_stands_where_those_who_disagreed_come_later(
    world: World, who: str, keep: Any, stands: str
) -> None:
    """Whoever chose what stood changed nothing but the conflict, and another value comes first now."""
    world.laptop("Bob")
    _, nia, tilly = open_conflict(world)
    [conflict] = world.laptops[who].store.find(Conflict)
    commit_settlement(world.laptops[who].store, conflict.id, keep, text="Tilda" if keep == "text" else "")
    world.settle()
    world.put_back()
    world.laptops[who].sync()
    nia.sync()
    world.settle()
    stands_everywhere(world, tilly, stands)


@pytest.mark.parametrize("keep", ["central", "yours"])
@pytest.mark.parametrize("carried", [False, True])
def test_who_settled_it_is_named_where_only_the_laptop_that_did_had_heard(
    world: World, keep: Any, *, carried: bool
) -> None:
    """To one that reads anew what it held as open, and to one that is new."""
    ana, nia, tilly = open_conflict(world)
    world.now += timedelta(minutes=5)
    settled_at = stamp(world.now)
    [conflict] = nia.store.find(Conflict)
    commit_settlement(nia.store, conflict.id, keep)
    nia.sync()
    world.put_back()
    post = Post(world, world.folder / "post")
    for laptop in (ana, nia):
        post.enrol(laptop)
    for laptop in (nia, ana, nia, ana):
        world.now += timedelta(minutes=5)
        if carried:
            post.trip(laptop)
        else:
            laptop.sync()
    new = world.laptop("Cy")
    new.sync()
    assert new.sync().agreed
    chosen = "Til" if keep == "yours" else "Lily"
    for laptop in (ana, nia, new):
        assert laptop.get(tilly).known_as == chosen
        ((_, said),) = read_settled(laptop.store)
        assert (said.value, said.by, said.at) == (chosen, "Nia", settled_at)
        history = read_history(laptop.store, "child", tilly.id, "known_as")
        assert {one.by for one in history if one.field} == {"Ana", "Nia"}
        assert [*history_gives_rows(laptop.store.conn)] == []


def stands_everywhere(world: World, child: Child, known_as: str) -> None:
    for laptop in world.laptops.values():
        assert laptop.get(child).known_as == known_as
        assert laptop.store.find(Conflict, "settled = 0 AND void = 0") == []
        assert laptop.sync().agreed
