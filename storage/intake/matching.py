"""Who of the caseload a child of a file is: by UPN, else asked of a person; never decided by name alone.

Wrong matches put one child's absences on another, so a doubt is always a question. Twins share surname and
date of birth, cousins share names, schools mistype UPNs: none of these is ever merged without a yes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from casework.text import fold
from storage.cipher import Connection
from storage.intake.lost_letters import is_damaged, mended, same_but_lost
from storage.intake.model import ReadPupil
from storage.intake.report import Candidate

NameKey: TypeAlias = tuple[str, str, str]
"""Folded surname, folded forename, date of birth as ISO text."""


@dataclass(frozen=True, slots=True)
class Alias:
    """Who a merged record said its child was."""

    surname: str
    forename: str
    known_as: str
    dob: str | None


@dataclass(slots=True)
class Known:
    """A child of the caseload, as much as an import compares. Lists and dates are JSON-safe."""

    id: str
    surname: str = ""
    forename: str = ""
    known_as: str = ""
    former_names: list[str] = field(default_factory=list)
    dob: str | None = None
    upn: str = ""
    former_upns: list[str] = field(default_factory=list)
    household: str | None = None
    school: str | None = None
    year_group: str = ""
    reg: str = ""
    sen: str = ""
    language: str = ""
    also: list[Alias] = field(default_factory=list)
    """Names and date of birth of the records that were merged into this one."""

    @property
    def name(self) -> str:
        """Forename and surname."""
        return f"{self.forename} {self.surname}".strip()


_FIELDS = (
    "id, surname, forename, known_as, former_names, dob, upn, former_upns, household, school, year_group,"
    " reg, sen, language"
)


_ALSO = (
    "SELECT l.child, l.other, c.surname, c.forename, c.known_as, c.dob FROM link l"
    " JOIN child c ON c.id = l.other WHERE l.kind = 'same' AND l.ended_on IS NULL AND l.void = 0"
)


IsOther: TypeAlias = Callable[[Known, ReadPupil], bool]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``known`` is the child; or ``candidates`` are to be asked about; or a new child, or ``refused`` why."""

    known: Known | None = None
    candidates: tuple[Known, ...] = ()
    reason: str = ""
    refused: str = ""


def name_key(pupil: ReadPupil) -> NameKey | None:
    """What a child without UPN is found by, or None when a part of it is missing."""
    if not (pupil.surname and pupil.forename and pupil.dob):
        return None
    return fold(pupil.surname), fold(pupil.forename), pupil.dob.isoformat()


def question_key(pupil: ReadPupil) -> str:
    """The key of the question about a child of a file; the same in each import of the same file."""
    born = pupil.dob.isoformat() if pupil.dob else ""
    return "|".join((pupil.upn, fold(pupil.surname), fold(pupil.forename), born))


class Roll:
    """Every standing child of the caseload, found by UPN or by name and date of birth."""

    def __init__(self, conn: Connection, answered: Mapping[str, str]) -> None:
        """``answered`` maps question keys to what was answered before for this school.

        An answer is the child's id, and after it, parted by spaces, the ids of those whom it is not.
        """
        self._answered = answered
        self.children: dict[str, Known] = {}
        self._by_upn: dict[str, list[Known]] = {}
        self._by_name: dict[NameKey, list[Known]] | None = None
        self._bearers: dict[tuple[str, str], list[Known]] | None = None
        self._damaged: list[Known] = []
        self._now: dict[str, str] = {}
        also: dict[str, list[Alias]] = {}
        for child, other, *said in conn.execute(_ALSO):
            self._now[other] = child
            also.setdefault(child, []).append(Alias(*said))
        for row in conn.execute(f"SELECT {_FIELDS} FROM child WHERE void = 0"):
            known = Known(*row)
            known.former_names = json.loads(row[4] or "[]")
            known.former_upns = json.loads(row[7] or "[]")
            known.also = also.get(known.id, [])
            self.add(known)

    def add(self, known: Known) -> None:
        """Take in a child, a new one too, so that later rows of the same file find it."""
        self.children[known.id] = known
        if is_damaged(known.surname, known.forename):
            self._damaged.append(known)
        for upn in {known.upn, *known.former_upns} - {""}:
            self._by_upn.setdefault(upn, []).append(known)
        if self._by_name is not None:
            for key in _keys(known):
                self._by_name.setdefault(key, []).append(known)
        if self._bearers is not None:
            self._bear(known)

    def find(self, pupil: ReadPupil, is_other: IsOther = lambda _, __: False) -> Verdict:
        """Who the child of the file is. ``is_other`` tells children whom other rows of the file name."""
        verdict = self._judge(pupil, is_other)
        if verdict.known is not None or verdict.refused:
            return verdict
        # Who was merged since the answer was given is meant as the child they are now part of.
        answer = [self._now.get(id_, id_) for id_ in self._answered.get(question_key(pupil), "").split(" ")]
        remembered = self.children.get(answer[0])
        # An answer holds for the children that were weighed then; one more who fits is a new question.
        if remembered is None or any(known.id not in answer for known in verdict.candidates):
            return verdict
        return Verdict(remembered)

    def _judge(self, pupil: ReadPupil, is_other: IsOther) -> Verdict:
        for upn, is_former in ((pupil.upn, False), (pupil.former_upn, True)):
            bearers = self._by_upn.get(upn, []) if upn else []
            present = [known for known in bearers if known.upn == upn] or bearers
            if len(present) > 1:
                return Verdict(candidates=tuple(present), reason="its UPN is held by several children")
            if present and not self._is_another(present[0], pupil):
                return Verdict(present[0])
            if present and not is_former:
                return Verdict(candidates=(present[0],), reason="its UPN is held by a child of another name")
        key = name_key(pupil)
        # Two UPNs in one file are two children; a row without one may be any of those whom it fits.
        alike = [
            known
            for known in (self._named(key, pupil) if key else ())
            if not (pupil.upn and known.upn and is_other(known, pupil))
        ]
        if alike:
            return Verdict(candidates=tuple(alike), reason="the same name and date of birth")
        if key and not pupil.upn:
            undated = tuple(known for known in self._bearing(pupil) if not known.dob)
            if undated:
                return Verdict(candidates=undated, reason="the same name, and no date of birth is known")
        if pupil.upn or key:
            return Verdict()
        return Verdict(refused="has neither a UPN nor a date of birth to be known by")

    def namesakes_without_upn(self, pupil: ReadPupil) -> bool:
        """Whether a child of that name stands in the caseload without a UPN."""
        return any(not known.upn for known in self._bearing(pupil))

    def _bearing(self, pupil: ReadPupil) -> list[Known]:
        if self._bearers is None:
            self._bearers = {}
            for known in self.children.values():
                self._bear(known)
        return self._bearers.get((fold(pupil.surname), fold(pupil.forename)), [])

    def _bear(self, known: Known) -> None:
        if self._bearers is not None:
            names = {(fold(known.surname), fold(known.forename))}
            names.update((fold(one.surname), fold(one.forename)) for one in known.also)
            for name in names:
                self._bearers.setdefault(name, []).append(known)

    def _named(self, key: NameKey, pupil: ReadPupil) -> list[Known]:
        """Those of the same name and date of birth, letters that an old encoding lost apart."""
        if self._by_name is None:
            self._by_name = {}
            for known in self.children.values():
                for own in _keys(known):
                    self._by_name.setdefault(own, []).append(known)
        found = self._by_name.get(key, [])
        others = self.children.values() if is_damaged(pupil.surname, pupil.forename) else self._damaged
        lost = [known for known in others if known.dob == key[2] and _fits_but_lost(known, pupil)]
        return [*found, *(known for known in lost if known not in found)]

    def _is_another(self, known: Known, pupil: ReadPupil) -> bool:
        """Whether the holder of a UPN looks like another child than the file means.

        A changed surname or a corrected date of birth alone is no doubt. Another forename is one when the
        dates of birth differ, or when someone else in the caseload bears the file's name: a twin's UPN
        beside the other twin.
        """
        if not pupil.surname or not known.surname or any(_is_alias(one, pupil) for one in known.also):
            return False
        if not pupil.forename or not known.forename:
            return not _words(known.surname, known.forename) & _words(pupil.surname, pupil.forename)
        ours = (known.forename, known.known_as)
        same_forename = _share_start(ours, (mended(pupil.forename, ours), mended(pupil.known_as, ours)))
        surnames = (known.surname, *known.former_names)
        same_surname = bool(_words(*surnames) & _words(mended(pupil.surname, surnames)))
        born_apart = bool(pupil.dob and known.dob and pupil.dob.isoformat() != known.dob)
        if same_forename:
            return born_apart and not same_surname
        if same_surname:
            return born_apart or any(other.id != known.id for other in self._bearing(pupil))
        return True


def _keys(known: Known) -> Iterator[NameKey]:
    said = [(known.surname, known.forename, known.dob)]
    said += [(one.surname, one.forename, one.dob) for one in known.also]
    for surname, forename, dob in dict.fromkeys(said):
        if dob and surname and forename:
            yield fold(surname), fold(forename), dob


def _is_alias(one: Alias, pupil: ReadPupil) -> bool:
    """Whether a file names a child as a record did that is now part of another."""
    ours, theirs = (one.forename, one.known_as), (pupil.forename, pupil.known_as)
    apart = bool(pupil.dob and one.dob and pupil.dob.isoformat() != one.dob)
    return fold(one.surname) == fold(pupil.surname) and _share_start(ours, theirs) and not apart


def _fits_but_lost(known: Known, pupil: ReadPupil) -> bool:
    pairs = ((known.surname, pupil.surname), (known.forename, pupil.forename))
    return all(fold(ours) == fold(theirs) or same_but_lost(ours, theirs) for ours, theirs in pairs)


def _words(*names: str) -> set[str]:
    return {word for name in names for word in fold(name).split(" ") if word}


def _share_start(mine: Iterable[str], theirs: Iterable[str]) -> bool:
    """Whether one of the forenames begins as one of the others does: Tilly-Mae, Tilly; Sam, Samuel."""
    ours = [fold(name).split(" ")[0] for name in mine if name]
    others = [fold(name).split(" ")[0] for name in theirs if name]
    return any(a and b and (a.startswith(b) or b.startswith(a)) for a in ours for b in others)


def candidate(known: Known, school: str) -> Candidate:
    """A child as a person is asked about it."""
    return Candidate(known.id, known.name, known.dob or "", known.upn, school)
