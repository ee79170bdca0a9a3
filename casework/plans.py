"""Assessment, plan, review and closure: the edits that build them and how a plan stands on a day.

Source: Kent Family Support Framework (assessment, support plan, Team Around the Family, review, closure);
lengths are local parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from casework.clocks import Clock, calendar_clock, next_working_day
from casework.days_given import require_come
from casework.edits import Change, Edit, create, update
from casework.errors import BadInput, Refused
from casework.ids import new_id
from casework.parameters import PLAN_REVIEW_WEEKS, at_or_first
from casework.plan_school import require_school_agreed
from casework.records import Child
from casework.records_case import (
    CLOSE_REASONS,
    Action,
    ActionStatus,
    CloseReason,
    Episode,
    Outcome,
    Plan,
    Review,
)
from casework.wording import count_of, say_day

if TYPE_CHECKING:
    from casework.sharing import Decision

PlanState = Literal["no outcome", "not reviewed", "review overdue", "actions overdue", "on course", "ended"]
REASON_AFTER: Mapping[str, CloseReason] = {"step-up": "stepped-up", "step-down": "stepped-down"}
"""Why a case is closed by what its review decided; a review that decides to close leaves the reason open."""

PASSED_ON: frozenset[CloseReason] = frozenset({"stepped-up", "stepped-down", "other-service"})
"""Reasons after which somebody else goes on."""

DONE: frozenset[ActionStatus] = frozenset({"done", "not-done", "dropped"})
"""Statuses in which an action asks for nothing more."""

_NEEDS_WHY: frozenset[ActionStatus] = frozenset({"not-done", "dropped"})


@dataclass(frozen=True, slots=True)
class PlanStanding:
    """How a plan stands: `state` in words, never `on course` before a first review; `overdue` are actions,
    `left` those of an ended plan that nobody settled, the earliest due first.
    """

    state: PlanState
    review: Clock | None
    overdue: tuple[Action, ...]
    reasons: tuple[str, ...]
    left: tuple[Action, ...] = ()


def start_plan(
    child: Child,
    episode: Episode | None,
    by: str,
    on: date,
    today: date | None = None,
    plans: Sequence[Plan] = (),
) -> tuple[Edit, Plan]:
    """A new plan with its first review date.

    Raises Refused when no case is open, or one of `plans` is, BadInput for a day before the case opened or
    after `today`.
    """
    if episode is None:
        raise Refused("no-open-case", "There is no open case; allocate a notification first.", child.id)
    held = next((plan for plan in plans if plan.ended is None), None)
    if held is not None:
        raise Refused(
            "plan-open", f"The plan of {say_day(held.started)} is open; add to it or review it.", held.id
        )
    if on < episode.opened:
        raise BadInput("dates", f"The case opened on {say_day(episode.opened)}.", "--on")
    if today is not None:
        require_come(on, today, "A plan is recorded once it started.")
    plan = Plan(
        id=new_id(),
        child=child.id,
        episode=episode.id,
        started=on,
        next_review=next_review_after(on),
        by=by,
    )
    return Edit("Plan started", (create(plan),), subject=child.id), plan


def add_outcome(plan: Plan, text: str, baseline: str, measure: str) -> tuple[Edit, Outcome]:
    """An outcome in the family's words. Raises BadInput without words, Refused when the plan has ended."""
    require_open(plan)
    if not text.strip():
        raise BadInput("empty", "Say what the family wants to be different.", "--text")
    outcome = Outcome(
        id=new_id(), plan=plan.id, child=plan.child, text=text, baseline=baseline, measure=measure
    )
    return Edit("Outcome added", (create(outcome),), subject=plan.child), outcome


def add_action(
    outcome: Outcome,
    text: str,
    owner: str,
    agency: str,
    due: date,
    today: date,
    *,
    plan: Plan | None = None,
    school: Decision | None = None,
) -> tuple[Edit, Action]:
    """An action with its owner and due day.

    Raises BadInput without either, or for a day that is over, Refused when its plan has ended or it would be
    the school's without the family's agreement (`school` as `school_in_plan` has it).
    """
    if plan is not None:
        require_open(plan)
    if not text.strip():
        raise BadInput("empty", "Say what is to be done.", "--text")
    if not owner.strip():
        raise BadInput("empty", "Say who does it: an agency's person, or a member of the family.", "--owner")
    if due < today:
        raise BadInput("dates", f"{say_day(due)} is over; give a day to come.", "--due")
    require_school_agreed(agency, school)
    action = Action.model_validate(
        {
            "id": new_id(),
            "outcome": outcome.id,
            "child": outcome.child,
            "text": text,
            "owner": owner,
            "agency": agency,
            "due": due,
        }
    )
    return Edit("Action added", (create(action),), subject=outcome.child), action


def set_action(
    action: Action,
    status: ActionStatus,
    why: str,
    on: date,
    today: date | None = None,
    plan: Plan | None = None,
) -> Edit:
    """An action goes on, is done, or is not.

    Raises BadInput when one not done or dropped has no reason, or for a day after `today` or before its
    `plan` began, Refused when it says so already.
    """
    if plan is not None and on < plan.started:
        raise BadInput("dates", f"The plan started on {say_day(plan.started)}.", "--on")
    if today is not None:
        require_come(on, today, "An action is settled on a day that has come.")
    if status in _NEEDS_WHY and not why.strip():
        raise BadInput("empty", "Say why it was not done, or dropped.", "--why")
    changes = update(action, status=status, why=why, done_on=on if status in DONE else None)
    if not changes:
        raise Refused("nothing-to-do", "It says so already.", action.id)
    return Edit(f"Action: {status.replace('-', ' ')}", changes, subject=action.child)


def next_review_after(held_on: date) -> date:
    """The day of the next review that the local cycle proposes: a working day, on it or the first after."""
    return next_working_day(held_on + timedelta(weeks=at_or_first(PLAN_REVIEW_WEEKS, held_on)))


def review_plan(plan: Plan, review: Review, today: date) -> Edit:
    """A review held, and the day of the next one.

    Raises BadInput without progress, for a review in the future or a next one before it, Refused when the
    plan has ended.
    """
    require_open(plan)
    if not review.progress.strip():
        raise BadInput("empty", "Say how it goes, outcome by outcome.", "--progress")
    require_come(review.held_on, today, "A review is recorded once it was held.")
    if review.held_on < plan.started:
        raise BadInput("dates", f"The plan started on {say_day(plan.started)}.", "--on")
    if review.next_review is not None and review.next_review <= review.held_on:
        raise BadInput("dates", "The next review lies after this one.", "--next")
    changes = (create(review), *update(plan, next_review=review.next_review))
    return Edit("Plan reviewed", changes, subject=plan.child)


def close_case(
    child: Child,
    episode: Episode | None,
    plans: Sequence[Plan],
    *,
    reason: str,
    on: date,
    today: date | None = None,
    passed_to: str = "",
    told: str = "",
    views: str = "",
    note: str = "",
) -> Edit:
    """The episode ends with its reason, its plans with it, and nobody leads the work any more.

    `passed_to` names who goes on with it: the social worker after a step up, the school's lead after a step
    down, the other service.

    Raises Refused when no case is open, BadInput for an unknown reason, a day before it or a plan began, or
    one after `today`.
    """
    if episode is None:
        raise Refused("no-open-case", "There is no open case to close.", child.id)
    if reason not in CLOSE_REASONS:
        raise BadInput("bad-value", f"A reason is one of {', '.join(CLOSE_REASONS)}.", "--reason")
    if on < episode.opened:
        raise BadInput("dates", f"The case opened on {say_day(episode.opened)}.", "--on")
    if today is not None:
        require_come(on, today, "A case is closed on a day that has come.")
    begun = max((plan.started for plan in plans if plan.ended is None), default=on)
    if on < begun:
        raise BadInput("dates", f"Its plan started on {say_day(begun)}.", "--on")
    changes: list[Change] = [
        *update(episode, closed=on, reason=reason, passed_to=passed_to, told=told, views=views, note=note),
        *update(child, lead_worker=None),
    ]
    for plan in plans:
        if plan.ended is None:
            changes += update(plan, ended=on)
    # The reason is the family's; a step's name is shown to whoever reads the log.
    return Edit("Case closed", tuple(changes), subject=child.id)


def plan_standing(
    plan: Plan, outcomes: Sequence[Outcome], actions: Sequence[Action], reviews: Sequence[Review], today: date
) -> PlanStanding:
    """How a plan stands on a day. One that nobody has reviewed is never on course."""
    if plan.ended is not None:
        left = left_undone(actions)
        late = sum(action.due < plan.ended for action in left)
        told = [f"Ended on {say_day(plan.ended)}."]
        if left:
            told.append(
                f"{count_of(len(left), 'action')} left undone{f', {late} of them overdue' * bool(late)}."
            )
        return PlanStanding("ended", None, (), tuple(told), left)
    overdue = tuple(action for action in left_undone(actions) if action.due < today)
    last = max((r.held_on for r in reviews), default=None)
    clock = (
        calendar_clock("plan-review", last or plan.started, plan.next_review, today)
        if plan.next_review
        else None
    )
    reasons = [f"Last reviewed on {say_day(last)}." if last else "Not reviewed yet."]
    if clock is not None:
        reasons.append(clock.text[0].upper() + clock.text[1:] + ".")
    if overdue:
        reasons.append(f"{count_of(len(overdue), 'action')} overdue.")
    if not outcomes:
        return PlanStanding("no outcome", clock, overdue, ("No outcome is in it yet.", *reasons))
    if clock is None or clock.overdue:
        state: PlanState = "review overdue"
        if clock is None:
            reasons.append("No next review is set.")
    elif overdue:
        state = "actions overdue"
    elif last is None:
        state = "not reviewed"
    else:
        state = "on course"
    return PlanStanding(state, clock, overdue, tuple(reasons))


def left_undone(actions: Sequence[Action]) -> tuple[Action, ...]:
    """Those that nobody settled, the earliest due first."""
    return tuple(sorted((a for a in actions if a.status not in DONE), key=lambda a: (a.due, a.id)))


def require_open(plan: Plan) -> None:
    """Raise Refused when a plan has ended."""
    if plan.ended is not None:
        raise Refused("plan-ended", f"The plan ended on {say_day(plan.ended)}.", plan.id)
