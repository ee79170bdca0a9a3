"""What holds for every test: no example of a property is timed, because machines differ.

On a continuous run the examples are the same each time, so that a red run says something about the change
that it judges; everybody else's runs look at new examples, and what they find is kept as an `@example`.

A test that is run with a long text is named by its beginning and length.

What takes long (`@pytest.mark.long`) is begun first, a share of it by each worker: else the last minutes of a
run belong to a few long tests, and to one core. An interrupt ends what a test starts, also where the whole
run was started in the background by a script: such a run ignores interrupts, and so would all that it starts.

What collecting the tests has made stays until the end, so Python does not look through it for garbage again
and again: that was a seventh of the processor time of the tests of screens.
"""

from __future__ import annotations

import gc
import os
import signal

import pytest
from hypothesis import settings

from tests.tools.order import dealt

_LONGEST_ID, _BEGINNING = 60, 24
_MADE_BETWEEN = 20_000
"""Objects made between two searches for garbage; Python's own number is 700."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("untimed", deadline=None)
settings.register_profile("same examples", deadline=None, derandomize=True)
settings.load_profile("same examples" if os.environ.get("CI") else "untimed")


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """The name of a value in a test's name; None leaves it to pytest."""
    del config, argname
    if not isinstance(val, str | bytes) or len(val) <= _LONGEST_ID:
        return None
    return f"{ascii(val[:_BEGINNING])[:_BEGINNING]}..{len(val)}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """After pytest-randomly, which mixes them; within the long and the others its order stands."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    items[:] = dealt(items, lambda item: item.get_closest_marker("long"), workers)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave the modules and the tests themselves out of every later search for garbage."""
    del session
    gc.collect()
    gc.freeze()
    gc.set_threshold(_MADE_BETWEEN)
