"""No word of what was given up stays in any row of the search index, nor of any other table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.records import Child, Household
from casework.records_sharing import Agreement
from sync.hub import devices
from tests.sync.databases import SqliteDatabase
from tests.sync.world import Laptop, World, opened_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


def kept(laptop: Laptop, *words: str) -> set[str]:
    """The tables, those of the full text among them, in any cell of which one of these words stands."""
    conn = laptop.store.conn
    tables = conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {
        table
        for (table,) in tables
        for row in conn.execute(f"SELECT * FROM {table}").fetchall()
        for cell in row
        for word in words
        if word.encode() in (cell if isinstance(cell, bytes) else str(cell).encode()).lower()
    }


def _two(world: World) -> tuple[Laptop, Laptop, Child, Agreement]:
    """The nurse's laptop holds two children, one of them with a home; words of both can be searched."""
    ana, nurse = world.laptop("Ana"), world.laptop("Nia", "school-nursing")
    home = Household(id=world.new_id("home"), address="77 Wigeon Drove")
    quill = world.child("Quillon", surname="Orrin", household=home.id)
    agreement = world.agreement(quill.id, ana.worker.id)
    ana.make(home, quill, world.child("Zoe", surname="Pike"), agreement)
    world.settle()
    assert [hit.why for hit in nurse.store.names.search("quillon wigeon")] == ["address"]
    assert "search_fts_data" in kept(nurse, "wigeon") & kept(nurse, "quillon")
    return ana, nurse, quill, agreement


def test_a_child_who_went_to_another_school_leaves_none(world: World) -> None:
    ana, nurse, quill, _ = _two(world)
    ana.change(quill, surname="Gannet")
    world.settle()
    moved = ana.get(quill).model_copy(update={"school": "school-elsewhere", "team": None})
    with world.hub.engine.begin() as connection:
        devices.put(connection, world.new_id("edit"), "Moved", moved, world.now)
    session = nurse.sync()
    assert (session.agreed, session.purged > 0, nurse.has(quill)) == (True, True, False)
    assert kept(nurse, "quillon", "orrin", "gannet", "wigeon", "drove") == set()
    assert nurse.store.names.search("quillon") == []
    assert [hit.why for hit in nurse.store.names.search("zoe pike")] == ["name"]


def test_an_address_that_the_family_agrees_to_no_more_leaves_none(world: World) -> None:
    ana, nurse, quill, agreement = _two(world)
    ana.change(agreement, status="withdrawn", withdrawn_on=world.today())
    ana.sync()
    assert nurse.sync().agreed
    assert nurse.has(quill)
    assert kept(nurse, "wigeon", "drove") == set()
    assert [hit.why for hit in nurse.store.names.search("quillon")] == ["name"]


def test_what_was_written_here_and_may_not_be_held_here_leaves_none(world: World) -> None:
    """An address that a nurse wrote, whom the family has not agreed to yet."""
    nurse = world.laptop("Nia", "school-nursing")
    home = Household(id=world.new_id("home"), address="77 Wigeon Drove")
    quill = world.child("Quillon", household=home.id)
    nurse.make(home, quill)
    assert nurse.store.names.search("wigeon") != []
    assert nurse.sync().agreed
    assert (nurse.has(quill), nurse.has(home)) == (True, False)
    assert nurse.store.names.search("wigeon") == []
    assert kept(nurse, "wigeon", "drove") == set()
    assert [hit.why for hit in nurse.store.names.search("quillon")] == ["name"]
