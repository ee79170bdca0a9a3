"""A day of the central record ends when it ends in England, whatever it is that opens or closes something."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from casework.errors import Refused
from casework.policies import Category
from casework.records import Child, Contact
from casework.records_sharing import Agreement
from sync.hub import care, tables
from sync.hub.devices import add_device, put, revoke
from sync.hub.entitlement import facets_in
from sync.hub.feed import Feed
from sync.hub.releasing import release
from tests.sync.databases import SqliteDatabase
from tests.sync.world import Laptop, World, opened_world

EVENING = datetime(2026, 7, 14, 22, 30, tzinfo=UTC)
"""Half past eleven in England."""


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[World]:
    """A central record on one database: what no database changes."""
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


def of_that_day(world: World, by: Laptop, child: Child) -> Agreement:
    """An agreement for the last time on that day."""
    given = {"given_on": date(2026, 7, 1), "expires": EVENING.date()}
    return world.agreement(child.id, by.worker.id).model_copy(update=given)


def test_what_an_agreement_opened_goes_with_the_day_in_england(world: World) -> None:
    """In a British summer midnight comes an hour before that of UTC."""
    world.now = EVENING
    ana, nurse = world.laptop("Ana"), world.laptop("Nia", "school-nursing")
    tilly = world.child("Tilly")
    words = Contact(
        id=world.new_id("contact"),
        child=tilly.id,
        at=world.now,
        by=ana.worker.id,
        kind="call",
        note="Mum is worried",
    )
    ana.make(tilly, words, of_that_day(world, ana, tilly))
    world.settle()
    assert nurse.has(words)
    world.now += timedelta(hours=1)
    assert nurse.sync().agreed
    assert not nurse.has(words)


def holds_family_words(world: World, device: str, child: Child) -> bool:
    """Whether a laptop may hold what the agreement opens."""
    with world.hub.engine.begin() as connection:
        mask, _ = Feed(connection, device).masks().get(child.id, (0, 0))
    return any(facet.category == Category.FAMILY for facet in facets_in(mask))


@pytest.mark.parametrize("hours", [0, 1])
@pytest.mark.parametrize("way", ["pushed", "entered", "let in", "enrolled", "approved", "tied to a school"])
def test_what_ended_with_the_day_in_england_is_open_until_then(alone: World, way: str, hours: int) -> None:
    world = alone
    world.now = EVENING
    ana, nurse = world.laptop("Ana"), world.laptop("Nia", "school-nursing")
    tilly = world.child("Tilly")
    ana.make(tilly)
    world.settle()
    device = nurse.way.device
    assert not holds_family_words(world, device, tilly)
    agreement = of_that_day(world, ana, tilly)
    if way in ("pushed", "entered", "let in"):
        last = writing(world, way, ana, agreement)
    else:
        ana.make(agreement)
        assert ana.sync().agreed
        device, last = opening(world, way, nurse)
    world.now += timedelta(hours=hours)
    last()
    assert holds_family_words(world, device, tilly) == (hours == 0)


def writing(world: World, way: str, ana: Laptop, agreement: Agreement) -> Callable[[], object]:
    """What puts the agreement on record."""
    if way == "entered":
        return lambda: in_one(world, lambda it: put(it, world.new_id("edit"), "Enter", agreement, world.now))
    ana.make(agreement)
    if way == "pushed":
        return ana.sync
    in_one(world, lambda it: revoke(it, ana.way.device))
    with pytest.raises(Refused):
        ana.sync()
    with world.hub.engine.begin() as connection:
        (step,) = care.aside(connection)
    why = ("Dana Cedar", "It stands")
    return lambda: in_one(world, lambda it: release(it, step["edit"], *why, world.now))


def opening(world: World, way: str, nurse: Laptop) -> tuple[str, Callable[[], object]]:
    """The laptop for which it is worked out what it may hold, and by what."""
    if way == "enrolled":
        new, worker = world.new_id("device"), nurse.worker.id
        return new, lambda: in_one(world, lambda it: add_device(it, new, worker, b"", world.now))
    device = nurse.way.device
    in_one(world, lambda it: it.execute(tables.entitlement.delete()))
    if way == "approved":
        own = tables.device.c.id == device
        in_one(world, lambda it: it.execute(tables.device.update().where(own).values(status="waiting")))
        return device, lambda: in_one(world, lambda it: care.approve(it, device, world.now))
    urn, worker = world.school.urn, nurse.worker.id
    return device, lambda: in_one(world, lambda it: care.entitle(it, worker, [urn], [], world.now))


def in_one(world: World, step: Callable[[Connection], object]) -> None:
    """A step in one transaction."""
    with world.hub.engine.begin() as connection:
        step(connection)
