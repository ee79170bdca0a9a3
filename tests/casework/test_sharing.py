"""Who may see what: every cell decided, and nothing that narrows an agreement ever widens sight."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.agreements import answer_of
from casework.consent import disclose
from casework.errors import BadInput
from casework.limits import pair_word
from casework.policies import PURPOSES, Category, Purpose
from casework.records import Child, Worker
from casework.records_sharing import Agreement, Disclosure
from casework.sharing import (
    DISCLOSURE_DAYS,
    LONGEST_DISCLOSURE_DAYS,
    NOTHING,
    Ground,
    all_seen,
    may_see,
    sees_every,
)
from casework.sharing_grid import GRID, HIDDEN_EXISTENCE
from casework.sharing_table import CIRCUMSTANCES, Cell, cells, sharing_table
from casework.vocabulary import AGENCIES, Agency
from casework.withdrawing import somebody_of

WRITTEN = Path(__file__).parents[2] / "docs" / "sharing.md"
TODAY = date(2026, 11, 20)
CHILD = Child(id="c", surname="Marsh", forename="Tilly", dob=date(2013, 5, 4), school="s1")
NURSE = Worker(id="w", name="Nurse", agency="school-nursing")
SCHOOL = Worker(id="w2", name="Office", agency="school")
WIDTH = {"no": 0, "ask": 1, "yes": 2}
CELLS = tuple(cells())


def agreed(**fields: object) -> Agreement:
    """An agreement of the mother about family matters for support with the school nurse."""
    values = {
        "id": "a1",
        "child": CHILD.id,
        "given_by": "Kim Marsh",
        "relationship": "mother",
        "status": "given",
        "agencies": ("school-nursing",),
        "categories": (Category.FAMILY,),
        "purposes": ("support",),
        "given_on": TODAY - timedelta(days=30),
        "by": "w",
    }
    return Agreement.model_validate(values | fields)


def answer(*agreements: Agreement, child: Child = CHILD, on: date = TODAY) -> str:
    """The nurse's answer about family matters for support."""
    return may_see(NURSE, child, Category.FAMILY, "support", on, Ground(agreements)).answer


def test_the_written_table_is_current() -> None:
    assert WRITTEN.read_text("utf-8") == sharing_table()


def test_every_cell_is_decided_and_explained() -> None:
    assert len(CELLS) == len(AGENCIES) * 2 * len(Category) * len(PURPOSES) * len(CIRCUMSTANCES)
    assert all(cell.reason.endswith(".") and len(cell.reason) < 120 for cell in CELLS)


@pytest.mark.parametrize("agency", AGENCIES)
def test_each_cell_follows_from_its_standing_and_circumstance(agency: str) -> None:
    for cell in CELLS:
        if cell.agency == agency:
            assert cell.answer == expected(cell), cell


def expected(cell: Cell) -> str:
    """What the table says in words, worked out without the function."""
    standing = GRID[cell.agency][cell.purpose][cell.category]
    if standing == "O" or (standing == "C" and cell.on_the_case):
        return "yes"
    if cell.circumstance in ("given", "limited for another", "disclosed"):
        return "yes"
    if cell.category is Category.YOUTH_JUSTICE:
        return "no"
    return "ask" if cell.circumstance in ("not asked", "expired", "decided not to share") else "no"


def test_what_is_protected_is_hidden_unless_agreed() -> None:
    for cell in CELLS:
        hidden = cell.category in HIDDEN_EXISTENCE and cell.answer != "yes"
        assert cell.shown is not hidden
        if hidden:
            assert cell.reason == "Only the agency that holds it sees it."


def test_a_grid_has_every_category_and_purpose() -> None:
    for agency in AGENCIES:
        for purpose in PURPOSES:
            assert set(GRID[agency][purpose]) == set(Category)


def test_not_asked_is_not_given() -> None:
    assert answer() == "ask"


@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize("agency", ["school-nursing", "youth-justice"])
def test_an_agreement_opens_what_it_names_and_nothing_else(agency: Agency, category: Category) -> None:
    """Nothing at all where the agency named sees it for its own work."""
    ground = Ground((agreed(agencies=(agency,), categories=(category,)),))
    opened = [
        (other, about, purpose)
        for other, about, purpose in product(AGENCIES, Category, PURPOSES)
        if may_see(somebody_of(other), CHILD, about, purpose, TODAY, ground)
        and not may_see(somebody_of(other), CHILD, about, purpose, TODAY)
    ]
    own = GRID[agency]["support"][category] == "O"
    assert opened == ([] if own else [(agency, category, "support")])


def test_two_holders_who_disagree_leave_it_to_a_person() -> None:
    father = agreed(
        id="a2", given_by="Joe Marsh", relationship="father", responsibility="yes", status="refused"
    )
    made = may_see(NURSE, CHILD, Category.FAMILY, "support", TODAY, Ground((agreed(), father)))
    assert made.answer == "ask"
    assert "manager" in made.reason


def test_a_competent_child_is_followed_alone() -> None:
    own = agreed(id="a2", given_by="Tilly", relationship="child", status="refused", gillick="Understands it.")
    assert answer(agreed(), own) == "no"
    assert answer(agreed(status="refused"), own.model_copy(update={"status": "given"})) == "yes"


def test_a_young_person_of_sixteen_is_presumed_able() -> None:
    own = agreed(id="a2", given_by="Tilly", relationship="self")
    assert answer(own) == "ask"
    assert answer(own, child=CHILD.model_copy(update={"dob": date(2010, 10, 21)})) == "yes"
    assert answer(own, child=CHILD.model_copy(update={"dob": date(2010, 10, 22)})) == "ask"


@pytest.mark.parametrize(
    ("responsibility", "relationship", "expected"),
    [
        ("yes", "father", "yes"),
        ("unknown", "father", "ask"),
        ("no", "step-father", "ask"),
        ("unknown", "Mother", "yes"),
    ],
)
def test_only_who_holds_responsibility_can_agree(
    responsibility: str, relationship: str, expected: str
) -> None:
    assert answer(agreed(responsibility=responsibility, relationship=relationship)) == expected


def test_words_of_the_family_that_nobody_settled_make_it_a_question() -> None:
    words = agreed(exclude="not my ex-partner")
    assert answer(words) == "ask"
    assert answer(words.model_copy(update={"exclude_read": True})) == "yes"
    assert answer(agreed(exclude=" ")) == "yes"
    settled = {"exclude_read": True, "exclude_agencies": ("school-nursing",)}
    assert answer(words.model_copy(update=settled)) == "no"


def test_unsettled_words_of_one_parent_stand_beside_the_other_parents_yes() -> None:
    father = agreed(id="a2", given_by="Joe", relationship="father", responsibility="yes", exclude="not all")
    assert answer(agreed(), father) == "ask"


def test_unsettled_words_stand_again_when_a_later_yes_has_ended() -> None:
    words = agreed(id="a0", exclude="not all", given_on=TODAY - timedelta(days=60))
    ended = agreed(expires=TODAY - timedelta(days=1))
    father = agreed(id="a2", given_by="Joe", relationship="father", responsibility="yes")
    assert answer(ended, father) == "yes"
    assert answer(words, ended, father) == "ask"


def test_an_agreement_ends_after_its_last_day() -> None:
    timed = agreed(expires=TODAY)
    assert answer(timed) == "yes"
    assert answer(timed, on=TODAY + timedelta(days=1)) == "ask"


def test_what_ended_does_not_bring_back_a_wider_answer() -> None:
    refused = agreed(id="a0", status="refused", given_on=TODAY - timedelta(days=60))
    assert answer(refused, agreed()) == "yes"
    assert answer(refused, agreed(expires=TODAY - timedelta(days=1))) == "no"


def test_an_agreement_that_was_taken_back_or_is_to_come_says_nothing() -> None:
    assert answer(agreed().model_copy(update={"void": True})) == "ask"
    assert answer(agreed(), on=TODAY - timedelta(days=31)) == "ask"


def test_a_refusal_refuses_what_it_leaves_empty() -> None:
    for name in ("agencies", "categories", "purposes"):
        assert answer(agreed(status="refused", **{name: ()})) == "no", name


def test_a_refusal_stands_though_it_is_not_known_whether_who_gave_it_may_decide() -> None:
    for status in ("refused", "withdrawn"):
        aunt = agreed(id="a2", given_by="Eva", relationship="aunt", status=status)
        assert answer(aunt) == "no"
        assert answer(agreed(), aunt) == "ask"
        assert answer(agreed(), aunt.model_copy(update={"responsibility": "no"})) == "yes"


def test_agreeing_again_is_a_new_record() -> None:
    gone = agreed(status="withdrawn", withdrawn_on=TODAY)
    assert answer(gone) == "no"
    assert answer(gone, agreed(id="a2", given_on=TODAY)) == "yes"


def test_of_several_refusals_the_newest_is_told() -> None:
    gone = agreed(status="withdrawn", withdrawn_on=TODAY - timedelta(days=9))
    no = agreed(id="a2", given_by="Lee Marsh", relationship="father", responsibility="yes")
    later = no.model_copy(update={"status": "refused", "given_on": TODAY - timedelta(days=2)})
    earlier = later.model_copy(update={"given_on": TODAY - timedelta(days=12)})

    def told(*made: Agreement) -> str:
        return may_see(NURSE, CHILD, Category.FAMILY, "support", TODAY, Ground(made)).reason

    assert "refused it on Wed 18 Nov" in told(gone, later)
    assert "withdrew its agreement on Wed 11 Nov" in told(gone, earlier)


def test_a_decision_to_share_opens_for_its_time_and_one_not_to_share_ends_it() -> None:
    made = Disclosure(
        id="d1",
        child=CHILD.id,
        agency="school-nursing",
        categories=(Category.FAMILY,),
        purpose="safeguarding",
        reason="risk",
        decided_by="Manager",
        decided_on=TODAY,
        by="w",
    )
    send = made.model_copy(update={"categories": (Category.SEND,)})
    last = TODAY + timedelta(days=DISCLOSURE_DAYS)

    def sees(*made: Disclosure, on: date = TODAY, category: Category = Category.FAMILY) -> str:
        return may_see(NURSE, CHILD, category, "safeguarding", on, Ground(disclosures=made)).answer

    assert sees(made) == sees(made, on=last) == "yes"
    assert sees(made, on=last + timedelta(days=1)) == "ask"
    assert sees(send) == "ask"
    assert sees(made.model_copy(update={"void": True})) == "ask", "an undone slip opens nothing"
    assert sees(made, on=TODAY - timedelta(days=1)) == "ask", "before it was decided"
    plan = may_see(NURSE, CHILD, Category.FAMILY, "planning", TODAY, Ground(disclosures=(made,)))
    assert plan.answer == "ask", "it is for one purpose"
    later = made.model_copy(update={"id": "d2", "decision": "not-share"})
    assert sees(made, later) == "ask"
    latest = TODAY + timedelta(days=LONGEST_DISCLOSURE_DAYS)
    assert disclose(made.model_copy(update={"until": latest}), TODAY).changes
    with pytest.raises(BadInput) as found:
        disclose(made.model_copy(update={"until": latest + timedelta(days=1)}), TODAY)
    assert (found.value.where, "182 days at most" in found.value.message) == ("--until", True)


def test_a_worker_tied_to_schools_sees_no_other_schools_child() -> None:
    tied = SCHOOL.model_copy(update={"schools": ("s2",)})
    assert not may_see(tied, CHILD, Category.IDENTITY, "attendance", TODAY)
    assert may_see(
        tied.model_copy(update={"schools": ("s1",)}), CHILD, Category.IDENTITY, "attendance", TODAY
    )
    assert may_see(tied, CHILD, Category.IDENTITY, "attendance", TODAY, Ground(members=frozenset({"w2"})))
    every = [sees_every(worker, Category.IDENTITY, "attendance") for worker in (SCHOOL, tied)]
    assert every == [True, False], "a list asks about each child"


@pytest.mark.parametrize("agency", AGENCIES)
@pytest.mark.parametrize("schools", [(), ("s1",), ("s2",)])
@pytest.mark.parametrize("works_with", [True, False])
def test_who_may_see_anything_of_a_child_may_see_who_it_is(
    agency: Agency, schools: tuple[str, ...], *, works_with: bool
) -> None:
    """Laptops rely on it: whoever may hold an adult or a home may hold the child who ties it."""
    worker = Worker(id="w3", name="Ana", agency=agency, schools=schools)
    members = frozenset({"w3"}) if works_with else frozenset[str]()
    for agreements in ((), (agreed(agencies=(agency,)),)):
        seen = {category for category, _ in all_seen(worker, CHILD, TODAY, Ground(agreements, (), members))}
        assert Category.IDENTITY in seen if seen else schools == ("s2",) and not works_with


def test_a_worker_who_left_sees_nothing() -> None:
    gone = NURSE.model_copy(update={"active": False})
    assert not any(may_see(gone, CHILD, category, "support", TODAY) for category in Category)
    assert not any(sees_every(gone, category, "support") for category in Category)


def test_no_reason_names_who_agreed() -> None:
    for status in ("given", "refused", "withdrawn"):
        made = may_see(NURSE, CHILD, Category.FAMILY, "support", TODAY, Ground((agreed(status=status),)))
        assert "Marsh" not in made.reason


ASKING: tuple[Agency, ...] = ("school-nursing", "voluntary", "school")
ABOUT = (Category.FAMILY, Category.SEND, Category.YOUTH_JUSTICE)
FOR: tuple[Purpose, ...] = ("support", "planning")
WORDS = [pair_word(*pair) for pair in product(ASKING, ABOUT)]
PAIRS = st.sets(st.sampled_from(WORDS), min_size=1, max_size=2)


def often_all(every: Sequence[Any]) -> st.SearchStrategy[Collection[Any]]:
    """Everything half of the time: an agreement that speaks to no question proves nothing."""
    return st.just(every) | st.sets(st.sampled_from(every))


def agreements(
    who: st.SearchStrategy[str],
    responsibility: st.SearchStrategy[str],
    status: st.SearchStrategy[str],
    scope: st.SearchStrategy[tuple[Collection[Any], ...]],
    days: st.SearchStrategy[tuple[int, int | None]],
) -> st.SearchStrategy[Agreement]:
    """Agreements of these, with any limits; `days` are since when, and how many days it is given for."""
    return st.builds(
        lambda n, day, who, responsibility, status, scope, words, read, out: agreed(
            id=f"a{n}",
            given_on=TODAY - timedelta(days=day[0]),
            given_by=who,
            relationship={"Kim": "mother", "Tilly": "child"}.get(who, "other"),
            responsibility=responsibility,
            gillick="understands" if who == "Tilly" and read else "",
            status=status,
            agencies=tuple(scope[0]),
            categories=tuple(scope[1]),
            purposes=tuple(scope[2]),
            exclude=words,
            exclude_read=read,
            exclude_agencies=tuple(out[0]),
            exclude_categories=tuple(out[1]),
            exclude_pairs=tuple(out[2]),
            expires=None if day[1] is None else TODAY - timedelta(days=day[0] - day[1]),
            withdrawn_on=TODAY if status == "withdrawn" else None,
        ),
        st.integers(0, 10**6),
        days,
        who,
        responsibility,
        status,
        scope,
        st.sampled_from(["", "not my ex-partner"]),
        st.booleans(),
        st.tuples(
            st.just(()) | st.sets(st.sampled_from(ASKING), max_size=1),
            st.just(()) | st.sets(st.sampled_from(ABOUT), max_size=1),
            st.just(()) | PAIRS | st.just(("school:new",)),
        ),
    )


AGREEMENTS = agreements(
    st.sampled_from(["Kim", "Joe", "Tilly", "Sam"]),
    st.sampled_from(["yes", "no", "unknown"]),
    st.sampled_from(["given", "given", "limited", "refused", "withdrawn"]),
    st.tuples(often_all(ASKING), often_all(ABOUT), often_all(FOR)),
    st.tuples(st.integers(0, 40), st.none() | st.integers(0, 60)),
)
HELD = agreements(
    st.just("Kim"),
    st.just("yes"),
    st.just("given"),
    st.just((ASKING, ABOUT, FOR)),
    st.just((0, None)),
)
"""Agreements that open everything but for their limits."""
HISTORIES = st.lists(AGREEMENTS, max_size=4, unique_by=lambda a: a.id)
SHORT = st.lists(AGREEMENTS, max_size=1)
ASKED: list[tuple[Worker, Category, Purpose]] = [
    (Worker(id="w", name="Somebody", agency=agency), category, purpose)
    for agency, category, purpose in product(ASKING, ABOUT, FOR)
]


def widths(history: list[Agreement]) -> list[int]:
    """How wide the answer to each question is: 0 no, 1 ask, 2 yes."""
    ground = Ground(tuple(history))
    return [WIDTH[may_see(worker, CHILD, c, p, TODAY, ground).answer] for worker, c, p in ASKED]


def widened(before: list[Agreement], after: list[Agreement]) -> list[tuple[Worker, Category, Purpose]]:
    """The questions to which the later answer is the wider one."""
    answers = zip(ASKED, widths(before), widths(after), strict=True)
    return [asked for asked, old, new in answers if new > old]


@given(HISTORIES.filter(bool), st.data())
@settings(max_examples=300, deadline=None)
def test_withdrawing_never_widens(history: list[Agreement], data: st.DataObject) -> None:
    in_force = [n for n, a in enumerate(history) if a.status in ("given", "limited")]
    if not in_force:
        return
    at = data.draw(st.sampled_from(in_force))
    after = list(history)
    after[at] = history[at].model_copy(update={"status": "withdrawn", "withdrawn_on": TODAY})
    assert not widened(history, after)


@given(HELD, SHORT, st.data())
@settings(max_examples=300, deadline=None)
def test_adding_an_exclusion_never_widens(
    held: Agreement, others: list[Agreement], data: st.DataObject
) -> None:
    words: dict[str, Any] = {"exclude": "not the school", "exclude_read": False, "exclude_pairs": ()}
    change: dict[str, Any] = data.draw(
        st.sampled_from(
            [
                *({"exclude_categories": (*held.exclude_categories, one)} for one in ABOUT),
                *({"exclude_agencies": (*held.exclude_agencies, one)} for one in ASKING),
                *([words] if not held.exclude_pairs else []),
            ]
        )
    )
    after = held.model_copy(update=change)
    assert not widened([held, *others], [after, *others])


@given(HELD, SHORT, PAIRS)
@settings(max_examples=200, deadline=None)
def test_a_limit_for_one_agency_never_widens(
    held: Agreement, others: list[Agreement], more: Collection[str]
) -> None:
    """Beside words that somebody settled, however they did."""
    before = held.model_copy(update={"exclude_read": True})
    change = {"exclude_read": False, "exclude_pairs": (*held.exclude_pairs, *more)}
    after = held.model_copy(update=change)
    assert all(
        new <= old for new, old in zip(widths([after, *others]), widths([before, *others]), strict=True)
    )


@given(HISTORIES, HISTORIES)
@settings(max_examples=200, deadline=None)
def test_merging_two_histories_never_widens(one: list[Agreement], other: list[Agreement]) -> None:
    known = {a.id for a in one}
    both = one + [a for a in other if a.id not in known]
    limits = [max(pair) for pair in zip(widths(one), widths(other), strict=True)]
    assert all(new <= limit for new, limit in zip(widths(both), limits, strict=True))


def decided(agency: Agency, decision: str) -> Disclosure:
    about = {"agency": agency, "categories": (Category.FAMILY, Category.SEND), "purpose": "safeguarding"}
    made = {"reason": "risk", "decided_by": "Manager", "decided_on": TODAY, "by": "w", "decision": decision}
    return Disclosure.model_validate({"id": "d1", "child": CHILD.id} | about | made)


@given(
    HISTORIES | SHORT,
    st.lists(
        st.builds(decided, st.sampled_from(AGENCIES), st.sampled_from(["share", "not-share"])), max_size=1
    ),
    st.sampled_from(AGENCIES),
    st.tuples(st.booleans(), st.booleans(), st.sampled_from([(), ("s1",), ("s2",)])),
)
@settings(max_examples=300)
def test_all_that_is_seen_is_what_may_see_says(
    history: list[Agreement], disclosures: list[Disclosure], agency: Agency, how: tuple[bool, bool, Any]
) -> None:
    active, member, schools = how
    worker = Worker(id="w", name="Somebody", agency=agency, active=active, schools=schools)
    ground = Ground(tuple(history), tuple(disclosures), frozenset({"w"}) if member else frozenset())
    for it in (ground, Ground(members=ground.members), NOTHING):
        every = product(Category, PURPOSES)
        seen = {one for one in every if may_see(worker, CHILD, *one, TODAY, it)}
        assert all_seen(worker, CHILD, TODAY, it) == seen


def keeps_shut(history: Sequence[Agreement], asked: tuple[Worker, Category, Purpose]) -> bool:
    """Whether what was said in a history is a no, or waits for somebody to settle it."""
    worker, category, purpose = asked
    voice = answer_of(history, CHILD, worker.agency, category, purpose, TODAY)
    return voice is not None and (voice.answer == "no" or voice.unread or "do not agree" in voice.reason)


@given(HISTORIES, HISTORIES)
@settings(max_examples=200, deadline=None)
def test_what_one_person_keeps_shut_nobody_elses_agreement_opens(
    one: list[Agreement], other: list[Agreement]
) -> None:
    """But for a child who is able to decide."""
    adults = [a for a in one if a.relationship != "child"]
    others = [
        a.model_copy(update={"id": f"b{a.id}", "given_by": f"{a.given_by} Other"})
        for a in other
        if a.relationship != "child"
    ]
    ground = Ground((*adults, *others))
    for asked in ASKED:
        if keeps_shut(adults, asked) or keeps_shut(others, asked):
            worker, category, purpose = asked
            made = may_see(worker, CHILD, category, purpose, TODAY, ground)
            assert not (made and made.agreement), asked
