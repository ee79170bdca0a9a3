"""Common Transfer Files: children, contacts and yearly totals out of untrusted XML.

Takes CTF 25.0 and the year before (24.0, which says ``Gender`` where 25 says ``Sex``), reads others with a
warning, and takes what is there: official systems write partial files without ``Attendance``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import Element

from storage.intake import limits
from storage.intake.ctf_attendance import laestab_of
from storage.intake.ctf_pupil import PupilReader
from storage.intake.ctf_xml import child_of, name_of, parts_of, text_of
from storage.intake.dates import parse_date
from storage.intake.limits import shown
from storage.intake.model import Reading
from storage.intake.pupils import note_capitals

SUPPORTED = ("25.0", "24.0")
"""The version of 2025/26 and the one before."""


@dataclass(slots=True)
class CtfHeader:
    """What the header of a CTF says. ``laestab`` is the source school's seven digits."""

    version: str = ""
    laestab: str = ""
    urn: str = ""
    school_name: str = ""
    written: date | None = None
    partial: bool = False


def read_ctf(path: Path, reading: Reading, today: date | None = None) -> CtfHeader:
    """Read the children of a CTF into a reading. ``Rejected.line`` is the line on which the element begins.

    ``today``, when given, tells which dates of birth cannot be a pupil's.
    Raises BadInput for what is not well-formed XML, not a CTF, too large, or has a DTD or entities.
    """
    limits.check_file(path, limits.XML_BYTES)
    header = CtfHeader()
    number, assessed = 0, False
    for kind, element in parts_of(path):
        if kind == "header":
            _read_header(element, header)
            _check_version(header, reading)
        else:
            number += 1
            pupil = PupilReader(
                element, number, reading, written=header.written, laestab=header.laestab, today=today
            ).read()
            assessed = assessed or child_of(element, "stageassessments") is not None
            if pupil is not None:
                reading.add_pupil(pupil, shown(path))
    if not number:
        reading.warn("The file holds no children.")
    if note_capitals(reading.pupils):
        reading.warn(
            "The file writes names in capitals: they are used for matching and not to rename a child."
        )
    if assessed:
        reading.warn("The file holds results of assessments: Outreach keeps none, they were passed over.")
    if reading.pupils and not any(pupil.totals for pupil in reading.pupils):
        reading.warn("The file holds no attendance: only children and the people round them were read.")
    return header


def _read_header(element: Element, header: CtfHeader) -> None:
    school = child_of(element, "sourceschool")
    header.version = name_of(element, "ctfversion")
    header.laestab = laestab_of(school)
    urn = name_of(school, "urn")
    header.urn = urn if len(urn) == 6 and urn.isascii() and urn.isdigit() else ""
    header.school_name = name_of(school, "schoolname")
    header.written = parse_date(text_of(element, "datetime")[:10])
    header.partial = text_of(element, "documentqualifier").lower() == "partial"


def _check_version(header: CtfHeader, reading: Reading) -> None:
    if header.version not in SUPPORTED:
        named = header.version[:12] or "without a number"
        reading.warn(
            f"The file is CTF {named}; versions {' and '.join(SUPPORTED)} are known: look its children over."
        )
