"""A passphrase change, and what must hold wherever it stops: the old or the new passphrase opens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from casework.errors import Locked
from storage.cipher import open_database
from storage.home import Home
from storage.vault import Vault

OLD, NEW = "harbour violet ladder", "copper lantern meadow"
NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)


def flow(folder: Path) -> None:
    Vault.load(Home(folder)).change_passphrase(OLD, NEW, now=NOW)


def check(folder: Path) -> None:
    home = Home(folder)
    later = NOW + timedelta(hours=1)
    opened = []
    for number, passphrase in enumerate((OLD, NEW)):
        try:
            key = Vault.load(home).unlock(passphrase, now=later + timedelta(minutes=10 * number))
        except Locked:
            continue
        opened.append(passphrase)
        connection = open_database(home.database, key)
        assert connection.execute("SELECT count(*) FROM note").fetchone() == (50,)
        connection.close()
    assert len(opened) == 1, f"{len(opened)} passphrases open the vault"
    assert not home.vault_previous.exists(), "the vault before the change is still there after an unlock"
