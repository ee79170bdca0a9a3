"""Findings in words, from healthy and from spoiled homes; hardening; and the disk's own encryption."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import keyring
import keyring.backends.fail
import pytest

from casework.errors import Locked
from storage import disk, doctor
from storage.central.state import TABLES, read_state, write_state
from storage.cipher import close_database, open_database
from storage.disk import linux_encrypted, macos_encrypted, windows_encrypted
from storage.doctor import Finding, examine
from storage.home import Home
from storage.journal import transaction
from storage.ring import Ring
from storage.slots import FLOOR
from storage.vault import Vault
from tests.tools.vaults import FAST, NOW, PASSPHRASE

NAMES = [
    "versions",
    "disk-encryption",
    "data-folder",
    "core-dumps",
    "clock",
    "vault",
    "keyring",
    "guesses",
    "caseload",
]


@pytest.fixture(autouse=True)
def _no_key_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "get_keyring", keyring.backends.fail.Keyring)


def found(home: Home, name: str, connection: object = None, **more: object) -> Finding:
    findings = examine(home, connection, now=more.pop("now", NOW), **more)  # type: ignore[arg-type]
    assert all(finding.text.endswith((".", "?")) for finding in findings)
    return next(finding for finding in findings if finding.name == name)


def test_a_healthy_caseload(home: Home) -> None:
    _, key, _ = Vault.create(home, PASSPHRASE, kdf=FLOOR)
    connection = open_database(home.database, key, create=True)
    findings = examine(home, connection, now=NOW, deep=True)
    assert [finding.name for finding in findings] == NAMES
    unwell = {finding.name for finding in findings if finding.state != "ok"}
    assert unwell <= {"disk-encryption", "core-dumps"}
    assert "SQLCipher 4." in findings[0].text
    assert "64 MiB, 3 passes, 4 lanes" in found(home, "vault").text
    close_database(connection, home.database)
    assert found(home, "caseload").text == "The caseload is encrypted; unlock it to look inside."


def test_an_empty_home(home: Home) -> None:
    assert found(home, "vault").state == "warn"
    assert found(home, "caseload").state == "warn"
    assert not home.path.exists()


def test_faults_are_findings(home: Home) -> None:
    vault, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST)
    connection = open_database(home.database, key, create=True)
    assert found(home, "vault").state == "fail"
    with pytest.raises(Locked):
        vault.unlock("wrong wrong wrong", now=NOW)
    assert found(home, "guesses").state == "warn"
    assert found(home, "clock", now=NOW + timedelta(days=9)).state == "ok"
    assert found(home, "clock").state == "warn"
    broken = found(home, "caseload", connection, checks=[lambda _: ["The journal's chain is broken."]])
    assert broken == Finding("caseload", "fail", "The journal's chain is broken.")
    close_database(connection, home.database)
    home.vault_file.write_bytes(b"{}")
    assert found(home, "vault").state == "fail"
    home.database.write_bytes(b"SQLite format 3\x00" + bytes(4080))
    assert found(home, "caseload").state == "fail"
    if os.name == "posix":
        home.path.chmod(0o755)
        assert found(home, "data-folder").state == "warn"


def test_a_folder_that_a_cloud_client_copies(tmp_path: Path) -> None:
    home = Home(tmp_path / "OneDrive - Kent" / "outreach")
    home.prepare()
    assert found(home, "data-folder").state == "warn"


def test_a_key_store_that_went_away(home: Home) -> None:
    class Store:
        kept = ""

        def get_password(self, service: str, username: str) -> str:
            return self.kept

        def set_password(self, service: str, username: str, password: str) -> None:
            Store.kept = password

        def delete_password(self, service: str, username: str) -> None: ...

    vault, key, _ = Vault.create(home, PASSPHRASE, kdf=FLOOR, ring=Ring(Store()))
    assert found(home, "keyring").state == "ok"
    vault.enable_keyring(key)
    assert found(home, "keyring").state == "warn"


@pytest.mark.parametrize(("said", "state"), [(True, "ok"), (False, "warn"), (None, "warn")])
def test_disk_states(home: Home, monkeypatch: pytest.MonkeyPatch, said: bool | None, state: str) -> None:
    monkeypatch.setattr(doctor, "disk_encrypted", lambda _: said)
    assert found(home, "disk-encryption").state == state


@pytest.mark.skipif(sys.platform != "linux", reason="reads a tree like /sys")
def test_luks_is_found_under_lvm_and_a_plain_disk_is_not(tmp_path: Path) -> None:
    number = tmp_path.stat().st_dev
    blocks = tmp_path / "block"
    device = blocks / f"{os.major(number)}:{os.minor(number)}"
    (device / "dm").mkdir(parents=True)
    (device / "dm" / "uuid").write_text("LVM-abc\n")
    assert linux_encrypted(tmp_path, sys_block=blocks) is False
    below = device / "slaves" / "dm-0" / "dm"
    below.mkdir(parents=True)
    (below / "uuid").write_text("CRYPT-LUKS2-abc-luks\n")
    assert linux_encrypted(tmp_path, sys_block=blocks) is True
    (device / "slaves" / "sdb1").mkdir()
    assert linux_encrypted(tmp_path, sys_block=blocks) is False
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"1 2 {os.major(number)}:{os.minor(number)} / / rw - overlay overlay rw\n")
    assert linux_encrypted(tmp_path, sys_block=tmp_path / "none", mounts=mounts) is None


def test_bitlocker_and_filevault() -> None:
    for said, expected in (("1\n", True), ("2\n", False), ("3", True), ("", None)):
        assert windows_encrypted(Path("x"), lambda _, said=said: said) is expected
    for said, expected in (("FileVault is On.", True), ("FileVault is Off.", False), ("?", None)):
        assert macos_encrypted(lambda _, said=said: said) is expected


def test_a_tool_that_fails_is_unknown(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: object) -> str:
        raise subprocess.CalledProcessError(1, "fdesetup")

    monkeypatch.setattr(disk.sys, "platform", "darwin")
    assert disk.disk_encrypted(home.path, run=missing) is None


@pytest.mark.skipif(sys.platform != "linux", reason="prctl")
def test_hardening_takes_core_dumps_and_debuggers_away() -> None:
    script = (
        "import ctypes, resource\n"
        "from storage.harden import core_dumps_off, harden\n"
        "print(harden(), core_dumps_off(), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0),"
        " resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[] True 0 (0, 0)\n"


@pytest.mark.skipif(sys.platform != "linux", reason="prctl")
def test_hardening_that_fails_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from storage import harden

    def refuse(*_: object) -> None:
        raise OSError(1, "no")

    monkeypatch.setattr("resource.setrlimit", refuse)
    monkeypatch.setattr(harden, "_prctl", lambda option: -1)
    warnings = harden.harden()
    assert len(warnings) == 2
    assert all(warning.endswith(".") for warning in warnings)


@pytest.mark.parametrize(
    ("stated", "day"), [("2026-07-14T23:30:00+00:00", "Wed 15 Jul 2026"), ("\x1bin July", "in July")]
)
def test_a_lost_audit_is_of_the_day_in_england(home: Home, stated: str, day: str) -> None:
    home.database.parent.mkdir()
    connection = open_database(home.database, bytearray(range(32)), create=True)
    connection.execute(TABLES[0])
    with transaction(connection):
        state = replace(read_state(connection), hub="hub", device="device", audit_lost=stated)
        write_state(connection, state)
    said = found(home, "audit", connection).text
    close_database(connection, home.database)
    assert said.startswith(f"On {day} the audit did not hold")
