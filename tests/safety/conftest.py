"""Caseloads that are made once and copied for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.safety.world import Computer, with_family, with_school


@pytest.fixture(scope="session")
def school_made(tmp_path_factory: pytest.TempPathFactory) -> Computer:
    return with_school(Computer(tmp_path_factory.mktemp("school")).prepare())


@pytest.fixture(scope="session")
def family_made(school_made: Computer, tmp_path_factory: pytest.TempPathFactory) -> Computer:
    return with_family(school_made.copy(tmp_path_factory.mktemp("family")))


@pytest.fixture
def computer(school_made: Computer, tmp_path: Path) -> Computer:
    """A caseload with one school and no children."""
    return school_made.copy(tmp_path / "computer")


@pytest.fixture
def family(family_made: Computer, tmp_path: Path) -> Computer:
    """A caseload with one family, imported from a register and a CTF."""
    return family_made.copy(tmp_path / "computer")
