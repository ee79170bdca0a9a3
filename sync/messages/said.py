"""What holds of every message, and the words of which messages are made.

A message is compressed JSON, and everything in it comes from outside: unknown members, wrong types and
anything too long are refused before it is looked at.

A later version says what is new in a message under its member `beside`, the one place where a member that is
not known is dropped: so either side may be the older one. What must not be dropped needs another PROTOCOL.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

PROTOCOL = 1
"""Raised once a version is released that says something which the version released before must not drop. What
the first release says, members that were added on the way to it with the rest, is number 1.
"""

Id = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9:/_.-]+$")]
Name = Annotated[str, Field(max_length=300)]
Words = Annotated[str, Field(max_length=100_000)]
Instant = Annotated[str, Field(max_length=40)]
Sum = Annotated[str, Field(max_length=90, pattern=r"^\d+:[0-9a-f]{64}$")]

Number = Annotated[int, Field(ge=0, le=2**63 - 1)]
"""A whole number as far as both databases know them."""

_STRICT = ConfigDict(strict=True, extra="forbid")
WHOLE = ConfigDict(extra="forbid")
"""Of dataclasses: a strict one takes no mapping, so each of their fields is strict by itself."""


class Strict(BaseModel):
    """A message or a part of one: a member that is not known, or of another type, is refused."""

    model_config = ConfigDict(**_STRICT, frozen=True)


class Beside(BaseModel):
    """What later versions say beside what all know; a message that says such has a kind of its own."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class Said(Strict):
    """A whole message, or what stands on the outside of a bundle."""

    beside: Beside = Beside()


class Cursor(Strict):
    """How far a laptop has read: the sequence number, and the chain of the log at it."""

    seq: Number = 0
    chain: Annotated[str, Field(max_length=32, pattern=r"^[0-9a-f]*$")] = ""


class Fault(Said):
    """What is said instead of an answer: a code word, one sentence, and the central record's time."""

    code: Annotated[str, Field(max_length=60)]
    message: Annotated[str, Field(max_length=1_000)]
    now: Instant
