"""How often Python looks for garbage that holds itself while thousands of records go by; one heap for all.

Records, messages and rows hold no cycles, so nearly every search finds nothing, and with some hundred
thousand objects of the libraries to look through they took a sixth of a first sync.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_MADE_BETWEEN = 50_000
"""Objects made between two searches; Python's own number is 700."""

_MMAP_THRESHOLD, _LARGE = -3, 1024 * 1024
"""mallopt(3): pieces of this many bytes and more are taken from the system one by one."""
_ARENA_MAX, _ONE = -8, 1
"""How many heaps there are. The interpreter's lock lets one thread work at a time, so they need none each."""


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """For a while search rarely; what there was before holds again at the end.

    What the threads beside this one take of memory comes from one heap, here and from then on.
    """
    _keep_little()
    before = gc.get_threshold()
    gc.set_threshold(_MADE_BETWEEN, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def collect_rarely() -> None:
    """From now on search rarely, and never among what is there now: for a process that only serves."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_MADE_BETWEEN)
    _keep_little()


def _keep_little() -> None:
    """Let glibc give large pieces of memory back to the system as soon as they are free, and have one heap.

    By itself it keeps them once a large one was freed: the 16 MB in which the code of an enrolment is checked
    stayed with the process for ever, once for each thread that had checked one. And each thread that reads a
    message ahead left a heap of its own behind.
    """
    if sys.platform == "linux":
        tune = getattr(ctypes.CDLL(None), "mallopt", None)
        if tune is not None:
            tune(_MMAP_THRESHOLD, _LARGE)
            tune(_ARENA_MAX, _ONE)
