"""A data folder of its own for every test of storage, and a vault in it for those that want one."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.home import Home
from storage.vault import Vault
from tests.tools.vaults import FAST, PASSPHRASE


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def made(home: Home) -> tuple[Vault, bytearray, str]:
    """A vault, its data key and its recovery code."""
    return Vault.create(home, PASSPHRASE, kdf=FAST)
