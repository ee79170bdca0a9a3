"""An adult or a home that no child ties any more is given up, however far a laptop had read by then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from casework.edits import Edit, update
from casework.policies import Category
from casework.records import Household, Person, Relationship
from sync.hub import devices, feed
from sync.messages.pages import Page
from tests.sync.databases import SqliteDatabase
from tests.sync.world import World, opened_world


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(feed, "MOST_ROWS", 1)
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


def test_it_is_given_up_with_a_child_who_left_before_that_was_told(world: World) -> None:
    """What may be held of a child changed, so all of it comes at once, ahead of what left the child; and that
    does not come where the child moves away in between (seed 1001687).
    """
    ana, nia = world.laptop("Ana"), world.laptop("Nia", "school-nursing")
    home = Household(id=world.new_id("home"), address="1 Quay Lane")
    mother = Person(id=world.new_id("person"), surname="Marsh", forename="Jo")
    tilly = world.child("Tilly", household=home.id)
    tie = Relationship(id=world.new_id("tie"), child=tilly.id, person=mother.id, kind="mother")
    agreement = world.agreement(tilly.id, ana.worker.id)
    ana.make(home, mother, tilly, tie, agreement)
    world.settle()
    assert (nia.has(home), nia.has(mother)) == (True, True)
    ana.store.journal.commit(Edit("Moved out", (*update(tilly, household=None), *update(tie, void=True))))
    ana.change(agreement, categories=tuple(Category))
    assert ana.sync().agreed
    moved = ana.get(tilly).model_copy(update={"school": "school-elsewhere", "team": None})

    def watch(verb: str, said: Any, answer: Any) -> None:
        if isinstance(answer, Page) and answer.scopes:
            nia.way.spy = lambda *_: None
            with world.hub.engine.begin() as connection:
                devices.put(connection, world.new_id("edit"), "Moved", moved, world.now)

    nia.way.spy = watch
    session = nia.sync()
    assert (session.agreed, session.problems) == (True, [])
    assert [nia.has(record) for record in (tilly, home, mother)] == [False] * 3
