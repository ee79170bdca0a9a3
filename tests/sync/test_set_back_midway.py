"""A central record that was set back while a laptop had read only some of what changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from casework.records import Child
from sync.hub import feed
from sync.messages.pages import Page
from tests.sync.databases import SqliteDatabase
from tests.sync.world import Laptop, World, opened_world


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(feed, "MOST_ROWS", 1)
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


def read_in_part(world: World) -> tuple[Laptop, Laptop, Child]:
    """Ana made two children after the backup; Ben's session broke off when he had the first of them."""
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    world.settle()
    world.database.back_up()
    tilly = world.child("Tilly")
    ana.make(tilly, world.child("Max"))
    assert ana.sync().agreed

    def break_off(verb: str, said: Any, answer: Any) -> None:
        if isinstance(answer, Page) and ben.has(tilly):
            raise ConnectionError

    ben.way.spy = break_off
    with pytest.raises(ConnectionError):
        ben.sync()
    ben.way.spy = lambda *_: None
    assert ben.has(tilly)
    return ana, ben, tilly


def test_who_had_read_a_whole_child_ahead_of_the_rest_sees_it_and_brings_the_child_back(
    world: World,
) -> None:
    """What was read in order is still there, so that tells nothing (seed 1000103)."""
    _, ben, tilly = read_in_part(world)
    world.database.restore()
    told = ben.sync()
    assert told.agreed
    assert [said for said in told.problems if "restored from a backup?" not in said] == []
    assert len(told.problems) == 1
    assert ben.has(tilly)
    assert ben.sync().problems == []
