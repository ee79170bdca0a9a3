"""A filter, a count or a search tells nothing of what is withheld: it answers as if it were not known."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.errors import BadInput
from casework.filter_text import parse
from casework.policies import PURPOSES, Category
from casework.records import Child, Worker
from casework.sharing import may_see, sees_every
from casework.vocabulary import AGENCIES
from storage.queries.caseload import read_caseload
from storage.queries.history import read_history
from storage.queries.lookup import find_child
from storage.queries.seek import search_children
from storage.queries.today import read_round
from storage.store import Store
from tests.safety import planted
from tests.safety.planted import TIED, World, become


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    return planted.build(tmp_path_factory.mktemp("oracles") / "home")


@pytest.fixture
def world(made: World, tmp_path: Path) -> World:
    shutil.copytree(made.folder, tmp_path / "home")
    return World(tmp_path / "home", made.ids, made.canaries, made.workers, made.records)


def as_worker(world: World, role: str) -> Iterator[Store]:
    store = world.open()
    become(store, world.workers[role])
    store.close()
    store = world.open()
    yield store
    store.close()


def value_of(world: World, child: str, kind: str, field: str) -> str:
    return next(
        one.text
        for one in world.canaries
        if (one.child, one.type, one.field, one.current) == (child, kind, field, True)
    )


def test_a_tied_worker_neither_lists_nor_counts_a_child_of_another_school(world: World) -> None:
    for store in as_worker(world, TIED):
        here, there = world.ids["here.child"], world.ids["there.child"]
        found = read_round(store)
        assert [row.child.id for row in found.rows + found.settled] == [here]
        assert found.counts["not-in"] == 1
        assert found.withheld == 0
        assert [row.child.id for row in read_caseload(store)] == [here]
        with pytest.raises(BadInput):
            find_child(store, there)
        with pytest.raises(BadInput):
            read_history(store, "child", there)
        surname = value_of(world, "there", "child", "surname")
        assert search_children(store, surname) == []


def test_a_nurse_counts_no_absence(world: World) -> None:
    for store in as_worker(world, "school-nursing"):
        found = read_round(store)
        assert (found.rows, found.settled, found.withheld) == ([], [], 2)
        assert set(found.counts.values()) == {0}


@pytest.mark.parametrize(
    "text", ["code:N", "code:Y", "n:open", "late>=1", "pct<200", "attempts>0", "no-contact:0d"]
)
def test_a_filter_on_withheld_attendance_finds_what_it_finds_of_nobody_known(world: World, text: str) -> None:
    """The same answer before and after the marks are gone."""
    for store in as_worker(world, "school-nursing"):
        before = {row.child.id for row in read_caseload(store, chosen=parse(text))}
        for table in ("attendance_week", "follow_up", "contact"):
            store.conn.execute(f"UPDATE {table} SET void = 1")
        assert {row.child.id for row in read_caseload(store, chosen=parse(text))} == before


def test_a_search_by_withheld_words_finds_nobody(world: World) -> None:
    street = value_of(world, "here", "household", "address")
    surname = value_of(world, "here", "child", "surname")
    for store in as_worker(world, "voluntary"):
        assert search_children(store, street) == []
        assert search_children(store, f"{street} oakhanger") == []
        assert search_children(store, value_of(world, "here", "child", "former_upns")) == []
        (both,) = search_children(store, f"{surname} {street}")
        (alone,) = search_children(store, f"{surname} nosuchstreet")
        assert (both.why, both.score) == (alone.why, alone.score)
        with pytest.raises(BadInput):
            find_child(store, value_of(world, "here", "child", "upn"))
    for store in as_worker(world, "early-help"):
        assert search_children(store, street)


def test_whoever_sees_every_child_is_refused_none() -> None:
    """`sees_every` is a shorter way to the answer of `may_see`, never another one."""
    child = Child(id="c", surname="No", forename="Body", school="elsewhere")
    for agency in AGENCIES:
        for schools in ((), ("here",)):
            worker = Worker(id="w", name="W", agency=agency, schools=schools)
            for category in Category:
                for purpose in PURPOSES:
                    decided = bool(may_see(worker, child, category, purpose, planted.TODAY))
                    assert sees_every(worker, category, purpose) == decided
