"""What an agency without a sight of safeguarding is told of a decision to share with it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.facets import FACETS, OPENED_BY, TOLD, WHY_DISCLOSED, Facet, facets, joined, portion
from casework.policies import PURPOSES, Category, Purpose
from casework.records import Child, Worker
from casework.records_sharing import Disclosure
from casework.sharing import NOTHING, Ground, is_shared_with, may_see
from casework.sharing_grid import GRID, HIDDEN_EXISTENCE, TOLD_OF_SHARING
from casework.vocabulary import AGENCIES, Agency

TODAY = date(2026, 11, 23)
CHILD = Child(id="child-1", surname="Marsh", forename="Tilly")
SAFEGUARDING = Facet(Category.SAFEGUARDING)
OPEN = [category for category in Category if category not in HIDDEN_EXISTENCE]
WORDS = {"reason": "At risk at home", "decided_by": "Jo Lead", "consulted": "Al Head", "told_why": "unsafe"}


def decided(**said: Any) -> Disclosure:
    values = {"id": "disclosure-1", "child": CHILD.id, "agency": "voluntary", "categories": ("send",)}
    values |= {"purpose": "support", "decided_on": TODAY, "by": "worker-2", "family_told": "no"}
    return Disclosure.model_validate(values | WORDS | said)


def parts_of(made: Disclosure) -> dict[Facet, dict[str, Any]]:
    return facets("disclosure", made.model_dump(mode="json", exclude={"id"}))


def told(made: Disclosure, agency: str) -> Disclosure | None:
    """What of it is on the laptop of an agency that sees its own part alone; None for nothing."""
    held = portion(parts_of(made), {TOLD[agency], Facet(Category.WORKFORCE), Facet(Category.IDENTITY)})
    if not held:
        return None
    empty = dict.fromkeys(WHY_DISCLOSED, "")
    return Disclosure.model_validate({**empty, **joined(held.values()), "id": made.id})


def test_those_are_told_to_whom_no_work_of_theirs_opens_safeguarding() -> None:
    """Whose work opens it for some purpose holds safeguarding's part of every child whom they hold."""
    without = [
        agency
        for agency in AGENCIES
        if all(GRID[agency][purpose][Category.SAFEGUARDING] != "O" for purpose in PURPOSES)
    ]
    assert tuple(without) == TOLD_OF_SHARING


def test_whoever_holds_safeguarding_holds_that_too_and_the_other_way_round_not() -> None:
    bit = 1 << FACETS.index(SAFEGUARDING)
    for facet in TOLD.values():
        assert OPENED_BY[facet] == bit | 1 << FACETS.index(facet)
    for facet in {*FACETS} - {*TOLD.values()}:
        assert OPENED_BY[facet] == 1 << FACETS.index(facet)


def test_nothing_of_why_is_in_what_it_is_told() -> None:
    held = told(decided(), "voluntary")
    assert held is not None
    assert held == decided(**dict.fromkeys(WHY_DISCLOSED, ""))
    assert parts_of(decided())[SAFEGUARDING].keys() == {*WHY_DISCLOSED}


@pytest.mark.parametrize("agency", get_args(Agency))
def test_of_a_decision_about_another_agency_it_is_told_nothing(agency: Agency) -> None:
    assert (told(decided(agency=agency), "voluntary") is not None) is (agency == "voluntary")


def test_of_what_is_protected_it_is_told_nothing() -> None:
    for categories in (("youth_justice",), ("send", "youth_justice")):
        assert told(decided(categories=categories), "voluntary") is None


@st.composite
def decisions(draw: st.DrawFn) -> list[Disclosure]:
    return [
        decided(
            id=f"disclosure-{n}",
            agency=draw(st.sampled_from(["voluntary", "voluntary", "school"])),
            decision=draw(st.sampled_from(["share", "share", "not-share"])),
            categories=tuple(draw(st.lists(st.sampled_from(OPEN), min_size=1, max_size=3, unique=True))),
            purpose=draw(st.sampled_from(["support", "planning"])),
            decided_on=TODAY - timedelta(days=(days := draw(st.integers(0, 40)))),
            until=TODAY - timedelta(days=draw(st.integers(-3, days))) if draw(st.booleans()) else None,
            void=draw(st.integers(0, 4)) == 0,
        )
        for n in range(draw(st.integers(1, 5)))
    ]


@given(decisions())
def test_it_answers_as_those_do_who_hold_all(made: list[Disclosure]) -> None:
    """What it is told it holds while something is shared with it; else there is nothing."""
    worker = Worker(id="worker-1", name="Vic", agency="voluntary")
    ground = Ground(disclosures=tuple(made))
    seen = [part for one in made if (part := told(one, worker.agency)) is not None]
    held = Ground(disclosures=tuple(seen)) if is_shared_with(worker, TODAY, ground) else NOTHING

    def answers(stood: Ground) -> dict[tuple[Category, Purpose], str]:
        asked = product(Category, PURPOSES)
        return {(c, p): may_see(worker, CHILD, c, p, TODAY, stood).answer for c, p in asked}

    assert answers(held) == answers(ground)
    assert is_shared_with(worker, TODAY, held) is is_shared_with(worker, TODAY, ground)
