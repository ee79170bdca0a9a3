"""What is not our caseload, whole and unaltered, is named and refused; a backup then brings it back."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from tests.safety.canaries import SURNAME
from tests.safety.world import NOW, UPN, Computer, Said, secret
from tests.tools.vaults import PASSPHRASE

Spoil = Callable[[Computer], None]


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file of the data folder that matters, by its digest."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.is_file() and path.suffix != ".lock"
    }


def one_sentence(said: Said) -> str:
    sentence = said.sentence
    text = sentence.partition(" [")[0]
    assert text.endswith(".")
    assert text.rstrip(".").count(". ") == 0, "one sentence"
    assert "Traceback" not in sentence
    return sentence


def plaintext(computer: Computer) -> None:
    computer.home.database.unlink()
    connection = sqlite3.connect(computer.home.database)
    connection.execute("CREATE TABLE child (surname TEXT)")
    connection.commit()
    connection.close()


def foreign(computer: Computer) -> None:
    computer.home.database.unlink()
    connection = sqlcipher.connect(str(computer.home.database))
    connection.execute("PRAGMA key = 'somebody else'")
    connection.execute("CREATE TABLE child (surname TEXT)")
    connection.commit()
    connection.close()


def cut(name: str, keep: float) -> Spoil:
    def spoil(computer: Computer) -> None:
        path = computer.home.path / name
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * keep)])

    return spoil


def flipped(name: str, place: float) -> Spoil:
    def spoil(computer: Computer) -> None:
        path = computer.home.path / name
        data = bytearray(path.read_bytes())
        data[int(len(data) * place)] ^= 0x01
        path.write_bytes(data)

    return spoil


def every_page_flipped(computer: Computer) -> None:
    data = bytearray(computer.home.database.read_bytes())
    for start in range(4096, len(data), 4096):
        data[start + 100] ^= 0x80
    computer.home.database.write_bytes(data)


def text_database(computer: Computer) -> None:
    computer.home.database.write_text("not a database at all " * 300)


def emptied(computer: Computer) -> None:
    computer.home.database.write_bytes(b"")


def weakened(computer: Computer) -> None:
    """A vault with weaker settings than Outreach ever writes, its checksum made to fit."""
    path = computer.home.vault_file
    data = json.loads(path.read_text())
    data["profile"] = "standard"
    del data["checksum"]

    def canonical(value: object) -> str:
        return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=True) + "\n"

    data["checksum"] = hashlib.sha256(canonical(data).encode()).hexdigest()
    path.write_text(canonical(data))


def sealed_with_other_count(computer: Computer) -> None:
    """A vault with one setting altered and its checksum made to fit: only the seal can tell."""
    path = computer.home.vault_file
    data = json.loads(path.read_text())
    data["generation"] += 1
    del data["checksum"]

    def canonical(value: object) -> str:
        return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=True) + "\n"

    data["checksum"] = hashlib.sha256(canonical(data).encode()).hexdigest()
    path.write_text(canonical(data))


SPOILED: dict[str, tuple[Spoil, str]] = {
    "plaintext database": (plaintext, "caseload.db is a database without encryption"),
    "foreign database": (foreign, "caseload.db is damaged, was altered, or belongs to another"),
    "text for a database": (text_database, "caseload.db is damaged"),
    "empty database": (emptied, "caseload.db is empty"),
    "database cut to a stub": (cut("caseload.db", 0.00002), "caseload.db is damaged"),
    "database cut in half": (cut("caseload.db", 0.5), "caseload.db is damaged"),
    "database header flipped": (flipped("caseload.db", 0.0), "caseload.db is damaged"),
    "database pages flipped": (every_page_flipped, "caseload.db is damaged"),
    "vault cut": (cut("vault.json", 0.5), "vault.json"),
    "vault emptied": (cut("vault.json", 0), "vault.json"),
    "vault flipped": (flipped("vault.json", 0.5), "vault.json"),
    "vault weakened": (weakened, "vault.json was altered"),
    "vault count altered": (sealed_with_other_count, "vault.json was altered"),
}


@pytest.fixture(scope="module")
def backup(family_made: Computer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("backup") / "caseload.backup"
    family_made.well("backup", str(file))
    return file


@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_caseload_is_refused_and_restored(family: Computer, backup: Path, name: str) -> None:
    spoil, words = SPOILED[name]
    spoil(family)
    before = fingerprint(family.home.path)
    said = family("child", UPN)
    sentence = one_sentence(said)
    assert said.code in {4, 5}, sentence
    assert said.out == b""
    assert words in sentence
    assert "restore" in sentence
    after = fingerprint(family.home.path)
    assert {file: after.get(file) for file in ("caseload.db", "vault.json")} == {
        file: before.get(file) for file in ("caseload.db", "vault.json")
    }
    as_json = family("today", "--json")
    assert as_json.code == said.code
    assert set(as_json.json["error"]) == {"code", "message", "where"}
    put_back = family("restore", str(backup), "--put-aside", SAFETY_CLOCK="2")
    assert put_back.code == 0, put_back
    assert SURNAME.encode() in family.well("child", UPN, SAFETY_CLOCK="2").out
    assert family.is_sound(SAFETY_CLOCK="2")


@pytest.mark.parametrize("place", [0.3, 0.6, 0.9])
def test_one_altered_page_is_found(family: Computer, place: float) -> None:
    """An alteration is found by `verify --deep`; a command that reads that page names it."""
    flipped("caseload.db", place)(family)
    said = family("child", UPN)
    assert said.code in {0, 4}
    if said.code == 4:
        assert "restore" in one_sentence(said)
        assert said.out == b""
    said = family("verify", "--deep", "--json")
    assert said.code in {1, 4}
    if said.code == 1:
        assert any("damaged" in problem for problem in said.json["problems"])
    else:
        assert "restore" in said.sentence


@pytest.mark.parametrize("how", ["flipped", "cut", "another's"])
def test_a_spoiled_log_never_gives_wrong_rows(family: Computer, tmp_path: Path, how: str) -> None:
    """A tampered write-ahead log is dropped from its first bad frame on: whole steps, or none."""
    killed = {"SAFETY_AT": "storage.store:Store.close", "SAFETY_DO": "kill"}
    assert family("follow-up", UPN, "--outcome", "no-answer", **killed).code == -9
    log = family.home.path / "caseload.db-wal"
    data = bytearray(log.read_bytes())
    assert len(data) > 4096
    if how == "flipped":
        data[len(data) // 2] ^= 1
    elif how == "cut":
        del data[len(data) // 2 :]
    else:
        data = bytearray(b"\x37\x7f\x06\x82") + bytearray(data[4:32]) + bytearray(len(data) - 32)
    log.write_bytes(data)
    said = family("child", UPN)
    assert said.code in {0, 4}
    if said.code == 4:
        assert "restore" in one_sentence(said)
    else:
        assert SURNAME.encode() in said.out
        assert family.is_sound()


def test_a_vault_of_another_caseload_opens_nothing(
    family: Computer, computer: Computer, tmp_path: Path
) -> None:
    other = Computer(tmp_path / "other").prepare()
    from tests.safety.world import set_up

    set_up(other)
    family.home.vault_file.write_bytes(other.home.vault_file.read_bytes())
    said = family("child", UPN)
    assert said.code == 4
    assert "belongs to another caseload" in one_sentence(said)
    assert "restore" in said.sentence


@pytest.mark.long
def test_a_wrong_passphrase_waits_longer_and_does_nothing_else(family: Computer) -> None:
    wrong = str(secret(family.root / "wrong", "not the passphrase"))
    before = fingerprint(family.home.path)
    now = NOW
    for seconds in (1, 2, 4, 8):
        said = family("child", UPN, OUTREACH_PASSPHRASE_FILE=wrong, SAFETY_NOW=now.isoformat())
        assert said.code == 3
        assert "passphrase is wrong" in one_sentence(said)
        assert said.out == b""
        almost = now + timedelta(seconds=seconds, milliseconds=-1)
        early = family("child", UPN, SAFETY_NOW=almost.isoformat())
        assert early.code == 3
        assert "wait " in one_sentence(early)
        assert SURNAME.encode() not in early.out
        now += timedelta(seconds=seconds)
    after = fingerprint(family.home.path)
    assert set(after) - set(before) == {"attempts.json"}
    assert {name: after[name] for name in before} == before
    assert SURNAME.encode() in family.well("child", UPN, SAFETY_NOW=now.isoformat()).out
    assert not family.home.attempts_file.exists()


def test_the_wait_reaches_five_minutes_and_stays(family: Computer) -> None:
    wrong = str(secret(family.root / "wrong", "not the passphrase"))
    last = "2026-11-20T08:00:00+00:00"
    still = {"OUTREACH_PASSPHRASE_FILE": wrong, "SAFETY_NOW": NOW.isoformat()}
    for count, expected in ((9, 300), (40, 300)):
        family.home.attempts_file.write_text(json.dumps({"count": count, "last": last}))
        assert family("child", UPN, **still).code == 3
        early = family("child", UPN, **still)
        assert early.code == 3
        assert int(early.sentence.partition("wait ")[2].split()[0]) == expected


def test_the_recovery_code_needs_no_wait(family: Computer) -> None:
    wrong = str(secret(family.root / "wrong", "not the passphrase"))
    assert family("child", UPN, OUTREACH_PASSPHRASE_FILE=wrong).code == 3
    said = family(
        "passphrase", "recover", "--json",
        OUTREACH_RECOVERY_CODE_FILE=str(family.root / "code"),
        OUTREACH_NEW_PASSPHRASE_FILE=str(secret(family.root / "new", "lantern orchard comet")),
    )  # fmt: skip
    assert said.code == 0, said
    opened = family.well("child", UPN, OUTREACH_PASSPHRASE_FILE=str(family.root / "new"))
    assert SURNAME.encode() in opened.out
    assert family("child", UPN).code == 3


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal of POSIX")
def test_a_damaged_page_met_in_the_app_is_named(family: Computer) -> None:
    from tests.safety.terminal import Terminal

    damaged = {"SAFETY_AT": "storage.store:Store.log", "SAFETY_DO": "damaged"}
    with Terminal(family, **damaged) as terminal:
        terminal.shows("Passphrase")
        terminal.send(f"{PASSPHRASE}\r")
        assert terminal.ended() == 4
    said = terminal.left_behind.decode()
    assert "caseload.db is damaged" in said
    assert "restore a backup." in said
    assert SURNAME not in said
    assert family.is_sound()
