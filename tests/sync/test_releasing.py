"""A step that was kept aside is let in by a person: nothing of it is lost, and it stands under its author."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from casework.errors import BadInput, OutreachError, Refused
from sync.hub import care, tables
from sync.hub.releasing import release
from sync.messages.steps import Changed, Push, SentEdit
from tests.sync.databases import SqliteDatabase
from tests.sync.world import Laptop, World, opened_world


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[World]:
    """A central record on one database: what no database changes."""
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


def revoke(world: World, laptop: Laptop) -> None:
    with world.hub.engine.begin() as connection:
        held = tables.device
        connection.execute(held.update().where(held.c.id == laptop.way.device).values(status="revoked"))


def test_what_a_revoked_laptop_handed_in_is_let_in_once(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly")
    ana.make(tilly)
    world.settle()
    ana.change(tilly, known_as="Til")
    revoke(world, ana)
    with pytest.raises(OutreachError):
        ana.sync()
    with world.hub.engine.begin() as connection:
        (held,) = care.aside(connection)
        with pytest.raises(BadInput, match=r"Say why: --reason is empty\."):
            release(connection, held["edit"], "Dana Cedar", " ", world.now)
        with pytest.raises(BadInput, match=r"Say who decides: --by is empty\."):
            release(connection, held["edit"], "", "She left", world.now)
        with pytest.raises(BadInput, match=r"--reason has 1,001 characters and 1,000 are the most"):
            release(connection, held["edit"], "Dana Cedar", "a" * 1001, world.now)
    with world.hub.engine.begin() as connection:
        release(connection, held["edit"], "Dana Cedar", "She left; her work stands", world.now)
    with world.hub.engine.begin() as connection, pytest.raises(BadInput, match="is kept aside"):
        release(connection, held["edit"], "Dana Cedar", "Again", world.now)
    assert ben.sync().agreed
    assert ben.get(tilly).known_as == "Til"


def test_what_a_revoked_laptop_may_hold_is_worked_out_no_more(alone: World) -> None:
    ana, ben = alone.laptop("Ana"), alone.laptop("Ben")
    tilly, max_ = alone.child("Tilly"), alone.child("Max")
    ana.make(tilly)
    alone.settle()
    revoke(alone, ben)
    ana.make(max_)
    assert ana.sync().agreed
    held = tables.entitlement
    with alone.hub.engine.begin() as connection:
        scopes = select(held.c.scope).where(held.c.device == ben.way.device, held.c.mask > 0)
        found = set(connection.execute(scopes).scalars())
    assert (tilly.id in found, max_.id in found) == (True, False)


def test_what_is_let_in_goes_to_the_record_of_the_child_who_is_known_already(alone: World) -> None:
    ana, ben = alone.laptop("Ana"), alone.laptop("Ben")
    known = {"upn": "U886009924001", "dob": "2017-03-02"}
    tilly, again = alone.child("Tilly", **known), alone.child("Tilly", language="Polish", **known)
    ana.make(tilly)
    alone.settle()
    ben.make(again)
    revoke(alone, ben)
    with pytest.raises(OutreachError):
        ben.sync()
    with alone.hub.engine.begin() as connection:
        (held,) = care.aside(connection)
        release(connection, held["edit"], "Dana Cedar", "Her work stands", alone.now)
    assert ana.sync().agreed
    assert ana.get(tilly).language == "Polish"
    assert not ana.has(again)


def test_what_cannot_be_taken_stays_aside_as_it_was(alone: World) -> None:
    kim = alone.laptop("Kim")
    pigeon = Changed(type="pigeon", record="pigeon-1", field="", new={"name": "Polly"})
    step = SentEdit(
        id="edit-aaa", worker=kim.worker.id, name="Pigeon", at=alone.now.isoformat(), seen=0, changes=[pigeon]
    )
    assert kim.way.push(Push(edits=[step])).verdicts[0].verdict == "quarantined"
    why = ("Dana Cedar", "Let it in", alone.now)
    with alone.hub.engine.begin() as connection:
        held = connection.execute(select(tables.quarantine)).one()
        later = {**held._mapping, "edit": "edit-aab", "edit_text": '{"changes": []}'}
        connection.execute(insert(tables.quarantine), [later])
    for named, problem, words in (
        ("edit-aaa", Refused, None),
        ("edit-aab", Refused, "not understood by this version"),
        ("edit-aa", BadInput, "Several steps"),
    ):
        with pytest.raises(problem, match=words), alone.hub.engine.begin() as connection:
            release(connection, named, *why)
    with alone.hub.engine.begin() as connection:
        kept = care.aside(connection)
    assert [(one["edit"], one["device"]) for one in kept] == [
        (edit, kim.way.device) for edit in ("edit-aaa", "edit-aab")
    ]
