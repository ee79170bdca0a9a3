"""The message that is made ready while the central record works on the one before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from casework.records import School
from storage.central import outbox
from storage.cipher import open_database
from sync import sending
from sync.messages import Push, Pushed
from tests.sync.databases import SqliteDatabase
from tests.sync.world import Laptop, Way, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, SqliteDatabase(tmp_path))


@pytest.fixture(autouse=True)
def one_step_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "MOST_EDITS", 1)


@dataclass
class Watched(Way):
    """Keeps what was made ready and what was pushed."""

    ready: list[Push] = field(default_factory=list)
    pushed: list[Push] = field(default_factory=list)

    def make_ready(self, said: Push) -> None:
        self.ready.append(said)

    def push(self, said: Push) -> Pushed:
        self.pushed.append(said)
        return super().push(said)


def watched(laptop: Laptop) -> Watched:
    laptop.way = Watched(laptop.way.hub, laptop.way.device)
    return laptop.way


def test_the_next_message_is_made_ready_and_is_the_one_that_is_sent(world: World) -> None:
    ana = world.laptop("Ana")
    assert ana.sync().agreed
    way = watched(ana)
    children = [world.child(f"Tilly {n}") for n in range(4)]
    for child in children:
        ana.make(child)
    assert ana.sync().pushed == 4
    assert all(ready is sent for ready, sent in zip(way.ready, way.pushed[1:], strict=True))
    assert len(way.ready) == 3


def test_what_was_made_ready_is_read_anew_where_a_record_is_known_by_another_id(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    ana.make(School(id=world.new_id("school"), urn="123456", name="Invented School"))
    assert ana.sync().agreed
    assert ben.sync().agreed
    own = School(id=world.new_id("school"), urn="123456", name="Invented School")
    ben.make(own)
    ben.change(own, name="Invented Academy")
    way = watched(ben)
    session = ben.sync()
    assert session.agreed
    assert not session.quarantined
    assert len(way.pushed) == 3
    assert own.id not in {change.record for edit in way.pushed[-1].edits for change in edit.changes}
    assert [s.name for s in ben.store.find(School, "urn = '123456'")] == ["Invented Academy"]


def test_a_change_of_another_connection_is_seen(world: World) -> None:
    ana = world.laptop("Ana")
    before = outbox.others_wrote(ana.store.conn)
    ana.make(world.child("Tilly"))
    assert outbox.others_wrote(ana.store.conn) == before
    other = open_database(ana.store.path, bytearray(range(32)))
    other.execute("DELETE FROM draft")
    other.execute("UPDATE edit SET reason = 'x'")
    other.close()
    assert outbox.others_wrote(ana.store.conn) != before
