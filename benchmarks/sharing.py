"""Who may see what for a whole caseload, and a child's page with a long story.

    python -m benchmarks.sharing [CHILDREN]

One child in five has an agreement of each parent on record, as a team that asks everybody would have.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from benchmarks.invented import TODAY, now
from benchmarks.table import Measure, median_seconds, show
from casework.edits import Edit, create
from casework.followups import contact
from casework.ids import new_id
from casework.policies import Category
from casework.records import Child, Record, Team, Worker
from casework.records_sharing import Agreement
from casework.sharing import may_see
from storage.queries.child import read_child
from storage.store import Store

STORY = 500
EVERY = 5
_SCOPE = ("early-help", "school-nursing", "school")


def agreements(child: Child, by: str) -> list[Record]:
    """What two parents agreed to about one child."""
    common = {
        "child": child.id,
        "responsibility": "yes",
        "status": "given",
        "agencies": _SCOPE,
        "categories": ("family", "health", "send"),
        "purposes": ("support", "planning"),
        "given_on": TODAY - timedelta(days=30),
        "by": by,
    }
    return [
        Agreement.model_validate({"id": new_id(), "given_by": name, "relationship": kin, **common})
        for name, kin in (("One Parent", "mother"), ("Other Parent", "father"))
    ]


def build(folder: Path, children: int) -> tuple[Store, list[Child]]:
    """A caseload of children with agreements; the first has `STORY` entries in the chronology."""
    team = Team(id=new_id(), name="Team")
    worker = Worker(id=new_id(), name="Worker", agency="early-help", team=team.id)
    key = bytearray(secrets.token_bytes(32))
    store = Store.set_up(folder / "caseload.db", key, worker=worker, team=team, now=now, today=TODAY)
    made = [Child(id=new_id(), surname=f"Family{n // 2}", forename=f"Child{n}") for n in range(children)]
    records: list[Record] = [*made]
    for child in made[::EVERY]:
        records += agreements(child, worker.id)
    store.journal.commit(Edit("Build", tuple(create(record) for record in records)))
    told = [
        contact(
            made[0].id, by=worker.id, at=now() - timedelta(hours=n), kind="call", note="What was said. " * 12
        )
        for n in range(STORY)
    ]
    changes = tuple(change for edit in told for change in edit.changes)
    store.journal.commit(Edit("Story", changes, subject=made[0].id))
    return store, made


def main(children: int) -> None:
    """Measure and print the table; exit 1 when a goal is missed."""
    with tempfile.TemporaryDirectory() as folder:
        store, made = build(Path(folder), children)
        grounds = {child.id: store.grounds.of(child.id) for child in made}
        worker = store.worker

        def decide() -> int:
            return sum(
                bool(may_see(worker, child, category, "support", TODAY, grounds[child.id]))
                for child in made
                for category in Category
            )

        def read() -> None:
            store.grounds.forget()
            for child in made:
                store.grounds.of(child.id)

        first = made[0]
        assert len(read_child(store, first).story) == STORY
        rows = [
            Measure(
                f"may_see, {children} children x 10 categories", 1000 * median_seconds(decide), "ms", 50.0
            ),
            Measure("reading what it stands on, all of them", 1000 * median_seconds(read), "ms", 150.0),
            Measure(
                f"a child's page with {STORY} story entries, in the store",
                1000 * median_seconds(lambda: read_child(store, first)),
                "ms",
                60.0,
            ),
        ]
        show(rows)
        store.close()
    sys.exit(0 if all(row.met for row in rows) else 1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
