"""Each room about a child by itself: where the worker may not know of the child, it reads nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from casework.edits import Edit, create, update
from casework.errors import BadInput
from casework.ids import new_id
from casework.records import Child, School
from casework.records_case import Disagreement, Episode
from screens.assessment import AssessmentScreen
from screens.case import CaseScreen
from screens.consent import ConsentScreen
from screens.disagreements import DisagreementsScreen
from screens.plan import PlanScreen
from screens.review import ReviewScreen
from storage.queries.cases import read_case_view
from storage.queries.child import read_child
from storage.queries.disagreements import read_disagreements
from storage.queries.plans import closed_on, read_episodes
from storage.queries.reviews import read_reviews
from storage.queries.same_child import plan_merge
from storage.store import Store
from tests.screens.real import KEY, NOW, TODAY, Family, commit, new_store

PAGES = (AssessmentScreen, CaseScreen, ConsentScreen, DisagreementsScreen, PlanScreen, ReviewScreen)
ROOMS: dict[str, Callable[[Store, Child], Any]] = {
    **{page.__name__: lambda store, child, page=page: page(child.id)._both(store) for page in PAGES},
    "the child's page": read_child,
    "the case": lambda store, child: read_case_view(store, child.id, "case-close"),
    "the reviews": lambda store, child: read_reviews(store, child.id),
    "a merge": lambda store, child: plan_merge(
        store, child, store.find(Child, "id <> ?", (child.id,))[0], reason="one family"
    ),
}
EMPTY: dict[str, Callable[[Store, Child], Any]] = {
    "episodes": read_episodes,
    "the day it was closed": closed_on,
    "disagreements": lambda store, child: read_disagreements(store, child).steps,
}


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    """Of a school's own worker, with a case that was closed and a disagreement about it."""
    made = Family(new_store(tmp_path, "school"))
    child, me = made.tilly.id, made.store.worker.id
    case = Episode(id=new_id(), child=child, opened=date(2026, 11, 2), closed=TODAY, reason="disengaged")
    about = Disagreement(id=new_id(), child=child, raised=TODAY, about="Level", with_whom="x", by=me)
    commit(made.store, "Case", [case, about], child)
    yield made
    made.store.close()


def tied_elsewhere(family: Family) -> Store:
    """The caseload as the same worker opens it who is tied to another school now."""
    store, other = family.store, School(id=new_id(), name="Elsewhere", urn="999777")
    store.journal.commit(Edit("School", (create(other),)))
    store.journal.commit(Edit("Tied", update(store.worker, schools=(other.id,))))
    store.close()
    family.store = Store.open(store.path, bytearray(KEY), now=lambda: NOW, today=TODAY)
    return family.store


def test_no_room_reads_a_child_who_may_not_be_known_of(family: Family) -> None:
    for room, read in ROOMS.items():
        if room != "a merge":
            assert read(family.store, family.tilly), room
    assert read_episodes(family.store, family.tilly)
    assert closed_on(family.store, family.tilly) == TODAY
    store = tied_elsewhere(family)
    opened = []
    for room, read in ROOMS.items():
        try:
            read(store, family.tilly)
        except BadInput as refused:
            opened += [] if refused.code == "no-such-child" else [room]
        else:
            opened.append(room)
    assert opened == []
    assert [what for what, read in EMPTY.items() if read(store, family.tilly)] == []
