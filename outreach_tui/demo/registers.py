"""The files that the invented schools send: registers in the shapes real systems give, and a CTF each."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from casework.calendars import school_year
from casework.codes import CodeClass, lookup
from outreach_tui.demo.people import SCHOOLS, DemoChild, DemoSchool

_LONG = (
    "UPN",
    "Legal Surname",
    "Legal Forename",
    "Reg",
    "Date",
    "Session",
    "Mark",
    "Minutes Late",
    "Comment",
)


_SPELLS = (1, 1, 1, 2, 3, 5)
_MEAN_SPELL = sum(_SPELLS) / len(_SPELLS)


@dataclass(frozen=True, slots=True)
class Marked:
    """One child's marks: (day, AM code, PM code) in order."""

    child: DemoChild
    days: Sequence[tuple[date, str, str]]


def mark(children: Sequence[DemoChild], days: Sequence[date], seed: int) -> list[Marked]:
    """Marks for every child: illness comes in spells, reasons for the last days are partly still missing."""
    rng = random.Random(seed + 1)
    return [Marked(child, list(_days(rng, child, days))) for child in children]


def _days(rng: random.Random, child: DemoChild, days: Sequence[date]) -> Iterator[tuple[date, str, str]]:
    spell, code = 0, "I"
    for place, day in enumerate(days):
        recent = len(days) - place
        if spell == 0 and rng.random() < child.absence / (_MEAN_SPELL * (1 - child.absence)):
            spell = rng.choice(_SPELLS)
            code = rng.choice("IIIIIIMMOOGCB" if child.absence < 0.5 else "IOOOOGC")
        if spell:
            spell -= 1
            unknown = rng.random() < (0.5 if recent == 1 else 0.12 if recent < 9 else 0)
            shown = "N" if unknown and code in "IOMG" else code
            yield (day, shown, shown if rng.random() < 0.85 or shown != "M" else "\\")
        else:
            draw = rng.random()
            yield (day, "L" if draw < 0.025 else "U" if draw < 0.03 else "/", "\\")


def write_files(folder: Path, marked: Sequence[Marked], when: datetime) -> list[Path]:
    """All files of all schools below `folder`, in the order in which they would be imported."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for number, school in enumerate(SCHOOLS):
        roll = [entry for entry in marked if entry.child.school == number]
        written.append(_write_ctf(folder, school, roll, when))
        written += _WRITERS[school.shape](folder, school, roll)
    return written


def _rows(roll: Sequence[Marked]) -> Iterator[list[str]]:
    for entry in roll:
        who = [entry.child.upn, entry.child.surname, entry.child.forename, entry.child.reg]
        for day, am, pm in entry.days:
            for session, code in (("AM", am), ("PM", pm)):
                late = ("12", "bus") if code == "L" else ("", "")
                yield [*who, f"{day:%d/%m/%Y}", session, code, *late]


def _table(rows: Iterator[list[str]] | list[list[str]], header: Sequence[str], delimiter: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def _write_long(folder: Path, school: DemoSchool, roll: Sequence[Marked]) -> list[Path]:
    path = folder / f"{school.urn}-register.csv"
    path.write_text(_table(_rows(roll), _LONG, ","), encoding="utf-8-sig", newline="")
    return [path]


def _write_tabs(folder: Path, school: DemoSchool, roll: Sequence[Marked]) -> list[Path]:
    path = folder / f"{school.urn}-register.txt"
    path.write_text(_table(_rows(roll), _LONG, "\t"), encoding="utf-8", newline="")
    return [path]


def _write_weekly(folder: Path, school: DemoSchool, roll: Sequence[Marked]) -> list[Path]:
    weeks: dict[date, list[list[str]]] = {}
    for row in _rows(roll):
        day = datetime.strptime(row[4], "%d/%m/%Y").date()  # noqa: DTZ007 - a date without a time
        weeks.setdefault(date.fromordinal(day.toordinal() - day.weekday()), []).append(row)
    paths = []
    for monday, rows in sorted(weeks.items()):
        path = folder / f"{school.urn}-week-{monday}.csv"
        path.write_text(_table(rows, _LONG, ";"), encoding="utf-8", newline="")
        paths.append(path)
    return paths


def _write_days(folder: Path, school: DemoSchool, roll: Sequence[Marked]) -> list[Path]:
    rows = [
        [f"{e.child.surname}, {e.child.forename}", e.child.upn, e.child.reg, f"{day:%d/%m/%Y}", am, pm]
        for e in roll
        for day, am, pm in e.days
    ]
    path = folder / f"{school.urn}-attendance.csv"
    text = _table(rows, ("Student", "UPN", "Registration Form", "Date", "AM", "PM"), ",")
    path.write_text(text, encoding="utf-8", newline="")
    return [path]


def _write_wide(folder: Path, school: DemoSchool, roll: Sequence[Marked]) -> list[Path]:
    days = [day for day, _, _ in roll[0].days]
    title = f"{school.name} - Marks {days[0]:%d/%m/%Y} to {days[-1]:%d/%m/%Y}\r\n"
    rows = []
    for entry in roll:
        name = f"{entry.child.surname}, {entry.child.forename}"
        totals = _totals(entry)
        share = f"{100 * totals['attended'] / totals['possible']:.1f}" if totals["possible"] else ""
        rows.append([name, entry.child.reg, entry.child.upn, *(am + pm for _, am, pm in entry.days), share])
    header = ("Name", "Reg", "UPN", *(f"{day:%d/%m}" for day in days), "% Att")
    path = folder / f"{school.urn}-marks.csv"
    footer = f"Total{',' * (len(header) - 1)}\r\n"
    text = title + _table(rows, header, ",") + footer
    try:
        path.write_text(text, encoding="cp1252", newline="")
    except UnicodeEncodeError:
        path.write_text(text, encoding="utf-8-sig", newline="")
    return [path]


_WRITERS: Mapping[str, Callable[[Path, DemoSchool, Sequence[Marked]], list[Path]]] = {
    "long": _write_long,
    "tabs": _write_tabs,
    "weekly": _write_weekly,
    "days": _write_days,
    "wide": _write_wide,
}


def _totals(entry: Marked) -> dict[str, int]:
    kinds = [found.kind for day, *codes in entry.days for code in codes if (found := lookup(code, day))]
    attended = sum(kind in (CodeClass.PRESENT, CodeClass.AEA) for kind in kinds)
    authorised = sum(kind is CodeClass.AUTHORISED for kind in kinds)
    unauthorised = sum(kind is CodeClass.UNAUTHORISED for kind in kinds)
    return {
        "possible": attended + authorised + unauthorised,
        "attended": attended,
        "authorised": authorised,
        "unauthorised": unauthorised,
    }


def _write_ctf(folder: Path, school: DemoSchool, roll: Sequence[Marked], when: datetime) -> Path:
    year = str(school_year(when.date()))
    root = ET.Element("CTfile")
    header = ET.SubElement(root, "Header")
    _texts(
        header, DocumentName="Common Transfer File", CTFversion="25.0", DateTime=f"{when:%Y-%m-%dT%H:%M:%S}"
    )
    _texts(header, DocumentQualifier="partial", SupplierID="Invented")
    source = ET.SubElement(header, "SourceSchool")
    _texts(source, LEA="886", Estab=school.estab, URN=school.urn, SchoolName=school.name, AcademicYear=year)
    _texts(ET.SubElement(header, "DestSchool"), LEA="886", Estab="LLLL")
    pupils = ET.SubElement(root, "CTFpupilData")
    for entry in roll:
        _pupil(ET.SubElement(pupils, "Pupil"), entry, school, year)
    path = folder / f"886{school.estab}_CTF_886LLLL_001.xml"
    path.write_bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))
    return path


def _pupil(pupil: ET.Element, entry: Marked, school: DemoSchool, year: str) -> None:
    child = entry.child
    _texts(pupil, UPN=child.upn, Surname=child.surname, Forename=child.forename, DOB=child.dob.isoformat())
    basic = ET.SubElement(pupil, "BasicDetails")
    if child.known_as:
        _texts(basic, PreferredForename=child.known_as)
    _texts(basic, NCyearActual=child.year_group)
    if child.meals:
        _texts(ET.SubElement(ET.SubElement(pupil, "FSMhistory"), "FSMinstance"), FSMstartDate=f"{year}-09-01")
    if child.looked_after:
        _texts(ET.SubElement(pupil, "LookedAfter"), InCare="true")
    need = ET.SubElement(ET.SubElement(pupil, "SENhistory"), "SEN")
    _texts(need, StartDate=f"{int(year) - 1}-09-01", SENprovision=child.sen)
    house, _, place = child.address.partition(", ")
    lines = ET.SubElement(ET.SubElement(pupil, "Address"), "AddressLines")
    _texts(lines, AddressLine1=house, AddressLine2=place)
    contacts = ET.SubElement(pupil, "Contacts")
    for order, adult in enumerate(child.adults, start=1):
        contact = ET.SubElement(contacts, "Contact")
        _texts(contact, Order=str(order), Title=adult.title, Surname=adult.surname, Forename=adult.forename)
        _texts(contact, Relationship=adult.relationship, Responsibility=str(adult.responsibility).lower())
        phone = ET.SubElement(ET.SubElement(contact, "Phones"), "Phone")
        _texts(phone, TelephoneType="M", PhoneNo=adult.phone)
    totals = _totals(entry)
    data = ET.SubElement(ET.SubElement(pupil, "Attendance"), "YearData")
    _texts(data, Year=year, LEA="886", Estab=school.estab, SchoolName=school.name)
    _texts(data, SessionsPossible=str(totals["possible"]), SessionsAuthorised=str(totals["authorised"]))
    _texts(data, SessionsAttended=str(totals["attended"]), SessionsUnauthorised=str(totals["unauthorised"]))


def _texts(parent: ET.Element, **fields: str) -> None:
    for name, text in fields.items():
        ET.SubElement(parent, name).text = text
