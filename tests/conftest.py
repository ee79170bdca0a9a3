"""What holds for every test: no example of a property is timed, because machines differ.

On a continuous run the examples are the same each time, so that a red run says something about the change
that it judges; everybody else's runs look at new examples, and what they find is kept as an `@example`.

A test that is run with a long text is named by its beginning and length.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

_LONGEST_ID, _BEGINNING = 60, 24

settings.register_profile("untimed", deadline=None)
settings.register_profile("same examples", deadline=None, derandomize=True)
settings.load_profile("same examples" if os.environ.get("CI") else "untimed")


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """The name of a value in a test's name; None leaves it to pytest."""
    del config, argname
    if not isinstance(val, str | bytes) or len(val) <= _LONGEST_ID:
        return None
    return f"{ascii(val[:_BEGINNING])[:_BEGINNING]}..{len(val)}"
