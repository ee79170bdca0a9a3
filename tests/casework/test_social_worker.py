"""Telling a child's social worker of an unexplained absence: the words, and what they do to the round."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.calendars import SchoolCalendar
from casework.errors import BadInput
from casework.followups import follow_up
from casework.ids import new_id
from casework.records import Child
from casework.records_attendance import TOLD_SOCIAL_WORKER, FollowUp
from casework.social_worker import initials, words_for_social_worker
from casework.triage import Facts, morning_reasons, round_status, tries

DAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 8, 41, tzinfo=UTC)
N_TODAY = ((date(2026, 11, 16), "/ \\ / \\ / \\ / \\ N N"),)
TILLY = Child(id=new_id(), forename="Matilda", surname="Marsh", known_as="Tilly", year_group="3")


def words(child: Child = TILLY, unexplained: tuple[str, ...] = ("AM", "PM"), *outcomes: str) -> str:
    return words_for_social_worker(child, "Oakham", DAY, unexplained, outcomes, "Kim Invented, early help")


def test_the_words_say_no_more_than_is_needed() -> None:
    assert words(TILLY, ("AM", "PM"), "no-answer", "left-message", TOLD_SOCIAL_WORKER).split("\n") == [
        "M.M. (Year 3), Oakham, was absent from school on Fri 20 Nov 2026 (AM and PM); no reason is known.",
        "The family was tried (2 times) and not reached.",
        "Please tell me if you know where M.M. is, or of anything I should do; the name by phone.",
        "Kim Invented, early help",
    ]


def test_the_council_number_stands_in_for_the_year() -> None:
    said = words(TILLY.model_copy(update={"council_id": "0099123"}))
    assert said.startswith("M.M. (council number 0099123), Oakham,")
    assert "Year 3" not in said


@pytest.mark.parametrize(
    ("outcomes", "sentence"),
    [
        ((), "The family has not been tried yet."),
        (("visit-planned", TOLD_SOCIAL_WORKER), "The family has not been tried yet."),
        (("no-answer", "spoke"), "The family has been reached."),
    ],
)
def test_how_far_the_family_was_reached(outcomes: tuple[str, ...], sentence: str) -> None:
    assert words(TILLY, ("AM",), *outcomes).split("\n")[1] == sentence


@pytest.mark.parametrize(("unexplained", "outcomes"), [((), ()), (("AM",), ("reason",))])
def test_a_reason_that_is_known_is_not_called_unknown(
    unexplained: tuple[str, ...], outcomes: tuple[str, ...]
) -> None:
    assert "no reason" not in words(TILLY, unexplained, *outcomes)


@given(st.text(min_size=2, max_size=20), st.text(min_size=2, max_size=20))
def test_no_name_stands_in_the_words(forename: str, surname: str) -> None:
    child = TILLY.model_copy(update={"forename": f"Qx{forename}", "surname": f"Zw{surname}"})
    said = words(child)
    assert initials(child) == "Q.Z."
    assert "Qx" not in said
    assert "Zw" not in said


def test_it_clears_its_reason_and_settles_nothing() -> None:
    flags = frozenset({"child-in-need"})
    open_school = SchoolCalendar((), ())
    before = Facts(weeks=N_TODAY, flags=flags, outcomes=["no-answer"])
    told = Facts(weeks=N_TODAY, flags=flags, outcomes=["no-answer", TOLD_SOCIAL_WORKER])
    rules = [[why.rule for why in morning_reasons(facts, open_school, DAY)] for facts in (before, told)]
    assert rules == [["social-worker", "first-day"], ["first-day"]]
    assert round_status(told.outcomes) == "called, no answer"
    assert round_status([TOLD_SOCIAL_WORKER]) == "open"
    assert tries(told.outcomes) == ["no-answer"]


@pytest.mark.parametrize("more", [{"with_whom": "parent"}, {"alone": True}, {"reason_code": "I"}])
def test_nobody_of_the_family_is_reached_by_it(more: dict[str, str | bool]) -> None:
    with pytest.raises(BadInput):
        follow_up(
            TILLY.id,
            by=new_id(),
            at=NOW,
            session_date=DAY,
            outcome=TOLD_SOCIAL_WORKER,
            **more,  # type: ignore[arg-type]
        )


def test_an_outcome_of_a_later_version_is_read_and_not_written() -> None:
    held = {"id": new_id(), "child": TILLY.id, "session_date": DAY, "at": NOW, "by": new_id()}
    assert FollowUp.model_validate({**held, "outcome": "told-somebody-else"}).outcome == "told-somebody-else"
    with pytest.raises(BadInput):
        follow_up(TILLY.id, by=new_id(), at=NOW, session_date=DAY, outcome="told-somebody-else")  # type: ignore[arg-type]
