"""A central record that passes over a step, or comes to no end: it is left, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import update

from casework.errors import Unreachable
from storage.central.outbox import count_waiting
from sync.hub import tables
from sync.messages.pages import Page, Pull
from sync.messages.steps import Push, Pushed
from tests.sync.databases import SqliteDatabase
from tests.sync.world import Laptop, StepByStep, World, opened_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


@dataclass
class PassingOver(StepByStep):
    """Says nothing of one step of each message."""

    passed: int = -1

    def push(self, said: Push) -> Pushed:
        answer = super().push(said)
        left = [*answer.verdicts]
        del left[self.passed]
        return answer.model_copy(update={"verdicts": left})


def at_work(world: World) -> Laptop:
    ana = world.laptop("Ana")
    ana.sync()
    for name in ("Tilly", "Sam", "Lily"):
        ana.make(world.child(name))
    return ana


@pytest.mark.parametrize("passed", [0, 1, -1])
def test_an_answer_that_passes_over_a_step_is_refused_and_nothing_is_lost(world: World, passed: int) -> None:
    ana = at_work(world)
    honest, ana.way = ana.way, PassingOver(ana.way.hub, ana.way.device, passed=passed)
    for _ in range(2):
        with pytest.raises(Unreachable, match="nothing is lost") as fault:
            ana.sync()
        assert (fault.value.code, fault.value.exit_code) == ("bad-answer", 6)
        assert count_waiting(ana.store.conn) == 3
    ana.way = honest
    done = ana.sync()
    assert (done.agreed, done.pushed, done.problems) == (True, 3, [])


def test_what_is_handed_in_is_answered_for_before_the_access_ends(world: World) -> None:
    """Else the keys would be destroyed with a step that is nowhere."""
    ana = at_work(world)
    device = tables.device
    with world.hub.engine.begin() as connection:
        connection.execute(update(device).where(device.c.id == ana.way.device).values(status="revoked"))
    ana.way = PassingOver(ana.way.hub, ana.way.device)
    with pytest.raises(Unreachable):
        ana.sync()
    assert count_waiting(ana.store.conn) == 3


@dataclass
class ForEver(StepByStep):
    """Answers each message so that the laptop has to ask once more."""

    def push(self, said: Push) -> Pushed:
        made = said.edits[0].changes[0].record
        return Pushed(known={made: made})

    def pull(self, said: Pull) -> Page:
        return Page(cursor=said.cursor, more=True)


def test_a_central_record_that_takes_nothing_without_end_is_left(world: World) -> None:
    ana = at_work(world)
    honest, ana.way = ana.way, ForEver(ana.way.hub, ana.way.device)
    with pytest.raises(Unreachable, match="took no step; nothing is lost") as fault:
        ana.sync()
    assert (fault.value.code, fault.value.exit_code) == ("bad-answer", 6)
    assert count_waiting(ana.store.conn) == 3
    ana.way = honest
    assert ana.sync().agreed


def test_a_central_record_that_has_more_without_end_is_left(world: World) -> None:
    ana = world.laptop("Ana")
    ana.sync()
    world.laptop("Ben").sync()
    ana.way = ForEver(ana.way.hub, ana.way.device)
    with pytest.raises(Unreachable, match="sent nothing"):
        ana.sync()


def test_what_is_handed_in_without_a_verdict_still_waits(world: World) -> None:
    ana = at_work(world)
    device = tables.device
    with world.hub.engine.begin() as connection:
        connection.execute(update(device).where(device.c.id == ana.way.device).values(status="revoked"))
    ana.way = ForEver(ana.way.hub, ana.way.device)
    with pytest.raises(Unreachable, match="took no step"):
        ana.sync()
    assert count_waiting(ana.store.conn) == 3
