"""What is read, counted and sent in portions comes out whole, wherever the portions end."""

from __future__ import annotations

from pathlib import Path

import pytest

from casework.records import Contact, Person, Relationship
from storage.central import receiving
from sync import sending
from sync.hub import feed
from tests.sync.databases import SqliteDatabase
from tests.sync.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, SqliteDatabase(tmp_path))


def contact(world: World, child: str) -> Contact:
    fields = {"child": child, "at": world.now, "by": "worker-00000001", "kind": "call"}
    return Contact.model_validate({"id": world.new_id("contact"), **fields})


def test_portions_of_counting_and_of_scopes_come_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "_PORTION", 2)
    monkeypatch.setattr(receiving, "_UNREAD", 1)
    monkeypatch.setattr(feed, "MOST_ROWS", 3)
    monkeypatch.setattr(feed, "_READ_TOGETHER", 2)
    ana = world.laptop("Ana")
    children = [world.child(f"Tilly {n}") for n in range(5)]
    entries = [contact(world, child.id) for child in children for _ in range(2)]
    ana.make(*children, *entries)
    ben = world.laptop("Ben")
    for session in (ana.sync(), ben.sync()):
        assert session.agreed
        assert session.problems == []
    assert all(ben.has(record) for record in (*children, *entries))


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
