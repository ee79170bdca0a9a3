"""What holds for every test: no example of a property is timed, because machines differ.

On a continuous run the examples are the same each time, so that a red run says something about the change
that it judges; everybody else's runs look at new examples, and what they find is kept as an `@example`.

A test that is run with a long text is named by its beginning and length.

What collecting the tests has made stays until the end, so Python does not look through it for garbage again
and again: that was a seventh of the processor time of the tests of screens.
"""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import settings

_LONGEST_ID, _BEGINNING = 60, 24
_MADE_BETWEEN = 20_000
"""Objects made between two searches for garbage; Python's own number is 700."""

settings.register_profile("untimed", deadline=None)
settings.register_profile("same examples", deadline=None, derandomize=True)
settings.load_profile("same examples" if os.environ.get("CI") else "untimed")


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """The name of a value in a test's name; None leaves it to pytest."""
    del config, argname
    if not isinstance(val, str | bytes) or len(val) <= _LONGEST_ID:
        return None
    return f"{ascii(val[:_BEGINNING])[:_BEGINNING]}..{len(val)}"


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave the modules and the tests themselves out of every later search for garbage."""
    del session
    gc.collect()
    gc.freeze()
    gc.set_threshold(_MADE_BETWEEN)
