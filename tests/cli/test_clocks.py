"""`outreach clocks` from outside: a case's clocks as they come and go, grouped, paused, snoozed and woken."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from casework.edits import Edit, create
from casework.ids import new_id
from casework.records_case import Plan
from storage.home import Home
from storage.store import Store
from storage.vault import Vault
from tests.cli.conftest import Line
from tests.tools.vaults import PASSPHRASE

PARTS = (
    *("--concern", "Away most Mondays", "--offered", "Breakfast club, no change"),
    *("--outcome", "In school every day", "--voice", "I worry about Mum"),
    *("--heard-by", "Mr Orr", "--heard-on", "2026-11-06"),
)


def notified(line: Line, child: str = "tilly") -> str:
    words = ("--from", "Mr Orr", "--school", "999001", "--received", "2026-11-18", *PARTS, "--json")
    done = line("notify", "add", line.ids[child], *words)
    assert done.code == 0, done.err
    return str(done.json["id"])


def allocated(line: Line, child: str = "tilly") -> str:
    one = notified(line, child)
    assert line("allocate", one, "--to", "Ana Bell").code == 0
    return one


def clocks(line: Line, *words: str, **more: Any) -> Any:
    done = line("clocks", *words, "--json", **more)
    assert done.code == 0, done.err
    return done.json


def rules(line: Line, *words: str, **more: Any) -> list[str]:
    return [row["rule"] for row in clocks(line, *words, **more)["rows"]]


def test_nothing_runs_in_a_caseload_without_cases(line: Line) -> None:
    found = clocks(line)
    assert (found["rows"], found["counts"]["overdue"]) == ([], 0)
    assert "Clocks of Fri 20 Nov 2026: 0 overdue, 0 due today, 0 to come." in line("clocks").out


def test_a_case_walks_through_its_clocks(line: Line) -> None:
    one = notified(line)
    (row,) = clocks(line)["rows"]
    assert (row["rule"], row["start"], row["due"], row["left"]) == (
        "allocation",
        "2026-11-18",
        "2026-11-24",
        2,
    )
    assert row["kind"] == "working days"
    assert (row["child"]["name"], row["about"], row["paused"]) == ("Tilly Marsh", one, None)
    assert (row["stops_with"], row["clears_with"]) == (
        "more information asked of the notifier",
        "a worker allocated",
    )
    line("allocate", one, "--to", "Ana Bell")
    assert rules(line) == ["notifier-contact", "n-code", "first-visit", "assessment"]
    line("contact", "add", line.ids["tilly"], "--kind", "call", "--outcome", "parent")
    assert rules(line) == ["notifier-contact", "n-code", "first-visit", "assessment"]
    line("notify", "contacted", one, "--with", "Mr Orr")
    line("contact", "add", line.ids["tilly"], "--kind", "home-visit", "--outcome", "no-reply")
    assert rules(line) == ["n-code", "assessment"]
    assert rules(line, today="2026-12-04") == ["n-code", "assessment", "contact"]
    line("contact", "add", line.ids["tilly"], "--kind", "text", "--outcome", "no-reply", today="2026-12-04")
    assert rules(line, today="2026-12-04") == ["n-code", "assessment"]


def test_asking_for_more_leaves_the_row_and_says_why_it_stands(line: Line) -> None:
    one = notified(line)
    line("notify", "need-information", one, "--reason", "which siblings?")
    (row,) = clocks(line)["rows"]
    assert (row["due"], row["left"], row["group"]) == (None, None, "Standing still")
    assert "the clock stands until it has the information asked for on Fri 20 Nov 2026" in row["text"]


def test_the_list_groups_by_family_and_by_school_visit(line: Line) -> None:
    allocated(line)
    allocated(line, "zoe")
    by = clocks(line, "--by", "school")["rows"]
    assert list(dict.fromkeys(row["group"] for row in by)) == [
        "While you are at Oakhanger Primary",
        "While you are at Harbour View",
    ]
    assert {row["group"] for row in clocks(line, "--by", "family")["rows"]} == {"Marsh", "Zoë (Zo) Łukasik"}
    text = line("clocks", "--by", "school").out
    assert "While you are at Harbour View\n" in text
    assert "    cleared by: a visit or meeting on record, whoever was in\n" in text
    assert line("clocks", "--by", "colour").code == 2


def test_a_pause_hides_a_row_until_its_day_and_is_counted(line: Line) -> None:
    allocated(line)
    visit = next(row for row in clocks(line)["rows"] if row["rule"] == "first-visit")
    several = line("clocks", "pause", visit["about"], "--reason", "abroad", "--until", "+2w", "--json")
    assert (several.code, several.json["error"]["code"]) == (4, "several-clocks")
    words = ("pause", visit["about"], "--clock", "first-visit", "--reason", "abroad", "--until", "+2w")
    made = line("clocks", *words, "--json")
    assert made.code == 0, made.err
    assert (made.json["until"], made.json["kind"]) == ("2026-12-04", "pause")
    assert "Fri 4 Dec 2026" in made.err
    assert "first-visit" not in rules(line)
    assert clocks(line)["counts"]["paused"] == 1
    (held,) = [row for row in clocks(line, "--all")["rows"] if row["paused"]]
    assert held["paused"] == {"kind": "pause", "reason": "abroad", "until": "2026-12-04"}
    assert "paused until Fri 4 Dec 2026: abroad" in line("clocks", "--all").out
    assert line("clocks", *words).code == 5
    assert "first-visit" not in rules(line, today="2026-12-03")
    assert "first-visit" in rules(line, today="2026-12-04")
    assert line("clocks", "wake", visit["about"], "--clock", "first-visit").code == 0
    assert "first-visit" in rules(line)
    assert line("clocks", "wake", visit["about"], "--clock", "first-visit").code == 5


def test_a_snooze_needs_a_reason_and_a_day_to_come_and_is_undone(line: Line) -> None:
    one = allocated(line)
    for reason, until in ((" ", "+2w"), ("later", "2026-11-20"), ("later", "2027-11-20")):
        assert line("clocks", "snooze", one, "--reason", reason, "--until", until).code == 4
    assert line("clocks", "snooze", one, "--until", "+2w").code == 2
    assert line("clocks", "snooze", new_id(), "--reason", "later", "--until", "+2w").code == 4
    assert line("clocks", "snooze", one[:13], "--reason", "later", "--until", "mon").code == 0
    assert clocks(line)["counts"]["snoozed"] == 1
    assert "notifier-contact" not in rules(line, today="2026-11-22")
    assert line("undo").code == 0
    assert "notifier-contact" in rules(line)


def test_a_plan_made_by_another_hand_is_listed_and_looking_is_logged(line: Line) -> None:
    allocated(line)
    now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    home = Home(line.home)
    key = Vault.load(home).unlock(PASSPHRASE, now=now)
    store = Store.open(home.database, key, now=lambda: now, today=date(2026, 11, 20))
    plan = Plan(
        id=new_id(),
        child=line.ids["tilly"],
        started=date(2026, 11, 18),
        next_review=date(2026, 11, 19),
        by=line.ids["worker"],
    )
    store.journal.commit(Edit("Plan started", (create(plan),), subject=plan.child))
    store.close()
    first = clocks(line)["rows"][0]
    assert (first["rule"], first["overdue"], first["left"]) == ("plan-review", True, -1)
    assert any(entry["detail"].startswith("clocks (") for entry in line("log", "--json").json)
