"""A caseload and its copy that sync at the same time, as one laptop."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.store import Store
from tests.sync.databases import KEY, SqliteDatabase
from tests.sync.world import Laptop, StepByStep, World, opened_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


def test_what_a_copy_did_in_the_middle_of_a_session_is_named_as_what_may_be_the_cause(
    world: World, tmp_path: Path
) -> None:
    """The copy goes on after the caseload greeted: what it sends counts as what that has."""
    ana = world.laptop("Ana")
    ana.sync()
    ana.store.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    copied = shutil.copy(ana.store.path, tmp_path / "copied.db")
    store = Store.open(copied, bytearray(KEY), now=lambda: world.now, today=world.today())
    copy = Laptop(store, StepByStep(world.hub, ana.way.device))
    world.laptops["Ana's copy"] = copy
    told: list[list[str]] = []

    def meanwhile(verb: str, *_: object) -> None:
        if verb == "hello" and not told:
            told.append(ana.sync().problems)

    copy.make(world.child("Tilly"))
    copy.way.spy = meanwhile
    copy.sync()
    told.append(ana.sync().problems)
    assert [len(said) for said in told] == [1, 1]
    assert all("copy" in sentence for said in told for sentence in said)
    assert "please report it" in told[1][0]
    assert ana.sync().problems == []
