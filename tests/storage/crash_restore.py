"""A restore over a caseload, and what must hold wherever it stops: that one is still there, whole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from storage.backup import Secret, restore
from storage.cipher import open_database
from storage.home import Home
from storage.vault import Vault

PASSPHRASE = "harbour violet ladder"
NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)
LATER = datetime(2026, 11, 20, 9, tzinfo=UTC)


def _restore(folder: Path, now: datetime) -> None:
    restore(folder / "monday.backup", Home(folder), Secret(PASSPHRASE), now=now, put_aside=True)


def flow(folder: Path) -> None:
    _restore(folder, NOW)


def check(folder: Path) -> None:
    vaults = {path.read_bytes() for path in folder.glob("**/vault.json") if ".work" not in path.parts}
    assert vaults == {(folder / "vault.before").read_bytes()}
    kept = [path for path in folder.glob("**/caseload.db") if ".work" not in path.parts]
    assert (folder / "caseload.before").read_bytes() in [path.read_bytes() for path in kept]
    _restore(folder, LATER)
    home = Home(folder)
    key = Vault.load(home).unlock(PASSPHRASE, now=LATER)
    connection = open_database(home.database, key)
    assert connection.execute("SELECT count(*) FROM note").fetchone() == (50,)
    connection.close()
