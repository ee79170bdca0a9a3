"""Seeded runs with faults: after healing every edit has its effect or its verdict and both sides agree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.sync.databases import Database, PostgresqlDatabase, SqliteDatabase
from tests.sync.simulation import Simulation

SEEDS = int(os.environ.get("OUTREACH_SEEDS", "60"))
POSTGRESQL_SEEDS = max(6, SEEDS // 10)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_run_with_faults_heals(seed: int, tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path)
    try:
        simulate(seed, tmp_path, database)
    finally:
        database.close()


@pytest.mark.parametrize("seed", range(POSTGRESQL_SEEDS))
def test_a_run_with_faults_heals_on_postgresql(
    seed: int, tmp_path: Path, postgresql: PostgresqlDatabase
) -> None:
    simulate(seed, tmp_path, postgresql)


def simulate(seed: int, folder: Path, database: Database) -> None:
    run = Simulation(folder, seed, database)
    try:
        run.run(steps=60, fault=0.15 if seed % 3 else 0.0)
    finally:
        run.close()
