"""A backup is encrypted, whole and proved, or it is not there; a restore loses nothing."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from casework.errors import BadInput, Locked, OutreachError, Refused
from storage import backup as backup_module
from storage.backup import Secret, backup, examine_backup, restore, verify
from storage.cipher import Connection, close_database, open_database
from storage.home import Home
from storage.vault import Vault
from tests.tools.vaults import FAST, NOW, PASSPHRASE

CANARY = "Quillfeather-Zebrowska"


class Caseload:
    def __init__(self, home: Home, passphrase: str = PASSPHRASE) -> None:
        self.home = home
        self.vault, self.key, self.code = Vault.create(home, passphrase, kdf=FAST)
        self.connection = open_database(home.database, self.key, create=True)
        self.connection.execute("CREATE TABLE child (id INTEGER PRIMARY KEY, name TEXT)")
        self.connection.executemany(
            "INSERT INTO child (name) VALUES (?)", [(f"{CANARY} {n}",) for n in range(300)]
        )

    def backup(self, target: Path) -> None:
        backup(self.connection, self.key, self.home, target)


@pytest.fixture
def caseload(home: Home) -> Iterator[Caseload]:
    made = Caseload(home)
    yield made
    made.connection.close()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "stick").mkdir()
    return tmp_path / "stick" / "monday.backup"


def names(connection: Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM child").fetchone()[0])


def test_round_trip_into_an_empty_home(caseload: Caseload, target: Path, tmp_path: Path) -> None:
    made = backup(caseload.connection, caseload.key, caseload.home, target)
    assert made.path == target
    assert made.size == target.stat().st_size
    assert made.sha256 == hashlib.sha256(target.read_bytes()[:-32]).hexdigest()
    assert CANARY.encode() not in target.read_bytes()
    assert target.stat().st_mode & 0o077 == 0
    assert list(target.parent.iterdir()) == [target]
    assert not (caseload.home.path / ".work").exists()
    other = Home(tmp_path / "other")
    back = restore(target, other, Secret(PASSPHRASE), now=NOW)
    assert back.key == caseload.key
    assert back.aside is None
    connection = open_database(other.database, back.key)
    assert names(connection) == 300
    assert verify(connection, other.database, deep=True) == []
    connection.close()
    assert other.has_caseload


def test_restore_by_recovery_code(caseload: Caseload, target: Path, tmp_path: Path) -> None:
    caseload.backup(target)
    back = restore(target, Home(tmp_path / "other"), Secret(code=caseload.code), now=NOW)
    assert back.key == caseload.key


def test_backup_holds_what_is_still_in_the_write_ahead_log(
    caseload: Caseload, target: Path, tmp_path: Path
) -> None:
    caseload.connection.execute("INSERT INTO child (name) VALUES ('late')")
    assert caseload.home.database.with_name("caseload.db-wal").stat().st_size > 0
    caseload.backup(target)
    back = restore(target, Home(tmp_path / "other"), Secret(PASSPHRASE), now=NOW)
    connection = open_database(Home(tmp_path / "other").database, back.key)
    assert names(connection) == 301
    connection.close()


def test_never_inside_a_transaction(caseload: Caseload, target: Path) -> None:
    caseload.connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(Refused) as fault:
        caseload.backup(target)
    assert fault.value.code == "open-transaction"
    caseload.connection.execute("ROLLBACK")
    assert not target.exists()


def test_never_overwrites(caseload: Caseload, target: Path) -> None:
    target.write_bytes(b"precious")
    with pytest.raises(Refused) as fault:
        caseload.backup(target)
    assert fault.value.code == "file-exists"
    assert target.read_bytes() == b"precious"


def test_a_copy_that_does_not_prove_sound_is_not_kept(caseload: Caseload, target: Path) -> None:
    with pytest.raises(BadInput) as fault:
        backup(
            caseload.connection,
            caseload.key,
            caseload.home,
            target,
            checks=[lambda _: ["The journal's chain is broken."]],
        )
    assert fault.value.code == "backup-unsound"
    assert list(target.parent.iterdir()) == []


def test_a_disk_that_lies_is_found_out(
    caseload: Caseload, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = backup_module.container.pack

    def spoiling(path: Path, *rest: object) -> None:
        real(path, *rest)  # type: ignore[arg-type]
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)

    monkeypatch.setattr(backup_module.container, "pack", spoiling)
    with pytest.raises(BadInput):
        caseload.backup(target)
    assert list(target.parent.iterdir()) == []


def test_missing_folder_is_named(caseload: Caseload, target: Path) -> None:
    with pytest.raises(BadInput):
        caseload.backup(target.parent / "nowhere" / "a.backup")


def test_any_damage_is_found_before_a_passphrase_is_asked(
    caseload: Caseload, target: Path, tmp_path: Path
) -> None:
    caseload.backup(target)
    whole = target.read_bytes()
    other = Home(tmp_path / "other")
    for place in range(0, len(whole), len(whole) // 60):
        bent = bytearray(whole)
        bent[place] ^= 1 << (place % 8)
        target.write_bytes(bent)
        with pytest.raises(BadInput):
            restore(target, other, Secret(PASSPHRASE), now=NOW)
    for length in [*range(0, 700, 31), len(whole) - 1, len(whole) - 4096]:
        target.write_bytes(whole[:length])
        with pytest.raises(BadInput):
            restore(target, other, Secret(PASSPHRASE), now=NOW)
    target.write_bytes(whole + b"\0")
    with pytest.raises(BadInput):
        restore(target, other, Secret(PASSPHRASE), now=NOW)
    assert not other.has_caseload
    assert not other.attempts_file.exists()


def test_parts_of_two_backups_do_not_make_a_third(caseload: Caseload, target: Path, tmp_path: Path) -> None:
    caseload.backup(target)
    caseload.connection.execute("DELETE FROM child")
    second = target.with_name("tuesday.backup")
    caseload.backup(second)
    first_layout = backup_module.container.inspect(target)
    later = second.read_bytes()
    later_layout = backup_module.container.inspect(second)
    old = target.read_bytes()
    start = first_layout.database_start
    mixed = (
        later[: later_layout.database_start - 8]
        + first_layout.database_size.to_bytes(8, "big")
        + old[start : start + first_layout.database_size]
        + later_layout.mac
    )
    target.write_bytes(mixed + hashlib.sha256(mixed).digest())
    with pytest.raises(BadInput) as fault:
        restore(target, Home(tmp_path / "other"), Secret(PASSPHRASE), now=NOW)
    assert fault.value.code == "backup-altered"


def test_wrong_passphrase_is_locked_and_counted_at_the_home(
    caseload: Caseload, target: Path, tmp_path: Path
) -> None:
    caseload.backup(target)
    other = Home(tmp_path / "other")
    with pytest.raises(Locked) as fault:
        restore(target, other, Secret("wrong wrong wrong"), now=NOW)
    assert fault.value.code == "wrong-passphrase"
    with pytest.raises(Locked) as fault:
        restore(target, other, Secret(PASSPHRASE), now=NOW)
    assert fault.value.code == "wait"
    restore(target, other, Secret(PASSPHRASE), now=NOW + timedelta(seconds=1))


def test_a_caseload_that_is_there_is_refused_or_put_aside_whole(
    caseload: Caseload, target: Path, tmp_path: Path
) -> None:
    caseload.backup(target)
    there = Caseload(Home(tmp_path / "there"), "copper lantern meadow")
    there.connection.execute("INSERT INTO child (name) VALUES ('only here')")
    close_database(there.connection, there.home.database)
    before = there.home.database.read_bytes()
    with pytest.raises(Refused) as fault:
        restore(target, there.home, Secret(PASSPHRASE), now=NOW)
    assert fault.value.code == "caseload-exists"
    assert there.home.database.read_bytes() == before
    for expected in ("set-aside-2026-11-20T084107Z", "set-aside-2026-11-20T084107Z-2"):
        back = restore(target, there.home, Secret(PASSPHRASE), now=NOW, put_aside=True)
        assert back.aside is not None
        assert back.aside.name == expected
    aside = Home(there.home.path / "set-aside-2026-11-20T084107Z")
    key = Vault.load(aside).unlock("copper lantern meadow", now=NOW)
    connection = open_database(aside.database, key)
    assert names(connection) == 301
    connection.close()


def test_restore_waits_for_no_open_app(caseload: Caseload, target: Path) -> None:
    caseload.backup(target)
    with caseload.home.claim_app(), pytest.raises(Refused) as fault:
        restore(target, caseload.home, Secret(PASSPHRASE), now=NOW, put_aside=True)
    assert fault.value.code == "already-open"


def test_examine_backup(caseload: Caseload, target: Path) -> None:
    caseload.backup(target)
    assert examine_backup(target, Secret(PASSPHRASE), home=caseload.home, now=NOW) == []
    with pytest.raises(BadInput):
        examine_backup(caseload.home.database, Secret(PASSPHRASE), home=caseload.home, now=NOW)


def test_secrets_do_not_show_in_a_repr(caseload: Caseload) -> None:
    assert PASSPHRASE not in repr(Secret(PASSPHRASE))


def test_verify_says_what_is_wrong(caseload: Caseload, home: Home) -> None:
    connection = caseload.connection
    assert verify(connection, home.database, deep=False) == []
    assert verify(connection, home.database, deep=True, checks=[lambda _: ["One.", "Two."]]) == [
        "One.",
        "Two.",
    ]
    connection.execute("CREATE TABLE visit (child INTEGER REFERENCES child (id))")
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("INSERT INTO visit VALUES (9999)")
    assert verify(connection, home.database, deep=False) == [
        "1 rows of caseload.db point at rows that are not there."
    ]
    close_database(connection, home.database)
    data = bytearray(home.database.read_bytes())
    data[-2000] ^= 1
    home.database.write_bytes(data)
    connection = open_database(home.database, caseload.key)
    assert any("damaged" in problem for problem in verify(connection, home.database, deep=True))
    connection.close()


@pytest.mark.long
def test_restore_drill_is_quick(caseload: Caseload, target: Path, tmp_path: Path) -> None:
    caseload.connection.executemany(
        "INSERT INTO child (name) VALUES (?)", [("x" * 200,) for _ in range(20_000)]
    )
    start = time.perf_counter()
    caseload.backup(target)
    restore(target, Home(tmp_path / "other"), Secret(PASSPHRASE), now=NOW)
    assert time.perf_counter() - start < 20
    assert target.stat().st_size > 4_000_000


def test_read_only_target_leaves_nothing(
    caseload: Caseload, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(backup_module, "create_owner_only", refuse)
    with pytest.raises(OutreachError) as fault:
        caseload.backup(target)
    assert fault.value.code == "read-only"
    assert list(target.parent.iterdir()) == []
