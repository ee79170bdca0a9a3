"""Invented notifications of the demo: one overdue, one due soon, one with parts missing, one allocated."""

from __future__ import annotations

from collections.abc import Sequence

from casework.ids import new_id
from casework.notifications import allocate, need_information, receive
from casework.records import Child, Worker
from casework.records_case import Notification
from outreach_tui.demo import days
from storage.queries.notifications import episodes_of, pauses_of
from storage.store import Store

_WHOLE = {
    "concern": "Away most Mondays since September; often late when in.",
    "offered": "Breakfast club and a call each morning: better for two weeks, then as before.",
    "outcome": "In school every day and settled with friends by Easter.",
    "voice": "I worry about Mum when I am at school.",
    "heard_by": "Mrs Lane, teaching assistant",
    "siblings": "A younger brother in Year 1.",
    "agreement_note": "Mum has seen this form and agreed to a call.",
}
_AGO = (7, 4, 2, 1, 6)
"""Working days ago on which each came."""


def send_notifications(store: Store, children: Sequence[Child], workers: Sequence[Worker]) -> None:
    """Five notifications about these children, on their way to a worker."""
    for number, (ago, child) in enumerate(zip(_AGO, children, strict=False)):
        received = days.working(store.today, ago)
        parts: dict[str, object] = {**_WHOLE, "heard_on": days.working(received, 1)}
        if number == 2:
            parts |= {"voice": "", "heard_by": "", "heard_on": None}
        held = Notification.model_validate(
            {
                "id": new_id(),
                "child": child.id,
                "received": received,
                "school": child.school,
                "notifier": ("Mr Invented", "Ms Sample")[number % 2],
                "by": workers[0].id,
                **parts,
            }
        )
        edit, kept = receive(held, store.today, episodes_of(store, child.id))
        store.journal.commit(edit, kind="setup")
        if number == 3:
            asked = need_information(
                kept,
                pauses_of(store, kept),
                workers[0].id,
                "Which adults live at home?",
                store.today,
                store.today,
            )
            store.journal.commit(asked, kind="setup")
        if number == 4:
            taken, _ = allocate(
                kept, child, workers[1].id, store.today, episodes_of(store, child.id), store.today
            )
            store.journal.commit(taken, kind="setup")
