"""`outreach disagree` from outside: raised, answered, taken up to the District Manager, and who sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from storage.home import Home
from tests.cli.conftest import Line, fill, secret_file
from tests.tools.vaults import PASSPHRASE

ABOUT = "Social care closed it; we think the risk stands"


def ok(line: Line, *words: str, **more: Any) -> Any:
    done = line(*words, "--json", **more)
    assert done.code == 0, done.err
    return done.json


def raised(line: Line, *words: str) -> Any:
    more = words or ("--on", "2026-11-09")
    return ok(line, "disagree", "add", line.ids["tilly"], "--about", ABOUT, "--with", "Mr Orr", *more)


def running(line: Line, **more: Any) -> list[tuple[str, str, bool]]:
    return [
        (c["rule"], c["due"], c["overdue"])
        for c in ok(line, "child", line.ids["tilly"], **more)["clocks"]
        if c["rule"] == "disagreement"
    ]


def test_it_goes_up_to_the_district_manager_and_ends_with_an_outcome(line: Line) -> None:
    first = raised(line)
    assert (first["level"], first["due"]) == ("practitioner", "2026-11-16")
    assert running(line) == [("disagreement", "2026-11-16", True)]
    rows = ok(line, "clocks")["rows"]
    (row,) = [row for row in rows if row["rule"] == "disagreement"]
    assert row["about"] == first["id"]
    assert row["kind"] == "working days"
    assert row["clears_with"] == "the outcome on record, or the disagreement taken to the next level"
    second = ok(line, "disagree", "escalate", first["id"], "--with", "Ms Hill, team manager")
    assert (second["level"], second["follows"], second["due"]) == ("team-manager", first["id"], "2026-11-27")
    assert running(line) == [("disagreement", "2026-11-27", False)]
    ok(line, "disagree", "answer", second["id"], "--outcome", "The decision stands", "--not-settled")
    assert running(line) == []
    third = ok(line, "disagree", "escalate", second["id"], "--with", "Mr Dean", "--about", "The same, again")
    ok(line, "disagree", "answer", third["id"], "--outcome", "Opened again")
    (thread,) = ok(line, "disagree", "list", line.ids["tilly"])
    assert [(s["level"], s["state"]) for s in thread["steps"]] == [
        ("practitioner", "taken further"),
        ("team-manager", "taken further"),
        ("district-manager", "settled"),
    ]
    shown = ok(line, "disagree", "show", third["id"])
    assert (shown["about"], shown["outcome"], shown["recorded_by"]) == (
        "The same, again",
        "Opened again",
        "Ana Bell",
    )
    text = line("disagree", "list", line.ids["tilly"]).out
    assert "district-manager" in text
    assert "settled" in text


def test_what_cannot_be_is_refused_with_its_reason(line: Line) -> None:
    one = raised(line, "--level", "district-manager", "--due", "2026-11-27")
    up = line("disagree", "escalate", one["id"], "--with", "Somebody")
    assert (up.code, "District Manager is the last" in up.err) == (5, True)
    empty = line("disagree", "answer", one["id"])
    assert (empty.code, "--outcome" in empty.err) == (4, True)
    assert ok(line, "disagree", "answer", one["id"], "--outcome", "Agreed")["state"] == "settled"
    again = line("disagree", "answer", one["id"], "--outcome", "No")
    assert (again.code, "settled on Fri 20 Nov 2026" in again.err) == (5, True)
    assert line("disagree", "show", line.ids["tilly"]).code == 4


def test_undo_brings_a_step_taken_further_back(line: Line) -> None:
    one = raised(line)
    ok(line, "disagree", "escalate", one["id"], "--with", "Ms Hill")
    assert line("undo").code == 0
    (thread,) = ok(line, "disagree", "list", line.ids["tilly"])
    assert [step["state"] for step in thread["steps"]] == ["waiting"]


@pytest.mark.parametrize(("agency", "sees"), [("voluntary", False), ("management", True)])
def test_it_is_for_those_who_see_safeguarding(tmp_path: Path, agency: str, sees: bool) -> None:
    ids = fill(Home(tmp_path / "home"), agency)
    line = Line(tmp_path / "home", secret_file(tmp_path, PASSPHRASE), ids)
    words = (line.ids["tilly"], "--about", ABOUT, "--with", "Mr Orr")
    done = line("disagree", "add", *words)
    assert done.code == (0 if sees else 5), done.err
    assert line("disagree", "list", line.ids["tilly"]).code == (0 if sees else 5)
    assert ("Withheld: Safeguarding is not part of voluntary's own work" in done.err) is not sees
