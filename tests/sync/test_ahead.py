"""The page that is asked for while the one before it is put in place."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from casework.edits import Edit, create
from casework.errors import Unreachable
from casework.ids import new_id
from casework.records import Child
from storage.central.holdings import Holdings
from storage.lending import Apart
from sync import pages
from sync.ahead import begun, in_short_turns
from sync.http import HttpTransport
from sync.hub import devices, feed, telling
from sync.messages.pages import Coming, Page, Pull, own_sent
from tests.sync.databases import SqliteDatabase
from tests.sync.served import Site
from tests.sync.world import Laptop, Way, World

PAGE = 3


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(feed, "MOST_ROWS", PAGE)
    return World(tmp_path, SqliteDatabase(tmp_path))


@dataclass
class Watched(Way):
    """Calls `asked` with each question for a page, and `answered` once it is answered."""

    asked: Callable[[Pull], None] = lambda _: None
    answered: Callable[[Page], None] = lambda _: None

    def pull(self, said: Pull) -> Page:
        self.asked(said)
        page = super().pull(said)
        self.answered(page)
        return page


def some_children(world: World, laptop: Laptop) -> list[Child]:
    children = [world.child(f"Tilly {n}") for n in range(8)]
    laptop.make(*children, *(world.contact(child.id) for child in children))
    assert laptop.sync().agreed
    return children


def test_what_is_not_in_place_is_never_said_to_be_and_nothing_comes_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "_READ_TOGETHER", 1)
    some_children(world, world.laptop("Ana"))
    ben = world.laptop("Ben")
    asked: list[Pull] = []
    came: list[str] = []

    def check(said: Pull) -> None:
        held = Holdings(ben.store.conn).masks()
        assert {scope: held.get(scope) for scope in said.done} == said.done
        asked.append(said)

    def note(page: Page) -> None:
        came.extend(row.id for scope in page.scopes for row in scope.rows)

    ben.way = Watched(world.hub, ben.way.device, asked=check, answered=note)
    session = ben.sync()
    assert (session.agreed, session.problems, session.backfilled) == (True, [], len(came))
    assert len(came) == len(set(came))
    assert sum(bool(said.coming) for said in asked) > 2


def test_the_first_pages_are_small_so_that_the_laptop_begins_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_ROWS", 16)
    monkeypatch.setattr(feed, "_READ_TOGETHER", 1)
    ana = world.laptop("Ana")
    ana.make(*(world.child(f"Tilly {n}") for n in range(60)))
    assert ana.sync().agreed
    ben = world.laptop("Ben")
    sizes: list[int] = []
    ben.way = Watched(
        world.hub,
        ben.way.device,
        answered=lambda page: sizes.append(sum(len(scope.rows) for scope in page.scopes)),
    )
    assert ben.sync().agreed
    assert sizes[0] < 8  # a child, or what belongs to everybody whole
    assert sizes[1:4] == [8, 16, 16]


def test_two_pages_are_here_and_not_in_place_at_the_most(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "_READ_TOGETHER", 1)
    some_children(world, world.laptop("Ana"))
    ben = world.laptop("Ben")
    pages: list[set[str]] = []
    waiting: list[int] = []

    def note(page: Page) -> None:
        held = Holdings(ben.store.conn).masks().keys()
        pages.append({scope.scope for scope in page.scopes})
        waiting.append(sum(bool(scopes - held) for scopes in pages))

    ben.way = Watched(world.hub, ben.way.device, answered=note)
    assert ben.sync().agreed
    assert max(waiting) == 2  # the one that is put in place, and the one after it


def test_short_turns_end_with_what_they_were_for() -> None:
    before = sys.getswitchinterval()
    with in_short_turns():
        assert sys.getswitchinterval() < before
    assert sys.getswitchinterval() == before


def test_a_child_who_is_away_while_a_page_is_asked_for_lacks_nothing_afterwards(world: World) -> None:
    ana = world.laptop("Ana")
    last = some_children(world, ana)[-1]
    ben = world.laptop("Ben")
    away: list[Child] = []
    written = world.contact(last.id)

    def put(record: Any) -> None:
        with world.hub.engine.begin() as connection:
            devices.put(connection, world.new_id("edit"), "Moved", record, world.now)

    def away_and_back(page: Page) -> None:
        if last.id in (scope.scope for scope in page.scopes):  # the next page is the last one
            put(last.model_copy(update={"school": "school-elsewhere", "team": None}))
            put(written)
            away.append(last)
        elif away:
            put(away.pop())

    ben.way = Watched(world.hub, ben.way.device, answered=away_and_back)
    session = ben.sync()
    assert (session.agreed, session.problems) == (True, [])
    assert ben.has(written)


def test_work_that_goes_on_meanwhile_is_sent_and_the_page_asked_ahead_dropped(world: World) -> None:
    children = some_children(world, world.laptop("Ana"))
    ben = world.laptop("Ben")
    own = world.child("Sam")
    pages: list[Page] = []

    def work(page: Page) -> None:
        pages.append(page)
        if len(pages) == 2:
            ben.make(own)

    ben.way = Watched(world.hub, ben.way.device, answered=work)
    session = ben.sync()
    assert (session.agreed, session.problems, session.pushed) == (True, [], 2)  # its set-up, too
    assert all(ben.has(child) for child in (*children, own))


MADE = 9


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A central record, served, that has what makes several pages."""
    monkeypatch.setattr(feed, "MOST_ROWS", PAGE)
    site = Site(tmp_path)
    ana = site.laptop("Ana")
    made = [Child(id=new_id(), surname="Marsh", forename=str(n), team=ana.worker.team) for n in range(MADE)]
    ana.journal.commit(Edit("Made", tuple(map(create, made))))
    assert site.sync(ana).session.agreed
    yield site
    site.close()


def test_a_page_asked_for_on_a_thread_comes_whole(site: Site) -> None:
    ben = site.laptop("Ben")
    done = site.sync(ben)
    assert done.session.agreed
    assert len(ben.find(Child)) == MADE
    assert done.session.requests == done.traffic.requests > 4


def test_the_next_page_is_asked_for_before_the_rows_of_one_are_checked(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, is_next_asked = [0], Event()
    send, check = HttpTransport.send, pages.page_of

    def sending(way: HttpTransport, said: BaseModel, *rest: Any) -> Any:
        asked[0] += isinstance(said, Pull)
        if asked[0] == 2:
            is_next_asked.set()
        return send(way, said, *rest)

    def checking(coming: Coming) -> Page:
        assert is_next_asked.wait(30)
        return check(coming)

    monkeypatch.setattr(HttpTransport, "send", sending)
    monkeypatch.setattr(pages, "page_of", checking)
    ben = site.laptop("Ben")
    assert site.sync(ben).session.agreed
    assert len(ben.find(Child)) == MADE


def test_a_page_with_a_row_that_does_not_fit_is_not_put_in_place(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = site.laptop("Ben")
    monkeypatch.setattr(telling, "own_sent", lambda kind, *of: own_sent(kind.upper() + "!", 7, *of[1:]))
    with pytest.raises(Unreachable) as gone:
        site.sync(ben)
    assert (gone.value.code, gone.value.exit_code) == ("bad-answer", 6)
    assert not ben.find(Child)
    monkeypatch.undo()
    assert site.sync(ben).session.agreed


def test_what_goes_wrong_ahead_is_raised_where_it_is_waited_for() -> None:
    def fail() -> None:
        raise Unreachable("unreachable", "Nobody answers.")

    wait = begun(fail)
    with pytest.raises(Unreachable):
        wait()


def test_the_turn_is_given_back_while_an_answer_is_waited_for_not_while_it_is_asked_for() -> None:
    said: list[str] = []

    class Turn:
        def given_back(self) -> Turn:
            return self

        def __enter__(self) -> None:
            said.append("given back")

        def __exit__(self, *_: object) -> None:
            said.append("taken")

    def send(_: str) -> Callable[[], str]:
        said.append("asked")
        return lambda: said.append("answered") or "answer"

    way = Apart(SimpleNamespace(send=send), Turn())  # type: ignore[arg-type]
    wait = way.send("please")
    assert said == ["asked"]
    assert wait() == "answer"
    assert said == ["asked", "given back", "answered", "taken"]


def test_the_turn_is_given_back_while_the_demos_central_record_does_its_work() -> None:
    said: list[str] = []

    class Turn:
        @contextmanager
        def given_back(self) -> Iterator[None]:
            said.append("given back")
            yield
            said.append("taken")

    def serve(where: str) -> str:
        said.append("served")
        return where

    aside = Apart(SimpleNamespace(serve=serve), Turn())  # type: ignore[arg-type]
    assert aside.serve("here") == "here"
    assert said == ["given back", "served", "taken"]
