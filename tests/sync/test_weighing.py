"""What is worked out of a page before it is put in place counts only where the whole record may be held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from casework.facets import BIT_OF_KEY
from storage.central import holdings
from storage.central.delivery import Delivery, Row
from storage.central.holdings import Holdings
from storage.central.receiving import Receiver
from storage.central.weighing import weighed
from tests.sync.databases import SqliteDatabase
from tests.sync.world import World

_KEY = "family:planning"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, SqliteDatabase(tmp_path))


def review(record: str, **more: Any) -> Row:
    said = {"child": "child-0001", "plan": "plan-0001", "held_on": "2026-11-20", "next_review": "2026-12-20"}
    return Row("review", record, 1, {_KEY: {**said, "void": False, **more}})


def test_what_came_is_not_hashed_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    child = world.child("Tilly")
    ana.make(child, *(world.contact(child.id) for _ in range(3)))
    assert ana.sync().agreed
    counted: list[str] = []

    def watched(kind: str, record: str, values: Mapping[str, Any]) -> dict[str, int]:
        counted.append(kind)
        return real(kind, record, values)

    real = holdings.facet_hashes
    monkeypatch.setattr(holdings, "facet_hashes", watched)
    assert ben.sync().agreed
    assert "child" in counted
    assert "contact" not in counted
    assert ben.sums_fit()


@pytest.mark.parametrize(("mask", "facets"), [(BIT_OF_KEY[_KEY], 1), ((1 << 60) - 1, 2)])
def test_what_may_be_held_in_part_is_counted_in_part(world: World, mask: int, facets: int) -> None:
    ana = world.laptop("Ana")
    rows = weighed([review("review-0001")])
    Receiver(ana.store, over_waiting=True).receive(Delivery(masks={"child-0001": mask}, rows=rows))
    assert Holdings(ana.store.conn).total().count == facets
    assert ana.sums_fit()


def test_a_new_row_is_written_as_a_change_of_its_step_is(world: World) -> None:
    found = []
    for name, ready in (("Ana", True), ("Ben", False)):
        conn = world.laptop(name).store.conn
        rows = weighed(review(f"review-000{n}", attended=["Rosa", "Tilly"][:n]) for n in range(3))
        assert all(row.made is not None for row in rows)
        for row in rows:
            row.made = row.made if ready else None
        got = Receiver(world.laptops[name].store, over_waiting=True).receive(
            Delivery(masks={"child-0001": (1 << 60) - 1}, rows=rows)
        )
        last = conn.execute("SELECT max(seq) FROM edit").fetchone()[0]
        found.append(
            (
                got.written,
                conn.execute("SELECT * FROM review ORDER BY id").fetchall(),
                conn.execute("SELECT * FROM change WHERE edit = ? ORDER BY n", (last,)).fetchall(),
            )
        )
    assert found[0] == found[1]
    assert [len(part) for part in found[0][1:]] == [3, 3]


@pytest.mark.parametrize(
    "row", [review("review-0001", void=True), replace(review("review-0001"), steps={"": 1})]
)
def test_what_several_steps_made_is_not_written_as_one(row: Row) -> None:
    assert weighed([row])[0].made is None


def test_a_row_of_a_later_version_has_no_share() -> None:
    later = Row("visit", "visit-00001", 1, {_KEY: {"child": "child-0001"}})
    known, unknown, more = weighed([review("review-0001"), later, review("review-0002", weather="fair")])
    assert known.share is not None
    assert (unknown.values, unknown.share) == (None, None)
    assert more.values is not None
    assert "weather" not in more.values
    assert more.share is None


def test_a_row_that_does_not_fit_its_kind_has_nothing() -> None:
    (row,) = weighed([review("review-0001", held_on="soon")])
    assert (row.values, row.share, row.made) == (None, None, None)


@pytest.mark.parametrize("kind", ["child", "relationship", "person", "household"])
def test_what_ties_or_is_tied_is_counted_as_it_stands(kind: str) -> None:
    (row,) = weighed([Row(kind, f"{kind}-0001", 1, {"identity": {"child": "child-0001", "person": "p-1"}})])
    assert row.share is None
