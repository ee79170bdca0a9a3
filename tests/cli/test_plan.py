"""A case by the command line: plan, review, closure, assessment, scores, and who may see them."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

from casework.edits import Edit, create
from casework.ids import new_id
from casework.notifications import allocate, receive
from casework.records import Child, Flag
from casework.records_case import CLOSE_REASONS, Episode, Notification, Review
from storage.home import Home
from storage.queries.notifications import episodes_of
from storage.store import Store
from storage.vault import Vault
from tests.cli.conftest import NOW, TODAY, Line, fill, secret_file
from tests.tools.vaults import PASSPHRASE

OPENED = date(2026, 11, 9)
WANTED = "We want to get out of the house on time"


def open_store(line: Line) -> Store:
    """The caseload itself, for what no command does."""
    home = Home(line.home)
    key = Vault.load(home).unlock(PASSPHRASE, now=NOW)
    return Store.open(home.database, key, now=lambda: NOW, today=date.fromisoformat(TODAY))


def open_case(line: Line, child: str = "tilly", on: date = OPENED) -> None:
    """A notification received and allocated to the worker, as `notify` and `allocate` do it."""
    store = open_store(line)
    try:
        found = store.get(Child, line.ids[child])
        sent = Notification(
            id=new_id(),
            child=found.id,
            received=on,
            notifier="Ms Reed",
            concern="Often late",
            offered="Breakfast club, twice",
            outcome="On time",
            voice="I want to be there",
            heard_by="Ms Reed",
            heard_on=on,
            by=store.worker.id,
        )
        before = episodes_of(store, found.id)
        edit, kept = receive(sent, store.today, before)
        store.journal.commit(edit)
        store.journal.commit(allocate(kept, found, store.worker.id, on, before, on)[0])
    finally:
        store.close()


@pytest.fixture
def case(line: Line) -> Line:
    """The command line with an open case for Tilly."""
    open_case(line)
    return line


def ok(line: Line, *words: str, **more: Any) -> Any:
    done = line(*words, "--json", **more)
    assert done.code == 0, done.err
    return done.json


def planned(line: Line) -> dict[str, str]:
    """A plan with one outcome and one action; their ids."""
    plan = ok(line, "plan", "add", line.ids["tilly"], "--on", "2026-11-16")
    outcome = ok(
        line,
        *("plan", "outcome", plan["id"], "--text", WANTED),
        *("--baseline", "late four days in five", "--measure", "in by 8:50"),
    )
    action = ok(
        line,
        *("plan", "action", outcome["id"], "--text", "Ring the bus company"),
        *("--owner", "Jo Marsh", "--due", "2026-11-24"),
    )
    return {"plan": plan["id"], "outcome": outcome["id"], "action": action["id"]}


def test_me_as_an_owner_is_the_worker(case: Line) -> None:
    ids = planned(case)
    ok(case, *("plan", "action", ids["outcome"], "--text", "Visit", "--owner", "me", "--due", "fri"))
    ok(case, "edit", ids["action"], "owner=me")
    (outcome,) = ok(case, "plan", "show", case.ids["tilly"])["outcomes"]
    assert {a["text"]: (a["owner"], a["agency"]) for a in outcome["actions"]} == {
        "Visit": ("Ana Bell", "early-help"),
        "Ring the bus company": ("Ana Bell", ""),
    }


def test_from_an_open_case_to_a_reviewed_plan(case: Line) -> None:
    ids = planned(case)
    shown = ok(case, "plan", "show", case.ids["tilly"])
    assert (shown["id"], shown["started"], shown["next_review"]) == (ids["plan"], "2026-11-16", "2026-12-29")
    assert shown["state"] == "not reviewed"
    (outcome,) = shown["outcomes"]
    assert (outcome["text"], outcome["measure"]) == (WANTED, "in by 8:50")
    assert [(a["id"], a["due"], a["status"]) for a in outcome["actions"]] == [
        (ids["action"], "2026-11-24", "to-do")
    ]
    made = ok(
        case,
        *("review", ids["plan"], "--on", "2026-11-19", "--next", "+4w", "--progress", "Two days on time"),
        *("--attended", "Jo Marsh, Ms Reed", "--apologies", "Nurse", "--views", "It is calmer"),
    )
    assert (made["next_review"], made["decision"]) == ("2026-12-18", "continue")
    shown = ok(case, "plan", "show", case.ids["tilly"])
    assert shown["state"] == "on course"
    assert [(r["on"], r["attended"], r["apologies"]) for r in shown["reviews"]] == [
        ("2026-11-19", ["Jo Marsh", "Ms Reed"], ["Nurse"])
    ]
    text = case("plan", "show", case.ids["tilly"]).out
    for words in (WANTED, "Ring the bus company", "Two days on time", "carry on with the plan"):
        assert words in text


def test_an_overdue_action_that_moves_says_why_and_keeps_its_day(case: Line) -> None:
    ids = planned(case)
    later = {"today": "2026-11-30"}
    was = ok(case, "plan", "show", case.ids["tilly"], **later)["outcomes"][0]["actions"][0]["due"]
    refused = case("edit", ids["action"], "due=2026-12-04", "--json", **later)
    assert (refused.code, refused.json["error"]["where"]) == (4, "--reason")
    assert case("edit", ids["action"], f"moved_from={was}", **later).code == 5
    ok(case, "edit", ids["action"], "due=2026-12-04", "--reason", "The company is closed", **later)
    moved = ok(case, "plan", "show", case.ids["tilly"], **later)
    assert (moved["overdue"], moved["outcomes"][0]["actions"][0]["moved_from"]) == ([], was)
    assert "moved from" in case("plan", "show", case.ids["tilly"], **later).out
    ok(case, "edit", ids["action"], "due=2026-12-11", "--reason", "Still closed", today="2026-12-08")
    agreed = ("--by", "Jo Marsh", "--relationship", "mother", "--status", "given", "--agencies", "early-help")
    ok(
        case,
        *("consent", "record", case.ids["tilly"], *agreed, "--categories", "all", "--purposes", "all"),
    )
    closed = case("close", case.ids["tilly"], "--reason", "disengaged", today="2026-12-14")
    assert "Left undone: Ring the bus company (Jo Marsh, overdue, due Fri 11 Dec 2026)." in closed.out
    ended = ok(case, "plan", "show", case.ids["tilly"], today="2026-12-14")
    assert ended["left_undone"] == [ids["action"]]
    assert ended["outcomes"][0]["actions"][0]["moved_from"] == was
    said = " ".join(case("plan", "show", case.ids["tilly"], today="2026-12-14").out.split())
    assert "1 action left undone, 1 of them overdue." in said


def test_an_overdue_action_stays_until_it_is_settled(case: Line) -> None:
    ids = planned(case)
    later = {"today": "2026-11-30"}
    assert ok(case, "plan", "list", case.ids["tilly"], **later)[0]["state"] == "actions overdue"
    assert case("plan", "do", ids["action"], "--status", "dropped", **later).code == 4
    assert ok(case, "plan", "show", case.ids["tilly"], **later)["overdue"] == [ids["action"]]
    ok(case, "plan", "do", ids["action"], "--status", "dropped", "--why", "no bus any more", **later)
    shown = ok(case, "plan", "show", case.ids["tilly"], **later)
    assert shown["overdue"] == []
    assert shown["outcomes"][0]["actions"][0]["why"] == "no bus any more"
    assert (
        case("plan", "do", ids["action"], "--status", "dropped", "--why", "no bus any more", **later).code
        == 5
    )


def test_closing_ends_the_plan_and_gives_the_case_back(case: Line) -> None:
    ids = planned(case)
    made = ok(
        case,
        *("close", case.ids["tilly"], "--reason", "outcomes-achieved", "--told", "Jo Marsh, the school"),
        *("--views", "Thank you", "--note", "-"),
        stdin="Ends well",
    )
    assert (made["reason"], made["closed"], made["plans_ended"]) == (
        "outcomes-achieved",
        TODAY,
        [ids["plan"]],
    )
    assert made["told"] == "Jo Marsh, the school"
    assert {clock["rule"] for clock in made["clocks_ended"]} >= {"first-visit", "assessment"}
    outcome = ("plan", "outcome", ids["plan"], "--text", "x", "--baseline", "y", "--measure", "z")
    for late in (("close", case.ids["tilly"], "--reason", "disengaged"), outcome):
        refused = case(*late)
        assert refused.code == 5
        assert "The case was closed on Fri 20 Nov 2026, and family is not part of" in refused.err
    assert case("plan", "add", case.ids["tilly"]).code == 5
    assert ok(case, "show", case.ids["tilly"])["fields"]["lead_worker"] is None
    log = case("log", "--child", case.ids["tilly"]).out
    assert "a step that is withheld" in log
    assert "achieved" not in log, "why a case was closed is the family's"
    own = {"Case allocated", "Case closed"}
    assert all(f": {name}" in log for name in own), "that a worker closed the case is no secret from them"
    steps = {entry["step"] for entry in ok(case, "history", case.ids["tilly"])}
    assert own <= steps, "history tells what the log does"
    assert own <= {step["name"] for step in ok(case, "undo", "--list")}
    assert {entry["step"] for entry in ok(case, "history", ids["plan"])} == {"A step that is withheld"}
    assert ok(case, "undo")["name"] == "Undo: Case closed"
    assert ok(case, "undo", "--redo")["name"] == "Redo: Case closed"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("plan", "add", "tilly"), 5),
        (("plan", "outcome", "{plan}", "--text", " "), 4),
        (("plan", "outcome", "{action}", "--text", "x"), 4),
        (("plan", "outcome", "{plan}"), 2),
        (("plan", "action", "{outcome}", "--text", "x", "--owner", "Jo", "--due", "2026-11-19"), 4),
        (("plan", "action", "{outcome}", "--text", "x", "--owner", "o" * 301, "--due", "fri"), 4),
        (("plan", "do", "{action}", "--status", "not-done"), 4),
        (("plan", "do", "{action}", "--status", "done", "--on", "2020-01-01"), 4),
        (("plan", "do", "{action}", "--status", "gone"), 2),
        (("review", "{plan}", "--on", "2026-11-19", "--progress", "x"), 2),
        (("review", "{plan}", "--on", "2026-11-21", "--next", "+6w", "--progress", "x"), 4),
        (("review", "{plan}", "--on", "2026-11-19", "--next", "2026-11-18", "--progress", "x"), 4),
        (("review", "{plan}", "--next", "+6w", "--progress", " "), 4),
        (("close", "tilly", "--reason", "bored"), 2),
        (("close", "tilly", "--reason", "disengaged", "--on", "2026-11-10"), 4),
        (("edit", "{action}", "status=done"), 5),
        (("assess", "set", "{plan}", "--history", "x"), 4),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_kept(case: Line, words: tuple[str, ...], code: int) -> None:
    ids = planned(case)
    before = ok(case, "plan", "show", case.ids["tilly"])
    done = case(*(word.format(**ids) if word.startswith("{") else word for word in words))
    assert done.code == code, done.err
    assert "o" * 301 not in done.err
    assert done.err.strip().splitlines()[-1].startswith("Error: ")
    assert ok(case, "plan", "show", case.ids["tilly"]) == before


def test_a_review_without_a_next_day_is_told_the_day_that_the_form_proposes(case: Line) -> None:
    ids = planned(case)
    refused = case("review", ids["plan"], "--on", "2026-11-19", "--progress", "x")
    assert refused.code == 2
    assert "proposes Thu 31 Dec 2026: --next 2026-12-31" in refused.err
    refused = case("review", ids["plan"], "--on", "2026-11-20", "--progress", "x")
    assert "--next 2027-01-04" in refused.err, "six weeks on is a bank holiday, a Friday"


def test_attendance_before_and_since_is_of_equal_length_with_counts(case: Line) -> None:
    planned(case)
    held = ok(case, "plan", "show", case.ids["tilly"])["before_after"]
    assert held["school_days"] == 5
    assert held["before"] == {
        "from": "2026-11-09",
        "to": "2026-11-13",
        "possible": 10,
        "attended": 10,
        "absent": 0,
        "attendance_pct_1dp": None,
        "too_few_for_a_rate": True,
        "marked": 10,
        "suspended": 0,
        "part_time_c2": 0,
        "not_required_x": 0,
        "weeks": [{"week": "2026-11-09", "possible": 10, "attended": 10}],
    }
    assert any("not because of" in note for note in held["notes"])
    since = held["since"]
    assert (since["from"], since["to"]) == ("2026-11-16", "2026-11-20")
    assert (since["possible"], since["attended"], since["absent"]) == (9, 4, 5)
    text = case("plan", "show", case.ids["tilly"]).out
    assert "4 of 9 sessions attended, 5 absent (too few for a rate)" in text
    assert "of 9 marks 0 suspended (E), 0 part-time (C2), 0 not required (X)" in text


def test_a_review_gives_attendance_before_and_since_and_keeps_the_childs_words(case: Line) -> None:
    ids = planned(case)
    made = ok(
        case,
        *("review", ids["plan"], "--on", "2026-11-19", "--decision", "step-down", "--progress", "On time"),
        *("--child-views", "I like the bus now", "--views", "Mornings are calm"),
    )
    assert made["before_after"]["before"]["possible"] == 10
    (held,) = ok(case, "plan", "show", case.ids["tilly"])["reviews"]
    assert (held["child_views"], held["views"]) == ("I like the bus now", "Mornings are calm")
    assert "I like the bus now" in case("plan", "print", case.ids["tilly"]).out
    held = case(
        "review", ids["plan"], "--on", "2026-11-20", "--decision", "step-down", "--progress", "As before"
    )
    assert "--reason stepped-down" in held.out
    for who in ("child", "family"):
        assert f"No words of the {who} are on record with it" in held.out
    text = " ".join(case("plan", "show", case.ids["tilly"]).out.split())
    assert "The child says I like the bus now" in text.replace(":", "")
    assert "The family says no words of the family are on record" in text.replace(":", "")


def test_closing_says_what_ended_and_who_was_told(case: Line) -> None:
    planned(case)
    to = ("--reason", "stepped-down", "--to", "Ms Reed")
    said = case("close", case.ids["tilly"], *to, "--told", "Jo Marsh, the school").out.splitlines()[1:]
    assert "is closed on Fri 20 Nov 2026: stepped down. Its plan ended with it." in said[0]
    assert said[0].startswith("The case of Tilly Marsh ")
    assert said[1:3] == ["Ms Reed goes on with it.", "Clocks that ended with it:"]
    assert any(line.startswith("  ") and "assessment" in line.lower() for line in said[3:])
    assert said[-1] == "Told: Jo Marsh, the school."
    assert not any("N code" in line for line in said), "a clock that runs on is not said to have ended"
    assert case("undo").code == 0
    said = case("close", case.ids["tilly"], "--reason", "disengaged").out.splitlines()
    assert said[-1] == "Nobody is on record as told; --told says who was."


def test_a_step_down_names_who_goes_on_and_the_childs_page_has_the_case(case: Line) -> None:
    planned(case)
    page = ok(case, "child", case.ids["tilly"])
    (episode,) = page["case"]["episodes"]
    assert (episode["open"], episode["days"], episode["length"]) == (True, 11, "11 days so far")
    assert (episode["working_days_to_allocate"], episode["re_referral"]["from_referral"]) == (0, None)
    made = ok(
        case,
        *("close", case.ids["tilly"], "--reason", "stepped-down", "--to", "Ms Reed, school lead"),
        *("--told", "Jo Marsh", "--on", "2026-11-19"),
    )
    assert made["passed_to"] == "Ms Reed, school lead"
    (episode,) = ok(case, "child", case.ids["tilly"])["case"]["episodes"]
    assert (episode["open"], episode["length"]) == (False, "10 days")
    assert (episode["passed_to"], bool(episode["withheld"])) == ("", True), "who has no case sees no ending"
    open_case(case, on=date(2026, 11, 20))
    newest, first = ok(case, "child", case.ids["tilly"])["case"]["episodes"]
    assert (first["passed_to"], first["withheld"]) == ("Ms Reed, school lead", None)
    assert newest["number"] == 2
    assert (newest["re_referral"]["from_referral"], newest["re_referral"]["from_closure"]) == (True, True)
    text = case("child", case.ids["tilly"]).out
    assert "Episode 2: opened Fri 20 Nov 2026, open, 0 days so far" in text
    assert "from the previous referral (DfE): yes; from the previous closure" in text


def test_a_case_without_a_plan_says_so(case: Line) -> None:
    shown = ok(case, "plan", "show", case.ids["tilly"])
    assert (shown["id"], shown["state"]) == (None, "no plan")
    assert shown["before_after"]["started"] == OPENED.isoformat()
    assert case("plan", "show", case.ids["ben"]).code == 5, "nobody who is here works Ben's case"


def test_the_childs_page_has_plan_agreements_clock_and_story(case: Line) -> None:
    ids = planned(case)
    ok(case, "review", ids["plan"], "--on", "2026-11-19", "--next", "2026-12-18", "--progress", "Better")
    ok(
        case,
        *("consent", "record", case.ids["tilly"], "--by", "Jo Marsh", "--relationship", "mother"),
        *("--status", "given", "--agencies", "school", "--categories", "family", "--purposes", "planning"),
    )
    page = ok(case, "child", case.ids["tilly"])
    assert page["plan"].items() <= ok(case, "plan", "show", case.ids["tilly"]).items()
    assert page["plan"]["id"] == ids["plan"]
    assert page["agreements"] == ok(case, "consent", "list", case.ids["tilly"])
    clock = next(c for c in page["clocks"] if c["rule"] == "plan-review")
    assert (clock["start"], clock["due"], clock["kind"]) == ("2026-11-19", "2026-12-18", "calendar days")
    story = [(entry["kind"], entry["at"], entry["title"]) for entry in page["story"]]
    assert ("episode", "2026-11-09", "Case opened") in story
    assert ("review", "2026-11-19", "Plan reviewed: carry on with the plan") in story
    text = case("child", case.ids["tilly"]).out
    assert "Plan: on course" in text
    assert "2026-11-19:" in text
    bare = ok(case, "child", case.ids["zoe"])
    assert (bare["plan"], bare["agreements"]) == ({}, [])


def test_an_assessment_is_written_part_by_part(case: Line) -> None:
    made = ok(case, "assess", "add", case.ids["tilly"], "--strengths", "Close to Gran")
    assert "strengths" not in made["missing"]
    assert "history" in made["missing"]
    assert "episode 1" in case("history", made["id"]).out, "which case, in words"
    ok(case, "assess", "set", made["id"], "--history", "-", stdin="Moved twice")
    assert case("assess", "set", made["id"]).code == 2
    shown = ok(case, "assess", "show", made["id"])
    assert (shown["strengths"], shown["history"], shown["due"]) == (
        "Close to Gran",
        "Moved twice",
        "2026-11-23",
    )
    done = case("assess", "complete", made["id"])
    assert (done.code, "Still empty" in done.out) == (0, True)
    assert case("assess", "complete", made["id"]).code == 5
    assert case("assess", "set", made["id"], "--history", "x").code == 5
    listed = ok(case, "assess", "list", case.ids["tilly"])["assessments"]
    assert [(a["id"], a["completed"], a["due"]) for a in listed] == [(made["id"], TODAY, None)]
    assert ok(case, "show", made["id"])["fields"]["completed_by"]
    assert case("close", case.ids["tilly"], "--reason", "disengaged").code == 0
    assert "completed_by" not in ok(case, "show", made["id"])["fields"], "who completed it tells that it was"


def test_health_in_an_assessment_needs_its_own_agreement(case: Line) -> None:
    words = ("assess", "add", case.ids["tilly"], "--health", "CANARY asthma")
    done = case(*words)
    assert done.code == 5
    assert "Health" in done.err
    ok(
        case,
        *("consent", "record", case.ids["tilly"], "--by", "Jo Marsh", "--relationship", "mother"),
        *("--status", "given", "--agencies", "early-help", "--categories", "health"),
        *("--purposes", "assessment"),
    )
    agreement = ok(case, "consent", "list", case.ids["tilly"])[0]["id"]
    made = ok(case, *words)
    assert ok(case, "assess", "show", made["id"])["health"] == "CANARY asthma"
    ok(case, "consent", "withdraw", agreement, "--reason", "changed her mind")
    for call in (("assess", "show"), ("show",), ("history",)):
        assert "CANARY" not in case(*call, made["id"]).out, call
    shown = ok(case, "assess", "show", made["id"])
    assert shown["health"] is None
    assert [part["part"] for part in shown["withheld"]] == ["health"]
    assert "health" not in shown["missing"], "what is withheld is not said to be empty"
    second = case("assess", "add", case.ids["tilly"], "--json")
    assert (second.code, second.json["error"]["code"]) == (5, "assessment-open")
    ok(case, "assess", "complete", made["id"])
    bare = ok(case, "assess", "add", case.ids["tilly"], "--strengths", "Close to Gran")
    written = ok(case, "assess", "set", bare["id"], "--history", "Moved twice")
    complete = ok(case, "assess", "complete", bare["id"])
    assert all("health" not in told["missing"] for told in (bare, written, complete))


def test_distance_travelled_needs_two_readings(case: Line) -> None:
    def score(area: str, number: int, on: str) -> Any:
        words = ("--tool", "Star", "--area", area, "--score", str(number), "--on", on, "--with", "Jo")
        return ok(case, "assess", "score", case.ids["tilly"], *words)

    score("Routine", 3, "2026-11-10")
    score("Routine", 6, "2026-11-19")
    score("Friends", 5, "2026-11-10")
    score("Home", 5, "2026-11-10")
    last = score("Home", 4, "2026-11-19")
    assert (last["tool"], last["area"], last["score"], last["with"]) == ("Star", "Home", 4, "Jo")
    (star,) = ok(case, "assess", "list", case.ids["tilly"])["travelled"]
    assert (star["up"], star["same"], star["down"], star["once"]) == (1, 0, 1, 1)
    assert {a["area"]: a["change"] for a in star["areas"]} == {"Friends": None, "Home": -1, "Routine": 3}
    assert "1 up, 0 same, 1 down; 1 area read once" in case("assess", "list", case.ids["tilly"]).out
    words = ("--tool", "Star", "--area", "Home", "--on")
    assert case("assess", "score", case.ids["tilly"], *words, "2026-11-21", "--score", "4").code == 4
    for most in ("10000", str(2**63)):
        assert case("assess", "score", case.ids["tilly"], *words, "2026-11-19", "--score", most).code == 4


@pytest.fixture
def school(tmp_path: Path) -> Line:
    """A school's own laptop, with a case of Tilly's that another agency leads."""
    home = tmp_path / "school" / "home"
    home.parent.mkdir()
    ids = fill(Home(home), "school")
    line = Line(home, secret_file(home.parent, PASSPHRASE), ids)
    open_case(line)
    return line


def test_a_school_sees_the_plan_only_by_agreement(school: Line) -> None:
    tilly = school.ids["tilly"]
    agreed = (
        *("consent", "record", tilly, "--by", "Jo Marsh", "--relationship", "mother", "--status", "given"),
        *("--agencies", "school", "--categories", "family", "--purposes", "planning"),
    )
    for words in (
        ("plan", "add", tilly),
        ("plan", "show", tilly),
        ("plan", "list", tilly),
        ("plan", "print", tilly),
        ("assess", "add", tilly),
        ("assess", "list", tilly),
        ("assess", "score", tilly, "--tool", "Star", "--area", "Home", "--score", "3"),
    ):
        done = school(*words, "--json")
        assert (done.code, done.json["error"]["code"]) == (5, "withheld"), words
        assert done.json["error"]["message"].startswith("Family is not part of school's own work")
    made = ok(school, *agreed)
    ids = planned(school)
    review = ok(school, "review", ids["plan"], "--next", "+6w", "--progress", "CANARY better")
    assert WANTED in school("plan", "show", tilly).out
    ok(school, "consent", "withdraw", made["id"], "--reason", "not the school any more")
    for words in (
        ("plan", "show", tilly),
        ("plan", "print", tilly),
        ("plan", "list", tilly),
        ("plan", "outcome", ids["plan"], "--text", "x"),
        ("plan", "action", ids["outcome"], "--text", "x", "--owner", "Jo", "--due", "+1w"),
        ("plan", "do", ids["action"], "--status", "done"),
        ("review", ids["plan"], "--next", "+6w", "--progress", "x"),
    ):
        assert school(*words).code == 5, words
    told = ok(school, "show", ids["outcome"])
    assert ("text" in told["fields"], "text" in [held["field"] for held in told["withheld"]]) == (False, True)
    for words in (("edit", ids["outcome"], "text=x"), ("history", ids["outcome"])):
        done = school(*words, "--json")
        assert (done.code, done.json["error"]["code"]) == (5, "withheld"), words
    page = ok(school, "child", tilly)
    assert set(page["plan"]) == {"withheld"}
    assert not [c for c in page["clocks"] if c["rule"] == "plan-review"]
    for words in (
        ("child", tilly),
        *(("show", one) for one in (*ids.values(), review["id"])),
        *(("history", one) for one in (*ids.values(), review["id"])),
        ("log",),
    ):
        done = school(*words)
        for canary in (WANTED, "CANARY", "Ring the bus"):
            assert canary not in done.out, words


def test_the_sheet_for_a_family_is_in_plain_words(case: Line) -> None:
    tilly = case.ids["tilly"]
    ids = planned(case)
    ok(case, "plan", "do", ids["action"], "--status", "in-progress")
    ok(
        case,
        *("review", ids["plan"], "--on", "2026-11-19", "--next", "2026-12-18", "--progress", "Better"),
        *("--attended", "Jo,Ms Reed"),
    )
    ok(case, "contact", "add", tilly, "--kind", "taf", "--note", "CANARY about the father")
    ok(case, "contact", "add", tilly, "--kind", "supervision", "--note", "CANARY")
    ok(case, "follow-up", tilly, "--outcome", "safeguarding", "--note", "CANARY")
    ok(case, "follow-up", tilly, "--outcome", "reason", "--reason", "I")
    done = case("plan", "print", tilly)
    assert done.code == 0, done.err
    sheet = done.out
    assert "A plan for Tilly Marsh and family" in sheet
    assert "Made by Ana Bell, Early Help, on Friday 20 November 2026 at" in sheet
    for words in (
        WANTED,
        "Where we began: late four days in five",
        "* Ring the bus company - Jo Marsh, by Tuesday 24 November 2026: we have begun.",
        "There: Jo and Ms Reed.",
        "By Friday 18 December 2026.",
        "Tilly came to 4 of 9 mornings and afternoons.",
        "Everybody who helps met with you.",
        "We began to work together.",
        "we were told the reason",
    ):
        assert words in " ".join(sheet.split()), words
    for jargon in ("CANARY", "TAF", "taf", "in-progress", "baseline", "safeguarding", "supervision", "PA"):
        assert jargon not in sheet, jargon
    assert max(map(len, sheet.splitlines()[1:])) <= 76
    assert any(row["verb"] == "exported" for row in ok(case, "log", "--child", tilly))


def test_the_school_gets_a_task_only_when_the_family_agreed(case: Line) -> None:
    ids = planned(case)
    tilly = case.ids["tilly"]
    task = (
        "plan",
        "action",
        ids["outcome"],
        "--text",
        "Breakfast club",
        "--owner",
        "Ms Reed",
        "--due",
        "+1w",
    )
    done = case(*task, "--agency", "school", "--json")
    assert (done.code, done.json["error"]["code"]) == (5, "school-not-agreed")
    assert "has not been asked" in done.json["error"]["message"]
    done = case("edit", ids["action"], "agency=school", "--json")
    assert (done.code, done.json["error"]["code"]) == (5, "school-not-agreed")
    agreed = ok(
        case,
        *("consent", "record", tilly, "--by", "Jo Marsh", "--relationship", "mother", "--status", "given"),
        *("--agencies", "school", "--categories", "family", "--purposes", "planning"),
    )
    made = ok(case, *task, "--agency", "school")
    assert ok(case, "plan", "show", tilly)["school_agreed"] == "yes"
    ok(case, "edit", made["id"], "text=Breakfast every day")
    ok(case, "consent", "withdraw", agreed["id"], "--reason", "changed her mind")
    assert ok(case, "plan", "show", tilly)["school_agreed"] == "no"
    assert "no agreement of the family to that is in force" in case("plan", "show", tilly).out
    assert case("edit", made["id"], "owner=Mr Lane").code == 5
    ok(case, "edit", made["id"], "owner=Jo", "agency=")


def test_plan_and_story_are_printed_apart(case: Line) -> None:
    planned(case)
    tilly = case.ids["tilly"]
    plan = case("plan", "print", tilly, "--only", "plan").out
    story = case("plan", "print", tilly, "--only", "story").out
    assert WANTED in plan
    assert "What has happened" not in plan
    assert WANTED not in story
    assert "The story so far for Tilly Marsh" in story
    assert "We began to work together." in story


def test_the_sheet_goes_into_a_new_file_and_never_over_one(case: Line, tmp_path: Path) -> None:
    planned(case)
    tilly = case.ids["tilly"]
    target = tmp_path / "sheet.txt"
    made = ok(case, "plan", "print", tilly, "--out", str(target))
    assert made == {"child": tilly, "file": str(target), "format": "text"} | {
        key: made[key] for key in ("today", "today_set") if key in made
    }
    assert WANTED in target.read_text("utf-8")
    assert target.stat().st_mode & 0o077 == 0
    before = target.read_bytes()
    done = case("plan", "print", tilly, "--out", str(target), "--json")
    assert (done.code, done.json["error"]["code"]) == (5, "file-exists")
    assert target.read_bytes() == before
    assert case("plan", "print", tilly, "--out", str(tmp_path / "none" / "x.txt")).code == 4
    odd = tmp_path / "sheet.txt1"
    done = case("plan", "print", tilly, "--out", str(odd), "--json")
    assert (done.code, done.json["error"]["code"], odd.exists()) == (4, "bad-ending", False)
    assert case("plan", "print", tilly, "--format", "pdf").code == 2
    rows = [row for row in ok(case, "log", "--child", tilly) if row["verb"] == "exported"]
    assert len(rows) == 1, "what was refused left nothing"


def test_the_sheet_as_a_pdf(case: Line, tmp_path: Path) -> None:
    pytest.importorskip("typst")
    ids = planned(case)
    ok(case, "edit", ids["outcome"], "text=#panic() $ *Zażółć* [x] @y \\ // we want out")
    target = tmp_path / "sheet.PDF"
    assert ok(case, "plan", "print", case.ids["tilly"], "--out", str(target))["format"] == "pdf"
    assert target.read_bytes().startswith(b"%PDF-")


def test_a_pdf_without_typst_is_refused_plainly(case: Line, tmp_path: Path) -> None:
    planned(case)
    target = tmp_path / "sheet.pdf"
    (tmp_path / "typst.py").write_text("raise ImportError", "utf-8")
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    words = ("plan", "print", case.ids["tilly"], "--out", str(target), "--json")
    done = case(*words, env={"PYTHONPATH": path})
    assert (done.code, done.json["error"]["code"]) == (5, "no-typst")
    assert "outreach-tui[report]" in done.json["error"]["message"]
    assert not target.exists()


@pytest.mark.parametrize("kind", ["flag", "home"])
def test_a_protected_address_is_not_printed(case: Line, kind: str) -> None:
    ids = planned(case)
    tilly = case.ids["tilly"]
    home = ok(case, "show", tilly)["fields"]["household"]
    where = "3 Quarry Lane, Sheerness ME12 1ZZ"
    ok(case, "edit", home, f"address={where}", "name=At 3 Quarry Lane")
    ok(case, "edit", tilly, "known_as=Tilly of Quarry Lane")
    ok(case, "edit", ids["outcome"], "text=Leave Quarry Lane (me12 1zz) by 8:30")
    assert "Quarry Lane" in case("plan", "print", tilly).out
    if kind == "home":
        ok(case, "edit", home, "address_protected=yes")
    else:
        store = open_store(case)
        flag = Flag(id=new_id(), child=tilly, kind="address-protection", since=OPENED)
        store.journal.commit(Edit("Flag", (create(flag),), subject=tilly))
        store.close()
    done = case("plan", "print", tilly)
    assert "the address is protected" in done.err
    for word in ("quarry", "me12", "sheerness"):
        assert word not in done.out.casefold()
    assert "(address not given)" in done.out
    for words in (("show", tilly), ("history", tilly)):
        told = case(*words).out
        assert "At (address not given)" in told, words
        assert "Quarry" not in told, words


def test_the_help_lists_what_records_hold() -> None:
    from outreach_tui.commands import review

    assert review._REASONS == CLOSE_REASONS
    assert get_args(Review.model_fields["decision"].annotation) == review._DECISIONS


def test_several_scores_of_a_tool_are_one_step(case: Line) -> None:
    child = case.ids["tilly"]
    done = case("assess", "score", child, "--tool", "Star", "--scores", "Home 4\nSleep: 5\nWork:", "--json")
    assert done.code == 0, done.err
    assert [(one["area"], one["score"]) for one in done.json["scores"]] == [("Home", 4), ("Sleep", 5)]
    assert case("undo", "--json").code == 0
    assert case("assess", "list", child, "--json").json["scores"] == []
    wrong = case("assess", "score", child, "--tool", "Star", "--scores", "Home")
    assert (wrong.code, "Line 1: write the area" in wrong.err) == (4, True)
    assert case("assess", "score", child, "--tool", "Star").code == 2


def test_two_open_cases_are_joined(line: Line) -> None:
    open_case(line)
    assert line("close", "tilly", "--join").code == 5
    store = open_store(line)
    try:
        (held,) = store.find(Episode)
        second = held.model_copy(update={"id": new_id()})
        store.journal.commit(Edit("From another laptop", (create(second),), subject=held.child))
    finally:
        store.close()
    for more in (("--reason", "moved-area"), ("--note", "x")):
        assert line("close", "tilly", "--join", *more).code == 2
    one = line("close", "tilly", "--reason", "moved-area")
    assert (one.code, "another case of this child is open" in one.err) == (0, True)
    assert ok(line, "undo")["name"] == "Undo: Case closed"
    done = ok(line, "close", "tilly", "--join")
    assert {done["id"], *done["joined"]} == {held.id, second.id}
    last = line("close", "tilly", "--reason", "moved-area", "--json")
    assert (last.json["id"], "another case" in last.err) == (done["id"], False)
    assert line("close", "tilly").code == 2
