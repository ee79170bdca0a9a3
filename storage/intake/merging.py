"""Marks of a file laid over the marks that are held, week by week, and written in batches.

A later file corrects an earlier one; the code that stood there stays in the history of the week. Nothing is
ever erased: an empty mark gives way to what is held. N ("reason not yet known") corrects a mark of presence,
since that child is missing; but it never replaces a reason, nor any mark that came after an N, because an
export of yesterday must not take back what the school has given since.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from casework.codes import CODES, NO_MARK, CodeClass
from casework.edits import CREATED, Change
from casework.ids import new_id
from casework.weeks import EMPTY_WEEK, SLOTS, UNEXPLAINED_CODE
from storage.intake.model import PupilWeek
from storage.intake.report import MarkCounts
from storage.journal import Step

BATCH = 4_000
"""Weeks written at once."""

LINES_SHOWN = 10
"""Lines remembered of marks N that did not replace a code; all of them are counted."""

IN_SCHOOL = frozenset(c.code for c in CODES if c.kind in (CodeClass.PRESENT, CodeClass.AEA))
"""Codes of a child who is in school or at an approved activity."""

_TYPE = "attendance_week"
_HELD = (
    "SELECT id, child, week, marks, lines, source, comments FROM attendance_week"
    " WHERE child IN (SELECT value FROM json_each(?)) AND week BETWEEN ? AND ? AND school = ? AND void = 0"
)


@dataclass(frozen=True, slots=True)
class MergedWeek:
    """A week after a file was laid over it.

    ``agreed`` are the slots where the file and the week now say the same, ``corrected`` the ones among them
    that the file has filled or changed.
    """

    marks: str
    new: int
    changed: int
    unchanged: int
    kept: int
    agreed: tuple[bool, ...]
    corrected: tuple[bool, ...]


def merge_marks(
    held: str, slots: Sequence[str | None], once_unknown: Collection[int] = frozenset()
) -> MergedWeek:
    """Lay a file's ten slots (None or ``-`` where it gives no code) over a held week string.

    ``once_unknown`` are the slots that held an N before: an N for them is old news.
    """
    after = held.split(" ")
    new = changed = unchanged = kept = 0
    agreed, corrected = [False] * SLOTS, [False] * SLOTS
    for slot, code in enumerate(slots):
        if code is None or code == NO_MARK:
            continue
        before = after[slot]
        if code == before:
            unchanged += 1
            agreed[slot] = True
            continue
        if before == NO_MARK:
            new += 1
        elif code == UNEXPLAINED_CODE and (before not in IN_SCHOOL or slot in once_unknown):
            kept += 1
            continue
        else:
            changed += 1
        after[slot] = code
        agreed[slot] = corrected[slot] = True
    return MergedWeek(" ".join(after), new, changed, unchanged, kept, tuple(agreed), tuple(corrected))


def late_text(minutes: int | None, comment: str) -> str:
    """Minutes late and a register comment as one text: ``12 min late: bus``."""
    late = f"{minutes} min late" if minutes is not None else ""
    return f"{late}: {comment}" if late and comment else late or comment


@dataclass(slots=True)
class Span:
    """The first and the last day of a child's marks in a file."""

    first: date
    last: date


@dataclass(slots=True)
class WeekWriter:
    """Collects weeks, and writes each batch with one question to the database and one ``apply``."""

    step: Step
    school: str
    source: str
    counts: MarkCounts
    kept_lines: list[int] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    """Children whose marks the file has added to or changed."""
    _waiting: dict[tuple[str, str], PupilWeek] = field(default_factory=dict)
    _iso: dict[date, str] = field(default_factory=dict)

    def add(self, child: str, week: PupilWeek) -> None:
        """Take one week of one child of the caseload."""
        monday = self._iso.get(week.monday)
        if monday is None:
            monday = self._iso[week.monday] = week.monday.isoformat()
        key = (child, monday)
        waiting = self._waiting
        if len(waiting) >= BATCH or key in waiting:
            self.flush()
        waiting[key] = week

    def flush(self) -> None:
        """Write what is waiting."""
        waiting = self._waiting
        if not waiting:
            return
        held = self._held()
        created: list[Change] = []
        updated: list[Change] = []
        counts, school, source = self.counts, self.school, self.source
        for key, week in waiting.items():
            before = held.get(key)
            if before is None:
                marks = " ".join([code or NO_MARK for code in week.slots])
                if marks == EMPTY_WEEK:
                    continue
                counts.new += SLOTS - marks.count(NO_MARK)
                self.touched.add(key[0])
                values = {
                    "child": key[0],
                    "school": school,
                    "week": key[1],
                    "marks": marks,
                    "lines": " ".join(map(str, week.lines)),
                    "source": source,
                    "comments": _comments({}, week, None) if week.late else {},
                }
                created.append(Change(_TYPE, new_id(), CREATED, None, values))
            else:
                changes = self._over(before, week)
                if changes:
                    self.touched.add(key[0])
                    updated += changes
        self.step.apply(created, checked=True)
        self.step.apply(updated, checked=True)
        waiting.clear()

    def _held(self) -> dict[tuple[str, str], tuple[str, str, str, str, str]]:
        weeks = [week for _, week in self._waiting]
        children = list(dict.fromkeys(child for child, _ in self._waiting))
        rows = self.step.conn.execute(_HELD, (json.dumps(children), min(weeks), max(weeks), self.school))
        return {(row[1], row[2]): (row[0], row[3], row[4], row[5], row[6]) for row in rows}

    def _once_unknown(self, record: str) -> set[int]:
        """The slots of a week that held an N at any time before."""
        rows = self.step.conn.execute(
            "SELECT field, new FROM change WHERE record = ? AND field IN ('', 'marks')", (record,)
        )
        found: set[int] = set()
        for name, new in rows:
            value = json.loads(new)
            marks: str = value["marks"] if name == CREATED else value
            found.update(slot for slot, code in enumerate(marks.split(" ")) if code == UNEXPLAINED_CODE)
        return found

    def _over(self, before: tuple[str, str, str, str, str], week: PupilWeek) -> list[Change]:
        record, marks, lines, source, comments = before
        slots = week.slots
        if not week.late and None not in slots and " ".join(slots) == marks:  # type: ignore[arg-type]
            self.counts.unchanged += SLOTS - marks.count(NO_MARK)
            return []
        merged = merge_marks(marks, slots, self._once_unknown(record) if _doubts(marks, slots) else ())
        counts = self.counts
        counts.new += merged.new
        counts.changed += merged.changed
        counts.unchanged += merged.unchanged
        counts.kept += merged.kept
        if merged.kept and len(self.kept_lines) < LINES_SHOWN:
            self.kept_lines += [
                week.lines[slot]
                for slot, code in enumerate(slots)
                if code == UNEXPLAINED_CODE and not merged.agreed[slot]
            ]
        changes: list[Change] = []
        if week.late or comments != "{}":
            said: dict[str, str] = json.loads(comments or "{}")
            after = _comments(said, week, merged, marks)
            if after != said:
                changes.append(Change(_TYPE, record, "comments", said, after))
        if merged.marks != marks:
            changes.append(Change(_TYPE, record, "marks", marks, merged.marks))
            numbers, files = _provenance(lines, source, week, merged.corrected, self.source)
            if numbers != lines:
                changes.append(Change(_TYPE, record, "lines", lines, numbers))
            changes.append(Change(_TYPE, record, "source", source, files))
        return changes


def _doubts(marks: str, slots: Sequence[str | None]) -> bool:
    """Whether a file has an N where a mark of presence is held, so that the past of the slot matters."""
    if UNEXPLAINED_CODE not in slots:
        return False
    pairs = zip(marks.split(" "), slots, strict=True)
    return any(code == UNEXPLAINED_CODE and before in IN_SCHOOL for before, code in pairs)


def _provenance(
    lines: str, source: str, week: PupilWeek, corrected: Sequence[bool], file: str
) -> tuple[str, str]:
    """Lines and sources, slot by slot, after the ``corrected`` slots came from ``file``."""
    numbers = lines.split() if lines else ["0"] * SLOTS
    files = source.split()
    files = files if len(files) == SLOTS else [source or "-"] * SLOTS
    for slot, ours in enumerate(corrected):
        if ours:
            numbers[slot], files[slot] = str(week.lines[slot]), file
    return " ".join(numbers), " ".join(files)


def _comments(
    held: dict[str, str], week: PupilWeek, merged: MergedWeek | None, before: str = EMPTY_WEEK
) -> dict[str, str]:
    """The comments after a merge: a changed code drops the comment on the old one; silence erases none."""
    after = dict(held)
    if merged is not None:
        codes = zip(before.split(" "), merged.marks.split(" "), strict=True)
        for slot, (old, new) in enumerate(codes):
            if old != new:
                after.pop(str(slot), None)
    for slot, (minutes, comment) in sorted(week.late.items()):
        if merged is None or merged.agreed[slot]:
            text = late_text(minutes, comment)
            if text:
                after[str(slot)] = text
    return after
