"""What a bundle says: the messages of a session, all of one side's at once, with a letter before them.

A laptop's bundle is a Letter and then pushes; the answer is a Reply, then the verdicts, then the pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from sync.messages.greeting import Hello, Welcome
from sync.messages.pages import Page
from sync.messages.said import Beside, Cursor, Id, Sum
from sync.messages.steps import Pushed, Verdict

MOST_WANTS = 50_000
MOST_FRAMES = 50_000
"""Messages of one bundle."""


class Letter(BaseModel):
    """The laptop's greeting, what it put in place of the last answer, and what it asks for beside the news.

    `digest` is the sum of what it holds, where that is to be compared.
    `done` are the scopes that it put in place, `want` the records that it asks for by id; `scopes` are the
    sums of what it holds of each and `have` its records, where the last answer's sum did not fit.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    beside: Beside = Beside()
    hello: Hello
    digest: Sum | None = None
    done: Annotated[dict[str, int], Field(max_length=50_000)] = {}
    want: Annotated[list[Id], Field(max_length=MOST_WANTS)] = []
    scopes: Annotated[dict[str, Sum], Field(max_length=50_000)] = {}
    have: Annotated[list[Id], Field(max_length=MOST_WANTS)] = []


class Reply(BaseModel):
    """The answer's first message.

    `known` gives records of the laptop's the id that they have; then come `verdicts` messages of verdicts and
    `pages` pages. `at` is where the log stood when the edits were taken, `digest` the sum of all that the
    laptop holds when every page is in place, `differed` how many parts of it did not fit and are sent anew,
    `lost` which of its records the central record has not, to be brought back by the next bundle.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    beside: Beside = Beside()
    welcome: Welcome
    known: dict[Id, Id] = {}
    at: Cursor
    digest: Sum
    differed: int = 0
    lost: list[Id] = []
    verdicts: Annotated[int, Field(ge=0, le=MOST_FRAMES)]
    pages: Annotated[int, Field(ge=0, le=MOST_FRAMES)]


@dataclass(frozen=True, slots=True)
class Answers:
    """All that is said in return to a letter and what came with it, as it is read."""

    reply: Reply
    verdicts: Sequence[Pushed]
    pages: Iterator[Page]


class Owed(BaseModel):
    """What the central record keeps of a bundle until it is answered, and until the answer was read.

    `want` are the records to be sent beside the news, `cursor` how far the laptop had read; `about` as in
    BesidePushed.
    """

    model_config = ConfigDict(strict=True, extra="forbid")

    welcome: Welcome
    known: dict[Id, Id] = {}
    verdicts: list[Verdict] = []
    about: dict[Id, list[Id]] = {}
    want: list[Id] = []
    cursor: Cursor
    at: Cursor
    differed: int = 0
    lost: list[Id] = []
