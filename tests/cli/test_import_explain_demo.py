"""`import`, `explain` and `demo` from the outside."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from casework.clocks import is_working_day
from casework.records_case import Episode, Notification, Plan, Review
from outreach_tui.cli import cli
from outreach_tui.demo.build import PASSPHRASE, build_demo
from outreach_tui.demo.people import invent
from storage.queries.tasks import read_clocks
from storage.store import Store
from storage.vault import Vault
from tests.cli.conftest import Line

DATA = Path(__file__).parents[1] / "data"
SAMPLES = DATA / "samples"
CASES = json.loads((DATA / "domain_cases.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_every_domain_case_comes_back_exactly(case: dict[str, object]) -> None:
    done = CliRunner().invoke(cli, ["explain", str(case["group"]), "--json"], input=json.dumps(case["input"]))
    assert done.exit_code == 0, done.output
    answer = json.loads(done.output)
    assert answer["result"] == case["expected"]
    assert answer["rule"] == case["group"]
    assert answer.keys() == {"rule", "source", "valid_from", "result", "reasons"}
    assert answer["reasons"]


def test_explain_needs_no_caseload(bare: Line) -> None:
    done = bare("explain", "upn_valid", "--json", stdin='{"upn": "U886009924001"}')
    assert done.json["result"] == {"valid": True}
    listed = bare("explain", "--list", "--json").json
    assert {row["rule"] for row in listed} > {case["group"] for case in CASES}
    assert {"lateness", "first_day_duties", "returns_due", "triage"} <= {row["rule"] for row in listed}
    assert "Rule:" in bare("explain", "upn-valid", stdin='{"upn": "U886009924001"}').out


@pytest.mark.parametrize("text", ["", "[", "[1]", '{"marks": 1}', "{}", "\xff", "[" * 100_000])
def test_explain_names_what_is_wrong_with_its_input(bare: Line, text: str) -> None:
    done = bare("explain", "attendance", "--json", stdin=text)
    assert done.code == 4, done.err
    assert done.json["error"]["where"]


def test_import_is_idempotent_and_a_dry_run_changes_nothing(line: Line) -> None:
    file = str(SAMPLES / "999001-register.csv")
    dry = line("import", file, "--dry-run", "--json")
    assert (dry.code, dry.json["dry_run"]) == (0, True)
    assert dry.json["files"][0]["children"]["new"] == 40
    first = line("import", file, "--json").json["files"][0]
    assert (first["format"], first["school"], first["marks"]["new"]) == ("register-long", "999001", 3840)
    again = line("import", file, "--json").json["files"][0]
    assert again["marks"] == {"read": 3840, "new": 0, "changed": 0, "unchanged": 3840}
    assert again["children"] == {"new": 0, "matched": 40, "changed": 0}


def test_bad_rows_are_set_aside_and_good_ones_land(line: Line, tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text(
        "UPN,Legal Surname,Legal Forename,Reg,Date,Session,Mark\n"
        "P886009925117,Reed,Ben,4B,20/11/2026,AM,I\n"
        "P886009925117,Reed,Ben,4B,20/11/2026,PM,QQ\n"
        "C896009923042,=cmd,Ann,4B,20/11/2026,AM,/\n"
    )
    done = line("import", str(path), "--school", "999001", "--json")
    assert done.code == 1, done.err
    rejected = done.json["files"][0]["rejected"]
    assert {(r["line"], r["column"]) for r in rejected} >= {(3, "Mark")}
    assert all(r.keys() >= {"line", "column", "value", "reason"} for r in rejected)
    assert line("child", "P886009925117").code == 0
    text = line("import", str(path), "--school", "999001").out
    assert "Set aside" in text


def test_a_file_that_cannot_be_read_stops_only_itself(line: Line, tmp_path: Path) -> None:
    path = tmp_path / "noise.csv"
    path.write_bytes(bytes(range(256)) * 40)
    done = line("import", str(path), str(SAMPLES / "999002-marks.csv"), "--json")
    assert done.code == 4
    assert done.json["error"]["message"]
    assert [bool(f.get("error")) for f in done.json["files"]] == [True, False]
    assert done.json["files"][1]["marks"]["new"] > 0
    alone = line("import", str(tmp_path / "not-there.csv"))
    assert alone.code == 4


def test_the_demo_says_that_nobody_exists(bare: Line) -> None:
    made = bare("--home", str(bare.home), "demo", "--no-open", "--json", "--seed", "3")
    assert made.code == 0, made.err
    assert "Nobody in this demo exists" in made.err
    assert made.json["children"] > 0
    bare.secret.write_text(made.json["passphrase"])
    done = bare("--home", made.json["home"], "--today", made.json["today"], "today", "--json", today=None)
    assert done.code == 0, done.err
    assert len(done.json["rows"]) == made.json["open"]


def test_the_first_names_of_the_demo_fit_their_titles() -> None:
    named: dict[str, set[str]] = {}
    for child in invent(1, date(2026, 11, 20)):
        for adult in child.adults:
            named.setdefault(adult.title, set()).add(adult.forename)
    assert len(named["Mr"]) > 4
    assert not named["Mr"] & (named["Ms"] | named["Mrs"])


@pytest.mark.parametrize("seed", ["1", "8"])
def test_the_demo_has_a_disagreement_that_waits_one_overdue_and_one_settled(bare: Line, seed: str) -> None:
    made = bare("--home", str(bare.home), "demo", "--no-open", "--json", "--seed", seed)
    bare.secret.write_text(made.json["passphrase"])

    def run(*words: str) -> Any:
        done = bare("--home", made.json["home"], "--today", made.json["today"], *words, "--json", today=None)
        assert done.code == 0, done.err
        return done.json

    clocks = run("clocks", "--all")["rows"]
    running = [row for row in clocks if row["rule"] == "disagreement"]
    assert [row["overdue"] for row in running] == [True, False]
    children = {row["child"]["id"] for row in clocks}
    steps = [step for child in children for held in run("disagree", "list", child) for step in held["steps"]]
    assert sorted((step["level"], step["state"]) for step in steps) == [
        ("district-manager", "settled"),
        ("practitioner", "taken further"),
        ("practitioner", "taken further"),
        ("practitioner", "waiting"),
        ("team-manager", "taken further"),
        ("team-manager", "waiting"),
    ]


def test_the_work_of_the_demo_was_done_on_working_days_and_its_clocks_start_there(tmp_path: Path) -> None:
    # Played on a Monday: two days before it, as each notification once was, is a Saturday.
    monday = date(2026, 11, 16)
    now = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
    made = build_demo(tmp_path / "demo", seed=1, actual=monday, now=lambda: now, say=lambda _: None)
    assert made.today == monday
    key = Vault.load(made.home).unlock(bytearray(PASSPHRASE.encode()), now=now)
    store = Store.open(made.home.database, key, now=lambda: now, today=made.today)
    try:
        episodes, plans, reviews = store.find(Episode), store.find(Plan), store.find(Review)
        notified = {one.id: one.received for one in store.find(Notification)}
        clocks = [row.task for row in read_clocks(store).rows if row.task.rule == "assessment"]
    finally:
        store.close()
    days = [
        *notified.values(),
        *(day for e in episodes for day in (e.referred, e.opened) if day),
        *(day for p in plans for day in (p.started, p.next_review) if day),
        *(day for r in reviews for day in (r.held_on, r.next_review) if day),
    ]
    assert [day for day in days if not is_working_day(day)] == []
    starts = {task.about: task.start for task in clocks}
    # Within two weeks of the notification (Kent's scorecard; DOMAIN 2.2).
    ran = {e.id: notified[e.notification] for e in episodes if e.notification and e.id in starts}
    assert ran
    assert {about: starts[about] for about in ran} == ran


def test_a_demo_leaves_no_register_and_says_what_it_replaces(bare: Line, tmp_path: Path) -> None:
    first = bare("--home", str(bare.home), "demo", "--no-open", "--json")
    assert first.json["registers"] is None
    assert "replaces" not in first.err
    readable = [
        path.name for path in bare.home.rglob("*") if path.suffix in {".csv", ".xlsx", ".xml", ".txt"}
    ]
    assert readable == []
    marker = bare.home / "outreach-demo"
    assert marker.stat().st_mode & 0o077 == 0
    kept = tmp_path / "registers"
    again = bare("--home", str(bare.home), "demo", "--no-open", "--json", "--registers", str(kept))
    assert "This replaces the demo of" in again.err
    assert again.json["registers"] == str(kept)
    assert list(kept.iterdir())


def test_a_register_without_its_school_is_taken_where_its_children_are(line: Line, tmp_path: Path) -> None:
    known = SAMPLES / "999001-register.csv"
    assert line("import", str(known), "--json").code == 0
    bare_name = tmp_path / "week 47.csv"
    bare_name.write_bytes(known.read_bytes())
    done = line("import", str(bare_name), "--json")
    assert done.code == 0, done.err
    (file,) = done.json["files"]
    assert file["school"] == "999001"
    assert any("40 of its 40 UPNs" in sentence for sentence in file["warnings"])
    strange = tmp_path / "other.csv"
    strange.write_text("UPN,Surname,Forename,Date,Session,Mark\nA009900000012,Noone,Known,16/11/2026,AM,N\n")
    refused = line("import", str(strange))
    assert refused.code == 4
    assert "Give --school URN" in refused.err


def test_a_schools_mapping_is_shown_and_removed_and_comes_back_by_undo(line: Line, tmp_path: Path) -> None:
    assert line("school", "mapping", "999001", "--json").json["mapping"] is None
    assert "No mapping is saved" in line("school", "mapping", "999001").out
    layout = tmp_path / "layout.json"
    layout.write_text('{"codes": {"HOL": "G"}}')
    path = tmp_path / "marks.csv"
    path.write_text("UPN,Surname,Forename,Date,Session,Mark\nU886009924001,Marsh,Tilly,16/11/2026,AM,HOL\n")
    assert line("import", str(path), "--school", "999001", "--mapping", str(layout)).code == 0
    shown = line("school", "mapping", "999001", "--json").json
    assert (shown["mapping"]["codes"], shown["removed"]) == ({"HOL": "G"}, False)
    assert '"HOL": "G"' in line("school", "mapping", "999001").out
    assert line("school", "mapping", "999001", "--remove", "--json").json["removed"] is True
    assert line("school", "mapping", "999001", "--json").json["mapping"] is None
    assert line("import", str(path), "--school", "999001").code == 1
    line("undo")
    assert line("school", "mapping", "999001", "--json").json["mapping"] is not None
    assert line("school", "mapping", "999008").code == 4


def test_a_register_of_another_school_needs_moved(line: Line, tmp_path: Path) -> None:
    week = SAMPLES / "999005-week-2026-11-16.csv"
    ctf = next(SAMPLES.glob("8860095_CTF_*.xml"))
    assert line("import", str(ctf)).code in {0, 1}
    done = line("import", str(week), "--school", "999001", "--json")
    assert (done.code, done.json["error"]["code"]) == (4, "another-roll")
    assert "or --moved if the children have moved" in done.json["error"]["message"]
    assert done.json["files"][0]["applied"] is False
    assert line("import", str(week), "--school", "999001", "--moved").code in {0, 1}
