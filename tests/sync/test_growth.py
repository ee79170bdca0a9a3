"""What a few edits cost does not grow with what is there already: neither side looks through all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from casework.edits import Edit, create
from casework.policies import PURPOSES
from casework.records import Contact
from casework.records_case import Review
from tests.sync.databases import SqliteDatabase
from tests.sync.world import NOW, opened_world

_INSTRUCTIONS = 20
"""Of the engine's instructions so many make one that is counted."""
_A_STEP = 10
FEW, MANY = 20, 1_500


@contextmanager
def counted(*connections: Any) -> Iterator[list[int]]:
    """The work of these connections meanwhile, by the instructions of the engine: the same each time."""
    done = [0]

    def count() -> int:
        done[0] += 1
        return 0

    for connection in connections:
        connection.set_progress_handler(count, _INSTRUCTIONS)
    yield done
    for connection in connections:
        connection.set_progress_handler(None, _INSTRUCTIONS)


def work_over(folder: Path, records: int) -> tuple[int, int]:
    """What two laptops and the central record do for an edit of each, that meet, over so many records."""
    folder.mkdir()
    world = next(opened := opened_world(folder, SqliteDatabase(folder, lasting=False)))
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly")
    agreed = world.agreement(tilly.id, ana.worker.id)
    ana.make(tilly, agreed.model_copy(update={"agencies": ("early-help",), "purposes": PURPOSES}))
    reviews = [
        Review(
            id=f"review-{n:04d}",
            plan="plan-1",
            child=tilly.id,
            held_on=date(2026, 11, 2),
            progress="",
            by="a",
        )
        for n in range(records)
    ]
    for at in range(0, records, _A_STEP):
        ana.store.journal.commit(Edit("Made", tuple(map(create, reviews[at : at + _A_STEP]))))
        if not at % (20 * _A_STEP):
            ana.sync(), ben.sync()
    world.settle()
    for laptop in (ana, ben):
        laptop.change(reviews[0], progress=f"Said to {laptop.worker.name}")
        laptop.make(
            Contact(id=world.new_id("contact"), child=tilly.id, at=NOW, by="a", kind="call", note="Rang")
        )
    with world.hub.engine.connect() as connection:
        hub = connection.connection.driver_connection  # the pool gives out the same one each time
    with counted(ana.store.conn, ben.store.conn) as on_laptops, counted(hub) as at_hub:
        assert [one.sync().agreed for one in (ana, ben, ana)] == [True] * 3
    assert len(ana.store.find(Review)) == records
    next(opened, None)
    world.database.close()
    return on_laptops[0], at_hub[0]


def test_two_edits_that_meet_cost_the_same_over_few_records_and_over_many(tmp_path: Path) -> None:
    few, many = work_over(tmp_path / "few", FEW), work_over(tmp_path / "many", MANY)
    assert all(b <= 1.3 * a for a, b in zip(few, many, strict=True)), (few, many)
