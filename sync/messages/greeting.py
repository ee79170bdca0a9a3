"""The first message of a session and its answer: whether one side was set back, copied or altered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sync.messages.pages import Page
from sync.messages.said import PROTOCOL, Beside, Cursor, Id, Instant, Number, Said, Sum
from sync.messages.steps import Formerly, Push, Pushed, Verdict

MOST_UNANSWERED = 40
"""Greetings without an answer that a laptop remembers: twice as many as bundles can be on their way."""
MOST_ASKED = 100
"""Steps that were kept aside of which one greeting may ask."""
MOST_EARLIER = 20
"""Epochs before its own that a laptop remembers."""
MOST_LEASE = 365
"""Days without a word for which a laptop may open alone."""

Action = Literal["ok", "reconcile", "forked", "revoked", "upgrade"]


class BesideHello(Beside):
    """`aside`: steps of this laptop's that were kept aside, to hear whether they were taken since. `push` is
    all that waits, where one message holds it; with `pull` the first page after `cursor` is asked for, too.
    `head` is the furthest place of the log as of which a page brought something, where that is beyond the
    cursor: that may be lost although all that was read in order is still there. `earlier` are epochs that a
    restore ended, each with the number up to which the log of `epoch` is theirs: the backup may be put back
    once more, and then knows of none that came after them.
    """

    aside: Annotated[list[Id], Field(max_length=MOST_ASKED)] = []
    push: Push | None = None
    pull: bool = False
    head: Cursor = Cursor()
    earlier: Annotated[list[Formerly], Field(max_length=MOST_EARLIER)] = []


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
    """`taken`: what became of steps of which the greeting asked, where they were taken since, and `at`: where
    the log stood then, so that it is noticed where they are lost again. `ahead`: a push
    may come before the one ahead of it is answered, for `after` is understood. `audit_lost`: when the audit
    of this laptop, or of a copy of it, was last found lost, until somebody looked into that. `pushed` and
    `page` answer what the greeting brought and asked for, where that could be done at once: `page` is made
    after its steps were taken.
    """

    taken: list[Verdict] = []
    at: Cursor = Cursor()
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
