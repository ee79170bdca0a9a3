"""A competent fourteen-year-old whose own word stands; a nurse sees health only; stepped up in the end."""

from __future__ import annotations

import pytest

from tests.cases.steps import Case, work_as
from tests.cli.conftest import Line

MOTHER = ("--by", "Ewa Lukasik", "--relationship", "mother")
ZOE = ("--by", "Zoe Lukasik", "--relationship", "self")
COMPETENT = ("--gillick", "She says in her own words who would know what, and what follows from it")
WIDE = ("--agencies", "school-nursing,school", "--categories", "family,health", "--purposes", "all")


@pytest.fixture
def case(line: Line) -> Case:
    """Zoe's, 14 since May, at Harbour View; the early help worker leads it."""
    held = Case(line, line.ids["zoe"])
    held("2026-11-02", "edit", held.child, "dob=2012-05-14")
    one = held.notified("2026-11-02", "999002")
    # Working days after Mon 2 Nov: Tue 3, Wed 4, Thu 5, Fri 6.
    assert one["allocate_by"] == "2026-11-06"
    taken = held("2026-11-06", "allocate", one["id"], "--to", "Ana Bell")
    assert taken["in_time"] is True, "on the last day is in time"
    return held


def agreed(case: Case) -> None:
    """The mother's yes of Monday 9 November, Zoe's own words of Tuesday 10 November."""
    case("2026-11-09", "consent", "record", case.child, *MOTHER, "--status", "given", *WIDE)
    assert case.check("2026-11-09", "school-nursing", "family", "support")[0] == "yes"
    nurse = ("--agencies", "school-nursing,school", "--categories", "family", "--purposes", "all")
    case("2026-11-10", "consent", "record", case.child, *ZOE, *COMPETENT, "--status", "refused", *nurse)
    own = ("--agencies", "early-help", "--categories", "health", "--purposes", "assessment")
    case("2026-11-10", "consent", "record", case.child, *ZOE, *COMPETENT, "--status", "given", *own)


def test_her_own_refusal_stands_against_her_mothers_yes(case: Case) -> None:
    case("2026-11-09", "consent", "record", case.child, *MOTHER, "--status", "given", *WIDE)
    refused = ("--status", "refused", "--agencies", "school-nursing")
    unsaid = case("2026-11-10", "consent", "record", case.child, *ZOE, *refused, "--categories", "family")
    assert case.check("2026-11-10", "school-nursing", "family", "support")[0] == "ask", (
        "nobody said yet whether she is able to decide: both are kept and a manager decides"
    )
    competent = (*ZOE, *COMPETENT, *refused, "--categories", "family")
    said = case("2026-11-11", "consent", "record", case.child, *competent)
    assert case.check("2026-11-11", "school-nursing", "family", "support") == (
        "no",
        "The family refused it on Wed 11 Nov 2026.",
    )
    assert case.check("2026-11-11", "school", "family", "planning")[0] == "yes", "she refused the nurse alone"
    shown = case("2026-11-11", "consent", "show", said["id"])
    assert shown["gillick"].startswith("She says in her own words")
    assert unsaid["id"] != said["id"]


def test_from_notification_to_a_step_up_with_the_nurse_at_the_edge(case: Case) -> None:
    agreed(case)
    assert case.clocks("2026-11-10") == {
        "notifier-contact": ("2026-11-10", 0, False),  # after Fri 6: Mon 9, Tue 10
        "first-visit": ("2026-11-13", 3, False),  # after Fri 6: Mon 9 to Fri 13
        "assessment": ("2026-11-16", 6, False),  # 14 days after Mon 2
    }
    assert case.clocks("2026-11-11")["notifier-contact"] == ("2026-11-10", -1, True)
    (one,) = case("2026-11-11", "notify", "list", case.child)
    spoken = case("2026-11-11", "notify", "contacted", one["id"], "--with", "Mr Orr")
    assert (spoken["feedback"], spoken["reason"]) == ("in-touch", "The family refused it on Tue 10 Nov 2026.")
    parts = ("--strengths", "CANARYFAMILY close to her gran", "--health", "CANARYHEALTH sleeps four hours")
    assessment = case("2026-11-12", "assess", "add", case.child, *parts)["id"]
    case(
        "2026-11-13",
        *("contact", "add", case.child, "--kind", "school-visit", "--outcome", "child", "--seen", "alone"),
        *("--note", "CANARYFAMILY she asked to be seen alone"),
    )
    case("2026-11-16", "assess", "complete", assessment)
    assert case.clocks("2026-11-16") == {}
    plan = case("2026-11-16", "plan", "add", case.child)["id"]
    # 42 days after Mon 16 Nov: 14 left in November, then 28 December, the day of a bank holiday (Boxing Day
    # is a Saturday): nobody meets then, so the day after is proposed.
    assert case.clocks("2026-11-17") == {"plan-review": ("2026-12-29", 42, False)}
    goal = case("2026-11-16", "plan", "outcome", plan, "--text", "CANARYFAMILY I sleep")["id"]
    theirs = ("--text", "CANARYFAMILY a later start", "--owner", "Mr Orr", "--due", "2026-12-01")
    refused = case("2026-11-16", "plan", "action", goal, *theirs, "--agency", "school", code=5)
    assert refused["error"]["code"] == "school-not-agreed", "her own no stands, not her mother's yes"

    added = case("2026-11-16", "worker", "add", "Nia Dunn", "--agency", "school-nursing")["id"]
    work_as(case.line, added)
    page = case.line("child", case.child, "--json", today="2026-11-17").json
    assert {entry["category"] for entry in page["withheld"]} >= {"family", "safeguarding"}
    assert (page["plan"].get("id"), page["attendance"]) == (None, None)
    case("2026-11-17", "plan", "show", case.child, code=5)
    case("2026-11-17", "plan", "print", case.child, code=5)
    seen = case.text("2026-11-17", "show", assessment)
    assert "CANARYHEALTH" in seen
    commands = (
        *(("child", case.child), ("show", assessment), ("history", assessment), ("show", plan)),
        *(("notify", "show", one["id"]), ("contact", "list", case.child), ("log", "--child", case.child)),
        *(("search", "CANARYFAMILY"), ("clocks", "--all"), ("consent", "list", case.child)),
    )
    for words in commands:
        given = case.line(*words, today="2026-11-17")
        said = (given.out + given.err).replace("search CANARYFAMILY", "")
        assert "CANARYFAMILY" not in said, words
        assert "in her own words" not in said, words

    work_as(case.line, case.line.ids["worker"])
    held = ("--progress", "She was hurt at home", "--decision", "step-up", "--attended", "Zoe, Ana Bell")
    case("2026-11-24", "review", plan, *held)
    case(
        "2026-11-24",
        *("disclose", case.child, "--to", "social-care", "--categories", "family", "--purpose", "assessment"),
        *("--reason", "hurt at home", "--decided-by", "Dana Price", "--consulted", "Mr Hill"),
        *("--family-told", "no", "--why", "it would put her at risk"),
    )
    assert case.check("2026-11-24", "social-care", "family", "assessment")[0] == "yes"
    closed = case(
        "2026-11-25",
        *("close", case.child, "--reason", "stepped-up", "--told", "Duty social worker"),
        *("--views", "Zoe: I am glad somebody asks"),
    )
    assert (closed["reason"], closed["plans_ended"]) == ("stepped-up", [plan])
    assert case("2026-11-26", "notify", "show", one["id"])["status"] == "closed"
    assert case.clocks("2026-12-29") == {}, "no review is due of a plan that ended"
