"""A backup, and what must hold wherever it stops: the caseload is whole, and there is no half backup."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from storage.backup import Secret, backup, examine_backup, verify
from storage.cipher import open_database
from storage.home import Home
from storage.vault import Vault

PASSPHRASE = "harbour violet ladder"
NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)


def flow(folder: Path) -> None:
    home = Home(folder)
    key = Vault.load(home).unlock(PASSPHRASE, now=NOW)
    connection = open_database(home.database, key)
    connection.execute("INSERT INTO note (text) VALUES ('one more')")
    backup(connection, key, home, folder / "monday.backup")
    connection.close()


def check(folder: Path) -> None:
    home = Home(folder)
    later = datetime(2026, 11, 20, 9, tzinfo=UTC)
    key = Vault.load(home).unlock(PASSPHRASE, now=later)
    connection = open_database(home.database, key)
    assert verify(connection, home.database, deep=True) == []
    assert connection.execute("SELECT count(*) FROM note").fetchone()[0] in {50, 51}
    target = folder / "monday.backup"
    if target.exists():
        assert examine_backup(target, Secret(PASSPHRASE), home=home, now=later) == []
        target.unlink()
    backup(connection, key, home, target)
    connection.close()
    assert examine_backup(target, Secret(PASSPHRASE), home=home, now=later) == []
    assert not (folder / ".work").exists()
