"""Which school a file belongs to, and the file opened the way that school's exports are read."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from casework.calendars import school_year
from casework.edits import Change, Edit, create, update
from casework.errors import BadInput
from casework.identifiers import check_urn
from casework.ids import new_id
from casework.records import Calendar, School
from casework.text import clean, safe
from storage.intake.kent_terms import kent_calendar
from storage.intake.mapping import Mapping
from storage.intake.register import RegisterFile, read_register
from storage.intake.saved_mapping import Saved, load_saved

if TYPE_CHECKING:
    from storage.store import Store

KENT = "886"
"""Kent's local authority number: its new schools start with Kent's terms."""

_LONGEST_NAME = 120
_URN_IN_NAME = re.compile(r"([0-9]{6})(?![0-9])")


@dataclass(slots=True)
class Opened:
    """An opened file with its school; ``changes`` bring the school in or complete it."""

    register: RegisterFile
    school: School
    saved: Saved
    changes: list[Change]
    notes: list[str]


def open_for_school(store: Store, path: Path, urn: str, mapping: Mapping | None) -> Opened:
    """Open a file and settle its school: as given, by the mapping, by a CTF's header, by the file's name.

    A URN in the file's name is taken only when that school is known. Raises BadInput when the file cannot be
    read, or when its school is not known.
    """
    if urn and not check_urn(urn).valid:
        raise BadInput("bad-urn", "A school's URN has 6 digits: correct it.", "school")
    known = {school.urn: school for school in store.find(School, "urn <> ''")}
    guess = known.get(urn or (mapping.school if mapping else "") or _named(path))
    saved = load_saved(store, guess.id) if guess else Saved()
    register, notes = _read(path, mapping, saved, urn, store.today)
    school, changes = _settle(store, register, urn, known)
    if guess is None or school.id != guess.id:
        saved = load_saved(store, school.id)
    return Opened(register, school, saved, changes, notes)


def _named(path: Path) -> str:
    found = _URN_IN_NAME.match(path.name)
    return found[1] if found else ""


def _read(
    path: Path, mapping: Mapping | None, saved: Saved, urn: str, today: date
) -> tuple[RegisterFile, list[str]]:
    year = school_year(today)
    period = (date(year, 9, 1), date(year + 1, 8, 31))
    if mapping is None and saved.layout is not None:
        try:
            return read_register(path, mapping=saved.layout, school=urn, today=today, period=period), []
        except BadInput:
            register = read_register(path, school=urn, today=today, period=period)
            return register, [f"{path.name} does not fit the school's saved mapping: it was read without it."]
    return read_register(path, mapping=mapping, school=urn, today=today, period=period), []


def _settle(
    store: Store, register: RegisterFile, urn: str, known: dict[str, School]
) -> tuple[School, list[Change]]:
    name = register.path.name
    if register.ctf is not None:
        return _of_ctf(store, register, urn, known)
    found = known.get(register.school)
    if found is not None:
        return found, []
    if urn or register.mapping.school != _named(register.path):
        raise _unknown_school(register.school)
    raise BadInput(
        "school-needed",
        f"{name} does not say which known school it is from: choose the school, or add a new one first.",
        name,
    )


def _unknown_school(urn: str) -> BadInput:
    return BadInput(
        "no-such-school",
        f"No school with URN {safe(urn)} is known: add it first, or choose another.",
        "school",
    )


def _of_ctf(
    store: Store, register: RegisterFile, urn: str, known: dict[str, School]
) -> tuple[School, list[Change]]:
    """The school that a CTF names; a new one is brought in, a known one completed."""
    header = register.ctf
    if header is None:
        raise AssertionError("only called for a CTF")
    laestab = header.laestab
    by_laestab = next((s for s in known.values() if laestab and s.laestab.replace("/", "") == laestab), None)
    asked = urn or register.mapping.school
    found = known.get(asked) if asked else known.get(header.urn) or by_laestab
    if found is None and asked and asked != header.urn:
        raise _unknown_school(asked)
    if asked and ((header.urn and header.urn != asked) or (by_laestab and by_laestab.urn != asked)):
        raise BadInput(
            "another-school",
            f"{register.path.name} names another school than URN {safe(asked)}: leave it to the file.",
            register.path.name,
        )
    if found is not None:
        return found, [] if found.laestab else list(update(found, laestab=laestab))
    if not header.urn:
        raise BadInput(
            "school-needed",
            f"{register.path.name} names its school without a URN: choose the school.",
            register.path.name,
        )
    name = header.school_name or f"School {header.urn}"
    return _new_school(store, header.urn, name, laestab, with_terms=laestab.startswith(KENT))


def _new_school(
    store: Store, urn: str, name: str, laestab: str = "", *, with_terms: bool
) -> tuple[School, list[Change]]:
    school = School(id=new_id(), urn=urn, name=name, laestab=laestab, team=store.worker.team)
    calendar = [
        Calendar(id=new_id(), school=school.id, kind=row.kind, name=row.name, start=row.start, end=row.end)
        for row in (kent_calendar() if with_terms else ())
    ]
    return school, [create(school), *map(create, calendar)]


def check_new_school(store: Store, urn: str) -> None:
    """Raise BadInput for a URN that is none or that a school has already."""
    urn = clean(urn).strip()
    if not check_urn(urn).valid:
        raise BadInput("bad-urn", "A school's URN has 6 digits: correct it.", "school")
    if store.find(School, "urn = ?", (urn,)):
        raise BadInput("school-exists", f"The school with URN {urn} is there already: choose it.", "school")


def add_school(store: Store, urn: str, name: str) -> int:
    """Add a school that starts with Kent's terms; the step's place in the journal.

    Raises BadInput for a URN that is none or is known already, or for an empty name.
    """
    urn, name = clean(urn).strip(), clean(name, limit=_LONGEST_NAME).strip()
    check_new_school(store, urn)
    if not name:
        raise BadInput("empty", "The school's name must not be empty.", "school")
    _, changes = _new_school(store, urn, name, with_terms=True)
    return store.journal.commit(Edit(f"Add school {urn}", tuple(changes))).seq


@dataclass(frozen=True, slots=True)
class LikelySchool:
    """The school that a file seems to be from: ``on_roll`` of the file's ``upns`` are on its roll."""

    school: School
    on_roll: int
    upns: int

    @property
    def sentence(self) -> str:
        """Why, for a person who may know better."""
        return (
            f"The file does not say its school: {safe(self.school.name)} ({self.school.urn}), since "
            f"{self.on_roll} of its {self.upns} UPNs are on that roll."
        )


def likely_school(store: Store, path: Path, mapping: Mapping | None = None) -> LikelySchool | None:
    """The one school on whose roll are nine in ten of the UPNs in a register, or None.

    Raises BadInput when the file cannot be read.
    """
    register, _ = _read(path, mapping, Saved(), "", store.today)
    for _week in register.weeks():
        pass
    upns = {pupil.upn for pupil in register.pupils if pupil.upn}
    if not upns:
        return None
    rows = store.conn.execute(
        "SELECT upn, school FROM child WHERE void = 0 AND upn <> '' AND school IS NOT NULL"
    )
    rolls = Counter(school for upn, school in rows if upn in upns)
    for school, count in rolls.most_common(1):
        if count * 10 >= len(upns) * 9:
            return LikelySchool(store.get(School, school), count, len(upns))
    return None
