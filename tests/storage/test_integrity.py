"""What `verify` finds inside an open caseload: rows that no history explains, and children lost to search."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from casework.edits import Edit, create, update
from casework.ids import new_id
from casework.records import Child, Team, Worker
from storage.integrity import CHECKS
from storage.store import Store

KEY = bytes(range(32))
NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    team = Team(id=new_id(), name="Swale")
    worker = Worker(id=new_id(), name="Kim Invented", agency="early-help", team=team.id)
    path = tmp_path / "caseload.db"
    opened = Store.set_up(
        path, bytearray(KEY), worker=worker, team=team, now=lambda: NOW, today=date(2026, 11, 20)
    )
    child = Child(id=new_id(), surname="Marsh", forename="Tilly")
    opened.journal.commit(Edit("Add", (create(child),)))
    opened.journal.commit(Edit("Known as", update(child, known_as="Till")))
    yield opened
    opened.close()


def problems(store: Store) -> list[str]:
    return [sentence for check in CHECKS for sentence in check(store.conn)]


def test_a_sound_caseload_has_no_problem(store: Store) -> None:
    store.journal.undo()
    assert problems(store) == []


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        ("UPDATE child SET known_as = 'Tils'", "1 records do not match their history"),
        ("UPDATE child SET void = 1", "1 records do not match their history"),
        ("DELETE FROM child", "1 records do not match their history"),
        ("DELETE FROM change WHERE type = 'child'", "1 child records have no history"),
        ("DELETE FROM search_doc", "1 children are missing from the search"),
        ("UPDATE search_doc SET child = 'nobody'", "1 entries of the search name no child"),
        ("UPDATE audit SET detail = '' WHERE seq = 2", "audit entry 2 was altered"),
    ],
)
def test_each_check_names_what_it_finds_and_no_child(store: Store, tamper: str, found: str) -> None:
    store.conn.execute(tamper)
    said = problems(store)
    assert any(found in sentence for sentence in said), said
    assert not any("Marsh" in sentence or "Til" in sentence for sentence in said)
