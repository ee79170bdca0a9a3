"""Invented plans of the demo, one in each state: begun, not reviewed, on course, overdue in both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, cast

from casework.clocks import next_working_day
from casework.consent import withdraw_agreement
from casework.edits import Edit, create
from casework.ids import new_id
from casework.plans import add_action, add_outcome, review_plan, set_action, start_plan
from casework.records_case import Episode, Plan, Review
from outreach_tui.demo import days
from outreach_tui.demo.agreements import agree
from storage.queries.plans import school_agreed

if TYPE_CHECKING:
    from casework.records import Child, Worker
    from casework.records_case import ActionStatus
    from storage.store import Store


@dataclass(frozen=True, slots=True)
class _Story:
    """A plan that began so many days ago: days ago of its review, days to the next one, and actions as
    (words, owner, agency, days to the due day, status).
    """

    began: int
    reviewed: int | None = None
    next_review: int | None = None
    wanted: str = ""
    baseline: str = ""
    measure: str = ""
    actions: tuple[tuple[str, str, str, int, str], ...] = ()


ME = ""
"""Stands for the worker of the demo."""

AGENCY = "-"
"""Stands for that worker's agency."""

_ON_TIME = ("We want to get out of the house without shouting.", "Late four days in five.", "In by 8:50.")
_LUNCH = ("Somebody to sit with at lunch.", "Eats alone most days.", "Says so himself.")
_SLEEP = ("Asleep before ten on school nights.", "Up until midnight.", "Five nights a week, in a diary.")

_STORIES = (
    _Story(3),
    _Story(10, None, None, *_LUNCH, (("Ask the lunch club for a place", ME, AGENCY, 6, "to-do"),)),
    _Story(
        60, 12, 30, *_ON_TIME,
        (
            ("Bag packed the evening before", "Mum", "", 8, "in-progress"),
            ("Bus pass applied for", ME, AGENCY, -20, "done"),
            ("A quiet word at the gate each morning", "Ms Sample", "school", 12, "to-do"),
        ),
    ),
    _Story(
        50, 15, 20, *_SLEEP,
        (
            ("Phone downstairs at nine", "Dad", "", -6, "to-do"),
            ("Look at the diary together", ME, AGENCY, 5, "to-do"),
        ),
    ),
    _Story(55, None, None, *_LUNCH, (("Find a club after school", "Mum", "", 4, "to-do"),)),
)  # fmt: skip
"""No outcome yet; not reviewed; on course; actions overdue; review overdue."""


_TAKEN_BACK = "They would rather work with the school alone for now."


def make_plans(store: Store, children: Sequence[Child], worker: Worker) -> None:
    """An open case and a plan for each of these children, in one state after the other; the last family took
    back that the worker's agency may see it.
    """
    for story, child in zip(_STORIES, children, strict=False):
        opened = days.last_working(store.today - timedelta(days=story.began + 6))
        case = Episode(id=new_id(), child=child.id, referred=opened, opened=opened, worker=worker.id)
        store.journal.commit(Edit("Case opened", (create(case),), subject=child.id), kind="setup")
        agreement = agree(store, child.id, worker, opened, agencies=("school",))
        _make(store, child, case, story, worker)
        if story is _STORIES[-1]:
            on = days.last_working(store.today - timedelta(days=2))
            edit = withdraw_agreement(agreement, _TAKEN_BACK, on, store.today)
            store.journal.commit(edit, kind="setup")


def _make(store: Store, child: Child, case: Episode, story: _Story, worker: Worker) -> None:
    today, by = store.today, worker.id
    started = days.last_working(today - timedelta(days=story.began))
    edit, plan = start_plan(child, case, by, started, today)
    store.journal.commit(edit, kind="setup")
    school = school_agreed(store, child)
    if story.wanted:
        edit, outcome = add_outcome(plan, story.wanted, story.baseline, story.measure)
        store.journal.commit(edit, kind="setup")
        for words, owner, agency, ahead, status in story.actions:
            due = today + timedelta(days=ahead)
            whose = worker.agency if agency == AGENCY else agency
            edit, action = add_action(
                outcome, words, owner or worker.name, whose, due, started, school=school
            )
            store.journal.commit(edit, kind="setup")
            if status in ("in-progress", "done"):
                settled = set_action(action, cast("ActionStatus", status), "", min(due, today), today)
                store.journal.commit(settled, kind="setup")
    if story.reviewed is not None:
        _review(store, plan, story, days.last_working(today - timedelta(days=story.reviewed)))


def _review(store: Store, plan: Plan, story: _Story, held_on: date) -> None:
    review = Review(
        id=new_id(),
        plan=plan.id,
        child=plan.child,
        held_on=held_on,
        next_review=next_working_day(store.today + timedelta(days=story.next_review or 28)),
        attended=("Mum", "Ms Sample"),
        apologies=("School nurse",),
        views="It is calmer at home.",
        progress="Better in the first week, harder since the clocks changed.",
        by=store.worker.id,
    )
    store.journal.commit(review_plan(plan, review, store.today), kind="setup")
