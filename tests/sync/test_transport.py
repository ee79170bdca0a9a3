"""A session knows its transport by `send` alone, and says the same of a step by each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import BaseModel

from storage.central.bundles import read_bundles
from sync.by_letter import LetterSession
from sync.hub.bundles import answer_of, take
from sync.hub.database import transact
from sync.letters import Answers, Letter
from sync.messages.steps import Push
from sync.sealing import Head
from sync.transport import M, T
from tests.sync.databases import SqliteDatabase
from tests.sync.world import Laptop, World, opened_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


@dataclass
class InHand:
    """A transport with neither a network nor a file: what was sent lies here."""

    sent: list[BaseModel] = field(default_factory=list)

    def send(self, said: BaseModel, shape: type[M], then: Callable[[M], T]) -> None:
        del shape, then
        self.sent.append(said)

    @property
    def letter(self) -> Letter:
        first = self.sent[0]
        assert isinstance(first, Letter)
        return first

    @property
    def pushes(self) -> list[Push]:
        return [said for said in self.sent if isinstance(said, Push)]


def said_by_letter(session: LetterSession, laptop: Laptop) -> InHand:
    way = InHand()
    session.say(way, session.letter(read_bundles(laptop.store.conn)), 0, ())
    return way


def answered(world: World, laptop: Laptop, way: InHand) -> Answers:
    """What the central record says to it."""
    device, now = laptop.way.device, world.now.isoformat()
    head = Head(kind="laptop", hub="hub-of-the-test", device=device, counter=1, made=now, seal="0" * 64)
    engine = world.hub.engine
    owed, _ = transact(
        engine,
        lambda connection: take(world.hub, connection, head, "0" * 64, way.letter, lambda: way.pushes),
    )
    reply, verdicts, pages = transact(engine, lambda connection: answer_of(connection, device, owed))
    return Answers(reply, verdicts, iter(pages))


def test_a_session_by_letter_goes_by_any_transport(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly, sam = world.child("Tilly"), world.child("Sam")
    ana.make(tilly)
    assert ana.sync().agreed
    ben.make(sam)
    by_letter = LetterSession(ben.store, now=ben.store.now)
    way = said_by_letter(by_letter, ben)
    done = by_letter.hear(answered(world, ben, way), way.letter.hello.coming)
    assert (done.agreed, done.problems, done.pushed) == (True, [], 2)  # its set-up, too
    assert ben.has(tilly)
    assert ana.sync().agreed
    assert ana.has(sam)


def test_a_step_is_said_alike_by_letter_and_over_the_network(world: World) -> None:
    ana = world.laptop("Ana")
    lily = world.child("Lily")
    ana.make(lily)
    assert ana.sync().agreed
    ana.change(lily, known_as="Lil")
    ana.make(world.contact(lily.id))
    by_letter = [
        edit
        for push in said_by_letter(LetterSession(ana.store, now=ana.store.now), ana).pushes
        for edit in push.edits
    ]
    pushed: list[Push] = []
    ana.way.spy = lambda _, said, __: pushed.append(said) if isinstance(said, Push) else None
    assert ana.sync().agreed
    assert [edit for push in pushed for edit in push.edits] == by_letter != []
