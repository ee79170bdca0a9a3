"""Whose step a change is, on the laptops of others: each by its own author, and none that is withheld."""

from __future__ import annotations

import json
from datetime import date
from types import SimpleNamespace

import pytest
from pydantic import BaseModel

from casework.edits import CREATED, Change, Edit, update
from casework.records import Flag, Record, School
from casework.records_attendance import AttendanceWeek
from storage.central.delivery import Row
from storage.integrity import history_gives_rows
from storage.queries.conflicts import read_conflicts
from storage.queries.history import read_history
from storage.settling import commit_settlement
from sync.hub.telling import _steps_of
from sync.messages.pages import Page
from tests.sync.world import Laptop, World


@pytest.mark.parametrize(
    ("since", "answer"),
    [
        (0, (9, {"": 2, "known_as": 5, "reg": 9, "tags": 7})),
        (2, (9, {"known_as": 5, "tags": 7})),
        (5, (9, {"tags": 7})),
        (7, (9, {})),
    ],
)
def test_only_steps_that_the_laptop_does_not_know_are_named(since: int, answer: object) -> None:
    versions = {"": 2, "known_as": 5, "tags": 7, "reg": 9, "nhs_number": 11}
    row = SimpleNamespace(seq=11, versions=json.dumps(versions))
    assert _steps_of(row, [["known_as", "tags"], ["reg"]], since) == answer


def told(laptop: Laptop, record: Record) -> list[tuple[str, str, object]]:
    """Field, author and new value of each change, the oldest first; of a creation no value."""
    history = read_history(laptop.store, record.type, record.id)
    return [(one.field, one.by, one.new if one.field else "") for one in reversed(history)]


def test_each_field_is_told_of_by_who_changed_it(world: World) -> None:
    ana, ben, cy = world.laptop("Ana"), world.laptop("Ben"), world.laptop("Cy")
    tilly = world.child("Tilly")
    ana.make(tilly)
    world.settle()
    ana.change(tilly, known_as="Til")
    ben.change(tilly, language="Polish")
    assert ana.sync().agreed
    assert ben.sync().agreed
    assert cy.sync().agreed
    assert told(cy, tilly)[1:] == [("known_as", "Ana", "Til"), ("language", "Ben", "Polish")]
    assert list(history_gives_rows(cy.store.conn)) == []


def test_a_record_that_comes_after_two_worked_on_it_names_both(world: World) -> None:
    ana, ben, cy = world.laptop("Ana"), world.laptop("Ben"), world.laptop("Cy")
    tilly = world.child("Tilly")
    ana.make(tilly)
    world.settle()
    flag = Flag(id=world.new_id("flag"), child=tilly.id, kind="eal", note="Speaks Polish at home")
    ana.make(flag)
    assert ana.sync().agreed
    assert ben.sync().agreed
    ben.change(flag, source="The school")
    assert ben.sync().agreed
    assert cy.sync().agreed
    assert told(cy, flag) == [("", "Ana", ""), ("source", "Ben", "The school")]
    assert (cy.get(flag).note, cy.get(flag).source) == ("Speaks Polish at home", "The school")
    assert list(history_gives_rows(cy.store.conn)) == []


def test_a_list_that_two_wrote_on_is_told_as_merged_to_the_second(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly")
    ana.make(tilly)
    world.settle()
    ana.change(tilly, tags=("a", "b"))
    ben.change(tilly, tags=("b", "c"))
    world.settle()
    for laptop, by, step in ((ana, "Ben", "Changed"), (ben, "", "Merged with what others wrote")):
        told = read_history(laptop.store, "child", tilly.id, "tags")[0]
        assert (told.by, told.step, told.new) == (by, step, ["a", "b", "c"])


def test_what_both_made_is_told_of_by_who_made_it_first(world: World) -> None:
    """The second one had it under another id, and changed another field."""
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    first = School(id=world.new_id("school"), urn="999009", name="Harbour View", team=world.team.id)
    ana.make(first)
    assert ana.sync().agreed
    second = first.model_copy(update={"id": world.new_id("school"), "name": "Harbour View Academy"})
    ben.make(second)
    ben.change(second, spoc="Ms Reed")
    ben.sync()
    assert ana.sync().agreed
    held = ben.get(first)
    assert held.spoc == "Ms Reed"
    authors = {by for field, by, new in told(ben, first) if field == "name" and new == held.name}
    assert "Ben" not in authors, "he wrote another name"


def test_a_step_that_changed_only_what_is_withheld_is_not_named(world: World) -> None:
    nurse, school = world.laptop("Nia", "school-nursing"), world.laptop("Sol", "school", schools=())
    tilly = world.child("Tilly", lead_worker=nurse.worker.id)
    nurse.make(tilly)
    world.settle()
    assert school.has(tilly)
    nurse.change(tilly, known_as="Til")
    held = nurse.get(tilly)
    nurse.store.journal.commit(Edit("Number at the clinic", update(held, nhs_number="9434765919")))
    assert nurse.sync().agreed
    pages: list[Page] = []

    def note(verb: str, said: BaseModel, answer: BaseModel) -> None:
        del verb, said
        pages.extend([answer] if isinstance(answer, Page) else [])

    school.way.spy = note
    assert school.sync().agreed
    assert [step.name for page in pages for step in page.edits] == ["Changed"]
    assert [row.type for page in pages for row in page.rows] == ["child"]
    assert told(school, tilly)[1:] == [("known_as", "Nia", "Til")]


@pytest.mark.parametrize("again", [False, True])
def test_a_conflict_comes_as_it_was_made_and_then_as_it_was_settled(world: World, *, again: bool) -> None:
    """To a laptop that was away meanwhile; `again`: two settled it, and the later step changed nothing."""
    ana, ben, cy = world.laptop("Ana"), world.laptop("Ben"), world.laptop("Cy")
    tilly = world.child("Tilly")
    ana.make(tilly)
    world.settle()
    for laptop, name in ((ana, "Til"), (ben, "Lily")):
        laptop.change(tilly, known_as=name)
    for laptop in (ana, ben, ana):
        assert laptop.sync().agreed
    (open_one,) = read_conflicts(ana.store)
    commit_settlement(ana.store, open_one.id, "central")
    if again:
        commit_settlement(ben.store, open_one.id, "yours")
    for laptop in (ana, ben, cy):
        assert laptop.sync().agreed
    conflict = cy.get(open_one.conflict)
    assert (conflict.settled, conflict.chosen) == (True, '"Til"')
    settling = [("chosen", "Ana", '"Til"'), ("settled", "Ana", True)]
    assert (told(cy, conflict)[0], sorted(told(cy, conflict)[1:])) == (("", "Ben", ""), settling)
    assert list(history_gives_rows(cy.store.conn)) == []


def test_a_record_is_made_before_it_is_changed_whatever_is_said() -> None:
    """A central record may name for the making of a record the step that touched it last."""
    fields = Flag(id="f", child="c", kind="eal", source="The school").model_dump(mode="json")
    row = Row("flag", "f", 4, {}, {CREATED: 5, "source": 4})
    made, changed = row.by_step([Change("flag", "f", CREATED, None, fields)])
    assert (made[0], made[1].field, changed[0], changed[1].field) == (4, CREATED, 4, "source")


def test_what_the_author_may_not_keep_leaves_a_history_that_gives_the_row(world: World) -> None:
    """A worker brings in a code that may tell of youth justice: what stands for it is left on her laptop."""
    ana = world.laptop("Ana", schools=(world.school.id,))
    tilly = world.child("Tilly")
    marks = " ".join(["/", "\\", "Y2", "Y2", *"/\\/\\/\\", *"##"])
    week = AttendanceWeek(
        id=world.new_id("week"), child=tilly.id, school=world.school.id, week=date(2026, 11, 16), marks=marks
    )
    ana.make(tilly)
    ana.make(week)
    assert ana.sync().agreed
    shown = ana.get(week).marks
    assert shown == marks.replace("Y2", "Y")
    conn = ana.store.conn
    assert [*history_gives_rows(conn)] == []
    made = conn.execute("SELECT new FROM change WHERE record = ?", (week.id,)).fetchall()
    assert [json.loads(new)["marks"] for (new,) in made] == [shown]


def test_what_a_withdrawal_takes_out_of_a_row_is_gone_from_the_history_too(world: World) -> None:
    ana = world.laptop("Ana", schools=(world.school.id,))
    tilly = world.child("Tilly", lead_worker=ana.worker.id)
    ana.make(tilly)
    nia = world.laptop("Nia", "school-nursing")
    agreement = world.agreement(tilly.id, ana.worker.id)
    ana.make(agreement)
    world.settle()
    assert nia.get(agreement).given_by == "Jo Marsh"
    ana.change(agreement, status="withdrawn", withdrawn_on=world.today())
    world.settle()
    assert nia.get(agreement).given_by == ""
    assert ana.get(agreement).given_by == "Jo Marsh"
    kept = nia.store.conn.execute("SELECT old, new FROM change WHERE record = ?", (agreement.id,)).fetchall()
    assert kept
    assert "Jo Marsh" not in str(kept)
    assert [*history_gives_rows(nia.store.conn)] == []
