"""Merging two records and splitting them: wherever it stops, both are whole or one has everything."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from casework.edits import Edit, create
from casework.followups import contact
from casework.ids import new_id
from casework.records import Child, Contact, School, Team, Worker
from casework.records_attendance import AttendanceWeek
from storage import integrity
from storage.queries.same_child import parts_of, plan_merge, plan_split
from storage.store import Store

KEY = bytes(range(32))
TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)
MONDAY = date(2026, 11, 16)


def prepare(folder: Path) -> None:
    """The state before the flow: two records of Tilly, each with marks and a call."""
    team = Team(id=new_id(), name="Swale")
    worker = Worker(id=new_id(), name="Kim Invented", agency="inclusion-attendance", team=team.id)
    path = folder / "caseload.db"
    store = Store.set_up(path, bytearray(KEY), worker=worker, team=team, now=lambda: NOW, today=TODAY)
    school = School(id=new_id(), urn="999001", name="Oakhanger")
    store.journal.commit(Edit("Add", (create(school),)))
    for name, marks in (("Tilly", "/ - - - - - - - - -"), ("Matilda", "- N - - - - - - - -")):
        child = Child(id=new_id(), surname="Marsh", forename=name, dob=date(2018, 3, 3))
        week = AttendanceWeek(id=new_id(), child=child.id, school=school.id, week=MONDAY, marks=marks)
        store.journal.commit(Edit("Add", (create(child), create(week))))
        store.journal.commit(contact(child.id, by=worker.id, at=NOW, kind="call"))
    store.close()


def _open(folder: Path) -> Store:
    return Store.open(folder / "caseload.db", bytearray(KEY), now=lambda: NOW, today=TODAY)


def flow(folder: Path) -> None:
    store = _open(folder)
    kept, other = sorted(store.find(Child), key=lambda child: child.forename, reverse=True)
    store.journal.commit(plan_merge(store, kept, other, reason="one child").edit)
    (part,) = parts_of(store, kept.id)
    store.journal.commit(plan_split(store, part.link).edit)
    store.close()


def check(folder: Path) -> None:
    store = _open(folder)
    for look in integrity.CHECKS:
        assert list(look(store.conn)) == []
    weeks = {week.child: week.marks for week in store.find(AttendanceWeek)}
    calls = [call.child for call in store.find(Contact)]
    children = [child.id for child in store.find(Child)]
    assert len(calls) == 2
    assert set(weeks) == set(calls) == set(children)
    if len(children) == 1:
        assert list(weeks.values()) == ["/ N - - - - - - - -"]
    else:
        assert sorted(weeks.values()) == ["- N - - - - - - - -", "/ - - - - - - - - -"]
    store.close()
