"""What a simulated run knows by itself of who said what: no word of it comes from the program under test.

Each greeting that the central record hears has a number. A caseload knows those since it last went on from
one, and a copy of it takes them along. A greeting of a caseload that does not know the one that was heard
last for its laptop is that of an older copy, or of a twin, and must not be taken for the same caseload.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import count
from pathlib import Path
from typing import Any

from sync.messages.greeting import Hello, Welcome
from sync.messages.steps import Push, Pushed

PART = 3
"""Changes of a part of a step, where steps are sent in short parts."""


class Witness:
    """Of one run. A caseload is named by its file, a laptop by the name that the central record knows."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._knows: defaultdict[Path, list[int]] = defaultdict(list)
        self._heard: dict[str, int] = {}
        self._kept: dict[str, int] = {}
        self._told: defaultdict[Path, set[str]] = defaultdict(set)
        self._went_on: set[str] = set()
        self._unseen: set[str] = set()

    # Copies

    def copied(self, source: Path, copy: Path) -> None:
        """The caseload of a file is that of another one now."""
        self._knows[copy] = [*self._knows[source]]
        self._told[copy] = set()

    def hub_backed_up(self) -> None:
        """A copy of the central record was made."""
        self._kept = dict(self._heard)

    def hub_restored(self) -> None:
        """That copy took its place."""
        self._heard = dict(self._kept)

    # Messages

    def was_heard(self, caseload: Path, laptop: str, said: Any, answer: Any) -> None:
        """A message reached the central record, which answered; whether that arrived is another matter.

        Raises AssertionError where an older copy or a twin was taken for the caseload that was heard last,
        and where a step has no verdict or one that nobody asked for.
        """
        if isinstance(said, Hello) and isinstance(answer, Welcome):
            if self._heard.get(laptop) not in (None, *self._knows[caseload]):
                assert answer.action != "ok", "a copy of a caseload was taken for the one heard last"
            self._heard[laptop] = next(self._numbers)
            self._unseen.discard(laptop)
            self._knows[caseload].append(self._heard[laptop])
        elif laptop in self._unseen or not self.was_last(caseload, laptop):
            self._went_on.add(laptop)
        said, answer = _steps(said, answer)
        if isinstance(said, Push) and isinstance(answer, Pushed):
            asked = [edit.id for edit in said.edits]
            given = [verdict.edit for verdict in answer.verdicts]
            if answer.known:
                asked = asked[: len(given)]
            assert given == asked, "a step was sent and has no verdict"

    def was_last(self, caseload: Path, laptop: str) -> bool:
        """Whether no copy of this caseload greeted after it did."""
        return self._heard.get(laptop) in (None, *self._knows[caseload])

    def is_alone(self, caseload: Path, laptop: str, *, agreed: bool) -> bool:
        """Whether in this session, and since the last one that agreed, no copy of the caseload greeted, nor
        went on with a session that this caseload had greeted in the middle of.
        """
        if not self.was_last(caseload, laptop):
            return False
        alone = laptop not in self._went_on
        if agreed and laptop not in self._unseen:
            self._went_on.discard(laptop)
        return alone

    def lose_sight(self, *laptops: str) -> None:
        """It is not known which greeting of these laptops was heard last: the next one is as it is."""
        for laptop in laptops:
            self._heard.pop(laptop, None)
            self._unseen.add(laptop)

    def is_sent(self, caseload: Path, said: Any) -> None:
        """A message sets out. Raises AssertionError for a step that its laptop has a verdict on already."""
        if not isinstance(said, Hello):
            del self._knows[caseload][:-1]
        push = said.beside.push if isinstance(said, Hello) else said
        if isinstance(push, Push):
            again = self._told[caseload] & {edit.id for edit in push.edits}
            assert not again, "a step was sent again although its verdict had come"

    def arrived(self, caseload: Path, said: Any, answer: Any) -> None:
        """An answer came to the laptop. Of a step in parts each is sent again where the last one was not."""
        if isinstance(answer, Welcome) and answer.action == "reconcile":
            self._told[caseload].clear()
        said, answer = _steps(said, answer)
        if isinstance(said, Push) and isinstance(answer, Pushed) and not answer.known:
            whole = {edit.id for edit in said.edits if len(edit.changes) < PART and "/" not in edit.id}
            waits = {one.edit for one in answer.verdicts if one.code == "unknown-type"}
            self._told[caseload] |= whole - waits

    def broke_off(self, caseload: Path) -> None:
        """The laptop's process ended, or could not write what had come."""
        self._told[caseload].clear()


def _steps(said: Any, answer: Any) -> tuple[Any, Any]:
    """The steps that a greeting brought, and the verdicts in its answer; any other message as it is."""
    if isinstance(said, Hello) and isinstance(answer, Welcome):
        return said.beside.push, answer.beside.pushed
    return said, answer
