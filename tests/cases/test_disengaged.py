"""A family that disengages and comes back within the year: a new episode, counted both ways."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.steps import Case
from tests.cli.conftest import Line

TERMS = (
    "kind,name,start,end\n"
    "term,Term 2,2025-11-03,2025-12-19\nterm,Term 3,2026-01-05,2026-02-13\n"
    "term,Term 1,2026-09-01,2026-10-16\nterm,Term 2,2026-11-02,2026-12-18\n"
    "term,Term 3,2027-01-04,2027-02-12\n"
)
GIVEN = (
    *("--by", "Jo Marsh", "--relationship", "mother", "--status", "given", "--agencies", "school"),
    *("--categories", "family", "--purposes", "planning", "--expires", "2026-06-30"),
)


@pytest.fixture
def case(line: Line, tmp_path: Path) -> Case:
    """Tilly's, with two winters of terms."""
    (tmp_path / "terms.csv").write_text(TERMS)
    given = line("school", "calendar", "999001", str(tmp_path / "terms.csv"))
    assert given.code == 0, given.err
    return Case(line, line.ids["tilly"])


def disengaged(case: Case) -> tuple[str, str]:
    """The first episode, over Christmas, closed on Friday 13 February: notification and agreement."""
    one = case.notified("2025-12-22")
    # Working days after Mon 22 Dec: Tue 23, Wed 24, Mon 29, Tue 30. Thu 25 and Fri 26 are bank holidays.
    assert one["allocate_by"] == "2025-12-30"
    assert case.clocks("2025-12-26") == {"allocation": ("2025-12-30", 2, False)}
    taken = case("2025-12-30", "allocate", one["id"], "--to", "Ana Bell")
    assert (taken["in_time"], taken["number"]) == (True, 1)
    assert case.clocks("2025-12-30") == {
        "notifier-contact": ("2026-01-02", 2, False),  # Wed 31, Fri 2 Jan; Thu 1 is a bank holiday
        "assessment": ("2026-01-05", 6, False),  # 14 days after Mon 22 Dec
        "first-visit": ("2026-01-07", 5, False),  # Wed 31, Fri 2, Mon 5, Tue 6, Wed 7
    }
    given = case("2026-01-02", "consent", "record", case.child, *GIVEN)
    spoken = case("2026-01-02", "notify", "contacted", one["id"], "--with", "Mr Orr")
    assert spoken["feedback"] == "full"
    return one["id"], given["id"]


def test_pause_and_snooze_need_a_reason_and_wake_by_themselves(case: Case) -> None:
    disengaged(case)
    episode = case.about("2026-01-05", "assessment")
    case("2026-01-05", "clocks", "pause", episode, "--until", "2026-01-19", "--clock", "assessment", code=2)
    why = ("--reason", "Mum is in hospital until then")
    paused = ("clocks", "pause", episode, *why, "--until", "2026-01-19", "--clock", "assessment")
    assert case("2026-01-05", *paused)["until"] == "2026-01-19"
    assert "assessment" not in case.clocks("2026-01-05")
    (row,) = [r for r in case("2026-01-18", "clocks", "--all")["rows"] if r["paused"]]
    assert row["paused"] == {"kind": "pause", "reason": why[1], "until": "2026-01-19"}
    assert "assessment" not in case.clocks("2026-01-18"), "the day before it wakes"
    assert case.clocks("2026-01-19")["assessment"] == ("2026-01-05", -14, True), "its day did not move"
    snoozed = ("clocks", "snooze", episode, "--reason", "she rings on Friday", "--clock", "first-visit")
    case("2026-01-06", *snoozed, "--until", "2026-01-06", code=4)
    case("2026-01-06", *snoozed, "--until", "2026-01-09")
    assert "first-visit" not in case.clocks("2026-01-08")
    assert case.clocks("2026-01-09")["first-visit"] == ("2026-01-07", -2, True)  # Thu 8, Fri 9
    counts = case("2026-01-08", "clocks")["counts"]
    assert (counts["paused"], counts["snoozed"]) == (1, 1)
    case("2026-01-08", "clocks", "wake", episode, "--clock", "first-visit")
    assert "first-visit" in case.clocks("2026-01-08")


def test_closed_as_disengaged_and_back_within_the_year(case: Case, tmp_path: Path) -> None:
    first, given = disengaged(case)
    # No contact for 14 days from Tue 30 Dec: the reminder is there on Tue 13 Jan.
    assert "contact" not in case.clocks("2026-01-12")
    assert case.clocks("2026-01-13")["contact"] == ("2026-01-13", 0, False)
    for day in ("2026-01-13", "2026-01-27", "2026-02-10"):
        tried = ("--kind", "home-visit", "--outcome", "no-reply", "--seen", "not-seen")
        case(day, "contact", "add", case.child, *tried)
        assert "contact" not in case.clocks(day), "an honest try clears it"
    assert "first-visit" not in case.clocks("2026-01-13"), "a visit on record, whoever was in"
    plan = case("2026-01-28", "plan", "add", case.child)
    assert plan["next_review"] == "2026-03-11", "42 days after Wed 28 Jan: 3 in January, 28, then 11"
    case(
        "2026-02-13",
        *("close", case.child, "--reason", "disengaged", "--told", "Mr Orr, by letter to the family"),
        *("--views", "A note through the door: not now, thank you"),
    )
    assert case.clocks("2026-03-12") == {}, "the review of an ended plan is not due"
    shown = case("2026-02-13", "notify", "show", first)
    assert shown["status"] == "closed"

    register(case, tmp_path / "n.csv", "N")
    again = case.notified("2026-12-23")
    # 12 months from the referral of 22 Dec 2025 ended on 22 Dec 2026, those from the closure have not.
    assert again["re_referral"] == {"from_referral": False, "from_closure": True}
    # Working days after Wed 23 Dec: Thu 24, Tue 29, Wed 30, Thu 31. Fri 25 and Mon 28 are bank holidays.
    assert again["allocate_by"] == "2026-12-31"
    said = case.text("2026-12-23", "notify", "show", again["id"])
    assert "Re-referral:    within 12 months of the last referral: no" in said
    assert "Re-referral:    within 12 months of the last closure: yes" in said
    taken = case("2026-12-31", "allocate", again["id"], "--to", "Ana Bell")
    assert (taken["number"], taken["in_time"]) == (2, True)
    assert case.check("2026-12-31", "school", "family", "planning") == (
        "ask",
        "The agreement ended on Tue 30 Jun 2026; ask again.",
    )
    (agreement,) = case("2026-12-31", "consent", "list", case.child)
    assert (agreement["id"], agreement["status"], agreement["state"]) == (given, "given", "expired")
    assert "expired" in case.text("2026-12-31", "consent", "list", case.child)
    spoken = case("2026-12-31", "notify", "contacted", again["id"], "--with", "Mr Orr")
    assert spoken["feedback"] == "in-touch", "what has expired is not as given"
    assert case.clocks("2026-12-31") == {
        "agreement-expiry": ("2026-06-30", -184, True),  # 31+31+30+31+30+31 days
        "assessment": ("2027-01-06", 6, False),  # 14 days after Wed 23 Dec
        # Five school days after Wed 18 Nov, never settled: Thu 19, Fri 20, Mon 23, Tue 24, Wed 25.
        # Over it by 26, 27 and 30 Nov to 18 Dec: 17 school days.
        "n-code": ("2026-11-25", -17, True),
        # Five school days after Wed 16 Dec: Thu 17, Fri 18, Mon 4 Jan, Tue 5, Wed 6.
        "n-code 2": ("2027-01-06", 3, False),
        "first-visit": ("2027-01-08", 5, False),  # Mon 4 to Fri 8; Fri 1 is a bank holiday
    }
    assert case.clocks("2027-01-07")["n-code 2"] == ("2027-01-06", -1, True)
    register(case, tmp_path / "later.csv", "I")
    assert "n-code 2" not in case.clocks("2027-01-07"), "the school's later register gave the reason"
    marks = case("2027-01-07", "child", case.child)["marks"]
    (mark,) = [m for m in marks if (m["date"], m["session"]) == ("2026-12-16", "AM")]
    assert (mark["code"], mark["was"]) == ("I", ["N"])
    renewed = (*GIVEN[:-1], "2027-06-30", "--agencies", "school,early-help")
    case("2027-01-08", "consent", "record", case.child, *renewed)
    assert "agreement-expiry" not in case.clocks("2027-01-08"), "the family was asked again"
    closed = case(
        "2027-01-29",
        *("close", case.child, "--reason", "other-service", "--told", "Mr Orr; the family hub"),
        *("--views", "This time it was the right moment"),
    )
    # Nobody works the case any more; its closing words are read on the agreement of 8 January.
    ended = case("2027-01-29", "show", closed["id"])["fields"]
    assert (ended["told"], ended["views"]) == ("Mr Orr; the family hub", "This time it was the right moment")
    assert (ended["number"], ended["reason"]) == (2, "other-service")


def register(case: Case, path: Path, mark: str) -> None:
    """The school's export of Wednesday 16 December, with this mark in the morning."""
    path.write_text(
        "UPN,Legal Surname,Legal Forename,Reg,Date,Session,Mark\n"
        f"U886009924001,Marsh,Tilly,4B,16/12/2026,AM,{mark}\n"
        "U886009924001,Marsh,Tilly,4B,16/12/2026,PM,/\n"
    )
    given = case.line(
        "import", str(path), "--school", "999001", today="2026-12-18" if mark == "N" else "2027-01-07"
    )
    assert given.code == 0, given.err
