"""A caseload that an older Outreach wrote opens with everything in it, and has the present shape."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from casework.records import RECORD_TYPES, Child, School, Worker
from casework.records_case import Disagreement
from casework.records_sharing import Agreement
from storage import migrations, schema
from storage.cipher import open_database
from storage.integrity import CHECKS
from storage.migrations import HEAD, migrate, version_of
from storage.store import Store

OLD = Path(__file__).parents[1] / "data" / "old"
KEY = bytes(range(32))
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The caseload of version 1: a child with a mother, a week of marks, a follow-up, a contact, a draft."""
    return Path(shutil.copy(OLD / "caseload-1.db", tmp_path / "caseload.db"))


def opened(path: Path) -> Store:
    return Store.open(path, bytearray(KEY), now=lambda: NOW, today=date(2026, 11, 22))


def test_an_old_caseload_opens_with_everything_in_it(old: Path) -> None:
    store = opened(old)
    assert version_of(store.conn) == HEAD
    assert [child.forename for child in store.find(Child)] == ["Tilly"]
    assert store.worker.schools == ()
    assert store.find(Agreement) == []
    assert {entry.name for entry in store.journal.undo_list()} >= {"Child", "Marks"}
    assert store.drafts.waiting()[0].fields == {"note": "half a th"}
    assert [hit.id for hit in store.names.search("tily marsh")] == [store.find(Child)[0].id]
    assert [fault for check in CHECKS for fault in check(store.conn)] == []
    store.close()


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """The caseload of version 2: the one before with an agreement and a disagreement."""
    return Path(shutil.copy(OLD / "caseload-2.db", tmp_path / "caseload.db"))


def test_a_caseload_of_version_2_opens_with_everything_in_it(second: Path) -> None:
    store = opened(second)
    assert version_of(store.conn) == HEAD
    assert [agreement.given_by for agreement in store.find(Agreement)] == ["Jo Marsh"]
    [disagreement] = store.find(Disagreement)
    assert (disagreement.with_whom, disagreement.level, disagreement.follows) == (
        "Front Door",
        "practitioner",
        None,
    )
    assert [(school.urn, school.liaison) for school in store.find(School)] == [("999001", "")]
    assert [fault for check in CHECKS for fault in check(store.conn)] == []
    store.close()


@pytest.mark.parametrize("version", [1, 2])
def test_an_old_caseload_has_the_shape_of_a_new_one(version: int, tmp_path: Path) -> None:
    old = Path(shutil.copy(OLD / f"caseload-{version}.db", tmp_path / "caseload.db"))

    def shape(path: Path, *, create: bool = False) -> dict[str, set[str]]:
        conn = open_database(path, bytearray(KEY), create=create)
        migrate(conn, path)
        named = conn.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'index')").fetchall()
        held = {n: {row[1] for row in conn.execute(f"PRAGMA table_info({n})")} for (n,) in named}
        conn.close()
        return held

    assert shape(old) == shape(tmp_path / "new.db", create=True)


def test_a_column_that_came_later_has_its_default(old: Path) -> None:
    store = opened(old)
    assert store.conn.execute("SELECT schools FROM worker").fetchall() == [("[]",)]
    assert store.get(Worker, store.actor.worker).schools == ()
    store.close()


def test_a_required_field_cannot_come_later() -> None:
    held = {name: set(schema.field_columns(name)) for name in RECORD_TYPES}
    held["child"] -= {"surname"}
    with pytest.raises(AssertionError, match=r"child\.surname"):
        list(schema.shape_sql(held))


def test_a_step_that_fails_leaves_the_version_before(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = migrations._STEPS[3]

    def broken(db: object) -> None:
        step(db)
        raise RuntimeError("stop")

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_STEPS", {2: broken})
        conn = open_database(old, bytearray(KEY))
        with pytest.raises(RuntimeError):
            migrate(conn, old)
        assert version_of(conn) == 1
        conn.close()
    store = opened(old)
    assert version_of(store.conn) == HEAD
    store.close()
