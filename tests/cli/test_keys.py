"""Set-up and care: init, passphrase, lock, doctor, backup, restore, verify, schools."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.cli.conftest import Line, Result, secret_file
from tests.safety.test_troubles import give_up_root

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
WORKER = ("init", "--worker", "Ana Bell", "--agency", "early-help", "--team", "Swale")


def forget_guesses(line: Line) -> None:
    """Spare the test the wait that a wrong passphrase brings."""
    (line.home / "attempts.json").unlink()


def test_init_then_recover_then_work(bare: Line, tmp_path: Path) -> None:
    made = bare(*WORKER, "--json")
    assert made.code == 0, made.err
    assert made.json.keys() >= {"recovery_code", "home"}
    assert made.json["home"] == str(bare.home)
    assert bare(*WORKER).code == 5
    assert bare("school", "add", "999001", "Oakhanger Primary").code == 0

    code = secret_file(tmp_path, made.json["recovery_code"], "code")
    fresh = secret_file(tmp_path, "meadow thimble orbit", "fresh")
    env = {"OUTREACH_RECOVERY_CODE_FILE": str(code), "OUTREACH_NEW_PASSPHRASE_FILE": str(fresh)}
    recovered = bare("passphrase", "recover", "--json", env=env)
    assert recovered.code == 0, recovered.err
    assert recovered.json["recovery_code"] != made.json["recovery_code"]
    assert bare("school", "list").code == 3, "the old passphrase opens nothing"
    assert bare("passphrase", "recover", env=env).code == 3, "a code works once"
    bare.secret = fresh
    forget_guesses(bare)
    done = bare("school", "list", "--json", env={"OUTREACH_RECOVERY_CODE_FILE": ""})
    assert [s["urn"] for s in done.json] == ["999001"]


def test_another_recovery_code_is_drawn_and_the_old_one_is_void(bare: Line, tmp_path: Path) -> None:
    made = bare(*WORKER, "--json")
    drawn = bare("passphrase", "recovery-code", "--json")
    assert drawn.code == 0, drawn.err
    assert drawn.json.keys() >= {"recovery_code", "home"}
    assert drawn.json["recovery_code"] not in drawn.err
    assert bare("school", "list").code == 0, "the passphrase stays"
    fresh = secret_file(tmp_path, "meadow thimble orbit", "fresh")
    for code, exit_code in ((made.json["recovery_code"], 3), (drawn.json["recovery_code"], 0)):
        file = secret_file(tmp_path, code, f"code-{exit_code}")
        env = {"OUTREACH_RECOVERY_CODE_FILE": str(file), "OUTREACH_NEW_PASSPHRASE_FILE": str(fresh)}
        assert bare("passphrase", "recover", env=env).code == exit_code


def pem_pair(folder: Path, name: str) -> tuple[Path, Path]:
    """A service's key pair: the public file, and the private one that only its owner can read."""
    key = X25519PrivateKey.generate()
    public, private = folder / f"{name}.pub", folder / f"{name}.key"
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    private.touch(mode=0o600)
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return public, private


def test_the_service_recovers_what_was_opened_to_its_key(line: Line, tmp_path: Path) -> None:
    (public, private), (_, other) = pem_pair(tmp_path, "service"), pem_pair(tmp_path, "other")
    fresh = secret_file(tmp_path, "meadow thimble orbit", "fresh")
    env = {"OUTREACH_NEW_PASSPHRASE_FILE": str(fresh)}

    def recover(key: Path) -> Result:
        return line("passphrase", "recover", "--escrow", str(key), "--json", env=env)

    assert recover(private).json["error"]["code"] == "wrong-escrow-key", "nobody opened it to the service"
    assert line("passphrase", "escrow").code == 2
    assert line("passphrase", "escrow", str(private), "--json").json["error"]["code"] == "escrow-key"
    assert line("passphrase", "escrow", str(public), "--json").json["escrow"] is True
    assert (recover(other).code, recover(public).code) == (3, 5), "another key; a file that all can read"
    done = recover(private)
    assert done.code == 0, done.err
    assert line("school", "list").code == 3, "the old passphrase opens nothing"
    forget_guesses(line)
    line.secret = fresh
    said = [row["detail"] for row in line("log", "--json").json]
    assert {"new passphrase set by the service's key", "escrow on"} <= {*said}
    assert line("passphrase", "escrow", "--off", "--json").json["escrow"] is False
    assert recover(private).code == 3


def test_init_asks_for_a_known_agency(bare: Line) -> None:
    done = bare("init", "--worker", "A", "--agency", "circus", "--team", "T", "--json")
    assert done.code == 2
    assert "early-help" in done.json["error"]["message"]
    assert not bare.home.exists()


def test_passphrase_change(line: Line, tmp_path: Path) -> None:
    fresh = secret_file(tmp_path, "meadow thimble orbit", "fresh")
    assert line("passphrase", "change", env={"OUTREACH_NEW_PASSPHRASE_FILE": str(fresh)}).code == 0
    assert line("today").code == 3
    line.secret = fresh
    forget_guesses(line)
    assert line("today").code == 0


def test_a_short_passphrase_is_refused(bare: Line, tmp_path: Path) -> None:
    bare.secret = secret_file(tmp_path, "short", "short")
    done = bare(*WORKER)
    assert done.code == 4
    assert "short" not in done.err.replace("shorter", "").replace("too short", "")


def test_lock_says_whether_the_app_is_open(line: Line) -> None:
    done = line("lock", "--json", today=None)
    assert done.json == {"locked": True, "key_store_forgotten": False, "app_open": False}


def test_backup_verify_and_restore(line: Line, tmp_path: Path) -> None:
    line("follow-up", "tilly", "--outcome", "spoke")
    target = tmp_path / "caseload.backup"
    made = line("backup", str(target), "--json")
    assert made.code == 0, made.err
    assert made.json["bytes"] == target.stat().st_size
    assert line("backup", str(target)).code == 5, "never overwrites"
    assert line("verify", "--backup", str(target), "--json").json["problems"] == []
    assert line("restore", str(target)).code == 5, "a caseload is there"
    other = Line(tmp_path / "elsewhere", line.secret, line.ids)
    assert other("restore", str(target), "--json").json["set_aside"] is None
    assert other("undo", "--list", "--json").json[0]["name"] == "Follow-up: spoke to somebody"
    aside = line("restore", str(target), "--put-aside", "--json").json["set_aside"]
    assert Path(aside).is_dir()


def test_a_damaged_backup_is_named_and_changes_nothing(line: Line, tmp_path: Path) -> None:
    target = tmp_path / "caseload.backup"
    line("backup", str(target))
    data = bytearray(target.read_bytes())
    data[-2000] ^= 1
    target.write_bytes(data)
    other = Line(tmp_path / "elsewhere", line.secret, line.ids)
    assert other("restore", str(target)).code == 4
    assert not (other.home / "caseload.db").exists()


def test_verify_finds_a_row_that_no_history_explains(line: Line) -> None:
    done = line("verify", "--deep", "--json", today=None)
    assert done.json == {"sound": True, "deep": True, "problems": []}
    _tamper(line, "UPDATE child SET forename = 'Millie' WHERE forename = 'Tilly'")
    done = line("verify", "--json")
    assert done.code == 1
    assert line.ids["tilly"] in done.json["problems"][0]
    assert "Millie" not in done.out


def test_verify_finds_a_row_without_history_and_a_child_out_of_the_index(line: Line) -> None:
    _tamper(
        line,
        "INSERT INTO team (id, void, name, district, seq) VALUES ('x', 0, 'Ghost', '', 1)",
        "DELETE FROM search_doc WHERE upn <> ''",
        "DELETE FROM audit WHERE seq = 1",
    )
    problems = " ".join(line("verify", "--json").json["problems"])
    assert "team" in problems
    assert "search" in problems
    assert "audit" in problems


def _tamper(line: Line, *statements: str) -> None:
    from storage.cipher import close_database, open_database
    from storage.home import Home
    from storage.vault import Vault
    from tests.cli.conftest import NOW

    home = Home(line.home)
    key = Vault.load(home).unlock(line.secret.read_text().strip(), now=NOW)
    conn = open_database(home.database, key)
    for statement in statements:
        conn.execute(statement)
    close_database(conn, home.database)


def test_doctor_inside_and_outside(line: Line) -> None:
    inside = line("doctor", "--json")
    assert inside.code == 1, "a vault with test settings fails"
    found = {f["name"]: f for f in inside.json["findings"]}
    assert found["vault"]["state"] == "fail"
    assert "sound" in found["caseload"]["text"]
    outside = line("doctor", "--json", env={"OUTREACH_PASSPHRASE_FILE": ""})
    assert "unlock" in {f["name"]: f for f in outside.json["findings"]}["caseload"]["text"]


def test_a_plaintext_database_is_refused(line: Line) -> None:
    import sqlite3

    path = line.home / "caseload.db"
    for left in line.home.glob("caseload.db*"):
        left.unlink()
    plain = sqlite3.connect(path)
    plain.execute("CREATE TABLE t (x)")
    plain.commit()
    plain.close()
    done = line("today", "--json")
    assert done.code == 4
    assert done.json["error"]["code"] == "plaintext-database"


@pytest.mark.parametrize("words", [("today",), ("child", "U886009924001")], ids=" ".join)
def test_a_tampered_database_is_named_and_refused(line: Line, words: tuple[str, ...]) -> None:
    path = line.home / "caseload.db"
    data = bytearray(path.read_bytes())
    for place in range(4096 * 2 + 100, len(data), 4096):
        data[place] ^= 0xFF
    path.write_bytes(data)
    done = line(*words, "--json")
    assert done.code == 4, done.err
    assert done.json["error"]["code"] == "caseload-unreadable"
    assert "restore" in done.err


def test_a_tampered_vault_is_named_and_refused(line: Line) -> None:
    path = line.home / "vault.json"
    path.write_text(path.read_text().replace('"generation": 1', '"generation": 2'))
    done = line("today", "--json")
    assert done.code == 4
    assert done.json["error"]["code"] == "vault-damaged"


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_a_folder_that_takes_no_new_file_is_one_sentence(line: Line) -> None:
    """The files themselves may be written, as by a folder of another owner: the log beside cannot be made."""
    line.home.chmod(0o500)
    try:
        done = line("follow-up", "tilly", "--outcome", "spoke", preexec_fn=give_up_root)
    finally:
        line.home.chmod(0o700)
    assert done.code == 5, done
    assert "make it writable" in done.err
    assert len(done.err.splitlines()) == 1
    assert line("verify", "--deep").code == 0


def test_schools_begin_with_kents_terms_and_take_their_own(line: Line) -> None:
    added = line("school", "add", "999009", "Cliff End", "--laestab", "886/0099", "--json")
    assert added.code == 0
    assert "Kent" in added.err
    assert (added.json["terms"], added.json["calendar_from"]) == (12, "2025-09-03")
    assert line("school", "add", "999009", "Again").code == 4
    given = line("school", "calendar", "999009", str(SAMPLES / "999001-calendar.csv"), "--json")
    assert given.code == 0
    kinds = {entry["kind"] for entry in given.json["calendar"]}
    assert "term" in kinds
    assert all(entry["start"] >= "2026-09-01" for entry in given.json["calendar"])
    again = line("school", "calendar", "999009", str(SAMPLES / "999001-calendar.csv"), "--json")
    assert again.json["calendar"] == given.json["calendar"]
    assert "same already" in again.err
    line("undo")
    assert len(line("school", "calendar", "999009", "--json").json["calendar"]) > len(given.json["calendar"])


def test_a_calendar_row_that_does_not_fit_is_set_aside(line: Line, tmp_path: Path) -> None:
    path = tmp_path / "terms.csv"
    path.write_text("kind,name,start,end\nterm,T1,2026-09-01,2026-10-16\nparty,P,2026-09-02,2026-09-02\n")
    done = line("school", "calendar", "999001", str(path), "--json")
    assert done.code == 1
    assert done.json["rejected"][0]["line"] == 3
    assert "line 3" in done.err
    assert line("school", "calendar", "999001", str(tmp_path / "nothing.csv")).code == 4
