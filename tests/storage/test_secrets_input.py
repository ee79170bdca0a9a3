"""A passphrase by descriptor, owner-only file or prompt, and by no other way."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from casework.errors import BadInput, Locked, Refused, UsageProblem
from storage.secrets_input import FILE_VARIABLE, read_passphrase

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")


def never(_: str) -> str:
    raise AssertionError("nobody is to be asked")


def piped(data: bytes) -> int:
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    return reading


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text("harbour violet ladder\n")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (b"harbour violet ladder\n", b"harbour violet ladder"),
        (b"harbour violet ladder\r\nsecond line\n", b"harbour violet ladder"),
        (b"harbour violet ladder", b"harbour violet ladder"),
        (b"  spaces stay  \n", b"  spaces stay  "),
        ("Zoë\n".encode(), "Zoë".encode()),
    ],
)
def test_first_line_of_a_descriptor(given: bytes, taken: bytes) -> None:
    fd = piped(given)
    assert read_passphrase(fd, {FILE_VARIABLE: "/nowhere"}, "Passphrase: ", ask=never) == taken
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


def test_descriptor_that_is_not_open(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem):
        read_passphrase(987, {}, "Passphrase: ", ask=never)
    with pytest.raises(UsageProblem):
        read_passphrase(2**64, {}, "Passphrase: ", ask=never)


@pytest.mark.parametrize("given", [b"", b"\n", b"x" * 5000])
def test_nothing_and_far_too_much(given: bytes) -> None:
    with pytest.raises(Locked):
        read_passphrase(piped(given), {}, "Passphrase: ", ask=never)


def test_owner_only_file(secret_file: Path) -> None:
    assert (
        read_passphrase(None, {FILE_VARIABLE: str(secret_file)}, "?", ask=never) == b"harbour violet ladder"
    )


@POSIX
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o610, 0o601])
def test_file_that_others_reach_is_refused(secret_file: Path, mode: int) -> None:
    secret_file.chmod(mode)
    with pytest.raises(Refused) as fault:
        read_passphrase(None, {FILE_VARIABLE: str(secret_file)}, "?", ask=never)
    assert "harbour" not in fault.value.message


@POSIX
def test_file_of_another_account_is_refused(secret_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if secret_file.stat().st_uid == 0:
        os.chown(secret_file, 1_099, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: secret_file.stat().st_uid + 1)
    with pytest.raises(Refused, match="belongs to another account"):
        read_passphrase(None, {FILE_VARIABLE: str(secret_file)}, "?", ask=never)


@POSIX
def test_link_to_a_looser_file_folder_fifo_and_device_are_refused(secret_file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(secret_file)
    assert read_passphrase(None, {FILE_VARIABLE: str(link)}, "?", ask=never) == b"harbour violet ladder"
    secret_file.chmod(0o644)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo, 0o600)
    for path in (link, tmp_path, fifo, Path(os.devnull)):
        with pytest.raises(Refused):
            read_passphrase(None, {FILE_VARIABLE: str(path)}, "?", ask=never)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        read_passphrase(None, {FILE_VARIABLE: str(tmp_path / "gone")}, "?", ask=never)


def test_prompt_and_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return "harbour violet ladder"

    assert read_passphrase(None, {}, "Passphrase: ", ask=ask) == b"harbour violet ladder"
    assert asked == ["Passphrase: "]
    monkeypatch.setattr(sys, "stdin", open(os.devnull))  # noqa: SIM115, PTH123
    with pytest.raises(Locked) as fault:
        read_passphrase(None, {}, "Passphrase: ")
    assert fault.value.exit_code == 3


def test_the_secret_itself_in_the_environment_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", open(os.devnull))  # noqa: SIM115, PTH123
    with pytest.raises(Locked):
        read_passphrase(None, {"OUTREACH_PASSPHRASE": "harbour violet ladder"}, "?")
