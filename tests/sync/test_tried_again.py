"""What was kept aside is tried again when what it waits for comes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from casework.edits import Edit, update
from casework.errors import Unreachable
from casework.records import Child, Flag, Household
from storage.central.asides import set_aside, taken_late
from storage.integrity import history_gives_rows
from sync.hub import care, devices
from sync.hub.central import Central
from sync.hub.checking import UNKNOWN_TYPE, Refusal
from sync.hub.counting import SHAPE
from sync.hub.entries import here
from sync.hub.releasing import release
from sync.hub.removed import VOID
from sync.hub.tables import meta
from sync.hub.taking import Taking
from sync.hub.versions import catch_up
from sync.hub.writing import in_bulk
from sync.messages.steps import Pushed
from tests.sync.test_one_child import TILLY, moved_in
from tests.sync.world import Laptop, StepByStep, Way, World


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


@pytest.mark.parametrize("by", ["a person", "another version"])
def test_what_a_greeting_told_is_offered_again_where_it_is_lost_before_it_was_read(
    world: World, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """Files are put back without a word, and all that Ana had read is in them."""
    ana, lily = world.laptop("Ana"), world.child("Lily")
    ana.make(lily)
    world.settle()
    world.database.back_up()
    ana.change(lily, known_as="Lil")
    break_off(world, monkeypatch, ana, "pull")
    aside_then_taken(world, by)
    ana.way = StepByStep(world.hub, ana.way.device, ends_at("pull"))
    with pytest.raises(Unreachable):
        ana.sync()
    [late] = taken_late(ana.store.conn)
    ana.way = Way(world.hub, ana.way.device)
    world.database.restore()
    assert ana.sync().agreed
    with world.hub.engine.begin() as connection:
        assert Central(connection).get(lily.id).fields["known_as"] == "Lil"
        assert here(connection, [late.edit]) == {late.edit}


def test_what_was_told_of_what_was_brought_back_is_offered_again_where_it_is_lost(world: World) -> None:
    """Ben brings back the child that his step waits for, and hears of that; then files are put back."""
    ana, ben, lily = world.laptop("Ana"), world.laptop("Ben"), world.child("Lily")
    world.settle()
    world.database.back_up()
    ana.make(lily)
    world.settle()
    del world.laptops["Ana"]
    ben.change(lily, known_as="Lil")
    world.put_back()
    world.database.back_up()
    told: list[str] = []

    def end(_: str, __: object, answer: object) -> None:
        if told:
            raise Unreachable("unreachable", "Nobody answers.")
        if isinstance(answer, Pushed):
            told.extend(one.edit for one in answer.beside.taken)

    ben.way = StepByStep(world.hub, ben.way.device, end)
    with pytest.raises(Unreachable):
        ben.sync()
    [late] = taken_late(ben.store.conn)
    ben.way = Way(world.hub, ben.way.device)
    world.database.restore()
    assert ben.sync().agreed
    with world.hub.engine.begin() as connection:
        assert here(connection, [late.edit]) == {late.edit}


def aside_then_taken(world: World, by: str) -> None:
    """What is kept aside, for the central record was older than the laptop, is taken after all."""
    with world.hub.engine.begin() as connection:
        if by == "another version":
            in_bulk(connection, meta, [{"name": SHAPE, "value": "another"}])
            catch_up(connection, world.now)
        else:
            for step in care.aside(connection):
                release(connection, step["edit"], "Dana Cedar", "It is theirs", world.now)


def nothing_is_aside(world: World) -> None:
    """On no side, and each laptop knows it."""
    world.settle()
    with world.hub.engine.begin() as connection:
        assert (care.aside(connection), care.problems(connection)) == ([], [])
    for laptop in world.laptops.values():
        assert set_aside(laptop.store.conn) == []
        assert [*history_gives_rows(laptop.store.conn)] == []


def kept_aside_and_broken_off(
    world: World, monkeypatch: pytest.MonkeyPatch, lost: str
) -> tuple[Laptop, Laptop, Household, Household]:
    """Ana's session broke off after her step was kept aside, so she has her own record of the home that Ben
    brings in meanwhile.
    """
    ana, ben, tilly = world.laptop("Ana"), world.laptop("Ben"), world.child("Tilly")
    ben.make(tilly)
    world.settle()
    hers, his = (Household(id=world.new_id("home"), address="3 Quay Road") for _ in range(2))
    moved_in(ana, tilly, hers)
    break_off(world, monkeypatch, ana, lost)
    moved_in(ben, tilly, his)
    assert ben.sync().agreed
    return ana, ben, hers, his


def ends_at(lost: str) -> Callable[..., None]:
    """What loses the answer to such a message."""

    def end(verb: str, *_: object) -> None:
        if verb == lost:
            raise Unreachable("unreachable", "Nobody answers.")

    return end


def break_off(world: World, monkeypatch: pytest.MonkeyPatch, laptop: Laptop, lost: str) -> None:
    """What a laptop sends is kept aside; then its session breaks off, for the answer to `lost` is lost."""

    def refuse(*_: object) -> None:
        raise Refusal(UNKNOWN_TYPE, "The central record is older than this laptop.")

    laptop.way = StepByStep(world.hub, laptop.way.device, ends_at(lost))
    monkeypatch.setattr(Taking, "_check", refuse)
    with pytest.raises(Unreachable):
        laptop.sync()
    monkeypatch.undo()
    laptop.way = Way(world.hub, laptop.way.device)


@pytest.mark.parametrize("lost", ["push", "pull"])
@pytest.mark.parametrize("by", ["a person", "another version"])
def test_a_laptop_goes_on_with_a_record_that_is_known_by_another_id_since_its_step_was_taken_late(
    world: World, monkeypatch: pytest.MonkeyPatch, by: str, lost: str
) -> None:
    ana, ben, hers, his = kept_aside_and_broken_off(world, monkeypatch, lost)
    aside_then_taken(world, by)
    ana.change(hers, name="Marsh")
    assert ana.sync().quarantined == 0
    nothing_is_aside(world)
    for laptop in (ana, ben):
        assert [(one.id, one.name) for one in laptop.store.find(Household)] == [(his.id, "Marsh")]


def test_who_moves_into_a_home_that_is_known_by_another_id_lives_in_that(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, ben, hers, his = kept_aside_and_broken_off(world, monkeypatch, "pull")
    aside_then_taken(world, "another version")
    sam = world.child("Sam")
    ana.make(sam.model_copy(update={"household": hers.id}))
    nothing_is_aside(world)
    for laptop in (ana, ben):
        assert laptop.get(sam).household == his.id


def test_what_is_said_of_a_child_who_is_known_by_another_id_is_said_of_that_child(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    world.settle()
    hers, his = (world.child("Tilly", upn=TILLY) for _ in range(2))
    ana.make(hers)
    break_off(world, monkeypatch, ana, "pull")
    ben.make(his)
    assert ben.sync().agreed
    aside_then_taken(world, "another version")
    flag = Flag(id=world.new_id("flag"), child=hers.id, kind="young-carer")
    ana.make(flag)
    assert ana.sync().quarantined == 0
    nothing_is_aside(world)
    for laptop in (ana, ben):
        assert [one.id for one in laptop.store.find(Child)] == [his.id]
        assert laptop.get(flag).child == his.id


def test_a_step_that_was_taken_late_under_another_id_is_known_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing tells Ana's laptop of the other id, for by now the child lives elsewhere."""
    ana, ben, *_ = kept_aside_and_broken_off(world, monkeypatch, "pull")
    aside_then_taken(world, "another version")
    tilly = ben.store.find(Child)[0]
    elsewhere = Household(id=world.new_id("home"), address="5 Mill Lane")
    moved_in(ben, tilly, elsewhere)
    ben.sync()
    world.database.back_up()
    world.put_back()
    assert ana.sync().quarantined == 0
    nothing_is_aside(world)
    for laptop in (ana, ben):
        assert laptop.get(tilly).household == elsewhere.id


@pytest.mark.parametrize("by", ["a person", "another version"])
def test_a_step_that_was_taken_late_under_another_id_is_taken_back_before_its_laptop_heard_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """Else the undo, sent behind the step itself, waited for ever for the home's old id (seed 8008632)."""
    ana, ben, _, his = kept_aside_and_broken_off(world, monkeypatch, "push")
    aside_then_taken(world, by)
    ana.store.journal.undo()
    assert ana.sync().quarantined == 0
    nothing_is_aside(world)
    assert [laptop.store.find(Child)[0].household for laptop in (ana, ben)] == [None, None]
    with world.hub.engine.begin() as connection:
        assert Central(connection).get(his.id).fields[VOID] is False, "Ben wrote it down, too"


def test_what_is_said_of_a_home_behind_the_step_that_was_taken_late_under_another_id_is_said_of_that(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No child lives in the home by now, so nothing but what is kept of the old id tells of the other."""
    ana, ben, hers, his = kept_aside_and_broken_off(world, monkeypatch, "push")
    aside_then_taken(world, "another version")
    [tilly] = ben.store.find(Child)
    moved_in(ben, tilly, Household(id=world.new_id("home"), address="5 Mill Lane"))
    assert ben.sync().agreed
    ana.change(hers, name="Marsh")
    assert ana.sync().quarantined == 0
    nothing_is_aside(world)
    with world.hub.engine.begin() as connection:
        assert Central(connection).get(his.id).fields["name"] == "Marsh"


def test_steps_that_were_kept_aside_go_on_with_a_record_that_is_known_by_another_id(world: World) -> None:
    """Kim was put on the case after the backup, and wrote down the home that Ben brings back."""
    ana, ben, kim = (world.laptop(name) for name in ("Ana", "Ben", "Kim"))
    tilly = world.child("Tilly")
    hers, his = (Household(id=world.new_id("home"), address="3 Quay Road") for _ in range(2))
    with world.hub.engine.begin() as connection:
        elsewhere = kim.worker.model_copy(update={"team": None})
        devices.put(connection, world.new_id("edit"), "Moved", elsewhere, world.now)
    ana.make(tilly)
    world.settle()
    world.database.back_up()
    ana.change(tilly, lead_worker=kim.worker.id)
    world.settle()
    moved_in(ben, tilly, his)
    moved_in(kim, tilly, hers)
    kim.change(hers, name="Marsh")
    world.put_back()
    assert kim.sync().quarantined == 2
    for laptop in (ben, ana):
        assert laptop.sync().agreed
    nothing_is_aside(world)
    for laptop in (ana, ben, kim):
        assert [(one.id, one.name) for one in laptop.store.find(Household)] == [(his.id, "Marsh")]


def test_a_step_goes_on_with_a_record_that_comes_under_another_id_than_it_waits_for(world: World) -> None:
    """Ana named the home that Ben wrote down after the backup, and Cat wrote it down anew before he came."""
    ana, ben, tilly = world.laptop("Ana"), world.laptop("Ben"), world.child("Tilly")
    ben.make(tilly)
    world.settle()
    world.database.back_up()
    his, anew = (Household(id=world.new_id("home"), address="3 Quay Road") for _ in range(2))
    moved_in(ben, tilly, his)
    world.settle()
    ana.change(his, name="Marsh")
    assert ana.sync().agreed
    world.put_back()
    cat = world.laptop("Cat")
    cat.sync()
    moved_in(cat, tilly, anew)
    assert cat.sync().agreed
    assert ana.sync().quarantined == 1
    nothing_is_aside(world)
    for laptop in (ana, ben, cat):
        assert [(one.id, one.name) for one in laptop.store.find(Household)] == [(anew.id, "Marsh")]


def test_what_was_taken_back_before_it_was_taken_late_takes_nobody_elses_with_it(world: World) -> None:
    """Else the undo waited for ever for a home that was known by another id (seed 4008339)."""
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    world.settle()
    world.database.back_up()
    tilly = world.child("Tilly")
    hers, his = (Household(id=world.new_id("home"), address="3 Quay Road") for _ in range(2))
    ben.make(tilly)
    moved_in(ben, tilly, his)
    world.settle()
    moved_in(ana, tilly, hers)
    ana.store.journal.undo()
    assert ana.sync().agreed
    world.put_back()
    assert ana.sync().agreed
    nothing_is_aside(world)
    for laptop in (ana, ben):
        assert (laptop.get(his).void, laptop.get(tilly).household) == (False, his.id)
