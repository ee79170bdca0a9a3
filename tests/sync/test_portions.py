"""What is read, counted and sent in portions comes out whole, wherever the portions end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from casework.edits import Edit, create, update
from casework.records import Household, Person, Relationship
from storage.central import receiving
from sync import sending
from sync.hub import devices, feed
from sync.messages.pages import Page
from tests.sync.databases import SqliteDatabase
from tests.sync.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, SqliteDatabase(tmp_path))


def test_portions_of_counting_and_of_scopes_come_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "_PORTION", 2)
    monkeypatch.setattr(receiving, "_UNREAD", 1)
    monkeypatch.setattr(feed, "MOST_ROWS", 3)
    monkeypatch.setattr(feed, "_READ_TOGETHER", 2)
    ana = world.laptop("Ana")
    children = [world.child(f"Tilly {n}") for n in range(5)]
    entries = [world.contact(child.id) for child in children for _ in range(2)]
    ana.make(*children, *entries)
    ben = world.laptop("Ben")
    for session in (ana.sync(), ben.sync()):
        assert session.agreed
        assert session.problems == []
    assert all(ben.has(record) for record in (*children, *entries))


def test_a_page_ends_with_the_child_who_fills_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MOST_ROWS", 6)
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    children = [world.child(f"Tilly {n}") for n in range(5)]
    ana.make(*children, *(world.contact(child.id) for child in children for _ in range(4)))
    assert ana.sync().agreed
    sent: list[int] = []
    ben.way.spy = lambda verb, _, answer: (
        sent.append(sum(len(scope.rows) for scope in answer.scopes)) if isinstance(answer, Page) else None
    )
    assert ben.sync().agreed
    assert (max(sent), sum(sent) > 25) == (10, True), sent


def test_a_home_whose_child_leaves_before_the_page_that_ties_it_is_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody holds its address of whom no child is left that lives there (seed 30543)."""
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly")
    ana.make(tilly)
    world.settle()
    monkeypatch.setattr(feed, "MOST_ROWS", 1)
    home = Household(id=world.new_id("home"), address="1 Quay Lane")
    step = (create(home), *update(ana.get(tilly), household=home.id))
    ana.store.journal.commit(Edit("Family", step, subject=tilly.id))
    ana.change(tilly, known_as="Til")
    ana.sync()
    came: list[str] = []

    def leave(verb: str, _: Any, answer: Any) -> None:
        if verb == "pull" and answer.more and any(row.id == home.id for row in answer.rows):
            came.append(home.id)
            moved = ana.get(tilly).model_copy(update={"school": "school-elsewhere", "team": None})
            with world.hub.engine.begin() as connection:
                devices.put(connection, world.new_id("edit"), "Moved", moved, world.now)

    ben.way.spy = leave
    assert ben.sync().agreed
    assert came
    assert not ben.has(tilly)
    assert not ben.has(home)


def test_a_home_that_was_left_and_taken_again_stays_where_its_scope_came_in_the_page_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page after the one with the whole scope does not give up what that one brought (seed 44630)."""
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    world.settle()
    tilly = world.child("Tilly")
    home, other = (Household(id=world.new_id("home"), address=f"{n} Quay Lane") for n in (1, 2))
    ana.make(home, other, tilly)
    for now in (home, other, home):
        ana.change(tilly, household=now.id)
        assert ana.sync().agreed
    monkeypatch.setattr(feed, "MOST_ROWS", 1)
    session = ben.sync()
    assert (session.agreed, session.purged, session.problems) == (True, 0, [])
    assert ben.has(home)


def test_an_adult_who_comes_after_the_relationship_reaches_who_works_with_the_child(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST_EDITS", 1)
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    child = world.child("Tilly")
    adult = Person(id=world.new_id("person"), surname="Marsh")
    tie = Relationship(id=world.new_id("tie"), child=child.id, person=adult.id, kind="mother")
    for record in (child, tie, adult):
        ana.make(record)
    assert ana.sync().agreed
    assert ben.sync().agreed
    assert ben.get(adult) == adult
