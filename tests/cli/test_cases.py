"""Whole cases by the command line, from a school's notification to closure, each against its clocks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from storage.home import Home
from tests.cli.conftest import Line, fill, secret_file
from tests.tools.vaults import PASSPHRASE

MOTHER = ("--by", "Jo Marsh", "--relationship", "mother", "--responsibility", "yes")
NOTIFIED = (
    *("--from", "Mr Orr", "--school", "999001", "--concern", "Away most Mondays"),
    *("--offered", "Breakfast club, no change", "--outcome", "In school every day"),
    *("--voice", "I worry about Mum", "--heard-by", "Mr Orr"),
)


def done(line: Line, *words: str, today: str, code: int = 0) -> Any:
    """What a command gives on a day, as JSON."""
    given = line(*words, "--json", today=today)
    assert given.code == code, (words, given.err)
    return given.json


def opened(line: Line, child: str, received: str) -> tuple[Any, Any]:
    """A whole notification, taken by the worker the next day."""
    notified = done(
        line,
        *("notify", "add", child, *NOTIFIED, "--received", received, "--heard-on", received),
        today=received,
    )
    day = f"{received[:8]}{int(received[8:]) + 1:02d}"
    return notified, done(line, "allocate", notified["id"], "--to", "Ana Bell", today=day)


def test_a_family_that_agrees_from_notification_to_closure(line: Line) -> None:
    tilly = line.ids["tilly"]
    notified, taken = opened(line, tilly, "2026-09-07")
    assert (notified["allocate_by"], taken["in_time"], taken["number"]) == ("2026-09-11", True, 1)
    given = done(
        line,
        *("consent", "record", tilly, *MOTHER, "--status", "given", "--agencies", "school"),
        *("--categories", "family", "--purposes", "planning", "--expires", "2027-03-01"),
        today="2026-09-09",
    )
    spoken = done(line, "notify", "contacted", notified["id"], "--with", "Mr Orr", today="2026-09-09")
    assert spoken["feedback"] == "full"
    plan = done(line, "plan", "add", tilly, today="2026-09-21")
    goal = done(
        line,
        *("plan", "outcome", plan["id"], "--text", "We are on time", "--baseline", "late 4 in 5"),
        *("--measure", "late less than 1 in 5"),
        today="2026-09-21",
    )
    step = done(
        line,
        *(
            "plan",
            "action",
            goal["id"],
            "--text",
            "Ring the bus company",
            "--owner",
            "Jo",
            "--due",
            "2026-10-02",
        ),
        today="2026-09-21",
    )
    due = [
        row
        for row in done(line, "child", tilly, today="2026-09-22")["clocks"]
        if row["rule"] == "plan-review"
    ]
    assert [(row["due"], row["overdue"]) for row in due] == [("2026-11-02", False)]
    done(line, "plan", "do", step["id"], "--status", "done", today="2026-10-01")
    held = (
        "review",
        plan["id"],
        "--on",
        "2026-10-30",
        "--next",
        "2026-12-11",
        "--progress",
        "On time most days",
    )
    done(line, *held, today="2026-10-30")
    closed = done(
        line, "close", tilly, "--reason", "outcomes-achieved", "--views", "It helped", today="2026-11-20"
    )
    assert closed["id"]
    check = ("consent", "check", tilly, "--agency", "school", "--category", "family", "--purpose", "planning")
    assert done(line, *check, today="2026-11-20")["agreement"] == given["id"]
    assert done(line, "notify", "show", notified["id"], today="2026-11-20")["status"] == "closed"


def test_a_withdrawal_midway_and_a_re_referral_counted_both_ways(line: Line) -> None:
    tilly = line.ids["tilly"]
    opened(line, tilly, "2026-03-02")
    given = done(
        line,
        *("consent", "record", tilly, *MOTHER, "--status", "given", "--agencies", "school,school-nursing"),
        *("--categories", "family,health", "--purposes", "all"),
        today="2026-03-04",
    )
    asked = (
        "consent",
        "check",
        tilly,
        "--agency",
        "school-nursing",
        "--category",
        "family",
        "--purpose",
        "support",
    )
    assert done(line, *asked, today="2026-03-05")["answer"] == "yes"
    done(line, "consent", "withdraw", given["id"], "--reason", "too many people", today="2026-04-01")
    assert done(line, *asked, today="2026-04-01", code=5)["answer"] == "no"
    closed = done(
        line,
        *("close", tilly, "--reason", "agreement-withdrawn", "--told", "Mr Orr"),
        today="2026-04-02",
    )
    assert closed["id"]
    again, taken = opened(line, tilly, "2026-11-02")
    assert again["re_referral"] == {"from_referral": True, "from_closure": True}
    assert taken["number"] == 2
    assert done(line, *asked, today="2026-11-04", code=5)["answer"] == "no", (
        "nothing revives what was withdrawn"
    )


def test_who_leads_can_close_after_a_withdrawal_but_reads_no_plan(tmp_path: Path) -> None:
    ids = fill(Home(tmp_path / "home"), "inclusion-attendance")
    line = Line(tmp_path / "home", secret_file(tmp_path, PASSPHRASE), ids)
    tilly, day = ids["tilly"], "2026-11-20"
    opened(line, tilly, "2026-11-16")
    given = done(
        line,
        *("consent", "record", tilly, *MOTHER, "--status", "given", "--agencies", "inclusion-attendance"),
        *("--categories", "family", "--purposes", "planning"),
        today=day,
    )
    plan = done(line, "plan", "add", tilly, today=day)["id"]
    done(line, "consent", "withdraw", given["id"], "--reason", "changed her mind", today=day)
    done(line, "plan", "show", tilly, today=day, code=5)
    shown = line("show", plan, today=day).out + line("history", plan, today=day).out
    assert "2027-01-04" not in shown, "the day of its review is the family's"
    assert "4 Jan 2027" not in shown
    done(line, "edit", plan, "next_review=2027-02-02", today=day, code=5)
    joined = done(line, "close", tilly, "--join", today=day, code=5)
    assert joined["error"]["code"] == "one-case", "it is theirs to join, where there are two"
    assert done(line, "close", tilly, "--reason", "agreement-withdrawn", today=day)["closed"] == day


def test_a_case_that_comes_back_on_the_day_it_closed_is_told_in_order(line: Line) -> None:
    tilly, day = line.ids["tilly"], "2026-09-07"
    for number in (1, 2):
        come = (*NOTIFIED, "--received", day, "--heard-on", day)
        notified = done(line, "notify", "add", tilly, *come, today=day)
        taken = done(line, "allocate", notified["id"], "--to", "Ana Bell", today=day)
        assert taken["number"] == number
        if number == 1:
            assert notified["re_referral"]["from_referral"] is None
            done(line, "close", tilly, "--reason", "outcomes-achieved", today=day)
    shown = done(line, "notify", "show", notified["id"], today=day)
    assert shown["re_referral"] == {"from_referral": True, "from_closure": True}
    page = done(line, "child", tilly, today=day)
    assert page["case"]["episodes"][0]["re_referral"]["from_referral"] is True
    titles = [entry["title"].partition(":")[0] for entry in page["story"] if entry["kind"] == "episode"]
    assert titles == ["Case opened again (number 2)", "Case closed", "Case opened"]
