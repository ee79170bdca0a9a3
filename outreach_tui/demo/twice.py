"""A child who stands twice in the demo, and twins at whom somebody has looked already."""

from __future__ import annotations

from datetime import datetime
from datetime import time as clock

from casework.edits import Edit, create
from casework.followups import contact
from casework.ids import new_id
from casework.records import Child, Worker
from casework.same_child import link_children
from storage.store import Store


def bring_in_twice(store: Store, one: Child, other: Child, workers: list[Worker]) -> None:
    """A second record of `one`, with a call of its own; and a twin of `other`, found to be another child."""
    double = Child(
        id=new_id(),
        surname=one.surname,
        forename=one.forename,
        dob=one.dob,
        school=one.school,
        language="Polish",
        lead_worker=workers[1].id,
        team=one.team,
    )
    twin = Child(
        id=new_id(),
        surname=other.surname,
        forename="Robin" if other.forename != "Robin" else "Sandy",
        dob=other.dob,
        household=other.household,
        school=other.school,
        year_group=other.year_group,
        team=other.team,
    )
    store.journal.commit(Edit("Add two children", (create(double), create(twin))), kind="setup")
    call = contact(
        double.id,
        by=workers[1].id,
        at=datetime.combine(store.today, clock(8, 10), tzinfo=store.now().tzinfo),
        kind="call",
        outcome="parent",
        note="Dad rang before school: a stomach ache, and worries about the bus.",
    )
    store.journal.commit(call, kind="setup")
    edit = link_children(other, twin, "different", "Twins: met both at school.", store.today, workers[1].id)
    store.journal.commit(edit, kind="setup")
