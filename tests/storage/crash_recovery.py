"""Another recovery code is drawn: wherever that stops, the passphrase opens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from storage.cipher import open_database
from storage.home import Home
from storage.vault import Vault
from tests.tools.vaults import PASSPHRASE

NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)


def flow(folder: Path) -> None:
    vault = Vault.load(Home(folder))
    vault.renew_recovery(vault.unlock(PASSPHRASE, now=NOW))


def check(folder: Path) -> None:
    home = Home(folder)
    key = Vault.load(home).unlock(PASSPHRASE, now=NOW + timedelta(hours=1))
    connection = open_database(home.database, key)
    assert connection.execute("SELECT count(*) FROM note").fetchone() == (50,)
    connection.close()
    assert not home.vault_previous.exists(), "the vault before the change is still there after an unlock"
