"""What this laptop remembers of its bundles: those on their way, and the answer that it read last."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from storage.central.state import keep, kept
from storage.cipher import Connection

_KEPT = "bundles"
_MOST_ON_THEIR_WAY = 20
"""Half of the words that a greeting names: those of greetings over the network are named beside them."""


@dataclass
class Bundles:
    """`counter` and `name` of the last bundle written, and `place`, the last step of the journal in it.

    `sent` are the names of those whose answer can still be read, the oldest first, each with the word that it
    left with the central record (`SyncState.coming`), and `marks` what the clock said when it was written
    (storage.central.lease). `answer` and `answer_name` are those
    of the answer read last; `done` the scopes that it put in place, as long as nothing was read after it
    (`done_at`). `differed`: its sum did not fit; `lost` are records that the central record has not any more.
    """

    counter: int = 0
    name: str = ""
    place: int = 0
    sent: dict[str, str] = field(default_factory=dict)
    answer: int = 0
    answer_name: str = ""
    done: Mapping[str, int] = field(default_factory=dict)
    done_at: str = ""
    differed: bool = False
    lost: list[str] = field(default_factory=list)
    marks: dict[str, float] = field(default_factory=dict)

    def write_down(self, counter: int, name: str, place: int, word: str, mark: float | None) -> None:
        """A bundle is about to leave."""
        if mark is not None:
            self.marks[name] = mark
        self.counter, self.name, self.place = counter, name, place
        self.sent = dict([*self.sent.items(), (name, word)][-_MOST_ON_THEIR_WAY:])
        self._forget_marks()

    def answered(self, counter: int, name: str, answers: str) -> None:
        """An answer was read: those before the bundle that it answers are on their way no more."""
        self.answer, self.answer_name = counter, name
        names = list(self.sent)
        first = names.index(answers) if answers in self.sent else 0
        self.sent = {sent: self.sent[sent] for sent in names[first:]}
        self._forget_marks()

    def end(self, names: Collection[str]) -> None:
        """The answers to these can be read no more."""
        self.sent = {sent: word for sent, word in self.sent.items() if sent not in names}
        self._forget_marks()

    def _forget_marks(self) -> None:
        self.marks = {name: mark for name, mark in self.marks.items() if name in self.sent}


def read_bundles(conn: Connection) -> Bundles:
    """What was kept; the beginning, where nothing was."""
    held: dict[str, Any] = json.loads(kept(conn, _KEPT) or "{}")
    return Bundles(**held)


def keep_bundles(conn: Connection, bundles: Bundles) -> None:
    """Keep it, in the caller's transaction."""
    keep(conn, _KEPT, json.dumps(asdict(bundles)))


def end_bundles(conn: Connection, names: Collection[str]) -> None:
    """These are on their way no more: a session over the network was begun after they were written, or they
    were answered that all has to be offered again.
    """
    bundles = read_bundles(conn)
    bundles.end(names)
    keep_bundles(conn, bundles)
