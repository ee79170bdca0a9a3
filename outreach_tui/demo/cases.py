"""Invented cases of the demo: one stepped down to the school, one that came back and was reviewed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from casework.edits import Edit, create
from casework.followups import contact
from casework.ids import new_id
from casework.notifications import allocate, receive
from casework.plans import (
    add_action,
    add_outcome,
    close_case,
    next_review_after,
    review_plan,
    set_action,
    start_plan,
)
from casework.policies import Category, Purpose
from casework.records import Child, Flag, Worker
from casework.records_case import Action, CloseReason, Episode, Notification, Outcome, Plan, Review
from outreach_tui.demo import days
from outreach_tui.demo.agreements import agree
from storage.queries.notifications import episodes_of
from storage.queries.plans import open_episode, open_plans
from storage.store import Store

_TOLD = {
    "concern": "Away two days most weeks since the move.",
    "offered": "A call each morning and a place at breakfast club; it helped for a while.",
    "outcome": "Settled mornings and every day in school.",
    "voice": "I do not know anybody on the bus.",
    "heard_by": "Mrs Lane, teaching assistant",
    "level": "2",
}


def end_cases(store: Store, children: Sequence[Child], worker: Worker) -> None:
    """A case of the worker that was stepped down to the school, and one that came back and was reviewed."""
    for build, child in zip((_stepped_down, _came_back), children, strict=False):
        build(store, child.id, worker)


def see_children(store: Store, me: Worker) -> None:
    """A visit in each of the worker's open cases but the one that was opened last."""
    held = store.find(Episode, "worker = ? AND closed IS NULL", (me.id,))
    held.sort(key=lambda episode: (episode.opened, episode.id))
    for place, episode in enumerate(held[:-1]):
        day = max(episode.opened, days.last_working(store.today - timedelta(days=3 + 5 * place)))
        at = datetime.combine(day, time(16, 10), tzinfo=store.now().tzinfo)
        seen = "alone" if place % 2 else "with-adult"
        visit = contact(
            episode.child, by=me.id, at=at, kind="home-visit", outcome="parent", seen=seen,
            note="Talked about mornings; showed me the bus timetable.",
        )  # fmt: skip
        _keep(store, visit)


def give_social_worker(store: Store, child: str, me: Worker) -> None:
    """A child in need whose mother agreed that the worker's agency knows of the social worker."""
    since = _ago(store, 6)
    flag = Flag(id=new_id(), child=child, kind="child-in-need", since=since, source="Invented")
    _keep(store, Edit("Flag a child in need", (create(flag),), subject=child))
    known: tuple[Purpose, ...] = ("support", "attendance")
    agree(store, child, me, since, categories=(Category.SOCIAL_CARE,), purposes=known)


def _stepped_down(store: Store, child: str, me: Worker) -> None:
    opened = _open(store, child, me, 11)
    agree(store, child, me, opened, agencies=("school",))
    plan, outcome = _plan(store, child, me, 9, "We want somebody at school to talk to")
    held_on = _ago(store, 5)
    _review(
        store, plan, me, held_on, attended=("Mum", "Mrs Lane"), decision="step-down",
        child_views="Mrs Lane listens.", views="We can ask school ourselves now.",
        progress=f"{outcome.text}: Mrs Lane sees them each Friday.",
    )  # fmt: skip
    words = {"passed_to": "Mrs Lane, lead at the school", "told": "Mum, the school", "views": "Thank you."}
    _close(store, child, "stepped-down", held_on, **words)


def _came_back(store: Store, child: str, me: Worker) -> None:
    _open(store, child, me, 44)
    words = {"told": "Mum, the school", "views": "We manage now."}
    _close(store, child, "outcomes-achieved", _ago(store, 20), **words)
    opened = _open(store, child, me, 9)
    agree(store, child, me, opened, agencies=("school",))
    plan, outcome = _plan(store, child, me, 8, "We want to leave the house without a row")
    walked = _act(store, outcome, "Walk with a friend from the corner", "Mum", _ago(store, 4), plan.started)
    _keep(store, set_action(walked, "done", "", _ago(store, 3)))
    _act(store, outcome, "Ask about the earlier bus", "Dad", _ago(store, 1), plan.started)
    held_on = _ago(store, 2)
    _review(
        store, plan, me, held_on,
        attended=("Mum", "Mr Invented", "the school nurse"), apologies=("Dad",), agenda="Mornings; the bus",
        child_views="I like walking with Jo. I still do not like Mondays.",
        views="It is calmer at home. Mum would like the earlier bus.",
        progress=f"{outcome.text}: four mornings of five without a row.",
        next_review=next_review_after(held_on),
    )  # fmt: skip


def _ago(store: Store, weeks: int) -> date:
    return days.last_working(store.today - timedelta(weeks=weeks))


def _keep(store: Store, edit: Any) -> None:
    store.journal.commit(edit, kind="setup")


def _open(store: Store, child_id: str, me: Worker, weeks: int) -> date:
    """A case that opened so many weeks ago, through a notification two days earlier."""
    opened = _ago(store, weeks)
    child, received = store.get(Child, child_id), days.working(opened, 2)
    before = episodes_of(store, child_id)
    sent = Notification.model_validate(
        {
            "id": new_id(), "child": child_id, "received": received, "school": child.school,
            "notifier": "Ms Sample", "heard_on": received, "by": me.id, **_TOLD,
        }
    )  # fmt: skip
    edit, kept = receive(sent, store.today, before)
    _keep(store, edit)
    taken, _ = allocate(kept, child, me.id, opened, before, store.today)
    _keep(store, taken)
    return opened


def _plan(store: Store, child_id: str, me: Worker, weeks: int, wanted: str) -> tuple[Plan, Outcome]:
    child = store.get(Child, child_id)
    edit, plan = start_plan(child, open_episode(store, child), me.id, _ago(store, weeks))
    _keep(store, edit)
    edit, outcome = add_outcome(plan, wanted, "hard most mornings", "what child and parent say each Friday")
    _keep(store, edit)
    return plan, outcome


def _act(store: Store, outcome: Outcome, text: str, owner: str, due: date, said: date) -> Action:
    edit, action = add_action(outcome, text, owner, "", due, said)
    _keep(store, edit)
    return action


def _review(store: Store, plan: Plan, me: Worker, held_on: date, **given: Any) -> None:
    values = {"id": new_id(), "plan": plan.id, "child": plan.child, "held_on": held_on, "by": me.id, **given}
    _keep(store, review_plan(store.get(Plan, plan.id), Review.model_validate(values), store.today))


def _close(store: Store, child_id: str, reason: CloseReason, on: date, **words: Any) -> None:
    child = store.get(Child, child_id)
    plans = open_plans(store, child)
    _keep(store, close_case(child, open_episode(store, child), plans, reason=reason, on=on, **words))
