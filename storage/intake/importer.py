"""One file into the caseload: opened, matched, merged and written as one step that one undo takes back."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
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
from casework.records import School
from casework.records_attendance import RegisterFile as FileRecord
from casework.text import safe
from storage.intake.closed_days import ClosedDays
from storage.intake.crosscheck import check_totals, marked_twice
from storage.intake.family import Families
from storage.intake.lost_letters import is_damaged
from storage.intake.mapping import Mapping
from storage.intake.matching import Roll
from storage.intake.merging import Span, WeekWriter
from storage.intake.model import Preview, PupilWeek
from storage.intake.particulars import Particulars
from storage.intake.placing import Placed, Places
from storage.intake.remarks import Remarks, about_terms
from storage.intake.report import Confirm, FileReport, Progress
from storage.intake.saved_mapping import save_changes
from storage.intake.whose import Opened, open_for_school
from storage.intake.worker_edits import IMPORT_NAME
from storage.journal import Kind, Step
from storage.queries.schools import read_schools

if TYPE_CHECKING:
    from storage.store import Store

_CHUNK = 1 << 20
_SUPPORT_BATCH = 500
_FEWEST_ELSEWHERE = 5
"""So many children at another school, and more than half of a register's, are no handful that moved."""


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
    moved: bool = False,
) -> FileReport:
    """Take one register export or CTF into the caseload as one journal step.

    ``school`` is a URN. ``mapping`` overrides the school's saved one and is kept when the import succeeds.
    A step of ``kind`` "setup" is not among those that undo takes back.
    A register most of whose children are at one other school is refused, since it is likelier that school's
    than a move of them all; ``moved`` says that they have moved.
    ``confirm`` asks a person about children that match only in part; without it they are set aside. A dry
    run does everything and writes nothing; nor is a step left by a file that changes nothing. Raises
    BadInput when the file cannot be read or its school is not known: nothing of it is applied then.
    """
    path = Path(path)
    opened = open_for_school(store, path, school, mapping)
    return _Import(store, opened, mapping, confirm, progress, kind, moved).run(dry_run=dry_run)


def preview_file(
    store: Store,
    path: Path | str,
    *,
    school: str = "",
    mapping: Mapping | None = None,
    rows: int = 20,
    moved: bool = False,
) -> ImportPreview:
    """What a file holds and what its import would do; nothing is written. Raises as `import_file` does."""
    path = Path(path)
    opened = open_for_school(store, path, school, mapping)
    table = opened.register.preview(rows)
    report = _Import(store, opened, mapping, None, None, moved=moved).run(dry_run=True)
    return ImportPreview(report, table, opened.register.mapping, opened.school.urn, opened.school.name)


@dataclass
class _Import:
    """The work on one file. Lives as long as its transaction."""

    store: Store
    opened: Opened
    given: Mapping | None
    confirm: Confirm | None
    progress: Progress | None
    kind: Kind = "do"
    moved: bool = False
    kept: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.register = self.opened.register
        self.report = FileReport(
            file=self.register.path.name, format=self.register.format, school=self.opened.school.urn
        )
        self.source = new_id()
        self.is_ctf = self.register.ctf is not None

    def run(self, *, dry_run: bool) -> FileReport:
        """Do it all in one transaction."""
        digest = self.digest = _digest(self.register.path)
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
        # Schools are read anew: the store's own book would remember one that a dry run takes back.
        self.schools = {school.id: school.name for school in self.store.find(School)}
        self.roll = Roll(step.conn, self.opened.saved.answers)
        self.writer = WeekWriter(step, self.opened.school.id, self.source, self.report.marks)
        self.details = Particulars(
            step.conn,
            self.opened.school.id,
            self.is_ctf,
            self.register.ctf.written if self.register.ctf else None,
            self.writer.touched,
            self._is_repeat(step),
        )
        self.places = Places(
            self.register,
            self.roll,
            self.report,
            self.schools,
            self.confirm,
            self.details.new_child,
            lambda changes: step.apply(changes, checked=True),
        )
        self.closed = ClosedDays(read_schools(self.store).calendar(self.opened.school.id))
        self.step = step
        self._take_marks()
        for index in range(len(self.register.pupils)):
            self.places.place(index)
        self._take_details()
        saved = save_changes(self.opened.saved, self.opened.school, self.given, self.places.answers)
        step.apply(saved, checked=True)
        self._finish()

    def _take_marks(self) -> None:
        places, add, look = self.places, self.writer.add, self.closed.look
        placed = places.placed
        every = 0
        for week in self.register.weeks():
            place = placed.get(week.pupil) or places.place(week.pupil)
            every += 1
            if every & 2047 == 0 and self.progress is not None:
                self.progress(self.register.progress(), self._read())
            if place.known is None:
                continue
            _widen(place, week)
            look(week)
            add(place.known.id, week)
        self.writer.flush()

    def _is_repeat(self, step: Step) -> bool:
        """Whether these very bytes stand in the caseload as a file of this school."""
        found = step.conn.execute(
            "SELECT 1 FROM register_file WHERE digest = ? AND school = ? AND void = 0 LIMIT 1",
            (self.digest, self.opened.school.id),
        )
        return found.fetchone() is not None

    def _read(self) -> int:
        counts = self.report.marks
        return counts.new + counts.changed + counts.unchanged + counts.kept

    def _take_details(self) -> None:
        standing = [place for place in self.places.placed.values() if place.known is not None]
        ids = [place.known.id for place in standing if place.known is not None]
        self.details.load(ids)
        self._check_roll(standing)
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

    def _check_roll(self, standing: Sequence[Placed]) -> None:
        """Raise BadInput for a register that seems to be another school's. A CTF names its school itself."""
        if self.is_ctf or self.moved:
            return
        places = ((place.known.id, place.known) for place in standing if place.known is not None)
        children = dict(places)
        rolls = Counter(school for one in children.values() if (school := self.details.on_other_roll(one)))
        for school, count in rolls.most_common(1):
            if count >= _FEWEST_ELSEWHERE and count * 2 > len(children):
                other = self.store.get(School, school)
                mine = self.opened.school
                raise BadInput(
                    "another-roll",
                    f"{count} of the {len(children)} children in {safe(self.register.path.name, 80)} are on "
                    f"the roll of {safe(other.name)} ({other.urn}) and none of them has been on that of "
                    f"{safe(mine.name)} ({mine.urn}): check which school the file is from.",
                    safe(self.register.path.name, 80),
                )

    def _details_of(self, place: Placed, families: Families | None, laestabs: dict[str, str]) -> list[Change]:
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
        placed = [(place, place.known.id) for place in self.places.placed.values() if place.known is not None]
        # Totals are compared where this file gave them; a register is held against those of an earlier file.
        counted = self.is_ctf or self.register.format == "register-summary"
        ids = [child for place, child in placed if place.pupil.totals or not counted]
        report.totals, differing = check_totals(conn, ids, self.opened.school.id)
        spans = {
            child: place.span
            for place, child in placed
            if place.span is not None and self.details.is_known_elsewhere(child)
        }
        remarks = Remarks(
            report=report,
            upns={known.id: known.upn for known in self.roll.children.values()},
            bad_upns=[
                place.pupil.line
                for place in self.places.placed.values()
                if place.pupil.upn and check_upn(place.pupil.upn).error
            ],
            kept_lines=self.writer.kept_lines,
            lost_letters=[
                place.pupil.line
                for place, _ in placed
                if is_damaged(place.pupil.surname, place.pupil.forename, place.pupil.known_as)
            ],
            closed_marks=self.closed.marks,
            closed_days=list(self.closed.days),
            differing=differing,
            kept=self.kept,
            other_names=self.details.other_names,
            moved=self.details.moved,
            two_rolls=self.details.two_rolls,
            twice=marked_twice(conn, spans, self.opened.school.id),
            namesakes=self.places.namesakes,
        )
        report.warnings = [*self.register.warnings, *self.opened.notes, *remarks.sentences()]
        new_terms = any(change.type == "calendar" for change in self.opened.changes)
        report.warnings += about_terms(conn, self.opened.school, came_new=new_terms)
        if self.progress is not None:
            self.progress(1.0, report.marks.read)


def _widen(place: Placed, week: PupilWeek) -> None:
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
