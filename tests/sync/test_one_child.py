"""One child whom two laptops met before they met each other: one record where that is sure, else an offer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from casework.edits import Edit, create, update
from casework.records import Child, Contact, Enrolment, Household, Person, Relationship
from casework.records_attendance import AttendanceWeek, FollowUp
from casework.records_case import Notification
from casework.records_sync import Conflict
from casework.same_child import link_children
from storage.intake.importer import import_file
from storage.integrity import history_gives_rows
from storage.queries.duplicates import find_open_pairs
from tests.sync.databases import Database, SqliteDatabase
from tests.sync.test_two_laptops import contact
from tests.sync.world import NOW, Laptop, World, opened_world

HEAD = "UPN,Legal Surname,Legal Forename,DOB,Reg,Date,Session,Mark"
TILLY, SAM, TEMPORARY = "U886009924001", "H886009924002", "E88600992400A"
"""Of an establishment that does not exist; the last is one that a school gives until it has the other."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


@pytest.fixture
def anywhere(tmp_path: Path, database: Database) -> Iterator[World]:
    """On PostgreSQL, too."""
    yield from opened_world(tmp_path, database)


def two(world: World) -> tuple[Laptop, Laptop]:
    """Both do the attendance work of the school; each has its own record of the school as it is set up."""
    laptops = [
        world.laptop(name, "inclusion-attendance", schools=(world.school.id,)) for name in ("Ana", "Ben")
    ]
    for laptop in laptops:
        laptop.sync()
    return laptops[0], laptops[1]


def register(laptop: Laptop, *rows: str) -> Any:
    """Import a school's file; each row is child and mark."""
    path = Path(laptop.store.path).parent / "register.csv"
    path.write_text("\n".join((HEAD, *rows)) + "\n")
    return import_file(laptop.store, path, school="999001")


def counted(laptop: Laptop) -> dict[str, int]:
    kinds = (Child, Enrolment, AttendanceWeek, Person, Relationship, Household, FollowUp, Contact, Conflict)
    return {kind.type: len(laptop.store.find(kind)) for kind in kinds}


def day(on: int, mark: str) -> str:
    return f"{on}/11/2026,AM,{mark}"


NUMBERED = (f"{TILLY},Marsh,Tilly,,3A", f"{SAM},Orr,Sam,,3A")
DATED = (f"{TILLY},Marsh,Tilly,02/03/2017,3A", f"{SAM},Orr,Sam,05/01/2016,3A")


@pytest.mark.parametrize(
    "files",
    [((NUMBERED,), (NUMBERED,)), ((NUMBERED,), (DATED,)), ((NUMBERED, DATED), (DATED, NUMBERED))],
    ids=["the-same", "one-dated", "both-in-either-order"],
)
def test_what_both_laptops_imported_stands_once(
    anywhere: World, files: tuple[tuple[tuple[str, ...], ...], ...]
) -> None:
    world = anywhere
    laptops = two(world)
    for laptop, held in zip(laptops, files, strict=True):
        for n, children in enumerate(held):
            register(laptop, *(f"{child},{day(16 + n, '/')}" for child in children))
        one = laptop.store.find(Child, "upn = ?", (TILLY,))[0]
        laptop.make(contact(world, one.id, laptop.worker.id, f"Rang home, says {laptop.worker.name}"))
        laptop.make(
            FollowUp(
                id=world.new_id("follow"),
                child=one.id,
                session_date=date(2026, 11, 16),
                by=laptop.worker.id,
                at=NOW,
                outcome="no-answer",
            )
        )
    world.settle()
    for laptop in laptops:
        held = counted(laptop)
        assert (held["child"], held["enrolment"], held["attendance_week"]) == (2, 2, 2)
        assert (held["contact"], held["follow_up"], held["conflict"]) == (2, 2, 0), "nothing is lost"
        [tilly] = laptop.store.find(Child, "upn = ?", (TILLY,))
        assert {one.child for one in laptop.store.find(Contact)} == {tilly.id}
        assert laptop.store.names.search("Tilly Marsh")[0].id == tilly.id
        assert find_open_pairs(laptop.store, 5) == ([], 0)
        assert laptop.sync().agreed
    told = register(laptops[1], *(f"{child},{day(20, 'N')}" for child in NUMBERED))
    assert (told.children.matched, told.children.new, told.marks.new) == (2, 0, 2)
    world.settle()
    weeks = laptops[0].store.find(AttendanceWeek)
    assert [week.marks.split()[8] for week in weeks] == ["N", "N"]


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ((f"{TEMPORARY},Marsh,Tilly,02/03/2017,3A"), (f"{TEMPORARY},Marsh,Tilly,02/03/2017,3A")),
        ((",Marsh,Tilly,02/03/2017,3A"), (",Marsh,Tilly,02/03/2017,3A")),
        ((f"{TILLY},Marsh,Tilly,02/03/2017,3A"), (f"{TILLY},Marsh,Lily,02/03/2017,3A")),
        ((f"{TILLY},Marsh,Tilly,02/03/2017,3A"), (f"{TILLY},Marsh,Tilly,03/03/2017,3A")),
        ((f"{TILLY},Marsh,Tilly,,3A"), (f"{TILLY},Orr,Tilly,,3A")),
    ],
    ids=["temporary", "no-upn", "a-twins-upn", "another-birthday", "another-surname"],
)
def test_what_a_person_has_to_say_is_offered_on_both(world: World, mine: str, theirs: str) -> None:
    laptops = two(world)
    for laptop, child in zip(laptops, (mine, theirs), strict=True):
        register(laptop, f"{child},{day(16, '/')}")
    world.settle()
    for laptop in laptops:
        [pair], count = find_open_pairs(laptop.store, 5)
        assert (count, {pair.one.id, pair.other.id}) == (1, {one.id for one in laptop.store.find(Child)})
    me = laptops[0].worker.id
    laptops[0].store.journal.commit(link_children(pair.one, pair.other, "different", "Twins", NOW.date(), me))
    assert find_open_pairs(laptops[0].store, 5) == ([], 0)


def family(world: World, laptop: Laptop, phone: str) -> None:
    """A child with mother and home, as a CTF brings them."""
    tilly = world.child("Tilly", upn=TILLY)
    mother = Person(id=world.new_id("person"), surname="Marsh", forename="Jo", phones=(phone,))
    home = Household(id=world.new_id("home"), name="Marsh", address="3 Quay Road, ME10 1AA")
    tie = Relationship(id=world.new_id("tie"), child=tilly.id, person=mother.id, kind="mother")
    changes = (*map(create, (tilly, mother, tie, home)), *update(tilly, household=home.id))
    laptop.store.journal.commit(Edit("Import the CTF", changes))


def test_the_adults_and_the_home_of_a_known_child_are_known(world: World) -> None:
    ana, ben = two(world)
    family(world, ana, "01795 496001")
    family(world, ben, "01795 496002")
    world.settle()
    for laptop in (ana, ben):
        held = counted(laptop)
        assert [held[kind] for kind in ("child", "person", "relationship", "household")] == [1, 1, 1, 1]
        [conflict] = laptop.store.find(Conflict)
        assert (conflict.record_type, conflict.field) == ("person", "phones"), "what they truly differ in"


def moved_in(laptop: Laptop, child: Child, home: Household) -> None:
    """A child lives in a new home."""
    changes = (create(home), *update(laptop.get(child), household=home.id))
    laptop.store.journal.commit(Edit("Moved", changes))


def with_a_home(world: World, name: str) -> tuple[Laptop, Laptop, Child, Household]:
    """Both hold a child with the home that Ben wrote down."""
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly")
    home = Household(id=world.new_id("home"), name=name, address="3 Quay Road")
    ben.make(tilly)
    moved_in(ben, tilly, home)
    world.settle()
    return ana, ben, tilly, home


def test_a_home_that_was_taken_back_before_it_was_sent_takes_nobody_elses_with_it(world: World) -> None:
    ana, ben, tilly, home = with_a_home(world, "")
    moved_in(ana, tilly, Household(id=world.new_id("home"), address=home.address))
    ana.store.journal.undo()
    world.settle()
    for laptop in (ana, ben):
        assert (laptop.has(home), laptop.get(tilly).household) == (True, home.id)


@pytest.mark.parametrize("name", ["", "Gran"])
def test_the_history_tells_why_what_the_laptop_wrote_of_a_home_it_had_already_does_not_stand(
    world: World, name: str
) -> None:
    """Else `doctor` tells them to restore a backup (seed 1000871)."""
    ana, ben, tilly, home = with_a_home(world, "Marsh")
    moved_in(ana, tilly, Household(id=world.new_id("home"), name=name, address=home.address))
    world.settle()
    for laptop in (ana, ben):
        assert (laptop.get(tilly).household, laptop.get(home).name) == (home.id, "Marsh")
        assert [*history_gives_rows(laptop.store.conn)] == []
        assert laptop.sync().requests == 1


def test_a_child_whom_the_laptop_may_not_hold_is_not_told_of(world: World) -> None:
    """Two workers of two schools, and the child moved: each keeps their own record of the child."""
    ana = world.laptop("Ana", "inclusion-attendance", schools=(world.school.id,))
    ben = world.laptop("Ben", "inclusion-attendance", schools=("school-of-ben",))
    theirs = world.child("Tilly", upn=TILLY, dob=date(2017, 3, 2), team=None)
    own = world.child("Tilly", upn=TILLY, dob=date(2017, 3, 2), team=None, school="school-of-ben")
    said: list[Any] = []
    ben.way.spy = lambda verb, _, answer: said.append(answer) if verb == "push" else None
    ana.make(theirs)
    world.settle()
    ben.make(own)
    told = ben.sync()
    assert (told.agreed, told.quarantined, ben.has(own)) == (True, 0, True)
    assert not any(answer.known for answer in said)


def test_who_files_a_notification_of_an_unseen_child_keeps_it(world: World) -> None:
    ana = world.laptop("Ana", "inclusion-attendance", schools=(world.school.id,))
    ben = world.laptop("Ben")
    ana.make(world.child("Tilly", upn=TILLY, dob=date(2017, 3, 2), team=None))
    ana.sync()
    own = world.child("Tilly", upn=TILLY, dob=date(2017, 3, 2), team=None)
    ben.make(
        own,
        Notification(
            id=world.new_id("notification"),
            child=own.id,
            by=ben.worker.id,
            received=NOW.date(),
            notifier="Ms Hale",
        ),
    )
    told = ben.sync()
    assert (told.quarantined, told.agreed, ben.has(own)) == (0, True, True)
    ana.sync()
    assert find_open_pairs(ana.store, 5)[1] == 1, "who may see both is asked"


def test_two_records_of_one_laptop_are_not_made_one(world: World) -> None:
    ana, ben = two(world)
    known = {"upn": TILLY, "dob": date(2017, 3, 2)}
    ana.make(world.child("Tilly", **known))
    ana.sync()
    ben.make(world.child("Tilly", language="Polish", **known))
    ben.make(world.child("Tilly", language="Welsh", **known))
    world.settle()
    assert {child.language for child in ana.store.find(Child)} == {"Polish", "Welsh"}


def test_what_was_taken_back_is_nobodys(world: World) -> None:
    """A record that an undone import left is no record of the child whom the next import brings."""
    ana, ben = two(world)
    register(ana, f"{NUMBERED[0]},{day(16, '/')}")
    ana.sync()
    ana.store.journal.undo()
    register(ben, f"{NUMBERED[0]},{day(16, '/')}")
    world.settle()
    for laptop in (ana, ben):
        [tilly] = laptop.store.find(Child)
        assert len(laptop.store.find(AttendanceWeek, "child = ?", (tilly.id,))) == 1


@pytest.mark.parametrize("order", permutations(("upn", "dob")), ids="-".join)
def test_what_makes_a_child_known_may_come_later(world: World, order: tuple[str, ...]) -> None:
    ana, ben = two(world)
    tilly = world.child("Tilly", known_as="Til")
    ana.make(tilly)
    values = {"upn": TILLY, "dob": date(2017, 3, 2)}
    for name in order:
        ana.sync()
        ana.change(tilly, **{name: values[name]})
    ana.sync()
    ben.make(world.child("Tilly", **values))
    world.settle()
    assert [one.id for one in ben.store.find(Child)] == [tilly.id]


def test_a_record_gives_way_to_the_known_one_that_is_here(world: World) -> None:
    ana, ben = two(world)
    tilly = world.child("Tilly", upn=TILLY)
    ana.make(tilly)
    world.settle()
    other = world.child("Tilly", upn=TILLY, language="Polish")
    ben.make(other)
    ben.make(contact(world, other.id, ben.worker.id, "Rang the mother"))
    world.settle()
    for laptop in (ana, ben):
        [held] = laptop.store.find(Child)
        assert (held.id, held.language) == (tilly.id, "Polish")
        assert [one.child for one in laptop.store.find(Contact)] == [tilly.id]
        assert [hit.id for hit in laptop.store.names.search("Tilly Marsh")] == [tilly.id]
