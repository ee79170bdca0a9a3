"""What a file says of a child besides marks: names, group, SEN, flags, totals, time on a school's roll.

A field that the school owns takes the file's value. A field that people may write takes it only when no
worker has set it since. A register never renames a child: its names are for matching.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from casework.calendars import monday_of
from casework.codes import NO_MARK
from casework.edits import Change, create, update
from casework.ids import new_id
from casework.policies import LOCAL_EDIT_REFUSED, Policy
from casework.records import Child, Enrolment, Flag, FlagKind, meta_of
from casework.records_attendance import AttendanceTotal
from casework.text import fold
from storage.cipher import Connection
from storage.intake.lost_letters import is_damaged, same_but_lost
from storage.intake.matching import Known
from storage.intake.merging import Span
from storage.intake.model import ReadPupil, Totals
from storage.intake.worker_edits import set_by_worker
from storage.rows import load_all

_SEN = frozenset({"N", "K", "E"})
_FLAGS: tuple[tuple[str, FlagKind], ...] = (
    ("looked_after", "looked-after"),
    ("fsm", "free-school-meals"),
    ("service_child", "service-child"),
)
FLAG_SOURCE = "CTF"
"""How the source of a flag that a CTF brought begins."""


@dataclass(slots=True)
class Particulars:
    """Brings the children of one import up to date. ``kept`` as in `Families`.

    ``touched`` are the children to whose marks the file has added; ``is_repeat`` says that these very bytes
    were taken in for this school before.
    """

    conn: Connection
    school: str
    is_ctf: bool
    written: date | None
    touched: Container[str]
    is_repeat: bool
    kept: list[tuple[str, str]] = field(default_factory=list)
    other_names: list[str] = field(default_factory=list)
    two_rolls: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    _rolls: dict[str, list[Enrolment]] = field(default_factory=dict)
    _flags: dict[str, list[Flag]] = field(default_factory=dict)
    _totals: dict[tuple[str, str, int], AttendanceTotal] = field(default_factory=dict)

    def load(self, children: Iterable[str]) -> None:
        """Read what is held of these children."""
        ids = json.dumps(list(children))
        where = "child IN (SELECT value FROM json_each(?))"
        for spell in load_all(self.conn, Enrolment, where, (ids,)):
            self._rolls.setdefault(spell.child, []).append(spell)
        for flag in load_all(self.conn, Flag, where, (ids,)):
            self._flags.setdefault(flag.child, []).append(flag)
        for total in load_all(self.conn, AttendanceTotal, where, (ids,)):
            self._totals[total.child, total.school, total.year] = total

    def on_other_roll(self, known: Known) -> str | None:
        """The school that a child is at, where the child never was on the file's school's roll; else None."""
        spells = self._rolls.get(known.id, ())
        if known.school in (None, self.school) or any(spell.school == self.school for spell in spells):
            return None
        return known.school

    def new_child(self, pupil: ReadPupil) -> tuple[Known, list[Change]]:
        """A child that the caseload does not know yet, on the file's school's roll."""
        known = Known(
            id=new_id(),
            surname=pupil.surname or "?",
            forename=pupil.forename,
            known_as=_known_as(pupil),
            dob=pupil.dob.isoformat() if pupil.dob else None,
            upn=pupil.upn,
            former_upns=[pupil.former_upn] if pupil.former_upn else [],
            school=self.school,
            year_group=pupil.year,
            reg=pupil.reg,
            sen=pupil.sen if pupil.sen in _SEN else "",
            language=_language(pupil),
        )
        if pupil.capitals:
            known.surname, known.forename = _mixed(known.surname), _mixed(known.forename)
        values = {name: getattr(known, name) for name in Known.__dataclass_fields__ if name != "also"}
        return known, [create(Child.model_validate(values))]

    def update_child(self, known: Known, pupil: ReadPupil, span: Span | None) -> list[Change]:
        """The changes to a known child's own fields."""
        wanted: dict[str, Any] = {}
        if self._is_newest(known, span):
            wanted["year_group"], wanted["reg"] = pupil.year, pupil.reg
        if pupil.sen in _SEN:
            wanted["sen"] = pupil.sen
        wanted["dob"] = pupil.dob.isoformat() if pupil.dob else None
        wanted["language"] = _language(pupil)
        if pupil.upn and pupil.upn != known.upn and pupil.upn not in known.former_upns:
            wanted["upn"] = pupil.upn
            if known.upn:
                wanted["former_upns"] = [*known.former_upns, known.upn]
        elif pupil.former_upn and pupil.former_upn not in (known.upn, *known.former_upns):
            wanted["former_upns"] = [*known.former_upns, pupil.former_upn]
        wanted |= self._wanted_names(known, pupil)
        fields = {
            name: value
            for name, value in wanted.items()
            if value not in ("", None) and value != getattr(known, name) and self._may_set(known, name)
        }
        if not fields:
            return []
        surname = fields.get("surname", "")
        is_other = fold(surname) != fold(known.surname) and not same_but_lost(surname, known.surname)
        if surname and is_other and known.surname not in ("", "?"):
            fields["former_names"] = [*known.former_names, known.surname]
        child = load_all(self.conn, Child, "id = ?", (known.id,))[0]
        changes = list(update(child, **fields))
        for name, value in fields.items():
            setattr(known, name, value)
        return changes

    def _wanted_names(self, known: Known, pupil: ReadPupil) -> dict[str, str]:
        """The names that a file may give a known child. A damaged name never replaces the whole one."""
        if self.is_ctf:
            wanted = {"known_as": _known_as(pupil)}
            if not pupil.capitals:
                wanted |= {n: theirs for n, ours, theirs in _names(known, pupil) if not _lost(theirs, ours)}
            return wanted
        wanted = {} if known.known_as else {"known_as": _known_as(pupil)}
        # A register renames nobody, but it gives back the letters that an older export had lost.
        if not pupil.capitals:
            wanted |= {n: theirs for n, ours, theirs in _names(known, pupil) if _lost(ours, theirs)}
        self._compare_names(known, pupil)
        return wanted

    def _may_set(self, known: Known, name: str) -> bool:
        meta = meta_of("child", name)
        policy = meta.policy if meta else Policy.ASK
        if policy in LOCAL_EDIT_REFUSED or policy is Policy.UNION:
            return True
        if not set_by_worker(self.conn, known.id, name, getattr(known, name)):
            return True
        self.kept.append((known.id, meta.label.lower() if meta else name))
        return False

    def _compare_names(self, known: Known, pupil: ReadPupil) -> None:
        if not pupil.surname or known.surname == "?":
            return
        if is_damaged(pupil.surname, pupil.forename, known.surname, known.forename):
            return
        theirs = {fold(pupil.surname)} if not pupil.forename else {fold(pupil.surname), fold(pupil.forename)}
        ours = {fold(n) for n in (known.surname, known.forename, known.known_as, *known.former_names) if n}
        words = {word for name in ours for word in name.split(" ")}
        if not all(name in ours or set(name.split(" ")) <= words for name in theirs):
            self.other_names.append(known.id)

    def _is_newest(self, known: Known, span: Span | None) -> bool:
        """Whether no marks are held that are newer than the file's: an old file changes no group."""
        if span is None:
            return True
        week = (span.last - timedelta(days=span.last.weekday())).isoformat()
        newer = "SELECT 1 FROM attendance_week WHERE child = ? AND week > ? AND void = 0 LIMIT 1"
        return self.conn.execute(newer, (known.id, week)).fetchone() is None

    def flags(self, known: Known, pupil: ReadPupil) -> list[Change]:
        """Flags that a CTF opens or ends; a flag that a worker wrote is left alone."""
        changes: list[Change] = []
        held = self._flags.setdefault(known.id, [])
        for name, kind in _FLAGS:
            says = getattr(pupil, name)
            is_open = [flag for flag in held if flag.kind == kind and flag.ended is None]
            if says is True and not is_open:
                source = f"{FLAG_SOURCE} {self.written:%d/%m/%Y}" if self.written else FLAG_SOURCE
                flag = Flag(id=new_id(), child=known.id, kind=kind, since=self.written, source=source)
                held.append(flag)
                changes.append(create(flag))
            elif says is False and self.written is not None:
                for flag in is_open:
                    if flag.source.startswith(FLAG_SOURCE):
                        changes += update(flag, ended=self.written)
        return changes

    def totals(
        self, known: Known, pupil: ReadPupil, year: int, schools: dict[str, str], source: str
    ) -> list[Change]:
        """School-year totals. ``schools`` maps known LAESTABs to school ids; other schools are left out."""
        changes: list[Change] = []
        for total in pupil.totals:
            school = schools.get(total.laestab) if total.laestab else self.school
            counts = _counts(total)
            if school is None or counts is None:
                continue
            key = (known.id, school, total.year or year)
            held = self._totals.get(key)
            if held is None:
                fresh = AttendanceTotal(
                    id=new_id(), child=known.id, school=school, year=key[2], source=source, **counts
                )
                self._totals[key] = fresh
                changes.append(create(fresh))
            elif any(getattr(held, name) != count for name, count in counts.items()):
                changes += update(held, **counts, source=source)
        return changes

    def roll(self, known: Known, pupil: ReadPupil, span: Span | None) -> list[Change]:
        """The child's time on the file's school's roll, and the school the child is at.

        Marks that go on after the last marks of another school end the time there; marks that lie before
        them are history; marks of both schools at once are a dual registration and change no school. A file
        that brings nothing new moves nobody.
        """
        spells = self._rolls.setdefault(known.id, [])
        start = span.first if span else next((t.starts for t in pupil.totals if t.starts), None)
        start = pupil.entered or start
        here = [spell for spell in spells if spell.school == self.school and not _is_over(spell, pupil)]
        current = next((spell for spell in here if spell.end is None), None)
        if known.school in (None, self.school):
            changes = self._stay(known, pupil, current or (here[-1] if here else None), start, span)
            if known.school is None:
                changes += self._set_school(known)
            return changes
        last = self._last_mark(known, "school <> ?", self.school)
        if not self.is_repeat and self._has_moved(known, pupil, last, span):
            self.moved.append(known.id)
            return self._move(known, pupil, current, start)
        if span is not None and last is not None and span.last < last and not here:
            past = Enrolment(
                id=new_id(), child=known.id, school=self.school, start=start, end=span.last, reg=pupil.reg
            )
            spells.append(past)
            return [create(past)]
        if span is not None and last is not None and span.last >= last:
            self.two_rolls.append(known.id)
        return self._stay(known, pupil, current or (here[-1] if here else None), start, span)

    def _has_moved(self, known: Known, pupil: ReadPupil, last: date | None, span: Span | None) -> bool:
        if span is None:
            return (
                self.is_ctf
                and not self._has_left(pupil)
                and (last is None or (self.written is not None and self.written > last + timedelta(days=7)))
            )
        if known.id not in self.touched:
            return False
        return last is None or (span.last > last and span.first >= monday_of(last))

    def _has_left(self, pupil: ReadPupil) -> bool:
        """Whether the child was gone when the file was written."""
        return pupil.left is not None and (self.written is None or pupil.left < self.written)

    def _stay(
        self, known: Known, pupil: ReadPupil, spell: Enrolment | None, start: date | None, span: Span | None
    ) -> list[Change]:
        if spell is None:
            fresh = Enrolment(
                id=new_id(), child=known.id, school=self.school, start=start, end=pupil.left, reg=pupil.reg
            )
            self._rolls[known.id].append(fresh)
            return [create(fresh)]
        values: dict[str, Any] = {}
        if pupil.left is not None and spell.end is None:
            last = self._last_mark(known, "school = ?", self.school)
            if last is None or last <= pupil.left:
                values["end"] = pupil.left
        if start is not None and (spell.start is None or start < spell.start):
            values["start"] = start
        if pupil.reg and pupil.reg != spell.reg and self._is_newest(known, span):
            values["reg"] = pupil.reg
        if spell.end is not None and span is not None and span.last > spell.end:
            values["end"] = None if known.school == self.school else span.last
        return list(update(spell, **values)) if values else []

    def _move(
        self, known: Known, pupil: ReadPupil, current: Enrolment | None, start: date | None
    ) -> list[Change]:
        changes: list[Change] = []
        left = start or self.written
        for spell in self._rolls[known.id]:
            if spell.end is None and spell.school != self.school and left is not None:
                last = self._last_mark(known, "school = ?", spell.school)
                days = (left - timedelta(days=1), spell.start, last)
                changes += update(spell, end=max(day for day in days if day is not None))
        if current is None:
            fresh = Enrolment(id=new_id(), child=known.id, school=self.school, start=start, reg=pupil.reg)
            self._rolls[known.id].append(fresh)
            changes.append(create(fresh))
        return [*changes, *self._set_school(known)]

    def _set_school(self, known: Known) -> list[Change]:
        change = Change("child", known.id, "school", known.school, self.school)
        known.school = self.school
        return [change]

    def is_known_elsewhere(self, child: str) -> bool:
        """Whether a child has ever been on the roll of another school than the file's."""
        return any(spell.school != self.school for spell in self._rolls.get(child, ()))

    def _last_mark(self, known: Known, where: str, school: str) -> date | None:
        """The day of the newest mark that is held of a child, at schools where this holds."""
        newest: date | None = None
        rows = self.conn.execute(
            f"SELECT week, marks FROM attendance_week WHERE child = ? AND {where} AND void = 0"
            " ORDER BY week DESC",
            (known.id, school),
        )
        for week, marks in rows:
            monday = date.fromisoformat(week)
            if newest is not None and monday_of(newest) > monday:
                break
            filled = [slot for slot, code in enumerate(marks.split(" ")) if code != NO_MARK]
            if filled:
                day = monday + timedelta(days=filled[-1] // 2)
                newest = max(newest or day, day)
        return newest


def _is_over(spell: Enrolment, pupil: ReadPupil) -> bool:
    """Whether a time on the roll had ended before the one that the file tells of began."""
    return spell.end is not None and pupil.entered is not None and spell.end < pupil.entered


def _names(known: Known, pupil: ReadPupil) -> tuple[tuple[str, str, str], ...]:
    """The fields of a name with what is held and what the file says."""
    return ("surname", known.surname, pupil.surname), ("forename", known.forename, pupil.forename)


def _lost(damaged: str, good: str) -> bool:
    return is_damaged(damaged) and not is_damaged(good) and same_but_lost(damaged, good)


def _counts(total: Totals) -> dict[str, int] | None:
    """The four counts that are kept, or None where the file leaves one out."""
    found = (total.possible, total.attended, total.authorised, total.unauthorised)
    if None in found:
        return None
    names = ("possible", "attended", "authorised", "unauthorised")
    return {name: count for name, count in zip(names, found, strict=True) if count is not None}


def _known_as(pupil: ReadPupil) -> str:
    """The name for daily use, when it is another than the forename."""
    if pupil.capitals or fold(pupil.known_as) == fold(pupil.forename):
        return ""
    return pupil.known_as


def _language(pupil: ReadPupil) -> str:
    """The first language's code, where a CTF gives one (type F, first language)."""
    return next((code for kind, code in pupil.languages if kind == "F"), "")


def _mixed(name: str) -> str:
    return name.title() if name.isupper() else name
