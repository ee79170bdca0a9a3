"""Values in portions that one statement takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
AT_ONCE = 500
"""Bound values of one statement: SQLite takes 32,766 at the most, older ones 999."""


def batched(items: Iterable[T]) -> Iterator[list[T]]:
    """Items in portions that one statement takes."""
    rest = iter(items)
    while portion := list(islice(rest, AT_ONCE)):
        yield portion


def among(values: Sequence[T]) -> Sequence[T]:
    """Values for an IN, the last one repeated until there are 1, 2, 4, 8 ... of them: a statement is then one
    of few, and a database that has planned it need not plan it again.
    """
    wanted = 1 << (len(values) - 1).bit_length()
    return [*values, *(values[-1] for _ in range(wanted - len(values)) if values)]
