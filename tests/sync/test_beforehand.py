"""What own records add to the sums, worked out while an answer is awaited, is used only while it is right."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from casework.errors import Unreachable
from storage import rows
from storage.central import holdings, outbox
from storage.central.beforehand import Beforehand
from storage.central.holdings import Holdings
from storage.cipher import Connection, open_database
from sync import sending
from sync.hub.central import Central
from sync.messages.pages import Pull
from sync.messages.steps import Push, Pushed
from sync.transport import M, T
from tests.sync.databases import KEY, SqliteDatabase
from tests.sync.world import Way, World

_ALL = (1 << 62) - 1


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, SqliteDatabase(tmp_path))


@dataclass
class Meanwhile(Way):
    """Somebody works on while an answer to a push is awaited."""

    work: Iterator[Callable[[], None]] = field(default_factory=lambda: iter(()))

    def send(self, said: BaseModel, shape: type[M], then: Callable[[M], T]) -> Callable[[], T]:
        wait = super().send(said, shape, then)

        def waited() -> T:
            next(self.work, lambda: None)()
            return wait()

        return waited if isinstance(said, Push) else wait


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The types of the records that are hashed once nothing waits."""
    found: list[str] = []
    real = holdings.facet_hashes

    def watched(kind: str, record: str, values: Mapping[str, Any]) -> dict[str, int]:
        found.append(kind)
        return real(kind, record, values)

    monkeypatch.setattr(holdings, "facet_hashes", watched)
    return found


def test_what_was_hashed_while_it_waited_is_not_hashed_again(world: World, hashed: list[str]) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    child = world.child("Tilly")
    ana.make(child, *(world.contact(child.id) for _ in range(3)))
    assert ana.sync().agreed
    assert "child" in hashed
    assert "contact" not in hashed
    assert ana.sums_fit()
    assert ben.sync().agreed


def test_so_it_is_with_what_goes_with_the_greeting(world: World, hashed: list[str]) -> None:
    ana = world.laptop("Ana")
    child = world.child("Tilly")
    ana.make(child)
    assert ana.sync().agreed
    assert ana.sync().agreed
    hashed.clear()
    ana.make(world.contact(child.id))
    session = ana.sync()
    assert (session.agreed, session.requests, session.pushed) == (True, 1, 1)
    assert "contact" not in hashed
    assert ana.sums_fit()


def test_a_step_that_is_made_while_an_answer_is_awaited_is_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST_EDITS", 1)
    ana = world.laptop("Ana")
    child = world.child("Tilly")
    first, second = world.contact(child.id), world.contact(child.id)
    for record in (child, first, second):
        ana.make(record)
    steps = [
        lambda: None,  # the step that set the caseload up
        lambda: None,
        lambda: ana.change(first, note="Came back"),
        lambda: ana.change(first, note="Away again"),
    ]
    ana.way = Meanwhile(ana.way.hub, ana.way.device, work=iter(steps))
    session = ana.sync()
    assert session.agreed
    assert (session.pushed, session.problems) == (6, [])
    assert ana.sums_fit()


def test_a_record_that_changes_after_it_was_counted_is_counted_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST_EDITS", 1)
    ana = world.laptop("Ana")
    child = world.child("Tilly")
    first, last = world.contact(child.id), world.contact(child.id)
    for record in (child, first, last):
        ana.make(record)
    nothing = [lambda: None] * 3  # the step that set the caseload up, the child and the first call
    ana.way = Meanwhile(
        ana.way.hub, ana.way.device, work=iter([*nothing, lambda: ana.change(first, note="Came back")])
    )
    session = ana.sync()
    assert (session.agreed, session.pushed, session.problems) == (True, 5, [])
    assert ana.sums_fit()


def test_a_share_is_forgotten_when_another_connection_wrote(world: World) -> None:
    ana = world.laptop("Ana")
    child = world.child("Tilly")
    held = world.contact(child.id)
    ana.make(child, held)
    entry = ("contact", held.id)
    beforehand = Beforehand(ana.store.conn)
    beforehand.work_out([entry, ("child", child.id)])
    assert list(beforehand.whole([entry], {child.id: _ALL})) == [entry]
    assert beforehand.whole([("child", child.id)], {child.id: _ALL}) == {}  # it may tie a home
    other = open_database(ana.store.path, bytearray(KEY))
    other.execute("UPDATE contact SET note = 'Another' WHERE id = ?", (held.id,))
    other.close()
    assert beforehand.whole([entry], {child.id: _ALL}) == {}


def test_only_what_may_be_held_whole_is_ready(world: World) -> None:
    ana = world.laptop("Ana")
    child = world.child("Tilly")
    held = world.contact(child.id)
    ana.make(child, held)
    entry = ("contact", held.id)
    beforehand = Beforehand(ana.store.conn)
    beforehand.work_out([entry])
    [share] = beforehand.whole([entry], {child.id: _ALL}).values()
    for bit in (1 << place for place in range(62)):
        assert bool(beforehand.whole([entry], {child.id: _ALL & ~bit})) != bool(share.bits & bit)
    assert beforehand.whole([entry], {}) == {}
    beforehand.forget([entry])
    assert beforehand.whole([entry], {child.id: _ALL}) == {}


def test_what_a_step_made_is_counted_as_if_it_were_read(world: World) -> None:
    ana = world.laptop("Ana")
    child = world.child("Tilly")
    held = world.contact(child.id)
    ana.make(child, held)
    entry = ("contact", held.id)
    made = ana.store.conn.execute("SELECT new FROM change WHERE record = ?", (held.id,)).fetchone()[0]
    as_made, as_read, changed, short = (Beforehand(ana.store.conn) for _ in range(4))
    as_read.work_out([entry])
    as_made.work_out([entry], {entry: json.loads(made)})
    changed.work_out([entry], {entry: {**json.loads(made), "note": "Another"}})
    short.work_out([entry], {entry: {"child": child.id}})
    masks = {child.id: _ALL}
    assert as_made.whole([entry], masks) == as_read.whole([entry], masks) == short.whole([entry], masks)
    assert changed.whole([entry], masks) != as_read.whole([entry], masks)  # it was not read


def test_what_one_message_makes_and_changes_is_counted_as_it_stands(world: World) -> None:
    ana = world.laptop("Ana")
    child = world.child("Tilly")
    held = world.contact(child.id)
    ana.make(child, held)
    ana.change(held, note="Came back")
    session = ana.sync()
    assert (session.agreed, session.problems) == (True, [])
    assert ana.sums_fit()


def test_more_records_than_are_counted_at_a_time_add_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "_AT_ONCE", 2)
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    child, other = world.child("Tilly"), world.child("Sam")
    ana.make(child, other, *(world.contact(of.id) for of in (child, other, child, other, child)))
    for laptop in (ana, ben):
        session = laptop.sync()
        assert (session.agreed, session.problems) == (True, [])
        assert laptop.sums_fit()


@dataclass
class Breaking(Way):
    """Breaks off where the push with this number would be answered."""

    at: int = 0
    pushed: int = 0

    def push(self, said: Push) -> Pushed:
        self.pushed += 1
        if self.pushed == self.at:
            raise Unreachable("unreachable", "The connection broke off.")
        return super().push(said)


def test_what_was_taken_is_counted_while_an_answer_is_awaited(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST_EDITS", 1)
    ana = world.laptop("Ana")
    child = world.child("Tilly")
    made = [world.contact(child.id) for _ in range(4)]
    for record in (child, *made):
        ana.make(record)
    left: list[int] = []

    def watched(self: Holdings, records: Any, known: Any = None, shares: Any = None) -> None:
        left.append(len(shares or ()))
        real(self, records, known, shares)

    real = Holdings.recount
    monkeypatch.setattr(Holdings, "recount", watched)
    session = ana.sync()
    assert (session.agreed, session.problems) == (True, [])
    assert left[-1] == 0  # what the last message made was counted while the first page was awaited
    assert ana.sums_fit()


def test_a_session_that_breaks_off_after_it_counted_is_put_right_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST_EDITS", 1)
    ana = world.laptop("Ana")
    child = world.child("Tilly")
    made = [world.contact(child.id) for _ in range(4)]
    for record in (child, *made):
        ana.make(record)
    way = ana.way
    ana.way = Breaking(way.hub, way.device, at=6)  # the last one; the first is the step of the setup
    with pytest.raises(Unreachable):
        ana.sync()
    assert len(Holdings(ana.store.conn).counted([child.id])) == 2
    assert Holdings(ana.store.conn).masks()[child.id] == 0
    ana.way = way
    ana.change(made[0], note="Came back")
    session = ana.sync()
    assert (session.agreed, session.problems) == (True, [])
    assert ana.sums_fit()


@dataclass
class LastWord(Way):
    """Somebody works on while the last word of a pull is awaited; keeps how many records are to be counted
    then.
    """

    conn: Connection | None = None
    work: Iterator[Callable[[], object]] = field(default_factory=lambda: iter(()))
    to_count: list[int] = field(default_factory=list)

    def send(self, said: BaseModel, shape: type[M], then: Callable[[M], T]) -> Callable[[], T]:
        wait = super().send(said, shape, then)
        is_last = isinstance(said, Pull) and bool(said.done)

        def waited() -> T:
            if is_last and self.conn is not None:
                self.to_count.append(len(outbox.to_recount(self.conn, 100)))
                next(self.work, lambda: None)()
            return wait()

        return waited


def test_own_records_are_settled_while_the_last_word_of_a_pull_is_awaited(world: World) -> None:
    ana = world.laptop("Ana")
    child = world.child("Tilly")
    ana.make(child)
    ana.make(world.contact(child.id))
    way = ana.way = LastWord(ana.way.hub, ana.way.device, conn=ana.store.conn)
    session = ana.sync()
    assert (session.agreed, session.problems, way.to_count) == (True, [], [0])
    assert ana.sums_fit()


def test_what_is_written_while_own_records_were_settled_early_is_sent_and_counted(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    child = world.child("Tilly")
    ana.make(child)
    work = iter([lambda: ana.change(child, forename="Tilda")])
    ana.way = LastWord(ana.way.hub, ana.way.device, conn=ana.store.conn, work=work)
    session = ana.sync()
    assert (session.agreed, session.pushed, session.problems) == (True, 3, [])
    assert ana.sums_fit()
    assert ben.sync().agreed
    assert ben.get(child).forename == "Tilda"


@dataclass
class LosingAnswers(Way):
    """Loses the answer to the push with this number, which had its effect."""

    at: int = 0
    pushed: int = 0

    def push(self, said: Push) -> Pushed:
        self.pushed += 1
        answer = super().push(said)
        if self.pushed == self.at:
            raise Unreachable("unreachable", "The connection broke off.")
        return answer


def test_what_a_step_made_and_a_later_one_changed_that_was_answered_first_is_counted_as_it_stands(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The later one does not wait any more when the first one is sent again (seed 1000866)."""
    monkeypatch.setattr(sending, "MOST_EDITS", 1)
    ana = world.laptop("Ana")
    child = world.child("Tilly")
    held = world.contact(child.id)
    ana.make(child)
    assert ana.sync().agreed
    ana.make(world.contact(child.id))  # what comes after a step that is new is sent ahead
    ana.make(held)
    ana.change(held, note="Came back")
    way = ana.way
    ana.way = LosingAnswers(way.hub, way.device, at=2)
    with pytest.raises(Unreachable):
        ana.sync()
    assert outbox.count_waiting(ana.store.conn) == 1
    ana.way = way
    session = ana.sync()
    assert (session.agreed, session.problems) == (True, [])
    assert ana.sums_fit()


def test_what_a_step_made_and_somebody_else_changed_is_counted_as_it_stands_after_a_restore(
    world: World,
) -> None:
    """The step is offered again as it was made, and what it made stands otherwise by then."""
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    child = world.child("Tilly")
    held = world.contact(child.id)
    world.settle()
    world.database.back_up()
    ana.make(child, held)
    world.settle()
    ben.change(held, note="Came back")
    world.settle()
    world.put_back()
    assert ana.sync().agreed
    assert ana.sums_fit()
    with world.hub.engine.begin() as connection:
        assert Central(connection).get(held.id).fields["note"] == ana.get(held).note
    world.settle()
    assert [laptop.get(held).note for laptop in (ana, ben)] == ["Came back"] * 2
    assert [laptop.sync().agreed for laptop in (ana, ben)] == [True, True]
