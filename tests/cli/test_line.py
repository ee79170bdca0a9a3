"""What holds for every command: exit codes, one JSON document, no terminal control, short faults."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from outreach_tui.cli import COMMANDS, cli
from outreach_tui.output import to_json
from tests.cli.conftest import Line, secret_file
from tests.tools.vaults import PASSPHRASE

READING = (
    ("today",),
    ("triage",),
    ("search", "eve"),
    ("log",),
    ("clocks",),
    ("clocks", "--all", "--by", "school"),
    ("school", "list"),
    ("school", "calendar", "999001"),
    ("undo", "--list"),
    ("verify",),
)
DOCS = Path(__file__).parents[2] / "docs" / "cli.md"


def every_command(
    group: click.Group, path: tuple[str, ...] = ()
) -> list[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found.append(((*path, name), command))
        if isinstance(command, click.Group):
            found += every_command(command, (*path, name))
    return found


EVERY = every_command(cli)


@pytest.mark.parametrize(("path", "command"), EVERY, ids=[" ".join(path) for path, _ in EVERY])
def test_every_command_has_help_and_stands_in_the_docs(path: tuple[str, ...], command: click.Command) -> None:
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
    text = DOCS.read_text()
    assert f"outreach {' '.join(path)}" in text
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.opts[0] in text, parameter.opts[0]


def test_the_table_names_what_is_there() -> None:
    for name, (_, help_) in COMMANDS.items():
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        assert command.name == name
        assert help_.endswith(".")


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_json_is_one_document_and_text_has_no_control_characters(line: Line, words: tuple[str, ...]) -> None:
    done = line(*words, "--json")
    assert done.code == 0
    json.loads(done.out)
    assert "Fri 20 Nov 2026" in done.err
    for text in (done.out, line(*words).out):
        assert not [c for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co"}]


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_text_says_when_today_was_set(line: Line, words: tuple[str, ...]) -> None:
    assert line(*words).out.startswith("Today is taken to be Fri 20 Nov 2026")


def test_the_options_may_stand_before_or_after_the_command(line: Line) -> None:
    before = line("--today", "2026-11-19", "today", "--json", today=None)
    after = line("today", "--json", "--today", "2026-11-19", "--plain", today=None)
    assert before.json == after.json
    assert before.json["date"] == "2026-11-19"


def test_json_escapes_what_could_steer_a_terminal() -> None:
    hostile = "a\x1b]52;c;x\x07\x9b\u202e\u2028\U000e0041z"
    text = to_json({"name": hostile})
    assert text.replace("\n", "").isascii()
    assert "\x1b" not in text
    assert json.loads(text) == {"name": hostile}


def test_a_hostile_name_is_text_and_stays_findable(line: Line) -> None:
    done = line("child", line.ids["eve"])
    assert done.code == 0
    assert "[/]" in done.out
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--version",), 0),
        (("--help",), 0),
        (("nonsense",), 2),
        (("school",), 2),
        (("today", "--no-such-option"), 2),
        (("--today", "yesterday", "today"), 2),
        (("follow-up", "tilly", "--outcome", "danced"), 2),
        (("edit", "01a2008e"), 2),
        (("show", "01"), 4),
        (("show", "ffffffff-0000"), 4),
        (("school", "add", "12", "X"), 4),
        (("explain", "no-such-rule"), 4),
        (("undo",), 5),
        (("undo", "--redo"), 5),
        ((), 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_exit_codes(line: Line, words: tuple[str, ...], code: int) -> None:
    done = line(*words)
    assert done.code == code, done.err
    assert "Traceback" not in done.err
    if code:
        assert done.err.startswith("Error: ")
        assert done.out == ""


def test_a_wrong_passphrase_is_exit_3_and_counts(line: Line, tmp_path: Path) -> None:
    wrong = {"OUTREACH_PASSPHRASE_FILE": str(secret_file(tmp_path, "not the passphrase", "wrong"))}
    done = line("today", "--json", env=wrong)
    assert done.code == 3
    assert done.json["error"]["code"] == "wrong-passphrase"
    assert "not the passphrase" not in done.out + done.err
    assert json.loads((line.home / "attempts.json").read_text())["count"] == 1


def test_after_many_guesses_the_right_passphrase_waits_too(line: Line) -> None:
    guesses = {"count": 12, "last": datetime.now(UTC).isoformat()}
    (line.home / "attempts.json").write_text(json.dumps(guesses))
    done = line("today", "--json")
    assert (done.code, done.json["error"]["code"]) == (3, "wait")


def test_a_passphrase_file_that_others_can_read_is_refused(line: Line) -> None:
    if os.name != "posix":
        pytest.skip("POSIX modes")
    line.secret.chmod(0o644)
    assert line("today").code == 5


def test_a_passphrase_by_descriptor(line: Line) -> None:
    if os.name != "posix":
        pytest.skip("inherited descriptors")
    read, write = os.pipe()
    os.write(write, PASSPHRASE.encode() + b"\n")
    os.close(write)
    done = line("--passphrase-fd", str(read), "today", env={"OUTREACH_PASSPHRASE_FILE": ""}, pass_fds=(read,))
    os.close(read)
    assert done.code == 0


def test_without_a_way_to_ask_the_caseload_stays_locked(line: Line) -> None:
    done = line("today", env={"OUTREACH_PASSPHRASE_FILE": ""})
    assert done.code == 3


def test_a_passphrase_is_never_an_argument(line: Line) -> None:
    assert line("today", "--passphrase", "hunter2").code == 2


def test_no_caseload_is_one_sentence(bare: Line) -> None:
    done = bare("today", "--json")
    assert done.code == 4
    assert done.json["error"]["code"] == "no-caseload"
    assert not bare.home.exists() or not any(bare.home.glob("*.db"))


def test_a_fault_shows_a_code_and_nothing_else(line: Line) -> None:
    program = (
        "import sys\n"
        "from storage import search\n"
        "def broken(*_, **__):\n"
        "    secret = 'Tilly Marsh'\n"
        "    raise RuntimeError(secret)\n"
        "search.NameSearch.search = broken\n"
        "from outreach_tui.cli import main\n"
        "main(['search', 'x', '--json'])\n"
    )
    environ = os.environ | {"OUTREACH_HOME": str(line.home), "OUTREACH_PASSPHRASE_FILE": str(line.secret)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environ, check=False
    )
    assert done.returncode == 70
    assert "Tilly" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", json.loads(done.stdout)["error"]["code"])


def test_a_reader_who_leaves_early_is_no_fault(line: Line) -> None:
    if os.name != "posix":
        pytest.skip("POSIX pipes")
    environ = os.environ | {"OUTREACH_HOME": str(line.home), "OUTREACH_PASSPHRASE_FILE": str(line.secret)}
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as gone:
        done = subprocess.run(
            [sys.executable, "-m", "outreach_tui", "today", "--json"],
            stdout=gone,
            stderr=subprocess.PIPE,
            env=environ,
            check=False,
        )
    assert done.returncode == 0
    assert b"Broken" not in done.stderr


def test_colours_and_box_drawing_are_for_terminals_only(line: Line) -> None:
    out = line("today").out
    assert "\x1b" not in out
    assert not [c for c in out if "\u2500" <= c <= "\u257f"]
