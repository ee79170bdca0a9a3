"""Limits of an agreement: one category for one agency, and nothing opened by what a version cannot read."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from casework.consent import record_agreement, settle_words
from casework.edits import Edit
from casework.errors import BadInput, Refused
from casework.facets import FACETS, Facet, facets, joined, portion
from casework.limits import Pair, is_unsettled, pair_word, read_pair, said_pairs, settled_by
from casework.opened import opening_of, protected_words, shut_by
from casework.policies import Category, Purpose
from casework.records_sharing import Agreement
from casework.sharing import Decision, Ground, may_see
from casework.vocabulary import AGENCIES, Agency
from casework.withdrawing import lost_with, somebody_of
from sync.merge import merge
from tests.casework.test_sharing import CHILD, TODAY, agreed

NAMED: tuple[Agency, ...] = ("school", "voluntary", "youth-justice")
ABOUT = (Category.HEALTH, Category.SOCIAL_CARE)
MUM = agreed(agencies=NAMED, categories=ABOUT, exclude="Not the school about mum's health")
LIMITS = st.tuples(
    st.sets(st.sampled_from(NAMED)),
    st.sets(st.sampled_from(ABOUT)),
    st.sets(st.sampled_from([*product(NAMED, ABOUT)])),
)
HEALTH_TO_SCHOOL: Pair = ("school", Category.HEALTH)


def after(held: Agreement, edit: Edit) -> Agreement:
    """The agreement as it stands once the step is made."""
    return Agreement.model_validate(held.model_dump() | {one.field: one.new for one in edit.changes})


def settled(limits: Any, held: Agreement = MUM) -> Agreement:
    return after(held, settle_words(held, *map(tuple, limits)))


def as_older_versions_read(held: Agreement) -> Agreement:
    return held.model_copy(update={"exclude_pairs": ()})


def open_to(held: Agreement) -> set[Pair]:
    """What the agreement opens, by agency."""
    ground = Ground((held,))
    return {
        (agency, category)
        for agency, category in product(NAMED, ABOUT)
        if may_see(somebody_of(agency), CHILD, category, "support", TODAY, ground).agreement == held.id
        and may_see(somebody_of(agency), CHILD, category, "support", TODAY, ground)
    }


def test_not_the_school_about_health_leaves_it_to_everybody_else() -> None:
    held = settled(((), (), (HEALTH_TO_SCHOOL,)))
    assert open_to(held) == {*product(NAMED, ABOUT)} - {HEALTH_TO_SCHOOL}
    assert not is_unsettled(held)
    assert shut_by(held, CHILD, TODAY) == ()
    told = may_see(somebody_of("school"), CHILD, Category.HEALTH, "support", TODAY, Ground((held,)))
    assert (told.answer, told.reason[:26]) == ("no", "The family ruled it out wh")
    lost = {(one.agency, one.category) for one in lost_with(held, CHILD, Ground((held,)), TODAY)}
    assert lost == open_to(held)


def test_what_an_agency_sees_for_its_own_work_is_not_said_to_be_kept_from_it() -> None:
    nurse = MUM.model_copy(update={"agencies": ("school", "school-nursing")})
    held = settled(((), (), (HEALTH_TO_SCHOOL, ("school-nursing", Category.HEALTH))), nurse)

    def decide(agency: Agency, category: Category, purpose: Purpose) -> Decision:
        return may_see(somebody_of(agency), CHILD, category, purpose, TODAY, Ground((held,)))

    said = opening_of(held, CHILD, TODAY, decide, {}).words
    assert "Not opened: health to school. The family ruled it out" in said
    assert said.endswith("Seen all the same, not by agreement: health by school-nursing.")


@given(LIMITS)
def test_each_limit_keeps_shut_what_it_names_and_nothing_else(limits: Any) -> None:
    agencies, categories, pairs = limits
    shut = {
        (agency, category)
        for agency, category in product(NAMED, ABOUT)
        if agency in agencies or category in categories or (agency, category) in pairs
    }
    assert open_to(settled(limits)) == {*product(NAMED, ABOUT)} - shut


@given(LIMITS)
def test_a_version_that_knows_no_pairs_opens_nothing_that_a_pair_keeps_shut(limits: Any) -> None:
    held = settled(limits)
    assert open_to(as_older_versions_read(held)) <= open_to(held)


@given(LIMITS, LIMITS, st.booleans(), st.booleans())
@settings(deadline=None)
def test_two_who_settle_the_same_words_rule_out_what_either_did(
    one: Any, other: Any, one_withdraws: bool, other_first: bool
) -> None:
    """Field by field, as the central record merges them, in either order."""
    first, second = settled(one), settled(other)
    if one_withdraws:
        first = first.model_copy(update={"status": "withdrawn", "withdrawn_on": TODAY})
    base, central, new = (held.model_dump(mode="json") for held in (MUM, first, second))
    if other_first:
        central, new = new, central
    both = {name: merge("agreement", name, base[name], central[name], new[name]).value for name in base}
    assert open_to(Agreement.model_validate(both)) == open_to(first) & open_to(second)


@given(LIMITS)
def test_settling_while_another_has_not_read_them_yet(limits: Any) -> None:
    held = settled(limits)
    base, new = MUM.model_dump(mode="json"), held.model_dump(mode="json")
    both = {name: merge("agreement", name, base[name], base[name], new[name]).value for name in base}
    assert open_to(Agreement.model_validate(both)) == open_to(held)
    central = new | {"exclude_read": True}
    back = {name: merge("agreement", name, new[name], central[name], base[name]).value for name in base}
    assert open_to(Agreement.model_validate(back)) <= open_to(held), "an undo opens nothing"


def test_a_pair_that_a_whole_one_rules_out_as_well_is_left_away() -> None:
    other: Pair = ("voluntary", Category.HEALTH)
    assert settled_by(("school",), (), (HEALTH_TO_SCHOOL, other))["exclude_pairs"] == ("voluntary:health",)
    alone = settled_by((), (Category.HEALTH,), (HEALTH_TO_SCHOOL, other))
    assert (alone["exclude_pairs"], alone["exclude_read"]) == ((), True)


def test_words_are_settled_once_whatever_they_rule_out() -> None:
    held = settled(((), (), (HEALTH_TO_SCHOOL,)))
    with pytest.raises(Refused, match="settled already"):
        settle_words(held, (), ())


def test_a_limit_for_one_agency_stands_beside_the_familys_words() -> None:
    """For without them earlier versions would not know that something is ruled out."""
    bare = MUM.model_copy(update={"exclude": "", "exclude_pairs": (pair_word(*HEALTH_TO_SCHOOL),)})
    with pytest.raises(BadInput) as found:
        record_agreement(bare, TODAY)
    assert found.value.where == "--exclude"


def test_a_limit_of_a_later_version_leaves_every_answer_open() -> None:
    later = MUM.model_copy(update={"exclude_pairs": ("school:health:support",), "exclude_read": True})
    assert read_pair("school:health:support") is read_pair("police:health") is None
    assert open_to(later) == set()
    said = opening_of(later, CHILD, TODAY, lambda *_: Decision("no", ""), {})
    assert said.words.startswith("It opens nothing: a later version of Outreach settled its limits.")
    told = may_see(somebody_of("school"), CHILD, Category.HEALTH, "support", TODAY, Ground((later,)))
    assert (told.answer, "update Outreach" in told.reason) == ("ask", True)
    with pytest.raises(Refused):
        settle_words(later, (), ())


@pytest.mark.parametrize(
    "word", ["school", "school:", ":health", "School:health", "school:health\n", "a" * 90]
)
def test_what_is_no_limit_is_refused(word: str) -> None:
    with pytest.raises(ValidationError):
        Agreement.model_validate(MUM.model_dump() | {"exclude_pairs": (word,)})


def test_every_pair_reads_back() -> None:
    for pair in product(AGENCIES, Category):
        assert read_pair(pair_word(*pair)) == pair


def test_limits_are_said_an_agency_at_a_time() -> None:
    words = ("school:health", "voluntary:send", "school:family", "police:health")
    said = said_pairs(words, {"school": "the school"})
    assert said == ["the school: health and family", "voluntary: special educational needs"]


@pytest.mark.parametrize("word", ["school:youth_justice", "youth-justice:health"])
def test_a_limit_about_youth_justice_tells_nobody_of_it(word: str) -> None:
    """Beside an agreement that was simply settled there is no difference."""
    rest = set(FACETS) - {Facet(Category.YOUTH_JUSTICE)}
    common = MUM.model_copy(update={"agencies": ("school", "voluntary")})
    about = common.model_copy(update={"exclude_pairs": (word,)})
    plain = common.model_copy(update={"exclude_read": True})
    seen, same = (
        joined(portion(facets("agreement", held.model_dump(mode="json", exclude={"id"})), rest).values())
        for held in (about, plain)
    )
    assert seen == same
    assert protected_words(about, CHILD, "school", TODAY, {}).startswith("Youth justice, as you wrote it")
    assert protected_words(plain, CHILD, "school", TODAY, {}) == ""
