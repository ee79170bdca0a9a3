"""A greeting that was held up on the way and comes after later ones: it is no copy of the laptop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from storage.central.state import read_state, write_state
from storage.journal import transaction
from sync.messages.greeting import Hello
from tests.sync.databases import SqliteDatabase
from tests.sync.world import Laptop, World, opened_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


def greetings(laptop: Laptop) -> list[Hello]:
    """Every greeting of the laptop from now on."""
    said: list[Hello] = []
    laptop.way.spy = lambda verb, hello, _: said.append(hello) if isinstance(hello, Hello) else None
    return said


@pytest.mark.parametrize("later", [1, 5])
def test_a_greeting_that_comes_late_accuses_nobody(world: World, later: int) -> None:
    ana = world.laptop("Ana")
    ana.make(world.child("Tilly"))
    said = greetings(ana)
    for _ in range(later + 1):
        assert ana.sync().agreed
    for late in (said[0], said[-2]):
        assert not world.hub.hello(ana.way.device, late).agreed
        done = ana.sync()
        assert (done.agreed, done.problems, done.requests) == (True, [], 1)


def test_a_copy_that_says_a_word_again_is_found_all_the_same(world: World) -> None:
    """Copied between a greeting and its answer: its first greeting is one that was said before."""
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly")
    ana.make(tilly)
    world.settle()
    said = greetings(ana)
    ana.sync()
    ana.sync()
    with transaction(ana.store.conn):
        words = {"incarnation": said[0].incarnation, "coming": said[0].coming}
        write_state(ana.store.conn, replace(read_state(ana.store.conn), **words))
    ben.change(tilly, known_as="Til")
    ben.sync()
    told = ana.sync()
    assert told.agreed
    assert any("older copy" in problem for problem in told.problems)
    assert ana.get(tilly).known_as == "Til"
    assert ana.sync().agreed
    assert ana.sync().problems == []
