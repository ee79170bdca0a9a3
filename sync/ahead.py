"""Work that is begun on a thread of its own and waited for later."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread
from typing import TypeVar

T = TypeVar("T")
_TURN = 0.0005
"""Seconds for which a thread keeps the interpreter's lock while another one waits for it; by itself 5 ms."""


def begun(work: Callable[[], T]) -> Callable[[], T]:
    """Begin it now; what is given waits for its end and gives, or raises, what it did.

    A process that ends does not wait for it.
    """
    return under_way(work).result


def under_way(work: Callable[[], T]) -> Future[T]:
    """Begin it now, on a thread for which a process that ends does not wait. It cannot be cancelled."""
    end: Future[T] = Future()
    end.set_running_or_notify_cancel()

    def run() -> None:
        try:
            end.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            end.set_exception(error)

    Thread(target=run, daemon=True).start()
    return end


@contextmanager
def in_short_turns() -> Iterator[None]:
    """For a while let threads of this process take short turns.

    One that writes to the database waits for its turn after each statement, and does so for nearly all the
    time for which one beside it computes.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
