"""What a withdrawal takes away: exactly what was open on that agreement and on nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from casework.policies import PURPOSES, Category
from casework.records import Child
from casework.records_sharing import Agreement
from casework.sharing import Ground, may_see
from casework.vocabulary import AGENCIES
from casework.withdrawing import lost_by, lost_with, somebody_of

TODAY = date(2026, 11, 20)
CHILD = Child(id="tilly", surname="Marsh", forename="Tilly")


def agreement(**more: Any) -> Agreement:
    return Agreement.model_validate(
        {
            "id": "first",
            "child": CHILD.id,
            "given_by": "Anna Marsh",
            "relationship": "mother",
            "status": "given",
            "agencies": ("school-nursing",),
            "categories": ("family", "health"),
            "purposes": ("support", "planning"),
            "given_on": TODAY,
            "by": "kim",
            **more,
        }
    )


def test_own_work_stays_and_what_stood_on_agreement_goes() -> None:
    held = agreement()
    lost = lost_with(held, CHILD, Ground((held,)), TODAY)
    assert [(one.agency, one.category, one.purposes) for one in lost] == [
        ("school-nursing", Category.FAMILY, ("support", "planning"))
    ]


def test_another_parent_who_agreed_too_leaves_a_question_so_it_is_lost() -> None:
    held, other = agreement(), agreement(id="second", given_by="Dean", responsibility="yes")
    assert lost_with(held, CHILD, Ground((held, other)), TODAY)


def test_nothing_is_lost_with_one_that_opens_nothing() -> None:
    for more in ({"status": "refused"}, {"status": "withdrawn"}, {"expires": date(2026, 11, 20)}):
        held = agreement(given_on=date(2026, 11, 1), **more)
        on = date(2026, 11, 21)
        assert lost_with(held, CHILD, Ground((held,)), on) == []
    unread = agreement(exclude="not Gran")
    assert lost_with(unread, CHILD, Ground((unread,)), TODAY) == []


@given(
    st.sets(st.sampled_from(AGENCIES), min_size=1),
    st.sets(st.sampled_from(list(Category)), min_size=1),
    st.sets(st.sampled_from(PURPOSES), min_size=1),
)
def test_what_is_said_to_be_lost_is_open_before_and_closed_after(
    agencies: set[Any], categories: set[Category], purposes: set[Any]
) -> None:
    held = agreement(agencies=tuple(agencies), categories=tuple(categories), purposes=tuple(purposes))
    gone = held.model_copy(update={"status": "withdrawn", "withdrawn_on": TODAY})
    before, after = Ground((held,)), Ground((gone,))
    for agency in AGENCIES:
        worker = somebody_of(agency)
        told = {
            (one.category, purpose)
            for one in lost_by(worker, held, CHILD, before, TODAY)
            for purpose in one.purposes
        }
        for category in Category:
            for purpose in PURPOSES:
                was = bool(may_see(worker, CHILD, category, purpose, TODAY, before))
                is_now = bool(may_see(worker, CHILD, category, purpose, TODAY, after))
                assert ((category, purpose) in told) == (was and not is_now)
