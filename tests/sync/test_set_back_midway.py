"""A central record that was set back while a laptop had read only some of what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from casework.records import Child
from sync.device import Device
from sync.hub import feed
from sync.messages.pages import Page
from tests.sync.databases import SqliteDatabase
from tests.sync.world import Laptop, World, opened_world


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(feed, "MOST_ROWS", 1)
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


def read_in_part(world: World, after_first: Callable[[], object], pages: int) -> tuple[Laptop, Child]:
    """A laptop whose session broke off so many pages after it had a child whom the backup does not know.

    `after_first` is called when the page with the child was made.
    """
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    world.settle()
    tilly, max_, lily = (world.child(name) for name in ("Tilly", "Max", "Lily"))
    ana.make(max_, lily)
    assert ana.sync().agreed
    world.database.back_up()
    ana.make(tilly)
    assert ana.sync().agreed
    left = pages

    def watch(verb: str, said: Any, answer: Any) -> None:
        nonlocal left
        if isinstance(answer, Page) and any(scope.scope == tilly.id for scope in answer.scopes):
            after_first()
        if isinstance(answer, Page) and ben.has(tilly):
            left -= 1
            if not left:
                raise ConnectionError

    ben.way.spy = watch
    with pytest.raises(ConnectionError):
        ben.sync()
    ben.way.spy = lambda *_: None
    return ben, tilly


def is_told_of_it(world: World, ben: Laptop, tilly: Child) -> None:
    """He is told of the backup and of nothing else, and brings the child back, whose author is not heard."""
    told = ben.sync()
    assert told.agreed
    assert ["restored from a backup?" in said for said in told.problems] == [True], told.problems
    assert ben.has(tilly)
    assert (ben.sync().requests, ben.sync().problems) == (1, [])


def test_who_had_read_a_whole_child_ahead_of_the_rest_sees_it(world: World) -> None:
    """What was read in order is still there, so that tells nothing (seed 1000103)."""
    ben, tilly = read_in_part(world, lambda: None, 1)
    world.database.restore()
    is_told_of_it(world, ben, tilly)


def test_who_reads_on_from_a_log_that_ends_earlier_sees_it_the_next_time(world: World) -> None:
    ben, tilly = read_in_part(world, world.database.restore, 2)
    is_told_of_it(world, ben, tilly)


@pytest.mark.parametrize("after", range(1, 9))
def test_whatever_message_it_is_set_back_after_nothing_is_said_to_be_reported(
    world: World, after: int
) -> None:
    """Nor is anything lost that was just sent, though what the laptop had read is in the backup, too."""
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    world.settle()
    max_, lily = world.child("Max"), world.child("Lily")
    ana.make(max_, lily)
    world.settle()
    world.database.back_up()
    ana.make(world.child("Tilly"))
    ana.change(max_, known_as="Maxi")
    ana.sync()
    ben.change(lily, known_as="Lil")
    for name in ("Sam", "Kit"):
        ben.make(world.child(name))
    left = after

    def set_back(*_: Any) -> None:
        nonlocal left
        left -= 1
        if not left:
            world.database.restore()

    ben.way.spy = set_back
    said = Device(ben.store, ben.way, now=ben.store.now).sync(full=True).problems
    assert left < 1
    ben.way.spy = lambda *_: None
    for laptop in (ben, ana) * 3:
        said += laptop.sync().problems
    assert any("restored from a backup?" in one for one in said)
    assert not any("report" in one for one in said), said
    for laptop in (ana, ben):
        assert len(laptop.store.find(Child)) == 5
        assert laptop.sync().agreed
