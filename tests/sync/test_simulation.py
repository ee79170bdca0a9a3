"""Seeded runs with faults: after healing every edit has its effect or its verdict and both sides agree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.sync.beginning import Start
from tests.sync.databases import PostgresqlDatabase
from tests.sync.simulation import simulate

SEEDS = int(os.environ.get("OUTREACH_SEEDS", "300"))
POSTGRESQL_SEEDS = max(6, SEEDS // 50)
_AT_ONCE = 10
FAILED_ONCE = (
    30543,
    31248,
    31589,
    31717,
    41202,
    44316,
    44630,
    45795,
    46210,
    55275,
    59230,
    59509,
    771424,
    1000103,
    1000866,
    1000871,
    1001387,
    1001687,
    1001699,
    2003620,
    2005113,
    3000040,
    3000399,
    3000823,
    4000876,
    4000894,
    4001174,
    4001348,
    4001688,
    4001960,
    4002745,
    4004112,
    4004555,
    4006430,
    4007023,
    4007351,
    4007899,
    4008200,
    4008328,
    4008339,
    4008347,
    4008503,
    4008976,
    5000007,
    8002289,
    8003788,
    8007004,
    8008632,
    8015643,
    8019506,
    9500364,
    9500799,
    9600030,
    9700151,
    9700790,
    9701259,
    9702514,
    9702606,
    9703079,
    9802396,
    9802656,
    9803453,
    9804248,
    9804373,
    9900276,
    9909210,
    9918073,
    9919691,
    9955359,
)
"""Seeds beyond those, which failed until a fault was mended: of the product, and of what a run holds."""


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    """The state in which every run on a file begins."""
    return Start(tmp_path_factory.mktemp("start"))


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, SEEDS, _AT_ONCE))
def test_runs_with_faults_heal(first: int, start: Start) -> None:
    for seed in range(first, min(first + _AT_ONCE, SEEDS)):
        simulate(seed, start)


@pytest.mark.parametrize("seed", FAILED_ONCE)
def test_a_run_that_failed_once_heals(seed: int, start: Start) -> None:
    simulate(seed, start)


def test_a_seed_is_always_the_same_run(start: Start) -> None:
    assert simulate(1, start) == simulate(1, start)


@pytest.mark.parametrize("seed", range(POSTGRESQL_SEEDS))
def test_a_run_with_faults_heals_on_postgresql(
    seed: int, tmp_path: Path, postgresql: PostgresqlDatabase
) -> None:
    simulate(seed, Start(tmp_path, postgresql))
