"""What a session did, and the way on which it asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, TypeVar

from casework.wording import count_of
from sync.messages.greeting import Hello, Welcome
from sync.messages.pages import Coming, Page, Pull
from sync.messages.steps import Push, Pushed
from sync.messages.sums import Have, Lack, Verified, Verify

T = TypeVar("T")


class Central(Protocol):
    """The way to the central record: requests over the network, or files that are carried."""

    def hello(self, said: Hello) -> Welcome: ...  # noqa: D102
    def push(self, said: Push) -> Pushed: ...  # noqa: D102
    def pull(self, said: Pull) -> Page: ...  # noqa: D102
    def verify(self, said: Verify) -> Verified: ...  # noqa: D102
    def have(self, said: Have) -> Lack: ...  # noqa: D102

    def hello_ahead(self, said: Hello) -> Callable[[], Welcome]:
        """Begin to greet; what is given waits for the answer, and raises what `hello` raises.

        Nothing else is asked until then.
        """

    def make_ready(self, said: Push) -> None:
        """This is what is pushed next; nothing is sent yet."""

    def push_ahead(self, said: Push) -> Callable[[], Pushed]:
        """Begin to push; what is given waits for the answer, and raises what `push` raises.

        Nothing is asked until then but the push that follows this one.
        """

    def pull_ahead(
        self, said: Pull, heard: Callable[[Page | Coming], None], then: Callable[[Page], T]
    ) -> Callable[[], T]:
        """Begin to ask for a page, and to do `then` with it, which needs nothing but the page; what is given
        waits for that, and raises what `pull` raises.

        Nothing else is asked until it is `heard`: then it is there, and perhaps not checked wholly.
        """


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
