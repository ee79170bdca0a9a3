"""Work that is begun on a thread of its own and waited for later."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def begun(work: Callable[[], T]) -> Callable[[], T]:
    """Begin it now; what is given waits for its end and gives, or raises, what it did.

    A process that ends does not wait for it.
    """
    end: Future[T] = Future()

    def run() -> None:
        try:
            end.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            end.set_exception(error)

    Thread(target=run, daemon=True).start()
    return end.result
