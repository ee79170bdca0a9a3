"""`outreach sheet`: what is passed on to the office and what is taken along to a visit."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.home import Home
from tests.cli.conftest import Line, fill, secret_file
from tests.tools.vaults import PASSPHRASE


def lines(line: Line, name: str, **more: str) -> list[str]:
    given = line("sheet", name, "--json", **more)
    assert given.code == 0, given.err
    found: list[str] = given.json["lines"]
    return found


def test_the_office_gets_what_is_due_and_what_families_said(line: Line) -> None:
    assert lines(line, "office") == ["No N mark is due or overdue, and no reason waits for the office."]
    given = line("follow-up", line.ids["ben"], "--outcome", "reason", "--reason", "I", "--json")
    assert given.code == 0, given.err
    # Ben's N of Fri 20 Nov: five school days later is Fri 27 Nov.
    assert lines(line, "office") == [
        "N codes and reasons for the office, Fri 20 Nov 2026",
        "",
        "Oakhanger Primary",
        "Ben Marsh: Fri 20 Nov 2026 AM, the family gave I; due Fri 27 Nov 2026.",
        "",
        "The school decides which code is entered.",
    ]
    # Tilly's first N is that of Wed 18 Nov: due on Wed 25 Nov, overdue the day after.
    on_the_day = lines(line, "office", today="2026-11-25")
    assert "Tilly Marsh: Wed 18 Nov 2026 AM and PM, no reason known; due today." in on_the_day
    after = lines(line, "office", today="2026-11-26")
    assert "Tilly Marsh: Wed 18 Nov 2026 AM and PM, no reason known; overdue since Wed 25 Nov 2026." in after
    assert "exported" in {entry["verb"] for entry in line("log", "--json").json}


def test_a_visit_is_taken_along_without_a_protected_address(line: Line) -> None:
    assert lines(line, "visits") == ["No visit is planned."]
    assert line("follow-up", line.ids["tilly"], "--outcome", "visit-planned").code == 0
    told = line("sheet", "visits")
    assert told.code == 0, told.err
    assert "Address: 3 Quay Lane" in told.out
    assert "Jo Marsh (mother): 07700 900001" in told.out
    assert "No risk to visitors is on record" in told.out
    assert "Secret Row" not in told.out
    assert line("edit", line.ids["household"], "address_protected=true").code == 0
    told = line("sheet", "visits")
    assert "! ADDRESS PROTECTED" in told.out
    assert "Quay Lane" not in told.out
    assert line("follow-up", line.ids["tilly"], "--outcome", "seen").code == 0
    assert lines(line, "visits") == ["No visit is planned."]


def test_a_risk_that_a_school_told_of_is_taken_along(line: Line) -> None:
    told = ("--risks", "Large dog; do not go to Quay Ln alone", "--concern", "Not in school")
    given = line(
        *("notify", "add", line.ids["tilly"], "--from", "Ms Sample", "--school", "999001"),
        *("--received", "2026-11-18", *told),
    )
    assert given.code == 0, given.err
    assert line("follow-up", line.ids["tilly"], "--outcome", "visit-planned").code == 0
    sheet = lines(line, "visits")
    words = "Large dog; do not go to Quay Ln alone"
    assert f"  ! RISK TOLD BY Ms Sample, Wed 18 Nov 2026: {words}" in sheet
    assert not any("No risk" in said for said in sheet)
    (risk,) = line("child", line.ids["tilly"], "--json").json["risks"]
    assert (risk["by"], risk["on"], risk["text"]) == ("Ms Sample", "2026-11-18", words)
    assert words in line("child", line.ids["tilly"]).out
    assert line("edit", line.ids["household"], "address_protected=true").code == 0
    assert any("Large dog; do not go to (address not given) alone" in said for said in lines(line, "visits"))


@pytest.mark.parametrize("name", ["office", "visits"])
def test_who_may_not_see_attendance_gets_an_empty_sheet(tmp_path: Path, name: str) -> None:
    ids = fill(Home(tmp_path / "home"), "school-nursing")
    nurse = Line(tmp_path / "home", secret_file(tmp_path, PASSPHRASE), ids)
    (only,) = lines(nurse, name, today="2026-11-27")
    assert only.startswith("No ")
