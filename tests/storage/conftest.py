"""A data folder of its own for every test of storage."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")
