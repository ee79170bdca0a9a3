"""The app in a real terminal: what is left on it after a fault, and where it refuses to start."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from casework.errors import OutreachError, Refused, UsageProblem
from outreach_tui.crash import fault_code, fault_record, known_trouble
from outreach_tui.launch import check_terminal, drop_hooks
from storage.faults import DATABASE_ERRORS
from tests.screens.pty_app import CANARY

pexpect = pytest.importorskip("pexpect")
pyte = pytest.importorskip("pyte")

ROOT = Path(__file__).parents[2]


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TEXTUAL")}
    return kept | {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT)} | more


@pytest.mark.parametrize("key", ["\x1b[19~", "\x1b[20~", "\x1b[21~"], ids=["action", "worker", "panic"])
def test_a_fault_leaves_a_code_and_nothing_else(tmp_path: Path, key: str) -> None:
    log = tmp_path / "log"
    child = pexpect.spawn(
        sys.executable,
        ["-m", "tests.screens.pty_app"],
        env=environment(TEXTUAL_LOG=str(log), TEXTUAL_PRESS="f8", TEXTUAL="debug,devtools"),
        dimensions=(24, 80),
        cwd=str(ROOT),
        timeout=40,
    )
    child.expect("Passphrase")
    child.send("x\r")
    child.expect(CANARY.split()[0])
    child.send(key)
    child.expect(pexpect.EOF)
    child.close()
    shown = child.before
    screen = pyte.Screen(80, 24)
    stream = pyte.ByteStream(screen)
    normal = re.split(rb"\x1b\[\?1049l", shown)[-1]
    stream.feed(normal)
    text = "\n".join(line.rstrip() for line in screen.display).strip()
    assert child.exitstatus == 70
    assert re.fullmatch(
        r"Outreach met a fault; what was saved is kept\. Tell your support: [0-9A-Z]{4}-[0-9A-Z]{4}\.", text
    )
    assert CANARY.encode() not in normal
    assert b"Traceback" not in shown
    assert not log.exists()


def test_the_normal_screen_never_holds_a_record(tmp_path: Path) -> None:
    child = pexpect.spawn(
        sys.executable,
        ["-m", "tests.screens.pty_app"],
        env=environment(),
        dimensions=(24, 80),
        cwd=str(ROOT),
        timeout=40,
    )
    child.expect_exact("\x1b[?1049h")
    before = child.before
    child.expect("Passphrase")
    child.send("x\r")
    child.expect(CANARY.split()[0])
    child.send("q")
    child.expect_exact("\x1b[?1049l")
    child.expect(pexpect.EOF)
    child.close()
    assert CANARY.encode() not in before + child.before
    assert child.exitstatus == 0


def test_no_terminal_is_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from outreach_tui.launch import run; run(lambda: 1/0)"],
        env=environment(), cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "UsageProblem" in done.stderr
    assert "need a terminal" in done.stderr


def test_textual_is_not_imported_before_its_hooks_are_gone() -> None:
    code = "import sys, outreach_tui.launch; sys.exit('textual' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(), check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("term", ["dumb", "DUMB", "unknown"])
def test_a_plain_terminal_points_to_plain_commands(term: str) -> None:
    with pytest.raises(UsageProblem, match="plain commands"):
        check_terminal({"TERM": term}, is_tty=True)


def test_a_good_terminal_passes() -> None:
    check_terminal({"TERM": "xterm-256color"}, is_tty=True)


def test_hooks_are_dropped_and_harmless_ones_kept() -> None:
    environ = {
        "TEXTUAL": "devtools", "TEXTUAL_LOG": "x", "TEXTUAL_SCREENSHOT": "1", "TEXTUAL_DRIVER": "a:b",
        "TEXTUAL_PRESS": "q", "TEXTUAL_DEBUG": "1", "TEXTUAL_ANIMATIONS": "none", "HOME": "/",
    }  # fmt: skip
    assert len(drop_hooks(environ)) == 6
    assert environ == {"TEXTUAL_ANIMATIONS": "none", "HOME": "/"}


def test_one_fault_has_one_code_whatever_the_data() -> None:
    def fail(value: object) -> Exception:
        try:
            int(f"{value} is no number")
        except ValueError as error:
            return error
        raise AssertionError

    assert fault_code(fail("Ada")) == fault_code(fail("Ben"))
    assert fault_code(fail("Ada")) != fault_code(KeyError("Ada"))


def test_the_record_of_a_fault_has_its_places_and_none_of_its_words() -> None:
    def fail() -> Exception:
        try:
            int("Wyvernhilda")
        except ValueError as error:
            return error
        raise AssertionError

    error = fail()
    record = fault_record(error)
    assert record.startswith(f"fault {fault_code(error)}: test_terminal.py:fail:")
    assert record.endswith(" < ValueError")
    assert "Wyvernhilda" not in record


def test_a_known_trouble_is_found_however_it_is_wrapped(tmp_path: Path) -> None:
    class Wrapped(Exception):
        def __init__(self, error: Exception) -> None:
            super().__init__("a worker failed")
            self.error = error

    full = Refused("disk-full", "The disk is full.", "caseload.db")
    caused = RuntimeError("while saving")
    caused.__cause__ = full
    database = tmp_path / "caseload.db"
    for error in (full, Wrapped(full), caused):
        assert known_trouble(error, database) is full
    for error in (RuntimeError("ours"), Wrapped(ValueError("ours")), OutreachError("fault", "Ours.", "")):
        assert known_trouble(error, database) is None
    damaged = known_trouble(Wrapped(DATABASE_ERRORS[0]("file is not a database")), database)
    assert damaged is not None
    assert damaged.code == "caseload-unreadable"
