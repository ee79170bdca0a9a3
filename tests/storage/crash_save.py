"""Saving edits: wherever it stops, what was acknowledged stands and the rest is whole or absent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from casework.edits import Edit, bundle, create, update
from casework.followups import follow_up
from casework.ids import new_id
from casework.records import Child, Team, Worker
from storage import integrity
from storage.store import Store

KEY = bytes(range(32))
TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)
NAMES = ("Ana", "Ben", "Cal", "Dee")


def prepare(folder: Path) -> None:
    """The state before the flow: a caseload with one child."""
    team = Team(id=new_id(), name="Swale")
    worker = Worker(id=new_id(), name="Kim Invented", agency="inclusion-attendance", team=team.id)
    path = folder / "caseload.db"
    store = Store.set_up(path, bytearray(KEY), worker=worker, team=team, now=lambda: NOW, today=TODAY)
    store.journal.commit(Edit("Add", (create(Child(id=new_id(), surname="Marsh", forename="Tilly")),)))
    store.close()


def _open(folder: Path) -> Store:
    return Store.open(folder / "caseload.db", bytearray(KEY), now=lambda: NOW, today=TODAY)


def flow(folder: Path) -> None:
    acknowledged = folder.with_name("acknowledged")
    acknowledged.write_text("")

    def acknowledge(what: str) -> None:
        with acknowledged.open("a") as file:
            file.write(f"{what}\n")

    store = _open(folder)
    for name in NAMES:
        child = Child(id=new_id(), surname="Orr", forename=name)
        store.journal.commit(Edit("Add", (create(child),)))
        acknowledge(f"child {name}")
        store.journal.commit(Edit("Known as", update(child, known_as=f"{name}{name}")))
        acknowledge(f"known {name}")
    children = store.find(Child, "surname = 'Orr'")
    steps = [
        follow_up(c.id, by=store.actor.worker, at=NOW, session_date=TODAY, outcome="no-answer")
        for c in children
    ]
    store.journal.commit(bundle("Bulk", steps))
    acknowledge("bulk")
    store.drafts.save("contact", children[0].id, {"note": "half a sentence"})
    acknowledge("draft")
    store.journal.undo()
    acknowledge("undo")
    store.close()


def check(folder: Path) -> None:
    noted = folder.with_name("acknowledged")
    acknowledged = noted.read_text().splitlines() if noted.exists() else []
    store = _open(folder)
    for look in integrity.CHECKS:
        assert list(look(store.conn)) == []
    standing = {child.forename: child.known_as for child in store.find(Child, "surname = 'Orr'")}
    bulk = store.conn.execute("SELECT count(*), sum(void) FROM follow_up").fetchone()
    for what in acknowledged:
        kind, _, name = what.partition(" ")
        if kind == "child":
            assert name in standing
        elif kind == "known":
            assert standing[name] == f"{name}{name}"
        elif kind == "bulk":
            assert bulk[0] == len(NAMES)
        elif kind == "draft":
            assert [draft.fields["note"] for draft in store.drafts.waiting()] == ["half a sentence"]
        elif kind == "undo":
            assert bulk == (len(NAMES), len(NAMES))
    assert bulk[0] in (0, len(NAMES)), "a bulk step is whole or absent"
    assert (bulk[1] or 0) in (0, len(NAMES)), "an undo is whole or absent"
    for name in standing:
        assert any(store.get(Child, hit.id).forename == name for hit in store.names.search(f"{name} Orr"))
    store.close()
