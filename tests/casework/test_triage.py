"""Why a child is on a list: each reason at its threshold; what is not known is held against nobody."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from casework.calendars import SchoolCalendar
from casework.missing_education import unexplained_absence
from casework.ncodes import open_n_marks
from casework.triage import (
    OPEN_OUTCOMES,
    SETTLED_OUTCOMES,
    Facts,
    YearCounts,
    absence_alert,
    caseload_reasons,
    morning_reasons,
    order_key,
    round_status,
    settled_by,
)

FRIDAY = date(2026, 11, 20)
MONDAY = date(2026, 11, 16)
CALENDAR = SchoolCalendar(
    ((date(2026, 9, 1), date(2026, 10, 16)), (date(2026, 11, 2), date(2026, 12, 18))), frozenset()
)
IN = "/ \\ / \\ / \\ / \\ / \\"


def rules(facts: Facts, day: date = FRIDAY) -> list[str]:
    return [why.rule for why in caseload_reasons(facts, CALENDAR, day)]


def morning(facts: Facts, day: date = FRIDAY) -> list[str]:
    return [why.rule for why in morning_reasons(facts, CALENDAR, day)]


def test_an_unexplained_absence_names_its_sessions_and_what_clears_it() -> None:
    (why,) = morning_reasons(Facts(weeks=[(MONDAY, "/ \\ / \\ / \\ / \\ N \\")]), CALENDAR, FRIDAY)
    assert why.rule == "first-day"
    assert "AM on Fri 20 Nov 2026" in why.text
    assert why.clears_with


def test_an_unexplained_absence_of_the_day_is_a_reason_on_the_caseload_too() -> None:
    assert rules(Facts(weeks=[(MONDAY, "/ \\ / \\ / \\ / \\ N \\")])) == ["first-day"]


def test_a_social_worker_comes_first() -> None:
    facts = Facts(weeks=[(MONDAY, "/ \\ / \\ / \\ / \\ N N")], flags=frozenset({"child-in-need"}))
    assert morning(facts)[0] == "social-worker"


def test_a_social_worker_alone_is_no_reason_on_the_caseload() -> None:
    flags = frozenset({"child-in-need"})
    assert rules(Facts(weeks=[(MONDAY, IN)], flags=flags)) == []
    assert rules(Facts(weeks=[(MONDAY, "/ \\ / \\ / \\ / \\ N \\")], flags=flags)) == [
        "social-worker",
        "first-day",
    ]


@pytest.mark.parametrize(("count", "weight"), [(6, 40), (9, 40), (10, 60), (11, 60)])
def test_the_threshold_weighs_more_once_it_is_reached(count: int, weight: int) -> None:
    marks = ["O"] * count + ["/"] * (20 - count)
    weeks = [(date(2026, 9, 7), " ".join(marks[:10])), (date(2026, 9, 14), " ".join(marks[10:]))]
    (why,) = [
        w for w in caseload_reasons(Facts(weeks=weeks), CALENDAR, FRIDAY) if w.rule == "ten-in-ten-weeks"
    ]
    assert why.weight == weight


def test_the_morning_tells_of_older_n_codes_only() -> None:
    short = SchoolCalendar(((date(2026, 11, 2), date(2026, 11, 20)),), frozenset())
    (why,) = [
        w
        for w in morning_reasons(
            Facts(
                weeks=[(date(2026, 11, 9), "/ \\ / \\ / \\ / \\ N \\"), (MONDAY, "/ \\ / \\ / \\ / \\ N N")]
            ),
            short,
            FRIDAY,
        )
        if w.rule == "n-code"
    ]
    assert why.text == "1 N code due today, oldest Fri 13 Nov 2026"


@pytest.mark.parametrize("codes", ["N N", "G G", "O O", "G O"])
@pytest.mark.parametrize(("days", "found"), [(4, None), (5, "5"), (10, "10"), (15, "15")])
def test_missing_education_alerts_at_5_10_and_15_days(days: int, found: str | None, codes: str) -> None:
    school_days = CALENDAR.school_days(date(2026, 9, 1), FRIDAY)[-days:]
    weeks = []
    for monday in sorted({day - timedelta(days=day.weekday()) for day in school_days}):
        slots = [codes if monday + timedelta(days=n) in school_days else "/ \\" for n in range(5)]
        weeks.append((monday, " ".join(slots)))
    assert unexplained_absence(weeks, CALENDAR, FRIDAY).days == days
    alerts = [
        w for w in caseload_reasons(Facts(weeks=weeks), CALENDAR, FRIDAY) if w.rule == "missing-education"
    ]
    text = (
        f"Absent without a known good reason (G, N or O) for {days} school days in a row (alert at {found})"
    )
    assert [why.text for why in alerts] == ([text] if found else [])


def test_half_term_is_not_a_run_of_absence() -> None:
    before, after = date(2026, 10, 12), date(2026, 11, 2)
    weeks = [(before, "/ \\ / \\ / \\ / \\ N N"), (after, "N N N N N N N N N N")]
    alert = absence_alert(weeks, CALENDAR, date(2026, 11, 6))
    assert alert is not None
    assert (alert.days, alert.since) == (6, date(2026, 10, 16))


@pytest.mark.parametrize("broken", ["- -", "I I", "N -", "U N"])
def test_a_school_day_of_anything_else_ends_the_run(broken: str) -> None:
    before = (date(2026, 11, 9), "N N N N N N N N N N")
    assert absence_alert([before, (MONDAY, f"{broken} N N N N N N N N")], CALENDAR, FRIDAY) is None


def test_marks_on_closed_days_run_no_clock_and_are_no_part_of_a_run() -> None:
    closed = SchoolCalendar(CALENDAR.terms, frozenset({date(2026, 11, 18), FRIDAY}))
    weeks = [(date(2026, 11, 9), "N N N N N N N N N N"), (MONDAY, "N N N N / \\ N N I I")]
    assert unexplained_absence(weeks, closed, FRIDAY).days == 8
    assert [
        n.session_date.day for n in open_n_marks([(MONDAY, "N N / \\ N N / \\ N N")], closed, FRIDAY)
    ] == [
        16,
        16,
    ]
    without = open_n_marks([(MONDAY, "N N / \\ / \\ / \\ / \\")], SchoolCalendar(()), FRIDAY)
    assert len(without) == 2


def test_close_to_ten_sessions_says_when_the_oldest_drops_out() -> None:
    weeks = [(date(2026, 9, 7), "O O O O O O / \\ / \\"), (MONDAY, IN)]
    (why,) = [
        w for w in caseload_reasons(Facts(weeks=weeks), CALENDAR, FRIDAY) if w.rule == "ten-in-ten-weeks"
    ]
    assert why.text.startswith("6 of 10 unauthorised sessions")
    assert "drops out in week of" in why.text


def test_five_sessions_are_not_yet_a_reason() -> None:
    assert rules(Facts(weeks=[(date(2026, 11, 9), "O O O O O \\ / \\ / \\"), (MONDAY, IN)])) == []


@pytest.mark.parametrize(
    ("absent", "rule"),
    [(9, None), (10, "persistent-absence"), (49, "persistent-absence"), (50, "severe-absence")],
)
def test_absence_on_the_exact_fraction_with_its_count(absent: int, rule: str | None) -> None:
    facts = Facts(
        weeks=[(MONDAY, IN)],
        year=YearCounts(possible=100, attended=100 - absent, authorised=absent),
        last_contact=FRIDAY,
    )
    found = [w for w in caseload_reasons(facts, CALENDAR, FRIDAY) if w.rule.endswith("-absence")]
    assert [w.rule for w in found] == ([rule] if rule else [])
    assert all(f"{absent} of 100" in w.text for w in found)


def test_no_possible_session_is_never_a_percentage() -> None:
    assert rules(Facts(weeks=[], year=YearCounts())) == []
    assert YearCounts().attendance_pct is None


def test_any_contact_clears_the_nudge() -> None:
    absent = YearCounts(possible=100, attended=80, unauthorised=20)
    assert "no-contact" in rules(Facts(weeks=[], year=absent))
    assert "no-contact" in rules(Facts(weeks=[], year=absent, last_contact=FRIDAY - timedelta(days=10)))
    assert "no-contact" not in rules(Facts(weeks=[], year=absent, last_contact=FRIDAY - timedelta(days=9)))


def test_a_flag_is_past_its_review_the_day_after() -> None:
    for day, found in ((FRIDAY, []), (FRIDAY + timedelta(days=1), ["flag-review"])):
        facts = Facts(weeks=[(MONDAY, IN)], flag_reviews=[("young-carer", FRIDAY)])
        assert rules(facts, day) == found


def test_order_follows_the_weightiest_reason_then_the_next() -> None:
    social = morning_reasons(
        Facts(weeks=[(MONDAY, "/ \\ / \\ / \\ / \\ N N")], flags=frozenset({"looked-after"})),
        CALENDAR,
        FRIDAY,
    )
    plain = morning_reasons(Facts(weeks=[(MONDAY, "/ \\ / \\ / \\ / \\ N N")]), CALENDAR, FRIDAY)
    assert order_key(social) < order_key(plain)
    assert order_key(plain) < order_key([])


@pytest.mark.parametrize("settling", [*SETTLED_OUTCOMES])
@pytest.mark.parametrize("weaker", [*OPEN_OUTCOMES])
def test_a_weaker_outcome_after_a_settling_one_reopens_nothing(settling: str, weaker: str) -> None:
    outcomes = ["no-answer", settling, weaker]
    if (settling, weaker) == ("visit-planned", "not-seen"):
        assert settled_by(outcomes) == ""
        assert round_status(outcomes) == "visited, not seen"
    else:
        assert settled_by(outcomes) == settling
        assert round_status(outcomes) == SETTLED_OUTCOMES[settling]


def test_the_newest_settling_outcome_is_the_status() -> None:
    assert round_status(["spoke", "reason", "no-answer"]) == "reason given (passed to school)"
    assert round_status(["no-answer", "left-message"]) == "message left"
    assert round_status([]) == "open"


@pytest.mark.parametrize("settling", ["reason", "seen"])
def test_a_reason_passed_on_is_never_called_missing(settling: str) -> None:
    facts = Facts(weeks=[(MONDAY, "/ \\ / \\ / \\ / \\ N N")], outcomes=[settling, "no-answer"])
    for (why,) in (morning_reasons(facts, CALENDAR, FRIDAY), caseload_reasons(facts, CALENDAR, FRIDAY)):
        assert why.rule == "first-day"
        assert "No reason" not in why.text
        assert SETTLED_OUTCOMES[settling] in why.text
        assert why.due is None
        assert "reason passed" not in why.clears_with


def test_having_spoken_is_no_reason_yet() -> None:
    facts = Facts(weeks=[(MONDAY, "/ \\ / \\ / \\ / \\ N N")], outcomes=["spoke"])
    (why,) = morning_reasons(facts, CALENDAR, FRIDAY)
    assert why.text.startswith("No reason yet for AM and PM")


def test_a_rate_of_too_few_sessions_claims_nothing_and_ranks_last() -> None:
    for possible, text, weight in (
        (2, "2 of 2 sessions missed: too few sessions yet to say more", 5),
        (19, "19 of 19 sessions missed: too few sessions yet to say more", 5),
        (20, "Severely absent: 20 of 20 sessions missed (100.0 %)", 65),
    ):
        facts = Facts((), year=YearCounts(possible=possible, unauthorised=possible))
        [rate] = [why for why in caseload_reasons(facts, CALENDAR, FRIDAY) if why.rule == "severe-absence"]
        assert (rate.text, rate.weight) == (text, weight)
