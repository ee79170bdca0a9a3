"""Changing what stands in a plan: words, owners, days, and how an outcome ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Literal, get_args

from casework.edits import Edit, update
from casework.errors import BadInput, Refused
from casework.plan_school import require_school_agreed
from casework.plans import DONE, require_open
from casework.records_case import Action, Outcome, Plan
from casework.wording import say_day

if TYPE_CHECKING:
    from casework.sharing import Decision

OutcomeStatus = Literal["open", "achieved", "dropped"]
OUTCOME_STATUSES: tuple[OutcomeStatus, ...] = get_args(OutcomeStatus)


def edit_outcome(outcome: Outcome, plan: Plan, text: str, baseline: str, measure: str) -> Edit:
    """An outcome in other words; the earlier ones stay in its history.

    Raises BadInput without words, Refused when its plan has ended or nothing was changed.
    """
    require_open(plan)
    if not text.strip():
        raise BadInput("empty", "Say what the family wants to be different.", "--text")
    changes = update(outcome, text=text, baseline=baseline, measure=measure)
    if not changes:
        raise Refused("nothing-to-do", "It says so already.", outcome.id)
    return Edit("Outcome changed", changes, subject=outcome.child)


def set_outcome(outcome: Outcome, plan: Plan, status: OutcomeStatus, why: str = "") -> Edit:
    """An outcome is reached, dropped or open again; `why` is kept with the step.

    Raises BadInput when a dropped one has no reason, Refused when its plan has ended or it says so already.
    """
    require_open(plan)
    if status == "dropped" and not why.strip():
        raise BadInput("empty", "Say why the family no longer wants it.", "--why")
    changes = update(outcome, status=status)
    if not changes:
        raise Refused("nothing-to-do", "It says so already.", outcome.id)
    return Edit(f"Outcome: {status}", changes, subject=outcome.child, reason=why.strip())


def edit_action(
    action: Action,
    plan: Plan,
    *,
    text: str,
    owner: str,
    agency: str,
    due: date,
    today: date,
    school: Decision | None = None,
    why: str = "",
) -> Edit:
    """An action in other words, with another owner or another day; what was agreed before stays in history.

    `why` is why an overdue one gets another day. Raises BadInput without words or owner, for a new day that
    is over, or where `why` is missing, Refused when its plan has ended,
    nothing was changed, or it would be the school's without agreement (`school` as `school_in_plan` has it).
    """
    require_open(plan)
    if not text.strip():
        raise BadInput("empty", "Say what is to be done.", "--text")
    if not owner.strip():
        raise BadInput("empty", "Say who does it: an agency's person, or a member of the family.", "--owner")
    if due != action.due and due < today:
        raise BadInput("dates", f"{say_day(due)} is over; give a day to come.", "--due")
    moved = moved_day(action, due, why, today, "--moved-why")
    changes = update(action, text=text, owner=owner, agency=agency, due=due.isoformat(), **moved)
    if not changes:
        raise Refused("nothing-to-do", "It says so already.", action.id)
    require_owner_agreed(action, owner, agency, school)
    return Edit("Action changed", changes, subject=action.child, reason=why.strip())


def is_late(action: Action, today: date) -> bool:
    """Whether an action still asks for something though its day is over."""
    return action.status not in DONE and action.due < today


def moved_day(action: Action, due: date, why: str, today: date, where: str) -> dict[str, str]:
    """What else changes when an overdue action gets another day: the first day it was due on stays visible.

    Raises BadInput without a reason; `where` names what would have said it.
    """
    if due == action.due or not is_late(action, today):
        return {}
    if not why.strip():
        raise BadInput("empty", "It is overdue: say why it gets another day.", where)
    return {"moved_from": (action.moved_from or action.due).isoformat()}


def require_owner_agreed(action: Action, owner: str, agency: str, school: Decision | None) -> None:
    """Raise Refused where an action would come to somebody of the school without the family's agreement.

    One that the school has already may be put in other words when the agreement is gone.
    """
    if (owner, agency) != (action.owner, action.agency):
        require_school_agreed(agency, school)


def next_action(actions: Iterable[Action]) -> Action | None:
    """The action that is due first of those that still ask for something."""
    return min((a for a in actions if a.status not in DONE), key=lambda a: (a.due, a.id), default=None)
