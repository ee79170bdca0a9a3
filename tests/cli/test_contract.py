"""Clauses of the command line's contract that a script leans on, tried from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from outreach_tui.commands.frame import Call
from tests.cli.conftest import TODAY, Line


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_json_is_json_whatever_the_encoding_of_stdout(line: Line, encoding: str) -> None:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("OUTREACH_")}
    environ |= {
        "OUTREACH_HOME": str(line.home),
        "OUTREACH_PASSPHRASE_FILE": str(line.secret),
        "OUTREACH_TODAY": TODAY,
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": encoding,
    }
    command = [sys.executable, "-m", "outreach_tui", "child", line.ids["zoe"], "--json"]
    done = subprocess.run(command, capture_output=True, env=environ, timeout=60, check=False)
    assert json.loads(done.stdout.decode("utf-8"))["name"] == "Zoë (Zo) Łukasik"


@pytest.mark.parametrize("at", ["00:01", "08:40", "23:58", "2025-01-15 23:58"])
def test_with_another_date_set_any_time_of_it_may_be_logged(line: Line, at: str) -> None:
    words = ("contact", "add", "tilly", "--kind", "call", "--at", at, "--json")
    done = line(*words, today="2025-01-15")
    assert done.code == 0, done.err
    assert done.json["at"].startswith("2025-01-15T")
    after = line(*words[:-2], "2025-01-16", today="2025-01-15")
    assert after.code == 4, "the day after it is still to come"


def test_the_latest_moment_is_now_or_the_end_of_another_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OUTREACH_TODAY", raising=False)
    now = datetime(2026, 7, 10, 8, 0, tzinfo=UTC)
    monkeypatch.setattr(Call, "now", lambda _: now)
    assert Call().latest() == now
    assert Call(today_given=date(2026, 7, 10)).latest() == now
    assert Call(today_given=date(2026, 7, 9)).latest() == datetime(2026, 7, 9, 22, 59, 59, tzinfo=UTC)


def test_warnings_of_an_import_go_to_stderr(line: Line, tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text(
        "UPN,Legal Surname,Legal Forename,Date,Session,Mark\nU886009924001,Marsh,Tilly,20/11/2026,AM,I\n"
    )
    done = line("import", str(path))
    assert done.code == 0, done.err
    assert "Warning: marks.csv: The file does not say its school" in done.err
    assert "Warning" not in done.out


def test_a_folder_in_place_of_a_register_is_named(line: Line, tmp_path: Path) -> None:
    done = line("import", ".", "--json", cwd=tmp_path)
    assert done.code == 4
    assert done.json["files"][0]["file"] == "."
    assert done.json["error"]["message"].startswith(". is not a plain file")


@pytest.mark.parametrize(
    ("words", "code", "where"),
    [
        (("today", "--school", "999999"), 4, "--school"),
        (("triage", "--school", "999999"), 4, "--school"),
        (("school", "calendar", "999999"), 4, "URN"),
        (("follow-up", "tilly"), 2, "--outcome"),
        (("follow-up", "tilly", "--outcome", "gone"), 2, "--outcome"),
        (("follow-up",), 2, "CHILD"),
        (("log", "--limit", "0"), 2, "--limit"),
        (("log", "--nonsense"), 2, "--nonsense"),
        (("edit", "0197c1d2"), 2, "FIELD=VALUE"),
        (("import",), 2, "FILE"),
        (("--today", "20/11", "today"), 2, "--today"),
    ],
    ids=lambda held: " ".join(held) if isinstance(held, tuple) else "",
)
def test_an_error_says_where(line: Line, words: tuple[str, ...], code: int, where: str) -> None:
    done = line(*words, "--json")
    error = done.json["error"]
    assert (done.code, error["where"]) == (code, where)
    assert "\t" not in error["message"]
    assert done.err.count("\n") == 1


def test_a_wrong_date_in_the_environment_is_named(line: Line) -> None:
    done = line("today", "--json", today="soon")
    assert (done.code, done.json["error"]["where"]) == (2, "OUTREACH_TODAY")


def test_the_page_has_its_lists_and_its_plan_also_while_there_is_none(line: Line) -> None:
    page = line("child", line.ids["zoe"], "--json").json
    assert (page["agreements"], page["plan"], page["story"]) == ([], {}, [])


def test_lines_show_instants_by_the_clocks_of_england(line: Line) -> None:
    words = ("contact", "add", "tilly", "--kind", "call", "--at", "2026-07-10 09:15", "--json")
    made = line(*words, today="2026-07-13").json
    assert made["at"] == "2026-07-10T08:15:00Z"
    assert "Fri 10 Jul 2026 09:15" in line("show", made["id"]).out
    assert line("show", made["id"], "--json").json["fields"]["at"] == "2026-07-10T08:15:00Z"
    assert "Fri 10 Jul 2026 09:15" in line("history", made["id"], "--field", "at").out


def test_a_secret_or_a_backup_that_is_not_there_is_named(line: Line, tmp_path: Path) -> None:
    done = line("today", "--json", env={"OUTREACH_PASSPHRASE_FILE": str(tmp_path / "gone")})
    assert done.code == 4
    assert done.json["error"]["message"].startswith("gone is not there; check the name of the file")
    for words in (("restore", "gone.bak"), ("verify", "--backup", "gone.bak")):
        done = line(*words, "--json", cwd=tmp_path)
        assert (done.code, done.json["error"]["where"]) == (4, "gone.bak")
        assert "check the name of the backup" in done.json["error"]["message"]


def test_the_demo_lies_in_the_folder_that_the_environment_names(bare: Line, tmp_path: Path) -> None:
    made = bare("demo", "--no-open", "--json", env={"XDG_DATA_HOME": str(tmp_path / "share")})
    assert made.json["home"] == str(bare.home)
    again = bare("demo", "--no-open", "--json")
    assert (again.code, again.json["home"]) == (0, str(bare.home))


def test_a_demo_never_replaces_a_caseload(line: Line) -> None:
    done = line("demo", "--no-open", "--json")
    assert (done.code, done.json["error"]["code"]) == (5, "not-a-demo")
    assert line("child", "tilly").code == 0


@pytest.mark.parametrize(
    ("words", "period"),
    [
        ("--from 9/11 --to 23/11", ("2026-11-09", "2026-11-23")),
        ("--from 16/11 --to sun", ("2026-11-16", "2026-11-22")),
        ("--from 1/9/25 --to 31/7", ("2025-09-01", "2026-07-31")),
        ("--to 1/10", ("2026-09-01", "2026-10-01")),
        ("--to 2026-07-01", ("2025-09-01", "2026-07-01")),
        ("--from fri", ("2026-11-20", "2026-11-20")),
    ],
)
def test_a_period_is_read_as_it_is_typed(line: Line, words: str, period: tuple[str, str]) -> None:
    done = line("child", "tilly", *words.split(), "--json")
    counted = done.json["attendance"]
    assert (counted["from"], counted["to"]) == period, done.err


@pytest.mark.parametrize(
    ("words", "where"), [("--from +2w", "--from"), ("--from 2026-11-20 --to 2026-11-01", "--to")]
)
def test_no_period_ends_before_it_begins(line: Line, words: str, where: str) -> None:
    done = line("child", "tilly", *words.split(), "--json")
    assert (done.code, done.json["error"]["code"], done.json["error"]["where"]) == (4, "bad-period", where)
