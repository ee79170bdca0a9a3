"""Steps of work on their way up, and what became of each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from sync.messages.said import WHOLE, Beside, Cursor, Id, Instant, Name, Number, Said, Strict, Words

MOST_EDITS = 500
"""Edits of one push."""
MOST_BYTES = 458_752
"""Bytes of one push before it is compressed; of a long edit one part at the least."""

NOT_YET = "not-yet"
"""The code of a push that came before the one that it follows."""

VerdictName = Literal["applied", "merged", "conflict", "quarantined"]
"""What became of an edit. `merged`: it stands, together with what somebody else changed."""


@dataclass(frozen=True, slots=True, config=WHOLE)
class Changed:
    """One field of one record; `field` "" brings a record into being, its fields in `new`.

    No model but a dataclass, for thousands of them come in a message: each takes a third of the memory.
    """

    type: Annotated[str, Field(strict=True, max_length=40, pattern=r"^[a-z][a-z_]*$")]
    record: Annotated[Id, Field(strict=True)]
    field: Annotated[str, Field(strict=True, max_length=60, pattern=r"^[a-z_]*$")]
    old: Any = None
    new: Any = None


def own_changed(record_type: str, record: str, name: str, old: Any, new: Any) -> Changed:
    """A change as a laptop itself says it: as `own_sent` (sync.messages.pages), it is not checked."""
    made = object.__new__(Changed)
    _set(made, "type", record_type)
    _set(made, "record", record)
    _set(made, "field", name)
    _set(made, "old", old)
    _set(made, "new", new)
    return made


_set = object.__setattr__


class Formerly(Strict):
    """A place in the log of an epoch that ended."""

    epoch: Annotated[str, Field(max_length=64)]
    seq: Number


class SentEdit(Strict):
    """A step of work. `seen` is the sequence number up to which its laptop knew the central record. `knew` is
    the same once that was put back, of a step that met nothing which it did not know. `former` is where that
    one had stood in the log that is lost; of what is brought back, how far its laptop had read there.
    `taken_back` says that its author has undone it since.
    """

    id: Id
    worker: Id
    name: Name
    subject: Id | None = None
    reason: Words = ""
    at: Instant
    seen: Number
    knew: Number = 0
    former: Formerly | None = None
    taken_back: bool = False
    changes: Annotated[list[Changed], Field(min_length=1, max_length=5_000)]


class Verdict(Strict):
    """What became of one edit, and its place in the log; `again` says that it was taken before."""

    edit: Id
    verdict: VerdictName
    seq: int = 0
    code: str = ""
    reason: str = ""
    again: bool = False


class BesidePush(Beside):
    """`after`: the last edit of the push that this one follows; where it was neither taken nor kept aside,
    nothing of this one is taken (Refused `not-yet`).
    """

    after: Id | None = None


class Push(Said):
    """Edits in the order in which they were made."""

    beside: BesidePush = BesidePush()
    edits: Annotated[list[SentEdit], Field(max_length=MOST_EDITS)]


class BesidePushed(Beside):
    """`about`: by edit, children whom it names and the laptop may not write of, so that it or that part of it
    was kept aside. `taken`: what became of steps of this laptop's that had been kept aside and waited for
    what this push brought.
    """

    about: dict[Id, list[Id]] = {}
    taken: list[Verdict] = []


class Pushed(Said):
    """A verdict for each edit, or `known`: ids of this laptop's that mean a record which is there already.

    With `known` nothing was taken: the laptop gives those records the id that they have, and sends again. An
    edit that is `quarantined` and has a place in the log was taken but for a part.
    """

    beside: BesidePushed = BesidePushed()
    verdicts: list[Verdict] = []
    at: Cursor = Cursor()
    known: dict[Id, Id] = {}

    def then(self, later: Pushed) -> Pushed:
        """Both answers, of which the later one says where the log stands."""
        beside = BesidePushed(
            about=self.beside.about | later.beside.about,
            taken=[*self.beside.taken, *later.beside.taken],
        )
        verdicts = [*self.verdicts, *later.verdicts]
        return later.model_copy(update={"verdicts": verdicts, "beside": beside})
