"""What was kept aside is tried again when what it waits for comes."""

from __future__ import annotations

import pytest

from casework.edits import Edit, update
from casework.records import Child, Flag
from storage.central.asides import set_aside, taken_late
from sync.hub import care, devices
from sync.hub.central import Central
from sync.hub.checking import UNKNOWN_TYPE, Refusal
from sync.hub.counting import SHAPE
from sync.hub.releasing import release
from sync.hub.tables import meta
from sync.hub.taking import Taking
from sync.hub.versions import catch_up
from sync.hub.writing import in_bulk
from tests.sync.world import Laptop, World


def test_a_greeting_stays_short_however_many_steps_are_aside(world: World) -> None:
    ana = world.laptop("Ana")
    for n in range(40):
        ana.make(world.child(f"Tilly {n}"))
    assert ana.sync().agreed
    ana.store.conn.execute("UPDATE sync_edit SET verdict = 'quarantined', code = 'not-entitled'")
    greetings: list[int] = []
    ana.way.spy = lambda verb, said, _: greetings.append(len(said.model_dump_json()))
    left = [len(set_aside(ana.store.conn))]
    while left[-1]:
        ana.sync()
        left.append(len(set_aside(ana.store.conn)))
    assert left == [41, 16, 0]
    assert max(greetings) <= 2_048


@pytest.mark.parametrize("ana_returns", [True, False])
def test_a_step_that_came_before_the_child_it_is_about_is_taken_when_the_child_comes(
    world: World, *, ana_returns: bool
) -> None:
    """A child whom Ana made after the backup, and whom Ben, who syncs first, gave another name since."""
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    world.settle()
    world.database.back_up()
    tilly = world.child("Tilly")
    flag = Flag(id=world.new_id("flag"), child=tilly.id, kind="young-carer")
    ana.make(tilly)
    world.settle()
    ben.change(tilly, known_as="Til")
    ben.make(flag)
    ben.change(flag, note="since May")
    assert ben.sync().agreed
    world.put_back()
    for _ in range(2):
        told = ben.sync()
        assert (told.agreed, told.quarantined) == (True, 0), "what he brought back himself it hears at once"
        if ana_returns:
            assert ana.sync().agreed
    with world.hub.engine.begin() as connection:
        assert (care.aside(connection), care.problems(connection)) == ([], [])
        known = Central(connection)
        assert known.get(tilly.id).fields["known_as"] == "Til"
        assert known.get(flag.id).fields["note"] == "since May"
    assert (ben.get(tilly).known_as, ben.get(flag).note, set_aside(ben.store.conn)) == (
        "Til",
        "since May",
        [],
    )
    if ana_returns:
        assert (ana.get(tilly).known_as, ana.get(flag).note) == ("Til", "since May")


def test_a_step_that_came_before_its_workers_case_is_taken_when_the_case_comes(world: World) -> None:
    """Kim was put on the case after the backup; who did it syncs after her."""
    ana, kim = world.laptop("Ana"), world.laptop("Kim")
    tilly = world.child("Tilly")
    with world.hub.engine.begin() as connection:
        elsewhere = kim.worker.model_copy(update={"team": None})
        devices.put(connection, world.new_id("edit"), "Moved", elsewhere, world.now)
    ana.make(tilly)
    world.settle()
    assert not kim.has(tilly)
    world.database.back_up()
    ana.change(tilly, lead_worker=kim.worker.id)
    world.settle()
    kim.change(tilly, known_as="Til")
    assert kim.sync().agreed
    world.put_back()
    told = kim.sync()
    assert (told.agreed, told.quarantined) == (True, 1)
    for laptop in (ana, kim):
        assert laptop.sync().agreed
    with world.hub.engine.begin() as connection:
        assert care.aside(connection) == []
    assert (kim.get(tilly).known_as, set_aside(kim.store.conn)) == ("Til", [])


def partly_given_up(world: World, refused: pytest.MonkeyPatch, *, lost: bool = True) -> tuple[Laptop, Child]:
    """A step of Ana's about two children, kept aside by a central record that was put back since and `lost`
    it, or not. She holds one of the children still; `refused` keeps aside whatever comes.
    """
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    lily, til = world.child("Lily"), world.child("Til")
    ana.make(lily, til)
    world.settle()
    if lost:
        world.database.back_up()
    names = (*update(ana.get(lily), known_as="Lil"), *update(ana.get(til), known_as="Tilo"))
    ana.store.journal.commit(Edit("Named", names))

    def refuse(*_: object) -> None:
        raise Refusal(UNKNOWN_TYPE, "The central record is older than this laptop.")

    refused.setattr(Taking, "_check", refuse)
    assert ana.sync().quarantined == 1
    refused.undo()
    if not lost:
        world.database.back_up()
    ben.change(til, school="school-elsewhere", team=None)
    assert [laptop.sync().agreed for laptop in (ben, ana)] == [True, True]
    assert not ana.has(til)
    world.put_back()
    assert ben.sync().agreed
    refused.setattr(Taking, "_check", refuse)
    return ana, lily


def test_what_is_left_of_a_step_that_was_kept_aside_is_offered_where_that_is_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, lily = partly_given_up(world, monkeypatch)
    monkeypatch.undo()
    assert ana.sync().agreed
    assert (ana.get(lily).known_as, set_aside(ana.store.conn)) == ("Lil", [])


@pytest.mark.parametrize("lost", [True, False])
@pytest.mark.parametrize("by", ["a person", "another version"])
def test_a_laptop_hears_that_what_is_left_of_a_step_was_taken_after_all(
    world: World, monkeypatch: pytest.MonkeyPatch, by: str, *, lost: bool
) -> None:
    ana, lily = partly_given_up(world, monkeypatch, lost=lost)
    assert ana.sync().quarantined == 1
    monkeypatch.undo()
    [step] = set_aside(ana.store.conn)
    with world.hub.engine.begin() as connection:
        if by == "a person":
            release(connection, step.edit, "Dana Cedar", "It is hers", world.now)
        else:
            in_bulk(connection, meta, [{"name": SHAPE, "value": "another"}])
            catch_up(connection, world.now)
    assert ana.sync().agreed
    assert set_aside(ana.store.conn) == []
    [late] = taken_late(ana.store.conn)
    assert (late.edit, ana.get(lily).known_as) == (step.edit, "Lil")
