"""A secret is never an argument, never itself in the environment, never in a file that others can read."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

import click
import pytest

from outreach_tui.cli import cli
from tests.safety.canaries import SURNAME
from tests.safety.world import UPN, Computer, secret
from tests.tools.vaults import PASSPHRASE

SECRET = {"passphrase", "password", "secret", "code", "key", "pin", "token"}


def every_command(
    command: click.Command, path: tuple[str, ...] = ()
) -> list[tuple[tuple[str, ...], click.Command]]:
    found = [(path, command)]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            found += every_command(below, (*path, name))
    return found


def test_no_command_takes_a_secret_as_an_argument() -> None:
    commands = every_command(cli)
    assert len(commands) > 25
    for path, command in commands:
        for parameter in command.params:
            for name in parameter.opts:
                if SECRET & set(name.strip("-").split("-")):
                    allowed = name.endswith("-fd") or parameter.type.name in ("boolean", "path", "file")
                    # The contract has the one-time code of ten minutes as an argument.
                    assert allowed or (*path, name) == ("enrol", "code"), f"{' '.join(path)} {name}"


@pytest.mark.parametrize("words", [("today",), ("init",), ("passphrase", "change"), ()])
@pytest.mark.parametrize("option", ["--passphrase", "--password", "--recovery-code=x", "--key"])
def test_passphrase_is_no_option(computer: Computer, words: tuple[str, ...], option: str) -> None:
    said = computer(*words, option, PASSPHRASE)
    assert said.code == 2
    assert PASSPHRASE.encode() not in said.out + said.err


@pytest.mark.parametrize(
    "name", ["OUTREACH_PASSPHRASE", "OUTREACH_PASSWORD", "OUTREACH_SESSION", "OUTREACH_KEY"]
)
def test_the_environment_opens_nothing(family: Computer, name: str) -> None:
    said = family("child", UPN, OUTREACH_PASSPHRASE_FILE=None, **{name: PASSPHRASE})
    assert said.code == 3
    assert "--passphrase-fd" in said.sentence
    assert said.out == b""


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o602, 0o660, 0o677])
def test_a_file_that_others_reach_is_refused(family: Computer, mode: int) -> None:
    loose = secret(family.root / "loose", PASSPHRASE, mode)
    said = family("child", UPN, OUTREACH_PASSPHRASE_FILE=str(loose))
    assert said.code == 5
    assert "chmod 600" in said.sentence
    assert SURNAME.encode() not in said.out
    assert not family.home.attempts_file.exists(), "it was not tried"


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_the_files_of_other_secrets_are_checked_too(family: Computer) -> None:
    code = (family.root / "code").read_text()
    loose = str(secret(family.root / "loose", code.strip(), 0o644))
    fresh = str(secret(family.root / "fresh", "lantern orchard comet"))
    said = family(
        "passphrase", "recover", OUTREACH_RECOVERY_CODE_FILE=loose, OUTREACH_NEW_PASSPHRASE_FILE=fresh
    )
    assert said.code == 5
    loose = str(secret(family.root / "loose2", "lantern orchard comet", 0o644))
    said = family("passphrase", "change", OUTREACH_NEW_PASSPHRASE_FILE=loose)
    assert said.code == 5
    family.well("child", UPN)


@pytest.mark.parametrize("what", ["missing", "folder", "empty", "device"])
def test_a_file_that_is_none_is_one_sentence(family: Computer, what: str) -> None:
    path = {
        "missing": family.root / "no such file",
        "folder": family.root,
        "empty": secret(family.root / "empty", ""),
        "device": Path("/dev/zero"),
    }[what]
    said = family("child", UPN, OUTREACH_PASSPHRASE_FILE=str(path))
    assert said.code in {3, 4, 5}
    assert said.sentence
    assert said.out == b""


def unread(pipe: int) -> int:
    """How many bytes of a pipe wait for its reader."""
    import array
    import fcntl
    import termios

    held = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, held)
    return held[0]


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads /proc")
def test_neither_arguments_nor_environment_show_the_passphrase(family: Computer) -> None:
    """While a command holds the passphrase, what the system shows of it holds no secret."""
    reader, writer = os.pipe()
    notes, note = os.pipe()
    words = ("--passphrase-fd", str(reader), "follow-up", UPN, "--outcome", "no-answer", "--note", "-")
    process = subprocess.Popen(
        family.command(*words), env=family.environment(OUTREACH_PASSPHRASE_FILE=None), stdin=notes,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=[reader], cwd=family.root / "work",
    )  # fmt: skip
    os.close(reader)
    os.close(notes)
    os.write(note, b"ready")
    os.close(note)
    os.write(writer, f"{PASSPHRASE}\n".encode())
    while unread(writer):
        assert process.poll() is None
        os.sched_yield()
    shown = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    with suppress(PermissionError):  # a hardened process shows its environment to root alone
        shown += Path(f"/proc/{process.pid}/environ").read_bytes()
    os.close(writer)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert b"outreach_tui" in shown
    assert PASSPHRASE.encode() not in shown
