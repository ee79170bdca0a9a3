"""Half a caseload, a damaged one, a barred one: every command says what is so, and checks report findings."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from casework.errors import BadInput
from outreach_tui import launch
from storage.home import Home
from storage.vault import Vault
from tests.cli.conftest import FAST, PASSPHRASE, Line, Result
from tests.safety.test_troubles import give_up_root

KEYS_MISSING = (
    "vault.json is missing beside caseload.db: put it back or restore a backup: outreach restore FILE."
)
EVERY = [
    ("today",),
    ("child", "tilly"),
    ("edit", "01a2008e", "known_as=Sunny"),
    ("backup", "made.backup"),
    ("verify",),
    ("lock",),
    ("passphrase", "change"),
    ("init", "--worker", "A", "--agency", "early-help", "--team", "T"),
]


def failed(done: Result) -> dict[str, str]:
    return {f["name"]: f["text"] for f in done.json["findings"] if f["state"] == "fail"}


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_keys_that_are_gone_are_named_and_nothing_is_touched(line: Line, words: tuple[str, ...]) -> None:
    (line.home / "vault.json").unlink()
    before = (line.home / "caseload.db").read_bytes()
    done = line(*words, "--json", cwd=line.home.parent)
    assert done.code == 4
    assert (done.json["error"]["code"], done.json["error"]["message"]) == ("keys-missing", KEYS_MISSING)
    assert (line.home / "caseload.db").read_bytes() == before
    assert not (line.home / "vault.json").exists()


def test_keys_that_are_gone_fail_doctor_and_wait_for_put_aside(line: Line, tmp_path: Path) -> None:
    kept = tmp_path / "kept.backup"
    assert line("backup", str(kept)).code == 0
    (line.home / "vault.json").unlink()
    doctor = line("doctor", "--json")
    assert doctor.code == 1
    assert failed(doctor)["vault"] == KEYS_MISSING
    refused = line("restore", str(kept), "--json")
    assert (refused.code, refused.json["error"]["code"]) == (5, "caseload-exists")
    assert not (line.home / "vault.json").exists()
    done = line("restore", str(kept), "--put-aside", "--json")
    assert done.code == 0, done.err
    assert (Path(done.json["set_aside"]) / "caseload.db").exists()
    assert line("child", "tilly").code == 0


def test_a_caseload_that_is_gone_is_named_and_restored(line: Line, tmp_path: Path) -> None:
    kept = tmp_path / "kept.backup"
    assert line("backup", str(kept)).code == 0
    (line.home / "caseload.db").unlink()
    for words in (("today",), ("verify",), ("lock",)):
        done = line(*words, "--json")
        assert (done.code, done.json["error"]["code"]) == (4, "caseload-missing")
        assert "caseload.db is missing beside vault.json" in done.err
        assert "outreach restore FILE" in done.err
    doctor = line("doctor", "--json")
    assert doctor.code == 1
    assert "caseload.db is missing" in failed(doctor)["caseload"]
    assert line("restore", str(kept)).code == 0
    assert line("child", "tilly").code == 0


def test_a_home_of_the_other_kind_is_named_instead_of_what_is_missing(line: Line) -> None:
    hub = line("hub", "check", "--json")
    assert (hub.code, hub.json["error"]["code"]) == (4, "wrong-home")
    (line.home / "caseload.db").rename(line.home / "hub.db")
    laptop = line("today", "--json")
    assert (laptop.code, laptop.json["error"]["code"]) == (4, "wrong-home")


def test_the_door_of_the_app_says_the_same(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, date, datetime

    (line.home / "vault.json").unlink()
    monkeypatch.setattr(launch, "check_terminal", lambda *_, **__: None)
    monkeypatch.setattr(launch, "drop_hooks", lambda _: [])  # the tests' own hooks stand in this environment
    with pytest.raises(BadInput) as found:
        launch.open_app(Home(line.home), now=lambda: datetime.now(UTC), today=date(2026, 11, 20))
    assert found.value.message == KEYS_MISSING


def cut_short(home: Path) -> None:
    path = home / "caseload.db"
    path.write_bytes(path.read_bytes()[: 4096 * 3 + 77])


def emptied(home: Path) -> None:
    (home / "caseload.db").write_bytes(b"")


def overwritten(home: Path) -> None:
    (home / "caseload.db").write_bytes(b"SQLite format 3\x00" + bytes(4096))


def broken_pages(home: Path) -> None:
    path = home / "caseload.db"
    data = bytearray(path.read_bytes())
    for place in range(4096 * 2 + 100, len(data), 4096):
        data[place] ^= 0xFF
    path.write_bytes(data)


def tampered_keys(home: Path) -> None:
    path = home / "vault.json"
    path.write_bytes(path.read_bytes().replace(b'"generation": 1', b'"generation": 7'))


@pytest.mark.parametrize(
    ("harm", "name"),
    [
        (cut_short, "caseload"),
        (emptied, "caseload"),
        (overwritten, "caseload"),
        (broken_pages, "caseload"),
        (tampered_keys, "vault"),
    ],
)
def test_damage_is_a_finding(line: Line, harm: Callable[[Path], None], name: str) -> None:
    harm(line.home)
    doctor = line("doctor", "--deep", "--json")
    assert doctor.code == 1, doctor.err
    assert doctor.json["ok"] is False
    assert "restore" in failed(doctor)[name]
    assert "FAIL" in line("doctor").out
    verify = line("verify", "--json")
    assert verify.code == 1, verify.err
    assert verify.json["sound"] is False
    assert verify.json["problems"]


def test_a_sealed_change_of_the_keys_fails_the_keys(line: Line) -> None:
    """A file that is whole by its checksum, and still not what was written: only the data key tells."""
    from storage import vault_file

    path = line.home / "vault.json"
    body, seal = vault_file.parse(path.read_bytes(), "")
    path.write_bytes(vault_file.render(body.model_copy(update={"generation": 9}), seal))
    doctor = line("doctor", "--json")
    assert doctor.code == 1
    assert "altered" in failed(doctor)["vault"]
    verify = line("verify", "--json")
    assert (verify.code, verify.json["sound"]) == (1, False)


def test_a_backup_that_is_harmed_is_a_finding_and_one_that_is_not_there_an_error(
    line: Line, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.backup"
    assert line("backup", str(kept)).code == 0
    assert line("verify", "--backup", str(kept), "--json").json["sound"] is True
    whole = kept.read_bytes()
    for harmed in (whole[:-9], whole[:3], b"hello", whole[:5000] + b"x" + whole[5001:]):
        kept.chmod(0o600)
        kept.write_bytes(harmed)
        done = line("verify", "--backup", str(kept), "--json")
        assert (done.code, done.json["sound"]) == (1, False), done.err
        assert len(done.json["problems"]) == 1
    kept.unlink()
    missing = line("verify", "--backup", str(kept), "--json")
    assert (missing.code, missing.json["error"]["code"]) == (4, "not-found")


def test_a_wrong_passphrase_is_an_error_that_names_the_passphrase(line: Line) -> None:
    line.secret.write_text("not the passphrase at all\n")
    done = line("verify", "--json")
    assert (done.code, done.json["error"]["where"]) == (3, "passphrase")


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_a_read_only_folder_is_a_finding(line: Line) -> None:
    for path in line.home.iterdir():
        path.chmod(0o400)
    line.home.chmod(0o500)
    try:
        done = line("doctor", "--json", preexec_fn=give_up_root)
    finally:
        line.home.chmod(0o700)
    if done.code == 0:
        pytest.skip("this system lets the tests write to a read-only folder")
    assert done.code == 1, done.err
    assert "data-folder" in failed(done)


def test_keys_put_back_open_it_again(line: Line) -> None:
    shutil.move(line.home / "vault.json", line.home.parent / "vault.json")
    assert line("today").code == 4
    shutil.move(line.home.parent / "vault.json", line.home / "vault.json")
    assert line("today").code == 0


def test_init_never_takes_over_the_keys_of_a_caseload_that_is_missing(line: Line) -> None:
    database, keys = line.home / "caseload.db", line.home / "vault.json"
    before = keys.read_bytes()
    database.rename(line.home / "elsewhere.db")
    done = line("init", "--worker", "Ana Bell", "--agency", "early-help", "--team", "Swale", "--json")
    assert (done.code, done.json["error"]["code"]) == (5, "keys-without-caseload")
    assert "vault.json holds the keys of a caseload" in done.err
    assert "restore FILE" in done.err
    assert "move vault.json to another folder" in done.err
    assert keys.read_bytes() == before
    (line.home / "elsewhere.db").rename(database)
    assert line("child", "tilly").code == 0


def test_a_set_up_that_never_ended_is_begun_again_and_says_so(bare: Line) -> None:
    home = Home(bare.home)
    Vault.create(home, PASSPHRASE, kdf=FAST)
    stopped = bare("today", "--json")
    assert (stopped.code, stopped.json["error"]["code"]) == (4, "setup-unfinished")
    done = bare("init", "--worker", "Ana Bell", "--agency", "early-help", "--team", "Swale", "--json")
    assert done.code == 0, done.err
    [aside] = home.path.glob("vault.json.unused-*")
    assert (
        f"An earlier set-up here never ended; the keys it had made open nothing and are kept as {aside.name}."
        in (done.err)
    )
    assert bare("school", "list").code == 0
    home.database.unlink()
    assert bare("init", "--worker", "A", "--agency", "early-help", "--team", "T").code == 5


def test_a_caseload_of_other_keys_names_the_unused_ones_beside_it(line: Line, bare: Line) -> None:
    keys = line.home / "vault.json"
    keys.rename(line.home / "vault.json.unused-0badcafe")
    other = Home(line.home.parent / "other")
    Vault.create(other, PASSPHRASE, kdf=FAST)
    other.vault_file.rename(keys)
    done = line("today", "--json")
    assert (done.code, done.json["error"]["code"]) == (4, "caseload-unreadable")
    assert "unused keys lie beside it (vault.json.unused-0badcafe)" in done.err
