"""The rules of `explain` beside the machine-checkable cases give the program's own answers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from casework.explain import RULES

YEAR = {"terms": [["2026-09-02", "2026-10-16"], ["2026-11-02", "2026-12-18"]], "closed": ["2026-11-13"]}


def marked(first: date, days: int, code: str) -> list[list[str]]:
    """So many weekdays from a day, both sessions with a code."""
    every = (first + timedelta(days=n) for n in range(days * 2))
    weekdays = [day for day in every if day.weekday() < 5][:days]
    return [[day.isoformat(), session, code] for day in weekdays for session in ("AM", "PM")]


def run(rule: str, **given: Any) -> dict[str, Any]:
    answer = RULES[rule].run(given)
    assert answer.reasons
    return answer.result


def test_lateness_keeps_both_kinds_apart() -> None:
    assert run("lateness", marks="/ L U U -") == {"late": 3, "late_before_close": 1, "late_after_close": 2}


def test_first_day_duties_name_the_social_worker() -> None:
    plain = run("first_day_duties", day="2026-11-20")["duties"]
    more = run("first_day_duties", day="2026-11-20", contacts_held=1, social_worker=True)["duties"]
    assert plain[0]["what"] == "Contact the parents"
    assert {duty["what"] for duty in more} - {duty["what"] for duty in plain} == {
        "Ask for another emergency contact",
        "Tell the social worker",
    }
    assert all(duty["source"] for duty in more)


def test_alerts_count_school_days_of_g_n_and_o() -> None:
    marks = marked(date(2026, 11, 9), 5, "G") + marked(date(2026, 11, 16), 5, "O")
    found = run("missing_education_alerts", marks=marks, today="2026-11-20", **YEAR)
    # Friday 13 November is closed: nine school days, not ten.
    assert found == {"days": 9, "level": 5, "since": "2026-11-09", "next_level": 10}


def test_the_standing_says_when_the_oldest_drops_out() -> None:
    found = run("penalty_notice_standing", marks=marked(date(2026, 9, 7), 3, "O"), today="2026-11-20", **YEAR)
    assert (found["unauthorised_in_window"], found["limit"], found["threshold_met"]) == (6, 10, False)
    assert (found["window_from"], found["window_to"]) == ("2026-08-31", "2026-11-22")
    assert found["drops_out"] == "2026-11-30"


def test_returns_are_named_with_their_days() -> None:
    marks = marked(date(2026, 11, 2), 10, "U")
    assert run("returns_due", marks=marks, today="2026-11-16", terms=YEAR["terms"], closed=[]) == {
        "returns": [{"name": "attendance return", "days": 10}]
    }
    assert run("returns_due", marks=marks[:4], today="2026-11-16", **YEAR) == {"returns": []}


def test_days_not_seen_with_and_without_a_calendar() -> None:
    assert run("days_not_seen", last_seen="2026-11-10", today="2026-11-20") == {
        "days": 10,
        "school_days": None,
    }
    found = run("days_not_seen", last_seen="2026-11-10", today="2026-11-20", **YEAR)
    assert found == {"days": 10, "school_days": 7}
    assert run("days_not_seen", last_seen=None, today="2026-11-20")["days"] is None


def test_who_is_told_of_a_permanent_exclusion() -> None:
    told = run("suspension_notifications", permanent=True, looked_after=True)["duties"]
    assert "Tell the virtual school head" in {duty["what"] for duty in told}


def test_triage_gives_the_reasons_of_both_lists() -> None:
    found = run(
        "triage",
        marks=[*marked(date(2026, 11, 16), 5, "N"), ["2026-11-23", "AM", "/"]],
        today="2026-11-20",
        flags=["child-in-need"],
        year={"possible": 100, "absent": 60},
        **YEAR,
    )
    assert [why["rule"] for why in found["round"]] == [
        "social-worker", "missing-education", "ten-in-ten-weeks", "first-day",
    ]  # fmt: skip
    assert {"severe-absence", "no-contact"} <= {why["rule"] for why in found["caseload"]}
