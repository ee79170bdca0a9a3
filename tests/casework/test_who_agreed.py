"""Who gave an agreement, for those from whom the family's names are withheld: every answer stays the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import product

import pytest
from hypothesis import given, settings

from casework.agreements import givers
from casework.consent import standing_for_giver
from casework.facets import Facet, facets, joined
from casework.policies import PURPOSES, Category
from casework.records_sharing import Agreement
from casework.sharing import Ground, may_see
from casework.tasks import Held, child_tasks
from casework.vocabulary import AGENCIES
from casework.withdrawing import somebody_of
from tests.casework.test_sharing import CHILD, HISTORIES, TODAY, agreed

FAMILY = Facet(Category.FAMILY)
ASKED = [*product(map(somebody_of, AGENCIES), Category, PURPOSES)]


def recorded(history: Iterable[Agreement]) -> list[Agreement]:
    """As they are on record when each was written down by somebody who had those before."""
    found: list[Agreement] = []
    for one in history:
        found.append(standing_for_giver(one, found))
    return found


def without_family(agreement: Agreement) -> Agreement:
    """What of it is on a laptop that may hold nothing of the family, and knows of what is protected."""
    parts = facets("agreement", agreement.model_dump(mode="json", exclude={"id"}))
    held = joined(fields for facet, fields in parts.items() if facet != FAMILY)
    assert not {"given_by", "relationship", "how_known"} & set(held)
    return Agreement.model_validate({"given_by": "", **held, "id": agreement.id})


@given(HISTORIES)
@settings(max_examples=200, deadline=None)
def test_every_answer_is_the_same_without_the_names(history: list[Agreement]) -> None:
    whole = recorded(history)
    held = [without_family(one) for one in whole]
    full, bare = Ground(tuple(whole)), Ground(tuple(held))
    for worker, category, purpose in ASKED:
        said = may_see(worker, CHILD, category, purpose, TODAY, full)
        assert may_see(worker, CHILD, category, purpose, TODAY, bare) == said


def told(number: int, who: str = "Jo Marsh", **fields: object) -> Agreement:
    values = {"id": f"a{number}", "given_by": who, "given_on": date(2026, 9, number), "relationship": "aunt"}
    return agreed(**values | fields)


def test_one_person_is_one_word_and_another_is_another() -> None:
    first, second, third = recorded([told(1), told(2, "Al Marsh"), told(3, "jo  MARSH")])
    assert (first.giver == third.giver, first.giver == second.giver) == (True, False)
    bare = [without_family(one) for one in (first, second, third)]
    known = givers(bare)
    assert (known["a1"] == known["a3"], known["a1"] == known["a2"]) == (True, False)


def test_a_name_that_is_there_and_its_word_are_one_person() -> None:
    first, second = recorded([told(1), told(2)])
    known = givers([first, without_family(second)])
    assert known["a1"] == known["a2"] == "jo marsh"


def test_of_a_version_before_nobody_is_taken_for_the_same() -> None:
    known = givers([without_family(told(1)), without_family(told(2))])
    assert known["a1"] != known["a2"]


def test_the_word_is_drawn_and_made_of_nothing_that_is_on_record() -> None:
    (one,), (same,) = recorded([told(1)]), recorded([told(1)])
    assert len(one.giver) == len(same.giver) == 32
    assert one.giver != same.giver


@pytest.mark.parametrize(("who", "renewed"), [("Jo Marsh", True), ("Al Marsh", False)])
def test_a_review_is_due_until_the_same_person_was_asked_again(who: str, renewed: bool) -> None:
    first, second = recorded([told(1, review=date(2026, 9, 20)), told(2, who)])
    for one, two in ((first, second), (without_family(first), without_family(second))):
        due = [task.rule for task in child_tasks(Held(CHILD, agreements=(one, two)), TODAY)]
        assert ("agreement-review" in due) is not renewed
