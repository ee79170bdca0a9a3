"""Settling conflicts on two laptops: the same way, differently, and never back to what a family ended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.conflicts import Keep
from casework.errors import BadInput, OutreachError, Refused
from casework.records import Child, Person, Relationship, School
from casework.records_sharing import Agreement
from casework.records_sync import Conflict
from storage.audit import stamp
from storage.queries.conflicts import read_conflicts, read_set_aside, read_settled
from storage.queries.history import read_history
from storage.queries.sync_view import read_sync_view
from storage.settling import commit_settlement
from sync.hub import devices
from tests.sync.databases import Database, SqliteDatabase
from tests.sync.world import Laptop, World


@pytest.fixture
def world(tmp_path: Path, database: Database) -> Iterator[World]:
    made = World(tmp_path, database)
    yield made
    close(made)


def close(world: World) -> None:
    for laptop in world.laptops.values():
        laptop.store.close()


def at_odds(world: World) -> tuple[Laptop, Laptop, str]:
    """A minute after two wrote a name: what is settled now comes later than what they said."""
    ana, ben, tilly = world.at_odds()
    world.now += timedelta(minutes=1)
    return ana, ben, tilly.id


def settled(laptop: Laptop, keep: Keep, text: str = "") -> None:
    (one,) = read_conflicts(laptop.store)
    commit_settlement(laptop.store, one.id, keep, text=text)


def known_as(laptop: Laptop, child: str) -> str:
    return str(laptop.store.conn.execute("SELECT known_as FROM child WHERE id = ?", (child,)).fetchone()[0])


def test_a_conflict_is_told_in_plain_words(world: World) -> None:
    ana, ben, _ = at_odds(world)
    for laptop in (ana, ben):
        (one,) = read_conflicts(laptop.store)
        assert (one.name, one.label, one.base.words) == ("Tilly (Til) Marsh", "Known as", "(empty)")
        assert (one.stands.words, one.stands.by) == ("Til", "Ana")
        assert (one.other.words, one.other.by) == ("Lily", "Ben")


def test_what_was_weighed_stands_in_the_history_on_both_laptops(world: World) -> None:
    ana, ben, tilly = at_odds(world)
    weighed = {("Ana", "", "Til"), ("Ben", "", "Lily")}

    def told(laptop: Laptop) -> set[tuple[str, str, str]]:
        changes = read_history(laptop.store, "child", tilly, "known_as")
        return {(one.by, one.old, one.new) for one in changes if one.field}

    assert (told(ana), told(ben)) == (weighed, weighed)
    settled(ana, "central")
    world.settle()
    assert read_sync_view(ben.store).came[0][1] == "1 record, 0 given up"
    chosen = weighed | {("Ana", "Lily", "Til")}
    assert (told(ana), told(ben)) == (chosen, chosen)
    steps = [
        one.step for one in read_history(ana.store, "child", tilly, "known_as") if one.kind == "conflict"
    ]
    assert steps == ["Settle a conflict: Known as", "Not chosen: Known as"]


def test_who_takes_a_settlement_back_wrote_none_of_its_values(world: World) -> None:
    ana, ben, child = at_odds(world)
    ana.change(ana.store.get(Child, child), known_as="Tillie")
    world.settle()
    settled(ben, "yours")
    ben.sync()
    ben.store.journal.undo()
    world.settle()
    for laptop in (ben, ana):
        (one,) = read_conflicts(laptop.store)
        assert (one.stands.words, one.stands.by) == ("Tillie", "Ana")
        assert (one.other.words, one.other.by) == ("Lily", "Ben")


@pytest.mark.parametrize("first", [0, 1])
def test_a_value_that_an_undo_brought_again_is_whose_it_is(world: World, first: int) -> None:
    ana, ben, cas = (world.laptop(name) for name in ("Ana", "Ben", "Cas"))
    tilly = world.child("Tilly")
    ana.make(tilly)
    ana.change(tilly, known_as="Til")
    world.settle()
    ben.change(tilly, known_as="Lily")
    world.settle()
    ben.store.journal.undo()
    cas.change(tilly, known_as="Tills")
    (ben, cas)[first].sync()
    world.settle()
    for laptop in (ana, ben, cas):
        (one,) = read_conflicts(laptop.store)
        said = {one.stands.value: one.stands.by, one.other.value: one.other.by}
        assert said == {"Til": "Ana", "Tills": "Cas"}


CHOICES: tuple[tuple[Keep, str, str], ...] = (
    ("central", "", "Til"),
    ("yours", "", "Lily"),
    ("both", "", "Til / Lily"),
    ("text", "Tills", "Tills"),
)


@pytest.mark.parametrize(("keep", "text", "value"), CHOICES)
def test_settled_the_same_way_twice_nothing_is_left(world: World, keep: Keep, text: str, value: str) -> None:
    ana, ben, child = at_odds(world)
    settled(ana, keep, text)
    settled(ben, keep, text)
    world.settle()
    for laptop in (ana, ben):
        assert known_as(laptop, child) == value
        assert read_conflicts(laptop.store) == []
        assert laptop.sync().agreed


@pytest.mark.parametrize(("first", "a", "b"), [(0, 0, 1), (1, 0, 1), (0, 2, 3), (1, 1, 2), (0, 3, 0)])
def test_settled_differently_it_is_exactly_one_new_conflict(world: World, first: int, a: int, b: int) -> None:
    one, two = CHOICES[a], CHOICES[b]
    ana, ben, child = at_odds(world)
    settled(ana, *one[:2])
    settled(ben, *two[:2])
    (ana, ben)[first].sync()
    world.settle()
    stands, also = (one[2], two[2]) if first == 0 else (two[2], one[2])
    for laptop in (ana, ben):
        assert known_as(laptop, child) == stands
        (left,) = read_conflicts(laptop.store)
        assert (left.stands.value, left.other.value) == (stands, also)
        assert laptop.sync().agreed
    settled(ana, "yours")
    world.settle()
    assert {known_as(laptop, child) for laptop in (ana, ben)} == {also}
    assert read_conflicts(ben.store) == []


@pytest.mark.parametrize("alike", [False, True])
def test_who_settled_it_is_who_chose_what_stands(world: World, *, alike: bool) -> None:
    """Two settled it unknown to each other; one who kept what stood wrote nothing else."""
    ana, ben, child = at_odds(world)
    cy = world.laptop("Cy")
    cy.sync()
    settled(ben, "yours")
    first = world.now
    world.now += timedelta(minutes=1)
    settled(ana, "yours" if alike else "central")
    own = world.now if alike else first
    ben.sync()
    world.settle()
    for laptop, by, at in ((ana, "Ana" if alike else "Ben", own), (ben, "Ben", first), (cy, "Ben", first)):
        ((_, chosen),) = read_settled(laptop.store)
        assert (chosen.value, chosen.by, chosen.at) == ("Lily", by, stamp(at))
        told = read_history(laptop.store, "child", child, "known_as")
        chose = {(one.by, one.at, one.new) for one in told if one.step.startswith("Settle a conflict")}
        assert chose == {(by, stamp(at), "Lily")}


@settings(max_examples=6, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 1), st.sampled_from(["change", "settle", "sync", "undo"]), st.integers(0, 3)
        ),
        max_size=14,
    )
)
def test_no_value_is_ever_gone(steps: list[tuple[int, str, int]]) -> None:
    with TemporaryDirectory() as folder:
        database = SqliteDatabase(Path(folder))
        world = World(Path(folder), database)
        try:
            both = at_odds(world)
            said, own = {"Til", "Lily"}, [1, 1]
            for n, (who, what, how) in enumerate(steps):
                laptop = both[who]
                assert isinstance(laptop, Laptop)
                if what == "change":
                    held = laptop.store.find(type(world.child("x")), "id = ?", (both[2],))[0]
                    laptop.change(held, known_as=f"Name{n}")
                    said.add(f"Name{n}")
                    own[who] += 1
                elif what == "settle":
                    for one in read_conflicts(laptop.store)[:1]:
                        keep, text, _ = CHOICES[how]
                        commit_settlement(laptop.store, one.id, keep, text=text and f"{text}{n}")
                        own[who] += 1
                elif what == "undo":
                    if not own[who]:  # what is left are the steps by which the child came in
                        continue
                    own[who] -= 1
                    try:
                        laptop.store.journal.undo()
                    except OutreachError:
                        continue
                else:
                    laptop.sync()
            world.settle()
            ana, ben = both[0], both[1]
            assert known_as(ana, both[2]) == known_as(ben, both[2])
            assert ana.sync().agreed
            assert ben.sync().agreed
            with world.hub.engine.begin() as connection:
                log = connection.exec_driver_sql(
                    "SELECT changes FROM log UNION ALL SELECT edit_text FROM quarantine"
                ).fetchall()
            kept = " ".join(row[0] for row in log)
            assert all(word in kept for word in said)
        finally:
            close(world)
            database.close()


def test_several_conflicts_about_one_field_are_settled_one_by_one(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    cas = world.laptop("Cas")
    tilly = world.child("Tilly")
    ana.make(tilly)
    world.settle()
    for laptop, name in ((ana, "Til"), (ben, "Lily"), (cas, "Tils")):
        laptop.change(tilly, known_as=name)
    world.settle()
    found = {one.other.value: one for one in read_conflicts(ana.store)}
    assert set(found) == {"Lily", "Tils"}
    commit_settlement(ana.store, found["Lily"].id, "yours")
    (left,) = read_conflicts(ana.store)
    assert (left.stands.value, left.stands.by, left.other.value) == ("Lily", "Ana", "Tils")
    commit_settlement(ana.store, left.id, "both")
    world.settle()
    assert {known_as(laptop, tilly.id) for laptop in (ana, ben, cas)} == {"Lily / Tils"}
    assert read_conflicts(cas.store) == []
    with pytest.raises(BadInput, match="settled already"):
        commit_settlement(cas.store, left.id, "central")


def test_a_phone_of_a_mother_is_a_conflict_that_both_see(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly")
    mother = Person(id=world.new_id("person"), surname="Marsh", forename="Jo", phones=("01795 000101",))
    tie = Relationship(id=world.new_id("tie"), child=tilly.id, person=mother.id, kind="mother")
    ana.make(tilly, mother, tie)
    world.settle()
    ana.change(mother, forename="Joan")
    ben.change(mother, forename="Joanna")
    world.settle()
    for laptop in (ana, ben):
        (one,) = read_conflicts(laptop.store)
        assert (one.name, one.label) == ("Tilly Marsh", "Forename")
        assert laptop.sync().agreed
    settled(ben, "yours")
    world.settle()
    assert ana.get(mother).forename == "Joanna"
    assert read_set_aside(ben.store) == []


def test_no_settling_revives_what_a_family_ended(world: World) -> None:
    ana = world.laptop("Ana")
    tilly = world.child("Tilly")
    ana.make(tilly)
    agreement = Agreement(
        id=world.new_id("agreement"), child=tilly.id, given_by="Jo", relationship="mother",
        status="withdrawn", given_on=date(2026, 11, 20), withdrawn_on=date(2026, 11, 22), by=ana.worker.id,
    )  # fmt: skip
    ana.make(agreement)
    for field, central, other in (
        ("status", "withdrawn", "given"),
        ("withdrawn_on", "2026-11-22", None),
    ):
        stale = Conflict(
            id=world.new_id("conflict"), child=tilly.id, record=agreement.id, record_type="agreement",
            field=field, base='"given"', central=json.dumps(central), other=json.dumps(other),
        )  # fmt: skip
        ana.make(stale)
        with pytest.raises(Refused, match="the family ended"):
            commit_settlement(ana.store, stale.id, "yours")
        commit_settlement(ana.store, stale.id, "central")
    assert ana.get(agreement).status == "withdrawn"


def test_who_may_not_see_the_field_gets_nothing_of_its_conflict(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    nurse = world.laptop("Nia", "school-nursing")
    tilly = world.child("Tilly")
    mother = Person(id=world.new_id("person"), surname="Marsh", forename="Jo")
    tie = Relationship(id=world.new_id("tie"), child=tilly.id, person=mother.id, kind="mother")
    ana.make(tilly, mother, tie)
    world.settle()
    ana.change(mother, forename="Joan")
    ben.change(mother, forename="Joanna")
    world.settle()
    assert len(read_conflicts(ana.store)) == 1
    assert nurse.store.find(Conflict) == []
    assert read_conflicts(nurse.store) == []
    assert nurse.sync().agreed


@pytest.mark.parametrize("first", [0, 1])
def test_taken_back_here_and_changed_there_it_stands_with_one_conflict(world: World, first: int) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    child = world.child("Tilly")
    ana.make(child)
    world.settle()
    ana.store.journal.undo()
    ben.change(child, known_as="Til")
    (ana, ben)[first].sync()
    world.settle()
    for laptop in (ana, ben):
        assert known_as(laptop, child.id) == "Til"
        (one,) = read_conflicts(laptop.store)
        assert (one.label, one.stands.value, one.other.value) == ("Taken back", False, True)
        assert (one.stands.by, one.other.by) == ("Ben", "Ana")
    settled(ana, "yours")
    world.settle()
    for laptop in (ana, ben):
        assert not laptop.has(child)
        assert laptop.sync().agreed


def test_an_agreement_that_was_taken_back_stays_so(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    child = world.child("Tilly")
    ana.make(child)
    agreement = world.agreement(child.id, ana.worker.id)
    ana.make(agreement)
    world.settle()
    ana.store.journal.undo()
    ben.change(agreement, given_by="Joanna Marsh")
    ana.sync()
    world.settle()
    for laptop in (ana, ben):
        assert not laptop.has(agreement)


def test_two_steps_of_one_instant_are_not_taken_for_each_other(world: World) -> None:
    """A clock that stands still, or is set back, says the same of a later step as of one that was settled."""
    ana, ben, child = at_odds(world)
    settled(ana, "central")
    world.settle()
    held = world.child("Tilly", id=child)
    ana.change(held, known_as="Tills")
    ben.change(held, known_as="Lily")
    ana.sync()
    said = ana.store.find(Conflict)[0].other_at
    ben.store.conn.execute("UPDATE edit SET at = ? WHERE seq = (SELECT max(seq) FROM edit)", (said,))
    world.settle()
    for laptop in (ana, ben):
        (one,) = read_conflicts(laptop.store)
        assert (one.stands.value, one.other.value) == ("Tills", "Lily")
        assert laptop.sync().agreed


def test_a_conflict_about_a_shared_mother_is_filed_with_each_child(world: World) -> None:
    """Ana works with one child at one school, Ben with the other at another, Cas with both."""
    west = School(id=world.new_id("school"), urn="999002", name="Westbrook", team=world.team.id)
    with world.hub.engine.begin() as connection:
        devices.put(connection, world.new_id("edit"), "Set up", west, world.now)
    ana = world.laptop("Ana", schools=(world.school.id,))
    ben = world.laptop("Ben", schools=(west.id,))
    cas = world.laptop("Cas", schools=(world.school.id, west.id))
    tilly, sam = world.child("Tilly"), world.child("Sam", school=west.id)
    mother = Person(id=world.new_id("person"), surname="Marsh", forename="Jo")
    ties = [
        Relationship(id=world.new_id("tie"), child=child.id, person=mother.id, kind="mother")
        for child in (tilly, sam)
    ]
    cas.make(tilly, sam, mother, *ties)
    world.settle()
    assert not ana.has(sam)
    assert not ben.has(tilly)
    for kept in ("central", "yours"):
        ana.change(mother, forename=f"Joan {kept}")
        ben.change(mother, forename=f"Joanna {kept}")
        world.settle()
        for laptop, name in ((ana, "Tilly Marsh"), (ben, "Sam Marsh"), (cas, "Sam Marsh, Tilly Marsh")):
            (one,) = read_conflicts(laptop.store)
            assert one.name == name
            assert laptop.sync().agreed
        for child in (tilly.id, sam.id):
            assert len(read_conflicts(cas.store, child)) == 1
        settled(ben if kept == "central" else cas, "yours")
        world.settle()
        for laptop in (ana, ben, cas):
            assert read_conflicts(laptop.store) == []
            assert laptop.get(mother).forename == f"Joanna {kept}"
            assert laptop.sync().agreed
