"""Common Transfer Files as other systems write them: all that is there is taken, and nothing is invented."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from casework.edits import Edit, create
from casework.ids import new_id
from casework.records import Child, Enrolment, Flag, School
from storage.intake.importer import import_file
from storage.intake.model import ReadPupil
from storage.intake.register import read_register
from storage.store import Store
from tests.intake.caseload import BEN, TILLY, ctf_file, long_file, new_store, pupil, row


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = new_store(tmp_path)
    yield opened
    opened.close()


NOBODY = "<LEA>XXX</LEA><Estab>XXXX</Estab><SchoolName>National</SchoolName>"
DOWNLOADED = """
<Pupil><UPN>{upn}</UPN><Surname>{surname}</Surname><Forename>{forename}</Forename><DOB>2016-05-04</DOB><Sex>F</Sex>
{history}<NAWdetails><SpeakWelsh>2</SpeakWelsh><DateEntry>2020-10-13</DateEntry>
<FSMTransitionalProtection>false</FSMTransitionalProtection></NAWdetails>
<StageAssessments><KeyStage><Stage>KS1</Stage><StageAssessment><Locale>ENG</Locale><Year>2024</Year>
<Subject>MAT</Subject><Method>TA</Method><Component>SUB</Component><Result>EXS</Result></StageAssessment></KeyStage>
</StageAssessments></Pupil>
"""
"""As a national download writes a pupil: capitals, a history of free meals, assessments, no attendance."""


def spells(*each: str) -> str:
    inside = "".join(f"<FSMinstance>{one}</FSMinstance>" for one in each)
    return f"<FSMhistory>{inside}</FSMhistory>"


def downloaded(folder: Path, *histories: str) -> Path:
    children = ((TILLY, "MARSH", "MATILDA"), (BEN, "O'BRIEN-ORR", "BEN"))
    pupils = [
        DOWNLOADED.format(upn=upn, surname=surname, forename=forename, history=history)
        for (upn, surname, forename), history in zip(children, histories, strict=False)
    ]
    return ctf_file(folder, pupils, school=NOBODY, name="XXXXXXX_CTF_8860091_001.xml")


OPEN = spells(
    "<FSMstartDate>2020-10-24</FSMstartDate><FSMendDate>2021-07-31</FSMendDate><UKcountry>ENG</UKcountry>",
    "<FSMstartDate>2026-09-01</FSMstartDate><UKcountry>ENG</UKcountry><FSMCategory>TFSM</FSMCategory>",
)
ENDED = spells("<FSMstartDate>2020-10-24</FSMstartDate><FSMendDate>2026-07-31</FSMendDate>")


def read_pupils(path: Path) -> list[ReadPupil]:
    return read_register(path, school="999001", today=date(2026, 11, 20)).pupils


def test_a_national_download_is_taken_whole_and_nothing_is_invented(tmp_path: Path) -> None:
    register = read_register(downloaded(tmp_path, OPEN, ENDED), school="999001", today=date(2026, 11, 20))
    tilly, ben = register.pupils
    blank = ReadPupil(0)
    named = {"line", "place", "upn", "surname", "forename", "dob", "sex", "fsm", "capitals"}
    for child in (tilly, ben):
        invented = {
            name
            for name in ReadPupil.__dataclass_fields__
            if name not in named and getattr(child, name) != getattr(blank, name)
        }
        assert invented == set()
    assert (tilly.upn, tilly.surname, tilly.forename, tilly.dob) == (
        TILLY,
        "MARSH",
        "MATILDA",
        date(2016, 5, 4),
    )
    assert (tilly.sex, tilly.fsm, ben.fsm, ben.surname) == ("F", True, False, "O'BRIEN-ORR")
    assert register.rejected == []
    assert register.ctf is not None
    assert (register.ctf.laestab, register.ctf.partial) == ("", True)
    said = " ".join(register.warnings)
    assert all(word in said for word in ("capitals", "no attendance", "assessments"))


@pytest.mark.parametrize(
    ("history", "says"),
    [
        ("", None),
        ("<FSMhistory/>", None),
        (spells("<FSMstartDate>2020-10-24</FSMstartDate><UKcountry>WLS</UKcountry>"), None),
        (spells("<FSMstartDate>2027-01-04</FSMstartDate>"), False),
        (spells("<FSMstartDate>2020-10-24</FSMstartDate><FSMendDate>2026-11-20</FSMendDate>"), True),
        (spells("<FSMstartDate>2020-10-24</FSMstartDate><FSMendDate>soon</FSMendDate>"), False),
        (OPEN.replace("FSMinstance", "FSM"), True),
        (ENDED, False),
    ],
)
def test_free_school_meals_are_said_only_by_a_spell_in_england(
    tmp_path: Path, history: str, says: bool | None
) -> None:
    assert read_pupils(downloaded(tmp_path, history))[0].fsm is says


def test_a_download_renames_nobody_and_gives_the_school_no_number(store: Store, tmp_path: Path) -> None:
    school = School(id=new_id(), urn="999001", name="Oakhanger Primary")
    known = Child(
        id=new_id(), surname="Marsh", forename="Matilda", upn=TILLY, school=school.id, year_group="4", sen="K"
    )
    store.journal.commit(Edit("Add", (create(school), create(known))))
    report = import_file(store, downloaded(tmp_path, OPEN, ENDED), school="999001")
    assert (report.children.new, report.children.matched, report.rejected) == (1, 1, [])
    children = {child.upn: child for child in store.find(Child)}
    tilly, ben = children[TILLY], children[BEN]
    assert (tilly.surname, tilly.forename, tilly.year_group, tilly.sen) == ("Marsh", "Matilda", "4", "K")
    assert (ben.surname, ben.forename, ben.year_group, ben.sen, ben.known_as) == (
        "O'Brien-Orr",
        "Ben",
        "",
        "",
        "",
    )
    assert [(flag.child, flag.kind) for flag in store.find(Flag)] == [(tilly.id, "free-school-meals")]
    assert store.get(School, school.id).laestab == ""
    assert import_file(store, downloaded(tmp_path, OPEN, ENDED), school="999001").applied is None


def test_sen_that_has_ended_is_not_said(tmp_path: Path) -> None:
    def history(start: str, end: str) -> str:
        inside = f"<StartDate>{start}</StartDate><SENprovision>K</SENprovision>{end}"
        return f"<SENhistory><SEN>{inside}</SEN></SENhistory>"

    over = history("2024-09-01", "<EndDate>2025-07-22</EndDate>")
    going = history("2024-09-01", "")
    assert [one.sen for one in read_pupils(ctf_file(tmp_path, [pupil(more=over)]))] == [""]
    assert [one.sen for one in read_pupils(ctf_file(tmp_path, [pupil(more=going)]))] == ["K"]


def on_roll(entry: str = "", leaving: str = "") -> str:
    dates = f"<EntryDate>{entry}</EntryDate>" if entry else ""
    dates += f"<LeavingDate>{leaving}</LeavingDate>" if leaving else ""
    return f"<Admissions>{dates}</Admissions>"


def spans(store: Store) -> list[tuple[date | None, date | None]]:
    return sorted(((one.start, one.end) for one in store.find(Enrolment)), key=str)


def test_the_day_of_entry_begins_the_time_on_roll(store: Store, tmp_path: Path) -> None:
    import_file(store, ctf_file(tmp_path, [pupil(more=on_roll("2023-09-04"))]))
    assert spans(store) == [(date(2023, 9, 4), None)]
    marks = [row(TILLY, "16/11/2026", session, mark) for session, mark in (("AM", "/"), ("PM", "\\"))]
    import_file(store, long_file(tmp_path, marks))
    assert spans(store) == [(date(2023, 9, 4), None)]
    assert import_file(store, ctf_file(tmp_path, [pupil(more=on_roll("2023-09-04"))])).applied is None


def test_marks_first_and_the_day_of_entry_after_give_the_same(store: Store, tmp_path: Path) -> None:
    import_file(store, ctf_file(tmp_path, [pupil()]))
    import_file(store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "/")]))
    assert spans(store) == [(date(2026, 11, 16), None)]
    import_file(store, ctf_file(tmp_path, [pupil(more=on_roll("2023-09-04"))]))
    assert spans(store) == [(date(2023, 9, 4), None)]


def test_a_leaver_s_time_ends_and_marks_after_it_open_it_again(store: Store, tmp_path: Path) -> None:
    left = pupil(more=on_roll("2023-09-04", "2026-10-16"))
    import_file(store, ctf_file(tmp_path, [left]))
    assert spans(store) == [(date(2023, 9, 4), date(2026, 10, 16))]
    import_file(store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "/")]))
    assert spans(store) == [(date(2023, 9, 4), None)]
    import_file(store, ctf_file(tmp_path, [left], written="2026-11-21"))
    assert spans(store) == [(date(2023, 9, 4), None)]


def test_who_comes_back_has_two_times_on_the_roll(store: Store, tmp_path: Path) -> None:
    import_file(store, ctf_file(tmp_path, [pupil(more=on_roll("2021-09-06", "2023-07-21"))]))
    import_file(store, ctf_file(tmp_path, [pupil(more=on_roll("2026-09-01"))]))
    assert spans(store) == [(date(2021, 9, 6), date(2023, 7, 21)), (date(2026, 9, 1), None)]


def test_a_leavers_file_of_the_old_school_takes_nobody_back(store: Store, tmp_path: Path) -> None:
    old = "<LEA>886</LEA><Estab>0092</Estab><URN>999002</URN><SchoolName>Old</SchoolName>"
    import_file(store, ctf_file(tmp_path, [pupil(more=on_roll("2026-09-01"))], written="2026-09-10"))
    (child,) = store.find(Child)
    leaver = pupil(more=on_roll("2021-09-06", "2026-07-22"))
    import_file(store, ctf_file(tmp_path, [leaver], school=old, name="8860092_CTF_8860091_001.xml"))
    assert store.get(Child, child.id).school == child.school
    assert spans(store) == [(date(2021, 9, 6), date(2026, 7, 22)), (date(2026, 9, 1), None)]


def test_school_history_counts_for_the_files_school_alone(tmp_path: Path) -> None:
    def school(estab: str, entry: str, leaving: str) -> str:
        dates = f"<EntryDate>{entry}</EntryDate><LeavingDate>{leaving}</LeavingDate>"
        return f"<School><LEA>886</LEA><Estab>{estab}</Estab>{dates}</School>"

    history = school("0091", "2021-09-06", "2026-07-22") + school("0095", "2019-09-02", "2021-07-20")
    more = f"<SchoolHistory>{history}</SchoolHistory>"
    (child,) = read_pupils(ctf_file(tmp_path, [pupil(more=more)]))
    assert (child.entered, child.left) == (date(2021, 9, 6), date(2026, 7, 22))


def test_days_that_cannot_be_are_set_aside_and_the_child_is_read(tmp_path: Path) -> None:
    path = ctf_file(
        tmp_path,
        [
            pupil(more=on_roll("soon", "2026-07-22")),
            pupil(BEN, "Orr", "Ben", more=on_roll("2023-09-04", "2022-07-21")),
            pupil("", "Poe", "Kim", more=on_roll("2010-09-04")),
        ],
    )
    register = read_register(path, school="999001", today=date(2026, 11, 20))
    assert [(one.entered, one.left) for one in register.pupils] == [
        (None, date(2026, 7, 22)),
        (date(2023, 9, 4), None),
        (None, None),
    ]
    assert [(one.column, one.value) for one in register.rejected] == [
        ("EntryDate", "soon"),
        ("LeavingDate", "2022-07-21"),
        ("EntryDate", "2010-09-04"),
    ]
