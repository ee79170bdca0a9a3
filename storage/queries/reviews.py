"""What a Team Around the Family looks at: the plan, attendance before it and since, earlier reviews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from casework.errors import BadInput
from casework.policies import PURPOSE_OF, Category
from casework.records import Child, Worker
from casework.records_case import Review
from storage.queries.lookup import display_name
from storage.queries.plans import ShownPlan, read_plan
from storage.queries.sight import place_of, shown_child

if TYPE_CHECKING:
    from storage.store import Store

FORM = "review"
"""The form by which the draft of a review is kept."""


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A child's plan with every review of it and of earlier plans, newest first, and who recorded each.

    `marks_withheld` says why there is no attendance, where it is withheld.
    """

    child: Child
    name: str
    place: str
    plan: ShownPlan
    reviews: Sequence[Review]
    names: dict[str, str]
    marks_withheld: str
    draft: bool
    today: date


def read_reviews(store: Store, child_id: str) -> ReviewView:
    """Everything that the screen shows. Raises BadInput when no such child may be known of."""
    child = store.get(Child, child_id)
    if not store.may_see(child, Category.IDENTITY, PURPOSE_OF["review"]):
        raise BadInput("no-such-child", "No child matches.")
    seen, plan = shown_child(store, child), read_plan(store, child)
    marks = store.may_see(child, Category.ATTENDANCE, PURPOSE_OF["plan"])
    held = [] if plan.withheld else store.find(Review, "child = ?", (child.id,))
    return ReviewView(
        child=child,
        name=display_name(seen),
        place=place_of(store, seen),
        plan=plan,
        reviews=sorted(held, key=lambda r: (r.held_on, r.id), reverse=True),
        names={worker.id: worker.name for worker in store.find(Worker)},
        marks_withheld="" if marks else marks.reason,
        draft=not plan.withheld and store.drafts.load(FORM, child_id) is not None,
        today=store.today,
    )
