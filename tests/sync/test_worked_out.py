"""What is worked out of a push before its turn: it is used where it fits, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from casework.edits import Edit, create, update
from casework.records import Child, Household, Person, Relationship
from storage.central import outbox
from sync.hub import central, taking
from sync.hub import worked_out as module
from sync.hub.checking import validated
from sync.hub.counting import STAMPS
from sync.hub.tables import meta, metadata, record
from sync.hub.worked_out import worked_out
from sync.messages.steps import Changed, Push, SentEdit
from sync.saying import sent_edit
from tests.sync.databases import Database, SqliteDatabase
from tests.sync.world import World, opened_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path))


def _creation(child: Child) -> Changed:
    change = create(child)
    return Changed(type="child", record=child.id, field="", old=None, new=change.new)


def _edit(name: str, *changes: Changed) -> SentEdit:
    return SentEdit(id=name, worker="worker-1", name="Made", at="2026", seen=0, changes=[*changes])


def _row(world: World, child: Child) -> Any:
    with world.hub.engine.begin() as connection:
        return connection.execute(select(record.c.fields).where(record.c.id == child.id)).scalar_one()


def test_a_creation_is_worked_out_as_it_would_be_written(world: World) -> None:
    ana = world.laptop("Ana")
    assert ana.sync().agreed
    tilly = world.child("Tilly")
    ana.make(tilly)
    edits = [sent_edit(edit, 0) for edit in outbox.waiting(ana.store.conn, 10, 100_000)]
    world.hub.push(ana.way.device, Push(edits=edits))
    assert worked_out(edits).created[tilly.id].written.text == _row(world, tilly)


def test_it_is_not_worked_out_once_more_when_it_is_taken(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = world.laptop("Ana")
    assert ana.sync().agreed
    tilly = world.child("Tilly")
    ana.make(tilly)
    edits = [sent_edit(edit, 0) for edit in outbox.waiting(ana.store.conn, 10, 100_000)]
    beforehand = worked_out(edits)

    def never(*_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(taking, "validated", never)
    monkeypatch.setattr(central, "written", never)
    answer = world.hub.push(ana.way.device, Push(edits=edits), beforehand)
    assert [one.verdict for one in answer.verdicts] == ["applied"]


def test_what_follows_in_the_same_push_counts(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly, sam = world.child("Tilly"), world.child("Sam")
    ana.make(tilly)
    ana.change(tilly, forename="Tilda")  # a step of its own in the same push
    ana.store.journal.commit(Edit("Made", (create(sam), *update(sam, forename="Samuel"))))
    assert ana.sync().agreed
    assert ben.sync().agreed
    assert (ben.get(tilly).forename, ben.get(sam).forename) == ("Tilda", "Samuel")
    assert '"forename":"Tilda"' in _row(world, tilly)


def test_what_two_edits_create_or_what_cannot_be_taken_is_left_for_its_turn(world: World) -> None:
    tilly, sam, joe = (world.child(name) for name in ("Tilly", "Sam", "Joe"))
    twice = _creation(tilly)
    unknown = Changed(type="star_chart", record="chart-0001", field="", old=None, new={"stars": 3})
    empty = Changed(type="child", record=joe.id, field="", old=None, new=[])
    bad = _creation(world.child("Eve"))
    assert isinstance(bad.new, dict)
    bad.new["dob"] = "soon"
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    nested = Changed(type="child", record="child-nested", field="", old=None, new={"surname": deep})
    edits = [
        _edit("step-0001", twice),
        _edit("step-0002", twice, _creation(sam)),
        _edit("step-0003", unknown, empty, bad),
        _edit("step-0004", nested),
    ]
    assert [*worked_out(edits).created] == [sam.id]


def test_a_creation_at_which_the_program_fails_holds_up_nobody(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, database)
    ana = world.laptop("Ana")
    assert ana.sync().agreed
    tilly, sam = world.child("Tilly"), world.child("Sam")

    def failing(record_type: str, record: str, fields: dict[str, Any]) -> dict[str, Any]:
        return {}["tilly"] if record == tilly.id else validated(record_type, record, fields)

    monkeypatch.setattr(module, "validated", failing)
    monkeypatch.setattr(taking, "validated", failing)
    ana.make(tilly)
    ana.make(sam)
    edits = [sent_edit(edit, 0) for edit in outbox.waiting(ana.store.conn, 10, 100_000)]
    assert [*worked_out(edits).created] == [sam.id]
    answer = world.hub.push(ana.way.device, Push(edits=edits))
    assert [one.code for one in answer.verdicts] == ["fault", ""]


def test_what_meets_nothing_is_taken_as_any_edit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = world.laptop("Ana")
    assert ana.sync().agreed
    home = Household(id="home-0001", name="Marsh", address="1 Mill Lane")
    mother = Person(id="person-0001", surname="Marsh", forename="Anna")
    tilly = world.child("Tilly").model_copy(update={"household": home.id})
    tied = Relationship(id="tie-0001", child=tilly.id, person=mother.id, kind="mother")
    ana.store.journal.commit(Edit("Made", tuple(create(one) for one in (home, mother, tilly, tied))))
    edits = [sent_edit(edit, 0) for edit in outbox.waiting(ana.store.conn, 10, 100_000)]
    spelt_otherwise = _creation(world.child("Sam"))
    assert isinstance(spelt_otherwise.new, dict)
    spelt_otherwise.new["forename"] = "S\x07am"
    edits.append(edits[0].model_copy(update={"id": "step-0002", "changes": [spelt_otherwise]}))

    def taken() -> list[Any]:
        with world.hub.engine.connect() as connection, connection.begin() as transaction:
            answer = world.hub.take(connection, ana.way.device, Push(edits=edits))
            connection.execute(delete(meta).where(meta.c.name == STAMPS))  # another one each time
            kept = [
                (table.name, sorted(map(repr, connection.execute(select(table)).all())))
                for table in metadata.sorted_tables
            ]
            transaction.rollback()
        return [answer, *kept]

    created = []
    create_them = taking.Taking._create
    monkeypatch.setattr(taking.Taking, "_create", lambda *said: created.append(said) or create_them(*said))
    apart = taken()
    assert len(created) == 2
    monkeypatch.setattr(taking.Taking, "_meets_nothing", lambda *_: False)
    assert taken() == apart
    assert len(created) == 2
