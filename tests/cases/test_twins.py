"""Twins at two schools whose home must not be known; the school joins the plan when the family agrees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from casework.ids import new_id
from casework.records import Child, Flag, Household, Person, Relationship
from tests.cases.steps import Case, bring_in
from tests.cli.conftest import Line

HIDDEN = "7 Hidden Orchard"
SINCE = date(2026, 9, 1)
MAX_BEFORE = ("O O / \\ O O / \\ / \\", "/ \\ I I / \\ / \\ O O")
"""21 to 25 September, then 28 September to 2 October: 20 possible, 8 absent, 12 attended."""
MAX_SINCE = ("/ \\ / \\ / \\ / \\ I I", "/ \\ D D / \\ / \\ / \\")
"""5 to 9 October, then 12 to 16: D is no possible session, so 18 possible, 2 absent, 16 attended."""


@dataclass
class Twins:
    """Max at Oakhanger Primary and Mia at Harbour View, in one home."""

    max: Case
    mia: Case
    home: str
    mother: str


@pytest.fixture
def twins(line: Line, tmp_path: Path) -> Twins:
    """Two children with a protected address, and their marks of four weeks by each school's own export."""
    home = Household(id=new_id(), name="Pike", address=f"{HIDDEN}, Sheerness", address_protected=True)
    upns = {"Max": "C896009923042", "Mia": "P886009925117"}
    other = next(row for row in line("school", "list", "--json").json if row["urn"] == "999002")["id"]
    schools = {"Max": line.ids["school"], "Mia": other}
    children = {
        name: Child(
            id=new_id(),
            surname="Pike",
            forename=name,
            upn=upns[name],
            dob=date(2016, 4, 4),
            school=schools[name],
            household=home.id,
        )
        for name in upns
    }
    mother = Person(
        id=new_id(), surname="Pike", forename="Ida", address=f"{HIDDEN}, Sheerness", address_protected=True
    )
    ties = [
        Relationship(id=new_id(), child=child.id, person=mother.id, kind="mother", responsibility="yes")
        for child in children.values()
    ]
    flags = [
        Flag(id=new_id(), child=child.id, kind="address-protection", since=SINCE, review=date(2026, 10, 12))
        for child in children.values()
    ]
    bring_in(line, home, *children.values(), mother, *ties, *flags)
    for name, urn in (("Max", "999001"), ("Mia", "999002")):
        register(line, tmp_path / f"{name}.csv", urn, children[name])
    cases = {name: Case(line, child.id) for name, child in children.items()}
    return Twins(cases["Max"], cases["Mia"], home.id, mother.id)


def register(line: Line, path: Path, urn: str, child: Child) -> None:
    """A school's export of four weeks of one child: Mia is in school throughout."""
    weeks = dict(
        zip(
            (date(2026, 9, 21), date(2026, 9, 28), date(2026, 10, 5), date(2026, 10, 12)),
            (*MAX_BEFORE, *MAX_SINCE) if child.forename == "Max" else ("/ \\ / \\ / \\ / \\ / \\",) * 4,
            strict=True,
        )
    )
    rows = ["UPN,Legal Surname,Legal Forename,DOB,Reg,Date,Session,Mark"]
    for monday, marks in weeks.items():
        for at, mark in enumerate(marks.split()):
            day = date.fromordinal(monday.toordinal() + at // 2)
            session = ("AM", "PM")[at % 2]
            rows.append(f"{child.upn},Pike,{child.forename},04/04/2016,6A,{day:%d/%m/%Y},{session},{mark}")
    path.write_text("\n".join(rows) + "\n")
    given = line("import", str(path), "--school", urn, "--json")
    assert given.code == 0, given.err


def planned(twins: Twins) -> dict[str, str]:
    """Max's case of Thursday 24 September with a plan of Monday 5 October; its records by word."""
    case = twins.max
    one = case.notified("2026-09-24")
    # Working days after Thu 24 Sep: Fri 25, Mon 28, Tue 29, Wed 30.
    assert one["allocate_by"] == "2026-09-30"
    assert case("2026-09-28", "allocate", one["id"], "--to", "Ana Bell")["in_time"] is True
    # The twin is a child with a case of their own, at another school, with clocks of their own.
    other = twins.mia.notified("2026-09-28", "999002")
    assert other["allocate_by"] == "2026-10-02"
    assert twins.mia.clocks("2026-09-28") == {"allocation": ("2026-10-02", 4, False)}
    twins.mia("2026-10-02", "allocate", other["id"], "--to", "Ana Bell")
    assert case.clocks("2026-09-28") == {
        "notifier-contact": ("2026-09-30", 2, False),  # Tue 29, Wed 30
        "first-visit": ("2026-10-05", 5, False),  # Tue 29, Wed 30, Thu 1, Fri 2, Mon 5
        "assessment": ("2026-10-08", 10, False),  # 14 days after Thu 24 Sep
    }
    case("2026-09-30", "notify", "contacted", one["id"], "--with", "Mr Orr")
    visit = ("--kind", "home-visit", "--outcome", "parent", "--seen", "with-adult", "--note", "A calm home")
    case("2026-10-01", "contact", "add", case.child, *visit)
    made = case("2026-10-01", "assess", "add", case.child, "--strengths", "They stand by each other")
    case("2026-10-08", "assess", "complete", made["id"])
    plan = case("2026-10-05", "plan", "add", case.child)
    # 42 days after Mon 5 Oct: 26 left in October, then 16 November.
    assert plan["next_review"] == "2026-11-16"
    goal = case("2026-10-05", "plan", "outcome", plan["id"], "--text", "We get there together")["id"]
    act = ("plan", "action", goal, "--text", "Set two alarms", "--owner", "Ida", "--due", "2026-10-12")
    return {
        "notification": one["id"],
        "plan": plan["id"],
        "goal": goal,
        "mothers": case("2026-10-05", *act)["id"],
    }


def test_the_school_joins_the_plan_when_the_family_agrees(twins: Twins) -> None:
    case, held = twins.max, planned(twins)
    school = ("plan", "action", held["goal"], "--text", "Meet him at the gate", "--owner", "Mr Orr")
    school = (*school, "--due", "2026-10-16", "--agency", "school")
    refused = case("2026-10-06", *school, code=5)
    assert (refused["error"]["code"], refused["error"]["where"]) == ("school-not-agreed", "--agency")
    given = case(
        "2026-10-07",
        *("consent", "record", case.child, "--by", "Ida Pike", "--relationship", "mother"),
        *("--status", "given", "--agencies", "school", "--categories", "family", "--purposes", "planning"),
        *("--review", "2026-11-30"),
    )
    theirs = case("2026-10-07", *school)["id"]
    assert case.check("2026-10-07", "school", "family", "planning")[0] == "yes"
    assert twins.mia.check("2026-10-07", "school", "family", "planning")[0] == "ask", (
        "she was not asked about"
    )
    shown = case("2026-10-13", "plan", "show", case.child)
    assert (shown["state"], shown["overdue"]) == ("actions overdue", [held["mothers"]])
    case("2026-10-16", "plan", "do", theirs, "--status", "done")
    # An action is listed 7 days before its day, and stays when the day is over.
    assert "action" not in case.clocks("2026-10-04")
    assert case.clocks("2026-10-05")["action"] == ("2026-10-12", 7, False)
    assert case.clocks("2026-11-20")["action"] == ("2026-10-12", -39, True)
    # Review of the agreement on Mon 30 Nov, listed from 28 days before, Mon 2 Nov.
    assert "agreement-review" not in case.clocks("2026-11-01")
    assert case.clocks("2026-11-02")["agreement-review"] == ("2026-11-30", 28, False)
    case("2026-11-20", "consent", "withdraw", given["id"], "--reason", "he told the whole staff room")
    assert case.check("2026-11-20", "school", "family", "planning")[0] == "no"
    assert "agreement-review" not in case.clocks("2026-11-20")
    again = ("plan", "action", held["goal"], "--text", "Ring us", "--owner", "Mr Orr", "--due", "2026-12-01")
    case("2026-11-20", *again, "--agency", "school", code=5)


def test_a_missed_review_is_never_on_course_and_before_and_after_are_counted(twins: Twins) -> None:
    case, held = twins.max, planned(twins)
    case("2026-10-12", "plan", "do", held["mothers"], "--status", "done")
    shown = case("2026-10-16", "plan", "show", case.child)
    assert shown["state"] == "not reviewed"
    # School days since Mon 5 Oct: 5 to 9 and 12 to 16, ten; the nearest ten before are 21 Sep to 2 Oct.
    before_after = shown["before_after"]
    assert (before_after["started"], before_after["school_days"]) == ("2026-10-05", 10)
    assert (
        before_after["before"].items()
        >= {
            "from": "2026-09-21",
            "to": "2026-10-02",
            "possible": 20,
            "attended": 12,
            "absent": 8,
            "attendance_pct_1dp": 60.0,  # 12 of 20
        }.items()
    )
    assert (
        before_after["since"].items()
        >= {
            "from": "2026-10-05",
            "to": "2026-10-16",
            "possible": 18,
            "attended": 16,
            "absent": 2,
            "attendance_pct_1dp": None,  # 18 possible sessions are too few for a rate
        }.items()
    )
    for day, state in (
        ("2026-11-16", "not reviewed"),
        ("2026-11-17", "review overdue"),
        ("2027-03-01", "review overdue"),
    ):
        assert case(day, "plan", "show", case.child)["state"] == state, day
    assert case.clocks("2026-11-17")["plan-review"] == ("2026-11-16", -1, True)
    case("2026-11-18", "review", held["plan"], "--progress", "Two lates since", "--next", "2026-12-16")
    assert case("2026-11-18", "plan", "show", case.child)["state"] == "on course"
    assert case.clocks("2026-11-18")["plan-review"] == ("2026-12-16", 28, False)
    assert case("2026-12-17", "plan", "show", case.child)["state"] == "review overdue"


def test_no_output_tells_where_they_live(twins: Twins) -> None:
    case, held = twins.max, planned(twins)
    commands = [
        ("child", case.child),
        ("child", twins.mia.child),
        ("plan", "print", case.child),
        ("plan", "show", case.child),
        ("notify", "show", held["notification"]),
        ("notify", "list"),
        ("search", HIDDEN),
        ("search", "Pike"),
        ("show", case.child),
        ("show", twins.home),
        ("show", twins.mother),
        ("history", twins.home),
        ("history", twins.mother),
        ("log",),
        ("clocks", "--all", "--by", "family"),
        ("today",),
        ("triage",),
        ("undo", "--list"),
    ]
    for words in commands:
        for form in ((), ("--json",)):
            given = case.line(*words, *form, today="2026-10-08")
            assert given.code == 0, (words, given.err)
            told = (given.out + given.err).replace(f"search {HIDDEN}", "")
            assert HIDDEN not in told, words
            assert "Orchard" not in told, words
    assert case("2026-10-08", "search", HIDDEN)["rows"] == []
    assert case("2026-10-08", "child", case.child)["household"]["address_protected"] is True
    assert "protected" in case.text("2026-10-08", "child", case.child)
    # The protection is looked at again on Mon 12 Oct: its clock is listed on the day, and stays.
    assert "flag-review" not in case.clocks("2026-10-11")
    assert case.clocks("2026-10-12")["flag-review"] == ("2026-10-12", 0, False)
    assert case.clocks("2026-10-13")["flag-review"] == ("2026-10-12", -1, True)
    for one in (case, twins.mia):
        one(
            "2026-12-01",
            "close",
            one.child,
            "--reason",
            "outcomes-achieved",
            "--told",
            "Mr Orr",
            "--views",
            "x",
        )
        assert one.clocks("2026-12-02") == {}
