"""A child's case, plan, assessments and scores, as the worker of this laptop may see them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, TypeVar

from casework.assessments import Travelled, distance_travelled
from casework.before_after import MOST_WEEKS, BeforeAfter, before_after
from casework.errors import Refused
from casework.plan_school import school_in_plan
from casework.plans import PlanStanding, plan_standing
from casework.policies import PURPOSE_OF, Category, Purpose
from casework.records import Record
from casework.records_case import Action, Assessment, Episode, Outcome, Plan, Review, Score
from casework.weeks import sessions
from casework.wording import say_day
from storage.queries.facts import weeks_of

if TYPE_CHECKING:
    from casework.records import Child
    from casework.sharing import Decision
    from storage.store import Store

R = TypeVar("R", bound=Record)
_FAMILYS_OWN: dict[str, object] = {"reason": "", "passed_to": "", "told": "", "views": "", "note": ""}


@dataclass(frozen=True, slots=True)
class ShownOutcome:
    """An outcome with its actions, the earliest due first."""

    outcome: Outcome
    actions: Sequence[Action]


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """A plan as it may be shown. `withheld` says why there is nothing in it; without it and without `plan`
    the child has none. `reviews` are newest first; `before_after` is None where marks may not be seen;
    `school` is whether the family agreed that the school is in it.
    """

    plan: Plan | None = None
    episode: Episode | None = None
    outcomes: Sequence[ShownOutcome] = ()
    reviews: Sequence[Review] = ()
    standing: PlanStanding | None = None
    before_after: BeforeAfter | None = None
    withheld: str = ""
    school: Decision | None = None

    @property
    def actions(self) -> list[Action]:
        """Every action of the plan."""
        return [action for held in self.outcomes for action in held.actions]


@dataclass(frozen=True, slots=True)
class ShownEpisode:
    """An episode as it may be shown; `withheld` says why its closing words are empty."""

    episode: Episode
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class ShownAssessment:
    """An assessment as it may be shown. `withheld` gives the reason for each part that is empty for it."""

    assessment: Assessment
    withheld: Mapping[str, str]


def decision_of(store: Store, child: Child, record_type: str) -> Decision:
    """Whether this worker may see the family's words in a child's records of a type of `PURPOSE_OF`."""
    return store.may_see(child, Category.FAMILY, PURPOSE_OF[record_type])


def require_family(store: Store, child: Child, record_type: str) -> None:
    """Raise Refused with the reason unless this worker sees the family's words in records of this type."""
    decision = decision_of(store, child, record_type)
    if not decision:
        raise Refused("withheld", why_withheld(store, child, decision), Category.FAMILY.value)


def why_withheld(store: Store, child: Child, decision: Decision) -> str:
    """Why the family's words are withheld; where the case was closed, that first."""
    closed = closed_on(store, child)
    if closed is None:
        return decision.reason
    return f"The case was closed on {say_day(closed)}, and {decision.reason[0].lower()}{decision.reason[1:]}"


def closed_on(store: Store, child: Child) -> date | None:
    """The day on which a child's newest case was closed; None while one is open, or none may be known of."""
    if not store.may_see(child, Category.IDENTITY, PURPOSE_OF["episode"]):
        return None
    closed = [episode.closed for episode in store.find(Episode, "child = ?", (child.id,))]
    ended = [day for day in closed if day is not None]
    return max(ended) if ended and len(ended) == len(closed) else None


def school_agreed(store: Store, child: Child) -> Decision:
    """Whether the family agreed that the school is in the plan, today."""
    return school_in_plan(store.grounds.of(child.id).agreements, child, store.today)


def read_plan(store: Store, child: Child, plan: Plan | None = None, *, attendance: bool = True) -> ShownPlan:
    """One plan of a child, or without `plan` the newest open one, or the newest. Without `attendance` marks
    are not read.
    """
    decision = decision_of(store, child, "plan")
    if not decision:
        return ShownPlan(withheld=decision.reason if _was_worked_with(store, child) else "")
    episode = open_episode(store, child)
    held = plan or newest_plan(store, child)
    if held is None:
        return ShownPlan(
            episode=episode,
            before_after=read_before_after(store, child, episode.opened) if episode and attendance else None,
            school=school_agreed(store, child),
        )
    if held.episode is not None:
        episode = store.get(Episode, held.episode)
    outcomes = _by_id(store.find(Outcome, "plan = ?", (held.id,)))
    actions = _actions(store, outcomes)
    reviews = store.find(Review, "plan = ?", (held.id,))
    return ShownPlan(
        plan=held,
        episode=episode,
        outcomes=[ShownOutcome(o, [a for a in actions if a.outcome == o.id]) for o in outcomes],
        reviews=sorted(reviews, key=lambda r: (r.held_on, r.id), reverse=True),
        standing=plan_standing(held, outcomes, actions, reviews, store.today),
        before_after=read_before_after(store, child, held.started, held.ended) if attendance else None,
        school=school_agreed(store, child),
    )


def _was_worked_with(store: Store, child: Child) -> bool:
    """Whether there was ever a case, which is a fact of the record, or a plan: else nothing is withheld."""
    return bool(store.find(Episode, "child = ?", (child.id,)) or store.find(Plan, "child = ?", (child.id,)))


def read_plans(store: Store, child: Child) -> list[ShownPlan]:
    """Every plan of a child, the newest first; none where they are withheld."""
    if not decision_of(store, child, "plan"):
        return []
    return [read_plan(store, child, plan) for plan in _newest_first(store, child)]


def newest_plan(store: Store, child: Child) -> Plan | None:
    """The newest open plan, or the newest; what may be shown of it is not asked here."""
    plans = _newest_first(store, child)
    return next((plan for plan in plans if plan.ended is None), plans[0] if plans else None)


def open_plans(store: Store, child: Child) -> list[Plan]:
    """The plans that have not ended."""
    return store.find(Plan, "child = ? AND ended IS NULL", (child.id,))


def plan_of(store: Store, action: Action) -> Plan:
    """The plan that an action stands in."""
    return store.get(Plan, store.get(Outcome, action.outcome).plan)


def owner_of(store: Store, typed: str, agency: str) -> tuple[str, str]:
    """Who is meant as the owner of an action, and of which agency: `me` is the worker, of their own."""
    if typed.strip().casefold() != "me":
        return typed, agency
    return store.worker.name, agency or store.worker.agency


def open_episode(store: Store, child: Child) -> Episode | None:
    """The episode that is open, or None."""
    held = store.find(Episode, "child = ? AND closed IS NULL", (child.id,))
    return max(held, key=lambda e: (e.number, e.id), default=None)


def read_episodes(store: Store, child: Child) -> list[ShownEpisode]:
    """Every time of working with a child, the newest first. Dates are facts of the record; why it was closed
    and who said what at the end are the family's.
    """
    if not store.may_see(child, Category.IDENTITY, PURPOSE_OF["episode"]):
        return []
    family = decision_of(store, child, "episode")
    episodes = sorted(
        store.find(Episode, "child = ?", (child.id,)), key=lambda e: (e.number, e.id), reverse=True
    )
    if family:
        return [ShownEpisode(episode) for episode in episodes]
    return [ShownEpisode(e.model_copy(update=_FAMILYS_OWN), family.reason) for e in episodes]


def read_assessments(store: Store, child: Child) -> list[ShownAssessment]:
    """The whole-family assessments, the newest first; none without the family part. The health part is seen
    by those who may see health.
    """
    if not decision_of(store, child, "assessment"):
        return []
    health = store.may_see(child, Category.HEALTH, PURPOSE_OF["assessment"])
    held = sorted(
        store.find(Assessment, "child = ?", (child.id,)), key=lambda a: (a.started, a.id), reverse=True
    )
    if health:
        return [ShownAssessment(assessment, {}) for assessment in held]
    return [ShownAssessment(a.model_copy(update={"health": ""}), {"health": health.reason}) for a in held]


def read_scores(store: Store, child: Child) -> tuple[list[Score], list[Travelled]]:
    """The readings of outcome tools, newest first, and the distance travelled; empty where withheld."""
    if not decision_of(store, child, "score"):
        return [], []
    scores = store.find(Score, "child = ?", (child.id,))
    return sorted(scores, key=lambda s: (s.scored_on, s.id), reverse=True), distance_travelled(scores)


def read_before_after(
    store: Store, child: Child, started: date, ended: date | None = None, purpose: Purpose = "planning"
) -> BeforeAfter | None:
    """Attendance before the work began and since, up to its end; None where marks may not be seen."""
    if not store.may_see(child, Category.ATTENDANCE, purpose):
        return None
    end = min(store.today, ended) if ended else store.today
    # Twice the window in calendar weeks: holidays lie between the school weeks.
    first = started - timedelta(weeks=2 * MOST_WEEKS + 8)
    weeks = weeks_of(store, [child], first.isoformat(), end.isoformat()).get(child.id, ())
    marks = [(day, code) for monday, held in weeks for day, _, code in sessions(monday, held)]
    return before_after(marks, store.schools.calendar(child.school), started, end)


def _newest_first(store: Store, child: Child) -> list[Plan]:
    plans = store.find(Plan, "child = ?", (child.id,))
    return sorted(plans, key=lambda p: (p.started, p.id), reverse=True)


def _by_id(records: Collection[R]) -> list[R]:
    return sorted(records, key=lambda record: record.id)


def _actions(store: Store, outcomes: Sequence[Outcome]) -> list[Action]:
    ids = json.dumps([outcome.id for outcome in outcomes])
    held = store.find(Action, "outcome IN (SELECT value FROM json_each(?))", (ids,))
    return sorted(held, key=lambda action: (action.due, action.id))
