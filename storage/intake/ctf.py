"""Common Transfer Files: children, contacts and yearly totals out of untrusted XML.

Takes CTF 25.0 and the year before (24.0, which says ``Gender`` where 25 says ``Sex``), reads others with a
warning, and takes what is there: official systems write partial files without ``Attendance``. Element names
are compared without case or namespace; unknown ones are passed over. A document type or an entity is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from casework.errors import BadInput
from storage.intake import cells, limits
from storage.intake.dates import parse_date, unlikely_birth
from storage.intake.limits import shown
from storage.intake.model import (
    ReadAddress,
    ReadContact,
    Reading,
    ReadPhone,
    ReadPupil,
    Totals,
)
from storage.intake.pupils import note_capitals

SUPPORTED = ("25.0", "24.0")
"""The version of 2025/26 and the one before."""

_DEPTH = 40
_ELEMENTS_PER_PUPIL = 20_000
_ELEMENTS_ELSEWHERE = 500_000
_TRUE = frozenset({"true", "1", "y", "yes"})
_FALSE = frozenset({"false", "0", "n", "no"})
_BS7666 = ("saon", "paon", "street", "locality", "town", "posttown", "administrativearea")
_LINES = ("addressline1", "addressline2", "addressline3", "addressline4", "addressline5")


@dataclass(slots=True)
class CtfHeader:
    """What the header of a CTF says. ``laestab`` is the source school's seven digits."""

    version: str = ""
    laestab: str = ""
    urn: str = ""
    school_name: str = ""
    written: date | None = None
    partial: bool = False


class _Element(Element):
    """An element that knows the line on which it begins."""

    line: int = 0


def read_ctf(path: Path, reading: Reading, today: date | None = None) -> CtfHeader:
    """Read the children of a CTF into a reading. ``Rejected.line`` is the line on which the element begins.

    ``today``, when given, tells which dates of birth cannot be a pupil's.
    Raises BadInput for what is not well-formed XML, not a CTF, too large, or has a DTD or entities.
    """
    limits.check_file(path, limits.XML_BYTES)
    header = CtfHeader()
    number = 0
    for kind, element in _elements(path):
        if kind == "header":
            _read_header(element, header)
            _check_version(header, reading)
        else:
            number += 1
            pupil = _Pupil(element, number, reading, header, today).read()
            if pupil is not None:
                reading.add_pupil(pupil, shown(path))
    if not number:
        reading.warn("The file holds no children.")
    if note_capitals(reading.pupils):
        reading.warn(
            "The file writes names in capitals: they are used for matching and not to rename a child."
        )
    if reading.pupils and not any(pupil.totals for pupil in reading.pupils):
        reading.warn("The file holds no attendance: only children and the people round them were read.")
    return header


def _line(element: Element) -> int:
    return element.line if isinstance(element, _Element) else 0


def _local(tag: object) -> str:
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _elements(path: Path) -> Iterator[tuple[str, Element]]:
    """The header and each pupil as they end, so that only one pupil is in memory."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser, iterparse

    def numbered(tag: str, attributes: dict[str, str]) -> _Element:
        element = _Element(tag, attributes)
        element.line = parser.parser.CurrentLineNumber
        return element

    parser: Any = DefusedXMLParser(target=TreeBuilder(element_factory=numbered), forbid_dtd=True)
    depth = inside = 0
    in_pupil = False
    try:
        with path.open("rb") as stream:
            events: Any = iterparse(stream, events=("start", "end"), parser=parser)
            for event, element in events:
                tag = _local(element.tag)
                if event == "start":
                    if depth == 0 and tag != "ctfile":
                        raise _not_ctf(path)
                    depth += 1
                    if tag == "pupil" and not in_pupil and depth <= 3:
                        in_pupil, inside = True, 0
                    inside += 1
                    if depth > _DEPTH or inside > (_ELEMENTS_PER_PUPIL if in_pupil else _ELEMENTS_ELSEWHERE):
                        raise _unreadable(path)
                    continue
                depth -= 1
                if tag == "pupil" and in_pupil and depth <= 2:
                    yield "pupil", element
                    in_pupil, inside = False, 0
                    element.clear()
                elif not in_pupil:
                    if tag == "header" and depth == 1:
                        yield "header", element
                        inside = 0
                    if depth == 1:
                        element.clear()
    except DefusedXmlException as fault:
        raise BadInput(
            "xml-unsafe",
            f"{shown(path)} declares a document type or entities, which a Common Transfer File never does: "
            "ask the school for a fresh export.",
            shown(path),
        ) from fault
    except (ParseError, LookupError, ValueError, OSError) as fault:
        raise _unreadable(path) from fault


def _not_ctf(path: Path) -> BadInput:
    return BadInput(
        "not-a-ctf", f"{shown(path)} is XML but no Common Transfer File: export it again as CTF.", shown(path)
    )


def _unreadable(path: Path) -> BadInput:
    return BadInput(
        "xml-unreadable",
        f"{shown(path)} is damaged and cannot be read as XML: ask the school for a fresh export.",
        shown(path),
    )


def _child(element: Element | None, *path: str) -> Element | None:
    for name in path:
        if element is None:
            return None
        element = next((child for child in element if _local(child.tag) == name), None)
    return element


def _first(*elements: Element | None) -> Element | None:
    """The first element that is there; an element without children counts, though Python calls it false."""
    return next((element for element in elements if element is not None), None)


def _children(element: Element | None, name: str) -> list[Element]:
    return [] if element is None else [child for child in element if _local(child.tag) == name]


def _raw(element: Element | None, *path: str) -> str:
    found = _child(element, *path)
    return (found.text or "").strip() if found is not None else ""


def _short(element: Element | None, *path: str) -> str:
    value, reason, _ = cells.read_name(_raw(element, *path), limits.NAME)
    return "" if reason else value


def _truth(text: str) -> bool | None:
    word = text.strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def _read_header(element: Element, header: CtfHeader) -> None:
    school = _child(element, "sourceschool")
    header.version = _short(element, "ctfversion")
    header.laestab = _laestab(school)
    urn = _short(school, "urn")
    header.urn = urn if len(urn) == 6 and urn.isascii() and urn.isdigit() else ""
    header.school_name = _short(school, "schoolname")
    header.written = parse_date(_raw(element, "datetime")[:10])
    header.partial = _raw(element, "documentqualifier").lower() == "partial"


def _check_version(header: CtfHeader, reading: Reading) -> None:
    if header.version not in SUPPORTED:
        named = header.version[:12] or "without a number"
        reading.warn(
            f"The file is CTF {named}; versions {' and '.join(SUPPORTED)} are known: look its children over."
        )


def _laestab(element: Element | None) -> str:
    authority, school = _raw(element, "lea"), _raw(element, "estab")
    both = authority + school
    return both if len(authority) == 3 and len(both) == 7 and both.isascii() and both.isalnum() else ""


class _Pupil:
    """Reads one ``Pupil`` element; parts that cannot be taken are set aside one by one."""

    def __init__(
        self, element: Element, number: int, reading: Reading, header: CtfHeader, today: date | None
    ) -> None:
        self._element = element
        self._number = number
        self._reading = reading
        self._header = header
        self._today = today
        self._pupil = ReadPupil(_line(element), place=number)

    def read(self) -> ReadPupil | None:
        """The pupil, or None after setting it aside."""
        element, pupil = self._element, self._pupil
        basic = _child(element, "basicdetails")
        for name in ("Surname", "Forename"):
            raw = _raw(element, name.lower())
            value, reason, mend = cells.read_name(raw, limits.NAME)
            if reason:
                self._reject(_child(element, name.lower()), name, raw, reason, mend)
                return None
            setattr(pupil, name.lower(), value)
        pupil.known_as = self._text(basic, "preferredforename")
        pupil.middle_names = self._text(basic, "middlenames")
        born = _raw(element, "dob")
        pupil.dob = parse_date(born)
        fault = unlikely_birth(pupil.dob, self._today) if pupil.dob else "not a date of birth" if born else ""
        if fault:
            pupil.dob = None
        if not self._read_upn(pupil):
            return None
        if fault:
            mend = "write it as yyyy-mm-dd; the child was read without it"
            if not pupil.upn:
                mend = "write it as yyyy-mm-dd, or fill in the UPN: the child was set aside"
            self._reject(_child(element, "dob"), "DOB", born, fault, mend)
            if not pupil.upn:
                return None
        pupil.former_upn = cells.read_upn(_raw(basic, "formerupn"))[0]
        sex = (_raw(element, "sex") or _raw(element, "gender")).upper()
        pupil.sex = sex if sex in {"M", "F", "U"} else ""
        pupil.year = cells.read_year(_raw(basic, "ncyearactual"))
        pupil.reg = self._text(basic, "regroup") or self._text(basic, "reggroup")
        self._read_circumstances(pupil, basic)
        self._read_sen(pupil)
        pupil.address = self._address(_child(element, "address"))
        pupil.phones = self._phones(element)
        pupil.email = self._text(element, "email")
        pupil.contacts = self._contacts()
        pupil.totals = self._totals()
        return pupil

    def _reject(
        self, found: Element | None, column: str, value: str, reason: str, mend: str, within: str = ""
    ) -> None:
        """Set a part aside under its element's own name; ``column`` names one that is not there."""
        if found is not None:
            column = within + found.tag.rpartition("}")[2]
        line = self._pupil.line if found is None else _line(found)
        self._reading.reject(line, column, value, f"{reason}{self._pupil.whereabouts}", mend)

    def _text(self, element: Element | None, name: str, within: str = "") -> str:
        raw = _raw(element, name)
        value, reason, mend = cells.read_name(raw, limits.NAME)
        if reason:
            self._reject(_child(element, name), name, raw, reason, mend, within)
        return value

    def _read_upn(self, pupil: ReadPupil) -> bool:
        raw = _raw(self._element, "upn")
        pupil.upn, reason, mend = cells.read_upn(raw)
        if not reason and (pupil.upn or pupil.surname):
            return True
        if pupil.matchable:
            pupil.problems += ("the UPN was not readable and was left out",)
            return True
        upn = _child(self._element, "upn")
        self._reject(upn, "UPN", raw, reason or "names no child", mend or "ask the school for a fresh export")
        return False

    def _read_circumstances(self, pupil: ReadPupil, basic: Element | None) -> None:
        element = self._element
        care = _first(_child(element, "lookedafter"), _child(basic, "lookedafter"))
        if care is not None:
            pupil.looked_after = _truth(_raw(care, "incare") or (care.text or ""))
        service = _raw(element, "servicechild") or _raw(basic, "servicechild")
        pupil.service_child = _truth(service)
        languages = _first(_child(element, "languages"), _child(basic, "languages"))
        pupil.languages = tuple(
            (_short(entry, "languagetype")[:4], _short(entry, "language")[:8])
            for entry in _children(languages, "type")[:20]
            if _short(entry, "language")
        )
        history = _first(_child(element, "fsmhistory"), _child(basic, "fsmhistory"))
        if history is not None:
            ends = [_raw(spell, "fsmenddate") for spell in _children(history, "fsm")]
            pupil.fsm = any(not end or self._still_open(end) for end in ends)
        else:
            pupil.fsm = _truth(_raw(element, "fsmeligible") or _raw(basic, "fsmeligible"))

    def _still_open(self, end: str) -> bool:
        day = parse_date(end[:10])
        return day is not None and self._header.written is not None and day >= self._header.written

    def _read_sen(self, pupil: ReadPupil) -> None:
        spells = _children(_child(self._element, "senhistory"), "sen")
        latest = max(spells, key=lambda spell: _raw(spell, "startdate"), default=None)
        if latest is not None:
            pupil.sen = _short(latest, "senprovision")[:2].upper()
            pupil.sen_since = parse_date(_raw(latest, "startdate"))
        needs = _children(_child(self._element, "senneeds"), "senneed")
        ranked = sorted(needs[:20], key=lambda need: _raw(need, "sentyperank").zfill(4))
        pupil.sen_needs = tuple(kind for need in ranked if (kind := _short(need, "sentype")[:8]))

    def _address(self, element: Element | None) -> ReadAddress | None:
        if element is None:
            return None
        inner = _first(_child(element, "bs7666address"), _child(element, "addresslines"), element)
        lines = tuple(line for name in (*_BS7666, *_LINES) if (line := self._text(inner, name)))
        postcode = _short(inner, "postcode") or _short(element, "postcode")
        uprn = _short(inner, "uniquepropertyreferencenumber")
        return ReadAddress(lines, postcode[:10].upper(), uprn[:12]) if lines or postcode else None

    def _phones(self, element: Element) -> tuple[ReadPhone, ...]:
        found = []
        for entry in _children(_child(element, "phones"), "phone")[:20]:
            raw = _raw(entry, "phoneno")
            number, reason, mend = cells.read_comment(raw, limits.SHORT)  # numbers may begin with +
            if reason:
                self._reject(_child(entry, "phoneno"), "PhoneNo", raw, reason, mend)
            elif number:
                found.append(ReadPhone(number, _short(entry, "telephonetype")[:2].upper()))
        return tuple(found)

    def _contacts(self) -> tuple[ReadContact, ...]:
        found = []
        for entry in _children(_child(self._element, "contacts"), "contact")[:50]:
            surname = self._text(entry, "surname", "Contact/")
            forename = self._text(entry, "forename", "Contact/")
            if not surname and not forename:
                continue
            order = _raw(entry, "order")
            found.append(
                ReadContact(
                    surname=surname,
                    forename=forename,
                    title=_short(entry, "title")[:20],
                    order=int(order) if order.isascii() and order.isdigit() and len(order) <= 3 else None,
                    relationship=_short(entry, "relationship")[:8].upper(),
                    responsibility=_truth(_raw(entry, "responsibility")),
                    phones=self._phones(entry),
                    email=self._text(entry, "email", "Contact/"),
                    address=self._address(_child(entry, "address")),
                    address_as_pupil=_truth(_raw(entry, "addressaspupil")) is True,
                )
            )
        return tuple(sorted(found, key=lambda contact: (contact.order is None, contact.order or 0)))

    def _totals(self) -> tuple[Totals, ...]:
        found = []
        for year in _children(_child(self._element, "attendance"), "yeardata")[:30]:
            started = _raw(year, "year")
            counts = {name: self._count(year, element) for name, element in _COUNTS}
            found.append(
                Totals(
                    **counts,
                    year=int(started)
                    if len(started) == 4 and started.isascii() and started.isdigit()
                    else None,
                    laestab=_laestab(year),
                    school_name=_short(year, "schoolname"),
                    starts=parse_date(_raw(year, "attendancestartdate")),
                    marks=_marks(year),
                )
            )
        return tuple(found)

    def _count(self, year: Element, name: str) -> int | None:
        raw = _raw(year, name)
        value, reason = cells.read_count(raw)
        if reason:
            self._reject(_child(year, name), name, raw, reason, "check the figures in the school's system")
        return value


_COUNTS = (
    ("possible", "sessionspossible"),
    ("attended", "sessionsattended"),
    ("authorised", "sessionsauthorised"),
    ("unauthorised", "sessionsunauthorised"),
)


def _marks(year: Element) -> str:
    """The string of marks, raw, spaces kept: they are slots. Nothing hidden is let through."""
    found = _child(year, "attendancemarks")
    text = (found.text or "")[:2_000] if found is not None else ""
    return "" if cells.has_hidden(text) else text
