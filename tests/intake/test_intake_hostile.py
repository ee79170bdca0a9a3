"""Files made to harm: nothing but BadInput comes out, good rows still land."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import tempfile
import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.errors import BadInput
from storage.intake import cells, limits
from storage.intake.cells import has_hidden
from storage.intake.model import Reading
from storage.intake.register import RegisterFile, read_register
from storage.intake.school_calendar import calendar_of, read_calendar

HEAD = "UPN,Legal Surname,Legal Forename,Reg,Date,Session,Mark,Minutes Late,Comment\n"
GOOD = "P886009925117,Orr,Ben,4B,07/09/2026,AM,L,12,bus\n"
UPN = "U886009924001"


def write(folder: Path, data: str | bytes, name: str = "register.csv") -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def opened(
    folder: Path, data: str | bytes, name: str = "register.csv", today: date | None = None
) -> RegisterFile:
    register = read_register(write(folder, data, name), today=today)
    register.read_all()
    return register


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (f"{UPN},=cmd|' /C calc'!A0,Tilly,4B,07/09/2026,AM,/,,", "Legal Surname", "formula"),
        (f"{UPN},+1+1,Tilly,4B,07/09/2026,AM,/,,", "Legal Surname", "formula"),
        (f"{UPN},Marsh,@SUM(A1),4B,07/09/2026,AM,/,,", "Legal Forename", "formula"),
        (f"{UPN},-2,Tilly,4B,07/09/2026,AM,/,,", "Legal Surname", "formula"),
        (f"{UPN},＝cmd,Tilly,4B,07/09/2026,AM,/,,", "Legal Surname", "formula"),
        (f"{UPN},Mar\x1b[31msh,Tilly,4B,07/09/2026,AM,/,,", "Legal Surname", "hidden"),
        (f"{UPN},Mar\x00sh,Tilly,4B,07/09/2026,AM,/,,", "Legal Surname", "hidden"),
        (f"{UPN},Mar\u202esh,Tilly,4B,07/09/2026,AM,/,,", "Legal Surname", "hidden"),
        (f"{UPN},Mar\u200bsh,Tilly,4B,07/09/2026,AM,/,,", "Legal Surname", "hidden"),
        (f"{UPN},Marsh,{'x' * 5000},4B,07/09/2026,AM,/,,", "Legal Forename", "longer than"),
        (f'{UPN},"Mar\nsh",Tilly,4B,07/09/2026,AM,/,,', "Legal Surname", "line break"),
        ("8.86E+11,Marsh,Tilly,4B,07/09/2026,AM,/,,", "UPN", "a spreadsheet"),
        ("not a number,Marsh,Tilly,4B,07/09/2026,AM,/,,", "UPN", "not a UPN"),
        (",,,4B,07/09/2026,AM,/,,", "UPN", "names no child"),
        (f"{UPN},Marsh,Tilly,4B,31/02/2026,AM,/,,", "Date", "not a date"),
        (f"{UPN},Marsh,Tilly,4B,46272,AM,/,,", "Date", "day number"),
        (f"{UPN},Marsh,Tilly,4B,05/09/2026,AM,/,,", "Date", "a Saturday"),
        (f"{UPN},Marsh,Tilly,4B,06/09/2026,AM,/,,", "Date", "a Sunday"),
        (f"{UPN},Marsh,Tilly,4B,21/09/2026,AM,/,,", "Date", "still to come"),
        (f"{UPN},Marsh,Tilly,4B,07/09/2026,NIGHT,/,,", "Session", "not a session"),
        (f"{UPN},Marsh,Tilly,4B,07/09/2026,AM,QQ,,", "Mark", "not a register code"),
        (f"{UPN},Marsh,Tilly,4B,07/09/2026,AM,=1+1,,", "Mark", "not a register code"),
        (f"{UPN},Marsh,Tilly,4B,07/09/2026", "", "5 columns where the header has 9"),
        (f"{UPN},Marsh,Tilly,4B,07/09/2026,AM,/,,,more", "", "10 columns"),
        ("P886009925117,Marsh,Tilly,4B,07/09/2026,PM,/,,", "UPN", "another child's name"),
    ],
)
def test_a_bad_row_is_set_aside_and_good_ones_land(
    tmp_path: Path, row: str, column: str, reason: str
) -> None:
    register = opened(tmp_path, HEAD + GOOD + row + "\n", today=date(2026, 9, 18))
    assert register.reading.marks == 1
    assert [pupil.upn for pupil in register.pupils][:1] == ["P886009925117"]
    refused = register.rejected[0]
    assert (refused.column, len(register.rejected)) == (column, 1)
    assert refused.line in {3, 4}
    assert reason in refused.reason
    assert refused.mend
    assert len(refused.value) <= 40
    assert refused.value.isprintable()


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ("12,=cmd|' /C calc'!A0", "Comment", "formula"),
        ("12,see \x1b]52;c;AAAA\x07", "Comment", "hidden"),
        (f"12,{'x' * 2000}", "Comment", "longer"),
        ("soon,bus", "Minutes Late", "minutes"),
        ("601,bus", "Minutes Late", "minutes"),
        ("9999,bus", "Minutes Late", "minutes"),
    ],
)
def test_a_bad_note_does_not_cost_the_mark(tmp_path: Path, cells: str, column: str, reason: str) -> None:
    register = read_register(write(tmp_path, HEAD + f"{UPN},Marsh,Tilly,4B,07/09/2026,AM,L,{cells}\n"))
    (week,) = register.weeks()
    assert week.slots[0] == "L"
    assert [(r.column, r.line) for r in register.rejected] == [(column, 2)]
    assert reason in register.rejected[0].reason


@pytest.mark.parametrize(
    "name", ["O'Brien", "Łukasz", "de la Cruz-Smith", "Ní Bhriain", "'t Hooft", "Nguyễn", "محمد", "Zoë-Mai"]
)
def test_honest_names_are_taken(tmp_path: Path, name: str) -> None:
    register = opened(tmp_path, HEAD + f"{UPN},{name},{name},4B,07/09/2026,AM,-,,- by bus\n")
    assert register.rejected == []
    assert (register.pupils[0].surname, register.pupils[0].forename) == (name, name)


def test_our_own_guard_is_taken_off(tmp_path: Path) -> None:
    text = HEAD + f"{UPN},'=odd,Tilly,4B,07/09/2026,AM,'@,,\n"
    register = opened(tmp_path, text)
    assert register.rejected == []
    assert register.pupils[0].surname == "=odd"
    assert register.reading.blanks == 1


def test_a_quotation_mark_left_open(tmp_path: Path) -> None:
    rest = "".join(f"{UPN},Marsh,Tilly,4B,07/09/2026,AM,/,,\n" for _ in range(5_000))
    register = opened(tmp_path, HEAD + GOOD + f'{UPN},"Marsh,Tilly,4B,07/09/2026,AM,/,,\n' + rest)
    assert register.reading.marks >= 1
    assert any("quotation mark" in refused.mend for refused in register.rejected)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty-file"),
        (b"\0" * 4000, "not-a-register"),
        (b"%PDF-1.7 ...", "not-a-register"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "not-a-register"),
        (b"hello world, this is a letter\n", "not-a-register"),
        (b"a" * (2 * limits.LINE_BYTES), "line-too-long"),
        (b"\xff\xfe" + b"\xd8" * 99, "not-a-register"),
    ],
)
def test_what_is_no_register(tmp_path: Path, data: bytes, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        opened(tmp_path, data)
    assert caught.value.code == code
    assert "register.csv" in caught.value.message
    assert caught.value.message.endswith(".")
    assert "\n" not in caught.value.message


def test_no_file_a_folder_and_a_pipe(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere\.csv"):
        read_register(tmp_path / "nowhere.csv")
    with pytest.raises(BadInput, match="plain file"):
        read_register(tmp_path)
    with pytest.raises(BadInput):
        read_register("bad\0name")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(BadInput, match="plain file"):
            read_register(tmp_path / "pipe")


def test_a_file_name_is_no_terminal_control(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        read_register(tmp_path / "x\x1b]52;c;AAAA\x07\u202e.csv")
    assert not has_hidden(caught.value.message + caught.value.where)


def test_refusals_are_listed_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REJECTED_KEPT", 5)
    register = opened(tmp_path, HEAD + "".join(f"x,Marsh,{n},4B,07/09/2026,AM,/,,\n" for n in range(20)))
    assert len(register.rejected) == 5
    assert register.reading.rejected_total == 20
    assert "15 more" in register.warnings[-1]


# Common Transfer Files

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{"&a" + str(n - 1) * 1 + ";" if n else "&a;"}&a;">' for n in range(1, 9))
    + "]><CTfile>&a8;</CTfile>"
)
XXE = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    "<CTfile><CTFpupilData><Pupil><Surname>&a;</Surname></Pupil></CTFpupilData></CTfile>"
)


def ctf(pupils: str, version: str = "25.0", root: str = "CTfile", tag: str = "CTFversion") -> str:
    return (
        f"<{root}><Header><DocumentName>Common Transfer File</DocumentName><{tag}>{version}</{tag}>"
        "<DateTime>2026-11-20T16:05:00</DateTime><DocumentQualifier>partial</DocumentQualifier>"
        "<SourceSchool><LEA>886</LEA><Estab>0099</Estab><URN>999009</URN></SourceSchool></Header>"
        f"<CTFpupilData>{pupils}</CTFpupilData></{root}>"
    )


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (BOMB, "xml-unsafe"),
        (XXE, "xml-unsafe"),
        ("<!DOCTYPE CTfile><CTfile/>", "xml-unsafe"),
        ("<?xml version='1.0'?><html/>", "not-a-ctf"),
        ("<CTfile><Header>", "xml-unreadable"),
        ("<?xml version='1.0' encoding='utf-99'?><CTfile/>", "xml-unreadable"),
        ("<CTfile>" + "<a>" * 5_000 + "</a>" * 5_000 + "</CTfile>", "xml-unreadable"),
        (ctf("<Pupil>" + "<a/>" * 30_000 + "</Pupil>"), "xml-unreadable"),
    ],
)
def test_hostile_xml(tmp_path: Path, data: str, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        opened(tmp_path, data, "hostile.xml")
    assert caught.value.code == code
    assert "hostile.xml" in caught.value.message


def test_a_large_xml_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    with path.open("wb") as stream:
        stream.write(b"<CTfile>")
        stream.truncate(limits.XML_BYTES + 1)
    with pytest.raises(BadInput, match="larger"):
        read_register(path)


def test_a_partial_ctf_of_an_official_system(tmp_path: Path) -> None:
    pupil = (
        f"<Pupil><UPN>{UPN}</UPN><Surname>MARSH</Surname><Forename>TILLY</Forename><DOB>2018-08-16</DOB>"
        "<Gender>F</Gender><FSMhistory><FSM><FSMstartDate>2024-01-01</FSMstartDate></FSM></FSMhistory>"
        "<StageAssessments><KeyStage><Stage>KS1</Stage></KeyStage></StageAssessments><Odd><Deep/></Odd></Pupil>"
    )
    register = opened(tmp_path, ctf(pupil, "24.0", tag="CTFVersion"), "8860099_CTF_886LLLL_001.xml")
    child = register.pupils[0]
    assert (child.upn, child.surname, child.sex, child.fsm, child.capitals) == (UPN, "MARSH", "F", True, True)
    assert child.totals == ()
    assert register.ctf is not None
    assert (register.ctf.version, register.ctf.laestab, register.school) == ("24.0", "8860099", "999009")
    assert any("capitals" in warning for warning in register.warnings)
    assert any("no attendance" in warning for warning in register.warnings)
    assert not any("versions" in warning for warning in register.warnings)


def test_a_full_pupil(tmp_path: Path) -> None:
    pupil = f"""<Pupil xmlns="urn:x"><UPN>{UPN}</UPN><Surname>Marsh</Surname><Forename>Tilly</Forename>
      <DOB>2018-08-16</DOB><Sex>F</Sex><BasicDetails><FormerUPN>P886009925117</FormerUPN>
      <NCyearActual>R</NCyearActual><Languages><Type><Language>POL</Language><LanguageType>F</LanguageType>
      </Type></Languages></BasicDetails><LookedAfter><InCare>true</InCare></LookedAfter>
      <FSMhistory><FSM><FSMstartDate>2020-01-01</FSMstartDate><FSMendDate>2021-01-01</FSMendDate></FSM></FSMhistory>
      <SENhistory><SEN><StartDate>2025-09-01</StartDate><SENprovision>E</SENprovision></SEN>
      <SEN><StartDate>2024-09-01</StartDate><SENprovision>K</SENprovision></SEN></SENhistory>
      <SENneeds><SENneed><SENtypeRank>2</SENtypeRank><SENtype>ASD</SENtype></SENneed>
      <SENneed><SENtypeRank>1</SENtypeRank><SENtype>SLCN</SENtype></SENneed></SENneeds>
      <Address><BS7666Address><PAON>4</PAON><Street>Mill Lane</Street><Town>Sheerness</Town></BS7666Address>
      <PostCode>me12 1aa</PostCode></Address>
      <Contacts><Contact><Order>2</Order><Surname>Orr</Surname><Responsibility>false</Responsibility></Contact>
      <Contact><Order>1</Order><Surname>=cmd</Surname><Forename>Ann</Forename><Relationship>MOT</Relationship>
      <AddressAsPupil>true</AddressAsPupil><Phones><Phone><PhoneNo>+44 7700 900748</PhoneNo></Phone></Phones>
      </Contact></Contacts><Attendance><YearData><Year>2026</Year><LEA>886</LEA><Estab>0099</Estab>
      <SessionsPossible>96</SessionsPossible><SessionsAttended>many</SessionsAttended>
      <AttendanceStartDate>2026-09-02</AttendanceStartDate>
      <AttendanceMarks>/\\C2C2 </AttendanceMarks></YearData>
      </Attendance></Pupil>"""
    register = opened(tmp_path, ctf(pupil, "26.0"), "new.xml")
    child = register.pupils[0]
    assert (child.former_upn, child.year, child.looked_after, child.fsm) == (
        "P886009925117",
        "R",
        True,
        False,
    )
    assert (child.sen, child.sen_since, child.sen_needs) == ("E", date(2025, 9, 1), ("SLCN", "ASD"))
    assert child.languages == (("F", "POL"),)
    assert child.address is not None
    assert (child.address.lines, child.address.postcode) == (("4", "Mill Lane", "Sheerness"), "ME12 1AA")
    assert [(c.order, c.surname, c.forename, c.responsibility) for c in child.contacts] == [
        (1, "", "Ann", None),
        (2, "Orr", "", False),
    ]
    assert child.contacts[0].address_as_pupil
    assert child.contacts[0].phones[0].number == "+44 7700 900748"
    totals = child.totals[0]
    assert (totals.possible, totals.attended, totals.marks) == (96, None, "/\\C2C2 ")
    assert (totals.starts, totals.laestab) == (date(2026, 9, 2), "8860099")
    assert sorted(r.column for r in register.rejected) == ["Contact/Surname", "SessionsAttended"]
    assert any("CTF 26.0" in warning for warning in register.warnings)


def test_a_bad_pupil_does_not_cost_the_good_one(tmp_path: Path) -> None:
    pupils = (
        f"<Pupil><UPN>{UPN}</UPN><Surname>=cmd|x</Surname></Pupil>"
        "\n<Pupil>\n<Surname>Orr</Surname>\n<upn>wrong</upn></Pupil>"
        "<Pupil><UPN>P886009925117</UPN><Surname>Orr</Surname><Forename>Ben</Forename></Pupil>"
    )
    register = opened(tmp_path, ctf(pupils), "mixed.xml")
    assert [pupil.upn for pupil in register.pupils] == ["P886009925117"]
    assert [(r.line, r.column) for r in register.rejected] == [(1, "Surname"), (4, "upn")]
    assert [r.reason.partition("(")[2] for r in register.rejected] == [
        "pupil 1 of the file)",
        "pupil 2 of the file)",
    ]


# Workbooks


def workbook(folder: Path, rows: list[list[object]], name: str = "register.xlsx") -> Path:
    path = folder / name
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "default_date_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet("Marks")
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(at, column, value)
    book.close()
    return path


HEADER = ["UPN", "Surname", "Forename", "Admission Number", "Date", "Session", "Mark", "Minutes Late"]


def test_cells_of_a_workbook(tmp_path: Path) -> None:
    rows = [
        ["Oakhanger"],
        HEADER,
        [UPN, "Marsh", "Tilly", 1234, date(2026, 9, 7), "AM", "L", 12],
        [UPN, "Marsh", "Tilly", 1234, "08/09/2026", "AM", "=1+1", ""],
        [UPN, "=cmd|x", "Tilly", 1234, "09/09/2026", "AM", "/", ""],
        [886009924001, "Marsh", "Tilly", 1234, "10/09/2026", "AM", "/", ""],
        [UPN, "Marsh", "Tilly", 1234, 46272, "AM", "/", ""],
    ]
    register = read_register(workbook(tmp_path, rows))
    (week,) = register.weeks()
    assert week.slots[0] == "L"
    assert week.late[0] == (12, "")
    assert register.pupils[0].local_id == "1234"
    assert [(r.line, r.column) for r in register.rejected] == [
        (4, "Mark"),
        (5, "Surname"),
        (6, "UPN"),
        (7, "Date"),
    ]
    assert "spreadsheet" in register.rejected[2].reason


def test_cells_far_apart_do_not_take_the_machine_down(tmp_path: Path) -> None:
    path = tmp_path / "far.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write(0, 0, "UPN")
    sheet.write(1_048_575, 16_383, "x")
    book.close()
    with pytest.raises(BadInput, match="too far apart"):
        read_register(path)


def sheet_xml(path: Path, sheet: bytes) -> Path:
    book = workbook(path.parent, [HEADER], "template.xlsx")
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, sheet if name.startswith("xl/worksheets/") else old.read(name))
    return path


@pytest.mark.parametrize(
    "cell",
    [
        b'<c r="&#88;FD1048576" t="n"><v>1</v></c>',
        b"<c r = 'XFD1048576'><v>1</v></c>",
        b'<c\nr="XFD1048576"><v>1</v></c>',
        b'<c r="ZZZZZ1"><v>1</v></c>',
    ],
)
def test_disguised_far_cells(tmp_path: Path, cell: bytes) -> None:
    xml = (
        b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="2">'
        + cell
        + b"</row></sheetData></worksheet>"
    )
    path = sheet_xml(tmp_path / "disguised.xlsx", xml)
    code = "import sys; from storage.intake.register import read_register as r; r(sys.argv[1])"
    ran = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stderr[-500:]
    assert "BadInput" in ran.stderr


def test_cells_without_a_place(tmp_path: Path) -> None:
    start = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    wide = b"<row>" + b"<c><v>1</v></c>" * 3_000 + b"</row>"
    tall = b"<row><c><v>1</v></c></row>" * 3_000
    path = sheet_xml(tmp_path / "placeless.xlsx", start + wide + tall + b"</sheetData></worksheet>")
    with pytest.raises(BadInput, match="too far apart"):
        read_register(path)


def test_a_sheet_that_hides_elsewhere(tmp_path: Path) -> None:
    far = tmp_path / "far.xlsx"
    book = xlsxwriter.Workbook(far)
    book.add_worksheet().write(1_048_575, 16_383, 1)
    book.close()
    hidden = tmp_path / "hidden.xlsx"
    with zipfile.ZipFile(far) as old, zipfile.ZipFile(hidden, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name).replace(b"worksheets/sheet1.xml", b"media/picture.png")
            new.writestr("xl/media/picture.png" if "worksheets" in name else name, data)
    with pytest.raises(BadInput, match="too far apart"):
        read_register(hidden)


def test_a_sheet_of_charts_beside_the_register(tmp_path: Path) -> None:
    path = tmp_path / "charts.xlsx"
    book = xlsxwriter.Workbook(path)
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Marks!$H$1:$H$2"})
    book.add_chartsheet("Chart").set_chart(chart)
    for name, mark in (("Marks", "/"), ("More", "N")):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, [UPN, "Marsh", "Tilly", 1, "07/09/2026", "AM", mark, ""])
    book.close()
    register = read_register(path)
    assert register.read_all().marks == 1
    assert "only Marks was read" in register.warnings[0]


def test_zip_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = sheet_xml(tmp_path / "bomb.xlsx", b"<worksheet>" + b" " * (20 * limits.MEGABYTE) + b"</worksheet>")
    with pytest.raises(BadInput, match="unpacks"):
        read_register(bomb)
    many = tmp_path / "many.xlsx"
    with zipfile.ZipFile(many, "w") as parts:
        parts.writestr("xl/workbook.xml", "<workbook/>")
        for n in range(limits.XLSX_PARTS + 1):
            parts.writestr(f"xl/{n}.xml", "")
    with pytest.raises(BadInput, match="unpacks"):
        read_register(many)
    twice = tmp_path / "twice.xlsx"
    with zipfile.ZipFile(twice, "w") as parts:
        parts.writestr("xl/workbook.xml", "<workbook/>")
        parts.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
        with pytest.warns(UserWarning, match="Duplicate name"):
            parts.writestr("xl/worksheets/sheet1.xml", "<worksheet></worksheet>")
    with pytest.raises(BadInput, match="unpacks"):
        read_register(twice)
    other = tmp_path / "other.xlsx"
    with zipfile.ZipFile(other, "w") as parts:
        parts.writestr("hello.txt", "hello")
    with pytest.raises(BadInput, match="not an XLSX"):
        read_register(other)


def test_a_part_that_lies_about_its_size(tmp_path: Path) -> None:
    path = sheet_xml(tmp_path / "liar.xlsx", b"<worksheet>" + b" " * (5 * limits.MEGABYTE) + b"</worksheet>")
    data = bytearray(path.read_bytes())
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        if struct.unpack_from("<I", data, at + 24)[0] > limits.MEGABYTE:
            struct.pack_into("<I", data, at + 24, 100)
        at += 4
    path.write_bytes(bytes(data))
    with pytest.raises(BadInput):
        opened_path(path)


def opened_path(path: Path) -> Reading:
    return read_register(path).read_all()


# Anything at all

SETTINGS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SHAPED = st.lists(
    st.one_of(
        st.sampled_from(
            [b",", b";", b"\t", b"\n", b"\r\n", b'"', b"UPN", b"Name", b"Date", b"Session", b"Mark", b"AM",
             b"PM", b"07/09/2026", b"07/09", b"U886009924001", b"/\\", b"C2C2", b"Possible", b"Attended",
             b"\xff", b"\0", b"=cmd|x", HEAD.encode(), GOOD.encode(), b"<CTfile>", b"Total",
             b"\xef\xbb\xbf", b"\xff\xfe", b"9" * 400]
        ),
        st.binary(max_size=12),
    ),
    max_size=60,
).map(b"".join)  # fmt: skip


def survive(data: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        try:
            register = read_register(
                path, today=date(2026, 11, 20), period=(date(2026, 9, 1), date(2027, 8, 31))
            )
            register.preview()
            for week in register.weeks():
                assert len(week.slots) == 10
                assert register.pupils[week.pupil].line
            register.unknown_codes()
        except BadInput:
            return
        for refused in register.rejected:
            assert not has_hidden(refused.value)
            assert refused.reason


@SETTINGS
@given(SHAPED)
def test_any_bytes_give_rows_or_one_sentence(data: bytes) -> None:
    survive(data, "fuzz.csv")


@SETTINGS
@given(st.lists(st.text(max_size=30), min_size=9, max_size=9), st.sampled_from(",;\t"))
def test_any_cells_under_a_good_header(cells: list[str], delimiter: str) -> None:
    import csv

    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(HEAD.strip().split(","))
    writer.writerow(GOOD.strip().split(","))
    writer.writerow(cells)
    survive(out.getvalue().encode("utf-8", "surrogatepass"), "cells.csv")


XML_PARTS = st.lists(
    st.sampled_from(
        ["<Pupil>", "</Pupil>", "<UPN>", "</UPN>", UPN, "<Surname>", "</Surname>", "Marsh", "<Contacts>",
         "</Contacts>", "<Contact>", "</Contact>", "&amp;", "&x;", "<!--", "-->", "<a b='c'/>", "]]>",
         "\x01", "é"]
    ),
    max_size=30,
).map("".join)  # fmt: skip


@SETTINGS
@given(XML_PARTS)
def test_any_xml(parts: str) -> None:
    survive(ctf(parts).encode(), "fuzz.xml")


SAMPLE = Path(__file__).parents[1] / "data" / "samples" / "999004-register.xlsx"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 118_000), st.binary(min_size=1, max_size=40))
def test_a_damaged_workbook(at: int, damage: bytes) -> None:
    data = bytearray(SAMPLE.read_bytes())
    data[at : at + len(damage)] = damage
    survive(bytes(data), "damaged.xlsx")


# Calendars

ICS = """BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n%sEND:VCALENDAR\r\n"""


def event(name: str, start: str, end: str = "") -> str:
    last = f"DTEND;VALUE=DATE:{end}\r\n" if end else ""
    return (
        f"BEGIN:VEVENT\r\nUID:{name}\r\nSUMMARY:{name}\r\nDTSTART;VALUE=DATE:{start}\r\n{last}END:VEVENT\r\n"
    )


def test_an_ics_calendar(tmp_path: Path) -> None:
    text = ICS % (
        event("Term 1", "20260901", "20261017")
        + event("Term 2 begins", "20261102")
        + event("Term 2 ends", "20261218")
        + event("Half term holiday", "20261019", "20261031")
        + event("INSET day", "20260901", "20260902")
        + event("Summer fair", "20261010")
        + event("=cmd|x", "20261010")
    )
    found = read_calendar(write(tmp_path, text, "terms.ics"))
    assert [(row.kind, row.start, row.end) for row in found.rows] == [
        ("term", date(2026, 9, 1), date(2026, 10, 16)),
        ("term", date(2026, 11, 2), date(2026, 12, 18)),
        ("inset", date(2026, 9, 1), date(2026, 9, 1)),
        ("closure", date(2026, 10, 19), date(2026, 10, 30)),
    ]
    assert len(found.rejected) == 1
    assert "passed over" in found.warnings[0]
    calendar = calendar_of(found.rows)
    assert calendar.is_school_day(date(2026, 12, 18))
    assert not calendar.is_school_day(date(2026, 9, 1))


def test_bad_calendar_rows_are_set_aside(tmp_path: Path) -> None:
    text = (
        "kind,name,start,end\nterm,Term 1,01/09/2026,16/10/2026\nterm,Again,2026-10-01,2026-11-01\n"
        "party,Fair,2026-10-01,2026-10-01\ninset,X,soon,\nterm,Back,2026-12-18,2026-11-02\n"
        "term,Long,2026-11-02,2028-11-02\nterm,=cmd,2026-11-02,2026-12-18\ninset,INSET,2026-09-01,\n"
    )
    found = read_calendar(write(tmp_path, text, "calendar.csv"))
    assert len(found.rows) == 2
    assert [(r.line, r.column) for r in found.rejected] == [
        (3, "start"),
        (4, "kind"),
        (5, "start"),
        (6, "end"),
        (7, "end"),
        (8, "name"),
    ]


@pytest.mark.parametrize(
    "text", ["", "kind,name,start,end\n", "hello", ICS % "", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n"]
)
def test_a_calendar_without_terms(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput, match=r"calendar\.csv"):
        read_calendar(write(tmp_path, text, "calendar.csv"))


ICS_PARTS = st.lists(
    st.sampled_from(
        [event("Term 1", "20260901", "20261017"), "RRULE:FREQ=DAILY\r\n", "DTSTART:x\r\n", "BEGIN:VEVENT\r\n",
         "END:VEVENT\r\n", "SUMMARY:Term\r\n", "DTEND;TZID=X:2026\r\n", "CATEGORIES:TERM\r\n",
         "\x00", "é:;\r\n"]
    ),
    max_size=12,
)  # fmt: skip


@SETTINGS
@given(ICS_PARTS)
def test_any_calendar(parts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fuzz.ics"
        path.write_text(ICS % "".join(parts), encoding="utf-8", newline="")
        try:
            found = read_calendar(path)
        except BadInput:
            return
        assert any(row.kind == "term" for row in found.rows)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("100", 100.0),
        ("95.5 %", 95.5),
        ("0", 0.0),
        ("100.1", None),
        ("250", None),
        ("-5", None),
        ("1e2", None),
    ],
)
def test_a_percentage_lies_between_0_and_100(raw: str, value: float | None) -> None:
    assert cells.read_percent(raw) == (value, "" if value is not None else "not a percentage")
