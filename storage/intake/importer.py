"""One file into the caseload: opened, matched, merged and written as one step that one undo takes back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from casework.calendars import school_year
from casework.codes import NO_MARK
from casework.edits import Change, Edit, create
from casework.errors import BadInput
from casework.identifiers import check_upn
from casework.ids import new_id
from casework.records import RegisterFile as FileRecord
from casework.records import School
from casework.text import fold, safe
from storage.intake.crosscheck import check_totals
from storage.intake.family import Families
from storage.intake.mapping import Mapping
from storage.intake.matching import Known, Roll, candidate, question_key
from storage.intake.merging import Span, WeekWriter
from storage.intake.model import Preview, PupilWeek, ReadPupil
from storage.intake.particulars import Particulars
from storage.intake.remarks import Remarks, about_terms
from storage.intake.report import LATER, Answer, Confirm, FileReport, Progress, Question
from storage.intake.saved_mapping import save_changes
from storage.intake.whose import Opened, open_for_school
from storage.intake.worker_edits import IMPORT_NAME
from storage.journal import Kind, Step

if TYPE_CHECKING:
    from storage.store import Store

_CHUNK = 1 << 20
_SUPPORT_BATCH = 500


class _TakeBack(Exception):
    """Leaves a step without writing it: a dry run, or a file that changes nothing."""


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """A file before it is taken in: its first rows as understood, and the report of a dry run."""

    report: FileReport
    table: Preview
    mapping: Mapping
    school: str
    school_name: str


def import_file(
    store: Store,
    path: Path | str,
    *,
    school: str = "",
    mapping: Mapping | None = None,
    dry_run: bool = False,
    confirm: Confirm | None = None,
    progress: Progress | None = None,
    kind: Kind = "do",
) -> FileReport:
    """Take one register export or CTF into the caseload as one journal step.

    ``school`` is a URN. ``mapping`` overrides the school's saved one and is kept when the import succeeds.
    A step of ``kind`` "setup" is not among those that undo takes back.
    ``confirm`` asks a person about children that match only in part; without it they are set aside. A dry
    run does everything and writes nothing; nor is a step left by a file that changes nothing. Raises
    BadInput when the file cannot be read or its school is not known: nothing of it is applied then.
    """
    path = Path(path)
    opened = open_for_school(store, path, school, mapping)
    return _Import(store, opened, mapping, confirm, progress, kind).run(dry_run=dry_run)


def preview_file(
    store: Store, path: Path | str, *, school: str = "", mapping: Mapping | None = None, rows: int = 20
) -> ImportPreview:
    """What a file holds and what its import would do; nothing is written. Raises as `import_file` does."""
    path = Path(path)
    opened = open_for_school(store, path, school, mapping)
    table = opened.register.preview(rows)
    report = _Import(store, opened, mapping, None, None).run(dry_run=True)
    return ImportPreview(report, table, opened.register.mapping, opened.school.urn, opened.school.name)


@dataclass(slots=True)
class _Placed:
    """A child of the file and who it is: ``known`` is None when set aside."""

    pupil: ReadPupil
    known: Known | None
    is_new: bool = False
    changed: bool = False
    span: Span | None = None


@dataclass
class _Import:
    """The work on one file. Lives as long as its transaction."""

    store: Store
    opened: Opened
    given: Mapping | None
    confirm: Confirm | None
    progress: Progress | None
    kind: Kind = "do"
    placed: dict[int, _Placed] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    namesakes: list[str] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)
    _upns: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    _seen: int = 0

    def __post_init__(self) -> None:
        self.register = self.opened.register
        self.report = FileReport(
            file=self.register.path.name, format=self.register.format, school=self.opened.school.urn
        )
        self.source = new_id()
        self.is_ctf = self.register.ctf is not None

    def run(self, *, dry_run: bool) -> FileReport:
        """Do it all in one transaction."""
        digest = _digest(self.register.path)
        name = safe(self.register.path.name, 80)
        try:
            with self.store.journal.step(Edit(f"{IMPORT_NAME}{name}", ()), kind=self.kind) as step:
                self._work(step)
                self._keep_or_take_back(step, dry_run=dry_run)
                record = FileRecord(
                    id=self.source,
                    name=safe(self.register.path.name, 200),
                    digest=digest,
                    format=self.register.format,
                    school=self.opened.school.id,
                    at=self.store.now(),
                )
                step.apply([create(record)], checked=True)
            self.report.applied = step.seq
        except _TakeBack:
            pass
        return self.report

    def _keep_or_take_back(self, step: Step, *, dry_run: bool) -> None:
        if dry_run or step.count == 0:
            raise _TakeBack

    def _work(self, step: Step) -> None:
        step.apply(self.opened.changes, checked=True)
        # Not the store's own book of schools: it would remember one that a dry run takes back.
        self.schools = {school.id: school.name for school in self.store.find(School)}
        self.roll = Roll(step.conn, self.opened.saved.answers)
        self.details = Particulars(
            step.conn,
            self.opened.school.id,
            self.is_ctf,
            self.register.ctf.written if self.register.ctf else None,
        )
        self.writer = WeekWriter(step, self.opened.school.id, self.source, self.report.marks)
        self.step = step
        self._take_marks()
        for index in range(len(self.register.pupils)):
            self._place(index)
        self._take_details()
        saved = save_changes(self.opened.saved, self.opened.school, self.given, self.answers)
        step.apply(saved, checked=True)
        self._finish()

    def _take_marks(self) -> None:
        placed, add = self.placed, self.writer.add
        every = 0
        for week in self.register.weeks():
            place = placed.get(week.pupil) or self._place(week.pupil)
            every += 1
            if every & 2047 == 0 and self.progress is not None:
                self.progress(self.register.progress(), self._read())
            if place.known is None:
                continue
            _widen(place, week)
            add(place.known.id, week)
        self.writer.flush()

    def _read(self) -> int:
        counts = self.report.marks
        return counts.new + counts.changed + counts.unchanged + counts.kept

    def _place(self, index: int) -> _Placed:
        """Who the file's child is; asked, created or set aside the first time it is met."""
        found = self.placed.get(index)
        if found is not None:
            return found
        pupil = self.register.pupils[index]
        place = self.placed[index] = self._decide(index, pupil)
        if place.known is not None:
            self.taken[place.known.id] = index
            if not place.is_new:
                self.report.children.matched += 1
        return place

    def _decide(self, index: int, pupil: ReadPupil) -> _Placed:
        self._learn_upns()
        if self.is_ctf and self._shares_upn(pupil):
            self._set_aside(pupil, "its UPN stands beside two names in this file", "find out whose UPN it is")
            return _Placed(pupil, None)
        verdict = self.roll.find(pupil, self._is_other)
        if verdict.refused:
            self._set_aside(pupil, verdict.refused, "ask the school for an export with UPNs")
            return _Placed(pupil, None)
        known = verdict.known
        if verdict.candidates:
            known = self._ask(pupil, verdict.candidates, verdict.reason)
            if known is None and not self._said_new(pupil):
                return _Placed(pupil, None)
        if known is None:
            return self._bring_in(pupil)
        if known.id in self.taken and self.taken[known.id] != index and not self._same_child(known, pupil):
            self._set_aside(
                pupil, "is matched to a child whom another line names", "find out which line is right"
            )
            return _Placed(pupil, None)
        return _Placed(pupil, known)

    def _same_child(self, known: Known, pupil: ReadPupil) -> bool:
        first = self.register.pupils[self.taken[known.id]]
        return first is not pupil and (fold(first.surname), fold(first.forename)) == (
            fold(pupil.surname),
            fold(pupil.forename),
        )

    def _shares_upn(self, pupil: ReadPupil) -> bool:
        return bool(pupil.upn) and len(self._upns[pupil.upn]) > 1

    def _learn_upns(self) -> None:
        """Take note of the UPNs that the file has named so far, with the names beside them."""
        pupils = self.register.pupils
        for pupil in pupils[self._seen :]:
            if pupil.upn:
                self._upns.setdefault(pupil.upn, set()).add((fold(pupil.surname), fold(pupil.forename)))
        self._seen = len(pupils)

    def _is_other(self, known: Known, pupil: ReadPupil) -> bool:
        """Whether a child of the caseload is one that another row of the file names."""
        return known.id in self.taken or (known.upn != pupil.upn and known.upn in self._upns)

    def _ask(self, pupil: ReadPupil, candidates: tuple[Known, ...], reason: str) -> Known | None:
        question = Question(
            key=question_key(pupil),
            line=pupil.line,
            name=f"{pupil.forename} {pupil.surname}".strip(),
            dob=pupil.dob.isoformat() if pupil.dob else "",
            upn=pupil.upn,
            reason=reason,
            candidates=tuple(
                candidate(known, self.schools.get(known.school or "", "")) for known in candidates
            ),
        )
        self.report.questions.append(question)
        answer: Answer = self.confirm(question) if self.confirm is not None else LATER
        if answer.kind == "same" and any(known.id == answer.child for known in candidates):
            self.answers[question.key] = answer.child
            return self.roll.children[answer.child]
        if answer.kind == "new":
            self.answers[question.key] = ""
            return None
        self._set_aside(
            pupil, f"looks like a child of the caseload ({reason})", "confirm in the app whether it is"
        )
        return None

    def _said_new(self, pupil: ReadPupil) -> bool:
        return self.answers.get(question_key(pupil)) == ""

    def _bring_in(self, pupil: ReadPupil) -> _Placed:
        if pupil.upn and not pupil.dob and self.roll.namesakes_without_upn(pupil):
            self.namesakes.append(pupil.upn)
        known, changes = self.details.new_child(pupil)
        self.step.apply(changes, checked=True)
        self.roll.add(known)
        key = question_key(pupil)
        if not pupil.upn or key in self.answers:
            self.answers[key] = known.id
        self.report.children.new += 1
        return _Placed(pupil, known, is_new=True)

    def _set_aside(self, pupil: ReadPupil, reason: str, mend: str) -> None:
        if pupil.upn:
            column, value = "UPN", pupil.upn
        else:
            column, value = "Name", f"{pupil.surname}, {pupil.forename}".strip(", ")
        self.register.reading.reject(pupil.line, column, value, reason, mend)

    def _take_details(self) -> None:
        standing = [place for place in self.placed.values() if place.known is not None]
        ids = [place.known.id for place in standing if place.known is not None]
        self.details.load(ids)
        families = Families(self.step.conn, ids) if self.is_ctf else None
        laestabs = {
            school.laestab.replace("/", ""): school.id for school in self.store.find(School) if school.laestab
        }
        waiting: list[Change] = []
        for place in standing:
            waiting += self._details_of(place, families, laestabs)
            if len(waiting) >= _SUPPORT_BATCH:
                self._write(waiting)
        self._write(waiting)
        self.kept = self.details.kept + (families.kept if families else [])

    def _details_of(
        self, place: _Placed, families: Families | None, laestabs: dict[str, str]
    ) -> list[Change]:
        known, pupil = place.known, place.pupil
        if known is None:
            return []
        details = self.details
        changes = [] if place.is_new else details.update_child(known, pupil, place.span)
        changes += details.roll(known, pupil, place.span)
        if pupil.totals:
            year = self.register.mapping.school_year or school_year(self.store.today)
            changes += details.totals(known, pupil, year, laestabs, self.source)
        if families is not None:
            changes += details.flags(known, pupil)
            how = f"CTF {details.written:%d/%m/%Y}" if details.written else "CTF"
            changes += families.contacts(known, pupil, how)
            changes += families.household(known, pupil, self.roll.children)
        if changes and not place.is_new:
            self.report.children.changed += 1
        return changes

    def _write(self, waiting: list[Change]) -> None:
        """Creations before changes of single fields, each kind of record together."""
        ordered = sorted(waiting, key=lambda c: (c.field != "", c.type))
        self.step.apply(ordered, checked=True)
        waiting.clear()

    def _finish(self) -> None:
        """Counts and sentences, once everything is written."""
        reading, report, conn = self.register.reading, self.report, self.step.conn
        report.marks.read = reading.marks
        report.rejected, report.rejected_total = reading.rejected, reading.rejected_total
        report.unknown = {safe(text): count for text, count in reading.unknown.most_common()}
        ids = [place.known.id for place in self.placed.values() if place.known is not None]
        report.totals, differing = check_totals(conn, ids, self.opened.school.id)
        remarks = Remarks(
            report=report,
            upns={known.id: known.upn for known in self.roll.children.values()},
            bad_upns=[
                p.pupil.line for p in self.placed.values() if p.pupil.upn and check_upn(p.pupil.upn).error
            ],
            kept_lines=self.writer.kept_lines,
            differing=differing,
            kept=self.kept,
            other_names=self.details.other_names,
            two_rolls=self.details.two_rolls,
            namesakes=self.namesakes,
        )
        report.warnings = [*self.register.warnings, *self.opened.notes, *remarks.sentences()]
        new_terms = any(change.type == "calendar" for change in self.opened.changes)
        report.warnings += about_terms(conn, self.opened.school, came_new=new_terms)
        if self.progress is not None:
            self.progress(1.0, report.marks.read)


def _widen(place: _Placed, week: PupilWeek) -> None:
    """Stretch the days of a child's marks over one more week."""
    monday, span = week.monday, place.span
    if span is not None and span.first <= monday and monday + _FRIDAY <= span.last:
        return
    filled = [slot for slot, code in enumerate(week.slots) if code is not None and code != NO_MARK]
    if not filled:
        return
    first, last = monday + timedelta(days=filled[0] // 2), monday + timedelta(days=filled[-1] // 2)
    if span is None:
        place.span = Span(first, last)
    else:
        span.first, span.last = min(first, span.first), max(last, span.last)


_FRIDAY = timedelta(days=4)


def _digest(path: Path) -> str:
    """The SHA-256 of a file, read in parts."""
    whole = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while part := stream.read(_CHUNK):
                whole.update(part)
    except OSError as fault:
        raise BadInput(
            "unreadable", f"{path.name} cannot be read: check that you may open it.", path.name
        ) from fault
    return whole.hexdigest()
