"""Seeded runs with faults: after healing every edit has its effect or its verdict and both sides agree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.sync.simulation import Simulation

SEEDS = int(os.environ.get("OUTREACH_SEEDS", "60"))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_run_with_faults_heals(seed: int, tmp_path: Path) -> None:
    run = Simulation(tmp_path, seed)
    try:
        run.run(steps=60, fault=0.15 if seed % 3 else 0.0)
    finally:
        run.close()
