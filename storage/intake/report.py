"""What an import says of itself: counts, what was set aside, what a person should know, what is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from storage.intake.model import Rejected

AnswerKind: TypeAlias = Literal["same", "new", "later"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A child of the caseload who may be the one that a file names.

    ``id`` is the record's, or stands for a child whom this very file brings in; an answer gives it back.
    """

    id: str
    name: str
    dob: str
    upn: str
    school: str


@dataclass(frozen=True, slots=True)
class Question:
    """A child of the file who looks like children of the caseload; only a person can say.

    ``key`` is the same each time the same file asks, so that answers can be given beforehand.
    """

    key: str
    line: int
    name: str
    dob: str
    upn: str
    reason: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A person's answer: ``same`` as the candidate ``child``, a ``new`` child, or ``later``."""

    kind: AnswerKind
    child: str = ""


LATER = Answer("later")
Confirm: TypeAlias = Callable[[Question], Answer]
Progress: TypeAlias = Callable[[float, int], None]
"""Called with the part of the file that is done (0 to 1) and the marks read so far."""


@dataclass(slots=True)
class ChildCounts:
    """Children of the file: brought in, found again, and among the found ones those who were changed."""

    new: int = 0
    matched: int = 0
    changed: int = 0


@dataclass(slots=True)
class MarkCounts:
    """Marks that hold a code. ``read`` is the sum of the others and ``kept``.

    ``kept`` marks say N where a reason was already known; they count as unchanged in the JSON form.
    """

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    kept: int = 0


@dataclass(slots=True)
class TotalsCheck:
    """School-year totals against the marks held: children compared, and how the two sides stand.

    ``incomplete`` children have fewer marks than their totals count, ``newer`` ones more.
    """

    compared: int = 0
    agree: int = 0
    differ: int = 0
    incomplete: int = 0
    newer: int = 0


@dataclass(slots=True)
class FileReport:
    """One file's import. ``applied`` is the journal step's number, or None when nothing was written."""

    file: str
    format: str = ""
    school: str = ""
    children: ChildCounts = field(default_factory=ChildCounts)
    marks: MarkCounts = field(default_factory=MarkCounts)
    rejected: list[Rejected] = field(default_factory=list)
    rejected_total: int = 0
    warnings: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    totals: TotalsCheck = field(default_factory=TotalsCheck)
    unknown: dict[str, int] = field(default_factory=dict)
    applied: int | None = None

    @property
    def set_aside(self) -> bool:
        """Whether anything of the file was set aside: the command line then ends with 1."""
        return self.rejected_total > 0

    def to_json(self) -> dict[str, Any]:
        """The file's entry in the JSON answer of ``outreach import``."""
        return {
            "file": self.file,
            "format": self.format,
            "school": self.school,
            "children": {
                "new": self.children.new,
                "matched": self.children.matched,
                "changed": self.children.changed,
            },
            "marks": {
                "read": self.marks.read,
                "new": self.marks.new,
                "changed": self.marks.changed,
                "unchanged": self.marks.unchanged + self.marks.kept,
            },
            "rejected": [
                {
                    "line": entry.line,
                    "column": entry.column,
                    "value": entry.value,
                    "reason": entry.reason,
                    "mend": entry.mend,
                }
                for entry in self.rejected
            ],
            "rejected_total": self.rejected_total,
            "warnings": list(self.warnings),
            "unknown_codes": dict(self.unknown),
            "totals": {
                "compared": self.totals.compared,
                "agree": self.totals.agree,
                "differ": self.totals.differ,
                "incomplete": self.totals.incomplete,
                "newer": self.totals.newer,
            },
            "applied": self.applied is not None,
        }
