"""A settlement is taken back, and somebody else settled that conflict, too: their choice stands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from casework.conflicts import Keep
from casework.errors import Refused
from casework.records import Child, Person, Relationship
from casework.records_sync import Conflict
from storage.audit import stamp
from storage.integrity import history_gives_rows
from storage.queries.conflicts import count_conflicts, read_conflicts, read_settled
from storage.settling import commit_settlement
from sync.hub.care import counts
from tests.sync.world import Laptop, World

Chosen = tuple[Keep, str]
CENTRAL: Chosen = ("central", "Til")
YOURS: Chosen = ("yours", "Lily")
BOTH: Chosen = ("both", "Til / Lily")
TEXT: Chosen = ("text", "Tills")


def disagreeing(world: World) -> tuple[Laptop, Laptop, Laptop, Child]:
    """Two are at odds; Cas looks on."""
    cas = world.laptop("Cas")
    ana, ben, tilly = world.at_odds()
    return ana, ben, cas, tilly


def choose(world: World, laptop: Laptop, choice: Chosen, other: str = "") -> None:
    """Settle the one conflict that is asked, or the one about another value."""
    world.now += timedelta(minutes=1)
    [one] = [one for one in read_conflicts(laptop.store) if not other or one.other.value == other]
    commit_settlement(laptop.store, one.id, choice[0], text=choice[1] if choice[0] == "text" else "")


def settled_twice(world: World, first: Chosen, second: Chosen) -> tuple[Laptop, Laptop, Laptop, Child]:
    """Ana settles it, and then Ben, who had not heard of that."""
    ana, ben, cas, tilly = disagreeing(world)
    choose(world, ana, first)
    choose(world, ben, second)
    ana.only_send()
    ben.only_send()
    return ana, ben, cas, tilly


def undo(world: World, laptop: Laptop) -> None:
    world.now += timedelta(minutes=1)
    laptop.store.journal.undo()


def asked(world: World) -> list[tuple[object, object]]:
    """What everybody is asked, alike, and the central record counts: what stands and what was also said."""
    world.settle()
    found = [
        [(one.stands.value, one.other.value) for one in read_conflicts(laptop.store)]
        for laptop in world.laptops.values()
    ]
    assert all(one == found[0] for one in found)
    for laptop in world.laptops.values():
        assert laptop.sync().agreed
        assert [*history_gives_rows(laptop.store.conn)] == []
    with world.hub.engine.begin() as connection:
        assert counts(connection)["conflicts"] == len(found[0])
    return found[0]


def known_as(world: World, child: Child) -> str:
    [name] = {laptop.get(child).known_as for laptop in world.laptops.values()}
    return name


@pytest.mark.parametrize("knowing", [False, True])
@pytest.mark.parametrize(
    ("first", "second"), [(YOURS, CENTRAL), (CENTRAL, YOURS), (YOURS, TEXT), (TEXT, BOTH), (BOTH, CENTRAL)]
)
def test_whose_settlement_came_second_has_settled_it(
    world: World, first: Chosen, second: Chosen, *, knowing: bool
) -> None:
    ana, _, _, tilly = settled_twice(world, first, second)
    settled_at = stamp(world.now)
    if knowing:
        world.settle()
    undo(world, ana)
    assert asked(world) == []
    assert known_as(world, tilly) == second[1]
    for laptop in world.laptops.values():
        assert laptop.store.find(Conflict, "settled = 0") == []
        later, earlier = read_settled(laptop.store)
        assert (earlier[1].value, earlier[1].by, earlier[1].at) == (second[1], "Ben", settled_at)
        assert (later[1].value, later[1].by) == (second[1], "Ana")


@pytest.mark.parametrize(("first", "second"), [(YOURS, CENTRAL), (TEXT, YOURS), (CENTRAL, BOTH)])
def test_whose_settlement_came_first_has_settled_it(world: World, first: Chosen, second: Chosen) -> None:
    _, ben, _, tilly = settled_twice(world, first, second)
    undo(world, ben)
    assert asked(world) == []
    assert known_as(world, tilly) == first[1]
    for laptop in world.laptops.values():
        assert laptop.store.find(Conflict, "settled = 0") == []


@pytest.mark.parametrize("who", ["Ana", "Cas"])
def test_two_who_chose_alike_both_have_to_take_it_back(world: World, who: str) -> None:
    ana, _, cas, tilly = disagreeing(world)
    cas.sync()
    for laptop in (ana, cas):
        choose(world, laptop, YOURS)
    ana.only_send()
    cas.only_send()
    undo(world, world.laptops[who])
    assert asked(world) == []
    assert known_as(world, tilly) == "Lily"
    other = "Cas" if who == "Ana" else "Ana"
    for laptop in world.laptops.values():
        [(_, said)] = read_settled(laptop.store)
        assert (said.value, said.by) == ("Lily", other)
    undo(world, world.laptops[other])
    assert asked(world) == [("Til", "Lily")]


@pytest.mark.parametrize("last", ["Ben", "Cas"])
def test_who_settles_it_as_the_first_one_answers_for_nobody_else(world: World, last: str) -> None:
    """Whose choice comes last: of two who chose alike, or of who chose otherwise."""
    ana, ben, cas, _ = disagreeing(world)
    cas.sync()
    for laptop, choice in ((ana, CENTRAL), (ben, YOURS), (cas, CENTRAL)):
        choose(world, laptop, choice)
    for laptop in (ana, ben, cas) if last == "Cas" else (ana, cas, ben):
        laptop.only_send()
    assert asked(world) == [("Til", "Lily")]


def test_what_a_third_one_chose_is_asked_still(world: World) -> None:
    ana, ben, cas, _ = disagreeing(world)
    cas.sync()
    for laptop, choice in ((ana, YOURS), (ben, CENTRAL), (cas, TEXT)):
        choose(world, laptop, choice)
    for laptop in (ana, ben, cas):
        laptop.only_send()
    world.settle()
    undo(world, ana)
    assert asked(world) == [("Til", "Tills")]


@pytest.mark.parametrize(("choice", "left"), [(YOURS, []), (CENTRAL, [])])
def test_who_chose_between_the_two_is_not_overruled(world: World, choice: Chosen, left: list[Any]) -> None:
    ana, _, cas, tilly = settled_twice(world, TEXT, YOURS)
    cas.sync()
    choose(world, cas, choice)
    cas.sync()
    undo(world, ana)
    assert asked(world) == left
    assert known_as(world, tilly) == ("Lily" if choice == YOURS else "Tills")


def test_who_chooses_between_the_two_while_one_is_taken_back_is_heard(world: World) -> None:
    ana, _, cas, tilly = settled_twice(world, YOURS, TEXT)
    world.settle()
    choose(world, cas, CENTRAL)
    undo(world, ana)
    ana.only_send()
    assert asked(world) == [("Tills", "Lily")]
    assert known_as(world, tilly) == "Tills"


def test_what_somebody_wrote_since_stands_and_one_question_is_left(world: World) -> None:
    ana, _, cas, tilly = settled_twice(world, YOURS, TEXT)
    cas.sync()
    cas.change(tilly, known_as="Wyn")
    cas.sync()
    undo(world, ana)
    assert asked(world) == [("Wyn", "Tills")]


@pytest.mark.parametrize("sent", [False, True])
@pytest.mark.parametrize("first", [YOURS, CENTRAL])
def test_who_makes_it_again_disagrees_again(world: World, first: Chosen, *, sent: bool) -> None:
    second = CENTRAL if first == YOURS else YOURS
    ana, _, _, _ = settled_twice(world, first, second)
    world.settle()
    undo(world, ana)
    if sent:
        ana.only_send()
    ana.store.journal.redo()
    [(stands, other)] = asked(world)
    assert {stands, other} == {"Til", "Lily"}


def test_a_question_filed_with_two_children_is_answered_for_both(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    children = [world.child("Tilly"), world.child("Sam")]
    mother = Person(id=world.new_id("person"), surname="Marsh", forename="Jo")
    ties = [
        Relationship(id=world.new_id("tie"), child=one.id, person=mother.id, kind="mother")
        for one in children
    ]
    ana.make(*children, mother, *ties)
    world.settle()
    ana.change(mother, forename="Joan")
    ben.change(mother, forename="Joanna")
    world.settle()
    choose(world, ana, ("yours", "Joanna"))
    choose(world, ben, ("central", "Joan"))
    ana.only_send()
    ben.only_send()
    world.settle()
    undo(world, ana)
    assert asked(world) == []
    assert {laptop.get(mother).forename for laptop in (ana, ben)} == {"Joan"}
    assert ana.store.find(Conflict, "settled = 0") == []


@pytest.mark.parametrize("keeps_first", [False, True])
def test_no_undo_takes_a_child_back_and_it_is_asked_once(world: World, *, keeps_first: bool) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly")
    ana.make(tilly)
    world.settle()
    ana.store.journal.undo()
    ben.change(tilly, known_as="Til")
    world.settle()
    choices: list[Keep] = ["central", "yours"] if keeps_first else ["yours", "central"]
    for laptop, keep in zip((ana, ben), choices, strict=True):
        choose(world, laptop, (keep, ""))
        laptop.only_send()
    world.settle()
    undo(world, ana)
    assert asked(world) == [(False, True)]
    assert known_as(world, tilly) == "Til"
    choose(world, ben, ("central", ""))
    assert asked(world) == []


def test_nothing_is_asked_while_both_values_are_the_same(world: World) -> None:
    _, _, cas, tilly = disagreeing(world)
    cas.change(tilly, known_as="Lily")
    assert asked(world) == []
    assert count_conflicts(cas.store) == 0
    undo(world, cas)
    assert asked(world) == [("Til", "Lily")]


def test_a_withdrawal_stands_whoever_takes_a_settlement_back(world: World) -> None:
    ana, ben, _, tilly = disagreeing(world)
    agreement = world.agreement(tilly.id, ana.worker.id)
    ana.make(agreement)
    world.settle()
    ana.change(agreement, given_by="Joan Marsh")
    ben.change(agreement, given_by="Joanna Marsh")
    world.settle()
    for laptop, keep in ((ana, "yours"), (ben, "central")):
        world.now += timedelta(minutes=1)
        [one] = [one for one in read_conflicts(laptop.store) if one.conflict.record == agreement.id]
        commit_settlement(laptop.store, one.id, keep)  # type: ignore[arg-type]
        laptop.only_send()
    undone = ben.get(agreement)
    ben.change(undone, status="withdrawn", withdrawn_on=world.today())
    ben.only_send()
    undo(world, ana)
    assert len(asked(world)) == 2
    for laptop in world.laptops.values():
        assert laptop.get(agreement).status == "withdrawn"
    with pytest.raises(Refused):
        ben.store.journal.undo()


def test_settling_one_settles_what_was_weighed_with_it(world: World) -> None:
    """Also of a central record that opened two about the same two values."""
    _, _, cas, tilly = disagreeing(world)
    [one] = cas.store.find(Conflict)
    swapped = {"central": one.other, "other": one.central, "other_edit": "", "central_edit": ""}
    cas.make(one.model_copy(update={"id": world.new_id("conflict"), "other_edit": "another"}))
    cas.make(one.model_copy(update={"id": world.new_id("conflict"), **swapped}))
    [(stands, other)] = [(one.stands.value, one.other.value) for one in read_conflicts(cas.store)]
    assert (stands, other) == ("Til", "Lily")
    choose(world, cas, TEXT)
    assert cas.store.find(Conflict, "settled = 0") == []
    assert cas.get(tilly).known_as == "Tills"


@pytest.mark.parametrize("again", [False, True])
def test_who_is_too_late_is_told_that_somebody_else_settled_it_too(world: World, again: bool) -> None:
    ana, ben, _, _ = disagreeing(world)
    for laptop, choice in ((ana, CENTRAL), (ben, YOURS)):
        choose(world, laptop, choice)
        if again and laptop is ana:
            undo(world, ana)
    ana.only_send()
    ben.only_send()
    world.settle()
    journal = (ana if again else ben).store.journal
    with pytest.raises(Refused) as refusal:
        journal.redo() if again else journal.undo()
    assert (refusal.value.code, refusal.value.message) == (
        "changed-meanwhile",
        "Somebody else settled this conflict, too, so there is nothing to "
        + ("do again" if again else "take back")
        + "; see Conflicts.",
    )
