"""The sum that is kept of what a laptop should hold: not counted again, and never kept too long."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Update, insert, update

from casework.records_sync import Conflict
from sync.hub import tables
from sync.hub.comparing import Comparing
from sync.hub.counting import Counter, chain_in_log
from sync.hub.founding import new_epoch
from sync.hub.standing import standing
from tests.sync.databases import SqliteDatabase
from tests.sync.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, SqliteDatabase(tmp_path))


def test_it_is_counted_once_and_again_after_somebody_wrote(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly")
    ana.make(tilly)
    assert ana.sync().agreed
    assert ben.sync().agreed
    assert ana.sync().agreed
    counted: list[str] = []
    count = Comparing.digests
    monkeypatch.setattr(Comparing, "digests", lambda own, *some: counted.append("") or count(own, *some))
    assert ana.sync().requests == 1
    assert not counted
    ben.change(tilly, known_as="Tills")
    assert ben.sync().agreed
    assert counted
    counted.clear()
    assert ana.sync().agreed
    assert not counted, "she may hold the same of the child as he"
    assert ana.get(tilly).known_as == "Tills"


@pytest.mark.parametrize("beyond", [False, True])
def test_it_is_forgotten_where_older_files_took_the_place_of_the_central_record(
    world: World, *, beyond: bool
) -> None:
    """Without a word: the numbers under which it was kept are given again, for something else."""
    ana, ben, nia = world.laptop("Ana"), world.laptop("Ben"), world.laptop("Nia", "school-nursing")
    tilly = world.child("Tilly")
    ana.make(tilly)
    world.settle()
    world.database.back_up()
    for name in ("Tills", "Lil"):
        assert nia.sync().agreed
        ana.change(tilly, known_as=name)
        assert ana.sync().agreed
    assert world.database.restore()
    for language in ("Welsh", "Scots"):
        ben.change(tilly, language=language)
        if beyond and language == "Scots":
            ben.make(world.child("Max"))
        assert ben.sync().agreed
        assert nia.sync().agreed
    world.settle()
    assert [laptop.get(tilly).known_as for laptop in world.laptops.values()] == ["Lil"] * 3
    assert [laptop.sync().agreed for laptop in world.laptops.values()] == [True] * 3


@pytest.mark.parametrize("beyond", [False, True])
def test_it_is_forgotten_where_the_same_steps_were_taken_again_with_another_effect(
    world: World, *, beyond: bool
) -> None:
    """Without a word: that she knew of the child what she took back is not known then, so she is asked."""
    ana = world.laptop("Ana")
    ana.make(world.child("Tilly"))
    world.settle()
    world.database.back_up()
    ana.store.journal.undo()
    assert ana.sync().agreed
    assert ana.sync().requests == 1
    with world.hub.engine.begin() as connection:
        before = Counter(connection, lock=False)
    assert world.database.restore()
    if beyond:
        ana.make(world.child("Max"))
    assert ana.sync().agreed
    with world.hub.engine.begin() as connection:
        assert chain_in_log(connection, before.head) == before.chain.hex()
    assert len(ana.store.find(Conflict)) == 1
    assert ana.sync().requests == 1


def test_its_mark_changes_with_all_that_it_follows_from(world: World) -> None:
    ana = world.laptop("Ana")
    tilly = world.child("Tilly")
    ana.make(tilly)
    assert ana.sync().agreed
    held, head, meta = tables.entitlement, tables.head, tables.meta
    changes: list[Update] = [
        update(head).where(head.c.scope == tilly.id).values(seq=head.c.seq + 1),
        update(held).where(held.c.scope == tilly.id).values(mask=1, sent=1),
        update(meta).where(meta.c.name == "shape").values(value="another"),
    ]
    with world.hub.engine.begin() as connection:
        connection.execute(insert(meta), [{"name": "shape", "value": "one"}])
        marks = [standing(connection, ana.way.device).mark]
        marks.append(standing(connection, ana.way.device).mark)
        assert marks[0] == marks[1]
        for change in changes:
            assert connection.execute(change).rowcount == 1
            marks.append(standing(connection, ana.way.device).mark)
        new_epoch(connection, "another")
        marks.append(standing(connection, ana.way.device).mark)
    assert len(set(marks)) == 5
