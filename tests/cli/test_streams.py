"""stdout that is closed or full, stderr that is gone: one sentence, a proper code, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import TODAY, Line

pytestmark = pytest.mark.skipif(os.name != "posix", reason="uses a POSIX shell")
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")


def shell(line: Line, command: str) -> subprocess.CompletedProcess[bytes]:
    """A call by a shell, where `outreach` stands for the program."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("OUTREACH_")}
    environ |= {
        "OUTREACH_HOME": str(line.home),
        "OUTREACH_PASSPHRASE_FILE": str(line.secret),
        "OUTREACH_TODAY": TODAY,
    }
    program = f"outreach() {{ '{sys.executable}' -m outreach_tui \"$@\"; }}; {command}"
    return subprocess.run(
        ["/bin/sh", "-c", program], capture_output=True, env=environ, timeout=60, check=False
    )


@pytest.mark.parametrize("words", ["today", "today --json", "--version", "nonsense --json", "child nobody"])
def test_a_closed_stdout_is_one_sentence(line: Line, words: str) -> None:
    done = shell(line, f"outreach {words} >&-")
    assert done.returncode == 2
    said = done.stderr.decode()
    assert said.startswith("Error: Standard output is closed, so nothing was done")
    assert said.count("\n") == 1


def test_a_closed_stdout_changes_nothing(line: Line) -> None:
    assert shell(line, "outreach follow-up tilly --outcome no-answer >&-").returncode == 2
    assert line("undo", "--list", "--json").json == []
    assert line("verify", "--deep").code == 0


@needs_full
@pytest.mark.parametrize(
    "words", ["today", "today --json", "--version", "--help", "today --help", "team list"]
)
def test_a_full_stdout_is_one_sentence(line: Line, words: str) -> None:
    done = shell(line, f"outreach {words} >/dev/full")
    said = done.stderr.decode()
    assert done.returncode == 5, said
    errors = [text for text in said.splitlines() if not text.startswith("Today is taken")]
    assert len(errors) == 1
    assert errors[0].startswith("Error: The output could not be written (No space left on device)")
    assert "Traceback" not in said


@needs_full
@pytest.mark.parametrize("words", ["child nobody --json", "nonsense --json"])
def test_a_fault_with_a_full_stdout_ends_too(line: Line, words: str) -> None:
    done = shell(line, f"outreach {words} >/dev/full")
    assert done.returncode == 5
    assert b"Traceback" not in done.stderr
    assert b"The output could not be written" in done.stderr


@needs_full
def test_a_full_or_closed_stderr_stops_nothing(line: Line) -> None:
    for where in ("2>/dev/full", "2>&-", "<&- 2>&-"):
        done = shell(line, f"outreach today --json {where}")
        assert done.returncode == 0
        assert done.stdout.startswith(b"{")
    assert line("verify", "--deep").code == 0


def test_a_reader_who_leaves_early_is_no_fault(line: Line) -> None:
    done = shell(line, "outreach search orr | true")
    assert done.stderr.decode().replace("\n", "") == ""
