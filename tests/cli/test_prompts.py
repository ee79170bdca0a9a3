"""The command line on a real terminal: prompts, colour, Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import TODAY, Line
from tests.tools.vaults import PASSPHRASE

pexpect = pytest.importorskip("pexpect")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


def terminal(line: Line, *words: str, **more: str) -> pexpect.spawn[str]:
    environ = {
        key: value for key, value in os.environ.items() if not key.startswith(("OUTREACH_", "NO_COLOR"))
    }
    environ |= {"OUTREACH_HOME": str(line.home), "OUTREACH_TODAY": TODAY, "TERM": "xterm-256color"} | more
    return pexpect.spawn(
        sys.executable,
        ["-m", "outreach_tui", *words],
        env=environ,
        encoding="utf-8",
        timeout=30,
        dimensions=(24, 80),
        preexec_fn=_hear_ctrl_c,
    )


def _hear_ctrl_c() -> None:
    """A run of the tests in the background of a shell ignores ctrl+c, and what it starts would, too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_the_passphrase_is_asked_for_and_never_shown(line: Line) -> None:
    session = terminal(line, "today")
    session.expect("Passphrase: ")
    session.sendline(PASSPHRASE)
    session.expect(pexpect.EOF)
    shown = session.before
    session.close()
    assert session.exitstatus == 0
    assert PASSPHRASE not in shown
    assert "Tilly Marsh" in shown
    assert "\x1b[1mNO" in shown
    assert "Clears with: a reason passed to" in shown
    assert all(len(row) <= 80 for row in shown.splitlines() if "NO" not in row and "Today is" not in row)


@pytest.mark.parametrize(("words", "more"), [(("today", "--plain"), {}), (("today",), {"NO_COLOR": "1"})])
def test_plain_and_no_color_are_without_escapes(
    line: Line, words: tuple[str, ...], more: dict[str, str]
) -> None:
    session = terminal(line, *words, **more)
    session.expect("Passphrase: ")
    session.sendline(PASSPHRASE)
    session.expect(pexpect.EOF)
    assert "\x1b" not in session.before


def test_ctrl_c_at_the_prompt_is_one_sentence(line: Line) -> None:
    session = terminal(line, "today")
    session.expect("Passphrase: ")
    session.sendintr()
    session.expect("Stopped; what was saved before is kept.")
    session.expect(pexpect.EOF)
    session.close()
    assert session.exitstatus == 130
    assert "Traceback" not in session.before


def test_a_new_passphrase_is_asked_for_twice(bare: Line) -> None:
    session = terminal(bare, "init", "--worker", "Ana", "--agency", "early-help", "--team", "Swale")
    session.expect("New passphrase: ")
    session.sendline("meadow thimble orbit")
    session.expect("The same again: ")
    session.sendline("meadow thimble orbits")
    session.expect("differ")
    session.expect(pexpect.EOF)
    session.close()
    assert session.exitstatus == 2
    assert not bare.home.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("verify", "--deep", "--plain"), "Checking the caseload, 1 of 3"),
        (("doctor", "--deep"), "Checking the caseload, 1 of 3"),
        (("backup", "new.bak"), "Checking the caseload, 1 of 3"),
        (("verify", "--backup", "held.bak"), "Opening the backup"),
    ],
    ids=lambda held: held[0],
)
def test_a_long_job_says_what_it_is_at(line: Line, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    held = line("backup", str(tmp_path / "held.bak"))
    assert (held.code, held.err.count("\r")) == (0, 0), "a script is told nothing of it"
    full = [str(tmp_path / word) if word.endswith(".bak") else word for word in words]
    session = terminal(line, *full)
    session.expect("Passphrase: ")
    session.sendline(PASSPHRASE)
    session.expect_exact(said)
    session.expect(pexpect.EOF)
    session.close()
    assert session.exitstatus == (1 if words[0] == "doctor" else 0), "this caseload has failing findings"
    told = session.before.rpartition(" \r")[2]
    assert told.strip(), "the line is gone before the result is printed"
    assert "..." not in told
    if "--plain" in words:
        assert "\x1b" not in session.before


def test_undo_at_a_terminal_names_the_child_and_asks(line: Line) -> None:
    made = line("follow-up", "tilly", "--outcome", "no-answer", "--json").json
    for answer, standing in (("n", 1), ("y", 0)):
        session = terminal(line, "undo", OUTREACH_PASSPHRASE_FILE=str(line.secret))
        session.expect_exact(f"Take back Follow-up: no answer ({made['child']['name']})")
        session.sendline(answer)
        session.expect(pexpect.EOF)
        session.close()
        assert session.exitstatus == (5 if standing else 0)
        steps = line("undo", "--list", "--json").json
        assert sum(step["child"] == made["child"]["id"] for step in steps) == standing
