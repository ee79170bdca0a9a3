"""The simulation finds faults that are put into the program: its checks are not there for show."""

from __future__ import annotations

import pytest

from tests.sync.beginning import Start
from tests.sync.mutations import MUTATIONS, found_after

pytestmark = pytest.mark.long

_SEEDS = 80
_RARE = {"the cursor is kept before its page": 250}
"""Where to begin, so that a fault which few runs meet is found soon."""


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    return Start(tmp_path_factory.mktemp("start"))


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_fault_that_is_put_into_the_program_is_found(name: str, start: Start) -> None:
    assert found_after(name, _SEEDS, start, _RARE.get(name, 0)) is not None
