"""The children that a table names: one entry each, found again row after row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from operator import itemgetter

from casework.text import fold
from storage.intake import cells, limits
from storage.intake.dates import parse_date, unlikely_birth
from storage.intake.detect import Layout
from storage.intake.model import Reading, ReadPupil

IDENTITY = ("upn", "local_id", "name", "surname", "forename", "known_as", "dob", "reg", "year", "sen")
"""The fields of a row that describe the child."""

SET_ASIDE = -1
"""The index of a child whose row cannot be taken."""

_MEMO = 200_000
_NAMES = ("name", "surname", "forename", "known_as")


class PupilIndex:
    """Finds the child of a row, adding each to the reading's pupils when first met.

    A child is known by UPN, else by the school's own number, else by names with date of birth and group.
    A row that puts one UPN beside another name is set aside: its marks may be another child's.
    """

    def __init__(
        self,
        layout: Layout,
        reading: Reading,
        file: str,
        date_order: str,
        name_order: str,
        today: date | None = None,
    ) -> None:
        """``today``, when given, tells which dates of birth cannot be a pupil's."""
        self._columns: dict[str, int] = {n: layout.columns[n] for n in IDENTITY if n in layout.columns}
        self._header = layout.header
        self._reading = reading
        self._file = file
        self._date_order = date_order
        self._today = today
        self._name_order = name_order
        self._by_key: dict[tuple[str, ...], int] = {}
        at = list(self._columns.values())
        self.key: Callable[[list[str]], object] = itemgetter(*at)
        """The raw cells that tell one child from another."""
        self.memo: dict[object, int] = {}
        """Raw cells already understood; hot loops read it before they call ``find``."""
        self.width = max(at) + 1
        """How many cells a row must have to name its child."""

    def find(self, row: list[str], line: int) -> int:
        """The index of the row's child, or ``SET_ASIDE`` after setting the row aside.

        Raises BadInput past the limit of children in one file.
        """
        raw = self.key(row)
        known = self.memo.get(raw)
        if known is not None:
            return known
        pupil = self._read(row, line)
        if pupil is None:
            return SET_ASIDE
        index = self._place(pupil, row, line)
        if index != SET_ASIDE and len(self.memo) < _MEMO:
            self.memo[raw] = index
        return index

    def _heading(self, name: str) -> str:
        return self._header[self._columns[name]]

    def _read(self, row: list[str], line: int) -> ReadPupil | None:
        raw: Mapping[str, str] = {name: row[at] for name, at in self._columns.items()}
        pupil = ReadPupil(line)
        for name in (*_NAMES, "reg", "local_id", "sen"):
            if name not in raw:
                continue
            value, reason, mend = cells.read_name(raw[name], limits.NAME if name in _NAMES else limits.SHORT)
            if reason:
                self._reading.reject(line, self._heading(name), raw[name], reason, mend)
                return None
            if name == "name":
                self._split(pupil, value)
            elif value:
                setattr(pupil, name, value)
        pupil.year = cells.read_year(raw["year"]) if "year" in raw else ""
        fault = self._read_dob(pupil, raw)
        if not self._read_upn(pupil, raw, line):
            return None
        if fault:
            mend = "write it as dd/mm/yyyy; the child was read without it"
            if not pupil.upn:
                mend = "write it as dd/mm/yyyy, or fill in the UPN: the row was set aside"
            self._reading.reject(line, self._heading("dob"), raw["dob"].strip(), fault, mend)
            if not pupil.upn:
                return None
        if not (pupil.upn or pupil.local_id or pupil.surname):
            name = next(name for name in ("upn", "name", "surname", "local_id") if name in raw)
            self._reading.reject(
                line, self._heading(name), "", "names no child", "fill in the UPN, or name and date of birth"
            )
            return None
        return pupil

    def _split(self, pupil: ReadPupil, value: str) -> None:
        surname, forename, known_as, split = cells.split_name(value, self._name_order)
        pupil.surname, pupil.forename = surname, forename
        pupil.known_as = known_as
        if value and not split:
            pupil.problems += ("the name could not be told into surname and forename",)

    def _read_dob(self, pupil: ReadPupil, raw: Mapping[str, str]) -> str:
        """Take the date of birth; why it cannot be taken, or empty text."""
        text = raw.get("dob", "").strip()
        if not text:
            return ""
        born = parse_date(text, self._date_order)
        if born is None:
            return "not a date of birth"
        fault = unlikely_birth(born, self._today)
        pupil.dob = None if fault else born
        return fault

    def _read_upn(self, pupil: ReadPupil, raw: Mapping[str, str], line: int) -> bool:
        if "upn" not in raw:
            return True
        pupil.upn, reason, mend = cells.read_upn(raw["upn"])
        if not reason:
            return True
        if pupil.matchable:
            pupil.problems += ("the UPN was not readable and was left out",)
            self._reading.warn(
                f"{self._file}: some UPNs are not readable; their children are matched on name and date of "
                "birth, which asks for your yes."
            )
            return True
        self._reading.reject(line, self._heading("upn"), raw["upn"], reason, mend)
        return False

    def _place(self, pupil: ReadPupil, row: list[str], line: int) -> int:
        names = (fold(pupil.surname), fold(pupil.forename))
        born = pupil.dob.isoformat() if pupil.dob else ""
        if pupil.upn:
            key: tuple[str, ...] = ("upn", pupil.upn)
        elif pupil.local_id:
            key = ("id", pupil.local_id)
        else:
            key = ("name", *names, born, "" if born else pupil.reg)
        index = self._by_key.get(key)
        if index is None:
            index = self._by_key[key] = self._reading.add_pupil(pupil, self._file)
            return index
        known = self._reading.pupils[index]
        if _another(known, pupil):
            name = "upn" if pupil.upn else "local_id"
            self._reading.reject(
                line,
                self._heading(name),
                row[self._columns[name]],
                f"stands beside another child's name or date of birth on line {known.line}",
                "find out which of the two lines is right",
            )
            return SET_ASIDE
        _fill(known, pupil)
        return index


def _another(known: ReadPupil, again: ReadPupil) -> bool:
    """Whether two rows under one number name two children. A second forename may come and go."""
    if known.surname and again.surname and fold(known.surname) != fold(again.surname):
        return True
    if known.forename and again.forename:
        first, second = fold(known.forename).split(" "), fold(again.forename).split(" ")
        if first[0] != second[0]:
            return True
    return bool(known.dob and again.dob and known.dob != again.dob)


def _fill(known: ReadPupil, again: ReadPupil) -> None:
    """Take from a later row what earlier rows left empty; the latest group and year win."""
    for name in ("surname", "forename", "known_as", "local_id", "sen"):
        if not getattr(known, name):
            setattr(known, name, getattr(again, name))
    known.dob = known.dob or again.dob
    known.reg = again.reg or known.reg
    known.year = again.year or known.year


def note_capitals(pupils: list[ReadPupil]) -> bool:
    """Mark children whose names stand in capitals, when most of the file's do; whether they do."""
    named = [pupil for pupil in pupils if len(pupil.surname) > 2]
    loud = [p for p in named if p.surname.isupper() and (p.forename.isupper() or not p.forename)]
    if not named or 2 * len(loud) <= len(named):
        return False
    for pupil in loud:
        pupil.capitals = True
    return True
