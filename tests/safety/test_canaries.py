"""Nothing planted can be read afterwards: in no file, no name of a file, no output that was not asked for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from tests.safety import canaries as c
from tests.safety import die_midway
from tests.safety.world import ROOT, UPN, URN, Computer, Said, line, register


def many_rows(count: int) -> str:
    return register(
        *(
            line(f"X{n:012}", f"{c.SURNAME} {n}", f"{c.FORENAME} {n}", "N", f"{c.COMMENT} {n}")
            for n in range(count)
        )
    )


def work_a_morning(family: Computer) -> list[Said]:
    """Plant every kind of note; what is given back must hold no canary."""
    family("search", c.SURNAME)
    family("search", c.SEARCHED)
    family.well("follow-up", UPN, "--outcome", "no-answer", "--note", "-", stdin=c.FOLLOW_UP_NOTE)
    family.well("contact", "add", UPN, "--kind", "call", "--note", "-", "--next", "x", stdin=c.CONTACT_NOTE)
    family.well("undo")
    family.well("child", UPN)
    bad = family.given(f"{URN}-bad.csv", register(line("", c.SET_ASIDE, c.FORENAME, "QQ")))
    family("import", str(bad), "--school", URN)
    family.well("log", "--json")
    broken = family.given("8860091_CTF_886LLLL_002.xml", f"<CTfile><Pupil><Surname>{c.UNREADABLE}</Forename>")
    quiet = [family("import", str(broken), "--school", URN, *more) for more in ((), ("--json",))]
    assert {said.code for said in quiet} == {4}
    crash = {"SAFETY_AT": "storage.journal:Step.apply", "SAFETY_DO": "raise"}
    quiet.append(family("contact", "add", UPN, "--kind", "call", "--note", "-", stdin=c.CRASHED, **crash))
    assert quiet[-1].code == 70
    good = family.given(f"{URN}-good.csv", register(line(UPN, c.SURNAME, c.FORENAME, "I", c.COMMENT)))
    for words in (
        ("import", str(good), "--school", URN),
        ("verify", "--deep"),
        ("backup", str(family.root / "work" / "caseload.backup")),
        ("school", "list"),
        ("log",),
        ("undo",),
        ("undo", "--redo"),
        ("lock",),
    ):
        quiet.append(family.well(*words))
    quiet.append(family("doctor"))
    wrong = family.root / "wrong"
    wrong.write_text("not the passphrase\n")
    wrong.chmod(0o600)
    quiet.append(family("child", c.SURNAME, OUTREACH_PASSPHRASE_FILE=str(wrong)))
    assert quiet[-1].code == 3
    return quiet


def test_the_scan_finds_what_is_planted(tmp_path: Path) -> None:
    plain = {
        "utf-8": f"Name: {c.SURNAME.upper()}".encode(),
        "utf-16-le": c.SURNAME.encode("utf-16-le"),
        "utf-16-be": b"\0" + c.SURNAME.encode("utf-16-be"),
        "hex": c.SURNAME.encode().hex().upper().encode(),
    }
    for name, data in plain.items():
        (tmp_path / name).write_bytes(b"\xff\x00" + data + b"\x00")
    for before in range(3):
        (tmp_path / f"base64-{before}").write_bytes(b64encode(bytes(before) + c.SURNAME.encode() + b"!!"))
    (tmp_path / f"about {c.FORENAME.lower()}.txt").touch()
    (tmp_path / "innocent").write_bytes(b"nothing of the kind")
    files, hits = c.scan([tmp_path])
    assert files == 9
    for path in tmp_path.iterdir():
        assert any(path.name in hit for hit in hits) == (path.name != "innocent")


def test_a_plain_database_would_be_found(tmp_path: Path) -> None:
    import sqlite3

    connection = sqlite3.connect(tmp_path / "plain.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE child (name TEXT)")
    connection.execute("INSERT INTO child VALUES (?)", (c.SURNAME,))
    assert c.scan([tmp_path])[1]
    connection.close()


@pytest.mark.long
def test_a_morning_leaves_nothing_readable(family: Computer) -> None:
    quiet = work_a_morning(family)
    for said in quiet[:3] + quiet[4:7] + quiet[-3:]:
        assert c.found_in(said.out + said.err) == [], said
    files, hits = c.scan(family.places)
    assert files >= 5
    assert hits == []
    assert family.is_sound(SAFETY_CLOCK="2")
    backup = family.root / "work" / "caseload.backup"
    assert family.well("verify", "--backup", str(backup), "--json", SAFETY_CLOCK="2").json["sound"]


@pytest.mark.long
@pytest.mark.parametrize("mode", ["WAL", "DELETE", "PERSIST", "TRUNCATE"])
def test_a_kill_in_the_middle_of_an_import_leaves_nothing_readable(family: Computer, mode: str) -> None:
    before = family.well("search", c.SURNAME, "--json").json
    rows = family.given(f"{URN}-many.csv", many_rows(1500))
    done = subprocess.run(
        [sys.executable, "-m", die_midway.__name__, str(family.home.path), str(family.root / "code"), mode,
         str(rows)],
        env=family.environment(PYTHONPATH=str(ROOT)), cwd=ROOT, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == -9, done.stderr
    assert done.stdout.decode().upper() == mode
    beside = {path.name for path in family.home.path.iterdir()}
    assert beside & {"caseload.db-wal", "caseload.db-journal"}, "the kill must leave unfinished pages"
    assert c.scan(family.places)[1] == []
    assert family.is_sound()
    assert family.well("search", c.SURNAME, "--json").json == before
    assert c.scan(family.places)[1] == []


def test_a_kill_of_the_command_itself_leaves_nothing_readable(family: Computer) -> None:
    rows = family.given(f"{URN}-many.csv", many_rows(400))
    kill = {"SAFETY_AT": "storage.journal:Step.apply", "SAFETY_DO": "kill", "SAFETY_CALL": "2"}
    said = family("import", str(rows), "--school", URN, **kill)
    assert said.code == -9
    assert c.scan(family.places)[1] == []
    assert family.is_sound()
    family.well("lock")
    assert c.scan(family.places)[1] == []
    assert family("import", str(rows), "--school", URN).code in {0, 1}
    assert c.scan(family.places)[1] == []


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal of POSIX")
def test_the_app_leaves_nothing_readable_when_it_locks(family: Computer) -> None:
    """A note that is still being typed: locked from another window, it cannot be read, and is not lost."""
    from tests.safety.terminal import Terminal

    with Terminal(family) as terminal:
        terminal.unlock(c.FORENAME)
        terminal.send("\r")
        terminal.shows("1 Who", c.PARENT)
        terminal.send("t")
        terminal.shows("Note")
        terminal.send(c.ROUND_NOTE)
        terminal.shows(c.ROUND_NOTE)
        assert c.scan(family.places)[1] == []
        family.well("lock")
        locked = terminal.shows("Passphrase", without=c.ROUND_NOTE)
        assert c.found_in(locked.encode()) == []
        assert c.scan(family.places)[1] == []
        terminal.unlock("brought back", c.ROUND_NOTE)
        terminal.send("\x11")
        assert terminal.ended() == 0
    assert c.found_in(terminal.left_behind) == []
    assert c.scan(family.places)[1] == []
    assert family.is_sound()


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal of POSIX")
def test_a_killed_app_leaves_nothing_readable_and_keeps_its_draft(family: Computer) -> None:
    from tests.safety.terminal import Terminal

    with Terminal(family) as terminal:
        terminal.unlock(c.FORENAME)
        terminal.send("\r")
        terminal.shows("1 Who", c.PARENT)
        terminal.send("t")
        terminal.shows("Note")
        terminal.send(c.ROUND_NOTE)
        terminal.keeps(c.ROUND_NOTE, family)
        terminal.send(" and then some more words to come")
        terminal.shows("to come")
        os.kill(terminal.pid, signal.SIGKILL)
    assert c.scan(family.places)[1] == []
    with Terminal(family) as terminal:
        terminal.unlock(c.FORENAME)
        terminal.send("\r")
        terminal.shows("1 Who", c.PARENT)
        terminal.send("t")
        terminal.shows(c.ROUND_NOTE)
        terminal.send("\x11")
        assert terminal.ended() == 0
    assert c.scan(family.places)[1] == []
    assert family.is_sound()
