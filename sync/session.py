"""What a session did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from casework.wording import count_of
from sync.messages.pages import Page


@dataclass
class Session:
    """What one session did, in the words of the command line's contract."""

    pushed: int = 0
    pulled: int = 0
    merged: int = 0
    conflicts: int = 0
    quarantined: int = 0
    purged: int = 0
    backfilled: int = 0
    agreed: bool = False
    cursor: int = 0
    requests: int = 0
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The counts by name."""
        return asdict(self)

    def note_verdicts(self, verdicts: Iterable[str]) -> None:
        """Count what became of edits that were sent."""
        for verdict in verdicts:
            self.merged += verdict == "merged"
            self.conflicts += verdict == "conflict"
            self.quarantined += verdict == "quarantined"

    def note_page(self, page: Page, written: int, purged: int) -> None:
        """Count a page that was put in place: records written, and given up."""
        self.pulled += written
        self.purged += purged
        self.backfilled += sum(len(scope.rows) for scope in page.scopes)
        self.cursor = page.cursor.seq

    def note_differed(self, parts: int) -> None:
        """Tell that so many parts of what is held differed; what another copy did is told nowhere else."""
        were = "was" if parts == 1 else "were"
        words = (
            f"{count_of(parts, 'part')} of this laptop differed from the central record and {were} fetched"
            " again. Where a copy of this caseload syncs, too, that is why; else please report it: it should"
            " not happen."
        )
        if words not in self.problems:
            self.problems.append(words)
