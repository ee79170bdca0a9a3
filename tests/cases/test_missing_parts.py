"""A notification with parts missing, over a bank holiday and half term, from a family that did not agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.steps import Case
from tests.cli.conftest import Line

TERMS = "kind,name,start,end\nterm,Term 5,2026-04-13,2026-05-22\nterm,Term 6,2026-06-01,2026-07-22\n"
"""Half term is 25 to 29 May; the spring bank holiday is Monday 25 May."""
MARKS = (
    "UPN,Legal Surname,Legal Forename,Reg,Date,Session,Mark\n"
    "U886009924001,Marsh,Tilly,4B,21/05/2026,AM,N\n"
    "U886009924001,Marsh,Tilly,4B,21/05/2026,PM,/\n"
)


@pytest.fixture
def case(line: Line, tmp_path: Path) -> Case:
    """Tilly's, with the summer's terms and one N mark before half term."""
    (tmp_path / "terms.csv").write_text(TERMS)
    (tmp_path / "marks.csv").write_text(MARKS)
    given = line("school", "calendar", "999001", str(tmp_path / "terms.csv"))
    assert given.code == 0, given.err
    given = line("import", str(tmp_path / "marks.csv"), "--school", "999001", today="2026-05-21")
    assert given.code == 0, given.err
    return Case(line, line.ids["tilly"])


def arrived(case: Case) -> str:
    """The notification as it came on Monday 18 May, without the child's voice."""
    made = case(
        "2026-05-18",
        *("notify", "add", case.child, "--from", "Mr Orr", "--school", "999001", "--received", "2026-05-18"),
        *("--concern", "Away most Mondays", "--offered", "Breakfast club", "--outcome", "In every day"),
    )
    assert (made["ready"], made["allocate_by"], made["status"]) == (False, None, "notified")
    assert made["missing"] == ["the child's voice, in their own words"]
    return str(made["id"])


def complete(case: Case, one: str) -> None:
    """The voice comes on Tuesday, who listened and when on Wednesday; more is asked for on Thursday."""
    told = case("2026-05-19", "notify", "information", one, "--voice", "I worry about Mum")
    assert told["missing"] == ["who listened to the child", "when the child was heard"]
    assert told["allocate_by"] is None
    heard = ("--heard-by", "Mr Orr", "--heard-on", "2026-05-19")
    told = case("2026-05-20", "notify", "information", one, *heard)
    # Working days after Wed 20 May: Thu 21, Fri 22, Tue 26, Wed 27. Mon 25 is a bank holiday; half term
    # counts.
    assert (told["ready"], told["allocate_by"]) == (True, "2026-05-27")
    asked = case("2026-05-21", "notify", "need-information", one, "--reason", "Which siblings are at home?")
    assert (asked["allocate_by"], asked["status"]) == (None, "more information asked")
    assert asked["missing"] == ["the information asked for on Thu 21 May 2026"]
    assert case.clocks("2026-05-21") == {"allocation": (None, None, False)}
    assert case("2026-05-21", "notify", "show", one)["asked"] == "Which siblings are at home?"
    assert "Which siblings are at home?" in case.text("2026-05-21", "notify", "show", one)
    told = case("2026-05-22", "notify", "information", one, "--siblings", "One brother, Ben")
    # The clock starts anew. After Fri 22 May: Tue 26, Wed 27, Thu 28, Fri 29.
    assert (told["allocate_by"], told["missing"]) == ("2026-05-29", [])
    assert case("2026-05-22", "notify", "show", one)["asked"] is None


def test_four_working_days_over_a_bank_holiday_and_half_term(case: Case) -> None:
    one = arrived(case)
    complete(case, one)
    for day, left in (
        ("2026-05-22", 4),  # Tue 26, Wed 27, Thu 28, Fri 29
        ("2026-05-25", 4),  # the bank holiday itself takes nothing off
        ("2026-05-28", 1),
        ("2026-05-29", 0),
        ("2026-05-30", -1),  # a Saturday: over is over
        ("2026-06-01", -1),  # the first working day after it
        ("2026-06-02", -2),
    ):
        assert case.clocks(day) == {"allocation": ("2026-05-29", left, left < 0)}, day
    late = case("2026-06-02", "allocate", one, "--to", "Ana Bell")
    assert (late["in_time"], late["number"]) == (False, 1)


def test_a_family_that_did_not_agree_from_notification_to_closure(case: Case) -> None:
    one = arrived(case)
    complete(case, one)
    refused = ("--by", "Jo Marsh", "--relationship", "mother", "--status", "refused", "--agencies", "school")
    case("2026-05-26", "consent", "record", case.child, *refused)
    assert case("2026-05-27", "worker", "add", "Ola Reed", "--agency", "early-help")["name"] == "Ola Reed"
    busy = Case(case.line, case.line.ids["sam1"]).notified("2026-05-26")
    case("2026-05-27", "allocate", busy["id"], "--to", "Ola Reed")
    carried = {row["name"]: row["cases"] for row in case("2026-05-28", "worker", "list")}
    assert carried == {"Ana Bell": 0, "Ola Reed": 1}
    taken = case("2026-05-28", "allocate", one, "--to", min(carried, key=lambda name: carried[name]))
    assert (taken["worker"]["name"], taken["allocate_by"], taken["in_time"]) == (
        "Ana Bell",
        "2026-05-29",
        True,
    )
    day_of_allocation = case.clocks("2026-05-28")
    assert day_of_allocation == {
        # Two working days after Thu 28 May: Fri 29, Mon 1 Jun.
        "notifier-contact": ("2026-06-01", 2, False),
        # Two weeks of 7 days after the notification of Mon 18 May.
        "assessment": ("2026-06-01", 4, False),
        # Five school days after Thu 21 May: Fri 22, then half term, Mon 1, Tue 2, Wed 3, Thu 4 Jun.
        "n-code": ("2026-06-04", 4, False),
        # Five working days after Thu 28 May: Fri 29, Mon 1, Tue 2, Wed 3, Thu 4 Jun.
        "first-visit": ("2026-06-04", 5, False),
    }
    spoken = case("2026-06-01", "notify", "contacted", one, "--with", "Mr Orr")
    assert spoken["feedback"] == "in-touch"
    assert spoken["reason"] == "The family refused it on Tue 26 May 2026."
    said = case.text("2026-06-01", "notify", "show", one)
    assert "that the team is in touch, and no more" in said
    assert "full update" not in said
    assert case.clocks("2026-06-02") == {
        "assessment": ("2026-06-01", -1, True),
        "n-code": ("2026-06-04", 2, False),
        "first-visit": ("2026-06-04", 2, False),
    }
    visit = ("--kind", "home-visit", "--outcome", "parent", "--at", "2026-06-02 14:00")
    case("2026-06-02", "contact", "add", case.child, *visit, "--seen", "alone", "--note", "Tilly was shy")
    made = case("2026-06-02", "assess", "add", case.child, "--strengths", "They laugh a lot")
    case("2026-06-03", "assess", "complete", made["id"])
    assert case.clocks("2026-06-03") == {"n-code": ("2026-06-04", 1, False)}
    plan = case("2026-06-03", "plan", "add", case.child)
    assert plan["next_review"] == "2026-07-15", "42 days after 3 June: 27 in June, 15 in July"
    assert case.clocks("2026-06-05") == {
        "n-code": ("2026-06-04", -1, True),
        "plan-review": ("2026-07-15", 40, False),
    }
    goal = case("2026-06-05", "plan", "outcome", plan["id"], "--text", "Mondays are easy")
    school = ("plan", "action", goal["id"], "--text", "Meet Tilly at the gate", "--owner", "Mr Orr")
    case("2026-06-05", *school, "--due", "2026-06-19", "--agency", "school", code=5)
    held = ("--progress", "Only one Monday missed", "--decision", "close", "--views", "It is easier")
    case("2026-07-13", "review", plan["id"], *held)
    assert "contact" in case.clocks("2026-06-16"), "14 days after the visit of 2 June"
    case("2026-06-16", "contact", "add", case.child, "--kind", "call", "--outcome", "no-reply")
    assert "contact" not in case.clocks("2026-06-16"), "nobody answered, and it was an honest call"
    closed = case(
        "2026-07-15",
        *("close", case.child, "--reason", "universal-support", "--told", "Mr Orr, that the work ended"),
        *("--views", "Thank you for listening"),
    )
    assert closed["plans_ended"] == [plan["id"]]
    assert case.clocks("2026-07-16") == {}
    shown = case("2026-07-16", "notify", "show", one)
    assert (shown["status"], shown["feedback"]) == ("closed", "in-touch")
    assert case.check("2026-07-16", "school", "family", "planning")[0] == "no"
