"""The agreement of an invented family: a parent's, which every case of the demo that has one stands on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from casework.consent import record_agreement
from casework.ids import new_id
from casework.policies import Category, Purpose
from casework.records import Person, Relationship
from casework.records_sharing import Agreement
from casework.vocabulary import Agency

if TYPE_CHECKING:
    from casework.records import Worker
    from storage.store import Store

_ASKED_AGAIN = timedelta(days=60)


def agree(
    store: Store,
    child: str,
    worker: Worker,
    on: date,
    *,
    agencies: Sequence[Agency] = (),
    categories: Sequence[Category] = (Category.FAMILY,),
    purposes: Sequence[Purpose] = ("support", "assessment", "planning"),
    method: Literal["written", "verbal", "electronic"] = "verbal",
    asked_again: timedelta = _ASKED_AGAIN,
) -> Agreement:
    """A parent agrees that the worker's agency sees these categories, and other `agencies` with it.

    It is reviewed `asked_again` after today.
    """
    ties = sorted(
        (tie for tie in store.find(Relationship, "child = ?", (child,)) if tie.responsibility == "yes"),
        key=lambda tie: (tie.contact_order or 9, tie.id),
    )
    parent = store.get(Person, ties[0].person) if ties else None
    made = Agreement(
        id=new_id(),
        child=child,
        given_by=f"{parent.forename} {parent.surname}" if parent else "Mum",
        relationship=ties[0].kind if ties else "mother",
        responsibility="yes",
        how_known="school's file",
        status="given",
        agencies=tuple(dict.fromkeys((worker.agency, *agencies))),
        categories=tuple(categories),
        purposes=tuple(purposes),
        method=method,
        given_on=on,
        review=store.today + asked_again,
        by=worker.id,
    )
    store.journal.commit(
        record_agreement(made, store.today, earlier=store.grounds.of(child).agreements), kind="setup"
    )
    return made
