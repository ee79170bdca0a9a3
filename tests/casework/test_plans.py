"""A plan's outcomes, actions and reviews, how it stands, and how a case ends."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.errors import BadInput, Refused
from casework.plan_edits import edit_action, edit_outcome, next_action, set_outcome
from casework.plan_school import school_in_plan
from casework.plans import (
    add_action,
    add_outcome,
    close_case,
    next_review_after,
    plan_standing,
    review_plan,
    set_action,
    start_plan,
)
from casework.records import Child
from casework.records_case import Action, Episode, Outcome, Plan, Review
from casework.records_sharing import Agreement
from casework.sharing import Decision

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


@pytest.mark.parametrize(
    ("held_on", "proposed"),
    [
        (date(2026, 11, 20), date(2027, 1, 4)),  # six weeks on is a bank holiday, a Friday
        (date(2026, 11, 15), date(2026, 12, 29)),  # a Sunday, then the substitute for Boxing Day
        (date(2026, 11, 19), date(2026, 12, 31)),
        (date(2006, 11, 20), date(2007, 1, 2)),  # before there was a cycle: its first length
    ],
)
def test_a_review_is_proposed_for_a_working_day(held_on: date, proposed: date) -> None:
    assert next_review_after(held_on) == proposed


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
    set_action(ACTION, "done", "", START, TODAY, PLAN)
    with pytest.raises(BadInput, match="The plan started on Mon 5 Oct 2026"):
        set_action(ACTION, "done", "", START - timedelta(days=1), TODAY, PLAN)


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


NO = Decision("no", "The family refused it on Mon 2 Nov 2026.")
YES = Decision("yes", "The family agreed on Mon 2 Nov 2026.")


def agreed(**more: object) -> Agreement:
    """An agreement of the mother: the school may see the family's part for planning."""
    held = {
        "id": "g",
        "child": "c",
        "given_by": "Jo",
        "relationship": "mother",
        "status": "given",
        "agencies": ("school",),
        "purposes": ("planning",),
        "categories": ("family",),
        "given_on": START,
        "by": "w",
    }
    return Agreement.model_validate({**held, **more})


@pytest.mark.parametrize(
    ("agreements", "answer"),
    [
        ([], "ask"),
        ([agreed()], "yes"),
        ([agreed(agencies=("early-help",))], "ask"),
        ([agreed(purposes=("support",))], "ask"),
        ([agreed(categories=("attendance",))], "ask"),
        ([agreed(status="refused")], "no"),
        ([agreed(status="withdrawn", withdrawn_on=TODAY)], "no"),
        ([agreed(expires=START)], "ask"),
        ([agreed(exclude="not the head")], "ask"),
        ([agreed(exclude="not the head", exclude_read=True)], "yes"),
        ([agreed(exclude_agencies=("school",))], "no"),
        ([agreed(), agreed(id="h", given_by="Dean", relationship="father", responsibility="yes",
                           status="refused")], "ask"),
    ],
)  # fmt: skip
def test_the_school_is_in_a_plan_by_agreement_alone(agreements: list[Agreement], answer: str) -> None:
    decision = school_in_plan(agreements, CHILD, TODAY)
    assert decision.answer == answer
    due = date(2026, 11, 20)
    if answer == "yes":
        assert add_action(OUTCOME, "Breakfast", "Ms Reed", "school", due, TODAY, school=decision)[1].agency
        return
    with pytest.raises(Refused, match="only when the family agreed") as problem:
        add_action(OUTCOME, "Breakfast", "Ms Reed", "school", due, TODAY, school=decision)
    assert (problem.value.code, problem.value.where) == ("school-not-agreed", "--agency")
    assert decision.reason in problem.value.message
    assert add_action(OUTCOME, "Breakfast", "Jo", "", due, TODAY, school=decision)


def test_nobody_asked_is_no_agreement() -> None:
    with pytest.raises(Refused, match="has not been asked"):
        add_action(OUTCOME, "Breakfast", "Ms Reed", "school", TODAY, TODAY)


def changed(action: Action, school: Decision | None = None, **more: object) -> dict[str, object]:
    held = {"text": action.text, "owner": action.owner, "agency": action.agency, "due": action.due, **more}
    edit = edit_action(action, PLAN, today=TODAY, school=school, **held)  # type: ignore[arg-type]
    return {change.field: change.new for change in edit.changes}


def test_an_action_gets_other_words_another_owner_another_day() -> None:
    assert changed(ACTION, text="Write to them") == {"text": "Write to them"}
    moved = {"due": "2026-12-01", "moved_from": "2026-11-03"}
    assert changed(ACTION, due=date(2026, 12, 1), why="The company is closed") == moved
    with pytest.raises(BadInput, match="say why it gets another day"):
        changed(ACTION, due=date(2026, 12, 1))
    for not_late in ({"due": TODAY}, {"status": "done"}):
        held = ACTION.model_copy(update=not_late)
        assert changed(held, due=date(2026, 12, 1)) == {"due": "2026-12-01"}, not_late
    to_come = ACTION.model_copy(update={"due": date(2026, 11, 20)})
    assert changed(to_come, due=date(2026, 12, 1)) == {"due": "2026-12-01"}
    again = ACTION.model_copy(update={"moved_from": date(2026, 10, 12)})
    assert changed(again, due=date(2026, 12, 1), why="Still closed") == {"due": "2026-12-01"}, "the first day"
    held = {"text": ACTION.text, "owner": "Jo", "agency": "", "due": date(2026, 12, 1)}
    assert edit_action(ACTION, PLAN, today=TODAY, why=" Closed ", **held).reason == "Closed"  # type: ignore[arg-type]
    assert changed(ACTION, owner="Ms Reed", agency="school", school=YES) == {
        "owner": "Ms Reed",
        "agency": "school",
    }
    for more in ({"text": " "}, {"owner": ""}, {"due": date(2026, 11, 9)}):
        with pytest.raises(BadInput):
            changed(ACTION, **more)
    with pytest.raises(Refused, match="already"):
        changed(ACTION)
    with pytest.raises(Refused, match="ended"):
        edit_action(ACTION, PLAN.model_copy(update={"ended": TODAY}), text="x", owner="Jo", agency="",
                    due=ACTION.due, today=TODAY)  # fmt: skip


def test_an_action_comes_to_the_school_by_agreement_and_keeps_its_words_when_that_is_gone() -> None:
    theirs = ACTION.model_copy(update={"agency": "school"})
    with pytest.raises(Refused, match="only when the family agreed"):
        changed(ACTION, agency="school", school=NO)
    with pytest.raises(Refused, match="only when the family agreed"):
        changed(theirs, owner="Mr Lane", school=NO)
    assert changed(theirs, text="Write to them", school=NO) == {"text": "Write to them"}
    assert changed(theirs, owner="Jo M", agency="", school=NO) == {"owner": "Jo M", "agency": ""}


def test_an_outcome_is_reworded_reached_or_dropped_with_a_reason() -> None:
    edit = edit_outcome(OUTCOME, PLAN, "We are on time", "late daily", "in by 8:50")
    assert [change.field for change in edit.changes] == ["text", "baseline", "measure"]
    assert set_outcome(OUTCOME, PLAN, "achieved").changes[0].new == "achieved"
    assert set_outcome(OUTCOME, PLAN, "dropped", " they moved ").reason == "they moved"
    for problem in (
        lambda: set_outcome(OUTCOME, PLAN, "dropped"),
        lambda: edit_outcome(OUTCOME, PLAN, " ", "", ""),
    ):
        with pytest.raises(BadInput):
            problem()
    for refusal in (
        lambda: set_outcome(OUTCOME, PLAN, "open"),
        lambda: set_outcome(OUTCOME, PLAN.model_copy(update={"ended": TODAY}), "achieved"),
        lambda: edit_outcome(OUTCOME, PLAN, OUTCOME.text, "", ""),
    ):
        with pytest.raises(Refused):
            refusal()


def test_the_next_step_is_the_open_action_that_is_due_first() -> None:
    later = ACTION.model_copy(update={"id": "b", "due": TODAY})
    assert next_action([later, ACTION]) == ACTION
    assert next_action([later, ACTION.model_copy(update={"status": "done"})]) == later
    assert next_action([]) is None
