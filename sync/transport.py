"""What a transport is: messages go to the central record, and what it answers comes back.

There are two. Over HTTP(S) (sync.http) an answer comes at once, so a session asks, and goes on from what it
hears (sync.device). A bundle (sync.carrying) takes every message in one sealed file, and days later another
file brings every answer, so such a session says in one go all that it has to say (sync.by_letter). What is
said of steps, and what becomes of verdicts, pages and sums, knows neither of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from pydantic import BaseModel

from casework.errors import Unreachable

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


class NotSent(Unreachable):
    """There was no connection at all: nothing of a message has left this computer."""


class Transport(Protocol):
    """A way to the central record."""

    def send(self, said: BaseModel, shape: type[M], then: Callable[[M], T]) -> Callable[[], T] | None:
        """Begin to take a message there, after those that were sent before it.

        What is given waits until the answer, a message of this `shape`, has come and `then` was done with it,
        and gives what that gave; `then` may be done on another thread. It raises Unreachable, and NotSent
        where that is certain, or the central record's own refusal. None where the answer comes another day.
        """


class Answering(Transport, Protocol):
    """A transport on which each answer comes at once."""

    def send(self, said: BaseModel, shape: type[M], then: Callable[[M], T]) -> Callable[[], T]:
        """As `Transport`. Until `then` begins nothing else is sent, but a push after a push."""

    def make_ready(self, said: BaseModel) -> None:
        """This is what is sent next; nothing is sent yet."""


def ask_ahead(way: Answering, said: BaseModel, shape: type[M]) -> Callable[[], M]:
    """Begin to ask; what is given waits for the answer."""
    return way.send(said, shape, itself)


def ask(way: Answering, said: BaseModel, shape: type[M]) -> M:
    """The answer to a message."""
    return ask_ahead(way, said, shape)()


def itself(answer: M) -> M:
    """What is done with an answer that is only waited for."""
    return answer
