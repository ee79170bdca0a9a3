"""Set-up, and what must hold wherever it stops: the caseload opens, or set-up can be run again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from storage.cipher import open_database
from storage.home import Home
from storage.slots import Kdf
from storage.vault import Vault

FAST = Kdf(memory_kib=64, iterations=1, lanes=1)
PASSPHRASE = "harbour violet ladder"
NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)


def flow(folder: Path) -> None:
    home = Home(folder)
    _, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST)
    open_database(home.database, key, create=True).close()


def check(folder: Path) -> None:
    home = Home(folder)
    if not home.has_caseload:
        flow(folder)
    assert home.has_caseload
    key = Vault.load(home).unlock(PASSPHRASE, now=NOW)
    connection = open_database(home.database, key)
    connection.execute("CREATE TABLE note (text TEXT)")
    connection.close()
