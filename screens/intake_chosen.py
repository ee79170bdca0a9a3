"""A file on its way into the caseload."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from casework.text import clean

if TYPE_CHECKING:
    from casework.errors import OutreachError
    from storage.intake.importer import ImportPreview
    from storage.intake.mapping import Mapping as Layout
    from storage.intake.report import FileReport, Question


@dataclass(frozen=True, slots=True)
class Chosen:
    """One file on its way: what is known of it so far. `school` is a URN that the worker picked."""

    path: Path
    school: str = ""
    layout: Layout | None = None
    preview: ImportPreview | None = None
    report: FileReport | None = None
    problem: OutreachError | None = None
    moved: bool = False
    """The worker says that most of its children have moved here from another school."""
    waits: bool = False
    """Looked at again once the files before it were taken in: they may bring its school."""

    @property
    def needs_school(self) -> bool:
        """Whether the file is refused only because its school is not known."""
        return self.problem is not None and self.problem.code in ("school-needed", "no-such-school")

    @property
    def may_have_moved(self) -> bool:
        """Whether the file is refused only because most of its children are on another school's roll."""
        return self.problem is not None and self.problem.code == "another-roll"

    @property
    def is_ready(self) -> bool:
        """Whether it may be taken in and was not yet."""
        return self.preview is not None and self.report is None and self.problem is None

    @property
    def name(self) -> str:
        """The file's name as it may be shown."""
        return clean(self.path.name, limit=200)

    @property
    def questions(self) -> Sequence[Question]:
        """What only a person can say."""
        told = self.report or (self.preview.report if self.preview else None)
        return told.questions if told else ()
