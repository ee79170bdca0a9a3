"""Taking in a register: wherever it stops, all of the file is there or nothing of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from casework.edits import Edit, create
from casework.ids import new_id
from casework.records import Child, School, Team, Worker
from casework.records_attendance import AttendanceWeek
from storage import integrity
from storage.intake.importer import import_file
from storage.store import Store

KEY = bytes(range(32))
TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)
UPNS = ("U886009924001", "P886009925117")
HEAD = "UPN,Legal Surname,Legal Forename,Reg,Date,Session,Mark,Minutes Late,Comment"


def prepare(folder: Path) -> None:
    """The state before the flow: a school, and a file with two children and two weeks."""
    team = Team(id=new_id(), name="Swale")
    worker = Worker(id=new_id(), name="Kim Invented", agency="inclusion-attendance", team=team.id)
    path = folder / "caseload.db"
    store = Store.set_up(path, bytearray(KEY), worker=worker, team=team, now=lambda: NOW, today=TODAY)
    store.journal.commit(Edit("Add", (create(School(id=new_id(), urn="999001", name="Oakhanger")),)))
    store.close()
    rows = [
        f"{upn},Name{n},Fore{n},4B,{day}/11/2026,{session},N,,"
        for n, upn in enumerate(UPNS)
        for day in (12, 19)
        for session in ("AM", "PM")
    ]
    (folder / "999001-register.csv").write_text("\n".join([HEAD, *rows]) + "\n", "utf-8")


def _open(folder: Path) -> Store:
    return Store.open(folder / "caseload.db", bytearray(KEY), now=lambda: NOW, today=TODAY)


def flow(folder: Path) -> None:
    store = _open(folder)
    import_file(store, folder / "999001-register.csv")
    store.close()


def check(folder: Path) -> None:
    store = _open(folder)
    for look in integrity.CHECKS:
        assert list(look(store.conn)) == []
    found = (len(store.find(Child)), len(store.find(AttendanceWeek)))
    assert found in [(0, 0), (2, 4)]
    import_file(store, folder / "999001-register.csv")
    assert (len(store.find(Child)), len(store.find(AttendanceWeek))) == (2, 4)
    store.close()
