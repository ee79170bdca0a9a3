"""Invented assessments of the demo: one half done, one complete with two readings of an invented tool."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from casework.assessments import complete_assessment, record_scores, start_assessment
from casework.clocks import next_working_day
from casework.ids import new_id
from casework.notifications import allocate, receive
from casework.policies import PURPOSES, Category
from casework.records import Child, Worker
from casework.records_case import Assessment, Notification, Score
from outreach_tui.demo import days
from outreach_tui.demo.agreements import agree
from storage.queries.notifications import episodes_of
from storage.queries.plans import open_episode
from storage.store import Store

TOOL = "Lantern Steps"
_READINGS = (("Home and money", 3, 5), ("Sleep and routine", 4, 4), ("Friends", 6, 5), ("School", 2, 6))
_HALF = {
    "development": "Reads well and loves maths; tired in the first lesson. Little brother settled in Year 1.",
    "strengths": "Mum rings back the same day. Gran lives two streets away and helps with mornings.",
    "views": "“I worry about Mum when I am at school.” Mum: mornings are the hard part.",
}
_WHOLE = {
    **_HALF,
    "parenting": "Warm, with clear rules at bedtime; mornings fall to Mum alone.",
    "environment": "Moved in August; the bus leaves before school breakfast. Rent is paid up.",
    "health": "No worries; glasses since the summer.",
    "history": "Breakfast club and a call each morning: better for two weeks, then as before.",
    "analysis": "The move, not school, is what changed. A bus at 8:10 and one friend in class would do most.",
}
_WEEKS_AGO = (1, 10)


def write_assessments(store: Store, children: Sequence[Child], workers: Sequence[Worker]) -> None:
    """Two cases of the worker of this laptop: one in its second week, one assessed nine weeks ago."""
    agreed: tuple[tuple[Category, ...], ...] = ((Category.FAMILY,), (Category.FAMILY, Category.HEALTH))
    for child, weeks, categories in zip(children, _WEEKS_AGO, agreed, strict=False):
        _open_case(store, child, workers[0], weeks)
        # Without health among the categories its part of the assessment is withheld, with why.
        agree(
            store, child.id, workers[0], days.last_working(_ago(store, weeks) + timedelta(days=3)),
            categories=categories, purposes=PURPOSES, method="written", asked_again=timedelta(weeks=20),
        )  # fmt: skip
    if len(children) < len(_WEEKS_AGO):
        return
    _begin(store, children[0], workers[0], _HALF, days_ago=3)
    whole = _begin(store, children[1], workers[0], _WHOLE, days_ago=68)
    done = whole.started + timedelta(days=9)
    store.journal.commit(complete_assessment(whole, done, store.today, workers[0].id), kind="setup")
    for which, days_ago in ((1, 60), (2, 4)):
        scores = [
            Score(
                id=new_id(),
                child=children[1].id,
                tool=TOOL,
                area=reading[0],
                score=reading[which],
                scored_on=store.today - timedelta(days=days_ago),
                with_whom="Mum and child",
                by=workers[0].id,
            )
            for reading in _READINGS
        ]
        store.journal.commit(record_scores(scores, store.today), kind="setup")


def _open_case(store: Store, child: Child, worker: Worker, weeks: int) -> None:
    received = _ago(store, weeks)
    sent = Notification(
        id=new_id(),
        child=child.id,
        received=received,
        school=child.school,
        notifier="Ms Sample",
        concern="Late most days since the move.",
        offered="Breakfast club and a call each morning: better for two weeks, then as before.",
        outcome="In on time every day by half-term.",
        voice="I worry about Mum when I am at school.",
        heard_by="Mrs Lane, teaching assistant",
        heard_on=received - timedelta(days=1),
        siblings="A younger brother in Year 1.",
        by=worker.id,
    )
    edit, kept = receive(sent, store.today, episodes_of(store, child.id))
    store.journal.commit(edit, kind="setup")
    taken, _ = allocate(
        kept,
        store.get(Child, child.id),
        worker.id,
        next_working_day(received + timedelta(days=2)),
        episodes_of(store, child.id),
        store.today,
    )
    store.journal.commit(taken, kind="setup")


def _begin(store: Store, child: Child, worker: Worker, parts: dict[str, str], *, days_ago: int) -> Assessment:
    started = store.today - timedelta(days=days_ago)
    made = Assessment(id=new_id(), child=child.id, started=started, by=worker.id, **parts)
    edit = start_assessment(made, open_episode(store, child), store.today)
    store.journal.commit(edit, kind="setup")
    return store.get(Assessment, made.id)


def _ago(store: Store, weeks: int) -> date:
    return days.last_working(store.today - timedelta(weeks=weeks))
