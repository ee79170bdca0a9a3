"""One school whose register two teams import before they meet: one record, and nothing to settle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from casework.records import School, Team
from casework.records_sync import Conflict
from storage.central.renaming import take_known
from storage.faults import DATABASE_ERRORS
from storage.intake.whose import add_school
from storage.queries.history import read_history
from sync.hub import devices
from tests.sync.databases import SqliteDatabase
from tests.sync.world import Laptop, World, opened_world

URN = "999002"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


def of_two_teams(world: World) -> tuple[Laptop, Laptop]:
    """Ana of Swale and Ben of Ashford."""
    ana = world.laptop("Ana", "inclusion-attendance")
    world.team = Team(id=world.new_id("team"), name="Ashford")
    with world.hub.engine.begin() as connection:
        devices.put(connection, world.new_id("edit"), "Set up", world.team, world.now)
    return ana, world.laptop("Ben", "inclusion-attendance")


def the_school(laptop: Laptop) -> School:
    [school] = laptop.store.find(School, "urn = ?", (URN,))
    return school


def test_the_first_team_stands_and_nobody_is_asked(world: World) -> None:
    ana, ben = of_two_teams(world)
    for laptop in (ana, ben):
        add_school(laptop.store, URN, "Harbour View")
    world.settle()
    for laptop in (ana, ben):
        assert the_school(laptop).team == ana.worker.team
        assert laptop.store.find(Conflict) == []
    [moved] = read_history(ben.store, "school", the_school(ben).id, "team")[:-1]
    assert (moved.by, moved.step) == ("", "Central record"), "neither Ana nor Ben ever changed the team"


def test_a_school_of_no_team_gets_the_one_of_who_imports_it(world: World) -> None:
    _, ben = of_two_teams(world)
    entered = School(id=world.new_id("school"), urn=URN, name="")
    with world.hub.engine.begin() as connection:
        devices.put(connection, world.new_id("edit"), "Enter the school", entered, world.now)
    add_school(ben.store, URN, "Harbour View")
    world.settle()
    assert (the_school(ben).id, the_school(ben).team) == (entered.id, ben.worker.team)


def test_two_people_who_choose_another_team_are_asked(world: World) -> None:
    ana, ben = of_two_teams(world)
    third = Team(id=world.new_id("team"), name="Thanet")
    add_school(ana.store, URN, "Harbour View")
    ana.make(third)
    world.settle()
    ana.change(the_school(ana), team=third.id)
    ben.change(the_school(ben), team=ben.worker.team)
    world.settle()
    [conflict] = ana.store.find(Conflict)
    assert (conflict.record_type, conflict.field) == ("school", "team")


class Stopping(dict[str, str]):
    """Raises where a word is looked up, which the engine does within a statement."""

    raised: type[BaseException] = KeyboardInterrupt

    def get(self, word: str, usual: str | None = None) -> Any:
        if word == "Tilly":
            raise self.raised
        return super().get(word, usual)


def test_a_stop_while_records_are_given_known_ids_is_no_fault_of_the_database(world: World) -> None:
    ana = world.laptop("Ana")
    child = world.child("Tilly")
    ana.make(child)
    with pytest.raises(KeyboardInterrupt):
        take_known(ana.store, Stopping({child.id: "child-known"}))
    assert ana.get(child) == child
    assert not ana.store.conn.in_transaction
    take_known(ana.store, {child.id: "child-known"})
    assert not ana.has(child)


def test_a_fault_while_records_are_given_known_ids_is_no_stop(world: World) -> None:
    ana = world.laptop("Ana")
    child = world.child("Tilly")
    ana.make(child)
    known = Stopping({child.id: "child-known"})
    known.raised = ValueError
    with pytest.raises(DATABASE_ERRORS):
        take_known(ana.store, known)
    assert ana.get(child) == child
