"""No key store, no right to write, no room, two apps, a clock set back: one sentence each, nothing lost."""

from __future__ import annotations

import ctypes
import json
import os
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.safety.canaries import FORENAME, SURNAME
from tests.safety.world import UPN, URN, Computer, line, register

posix = pytest.mark.skipif(os.name != "posix", reason="needs limits and rights of POSIX")

_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2
_PR_CAPBSET_DROP = 24


def give_up_root() -> None:
    """In the child before it starts: let file rights hold for root too. No effect for anybody else."""
    if os.geteuid() == 0 and sys.platform == "linux":
        libc = ctypes.CDLL(None)
        for power in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
            libc.prctl(_PR_CAPBSET_DROP, power, 0, 0, 0)


def at_most(size: int) -> Callable[[], None]:
    """In the child before it starts: no file may grow beyond `size` bytes, as on a full disk."""

    def limit() -> None:
        import resource
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def many(count: int) -> str:
    return register(*(line(f"X{n:012}", f"Orr {n}", "Invented", "N", "x" * 200) for n in range(count)))


def test_no_key_store_is_one_sentence(family: Computer) -> None:
    said = family("passphrase", "keyring", "on", PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    assert said.code == 5
    assert "no key store that Outreach trusts; go on using the passphrase." in said.sentence
    assert family.is_sound()


def test_a_key_store_that_keeps_nothing_is_not_trusted(family: Computer) -> None:
    said = family("passphrase", "keyring", "on", PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring")
    assert said.code == 5
    assert "keyring" not in json.loads(family.home.vault_file.read_text())["slots"] or (
        json.loads(family.home.vault_file.read_text())["slots"]["keyring"] is None
    )
    family.well("child", UPN)


def test_a_key_store_that_is_gone_falls_back_to_the_passphrase(family: Computer) -> None:
    """The vault has a slot for the key store, and the store is not there any more."""
    from storage.ring import Ring
    from storage.vault import Vault

    class Kept:
        def __init__(self) -> None:
            self.held: dict[tuple[str, str], str] = {}

        def get_password(self, service: str, username: str) -> str | None:
            return self.held.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            self.held[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del self.held[service, username]

    vault = Vault.load(family.home, ring=Ring(Kept()))
    vault.enable_keyring(vault.unlock_recovery((family.root / "code").read_text().strip()))
    fail = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    alone = family("child", UPN, OUTREACH_PASSPHRASE_FILE=None, **fail)
    assert alone.code == 3
    assert alone.out == b""
    assert b"key store" in alone.err
    assert SURNAME.encode() in family.well("child", UPN, **fail).out
    family("lock", **fail)
    assert family.is_sound(**fail)


@posix
def test_a_read_only_folder_is_one_sentence(family: Computer) -> None:
    folder = family.home.path
    for path in folder.iterdir():
        path.chmod(0o400)
    folder.chmod(0o500)
    try:
        control = family("backup", str(folder / "x.backup"), preexec=give_up_root)
        said = [
            family(*words, preexec=give_up_root)
            for words in (("child", UPN), ("follow-up", UPN, "--outcome", "no-answer"), ("today", "--json"))
        ]
    finally:
        folder.chmod(0o700)
        for path in folder.iterdir():
            path.chmod(0o600)
    if control.code == 0:
        pytest.skip("this system lets the tests write to a read-only folder")
    for one in said:
        assert one.code == 5, one
        assert one.sentence.startswith(
            "The data folder cannot be written to, and Outreach keeps a record of who looked: "
            "make it writable, or use another folder with --home. ["
        )
        assert SURNAME.encode() not in one.out
    assert family.is_sound()
    assert SURNAME.encode() in family.well("child", UPN).out


@posix
def test_a_backup_to_a_read_only_folder_leaves_nothing(family: Computer) -> None:
    there = family.root / "stick"
    there.mkdir(mode=0o500)
    said = family("backup", str(there / "caseload.backup"), preexec=give_up_root)
    if said.code == 0:
        pytest.skip("this system lets the tests write to a read-only folder")
    assert said.code == 5
    assert "writable" in said.sentence
    assert list(there.iterdir()) == []


@pytest.mark.long
@posix
@pytest.mark.parametrize("room", [0, 8192, 60_000])
def test_a_full_disk_loses_nothing(family: Computer, room: int) -> None:
    rows = family.given(f"{URN}-many.csv", many(600))
    steps = (
        ("import", str(rows), "--school", URN),
        ("follow-up", UPN, "--outcome", "no-answer"),
        ("search", SURNAME),
        ("backup", str(family.root / "work" / "caseload.backup")),
    )
    before = family.well("child", UPN, "--json").json["name"]
    said = [family(*words, preexec=at_most(room)) for words in steps]
    for words, one in zip(steps, said, strict=True):
        assert one.code in {0, 5}, (words, one)
        if one.code == 5:
            assert re.search("no room left|check free space", one.sentence)
    assert any(one.code == 5 for one in said)
    if said[-1].code:
        assert not (family.root / "work" / "caseload.backup").exists()
    family.home.attempts_file.unlink(missing_ok=True)
    assert family.is_sound()
    assert family.well("child", UPN, "--json").json["name"] == before
    assert family("import", str(rows), "--school", URN).code in {0, 1}
    assert family.is_sound()


@posix
def test_a_full_disk_counts_no_guess(family: Computer) -> None:
    """Where the guess cannot be counted it is not taken; with room again there is no wait."""
    said = family("child", UPN, preexec=at_most(0))
    assert said.code == 5
    assert "room" in said.sentence
    assert SURNAME.encode() in family.well("child", UPN).out


def test_a_clock_set_back_is_one_warning(family: Computer) -> None:
    before = family.well("child", UPN, "--json")
    family.home.clock_file.write_text(
        (datetime.now(UTC) + timedelta(days=400)).strftime("%Y-%m-%dT%H:%M:%SZ\n")
    )
    said = family.well("child", UPN, "--json")
    assert said.out == before.out
    warnings = [text for text in said.err.decode().splitlines() if text.startswith("Warning: ")]
    assert len(warnings) == 1
    assert "clock" in warnings[0]
    assert "nothing is lost" in warnings[0]
    family.well("follow-up", UPN, "--outcome", "no-answer")
    assert family.is_sound()
    assert b"clock" in family("doctor").out


def test_a_wrong_clock_file_is_no_trouble(family: Computer) -> None:
    family.home.clock_file.write_bytes(b"\xff\xfe\x00")
    family.well("child", UPN)


@posix
def test_a_second_app_is_refused_and_commands_go_on(family: Computer) -> None:
    from tests.safety.terminal import Terminal

    with Terminal(family) as first:
        first.unlock(FORENAME)
        with Terminal(family) as second:
            assert second.ended() == 5
        said = [row for row in second.text.splitlines() if row]
        assert " ".join(said).startswith("Error: Outreach is already open on this caseload; use that window")
        assert FORENAME.encode() not in second.bytes
        family.well("follow-up", UPN, "--outcome", "no-answer", "--note", "beside the app")
        first.send("q")
        assert first.ended() == 0
    assert family.is_sound()
    assert b"beside the app" in family.well("child", UPN, "--json").out


def test_many_commands_at_once_lose_nothing(family: Computer) -> None:
    import subprocess

    running = [
        subprocess.Popen(
            family.command("follow-up", UPN, "--outcome", "no-answer", "--note", f"call {n}", "--json"),
            env=family.environment(), cwd=family.root / "work",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for n in range(6)
    ]  # fmt: skip
    ended = [(process, *process.communicate(timeout=60)) for process in running]
    saved = [json.loads(out)["id"] for process, out, _ in ended if process.returncode == 0]
    for process, _, err in ended:
        if process.returncode:
            assert process.returncode == 5
            assert b"Another copy of Outreach" in err
    told = family.well("child", UPN, "--json").out.decode()
    assert len(saved) >= 1
    assert all(f"call {n}" in told for n, (process, *_) in enumerate(ended) if process.returncode == 0)
    assert family.is_sound()


def test_files_are_for_their_owner_only(family: Computer) -> None:
    if os.name != "posix":
        pytest.skip("rights of POSIX")
    family.well("follow-up", UPN, "--outcome", "no-answer")
    family.well("backup", str(family.root / "work" / "caseload.backup"))
    paths: list[Path] = [family.home.path, *family.home.path.rglob("*"), *(family.root / "work").iterdir()]
    assert [path.name for path in paths if path.stat().st_mode & 0o077] == []


@pytest.mark.skipif(sys.platform != "linux", reason="sets another process's limits")
def test_a_disk_that_fills_up_under_the_open_app_loses_nothing(family: Computer) -> None:
    import resource

    from tests.safety.terminal import Terminal

    with Terminal(family) as terminal:
        terminal.unlock(FORENAME)
        terminal.send("n")
        terminal.shows("called, no answer")
        resource.prlimit(terminal.pid, resource.RLIMIT_FSIZE, (1000, 1000))
        terminal.send("m")
        terminal.shows("what was saved before stands")
        terminal.send("\r")
        terminal.shows("The page stays closed", "Today")
        terminal.send("q")
        assert terminal.ended() == 0
    assert family.is_sound()
    page = family.well("child", UPN, "--json").out
    assert b"no answer" in page
    assert b"left a message" not in page


@pytest.mark.skipif(sys.platform != "linux", reason="sets another process's limits")
def test_a_full_disk_does_not_keep_the_app_from_locking(family: Computer) -> None:
    import resource

    from tests.safety.terminal import Terminal

    with Terminal(family) as terminal:
        terminal.unlock(FORENAME)
        terminal.send("\r")
        terminal.shows("1 Who")
        terminal.send("t")
        terminal.shows("Note")
        resource.prlimit(terminal.pid, resource.RLIMIT_FSIZE, (1000, 1000))
        terminal.send("a")
        terminal.send("\x0c")
        terminal.shows("Locked", "Passphrase")
        terminal.send("\x11")
        assert terminal.ended() == 0
    assert family.is_sound()
