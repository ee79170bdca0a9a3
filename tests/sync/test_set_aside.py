"""What cannot be taken is kept aside with its reason, and holds up nobody."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from casework.edits import Edit, update
from casework.errors import Refused
from casework.records import Child, Flag
from storage.central.asides import set_aside
from storage.central.outbox import WaitingEdit, count_waiting, offer_again, waiting
from storage.journal import transaction
from sync.hub import devices, tables
from sync.hub.central import Central, Ties
from sync.hub.taking import Taking
from sync.hub.writing import TableRows
from sync.messages.steps import Push
from sync.saying import sent_edit
from tests.sync.databases import Database, SqliteDatabase
from tests.sync.faults import POISON, SECRET, conditions
from tests.sync.world import Laptop, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, SqliteDatabase(tmp_path, lasting=False))


def aside(world: World) -> list[tuple[str, str]]:
    with world.hub.engine.begin() as connection:
        table = tables.quarantine
        return [(row.code, row.reason) for row in connection.execute(select(table))]


def test_a_step_at_which_the_central_record_fails_is_kept_aside_and_the_others_are_taken(
    tmp_path: Path, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(tmp_path, database)
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    lily, til = world.child("Lily"), world.child("Til")
    ana.make(lily)
    ana.store.journal.commit(Edit(POISON, update(lily, known_as=SECRET)))
    ana.make(til)
    with conditions(2_000), caplog.at_level(logging.WARNING):
        session = ana.sync()
    ben.sync()
    assert (session.agreed, session.pushed, session.quarantined) == (True, 4, 1)
    assert count_waiting(ana.store.conn) == 0
    assert [(step.name, step.code) for step in set_aside(ana.store.conn)] == [(POISON, "fault")]
    assert {child.forename for child in ben.store.find(Child)} == {"Lily", "Til"}
    assert ana.get(lily).known_as == ben.get(lily).known_as == ""
    assert "KeyError" in caplog.text
    assert SECRET not in caplog.text + str(aside(world))


def test_what_was_kept_aside_is_kept_aside_when_it_is_sent_again(world: World) -> None:
    ana = world.laptop("Ana")
    lily = world.child("Lily")
    ana.make(lily)
    ana.store.journal.commit(Edit(POISON, update(lily, known_as=SECRET)))
    with conditions(2_000):
        ana.sync()
        offer_again(ana.store.conn)
        again = ana.sync()
    assert (again.agreed, again.quarantined, len(aside(world))) == (True, 1, 1)
    assert aside(world)[0][0] == "fault"


def test_what_was_kept_aside_is_offered_again_when_the_central_record_lost_it(world: World) -> None:
    ana = world.laptop("Ana")
    lily = world.child("Lily")
    ana.make(lily)
    ana.sync()
    world.database.back_up()
    ana.store.journal.commit(Edit(POISON, update(lily, known_as=SECRET)))
    with conditions(2_000):
        ana.sync()
        world.database.restore()
        assert aside(world) == []
        assert ana.sync().agreed
    assert [code for code, _ in aside(world)] == ["fault"]
    assert ana.sync().requests == 1


def test_where_the_database_fails_nothing_is_taken_and_nothing_kept_aside(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(self: Central, ties: Ties, beside: Sequence[TableRows]) -> set[str]:
        raise OperationalError("INSERT", None, Exception("database or disk is full"))

    ana = world.laptop("Ana")
    ana.make(world.child("Lily"))
    with monkeypatch.context() as patch:
        patch.setattr(Central, "flush", no_room)
        with pytest.raises(OperationalError):
            ana.sync()
    assert count_waiting(ana.store.conn) == 2
    assert aside(world) == []
    assert ana.sync().agreed


def test_a_step_of_another_worker_than_the_laptops_is_kept_aside(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    ana.store.conn.execute("UPDATE edit SET worker = ?", (ben.worker.id,))
    session = ana.sync()
    assert (session.agreed, session.quarantined) == (True, 1)
    assert aside(world)[0][0] == "other-worker"


def test_a_conflict_names_who_made_a_value_that_nobody_changed_since(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    lily, til = world.child("Lily"), world.child("Til")
    ben.make(til)
    ben.make(Flag(id=world.new_id("flag"), child=til.id, kind="young-carer", note=f"see {lily.id}"))
    ben.sync()
    ana.make(lily)
    world.settle()
    with world.hub.engine.begin() as connection:
        taking = Taking(connection, ben.way.device, {})
        held = taking.central.get(lily.id)
        assert taking._authors.of(held, "surname").worker == ana.worker.id


def test_a_revoked_laptop_replaces_nothing_that_was_taken_or_kept_aside(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    lily = world.child("Lily")
    ana.make(lily)
    ana.store.journal.commit(Edit(POISON, update(lily, known_as=SECRET)))
    with conditions(2_000):
        ana.sync()
    stolen = [replace(edit, worker=ben.worker.id) for edit in steps_of(ana)]
    with world.hub.engine.begin() as connection:
        devices.revoke(connection, ben.way.device)
        before = connection.execute(select(tables.quarantine)).all()
    answer = ben.way.push(Push(edits=[sent_edit(edit, 0) for edit in stolen]))
    assert {verdict.code for verdict in answer.verdicts} == {"revoked"}
    assert (answer.at.seq, answer.known) == (0, {})
    with world.hub.engine.begin() as connection:
        assert connection.execute(select(tables.quarantine)).all() == before


def test_a_laptop_that_is_not_known_is_refused_and_not_told_that_its_access_was_ended(world: World) -> None:
    ana = world.laptop("Ana")
    ana.make(world.child("Lily"))
    ana.way.device = "device-from-elsewhere"
    with pytest.raises(Refused) as refused:
        ana.sync()
    assert refused.value.code == "unknown-device"
    assert count_waiting(ana.store.conn) == 2
    assert aside(world) == []


def steps_of(laptop: Laptop) -> list[WaitingEdit]:
    """All steps of a laptop, as if they waited again."""
    with transaction(laptop.store.conn):
        offer_again(laptop.store.conn)
        return waiting(laptop.store.conn, 500, 100_000)
