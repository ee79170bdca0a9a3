"""Invented disagreements of the demo: one waits, one is overdue at a team manager, one is settled."""

from __future__ import annotations

from collections.abc import Sequence

from casework.disagreements import answer, escalate, raise_disagreement
from casework.ids import new_id
from casework.records import Child, Worker
from casework.records_case import Disagreement
from outreach_tui.demo import days
from storage.store import Store


def disagree(store: Store, children: Sequence[Child], me: Worker) -> None:
    """Three disagreements between professionals, one about each of these children."""
    for build, child in zip((_waiting, _overdue, _settled), children, strict=False):
        build(store, child.id, me.id)


def _waiting(store: Store, child: str, by: str) -> None:
    _raise(
        store,
        child,
        by,
        2,
        "Pat Nobody, duty social worker",
        "The request for support came back as no further action. We think that three evenings with no adult "
        "at home need an assessment.",
    )


def _overdue(store: Store, child: str, by: str) -> None:
    first = _raise(
        store,
        child,
        by,
        15,
        "Mr Invented, head of year",
        "The school plans a shorter school day until summer. The plan with the family says six weeks, with a "
        "day by which it ends.",
    )
    _answer(store, first, 11, "The school keeps to summer: no adult is free for the afternoons.")
    _further(store, first, by, 9, "Ms Example, inclusion team manager")


def _settled(store: Store, child: str, by: str) -> None:
    first = _raise(
        store,
        child,
        by,
        32,
        "Jo Sample, school nurse",
        "Who leads: Early Help closed its part in June, and the family asks for one person to ring.",
    )
    _answer(store, first, 29, "Nursing does not lead where most of the work is about attendance.")
    second = _further(store, first, by, 27, "Mr Madeup, Early Help team manager")
    _answer(store, second, 23, "No room for another case before half-term.")
    last = _further(store, second, by, 22, "Mrs Example, District Manager")
    _answer(
        store,
        last,
        19,
        "Early Help leads until Easter; the nurse comes to each review. Mum was told on the same day.",
        settles=True,
    )


def _raise(store: Store, child: str, by: str, ago: int, with_whom: str, about: str) -> Disagreement:
    raised = days.working(store.today, ago)
    made = Disagreement(id=new_id(), child=child, raised=raised, about=about, with_whom=with_whom, by=by)
    edit, kept = raise_disagreement(made, store.today)
    store.journal.commit(edit, kind="setup")
    return kept


def _answer(store: Store, held: Disagreement, ago: int, words: str, *, settles: bool = False) -> None:
    on = days.working(store.today, ago)
    edit = answer(held, words, on, store.today, settles=settles, followed=False)
    store.journal.commit(edit, kind="setup")


def _further(store: Store, held: Disagreement, by: str, ago: int, with_whom: str) -> Disagreement:
    on = days.working(store.today, ago)
    edit, kept = escalate(held, with_whom, by, on, store.today, followed=False)
    store.journal.commit(edit, kind="setup")
    return kept
