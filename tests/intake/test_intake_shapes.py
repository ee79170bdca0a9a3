"""The shapes that exports take: headings, dates, delimiters, encodings, mappings."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.errors import BadInput
from storage.intake import limits
from storage.intake.dates import likely_order, parse_date, parse_partial, period_of_title, resolve
from storage.intake.grouping import gather
from storage.intake.mapping import Mapping
from storage.intake.model import PupilWeek, Reading
from storage.intake.register import RegisterFile, read_register

HEAD = "UPN,Legal Surname,Legal Forename,Reg,Date,Session,Mark,Minutes Late,Comment\n"
UPN = "U886009924001"


def write(folder: Path, text: str | bytes, name: str = "register.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def opened(folder: Path, text: str | bytes, **options: object) -> RegisterFile:
    register = read_register(write(folder, text), **options)  # type: ignore[arg-type]
    register.read_all()
    return register


def weeks(folder: Path, text: str | bytes, **options: object) -> tuple[RegisterFile, list[PupilWeek]]:
    register = read_register(write(folder, text), **options)  # type: ignore[arg-type]
    return register, list(register.weeks())


def long_row(day: str = "07/09/2026", session: str = "AM", mark: str = "/", upn: str = UPN) -> str:
    return f"{upn},Marsh,Tilly,4B,{day},{session},{mark},,\n"


@pytest.mark.parametrize(
    ("text", "column"),
    [
        (HEAD + long_row("21/09/2026"), "Date"),
        (f"UPN,Surname,Forename,Day of mark,AM,PM\n{UPN},Marsh,Tilly,21/09/2026,/,\n", "Day of mark"),
        (f"UPN,Surname,Forename,Date,Mark\n{UPN},Marsh,Tilly,21/09/2026,/\\\n", "Date"),
        (
            "Marks 14/09/2026 to 25/09/2026\nName,UPN,14/09,15/09,16/09,17/09,18/09,21/09\n"
            f'"Marsh, Tilly",{UPN},/\\,/\\,/\\,/\\,/\\,/\\\n',
            "21/09",
        ),
        (
            "Name,UPN,Week Commencing,Mon AM,Mon PM,Tue,Wed,Thu,Fri\n"
            f'"Marsh, Tilly",{UPN},21/09/2026,/,,,,,\n',
            "Week Commencing",
        ),
        (
            "Name,UPN,Week Commencing,Mon AM,Mon PM,Tue,Wed,Thu,Fri\n"
            f'"Marsh, Tilly",{UPN},14/09/2026,/,\\,/\\,/\\,/\\,/\\\n'
            f'"Marsh, Tilly",{UPN},21/09/2026,,,/\\,,,\n',
            "Week Commencing",
        ),
    ],
    ids=["long", "long by day", "long by day, one cell", "wide", "week", "week, one cell a day"],
)
def test_a_mark_of_a_day_to_come_names_the_column_of_the_date(tmp_path: Path, text: str, column: str) -> None:
    mapping = Mapping(columns={"date": "Day of mark"}) if "Day of mark" in text else None
    register = opened(tmp_path, text, today=date(2026, 9, 18), mapping=mapping)
    (refused,) = register.rejected
    assert "still to come" in refused.reason
    assert refused.column == column


def test_the_three_shapes_of_the_domain(tmp_path: Path) -> None:
    register, found = weeks(
        tmp_path,
        HEAD
        + "U886009924001,Marsh,Tilly,4B,07/09/2026,AM,N,,\n"
        + "U886009924001,Marsh,Tilly,4B,07/09/2026,PM,\\,,\n"
        + "P886009925117,Orr,Ben,4B,07/09/2026,AM,L,12,bus\n",
    )
    assert register.format == "register-long"
    assert [week.slots[:2] for week in found] == [["N", "\\"], ["L", None]]
    assert found[1].late == {0: (12, "bus")}
    register, found = weeks(
        tmp_path,
        "Oakhanger Primary - Marks 07/09/2026 to 11/09/2026\n"
        "Name,Reg,UPN,07/09,08/09,09/09,10/09,11/09,% Att\n"
        '"Marsh, Tilly",4B,U886009924001,N\\,/\\,II,/C2,/\\,60.0\n'
        "Total,,,,,,,,94.1\n",
    )
    assert register.format == "register-wide"
    assert found[0].slots == ["N", "\\", "/", "\\", "I", "I", "/", "C2", "/", "\\"]
    assert found[0].monday == date(2026, 9, 7)
    assert len(register.pupils) == 1
    register = opened(
        tmp_path,
        "UPN,Name,Possible,Attended,Auth Abs,Unauth Abs,AEA,Lates,% Attend\n"
        'U886009924001,"Marsh, Tilly",96,90,4,2,3,5,93.8\n',
    )
    totals = register.pupils[0].totals[0]
    assert register.format == "register-summary"
    assert (totals.possible, totals.attended, totals.authorised, totals.unauthorised) == (96, 90, 4, 2)
    assert (totals.aea, totals.late, totals.percent) == (3, 5, 93.8)
    assert "ten-week window" in register.warnings[0]
    assert list(register.weeks()) == []


def test_arbor_day_rows(tmp_path: Path) -> None:
    register, found = weeks(
        tmp_path,
        "Student,UPN,Date,AM,PM\n"
        f'"Marsh, Matilda (Tilly)",{UPN},2026-09-07,/,\\\n'
        f'"Marsh, Matilda (Tilly)",{UPN},2026-09-08,I,I\n',
    )
    assert register.format == "register-long"
    assert found[0].slots == ["/", "\\", "I", "I"] + [None] * 6
    pupil = register.pupils[0]
    assert (pupil.surname, pupil.forename, pupil.known_as) == ("Marsh", "Matilda", "Tilly")


def test_day_rows_with_both_marks_in_a_cell(tmp_path: Path) -> None:
    register, found = weeks(
        tmp_path,
        f'Student,UPN,Date,Mark\n"Marsh, Tilly",{UPN},07/09/2026,N\\\n"Marsh, Tilly",{UPN},08/09/2026,C1\n',
    )
    assert register.format == "register-long"
    assert found[0].slots == ["N", "\\"] + [None] * 8
    assert [(r.line, r.column) for r in register.rejected] == [(3, "Mark")]


def test_bromcom_rows_without_a_upn(tmp_path: Path) -> None:
    register, found = weeks(
        tmp_path,
        "student;DATE OF BIRTH;date;session;mark;late minutes;comment\n"
        "Marsh, Tilly;16/08/2018;Mon 07/09/2026;am;L;12 mins;overslept; \n"
        "Marsh, Tilly;16/08/2018;Mon 07/09/2026;pm;/;;\n",
    )
    pupil = register.pupils[0]
    assert pupil.matchable
    assert pupil.dob == date(2018, 8, 16)
    assert found[0].slots[:2] == ["L", "\\"]
    assert found[0].late == {0: (12, "overslept")}
    assert any("other session" in warning for warning in register.warnings)


def test_a_row_per_week(tmp_path: Path) -> None:
    _, found = weeks(
        tmp_path,
        "Name,UPN,Week Commencing,Mon AM,Mon PM,Tue,Wed,Thu,Fri\n"
        f'"Marsh, Tilly",{UPN},07/09/2026,/,\\,/\\,II,L\\,/C2\n',
    )
    assert found[0].slots == ["/", "\\", "/", "\\", "I", "I", "L", "\\", "/", "C2"]


def test_dates_over_am_and_pm_columns(tmp_path: Path) -> None:
    _, found = weeks(
        tmp_path,
        f'Marks,,07/09/2026,,08/09/2026,\nName,UPN,AM,PM,AM,PM\n"Marsh, Tilly",{UPN},/,\\,N,O\n',
    )
    assert found[0].slots[:4] == ["/", "\\", "N", "O"]


def test_session_in_the_heading(tmp_path: Path) -> None:
    _, found = weeks(tmp_path, f'UPN,Name,07/09/2026 AM,07/09/2026 PM\n{UPN},"Marsh, Tilly",/,\\\n')
    assert found[0].slots[:2] == ["/", "\\"]


def test_dates_without_a_year_across_new_year(tmp_path: Path) -> None:
    grid = f'Name,UPN,18/12,04/01\n"Marsh, Tilly",{UPN},/\\,II\n'
    title = "Marks 14/12/2026 to 08/01/2027, printed 09/01/2027\n"
    _, found = weeks(tmp_path, title + grid)
    assert [(week.monday, week.slots[8 if n == 0 else 0]) for n, week in enumerate(found)] == [
        (date(2026, 12, 14), "/"),
        (date(2027, 1, 4), "I"),
    ]
    year = (date(2026, 9, 1), date(2027, 8, 31))
    _, found = weeks(tmp_path, grid, period=year)
    assert [week.monday for week in found] == [date(2026, 12, 14), date(2027, 1, 4)]
    _, found = weeks(tmp_path, grid, mapping=Mapping(school_year=2026))
    assert [week.monday for week in found] == [date(2026, 12, 14), date(2027, 1, 4)]
    with pytest.raises(BadInput, match="without a year"):
        opened(tmp_path, grid)
    two_years = (date(2025, 9, 1), date(2027, 8, 31))
    with pytest.raises(BadInput):
        opened(tmp_path, grid, period=two_years)


def test_a_column_outside_the_period_is_set_aside(tmp_path: Path) -> None:
    register, found = weeks(
        tmp_path,
        f'Marks 07/09/2026 to 11/09/2026\nName,UPN,07/09,14/09\n"Marsh, Tilly",{UPN},/\\,II\n',
    )
    assert [(r.line, r.column) for r in register.rejected] == [(2, "14/09")]
    assert found[0].slots[:2] == ["/", "\\"]


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("C1", "two readings"),
        ("C2", "two readings"),
        ("/", "missing"),
        ("ZF", "no two codes"),
        ("//", "no two"),
    ],
)
def test_ambiguous_cells_are_refused(tmp_path: Path, cell: str, why: str) -> None:
    register, found = weeks(tmp_path, f'UPN,Name,07/09/2026,08/09/2026\n{UPN},"Marsh, Tilly",{cell},/\\\n')
    assert found[0].slots == [None, None, "/", "\\"] + [None] * 6
    refused = register.rejected[0]
    assert (refused.line, refused.column, refused.value) == (2, "07/09/2026", cell)
    assert why in refused.reason


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings_and_delimiters(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = (HEAD + f"{UPN},Müller,Zoë,4B,07/09/2026,AM,N,,\n").replace(",", delimiter)
    register = opened(tmp_path, text.encode(encoding))
    assert register.mapping.delimiter == delimiter
    assert (register.pupils[0].surname, register.pupils[0].forename) == ("Müller", "Zoë")
    assert register.reading.marks == 1


def test_one_damaged_byte_does_not_change_the_encoding(tmp_path: Path) -> None:
    good = "".join(f"{UPN[:-1]}{n},Müller,Zoë,4B,07/09/2026,AM,N,,\n" for n in range(9))
    bad = b"P886009925117,M\xfcller,Ben,4B,07/09/2026,AM,N,,\n"
    register = opened(tmp_path, HEAD.encode() + good.encode() + bad)
    assert register.mapping.encoding == "utf-8"
    assert len(register.pupils) == 9
    assert [(r.line, r.column) for r in register.rejected] == [(11, "Legal Surname")]
    assert any("damaged" in warning for warning in register.warnings)


def test_title_lines_and_footers(tmp_path: Path) -> None:
    text = (
        "Oakhanger Primary\n\nClass,4B\nRegister\n" + HEAD + long_row() + "\nTotal,1\nPrinted on 09/09/2026\n"
    )
    register = opened(tmp_path, text)
    assert register.reading.marks == 1
    assert register.rejected == []
    assert register.reading.footers == 2


def test_month_first_dates_are_seen(tmp_path: Path) -> None:
    register, found = weeks(tmp_path, HEAD + long_row("09/07/2026") + long_row("09/14/2026"))
    assert [week.monday for week in found] == [date(2026, 9, 7), date(2026, 9, 14)]
    assert "month first" in register.warnings[0]


def test_a_mapping_overrides_what_is_found(tmp_path: Path) -> None:
    text = "Ref,Wer,Wann,Wann2,Was\n" + f"{UPN},Tilly Marsh,07/09/2026,AM,LATE\n"
    mapping = Mapping.from_dict(
        {
            "columns": {"upn": "Ref", "name": "Wer", "date": "Wann", "session": "Wann2", "mark": "Was"},
            "codes": {"late": "L"},
            "name_order": "forename-first",
            "school": "999001",
        }
    )
    with pytest.raises(BadInput, match="headings"):
        read_register(write(tmp_path, text))
    register, found = weeks(tmp_path, text, mapping=mapping)
    assert found[0].slots[0] == "L"
    assert (register.pupils[0].surname, register.pupils[0].forename) == ("Marsh", "Tilly")
    assert register.school == "999001"
    again = Mapping.from_json(register.mapping.to_json())
    assert again == register.mapping
    assert weeks(tmp_path, text, mapping=again.to_save())[1][0].slots[0] == "L"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"colums": {}}, "colums"),
        ({"columns": {"mrak": "Mark"}}, "columns.mrak"),
        ({"columns": {"mark": 3}}, "columns.mark"),
        ({"delimiter": "x"}, "delimiter"),
        ({"encoding": "utf-7"}, "encoding"),
        ({"date_order": "ydm"}, "date_order"),
        ({"codes": {"late": "LL"}}, "codes.late"),
        ({"school": "12"}, "school"),
        ({"school_year": "2026"}, "school_year"),
        ({"format": "csv"}, "format"),
    ],
)
def test_a_wrong_mapping_names_its_field(values: dict[str, object], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        Mapping.from_dict(values)
    assert caught.value.where == field
    assert field in caught.value.message


def test_a_mapping_for_another_file_names_its_field(tmp_path: Path) -> None:
    mapping = Mapping(columns={"mark": "Kode"})
    with pytest.raises(BadInput) as caught:
        read_register(write(tmp_path, HEAD + long_row()), mapping=mapping)
    assert caught.value.where == "columns.mark"
    optional = Mapping(columns={"comment": "Remarks"})
    register = opened(tmp_path, HEAD + long_row(), mapping=optional)
    assert "columns.comment" in register.warnings[0]


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "[" * 100_000])
def test_a_mapping_file_that_is_none(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput):
        Mapping.load(write(tmp_path, text, "mapping.json"))
    good = write(tmp_path, json.dumps({"school": "999001"}), "good.json")
    assert Mapping.load(good).school == "999001"


def test_a_mapping_file_keeps_the_letters_of_its_name(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"^m3\.json must be an object"):
        Mapping.load(write(tmp_path, '["x"]', "m3.json"))
    with pytest.raises(BadInput, match=r"^The mapping must be an object"):
        Mapping.from_json('["x"]')


def test_one_session_twice(tmp_path: Path) -> None:
    text = HEAD + long_row() + long_row() + long_row(mark="") + long_row(mark="N")
    register, found = weeks(tmp_path, text)
    assert found[0].slots[0] == "/"
    assert found[0].lines[0] == 2
    assert register.reading.repeated == 2
    assert register.reading.marks == 1
    refused = register.rejected
    assert [(r.line, r.value) for r in refused] == [(5, "N")]
    assert "line 2" in refused[0].reason


def test_an_empty_mark_gives_way(tmp_path: Path) -> None:
    register, found = weeks(tmp_path, HEAD + long_row(mark="-") + long_row(mark="N"))
    assert found[0].slots[0] == "N"
    assert (register.reading.marks, register.reading.blanks) == (1, 0)


def test_local_signs_are_no_marks(tmp_path: Path) -> None:
    register, found = weeks(tmp_path, HEAD + long_row(mark="@") + long_row(session="PM", mark="'-"))
    assert found[0].slots[:2] == ["-", "-"]
    assert register.rejected == []
    assert register.reading.local == {"@": 1}
    assert "no mark" in register.warnings[0]


def test_old_codes_belong_to_old_days(tmp_path: Path) -> None:
    register, found = weeks(tmp_path, HEAD + long_row("10/06/2024", mark="H") + long_row(mark="H"))
    assert found[0].slots[4] is None
    assert found[0].slots[0] == "H"
    assert "on 07/09/2026" in register.rejected[0].reason
    assert register.unknown_codes() == {"H": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("07/09/2026", date(2026, 9, 7)),
        ("7.9.26", date(2026, 9, 7)),
        ("2026-09-07", date(2026, 9, 7)),
        ("2026-09-07T00:00:00", date(2026, 9, 7)),
        ("Mon 7 Sep 2026", date(2026, 9, 7)),
        ("07-Sep-2026", date(2026, 9, 7)),
        ("31/06/2026", None),
        ("07/09/1066", None),
        ("07/09", None),
        ("soon", None),
        ("٠٧/٠٩/٢٠٢٦", None),
    ],
)
def test_dates(text: str, expected: date | None) -> None:
    assert parse_date(text) == expected


@given(st.dates(date(2020, 9, 1), date(2030, 8, 31)))
def test_a_day_and_month_within_a_school_year_are_one_date(day: date) -> None:
    start = day.year if day >= date(day.year, 9, 1) else day.year - 1
    partial = parse_partial(f"{day:%d/%m}")
    assert partial is not None
    assert resolve(partial, (date(start, 9, 1), date(start + 1, 8, 31))) == day


def test_periods_of_titles() -> None:
    assert period_of_title(["Printed 21/11/2027", "Marks 02/09/2026 to 20/11/2026"]) == (
        date(2026, 9, 2),
        date(2026, 11, 20),
    )
    assert period_of_title(["Week commencing 07/09/2026"]) == (date(2026, 9, 7), date(2026, 9, 13))
    assert period_of_title(["Attendance 2026/27"]) == (date(2026, 9, 1), date(2027, 8, 31))
    assert period_of_title(["From 02/09/2026", "To 20/11/2026"]) == (date(2026, 9, 2), date(2026, 11, 20))
    assert period_of_title(["Printed 21/11/2026"]) is None


MARKS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 9), st.sampled_from(["/", "N", "-"])),
    max_size=80,
)


@given(MARKS, st.integers(1, 6))
def test_grouping_loses_no_mark(rows: list[tuple[int, int, int, str]], most: int) -> None:
    mondays = [date(2026, 9, 7), date(2026, 9, 14), date(2026, 9, 21), date(2026, 9, 28)]
    marks = [(n, p, mondays[m], s, code, None, "") for n, (p, m, s, code) in enumerate(rows, start=2)]
    reading = Reading()
    reading.marks = sum(mark[4] != "-" for mark in marks)
    reading.blanks = len(marks) - reading.marks
    found = list(gather(marks, reading, most))
    kept = [code for week in found for code in week.slots if code is not None]
    assert reading.marks == sum(code != "-" for code in kept)
    assert reading.blanks == sum(code == "-" for code in kept)
    given_slots = {(p, mondays[m], s) for p, m, s, _ in rows}
    assert {(w.pupil, w.monday, i) for w in found for i, c in enumerate(w.slots) if c} == given_slots
    whole = {
        (week.pupil, week.monday, i): code
        for week in gather(marks, Reading())
        for i, code in enumerate(week.slots)
        if code
    }
    expected: dict[tuple[int, date, int], str] = {}
    for _, pupil, monday, slot, code, _, _ in marks:
        if expected.get((pupil, monday, slot), "-") == "-":
            expected[pupil, monday, slot] = code
    assert whole == expected


def test_weeks_are_held_within_bounds(tmp_path: Path) -> None:
    upns = [f"U8860099{n:05d}" for n in range(50)]
    days = ("07/09/2026", "08/09/2026", "14/09/2026")
    text = HEAD + "".join(f"{upn},S{upn},A,4B,{day},AM,/,,\n" for day in days for upn in upns)
    register = read_register(write(tmp_path, text))
    found = list(register.weeks(max_open=10))
    assert sum(code is not None for week in found for code in week.slots) == 150
    assert len(found) > 100


def test_a_long_file_is_cut_off_at_its_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PUPILS", 2)
    text = HEAD + "".join(long_row(upn=f"U88600992400{n}") for n in range(3))
    with pytest.raises(BadInput, match="children"):
        opened(tmp_path, text)
    monkeypatch.setattr(limits, "CSV_BYTES", 10)
    with pytest.raises(BadInput, match="larger"):
        read_register(write(tmp_path, text))


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["01/02/2026", "03/04/2026"], "dmy"),
        (["13/02/2026", "03/04/2026"], "dmy"),
        (["02/13/2026", "03/04/2026"], "mdy"),
        (["02/13/2026", "13/02/2026"], "dmy"),
        (["13/14/2026", ""], "dmy"),
    ],
)
def test_the_month_stands_first_only_where_no_date_says_otherwise(texts: list[str], order: str) -> None:
    assert likely_order(texts) == order
