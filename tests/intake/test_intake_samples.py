"""Every sample file, read in full, and the marks of each school against the totals of its CTF."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from casework.codes import CodeClass, lookup
from storage.intake.kent_terms import kent_calendar
from storage.intake.register import read_register
from storage.intake.school_calendar import calendar_of, read_calendar

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
WEEKS = sorted(SAMPLES.glob("999005-week-*.csv"))
REGISTERS = {
    "999001": [SAMPLES / "999001-register.csv"],
    "999002": [SAMPLES / "999002-marks.csv"],
    "999003": [SAMPLES / "999003-register.txt"],
    "999004": [SAMPLES / "999004-register.xlsx"],
    "999005": WEEKS,
}
CTFS = {f"99900{n}": SAMPLES / f"886009{n}_CTF_886LLLL_001.xml" for n in range(1, 6)}


@pytest.mark.parametrize(
    ("name", "shape", "delimiter", "encoding"),
    [
        ("999001-register.csv", "register-long", ",", "utf-8-sig"),
        ("999002-marks.csv", "register-wide", ",", "windows-1252"),
        ("999003-register.txt", "register-long", "\t", "utf-8"),
        ("999004-register.xlsx", "register-long", "", ""),
    ],
)
def test_a_term_of_one_school(name: str, shape: str, delimiter: str, encoding: str) -> None:
    register = read_register(SAMPLES / name, today=date(2026, 11, 20))
    weeks = list(register.weeks())
    assert register.format == shape
    assert register.school == name[:6]
    assert (register.mapping.delimiter, register.mapping.encoding) == (delimiter, encoding)
    assert len(register.pupils) == 40
    assert register.reading.marks == 40 * 96
    assert len(weeks) == 40 * 10
    assert register.rejected == []
    assert register.warnings == []
    assert all(pupil.upn.startswith(tuple("ABCDEFGHJKLMNPQRTUVWXYZ")) for pupil in register.pupils)
    assert min(week.monday for week in weeks) == date(2026, 8, 31)
    assert max(week.monday for week in weeks) == date(2026, 11, 16)


def test_a_file_a_week() -> None:
    upns = set()
    marks = 0
    for path in WEEKS:
        register = read_register(path)
        mondays = {week.monday for week in register.weeks()}
        assert mondays == {date.fromisoformat(path.stem[-10:])}
        assert register.mapping.delimiter == ";"
        upns |= {pupil.upn for pupil in register.pupils}
        marks += register.reading.marks
        assert register.rejected == []
    assert len(WEEKS) == 10
    assert len(upns) == 40
    assert marks == 40 * 96


def test_names_survive_their_encoding() -> None:
    wide = read_register(SAMPLES / "999002-marks.csv")
    wide.read_all()
    names = {(pupil.surname, pupil.forename) for pupil in wide.pupils}
    assert ("O'Brien", "Anaïs") in names
    assert ("Müller", "Priya") in names
    long = read_register(SAMPLES / "999001-register.csv")
    assert long.read_all().pupils[0].forename == "Łukasz"


@pytest.mark.parametrize("school", sorted(CTFS))
def test_marks_agree_with_the_ctf(school: str) -> None:
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for path in REGISTERS[school]:
        register = read_register(path)
        for week in register.weeks():
            tally = counted[register.pupils[week.pupil].upn]
            for code in week.slots:
                found = lookup(code, week.monday) if code else None
                if found is not None:
                    tally[found.kind] += 1
    ctf = read_register(CTFS[school])
    assert (ctf.format, ctf.school) == ("ctf", school)
    assert ctf.ctf is not None
    assert (ctf.ctf.version, ctf.ctf.partial) == ("25.0", True)
    assert len(ctf.pupils) == 40
    assert ctf.rejected == []
    assert {pupil.upn for pupil in ctf.pupils} == set(counted)
    for pupil in ctf.pupils:
        tally, totals = counted[pupil.upn], pupil.totals[0]
        attended = tally[CodeClass.PRESENT] + tally[CodeClass.AEA]
        absent = tally[CodeClass.AUTHORISED], tally[CodeClass.UNAUTHORISED]
        assert (attended, *absent) == (totals.attended, totals.authorised, totals.unauthorised)
        assert attended + sum(absent) == totals.possible


def test_children_of_a_ctf_have_their_people() -> None:
    ctf = read_register(CTFS["999001"])
    first = ctf.pupils[0]
    assert (first.surname, first.forename, first.known_as) == ("Rossi", "Łukasz", "Łuk")
    assert (first.dob, first.sex, first.year, first.sen) == (date(2018, 8, 16), "F", "3", "K")
    contact = first.contacts[0]
    assert (contact.order, contact.title, contact.surname, contact.forename) == (1, "Ms", "Rossi", "Tilly")
    assert (contact.relationship, contact.responsibility) == ("MOT", True)
    assert [(phone.number, phone.kind) for phone in contact.phones] == [("07700 900748", "M")]
    assert all(pupil.contacts for pupil in ctf.pupils)
    assert ctf.preview(3).rows[0][1] == "Rossi"


@pytest.mark.parametrize("number", range(1, 6))
def test_calendars(number: int) -> None:
    found = read_calendar(SAMPLES / f"99900{number}-calendar.csv")
    assert [row.kind for row in found.rows] == ["term"] * 6 + ["inset"]
    assert found.rejected == ()
    calendar = calendar_of(found.rows)
    assert not calendar.is_school_day(date(2026, 9, 1))
    assert calendar.is_school_day(date(2026, 9, 2))


def test_every_mark_lies_on_a_school_day() -> None:
    calendar = calendar_of(read_calendar(SAMPLES / "999001-calendar.csv").rows)
    weeks = {week.monday for week in read_register(SAMPLES / "999001-register.csv").weeks()}
    assert all(calendar.is_school_week(monday) for monday in weeks)


def test_kent_terms_are_built_in() -> None:
    calendar = calendar_of(kent_calendar())
    assert calendar.is_school_day(date(2025, 9, 3))
    assert not calendar.is_school_day(date(2026, 5, 4))
    assert not calendar.is_school_day(date(2026, 9, 1))
    assert not calendar.is_school_day(date(2027, 5, 3))
    assert sum(row.kind == "term" for row in kent_calendar(2026)) == 6
    with pytest.raises(KeyError):
        kent_calendar(1999)


def test_late_minutes_and_lines() -> None:
    register = read_register(SAMPLES / "999001-register.csv")
    first = next(register.weeks())
    assert first.slots == [None, None, None, None, "/", "\\", "L", "\\", "/", "\\"]
    assert first.lines == [0, 0, 0, 0, 2, 3, 4, 5, 6, 7]
    assert first.late == {6: (12, "")}


def test_preview_and_progress() -> None:
    register = read_register(SAMPLES / "999002-marks.csv")
    assert register.progress() == 1.0
    preview = register.preview()
    assert len(preview.rows) == 20
    assert preview.lines[0] == 3
    assert preview.fields[:4] == ("name", "reg", "upn", "mark")
    assert preview.fields[-1] == "percent"
    assert register.unknown_codes() == {}
