"""A step that was kept aside is let in by a person: nothing of it is lost, and it stands under its author."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from casework.errors import BadInput, OutreachError
from casework.records import School
from sync.hub import care, tables
from sync.hub.releasing import release
from sync.messages import Changed, Push, SentEdit
from tests.sync.world import World


def test_a_step_of_which_one_child_was_not_the_laptops_is_let_in(world: World) -> None:
    nurse, kim = world.laptop("Nia", "school-nursing"), world.laptop("Kim")
    far = School(id=world.new_id("school"), urn="999002", name="Harbour View")
    tilly = world.child("Tilly", team=None, school=far.id)
    nurse.make(far, tilly)
    assert nurse.sync().agreed
    assert kim.sync().agreed
    sam = world.child("Sam")
    new = sam.model_dump(mode="json", exclude={"id", "void"})
    step = SentEdit(
        id=world.new_id("edit"),
        worker=kim.worker.id,
        name="Import",
        at=world.now.isoformat(),
        seen=0,
        changes=[
            Changed(type="child", record=sam.id, field="", new=new),
            Changed(type="child", record=tilly.id, field="known_as", old="", new="Til"),
        ],
    )
    (told,) = kim.way.push(Push(edits=[step])).verdicts
    assert (told.verdict, told.code) == ("quarantined", "not-entitled")
    with world.hub.engine.begin() as connection:
        (held,) = care.aside(connection)
        assert held["records"] == {"child": 2}
        verdict = release(connection, step.id, "Dana Cedar", "It is the school's roll", world.now)
        assert verdict.verdict == "applied"
        assert (care.aside(connection), care.problems(connection)) == ([], [])
        row = connection.execute(select(tables.log).where(tables.log.c.edit == step.id)).one()
        fields = connection.execute(
            select(tables.record.c.fields).where(tables.record.c.id == tilly.id)
        ).scalar_one()
        assert '"known_as":"Til"' in fields
        assert (row.worker, "Let in by Dana Cedar" in row.verdict) == (kim.worker.id, True)
    assert kim.way.push(Push(edits=[step])).verdicts[0].again, "it is known again when it is sent again"
    assert kim.sync().agreed
    assert (kim.get(sam).forename, kim.has(tilly)) == ("Sam", False)


def test_what_a_revoked_laptop_handed_in_is_let_in_once(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly")
    ana.make(tilly)
    world.settle()
    ana.change(tilly, known_as="Til")
    with world.hub.engine.begin() as connection:
        connection.execute(
            tables.device.update().where(tables.device.c.id == ana.way.device).values(status="revoked")
        )
    with pytest.raises(OutreachError):
        ana.sync()
    with world.hub.engine.begin() as connection:
        (held,) = care.aside(connection)
        with pytest.raises(BadInput, match="Say --reason"):
            release(connection, held["edit"], "Dana Cedar", " ", world.now)
    with world.hub.engine.begin() as connection:
        release(connection, held["edit"], "Dana Cedar", "She left; her work stands", world.now)
    with world.hub.engine.begin() as connection, pytest.raises(BadInput, match="is kept aside"):
        release(connection, held["edit"], "Dana Cedar", "Again", world.now)
    assert ben.sync().agreed
    assert ben.get(tilly).known_as == "Til"
