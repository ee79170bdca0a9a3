"""Assessments, scores with the distance travelled, attendance before and since, and a family's words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework import family_words
from casework.assessments import (
    PARTS,
    assessment_clock,
    complete_assessment,
    distance_travelled,
    missing_of,
    read_readings,
    record_scores,
    set_parts,
    start_assessment,
)
from casework.attendance import Tally
from casework.before_after import MOST_WEEKS, before_after, say_attended, say_part_time, say_suspended
from casework.calendars import SchoolCalendar
from casework.errors import BadInput, Refused
from casework.family_words import say_action, say_contact, say_episode, say_follow_up
from casework.records import Contact
from casework.records_attendance import FollowUp
from casework.records_case import ACTION_STATUSES, Action, Assessment, Episode, Notification, Score
from casework.told_facts import told_in, told_of_home
from casework.wording import count_of

DAY = date(2026, 11, 2)
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
CASE = Episode(id="e", child="c", referred=date(2026, 10, 26), opened=DAY)
BEGUN = Assessment(id="a", child="c", started=DAY, by="w")


def score(area: str, number: int, day: int, ident: str = "s", tool: str = "Star") -> Score:
    return Score(
        id=ident, child="c", tool=tool, area=area, score=number, scored_on=date(2026, 11, day), by="w"
    )


def test_an_assessment_needs_an_open_case_and_a_day_that_has_come() -> None:
    (change,) = start_assessment(BEGUN, CASE, DAY).changes
    assert change.new["episode"] == "e"
    with pytest.raises(Refused):
        start_assessment(BEGUN, None, DAY)
    with pytest.raises(BadInput):
        start_assessment(BEGUN, CASE, DAY - timedelta(days=1))
    in_work = BEGUN.model_copy(update={"id": "b", "episode": "e"})
    with pytest.raises(Refused, match="is in work"):
        start_assessment(BEGUN, CASE, DAY, [in_work])
    for other in (in_work.model_copy(update={"completed": DAY}), in_work.model_copy(update={"episode": "x"})):
        assert start_assessment(BEGUN, CASE, DAY, [other]).changes


def test_empty_parts_are_named_and_hold_nothing_up() -> None:
    assert len(missing_of(BEGUN)) == len(PARTS)
    complete_assessment(BEGUN, DAY, DAY, "w")
    with pytest.raises(BadInput):
        complete_assessment(BEGUN, DAY - timedelta(days=1), DAY, "w")
    with pytest.raises(BadInput):
        complete_assessment(BEGUN, DAY + timedelta(days=1), DAY, "w")
    done = BEGUN.model_copy(update={"completed": DAY})
    for edit in (lambda: complete_assessment(done, DAY, DAY, "w"), lambda: set_parts(done, history="x")):
        with pytest.raises(Refused):
            edit()
    with pytest.raises(Refused):
        set_parts(BEGUN, history="")


def test_the_clock_of_an_assessment_runs_two_weeks_from_the_referral() -> None:
    clock = assessment_clock(BEGUN, CASE, date(2026, 11, 10))
    assert clock is not None
    assert (clock.start, clock.due, clock.overdue) == (date(2026, 10, 26), date(2026, 11, 9), True)
    assert assessment_clock(BEGUN.model_copy(update={"completed": DAY}), CASE, DAY) is None


def test_a_score_has_names_and_a_day_that_has_come() -> None:
    record_scores([score("Home", 0, 2)], DAY)
    numbers = (score("Home", -1, 2), score("Home", 10_000, 2))
    for bad in (score(" ", 1, 2), score("Home", 1, 2, tool=" "), *numbers, score("Home", 1, 3)):
        with pytest.raises(BadInput):
            record_scores([bad], DAY)


def test_distance_is_last_minus_first_and_one_reading_is_none() -> None:
    (star,) = distance_travelled(
        [
            score("Home", 6, 20),
            score("home", 3, 2),
            score("Home", 1, 10),
            score("Friends", 4, 2),
            score("Sleep", 4, 2),
            score("Sleep", 4, 20),
        ]
    )
    assert {a.area.casefold(): a.change for a in star.areas} == {"friends": None, "home": 3, "sleep": 0}
    assert (star.up, star.same, star.down, star.once) == (1, 1, 0, 1)


def test_two_readings_of_one_day_are_one() -> None:
    (star,) = distance_travelled([score("Home", 3, 2, "1"), score("Home", 5, 2, "2")])
    assert (star.areas[0].last.score, star.areas[0].change) == (5, None)


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 10), st.integers(1, 28)), min_size=1))
def test_every_area_is_counted_once(readings: list[tuple[str, int, int]]) -> None:
    scores = [score(area, number, day, str(n)) for n, (area, number, day) in enumerate(readings)]
    (star,) = distance_travelled(scores)
    assert star.up + star.same + star.down + star.once == len(star.areas) == len({r[0] for r in readings})
    assert distance_travelled(scores[::-1]) == [star]


@given(st.integers(0, 200), st.integers(0, 200))
def test_both_windows_are_as_long_and_touch_at_the_start(first: int, last: int) -> None:
    begins = date(2026, 9, 1)
    calendar = SchoolCalendar.of([(begins, begins + timedelta(days=200))])
    started = begins + timedelta(days=first)
    today = started + timedelta(days=last)
    marks = [(begins + timedelta(days=n), "/") for n in range(220)]
    held = before_after(marks, calendar, started, today)
    assert held.days <= MOST_WEEKS * 5
    assert held.before.tally.possible == held.since.tally.possible == held.days
    if held.days:
        assert held.before.end is not None
        assert held.since.start is not None
        assert held.before.end < started <= held.since.start
        assert held.since.end == calendar.last_school_day(today)


_CODES = ("/", "\\", "O", "E", "C2", "X", "Y5", "L", "N")


@given(st.lists(st.sampled_from(_CODES), min_size=60, max_size=220), st.integers(0, 100))
def test_no_figure_stands_without_what_it_is_counted_of(codes: list[str], first: int) -> None:
    begins = date(2026, 9, 1)
    calendar = SchoolCalendar.of([(begins, begins + timedelta(days=200))])
    days = calendar.school_days(begins, begins + timedelta(days=200))
    marks = [(days[n // 2], code) for n, code in enumerate(codes) if n // 2 < len(days)]
    held = before_after(marks, calendar, days[first], marks[-1][0])
    for window in (held.before, held.since):
        inside = [c for day, c in marks if window.start and window.end and window.start <= day <= window.end]
        assert window.marked == len(inside)
        assert window.suspended == inside.count("E")
        assert (window.part_time, window.not_required) == (inside.count("C2"), inside.count("X"))
        assert sum((one for _, one in window.weeks), Tally()) == window.tally
        assert (window.attendance_pct is None) == (window.tally.possible < 20)
        possible = window.tally.possible
        counts = f"{window.tally.attended} of {possible}, "
        assert say_attended(window).startswith(counts if possible else "no possible session")
        assert ("%" in say_attended(window)) == (possible >= 20)
        for said in (say_suspended(window), say_part_time(window)):
            assert said.endswith(f"of {count_of(window.marked, 'mark')}")


def test_too_few_sessions_give_no_percentage() -> None:
    calendar = SchoolCalendar.of([(date(2026, 9, 1), date(2026, 12, 18))])
    days = calendar.school_days(date(2026, 9, 1), date(2026, 10, 30))
    marks = [(day, code) for day in days for code in "/O"]
    few = before_after(marks, calendar, days[9], days[17]).since
    assert (few.tally.possible, few.attendance_pct) == (18, None)
    assert say_attended(few) == "9 of 18, too few for a rate"
    enough = before_after(marks, calendar, days[10], days[19]).since
    assert say_attended(enough) == "10 of 20, 50.0 %"


def test_the_words_for_a_family_know_every_stored_value() -> None:
    kinds = get_args(Contact.model_fields["kind"].annotation)
    outcomes = get_args(Contact.model_fields["outcome"].annotation)
    for kind in kinds:
        for outcome in outcomes:
            said = say_contact(
                Contact.model_validate(
                    {"id": "k", "child": "c", "at": AT, "by": "w", "kind": kind, "outcome": outcome}
                ),
                "Tilly",
            )
            assert bool(said) == (kind != "supervision")
    for status in ACTION_STATUSES:
        action = Action(id="x", outcome="o", child="c", text="Ring", owner="Jo", due=DAY, status=status)
        assert f"{status}." not in say_action(action, DAY) or status in ("done", "dropped")
    for decision in ("continue", "step-up", "step-down", "close"):
        assert family_words.DECISIONS[decision].endswith(".")


@pytest.mark.parametrize(
    ("outcome", "code", "said"),
    [
        ("reason", "I", "(illness"),
        ("reason", "Y5", "we were told the reason."),
        ("no-answer", "", "nobody answered."),
        ("safeguarding", "", ""),
    ],
)
def test_a_follow_up_tells_a_family_no_code_no_custody_and_no_safeguarding(
    outcome: str, code: str, said: str
) -> None:
    step = FollowUp.model_validate(
        {
            "id": "f",
            "child": "c",
            "session_date": DAY,
            "at": AT,
            "by": "w",
            "outcome": outcome,
            "reason_code": code,
        }
    )
    words = say_follow_up(step, "Tilly")
    assert said in words
    assert bool(words) == bool(said)
    assert "Y5" not in words
    assert "not in school" not in say_follow_up(step, "Tilly", present=True)


def test_the_end_of_the_work_is_told_kindly() -> None:
    ended = CASE.model_copy(update={"closed": DAY, "reason": "child-died"})
    assert [words for _, words in say_episode(ended)] == [
        "We began to work together.",
        "Our work together ended.",
    ]


def test_several_areas_are_read_from_a_line_each() -> None:
    text = "Home and money 4\n\n  Sleep: 10 \nFriends:\nStage 2 work = 3"
    assert read_readings(text) == [("Home and money", 4), ("Sleep", 10), ("Stage 2 work", 3)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Home 4\nSleep", "Line 2: write the area"),
        ("4", "Line 1: write the area"),
        (": 4", "Line 1: write the area"),
        ("Home -4", "Line 1: write the area"),
        ("Home 4\nhome: 5", "Line 2: this area has a score above already."),
    ],
)
def test_a_line_that_is_no_reading_is_named_without_its_words(text: str, words: str) -> None:
    with pytest.raises(BadInput) as problem:
        read_readings(text)
    assert words in problem.value.message
    assert "Sleep" not in problem.value.message


@given(st.dictionaries(st.from_regex(r"[a-z]{1,9}( [a-z]{1,9})?", fullmatch=True), st.integers(0, 9999)))
def test_what_is_written_is_what_is_read(readings: dict[str, int]) -> None:
    lines = "\n".join(f"{area}: {number}" for area, number in readings.items())
    assert dict(read_readings(lines)) == readings


def test_several_scores_are_one_step() -> None:
    made = record_scores([score("Home", 1, 2, "1"), score("Sleep", 2, 2, "2")], DAY)
    assert (made.name, len(made.changes)) == ("2 scores recorded", 2)
    with pytest.raises(BadInput):
        record_scores([], DAY)


def test_who_completed_it_is_kept_beside_who_began() -> None:
    edit = complete_assessment(BEGUN, DAY, DAY, "x")
    assert {change.field: change.new for change in edit.changes} == {
        "completed": DAY.isoformat(),
        "completed_by": "x",
    }


def test_the_clock_runs_also_while_no_assessment_was_started() -> None:
    clock = assessment_clock(None, CASE, DAY)
    assert clock is not None
    assert clock.due == date(2026, 11, 9)
    assert assessment_clock(None, None, DAY) is None


def test_what_was_told_stands_beside_its_part_with_its_source() -> None:
    sent = Notification(
        id="n", child="c", received=DAY, notifier="Ms Sample", concern="Late", voice="I worry.",
        heard_by="Mr Lane", heard_on=date(2026, 11, 1), offered=" ", by="w",
    )  # fmt: skip
    told = {one.part: one for one in told_in(sent)}
    assert set(told) == {"development", "views"}
    assert told["views"].as_taken == (
        "“I worry.” (heard by Mr Lane on Sun 1 Nov 2026, notification of Mon 2 Nov 2026)"
    )
    assert set(told) <= set(PARTS)
    (home,) = told_of_home([("Ben Marsh", date(2020, 5, 9), "1")])
    assert home.words == "Ben Marsh, born 9 May 2020, Year 1"
    assert told_of_home([]) == []
