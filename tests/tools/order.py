"""The order in which tests are begun."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def dealt(items: Sequence[T], is_long: Callable[[T], object], workers: int) -> list[T]:
    """The tests in an order by which each worker begins with its share of the long ones.

    pytest-xdist (`--dist worksteal`) gives each worker an equal run of the list and takes from the end of
    the longest what others who are done get.
    """
    long = [item for item in items if is_long(item)]
    rest = iter([item for item in items if not is_long(item)])
    order: list[T] = []
    for worker in range(workers):
        mine = long[worker::workers]
        share = (len(items) - len(order)) // (workers - worker)
        order += [*mine, *islice(rest, max(0, share - len(mine)))]
    return [*order, *rest]
