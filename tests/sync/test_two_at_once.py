"""Two processes on one caseload that sync at once, the app and a command beside it: that is no copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from casework.errors import Refused
from storage.central.state import read_state
from storage.journal import transaction
from storage.store import Store
from sync import meeting
from sync.meeting import Meeting
from sync.messages.greeting import MOST_UNANSWERED, Hello, Welcome
from sync.session import Session
from tests.sync.databases import KEY
from tests.sync.sticks import Post
from tests.sync.world import Laptop, Way, World


@pytest.fixture
def ana(world: World) -> Laptop:
    """A laptop that agreed before, for else there is no word that it could fail to know."""
    made = world.laptop("Ana")
    made.make(world.child("Tilly"))
    assert made.sync().agreed
    return made


@pytest.fixture
def post(world: World, ana: Laptop, tmp_path: Path) -> Post:
    """The way by files for that laptop."""
    made = Post(world, tmp_path / "sticks")
    made.enrol(ana)
    return made


def beside(world: World, laptop: Laptop) -> Laptop:
    """The same caseload, opened by another process."""
    store = Store.open(laptop.store.path, bytearray(KEY), now=lambda: world.now, today=world.today())
    world.laptops["beside"] = Laptop(store, Way(world.hub, laptop.way.device))
    return world.laptops["beside"]


class Process:
    """What a process on a caseload does, up to where it is stopped."""

    def __init__(self, world: World, laptop: Laptop) -> None:
        self._way = laptop.way
        self._meeting = Meeting(laptop.store, now=lambda: world.now, new_id=lambda: world.new_id("word"))
        self.session = Session()

    def greet(self) -> None:
        """Keep the word of a greeting, and send that on its way."""
        self.said = self._meeting.greeting(self._meeting.begin())

    def arrive(self) -> None:
        """The greeting comes to the central record, and its answer is on its way."""
        self.answer = self._way.hello(self.said)

    def hear(self) -> None:
        """The answer comes."""
        self._meeting.welcomed(self.said.coming, self.answer, self.session)


def is_well(laptop: Laptop) -> None:
    """Three sessions that agree and have nothing to report."""
    for _ in range(3):
        done = laptop.sync()
        assert (done.agreed, done.problems) == (True, [])


@pytest.mark.parametrize("heard", [(), (0,), (1,), (0, 1), (1, 0)])
@pytest.mark.parametrize("taken", [(0, 1), (1, 0)])
def test_greetings_of_one_caseload_that_cross_accuse_nobody(
    world: World, ana: Laptop, taken: Sequence[int], heard: Sequence[int]
) -> None:
    """In whichever order they are taken and answered, and whoever is stopped before the answer."""
    both = [Process(world, ana), Process(world, beside(world, ana))]
    for process in both:
        process.greet()
    for one in taken:
        both[one].arrive()
    for one in heard:
        both[one].hear()
    assert [process.answer.action for process in both] == ["ok", "ok"]
    assert [process.session.problems for process in both] == [[], []]
    is_well(ana)


def test_an_answer_counts_although_its_word_fell_out_of_those_that_are_remembered(
    world: World, ana: Laptop
) -> None:
    """As that to a bundle, which may come after many sessions in vain."""
    slow, vain = Process(world, ana), Process(world, beside(world, ana))
    slow.greet()
    slow.arrive()
    for _ in range(MOST_UNANSWERED + 1):
        vain.greet()
    assert slow.said.coming not in vain.said.unanswered
    slow.hear()
    is_well(ana)


@pytest.mark.parametrize("by_file", [True, False], ids=["by a file", "over the network"])
def test_a_bundle_whose_answer_is_not_read_yet_accuses_nobody(
    world: World, ana: Laptop, post: Post, *, by_file: bool
) -> None:
    """However often the app beside it greeted in vain since, as where there is no network."""
    post.take(post.write(ana))
    vain = Process(world, ana)
    for _ in range(MOST_UNANSWERED + 1):
        vain.greet()
    done = post.trip(ana).session if by_file else ana.sync()
    assert (done.agreed, done.problems) == (True, [])
    is_well(ana)


def test_however_many_bundles_are_on_their_way_a_greeting_without_an_answer_is_remembered(
    world: World, ana: Laptop, post: Post
) -> None:
    for _ in range(MOST_UNANSWERED):
        post.write(ana)
    lost = Process(world, ana)
    lost.greet()
    lost.arrive()
    post.write(ana)
    is_well(ana)


def test_a_bundle_that_is_written_while_a_session_greets_can_be_answered(
    world: World, ana: Laptop, post: Post
) -> None:
    """What it holds was made after the greeting; one that was on its way before is ended."""
    before = post.write(ana)

    def write() -> None:
        ana.make(world.child("Max"))
        post.write(ana)

    ana.way = Met(world.hub, ana.way.device, after=write)
    assert ana.sync().agreed
    with pytest.raises(Refused, match="older"):
        post.take(before)
    post.take(post.there[-1])
    done = post.read(ana, post.answer(ana.way.device)).session
    assert (done.agreed, done.problems) == (True, [])
    is_well(ana)


@dataclass
class Met(Way):
    """A way on which something happens before a greeting is taken, and before its answer comes."""

    before: Callable[[], object] = lambda: None
    after: Callable[[], object] = lambda: None

    def hello(self, said: Hello) -> Welcome:
        before, self.before = self.before, lambda: None
        before()
        answer = super().hello(said)
        after, self.after = self.after, lambda: None
        after()
        return answer


@pytest.mark.parametrize("stopped", [True, False], ids=["stopped", "done"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_session_within_another_of_one_caseload_is_no_copy(
    world: World, ana: Laptop, when: str, *, stopped: bool
) -> None:
    """With work of its own, and with what came from somebody else."""
    ben, other = world.laptop("Ben"), beside(world, ana)
    world.settle()
    told: list[str] = []

    def lose(verb: str, *_: object) -> None:
        raise ConnectionError

    def within() -> None:
        ana.make(world.child("Max"))
        if not stopped:
            told.extend(other.sync().problems)
            return
        other.way.spy = lose
        with pytest.raises(ConnectionError):
            other.sync()
        other.way.spy = lambda *_: None

    sam = world.child("Sam")
    ben.make(sam)
    ben.sync()
    ana.way = Met(world.hub, ana.way.device, **{when: within})
    done = ana.sync()
    assert (done.agreed, done.problems, told) == (True, [], [])
    assert ana.has(sam)
    for laptop in (ana, other, ana):
        is_well(laptop)


def test_what_another_process_read_meanwhile_stays_read(world: World, ana: Laptop) -> None:
    ben, other = world.laptop("Ben"), beside(world, ana)
    world.settle()
    slow = Process(world, ana)
    slow.greet()
    slow.arrive()
    ben.make(world.child("Max"))
    ben.sync()
    assert other.sync().agreed
    read = read_state(ana.store.conn).seq
    slow.hear()
    assert read_state(ana.store.conn).seq == read
    is_well(ana)


def test_two_processes_that_greet_at_once_know_of_each_others_words(
    world: World, ana: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one keeps its word while this one waits to write."""
    here, there = Process(world, ana), Process(world, beside(world, ana))

    @contextmanager
    def after_the_other(conn: Any) -> Iterator[None]:
        monkeypatch.undo()
        there.greet()
        with transaction(conn):
            yield

    monkeypatch.setattr(meeting, "transaction", after_the_other)
    here.greet()
    assert here.said.unanswered == [there.said.coming]
    there.arrive()
    is_well(ana)
