"""The message that is made ready while the central record works on the one before it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import pytest
from pydantic import BaseModel

from casework.errors import Refused, Unreachable
from casework.records import Child, School
from storage.central import outbox
from storage.central.state import read_state
from storage.cipher import open_database
from storage.store import Store
from sync import sending
from sync.hub.counting import Counter
from sync.hub.entries import digest_of_edit, here
from sync.hub.turns import Turn, Turns
from sync.hub.worked_out import worked_out
from sync.messages.greeting import BesideWelcome, Hello, Welcome
from sync.messages.steps import BesidePush, Changed, Push, Pushed, SentEdit
from sync.saying import sent_edit
from sync.transport import M, T
from tests.sync.databases import KEY, SqliteDatabase
from tests.sync.world import Laptop, Way, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, SqliteDatabase(tmp_path))


@pytest.fixture(autouse=True)
def one_step_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "MOST_EDITS", 1)


@dataclass
class Begun(Way):
    """Counts the pushes that are on their way; the one with the number `late` comes when it is waited for."""

    begun: int = 0
    most: int = 0
    sent: int = 0
    late: int = 0
    held_back: list[Callable[[], Pushed]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def send(self, said: BaseModel, shape: type[M], then: Callable[[M], T]) -> Callable[[], T]:
        if not isinstance(said, Push):
            return super().send(said, shape, then)
        self.begun += 1
        self.sent += 1
        self.most = max(self.most, self.begun)
        answer: list[Callable[[], T]] = []

        def come() -> T:
            if not answer:
                answer.append(super(Begun, self).send(said, shape, then))
            return answer[0]()

        if self.sent != self.late:
            with suppress(Refused):
                come()

        def wait() -> T:
            self.begun -= 1
            try:
                return come()
            except Refused as refusal:
                self.refused.append(refusal.code)
                raise

        return wait


@dataclass
class OfOlder(Begun):
    """The way to a central record that does not keep pushes in order."""

    def hello(self, said: Hello) -> Welcome:
        welcome = super().hello(said)
        return welcome.model_copy(update={"beside": BesideWelcome(taken=welcome.beside.taken)})


@dataclass
class Elsewhere(OfOlder):
    """Another process works while an answer is awaited; keeps what was pushed."""

    work: Callable[[], None] = lambda: None
    pushed: list[Push] = field(default_factory=list)

    def send(self, said: BaseModel, shape: type[M], then: Callable[[M], T]) -> Callable[[], T]:
        wait = super().send(said, shape, then)

        def waited() -> T:
            self.work()
            return wait()

        return waited if isinstance(said, Push) else wait

    def push(self, said: Push) -> Pushed:
        self.pushed.append(said)
        return super().push(said)


@dataclass
class Watched(Way):
    """Keeps what was made ready and what was pushed."""

    ready: list[BaseModel] = field(default_factory=list)
    pushed: list[Push] = field(default_factory=list)

    def make_ready(self, said: BaseModel) -> None:
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
    ben.make(world.child("Tilly"))  # the central record never heard of this, so what follows is sent ahead
    ben.make(own)
    ben.change(own, name="Invented Academy")
    way = watched(ben)
    session = ben.sync()
    assert session.agreed
    assert not session.quarantined
    assert len(way.pushed) == 5  # the third one was on its way before the second was answered
    assert way.pushed[2].beside.after == way.pushed[1].edits[-1].id
    assert [edit.id for edit in way.pushed[2].edits] == [edit.id for edit in way.pushed[4].edits]
    assert own.id not in {change.record for edit in way.pushed[-1].edits for change in edit.changes}
    assert [s.name for s in ben.store.find(School, "urn = '123456'")] == ["Invented Academy"]


@pytest.mark.parametrize(("kind", "most"), [(Begun, 3), (OfOlder, 1)])
def test_a_push_is_on_its_way_before_the_answer_only_where_order_is_kept(
    world: World, kind: type[Begun], most: int
) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    way = ana.way = kind(ana.way.hub, ana.way.device)
    for n in range(5):
        ana.make(world.child(f"Tilly {n}"))
    session = ana.sync()
    assert (session.agreed, session.pushed, session.problems) == (True, 6, [])
    assert (way.most, way.begun, way.refused) == (most, 0, [])
    assert ben.sync().agreed
    assert len(ben.store.find(Child)) == 5


def test_a_push_that_overtook_the_one_before_it_is_refused_and_sent_again(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    way = ana.way = Begun(ana.way.hub, ana.way.device, late=2)
    child = world.child("Tilly")
    ana.make(child)
    for n in range(3):
        ana.change(child, forename=f"Tilly {n}")
    session = ana.sync()
    assert (session.agreed, session.pushed, session.quarantined) == (True, 5, 0)
    assert way.refused == ["not-yet"] * 3  # what was on its way then; what follows waits its turn
    assert ben.sync().agreed
    assert ben.get(child).forename == "Tilly 2"


@dataclass
class Losing(Way):
    """Loses the answers to the pushes with these numbers, which had their effect."""

    numbers: tuple[int, ...] = ()
    sent: int = 0

    def send(self, said: BaseModel, shape: type[M], then: Callable[[M], T]) -> Callable[[], T]:
        wait = super().send(said, shape, then)
        self.sent += isinstance(said, Push)
        is_lost = isinstance(said, Push) and self.sent in self.numbers

        def waited() -> T:
            answer = wait()
            if is_lost:
                raise Unreachable("unreachable", "The connection broke off.")
            return answer

        return waited


@pytest.mark.parametrize(("numbers", "waiting"), [((1,), 5), ((2,), 2), ((2, 3), 3), ((2, 4), 3)])
def test_the_verdicts_on_what_was_on_its_way_behind_a_lost_answer_are_kept(
    world: World, numbers: tuple[int, ...], waiting: int
) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    child = world.child("Tilly")
    ana.make(child)
    for n in range(3):
        ana.change(child, forename=f"Tilly {n}")
    way, ana.way = ana.way, Losing(ana.way.hub, ana.way.device, numbers=numbers)
    with pytest.raises(Unreachable):
        ana.sync()
    assert outbox.count_waiting(ana.store.conn) == waiting  # of five, the setup's own among them
    ana.way = way
    session = ana.sync()
    assert (session.agreed, session.pushed, session.problems) == (True, waiting, [])
    assert ana.sums_fit()
    assert ben.sync().agreed
    assert ben.get(child).forename == "Tilly 2"


def test_nothing_follows_a_push_of_which_the_central_record_has_heard_before(world: World) -> None:
    """An older copy of a caseload has a record under another id than the central record (what is sent behind
    it would say that).
    """
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    ben.make(School(id=world.new_id("school"), urn="123456", name="Invented School"))
    assert ben.sync().agreed
    own = School(id=world.new_id("school"), urn="123456", name="Invented School")
    child = world.child("Tilly").model_copy(update={"school": own.id})
    for record in (own, child, *(world.contact(child.id) for _ in range(3))):
        ana.make(record)
    path = ana.store.path
    ana.store.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    older = shutil.copy(path, path.with_suffix(".kept"))
    assert ana.sync().agreed
    ana.store.close()
    shutil.copy(older, path)
    ana.store = Store.open(path, bytearray(KEY), now=lambda: world.now, today=world.today())
    way = ana.way = Begun(ana.way.hub, ana.way.device)
    ana.make(world.contact(child.id))
    session = ana.sync()
    assert (session.agreed, session.quarantined, way.refused) == (True, 0, [])
    assert way.most == 1
    assert ana.get(child).school != own.id
    assert ben.sync().agreed
    assert ben.get(child).school == ana.get(child).school


def test_nothing_of_a_push_is_taken_whose_predecessor_has_not_come(world: World) -> None:
    ana = world.laptop("Ana")
    assert ana.sync().agreed
    ana.make(world.child("Tilly"))
    [edit] = outbox.waiting(ana.store.conn, 1, 10_000)
    seq = read_state(ana.store.conn).seq
    said = Push(edits=[sent_edit(edit, seq)], beside=BesidePush(after="step-that-never-came"))
    hub = world.hub
    with hub.engine.begin() as connection:
        before = Counter(connection).head
    with pytest.raises(Refused, match="have not come yet"):
        hub.push(ana.way.device, said)
    with hub.engine.begin() as connection:
        assert Counter(connection).head == before
        assert here(connection, [edit.id]) == set()
    session = ana.sync()
    assert (session.agreed, session.pushed) == (True, 1)


def test_what_has_no_spelling_or_two_contents_is_not_known_beforehand() -> None:
    def edit(name: str, new: object) -> SentEdit:
        changed = Changed(type="contact", record="contact-1", field="note", old="", new=new)
        return SentEdit(id=name, worker="worker-1", name="Made", at="2026", seen=0, changes=[changed])

    plain, half, one, other = (
        edit(*said)
        for said in (("step-0001", "x"), ("step-0002", "\ud800"), ("step-0003", 1), ("step-0003", 2))
    )
    assert worked_out([plain, half, one, other]).digests == {"step-0001": digest_of_edit(plain)}


def test_turns_are_taken_in_the_order_of_coming() -> None:
    turns = Turns()
    order: list[str] = []
    reading = Event()

    def second() -> None:
        with turns.of("ana") as turn:
            turn.until_nearly()
            order.append("second is read")
            reading.set()
            turn.until_over()
            order.append("second is taken")

    with turns.of("ana") as first, turns.of("ben") as other:
        assert first.is_first
        assert other.is_first
        thread = Thread(target=second)
        thread.start()
        order.append("first is taken")
        first.nearly_over()
        assert reading.wait(10)
        order.append("first is committed")
    thread.join(10)
    assert order == ["first is taken", "second is read", "first is committed", "second is taken"]
    assert turns._last == {}


def test_a_turn_ends_also_where_the_one_after_it_has_ended_first(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns()
    ends = Turn.end
    with ExitStack() as after, turns.of("ana"):
        after.enter_context(turns.of("ana"))

        def end(turn: Turn) -> None:
            ends(turn)
            after.close()

        monkeypatch.setattr(Turn, "end", end)
    assert turns._last == {}


def test_what_another_process_wrote_of_a_step_meanwhile_is_sent_with_it(world: World) -> None:
    ana = world.laptop("Ana")
    assert ana.sync().agreed
    for n in range(2):
        ana.make(world.child(f"Tilly {n}"))
    last = outbox.waiting(ana.store.conn, 2, 10_000)[-1]

    def work() -> None:
        other = open_database(ana.store.path, bytearray(range(32)))
        other.execute("UPDATE edit SET reason = 'Asked again' WHERE id = ?", (last.id,))
        other.close()

    way = ana.way = Elsewhere(ana.way.hub, ana.way.device, work=work)
    assert ana.sync().pushed == 2
    assert [edit.reason for push in way.pushed for edit in push.edits] == ["", "Asked again"]


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
