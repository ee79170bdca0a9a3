"""What laptop and central record say to each other: shapes and limits, checked strictly on both sides.

Order in a session: hello, push, pull, verify; before the first one, enrol. A message is compressed JSON, and
everything in it comes from outside: unknown members, wrong types and anything too long are refused before it
is looked at.

A later version says what is new in a message under its member `beside`, the one place where a member that is
not known is dropped: so either side may be the older one. What must not be dropped needs another PROTOCOL.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.dataclasses import dataclass

PROTOCOL = 1
"""Raised once a version is released that says something which the version released before must not drop. What
the first release says, members that were added on the way to it with the rest, is number 1.
"""
MOST_EDITS = 500
"""Edits of one push."""
MOST_BYTES = 524_288
"""Bytes of one push before it is compressed; of a long edit one part at the least."""
MOST_UNANSWERED = 40
"""Greetings without an answer that a laptop remembers: as many as bundles can be on their way."""
MOST_ASKED = 100
"""Steps that were kept aside of which one greeting may ask."""
MOST_LEASE = 365
"""Days without a word for which a laptop may open alone."""
MOST_ROWS = 2_000
"""Records of one page of a pull; a child who is sent whole may go beyond it."""

NOT_YET = "not-yet"
"""The code of a push that came before the one that it follows."""

Id = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9:/_.-]+$")]
Name = Annotated[str, Field(max_length=300)]
Words = Annotated[str, Field(max_length=100_000)]
Instant = Annotated[str, Field(max_length=40)]
Sum = Annotated[str, Field(max_length=90, pattern=r"^\d+:[0-9a-f]{64}$")]

Number = Annotated[int, Field(ge=0, le=2**63 - 1)]
"""A whole number as far as both databases know them."""

VerdictName = Literal["applied", "merged", "conflict", "quarantined"]
"""What became of an edit. `merged`: it stands, together with what somebody else changed."""
Action = Literal["ok", "reconcile", "forked", "revoked", "upgrade"]


_STRICT = ConfigDict(strict=True, extra="forbid")
_WHOLE = ConfigDict(extra="forbid")
"""Of dataclasses: a strict one takes no mapping, so each of their fields is strict by itself."""


class _Message(BaseModel):
    model_config = ConfigDict(**_STRICT, frozen=True)


class Beside(BaseModel):
    """What later versions say beside what all know; a message that says such has a kind of its own."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class Said(_Message):
    """A whole message, or what stands on the outside of a bundle."""

    beside: Beside = Beside()


@dataclass(frozen=True, slots=True, config=_WHOLE)
class Changed:
    """One field of one record; `field` "" brings a record into being, its fields in `new`.

    No model but a dataclass, for thousands of them come in a message: each takes a third of the memory.
    """

    type: Annotated[str, Field(strict=True, max_length=40, pattern=r"^[a-z][a-z_]*$")]
    record: Annotated[Id, Field(strict=True)]
    field: Annotated[str, Field(strict=True, max_length=60, pattern=r"^[a-z_]*$")]
    old: Any = None
    new: Any = None


class SentEdit(_Message):
    """A step of work. `seen` is the sequence number up to which its laptop knew the central record. `knew` is
    the same once that was put back, of a step that met nothing which it did not know. `taken_back` says that
    its author has undone it since.
    """

    id: Id
    worker: Id
    name: Name
    subject: Id | None = None
    reason: Words = ""
    at: Instant
    seen: Number
    knew: Number = 0
    taken_back: bool = False
    changes: Annotated[list[Changed], Field(min_length=1, max_length=5_000)]


class Cursor(_Message):
    """How far a laptop has read: the sequence number, and the chain of the log at it."""

    seq: Number = 0
    chain: Annotated[str, Field(max_length=32, pattern=r"^[0-9a-f]*$")] = ""


class Verdict(_Message):
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


@dataclass(frozen=True, slots=True, config=_WHOLE)
class Sent:
    """A record as far as the laptop may hold it: its facets by key, the leading one first.

    `seq` is the newest step that changed any of it. `steps` names those of fields that another step changed;
    under "" the one that made it, where the laptop does not know it yet and it was changed since. A dataclass
    as `Changed` is.
    """

    type: Annotated[str, Field(strict=True)]
    id: Annotated[Id, Field(strict=True)]
    seq: Annotated[int, Field(strict=True)]
    parts: dict[str, dict[str, Any]]
    steps: dict[str, Annotated[Number, Field(strict=True)]] = Field(default_factory=dict)


def own_sent(
    record_type: str, record: str, seq: int, parts: Mapping[str, dict[str, Any]], steps: Mapping[str, int]
) -> Sent:
    """A record as the central record itself says it. It is not checked: it came out of its own tables, there
    are thousands of them in a page, and whoever reads it checks it.
    """
    made = object.__new__(Sent)
    _set(made, "type", record_type)
    _set(made, "id", record)
    _set(made, "seq", seq)
    _set(made, "parts", parts)
    _set(made, "steps", steps)
    return made


_set = object.__setattr__


class Told(_Message):
    """Whose step changed a record: to be shown in its history."""

    seq: int
    id: Id
    worker: str
    name: str
    at: Instant


class Scope(_Message):
    """All that a laptop may hold of one scope from now on; what it holds beside `rows` it gives up."""

    scope: str
    mask: int
    rows: list[Sent]


class BesidePull(Beside):
    """With `sum` the last page says what both sides should hold then."""

    sum: bool = False


class Pull(Said):
    """What has changed since the cursor, please. `done` are the scopes that were put in place.

    `coming` are scopes that have come, each with its bits, and are not in place yet: the laptop asks for the
    page after them while it works on them. They are left out of it and stay unsaid until they are `done`.
    """

    beside: BesidePull = BesidePull()
    cursor: Cursor
    done: Annotated[dict[str, Number], Field(max_length=50_000)] = {}
    coming: Annotated[dict[str, Number], Field(max_length=50_000)] = {}
    want: Annotated[list[Id], Field(max_length=MOST_ROWS)] = []


class BesidePage(Beside):
    """`lacking`: by record, fields of which the central record has heard nothing since it was put back. What
    the page says of them is no value: whoever has one keeps it, and brings it back. `digest` is the sum of
    all that the laptop holds once this page is in place, where nothing else is on its way.
    """

    lacking: dict[Id, list[str]] = {}
    digest: Sum | None = None


class Page(Said):
    """Changed records, what is to be given up, and how far this page goes."""

    beside: BesidePage = BesidePage()
    scopes: list[Scope] = []
    rows: list[Sent] = []
    gone: list[Id] = []
    edits: list[Told] = []
    cursor: Cursor
    more: bool = False


class BesideHello(Beside):
    """`aside`: steps of this laptop's that were kept aside, to hear whether they were taken since. `push` is
    all that waits, where one message holds it; with `pull` the first page after `cursor` is asked for, too.
    """

    aside: Annotated[list[Id], Field(max_length=MOST_ASKED)] = []
    push: Push | None = None
    pull: bool = False


class Hello(Said):
    """The first message of a session; `digest` is what the laptop holds, when it has nothing to send.

    `incarnation` is the word that the last session left on both sides, `coming` the one that this session
    leaves: a laptop that was set back to an older copy, or copied, knows another word than the central
    record. `unanswered` are those of greetings since then of which no answer came: one of them may be there.
    `pushed` is where the log stood after this laptop's last push: its steps may be lost although
    what it had read before is still there. `bundle` is the counter of the last bundle that is still on its
    way: what it holds comes by this session, so it must not be taken after it. `aside` is the last of its
    steps that was kept aside: those stand in no log, so nothing but their absence tells that they were lost.
    `given_up` counts the records that this laptop has given up since it enrolled, and sums their names: said
    here for what broke off before it could be said in Verify, or came in a bundle. `audit` is the newest
    entry of the laptop's audit; `anchored` is the one of which it knows that the central record keeps the
    digest, with the digest that it has now ("" where there is no such entry any more); `missing` is one that
    the central record keeps and the audit does not hold.
    """

    beside: BesideHello = BesideHello()
    protocol: Number = PROTOCOL
    shape: Annotated[str, Field(max_length=64)] = ""
    incarnation: Annotated[str, Field(max_length=64)] = ""
    coming: Id
    unanswered: Annotated[list[Id], Field(max_length=MOST_UNANSWERED)] = []
    hub: Annotated[str, Field(max_length=64)] = ""
    epoch: Annotated[str, Field(max_length=64)] = ""
    cursor: Cursor = Cursor()
    pushed: Cursor = Cursor()
    waiting: Number = 0
    digest: Sum | None = None
    bundle: Number = 0
    aside: Id | None = None
    given_up: Sum | None = None
    audit: Cursor = Cursor()
    anchored: Cursor = Cursor()
    missing: Cursor | None = None


class BesideWelcome(Beside):
    """`taken`: what became of steps of which the greeting asked, where they were taken since. `ahead`: a push
    may come before the one ahead of it is answered, for `after` is understood. `audit_lost`: when the audit
    of this laptop, or of a copy of it, was last found lost, until somebody looked into that. `pushed` and
    `page` answer what the greeting brought and asked for, where that could be done at once: `page` is made
    after its steps were taken.
    """

    taken: list[Verdict] = []
    ahead: bool = False
    audit_lost: Instant | None = None
    pushed: Pushed | None = None
    page: Page | None = None


class Welcome(Said):
    """The answer. `agreed`: nothing is to be sent either way, and both sides hold the same.

    `kinds` are the fields of each record type that the central record knows, where the laptop is of another
    version (`shape`): it counts no others. `audit` is the head of the laptop's audit that is kept here.
    `lease` is for how many days without a word the laptop opens alone, 0 for ever. `looked_into` says when a
    person looked into the loss of this laptop's audit that was found last. `common` is the number up to which
    the log of a central record that was put back is the one that the laptop read.
    """

    beside: BesideWelcome = BesideWelcome()
    action: Action = "ok"
    hub: str
    epoch: str
    head: int
    now: Instant
    agreed: bool = False
    kinds: dict[str, list[str]] = {}
    audit: Cursor = Cursor()
    lease: Annotated[int, Field(ge=0, le=MOST_LEASE)] | None = None
    looked_into: Instant | None = None
    common: Number = 0


class Verify(Said):
    """The sum of all that the laptop holds; by scope, where it is asked for them.

    `given_up` and `missing` as in Hello.
    """

    cursor: Cursor
    digest: Sum
    given_up: Sum | None = None
    missing: Cursor | None = None
    scopes: Annotated[dict[str, Sum], Field(max_length=50_000)] = {}


class Have(Said):
    """Records that a laptop holds in scopes that differ."""

    records: Annotated[list[Id], Field(max_length=MOST_ROWS)]


class Lack(Said):
    """Those of them that the central record has not: lost with what a backup did not have."""

    records: list[Id]


class Verified(Said):
    """`agreed`, or `moved` when the central record went on meanwhile, or the scopes that differ."""

    agreed: bool
    moved: bool = False
    ask_scopes: bool = False
    differ: list[str] = []


Key = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""An Ed25519 public key in hex."""


class Enrol(Said):
    """A one-time code, and the key with which this laptop will sign; it signs this message, too.

    A laptop that was enrolled here before says whose it is: `worker` is the id, `name` and `agency` are as it
    has them.
    """

    code: Annotated[str, Field(max_length=40)]
    key: Key
    worker: Id | None = None
    name: Name = ""
    agency: Annotated[str, Field(max_length=60)] = ""


class Enrolled(Said):
    """Who this laptop is from now on: its id, its worker as the council has it, and the central record's key.

    `worker` and `team` are the fields of those records. `waiting`: a manager has to approve the laptop first.
    Bundles for the central record are sealed to `seal` (X25519).
    """

    hub: Annotated[str, Field(max_length=64)]
    key: Key
    seal: Key
    device: Id
    worker_id: Id
    worker: dict[str, Any]
    team_id: Id | None = None
    team: dict[str, Any] = {}
    waiting: bool = False


class Fault(Said):
    """What is said instead of an answer: a code word, one sentence, and the central record's time."""

    code: Annotated[str, Field(max_length=60)]
    message: Annotated[str, Field(max_length=1_000)]
    now: Instant
