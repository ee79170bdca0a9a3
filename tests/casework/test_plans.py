"""A plan's outcomes, actions and reviews, how it stands, and how a case ends."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.errors import BadInput, Refused
from casework.plans import (
    add_action,
    add_outcome,
    close_case,
    plan_standing,
    review_plan,
    set_action,
    start_plan,
)
from casework.records import Child
from casework.records_case import Action, Episode, Outcome, Plan, Review

START = date(2026, 10, 5)
TODAY = date(2026, 11, 10)
CHILD = Child(id="c", surname="Marsh", forename="Tilly", lead_worker="w")
CASE = Episode(id="e", child="c", opened=START)
PLAN = Plan(id="p", child="c", episode="e", started=START, next_review=date(2026, 11, 16), by="w")
OUTCOME = Outcome(id="o", plan="p", child="c", text="We get out of the house on time")
ACTION = Action(
    id="a", outcome="o", child="c", text="Ring the bus company", owner="Jo", due=date(2026, 11, 3)
)
REVIEW = Review(
    id="r",
    plan="p",
    child="c",
    held_on=date(2026, 11, 2),
    next_review=date(2026, 12, 14),
    progress="Better",
    by="w",
)


def test_a_plan_needs_an_open_case_and_is_reviewed_in_six_weeks() -> None:
    assert start_plan(CHILD, CASE, "w", START)[1].next_review == date(2026, 11, 16)
    with pytest.raises(Refused):
        start_plan(CHILD, None, "w", START)


def test_a_plan_that_nobody_reviewed_is_never_on_course() -> None:
    assert plan_standing(PLAN, [], [], [], TODAY).state == "no outcome"
    assert plan_standing(PLAN, [OUTCOME], [], [], TODAY).state == "not reviewed"
    assert plan_standing(PLAN, [OUTCOME], [], [], date(2026, 11, 17)).state == "review overdue"
    reviewed = PLAN.model_copy(update={"next_review": date(2026, 12, 14)})
    assert plan_standing(reviewed, [OUTCOME], [], [REVIEW], TODAY).state == "on course"
    assert plan_standing(reviewed, [OUTCOME], [ACTION], [REVIEW], TODAY).state == "actions overdue"
    assert plan_standing(
        reviewed.model_copy(update={"next_review": None}), [OUTCOME], [], [REVIEW], TODAY
    ).state == ("review overdue")


@given(
    st.integers(-60, 200),
    st.lists(st.sampled_from(["to-do", "in-progress", "done", "not-done", "dropped"]), max_size=3),
)
def test_an_overdue_action_stays_until_somebody_settles_it(days: int, statuses: list[str]) -> None:
    actions = [ACTION.model_copy(update={"id": str(n), "status": s}) for n, s in enumerate(statuses)]
    today = ACTION.due + timedelta(days=days)
    made = plan_standing(PLAN, [OUTCOME], actions, [REVIEW], today)
    waiting = [s for s in statuses if s in ("to-do", "in-progress")]
    assert len(made.overdue) == (len(waiting) if days > 0 else 0)
    if made.overdue:
        assert made.state != "on course"


def test_an_action_has_an_owner_a_day_to_come_and_a_reason_when_dropped() -> None:
    for text, owner, due in (
        ("", "Jo", TODAY),
        ("Ring", " ", TODAY),
        ("Ring", "Jo", TODAY - timedelta(days=1)),
    ):
        with pytest.raises(BadInput):
            add_action(OUTCOME, text, owner, "", due, TODAY)
    with pytest.raises(BadInput):
        set_action(ACTION, "dropped", "", TODAY)
    done = {c.field: c.new for c in set_action(ACTION, "done", "", TODAY).changes}
    assert done == {"status": "done", "done_on": "2026-11-10"}


def test_a_review_sets_the_next_one() -> None:
    changes = {(c.type, c.field): c.new for c in review_plan(PLAN, REVIEW, TODAY).changes}
    assert changes[("plan", "next_review")] == "2026-12-14"
    for fields in (
        {"progress": ""},
        {"held_on": date(2026, 11, 11)},
        {"held_on": date(2026, 10, 4)},
        {"next_review": date(2026, 11, 2)},
    ):
        with pytest.raises(BadInput):
            review_plan(PLAN, REVIEW.model_copy(update=fields), TODAY)


def test_closing_ends_the_case_the_plan_and_the_lead() -> None:
    edit = close_case(CHILD, CASE, [PLAN], reason="outcomes-achieved", on=TODAY, views="It helped")
    assert {(c.type, c.field): c.new for c in edit.changes} == {
        ("episode", "closed"): "2026-11-10",
        ("episode", "reason"): "outcomes-achieved",
        ("episode", "views"): "It helped",
        ("child", "lead_worker"): None,
        ("plan", "ended"): "2026-11-10",
    }
    with pytest.raises(Refused):
        close_case(CHILD, None, [], reason="outcomes-achieved", on=TODAY)
    with pytest.raises(BadInput):
        close_case(CHILD, CASE, [], reason="because", on=TODAY)
    with pytest.raises(BadInput):
        close_case(CHILD, CASE, [], reason="disengaged", on=date(2026, 10, 4))
    ended = PLAN.model_copy(update={"ended": TODAY})
    with pytest.raises(Refused):
        add_outcome(ended, "x", "", "")
