"""What a greeting brings and its answer says at once: steps, their verdicts, the first page, the sum."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from casework.errors import Unreachable
from casework.records import Child
from storage.central import outbox
from sync.hub import feed
from sync.hub.taking import Taking
from sync.messages.greeting import Hello, Welcome
from sync.messages.pages import Page
from sync.messages.sums import Verified, Verify
from tests.sync.databases import SqliteDatabase
from tests.sync.versions import mixed
from tests.sync.world import Laptop, Way, World, opened_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


@pytest.fixture
def met(world: World) -> tuple[Laptop, Laptop, Child]:
    """Two laptops that agree, and a child whom both hold."""
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    lily = world.child("Lily")
    ana.make(lily)
    world.settle()
    return ana, ben, lily


@dataclass
class Altered(Way):
    """Each greeting and each page, and what was compared, passes through what is given."""

    greeting: Callable[[Hello], Hello] = lambda said: said
    welcome: Callable[[Welcome], Welcome] = lambda answer: answer
    page: Callable[[Page], Page] = lambda page: page
    compared: int = 0

    def hello(self, said: Hello) -> Welcome:
        answer = super().hello(self.greeting(said))
        if answer.beside.page is not None:
            page = self.page(answer.beside.page)
            answer = answer.model_copy(update={"beside": answer.beside.model_copy(update={"page": page})})
        return self.welcome(answer)

    def pull(self, said: Any) -> Page:
        return self.page(super().pull(said))

    def verify(self, said: Verify) -> Verified:
        self.compared += 1
        return super().verify(said)


def altered(laptop: Laptop, **how: Any) -> Altered:
    laptop.way = way = Altered(laptop.way.hub, laptop.way.device, **how)
    return way


def verbs(laptop: Laptop) -> list[str]:
    """The requests of the laptop from now on."""
    said: list[str] = []
    ask = laptop.way._said

    def noted(verb: str, message: Any) -> Any:
        said.append(verb)
        return ask(verb, message)

    laptop.way._said = noted  # type: ignore[method-assign]
    return said


def test_few_steps_go_with_the_greeting_and_what_others_did_comes_with_its_answer(
    met: tuple[Laptop, Laptop, Child],
) -> None:
    ana, ben, lily = met
    ana.change(lily, known_as="Lil")
    ben.change(lily, known_as="Lila")
    ben.change(lily, language="Polish")
    for laptop in (ana, ben, ana):
        asked = verbs(laptop)
        session = laptop.sync()
        assert (session.agreed, session.requests, session.problems) == (True, 1, [])
        assert asked == ["hello"]
    assert ana.get(lily) == ben.get(lily)
    assert (ana.get(lily).known_as, ana.get(lily).language) == ("Lil", "Polish")
    assert ben.store.conn.execute("SELECT other FROM conflict").fetchall() == [('"Lila"',)]


def test_a_central_record_that_knows_nothing_of_it_is_asked_step_by_step(
    met: tuple[Laptop, Laptop, Child],
) -> None:
    ana, ben, lily = met
    ana.change(lily, known_as="Lil")
    ben.change(lily, language="Polish")
    for laptop in (ana, ben, ana):
        asked = verbs(mixed(laptop, older=True))
        assert laptop.sync().agreed
        assert asked[-2:] == ["pull", "verify"]
    assert ana.get(lily) == ben.get(lily)


def test_a_sum_that_does_not_fit_is_never_taken_for_agreement(met: tuple[Laptop, Laptop, Child]) -> None:
    ana, ben, lily = met
    ana.change(lily, known_as="Lil")

    def wrong(page: Page) -> Page:
        beside = page.beside.model_copy(update={"digest": "1:" + "0" * 64})
        return page.model_copy(update={"beside": beside})

    way = altered(ana, page=wrong)
    assert ana.sync().agreed
    assert way.compared == 1, "the central record was asked instead"
    way = altered(ben)
    ben.store.conn.execute("UPDATE sync_scope SET total = zeroblob(32) WHERE total <> x''")
    done = ben.sync()
    assert done.agreed
    assert ["fit" in problem for problem in done.problems] == [False, True], "fetched again, counted anew"
    assert way.compared
    again = ben.sync()
    assert (again.agreed, again.problems, again.requests) == (True, [], 1)


def test_nothing_is_taken_before_what_has_to_be_put_right(
    met: tuple[Laptop, Laptop, Child], world: World
) -> None:
    ana, ben, lily = met
    world.database.back_up()
    ana.change(lily, known_as="Lil")
    assert ana.sync().agreed
    world.put_back()
    ana.change(lily, language="Polish")
    answers: list[Welcome] = []

    def note(answer: Welcome) -> Welcome:
        answers.append(answer)
        return answer

    altered(ana, welcome=note)
    assert ana.sync().agreed
    first = answers[0]
    assert (first.action, first.beside.pushed, first.beside.page) == ("reconcile", None, None)
    assert ben.sync().agreed
    assert (ben.get(lily).known_as, ben.get(lily).language) == ("Lil", "Polish")


def test_a_copy_of_a_caseload_is_told_so_before_anything_is_taken_or_read(
    met: tuple[Laptop, Laptop, Child], world: World
) -> None:
    ana, _, lily = met
    ana.change(lily, known_as="Lil")
    greetings: list[Hello] = []

    def note(said: Hello) -> Hello:
        greetings.append(said)
        return said

    altered(ana, greeting=note)
    assert ana.sync().agreed
    assert ana.sync().agreed
    assert [said.beside.push is not None for said in greetings] == [True, False]
    for said in greetings:
        of_a_copy = {"incarnation": "another-word", "coming": world.new_id("word"), "unanswered": []}
        answer = world.hub.hello(ana.way.device, said.model_copy(update=of_a_copy))
        assert (answer.action, answer.beside.pushed, answer.beside.page) == ("forked", None, None)


def test_a_greeting_that_comes_late_brings_no_steps(met: tuple[Laptop, Laptop, Child], world: World) -> None:
    ana, _, lily = met
    ana.change(lily, known_as="Lil")
    greetings: list[Hello] = []

    def lose(said: Hello) -> Hello:
        greetings.append(said)
        raise ConnectionError

    altered(ana, greeting=lose)
    with pytest.raises(ConnectionError):
        ana.sync()
    altered(ana)
    ana.change(lily, known_as="Lily Ann")
    assert ana.sync().agreed
    late = world.hub.hello(ana.way.device, greetings[0])
    assert (late.agreed, late.beside.pushed) == (False, None)
    assert (ana.sync().problems, ana.get(lily).known_as) == ([], "Lily Ann")


def test_a_greeting_whose_answer_was_lost_is_said_again_and_its_steps_have_one_effect(
    met: tuple[Laptop, Laptop, Child], world: World
) -> None:
    ana, ben, lily = met
    ben.change(lily, language="Polish")
    assert ben.sync().agreed
    ana.change(lily, known_as="Lil")

    def lost(_: Welcome) -> Welcome:
        raise ConnectionError

    altered(ana, welcome=lost)
    with pytest.raises(ConnectionError):
        ana.sync()
    assert outbox.count_waiting(ana.store.conn) == 1
    altered(ana)
    session = ana.sync()
    assert (session.agreed, session.pushed, session.problems) == (True, 1, [])
    assert (ana.get(lily).known_as, ana.get(lily).language) == ("Lil", "Polish")
    world.settle()


def test_a_page_is_dropped_where_somebody_worked_on_before_it_came(
    met: tuple[Laptop, Laptop, Child], world: World
) -> None:
    ana, ben, lily = met
    ben.change(lily, known_as="Lila")
    assert ben.sync().agreed

    def work(answer: Welcome) -> Welcome:
        if answer.beside.page is not None:
            ana.change(lily, language="Polish")
        return answer

    altered(ana, welcome=work)
    asked = verbs(ana)
    session = ana.sync()
    assert (session.agreed, session.pushed) == (True, 1)
    assert asked == ["hello", "push", "pull"]
    altered(ana)
    world.settle()
    for laptop in (ana, ben):
        assert (laptop.get(lily).known_as, laptop.get(lily).language) == ("Lila", "Polish")


def test_a_step_at_which_the_program_fails_holds_up_neither_greeting_nor_the_others(
    met: tuple[Laptop, Laptop, Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, ben, lily = met
    apply = Taking._apply

    def poisoned(self: Taking, edit: Any, seq: int) -> Any:
        if any(change.field == "known_as" for change in edit.changes):
            raise KeyError
        return apply(self, edit, seq)

    monkeypatch.setattr(Taking, "_apply", poisoned)
    ana.change(lily, known_as="Lil")
    ana.change(lily, language="Polish")
    session = ana.sync()
    assert (session.agreed, session.pushed, session.quarantined) == (True, 2, 1)
    assert ben.sync().agreed
    assert ben.get(lily).language == "Polish"


def test_more_than_a_message_holds_goes_as_ever(
    met: tuple[Laptop, Laptop, Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, ben, lily = met
    monkeypatch.setattr("sync.sending.MOST_EDITS", 2)
    monkeypatch.setattr(feed, "MOST_ROWS", 2)
    for n in range(5):
        ana.change(lily, known_as=f"Lil {n}")
    asked = verbs(ana)
    assert ana.sync().agreed
    assert asked == ["hello", "push", "push", "push", "pull"]
    assert ben.sync().agreed
    assert ben.get(lily).known_as == "Lil 4"


def test_an_answer_that_passes_over_a_step_of_the_greeting_is_refused_and_nothing_is_lost(
    met: tuple[Laptop, Laptop, Child],
) -> None:
    ana, _, lily = met
    ana.change(lily, known_as="Lil")
    ana.change(lily, language="Polish")

    def pass_over(answer: Welcome) -> Welcome:
        assert answer.beside.pushed is not None
        left = answer.beside.pushed.model_copy(update={"verdicts": answer.beside.pushed.verdicts[1:]})
        return answer.model_copy(update={"beside": answer.beside.model_copy(update={"pushed": left})})

    altered(ana, welcome=pass_over)
    with pytest.raises(Unreachable, match="nothing is lost"):
        ana.sync()
    assert outbox.count_waiting(ana.store.conn) == 2
    altered(ana)
    assert ana.sync().agreed
