"""A family whose case is open and planned, for the screens of reviews and of the case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from casework.ids import new_id
from casework.notifications import allocate, receive
from casework.plans import add_action, add_outcome, close_case, start_plan
from casework.records import Child
from casework.records_case import Notification, Outcome, Plan
from storage.queries.notifications import episodes_of
from storage.queries.plans import open_episode, open_plans
from tests.screens.real import TODAY, Family

STARTED = date(2026, 10, 5)
WANTED = "We want to get out of the house on time"


def notify(family: Family, received: date, **more: Any) -> Notification:
    """A notification of the school about Tilly, on record."""
    store = family.store
    sent = Notification.model_validate(
        {
            "id": new_id(),
            "child": family.tilly.id,
            "received": received,
            "school": family.school.id,
            "notifier": "Ms Reed",
            "concern": "Often late",
            "offered": "Breakfast club, twice",
            "outcome": "On time",
            "voice": "I want to be there",
            "heard_by": "Ms Reed",
            "heard_on": received,
            "level": "2",
            "by": store.worker.id,
            **more,
        }
    )
    edit, kept = receive(sent, TODAY, episodes_of(store, family.tilly.id))
    store.journal.commit(edit)
    return kept


def open_case(family: Family, received: date, opened: date, leads: str = "") -> None:
    """A case that a worker leads: by default the one of the laptop."""
    store = family.store
    kept = notify(family, received)
    child = store.get(Child, family.tilly.id)
    edit, _ = allocate(
        kept, child, leads or store.worker.id, opened, episodes_of(store, child.id), store.today
    )
    store.journal.commit(edit)


def end_case(family: Family, on: date, **more: Any) -> None:
    """The open case ends."""
    store = family.store
    child = store.get(Child, family.tilly.id)
    values = {"reason": "outcomes-achieved", "told": "Anna Marsh", "views": "Thank you", **more}
    edit = close_case(child, open_episode(store, child), open_plans(store, child), on=on, **values)
    store.journal.commit(edit)


def plan_case(family: Family) -> tuple[Plan, Outcome]:
    """An open case with a plan, an outcome and an action that is overdue."""
    store = family.store
    open_case(family, date(2026, 9, 28), date(2026, 9, 30))
    child = store.get(Child, family.tilly.id)
    edit, plan = start_plan(child, open_episode(store, child), store.worker.id, STARTED)
    store.journal.commit(edit)
    edit, outcome = add_outcome(plan, WANTED, "late four days in five", "in by 8:50")
    store.journal.commit(edit)
    due = TODAY - timedelta(days=5)
    edit, _ = add_action(outcome, "Ring the bus company", "Anna Marsh", "", due, STARTED)
    store.journal.commit(edit)
    return plan, outcome


Build = Callable[[Family], object]
