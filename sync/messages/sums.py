"""Whether both sides hold the same, and what is missing where they do not."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sync.messages.pages import MOST_ROWS
from sync.messages.said import Beside, Cursor, Id, Said, Sum


class Verify(Said):
    """The sum of all that the laptop holds; by scope, where it is asked for them.

    `given_up` and `missing` as in Hello.
    """

    cursor: Cursor
    digest: Sum
    given_up: Sum | None = None
    missing: Cursor | None = None
    scopes: Annotated[dict[str, Sum], Field(max_length=50_000)] = {}


class BesideHave(Beside):
    """`parts`: of records that the laptop is about to give up, a hash of each facet that it holds, by key."""

    parts: dict[Id, dict[str, Annotated[str, Field(max_length=64)]]] = {}


class Have(Said):
    """Records that a laptop holds in scopes that differ."""

    beside: BesideHave = BesideHave()
    records: Annotated[list[Id], Field(max_length=MOST_ROWS)]


class BesideLack(Beside):
    """`lacking`: by record that it has, the fields of which the central record has heard nothing since it was
    put back, for who brought the record back may not hold them. `otherwise`: records of which it holds
    something else than the laptop.
    """

    lacking: dict[Id, list[str]] = {}
    otherwise: list[Id] = []


class Lack(Said):
    """Those of them that the central record has not: lost with what a backup did not have."""

    beside: BesideLack = BesideLack()
    records: list[Id]


class Verified(Said):
    """`agreed`, or `moved` when the central record went on meanwhile, or the scopes that differ."""

    agreed: bool
    moved: bool = False
    ask_scopes: bool = False
    differ: list[str] = []
