"""Of a step about several children that of which a laptop may not write is kept aside, and the rest taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from casework.edits import Edit, create, update
from casework.errors import BadInput
from casework.records import Child, Person, Record, Relationship, School
from casework.records_attendance import AttendanceWeek
from casework.records_links import Link
from storage.central.asides import set_aside, taken_late
from storage.central.outbox import waiting
from sync.hub import care, devices, tables
from sync.hub.central import Central
from sync.hub.dividing import Division
from sync.hub.releasing import release
from sync.hub.rights import NOT_ENTITLED, Refusal
from sync.messages.steps import Changed, Push, SentEdit
from sync.saying import sent_edit
from tests.sync.databases import SqliteDatabase
from tests.sync.sticks import Post
from tests.sync.world import Laptop, World, opened_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


class Roll:
    """A register with two children of another team's, whom the central record has, and two new ones."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.nia, self.kim = world.laptop("Nia", "school-nursing"), world.laptop("Kim")
        self.ana = world.laptop("Ana")
        far = School(id=world.new_id("school"), urn="999002", name="Harbour View")
        self.tilly, self.oscar = (
            world.child(name, team=None, school=far.id, upn=upn)
            for name, upn in (("Tilly", "U886009924001"), ("Oscar", "U886009924002"))
        )
        self.nia.make(far, self.tilly, self.oscar)
        assert self.nia.sync().agreed
        assert self.kim.sync().agreed
        assert self.ana.sync().agreed
        self.sam, self.til = world.child("Sam"), world.child("Til")

    def read(self, *more: Record) -> str:
        """Kim imports it, beside `more` records: as the laptop holds it once it was told who they are."""
        children = [self.tilly, self.sam, self.oscar, self.til]
        week = {"school": self.world.school.id, "week": date(2026, 11, 16), "marks": "/ " * 9 + "/"}
        weeks = [
            AttendanceWeek.model_validate({"id": self.world.new_id("week"), "child": child.id, **week})
            for child in children
        ]
        own = [child.model_copy(update={"known_as": "T"}) for child in children]
        changes = [create(record) for pair in zip(own, weeks, strict=True) for record in pair]
        self.kim.store.journal.commit(Edit("Import", (*changes, *map(create, more))))
        return waiting(self.kim.store.conn, 500, 100_000)[-1].id


@pytest.fixture
def roll(world: World) -> Roll:
    return Roll(world)


def aside_of(laptop: Laptop) -> list[tuple[str, str]]:
    return [(step.edit, step.reason) for step in set_aside(laptop.store.conn)]


def held(world: World) -> list[tuple[str, list[str], dict[str, int]]]:
    with world.hub.engine.begin() as connection:
        assert care.problems(connection) == []
        return [(row["edit"], row["awaits"], row["records"]) for row in care.aside(connection)]


def test_the_new_children_of_a_roll_are_taken_and_those_of_others_kept_aside_each_by_itself(
    roll: Roll,
) -> None:
    step = roll.read()
    told = roll.kim.sync()
    assert (told.agreed, told.quarantined) == (True, 1)
    assert (roll.kim.has(roll.sam), roll.kim.has(roll.til), roll.kim.has(roll.tilly)) == (True, True, False)
    assert roll.ana.sync().agreed
    assert {child.forename for child in roll.ana.store.find(Child)} == {"Sam", "Til"}
    assert len(roll.ana.store.find(AttendanceWeek)) == 2
    about = {"attendance_week": 1, "child": 1}
    assert held(roll.world) == [
        (f"{step}/x0", [roll.tilly.id], about),
        (f"{step}/x1", [roll.oscar.id], about),
    ]
    [(edit, reason)] = aside_of(roll.kim)
    assert edit == step
    assert reason == (
        "Tilly Marsh and Oscar Marsh are not among the children you work with, as the central record has it:"
        " what you wrote of them was kept aside there; the rest of the step was taken."
    )
    assert (roll.kim.sync().agreed, roll.kim.sync().requests) == (True, 1)


def test_a_lost_answer_is_given_again_as_it_was(roll: Roll) -> None:
    step = roll.read()
    push = Push(edits=[sent_edit(edit, 0) for edit in waiting(roll.kim.store.conn, 500, 100_000)])
    first, again = roll.kim.way.push(push), roll.kim.way.push(push)
    assert [one.model_copy(update={"again": False}) for one in again.verdicts] == first.verdicts
    assert again.beside.about == first.beside.about == {step: [roll.tilly.id, roll.oscar.id]}
    assert len(held(roll.world)) == 2


def test_by_a_bundle_it_is_the_same(roll: Roll, tmp_path: Path) -> None:
    post = Post(roll.world, tmp_path / "sticks")
    post.enrol(roll.kim)
    step = roll.read()
    path = post.write(roll.kim)
    assert post.take(path).count("quarantined") == 1
    assert post.read(roll.kim, post.answer(roll.kim.way.device)).session.agreed
    [(edit, reason)] = aside_of(roll.kim)
    assert (edit, reason.startswith("Tilly Marsh and Oscar Marsh are not"), roll.kim.has(roll.sam)) == (
        step,
        True,
        True,
    )
    assert len(held(roll.world)) == 2


def test_what_was_kept_aside_is_let_in_by_child_or_all_at_once(roll: Roll) -> None:
    step = roll.read()
    roll.kim.sync()
    with roll.world.hub.engine.begin() as connection:
        with pytest.raises(BadInput, match="No step"):
            release(connection, f"{step}/x7", "Dana Cedar", "It is the school's roll", roll.world.now)
        release(connection, f"{step}/x1", "Dana Cedar", "It is the school's roll", roll.world.now)
    assert [edit for edit, *_ in held(roll.world)] == [f"{step}/x0"]
    assert roll.kim.sync().agreed
    assert len(aside_of(roll.kim)) == 1, "a part of it is aside still"
    with roll.world.hub.engine.begin() as connection:
        release(connection, step, "Dana Cedar", "It is the school's roll", roll.world.now)
        log = connection.execute(select(tables.log).where(tables.log.c.edit == f"{step}/x0")).one()
        assert (log.worker, "Let in by Dana Cedar" in log.verdict) == (roll.kim.worker.id, True)
    assert held(roll.world) == []
    with roll.world.hub.engine.begin() as connection:
        known = Central(connection)
        assert [known.get(one.id).fields["known_as"] for one in (roll.tilly, roll.oscar)] == ["T", "T"]
    assert roll.kim.sync().agreed
    assert not roll.kim.has(roll.tilly)
    assert aside_of(roll.kim) == []
    [told] = taken_late(roll.kim.store.conn)
    assert (told.edit, told.reason) == (step, "Let in by Dana Cedar: It is the school's roll")
    assert roll.kim.sync().requests == 1


def test_what_waited_for_a_child_is_taken_when_the_worker_is_put_on_the_case(roll: Roll) -> None:
    step = roll.read()
    roll.kim.sync()
    with roll.world.hub.engine.begin() as connection:
        moved = roll.tilly.model_copy(update={"team": roll.world.team.id})
        devices.put(connection, roll.world.new_id("edit"), "Moved", moved, roll.world.now)
    assert [edit for edit, *_ in held(roll.world)] == [f"{step}/x1"]
    assert roll.kim.sync().agreed
    assert (roll.kim.get(roll.tilly).known_as, len(roll.kim.store.find(AttendanceWeek))) == ("T", 3)
    with roll.world.hub.engine.begin() as connection:
        gone = roll.oscar.model_copy(update={"lead_worker": roll.kim.worker.id})
        devices.put(connection, roll.world.new_id("edit"), "Allocated", gone, roll.world.now)
    assert held(roll.world) == []
    assert roll.kim.sync().agreed
    assert [one.reason for one in taken_late(roll.kim.store.conn)] == [
        "What it waited for is on the central record now."
    ]


def test_it_is_undone_as_far_as_it_was_taken(roll: Roll) -> None:
    roll.read()
    roll.kim.sync()
    roll.kim.store.journal.undo()
    assert roll.kim.sync().agreed
    assert roll.ana.sync().agreed
    assert roll.ana.store.find(Child) == []
    assert len(held(roll.world)) == 2


def test_the_rest_of_a_long_register_is_taken_of_children_who_will_leave_the_laptop(world: World) -> None:
    """It comes in messages after the one that brought the children, whom the laptop may not hold."""
    kim = world.laptop("Kim")
    far = School(id=world.new_id("school"), urn="999002", name="Harbour View")
    children = [world.child(f"N{n}", team=None, school=far.id) for n in range(30)]
    weeks = [
        AttendanceWeek(
            id=world.new_id("week"),
            child=child.id,
            school=far.id,
            week=date(2026, 1, 5) + timedelta(days=7 * n),
            marks="/ " * 9 + "/",
        )
        for child in children
        for n in range(70)
    ]
    kim.store.journal.commit(Edit("Import", tuple(map(create, [far, *children, *weeks]))))
    sent: list[int] = []
    kim.way.spy = lambda verb, *_: sent.append(verb == "push")
    with mock.patch("sync.sending.MOST_EDITS", 1):
        told = kim.sync()
    assert (told.agreed, told.quarantined, told.pushed, sum(sent) > 2) == (True, 0, 2, True)
    assert held(world) == []
    assert not kim.has(children[0])


def test_adults_go_with_the_children_whom_they_are_tied_to(roll: Roll) -> None:
    """One is new to both a child who is taken and one who is not, one to the latter alone."""
    new_id = roll.world.new_id
    shared, other = (Person(id=new_id("person"), surname=name) for name in ("Shared", "Other"))
    ties = [
        Relationship(id=new_id("tie"), child=child.id, person=adult.id, kind="aunt")
        for child, adult in ((roll.sam, shared), (roll.tilly, shared), (roll.tilly, other))
    ]
    roll.read(shared, other, *ties)
    assert roll.kim.sync().agreed
    assert [adult.surname for adult in roll.kim.store.find(Person)] == ["Shared"]
    assert [counts for *_, counts in held(roll.world)] == [
        {"attendance_week": 1, "child": 1, "person": 1, "relationship": 2},
        {"attendance_week": 1, "child": 1},
    ]


def test_an_adult_who_is_there_without_a_child_goes_with_the_children_of_the_step(roll: Roll) -> None:
    """As one who was brought back while the tie was kept aside: taken alone it would be taken again and
    again, for nobody (seed 1001387).
    """
    other = Person(id=roll.world.new_id("person"), surname="Other")
    with roll.world.hub.engine.begin() as connection:
        devices.put(connection, roll.world.new_id("edit"), "Brought back", other, roll.world.now)
    roll.read(
        other,
        Relationship(id=roll.world.new_id("tie"), child=roll.tilly.id, person=other.id, kind="aunt"),
    )
    assert roll.kim.sync().agreed
    assert [counts for *_, counts in held(roll.world)] == [
        {"attendance_week": 1, "child": 1, "person": 1, "relationship": 1},
        {"attendance_week": 1, "child": 1},
    ]


def test_what_is_said_of_two_children_at_once_stays_together(roll: Roll) -> None:
    link = Link(
        id=roll.world.new_id("link"),
        child=roll.sam.id,
        other=roll.tilly.id,
        kind="same",
        linked_on=roll.world.today(),
        by=roll.kim.worker.id,
    )
    roll.read(link)
    assert roll.kim.sync().agreed
    assert {child.forename for child in roll.kim.store.find(Child)} == {"Til"}
    assert held(roll.world)[0][2] == {"attendance_week": 2, "child": 2, "link": 1}


def test_a_step_about_others_children_alone_stays_whole(roll: Roll) -> None:
    conn = roll.kim.store.conn
    changes = [*update(roll.tilly, known_as="T"), *update(roll.oscar, known_as="O")]
    step = SentEdit(
        id=roll.world.new_id("edit"),
        worker=roll.kim.worker.id,
        name="Renamed",
        at=roll.world.now.isoformat(),
        seen=0,
        changes=[Changed(type=c.type, record=c.record, field=c.field, old=c.old, new=c.new) for c in changes],
    )
    (verdict,) = roll.kim.way.push(Push(edits=[step])).verdicts
    assert (verdict.verdict, verdict.seq, verdict.code) == ("quarantined", 0, "not-entitled")
    assert held(roll.world) == [(step.id, [roll.tilly.id, roll.oscar.id], {"child": 2})]
    assert waiting(conn, 1, 1) == []


def test_nobody_takes_the_place_of_a_portion_that_is_kept_aside(roll: Roll) -> None:
    """A step that bears the id which a portion would have: the whole is kept aside then."""
    step = roll.read()
    edits = [sent_edit(edit, 0) for edit in waiting(roll.kim.store.conn, 500, 100_000)]
    thief = edits[-1].model_copy(
        update={
            "id": f"{step}/x0",
            "worker": roll.nia.worker.id,
            "changes": [Changed(type="child", record=roll.sam.id, field="known_as", old="", new="Mine")],
        }
    )
    assert roll.nia.way.push(Push(edits=[thief])).verdicts[0].code == "no-such-record"
    assert roll.kim.way.push(Push(edits=edits)).verdicts[-1].seq == 0
    assert [edit for edit, *_ in held(roll.world)] == [f"{step}/x0", step]


@given(st.data())
def test_each_change_is_in_one_part_and_none_about_a_refused_child_is_kept(data: st.DataObject) -> None:
    children = [f"child-{n:04d}" for n in range(5)]
    adults = [f"person-{n:03d}" for n in range(3)]
    ties = data.draw(st.lists(st.tuples(st.sampled_from(children), st.sampled_from(adults)), max_size=6))
    changes = [Changed(type="child", record=child, field="", new={}) for child in children]
    changes += [Changed(type="person", record=adult, field="", new={}) for adult in adults]
    changes += [
        Changed(type="relationship", record=f"tie-{n:05d}", field="", new={"child": child, "person": adult})
        for n, (child, adult) in enumerate(ties)
    ]
    changes = data.draw(st.permutations(changes))
    refused = data.draw(st.sets(st.sampled_from(children), min_size=1, max_size=4))
    edit = SentEdit(id="edit-0001", worker="worker-1", name="Import", at="", seen=0, changes=changes)
    division = Division(edit, Nothing())
    places = {
        place: Refusal(NOT_ENTITLED, "", (child,))
        for place, one in enumerate(changes)
        if (child := one.new.get("child", one.record)) in refused
    }
    assert division.set_aside(places)
    kept = division.kept()
    assert kept is not None
    parts = [kept.changes, *(portion.edit.changes for portion in division.portions())]
    assert sorted(map(id, (one for part in parts for one in part))) == sorted(map(id, changes))
    assert all([one for one in changes if one in part] == part for part in parts), "in their order"
    for one in kept.changes:
        assert one.new.get("child", one.record) not in refused
    tied = {adult: {child for child, held_ in ties if held_ == adult} for adult in adults}
    for adult, by in tied.items():
        assert (adult in {one.record for one in kept.changes}) == (not by or not by <= refused)
    assert {scope for one in division.portions() for scope in one.refusal.awaits} == refused


class Nothing(Central):
    """A central record in which there is nothing."""

    def __init__(self) -> None:
        self._held = {}

    def fetch(self, ids: object) -> None:
        from sync.hub.central import Held

        for one in ids:  # type: ignore[attr-defined]
            self._held.setdefault(one, Held(one, ""))
