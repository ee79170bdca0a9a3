"""What a person should know after an import, in sentences. Children are named by UPN, never by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from casework.records import School
from storage.cipher import Connection
from storage.intake.report import FileReport

_NAMED_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Remarks:
    """What was noticed: ids of children unless said otherwise; ``upns`` gives their numbers.

    ``kept`` pairs a child with the label of a value that stayed because a worker had set it. ``bad_upns``,
    ``kept_lines`` and ``lost_letters`` are lines of the file; ``namesakes`` are UPNs. ``differing`` maps the
    file of the totals (empty text for this one) to UPNs, ``twice`` a child to its sessions that another
    school has marked too.
    """

    report: FileReport
    upns: Mapping[str, str]
    bad_upns: Sequence[int]
    kept_lines: Sequence[int]
    lost_letters: Sequence[int]
    closed_marks: int
    closed_days: Sequence[date]
    differing: Mapping[str, Sequence[str]]
    kept: Sequence[tuple[str, str]]
    other_names: Sequence[str]
    moved: Sequence[str]
    two_rolls: Sequence[str]
    twice: Mapping[str, int]
    namesakes: Sequence[str]

    def sentences(self) -> list[str]:
        """One sentence for each kind of thing that was noticed."""
        return [*self._of_numbers(), *self._of_totals(), *self._of_children()]

    def _of_numbers(self) -> Iterator[str]:
        if self.bad_upns:
            yield (
                f"{_count(len(self.bad_upns), 'UPN')} with a wrong check letter (line "
                f"{_few(map(str, self.bad_upns))}): taken as given; ask the school."
            )
        if self.lost_letters:
            names = _count(len(self.lost_letters), "name")
            yield (
                f"{names} with ? where the export lost a letter (line {_few(map(str, self.lost_letters))}): "
                "ask the school for an export in UTF-8."
            )
        if self.closed_marks:
            days = sorted(self.closed_days)
            yield (
                f"{_count(self.closed_marks, 'mark')} on {_count(len(days), 'day')} without school "
                f"({_few(f'{day:%d/%m/%Y}' for day in days)}): taken; correct the date, or the calendar: "
                f"outreach school calendar {self.report.school} FILE."
            )
        kept = self.report.marks.kept
        if kept:
            yield (
                f"{_count(kept, 'mark')} N (line {_few(map(str, self.kept_lines), kept)}) did not replace "
                "the code already known: this export may be older than what is held."
            )

    def _of_totals(self) -> Iterator[str]:
        report = self.report
        for file, upns in self.differing.items():
            yield (
                f"The school's totals in {file or report.file} and the marks differ for {_children(upns)} "
                f"(UPN {_few(upns)}): ask the school which is right."
            )
        missing = report.totals.incomplete
        if missing and report.format in {"ctf", "register-summary"}:
            yield f"The totals count more sessions than there are marks for {_children(range(missing))}."

    def _of_children(self) -> Iterator[str]:
        for label in dict.fromkeys(label for _, label in self.kept):
            children = list(dict.fromkeys(child for child, named in self.kept if named == label))
            yield (f"The {label} that a worker set was kept for {self._named(children)}: the file differs.")
        if self.other_names:
            named = self._named(self.other_names)
            yield f"Another name in the caseload than in the file: {named}; nobody was renamed."
        if self.moved:
            yield (
                f"Moved to this school from another: {self._named(self.moved)}; their time on the former "
                "roll has ended."
            )
        if self.two_rolls:
            yield f"On the rolls of two schools: {self._named(self.two_rolls)}; nobody's school was changed."
        if self.twice:
            sessions = _count(sum(self.twice.values()), "session")
            yield (
                f"{sessions} of {self._named(list(self.twice))} also marked by another school: each school's "
                "mark was kept; ask both which is right."
            )
        if self.namesakes:
            yield (
                f"{_children(self.namesakes)} (UPN {_few(self.namesakes)}) came in new though a child of "
                "that name without a UPN is known: look whether they are the same."
            )

    def _named(self, children: Sequence[str]) -> str:
        return f"{_children(children)} (UPN {_few(self.upns.get(child, '') or 'none' for child in children)})"


def about_terms(conn: Connection, school: School, *, came_new: bool) -> list[str]:
    """A sentence when the school has no term dates, or has just been given Kent's."""
    terms = conn.execute(
        "SELECT 1 FROM calendar WHERE school = ? AND kind = 'term' AND void = 0 LIMIT 1", (school.id,)
    ).fetchone()
    how = f"`school calendar {school.urn} FILE`"
    if terms is None:
        return [f"School {school.urn} has no term dates, which the rules need: give them with {how}."]
    if came_new:
        return [f"School {school.urn} is new and starts with Kent's term dates: replace them with {how}."]
    return []


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _children(children: Sequence[object]) -> str:
    return "1 child" if len(children) == 1 else f"{len(children)} children"


def _few(values: Iterable[str], total: int = 0) -> str:
    """The first few of a list; the rest only counted. ``total`` when the list itself was cut."""
    found = list(dict.fromkeys(values))
    more = max(total, len(found)) - _NAMED_AT_MOST
    return ", ".join(found[:_NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
