"""Records on their way down: what a laptop asks for, and what it is told and gives up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field
from pydantic.dataclasses import dataclass

from sync.messages.said import WHOLE, Beside, Cursor, Id, Instant, Number, Said, Strict, Sum

MOST_ROWS = 2_000
"""Records of one page of a pull; a child who is sent whole may go beyond it."""


@dataclass(frozen=True, slots=True, config=WHOLE)
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


class Told(Strict):
    """Whose step changed a record: to be shown in its history."""

    seq: int
    id: Id
    worker: str
    name: str
    at: Instant


class Scope(Strict):
    """All that a laptop may hold of one scope from now on; what it holds beside `rows` it gives up."""

    scope: str
    mask: int
    rows: list[Sent]


class BesidePull(Beside):
    """With `sum` the last page says what both sides should hold then. `pushed` is where the log ended after
    this laptop's last push: a central record that was set back since then lost what it made, and a page of it
    would say that the laptop may not hold that.
    """

    sum: bool = False
    pushed: Cursor = Cursor()


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


class Stood(Strict):
    """The step of the number `seq` is said again: it stood at `number` in the log of an epoch that ended."""

    seq: Number
    epoch: Annotated[str, Field(max_length=64)]
    number: Number


class BesidePage(Beside):
    """`lacking`: by record, fields of which the central record has heard nothing since it was put back. What
    the page says of them is no value: whoever has one keeps it, and brings it back. `digest` is the sum of
    all that the laptop holds once this page is in place, where nothing else is on its way. `head` is where
    the log ended when the page was made, where that is beyond its cursor: what is sent whole, or was asked
    for by id, comes as it stands there. `stood` are those of the steps that it names which are said again.
    """

    stood: list[Stood] = []
    lacking: dict[Id, list[str]] = {}
    digest: Sum | None = None
    head: Cursor | None = None


class Page(Said):
    """Changed records, what is to be given up, and how far this page goes."""

    beside: BesidePage = BesidePage()
    scopes: list[Scope] = []
    rows: list[Sent] = []
    gone: list[Id] = []
    edits: list[Told] = []
    cursor: Cursor
    more: bool = False


class Unread(Strict):
    """A scope of a page whose rows nobody has looked at yet."""

    scope: str
    mask: int
    rows: list[Any]


class Coming(Strict):
    """A page of which only that was looked at by which the next one is asked for: checking all of its rows
    takes as long as reading them did.
    """

    beside: Any = {}
    scopes: list[Unread] = []
    rows: list[Any] = []
    gone: list[Any] = []
    edits: list[Any] = []
    cursor: Cursor
    more: bool = False

    def said(self) -> dict[str, Any]:
        """All that was said, to be read as a Page."""
        return {**dict(self), "scopes": [dict(scope) for scope in self.scopes]}

    def forget_rows(self) -> None:
        """Let go of the rows, once they were read: what brought this holds it until they are weighed."""
        for rows in (self.rows, *(scope.rows for scope in self.scopes)):
            rows.clear()
