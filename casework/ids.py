"""Record ids: UUIDv7 text, so that ids sort by the time they were drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


def _uuid7() -> str:
    from uuid_utils import uuid7

    return str(uuid7())


_SOURCE: ContextVar[Callable[[], str]] = ContextVar("source", default=_uuid7)


def new_id() -> str:
    """A fresh UUIDv7 as 36 characters; within `drawn_from`, whatever that gives."""
    return _SOURCE.get()()


@contextmanager
def drawn_from(source: Callable[[], str]) -> Iterator[None]:
    """Meanwhile ids come from `source`, so that a simulated run is the same each time it is asked for."""
    token = _SOURCE.set(source)
    try:
        yield
    finally:
        _SOURCE.reset(token)
