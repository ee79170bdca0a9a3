"""A caseload of its own, and files written by hand, for the tests of the importer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from casework.edits import Edit, create
from casework.ids import new_id
from casework.records import Child, School, Team, Worker
from casework.records_attendance import AttendanceWeek
from storage.queries.child_marks import read_marks
from storage.store import Store
from tests.tools.caseloads import set_up

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
KEY = bytes(range(32))
SAMPLES = Path(__file__).parent.parent / "data" / "samples"
HEAD = "UPN,Surname,Forename,Reg,Date,Session,Mark,Minutes Late,Comment"
TILLY = "U886009924001"
BEN = "P886009925117"


def new_store(folder: Path) -> Store:
    team = Team(id=new_id(), name="Swale")
    worker = Worker(id=new_id(), name="Kim Invented", agency="inclusion-attendance", team=team.id)
    path = folder / "caseload.db"
    return set_up(path, bytearray(KEY), worker=worker, team=team, now=lambda: NOW, today=TODAY)


def add_school(store: Store, urn: str = "999001", laestab: str = "8860091") -> School:
    school = School(id=new_id(), urn=urn, name=f"School {urn}", laestab=laestab)
    store.journal.commit(Edit("Add school", (create(school),)))
    return school


def long_file(folder: Path, rows: Sequence[str], name: str = "999001-register.csv", head: str = HEAD) -> Path:
    path = folder / name
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def row(upn: str, day: str, session: str, mark: str, more: str = ",", name: str = "Marsh,Tilly,4B") -> str:
    return f"{upn},{name},{day},{session},{mark},{more}"


def ctf_file(
    folder: Path,
    pupils: Sequence[str],
    *,
    name: str = "8860091_CTF_886LLLL_001.xml",
    school: str = "<LEA>886</LEA><Estab>0091</Estab><URN>999001</URN><SchoolName>Oak</SchoolName>",
    written: str = "2026-11-20",
) -> Path:
    path = folder / name
    path.write_text(
        '<?xml version="1.0" encoding="utf-8"?><CTfile><Header>'
        f"<CTFversion>25.0</CTFversion><DateTime>{written}T16:05:00</DateTime>"
        f"<DocumentQualifier>partial</DocumentQualifier><SourceSchool>{school}</SourceSchool></Header>"
        f"<CTFpupilData>{''.join(pupils)}</CTFpupilData></CTfile>",
        encoding="utf-8",
    )
    return path


def pupil(
    upn: str = TILLY,
    surname: str = "Marsh",
    forename: str = "Matilda",
    dob: str = "2016-05-04",
    *,
    known_as: str = "Tilly",
    more: str = "",
) -> str:
    number = f"<UPN>{upn}</UPN>" if upn else ""
    return (
        f"<Pupil>{number}<Surname>{surname}</Surname><Forename>{forename}</Forename><DOB>{dob}</DOB>"
        f"<BasicDetails><PreferredForename>{known_as}</PreferredForename></BasicDetails>{more}</Pupil>"
    )


def contact(surname: str, forename: str, phone: str, kind: str = "MOT", more: str = "") -> str:
    return (
        f"<Contact><Order>1</Order><Surname>{surname}</Surname><Forename>{forename}</Forename>"
        f"<Relationship>{kind}</Relationship><Responsibility>true</Responsibility>{more}"
        f"<Phones><Phone><TelephoneType>M</TelephoneType><PhoneNo>{phone}</PhoneNo></Phone></Phones></Contact>"
    )


def total(possible: int, attended: int, authorised: int, unauthorised: int) -> str:
    return (
        "<Attendance><YearData><Year>2026</Year><LEA>886</LEA><Estab>0091</Estab>"
        f"<SessionsPossible>{possible}</SessionsPossible><SessionsAuthorised>{authorised}</SessionsAuthorised>"
        f"<SessionsAttended>{attended}</SessionsAttended><SessionsUnauthorised>{unauthorised}"
        "</SessionsUnauthorised></YearData></Attendance>"
    )


def the_child(store: Store, upn: str = TILLY) -> Child:
    (found,) = store.find(Child, "upn = ?", (upn,))
    return found


def marks_of(store: Store, upn: str = TILLY) -> dict[tuple[str, str], tuple[str, tuple[str, ...]]]:
    """Each mark as (day and month, session) to (code, what it was before)."""
    found = read_marks(store, the_child(store, upn), date(2026, 9, 1), TODAY)
    return {(f"{mark.date:%d/%m}", mark.session): (mark.code, tuple(mark.was)) for mark in found}


def everything(store: Store) -> list[tuple[object, ...]]:
    """All marks as they stand: UPN, week and codes."""
    rows = store.conn.execute(
        "SELECT c.upn, w.week, w.marks FROM attendance_week w JOIN child c ON c.id = w.child"
        " WHERE w.void = 0 ORDER BY 1, 2"
    )
    return [tuple(found) for found in rows]


def weeks_held(store: Store) -> int:
    return len(store.find(AttendanceWeek))
