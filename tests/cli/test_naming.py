"""Naming records, fields and days: what is said where something does not fit, and what a name may hold."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from casework.edits import Edit, create
from casework.ids import new_id
from casework.records import Child, Flag, Household, Record, Team, Worker
from outreach_tui import cli
from storage.home import Home
from storage.store import Store
from storage.vault import Vault
from tests.cli.conftest import Line
from tests.tools.vaults import PASSPHRASE


def bring_in(line: Line, *records: Record) -> None:
    home = Home(line.home)
    now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    key = Vault.load(home).unlock(PASSPHRASE, now=now)
    store = Store.open(home.database, key, now=lambda: now, today=date(2026, 11, 20))
    store.journal.commit(Edit("Bring in", tuple(create(record) for record in records)), kind="setup")
    store.close()


def test_objects_say_the_date_that_was_set_and_lists_stay_lists(line: Line) -> None:
    answer = line("today", "--json").json
    assert (answer["today"], answer["today_set"], answer["date"]) == ("2026-11-20", True, "2026-11-20")
    assert isinstance(line("team", "list", "--json").json, list)
    assert "today_set" not in line("today", "--json", today=None).json


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("child", "tilly", "--from", "31/2"), "--from"),
        (("follow-up", "tilly", "--outcome", "spoke", "--on", "smarch"), "--on"),
        (("follow-up", "tilly", "--outcome", "spoke", "--at", "25:00"), "--at"),
        (("child", "sam orr"), "CHILD"),
        (("log", "--child", "sam orr"), "--child"),
        (("show", "ffffffff"), "RECORD"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_an_error_names_the_option_or_argument(line: Line, words: tuple[str, ...], where: str) -> None:
    done = line(*words, "--json")
    assert (done.code, done.json["error"]["where"]) == (4, where)


def test_records_of_one_prefix_are_told_apart_and_the_rest_counted(line: Line) -> None:
    done = line("show", line.ids["tilly"][:8], "--json")
    error = done.json["error"]
    labels = [candidate["label"] for candidate in error["candidates"]]
    assert len(labels) == 10
    assert error["more"] == int(error["message"].split()[3]) - 10 > 0
    assert f"and {error['more']} more" in done.err
    assert labels[0] == "Tilly Marsh, Oakhanger Primary, born 2017"
    assert "attendance_week" not in " ".join(labels)
    assert line.ids["hidden"] not in done.out


def test_a_hidden_record_is_not_counted_among_those_of_one_prefix(line: Line) -> None:
    start, last = line.ids["tilly"][:-1], line.ids["tilly"][-1]
    other, hidden = [start + digit for digit in "0123" if digit != last][:2]
    bring_in(
        line,
        Child(id=other, surname="Tarn", forename="Kit"),
        Flag(id=hidden, child=line.ids["tilly"], kind="youth-justice"),
    )
    error = line("show", start, "--json").json["error"]
    assert {candidate["id"] for candidate in error["candidates"]} == {line.ids["tilly"], other}
    assert error["message"].startswith("That id fits 2 records")
    assert "more" not in error


def test_namesakes_beyond_the_list_are_counted(line: Line) -> None:
    bring_in(line, *(Child(id=new_id(), surname="Tarn", forename="Kit") for _ in range(13)))
    done = line("child", "kit tarn", "--json")
    assert (len(done.json["error"]["candidates"]), done.json["error"]["more"]) == (10, 3)
    assert "  and 3 more" in done.err


def test_a_former_upn_is_checked_like_a_upn(line: Line) -> None:
    done = line("edit", line.ids["ben"], "former_upns+=U886009924002")
    assert done.code == 0
    assert "Warning: former_upns:" in done.err
    again = line("edit", line.ids["ben"], "former_upns+=U886009924001;U886009924002", "language=Polish")
    assert "former_upns: The" not in again.err.replace("U886009924002", "")


def test_a_field_is_set_once(line: Line) -> None:
    done = line("edit", line.ids["tilly"], "language=Polish", "language=Czech", "--json")
    assert (done.code, done.json["error"]["code"]) == (2, "usage")
    assert "language is given twice" in done.err
    assert line("edit", line.ids["tilly"], "tags+=a", "tags+=b").code == 0


@pytest.mark.parametrize("value", ["=1+1", "@SUM(A1)", "Sun\u202eny", "S\x1b[31mun", "+x", "-x"])
def test_a_name_is_held_to_the_rule_of_imports(line: Line, value: str) -> None:
    for change in (f"known_as={value}", f"former_names+={value}"):
        done = line("edit", line.ids["tilly"], change, "--json")
        assert done.code == 4, done.out
        assert done.json["error"]["where"] == change.partition("=")[0].rstrip("+")
        assert "1+1" not in done.err
    assert line("undo", "--list", "--json").json == []


def test_a_name_of_the_caseload_with_a_formula_can_be_mended(line: Line) -> None:
    assert line("edit", line.ids["eve"], "forename=Eve", "surname=Cole").code == 0


def test_teams_and_workers_are_listed_and_named(line: Line) -> None:
    team = Team(id=new_id(), name="Team A", district="Thanet")
    bring_in(line, team, Worker(id=new_id(), name="Ola Reed", agency="school", team=team.id))
    teams = line("team", "list", "--json").json
    assert [(t["name"], t["workers"], t["yours"]) for t in teams] == [
        ("Swale", 1, True),
        ("Team A", 1, False),
    ]
    workers = line("worker", "list", "--json").json
    assert [(w["name"], w["team"], w["you"]) for w in workers] == [
        ("Ana Bell", "Swale", True),
        ("Ola Reed", "Team A", False),
    ]
    assert "Thanet" in line("team", "list").out
    assert "Ola Reed" in line("worker", "list").out

    done = line("edit", line.ids["tilly"], "team=team a", "lead_worker=OLA REED", "household=", "--json")
    assert done.code == 0, done.err
    new = {change["field"]: change["new"] for change in done.json["changed"]}
    assert new == {"team": team.id, "lead_worker": workers[1]["id"], "household": None}
    assert line("edit", line.ids["tilly"], "household=marsh").code == 0

    unknown = line("edit", line.ids["tilly"], "team=Team B", "--json")
    assert (unknown.code, unknown.json["error"]["where"]) == (4, "team")
    assert "there is Swale, Team A" in unknown.json["error"]["message"]
    assert "outreach team list" in unknown.json["error"]["message"]


def test_a_name_of_several_lists_them_and_no_family_is_named(line: Line) -> None:
    bring_in(line, Household(id=new_id(), name="Marsh"))
    done = line("edit", line.ids["ben"], "household=Marsh", "--json")
    assert (done.code, done.json["error"]["code"]) == (4, "several-match")
    assert len(done.json["error"]["candidates"]) == 2
    unknown = line("edit", line.ids["ben"], "household=Orr", "--json")
    assert unknown.code == 4
    assert "Marsh" not in unknown.err


def test_a_fault_of_the_database_has_a_code_for_the_support(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import re
    from pathlib import Path

    from storage.faults import DATABASE_ERRORS, from_database

    def fails(**_: object) -> None:
        cause = DATABASE_ERRORS[1]("no such column: Tilly Marsh")
        raise from_database(cause, Path("caseload.db")) from cause

    monkeypatch.setattr(cli.cli, "main", fails)
    assert cli.run(["today", "--json"]) == 70
    said = capsys.readouterr()
    assert re.search(r"Tell your support: [0-9A-Z]{4}-[0-9A-Z]{4}\.", said.err)
    assert re.search(r"Tell your support: [0-9A-Z]{4}-[0-9A-Z]{4}\.", said.out)
    assert "Tilly" not in said.out + said.err
