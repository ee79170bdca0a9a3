"""Professional disagreements: the clock of each level, what settles one, and the way up."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.clocks import is_working_day, working_days_between
from casework.disagreements import (
    LEVELS,
    answer,
    answer_due,
    escalate,
    followed_ids,
    raise_disagreement,
    standing,
    threads,
)
from casework.errors import BadInput, Refused
from casework.ids import new_id
from casework.parameters import DISAGREEMENT_DAYS
from casework.records_case import Disagreement

MON, FRI = date(2026, 11, 9), date(2026, 11, 20)


def made(**more: Any) -> Disagreement:
    values = {"id": new_id(), "child": "c", "raised": MON, "about": "Level of need", "with_whom": "Mr Orr"}
    return Disagreement.model_validate(values | {"by": "w"} | more)


def kept(**more: Any) -> Disagreement:
    return raise_disagreement(made(**more), FRI)[1]


def with_changes(held: Disagreement, changes: Any) -> Disagreement:
    values = held.model_dump() | {change.field: change.new for change in changes}
    return Disagreement.model_validate(values)


def test_it_is_answered_in_five_working_days() -> None:
    held = kept()
    assert held.due == date(2026, 11, 16)
    stands = standing(held, FRI, followed=False)
    assert stands.clock is not None
    assert (stands.state, stands.clock.overdue, stands.clock.left) == ("waiting", True, -4)
    assert stands.words.startswith("waits for the practitioner's answer: 5 working days from Mon 9 Nov 2026")


def test_the_days_to_answer_are_local_practice_and_dated() -> None:
    (row,) = DISAGREEMENT_DAYS.rows
    assert (row.value, row.source) == (5, "local practice")


def test_an_answer_stops_the_clock_and_settles_only_where_it_is_said_to() -> None:
    held = kept()
    answered = with_changes(held, answer(held, "No", FRI, FRI, settles=False, followed=False).changes)
    stands = standing(answered, FRI, followed=False)
    assert (stands.state, stands.clock) == ("answered", None)
    assert "settle it or take it to the team manager" in stands.words
    settled = with_changes(answered, answer(answered, "", FRI, FRI, settles=True, followed=False).changes)
    assert (settled.outcome, settled.settled) == ("No", FRI)
    assert standing(settled, FRI, followed=False).state == "settled"
    with pytest.raises(Refused, match="settled on Fri 20 Nov 2026"):
        answer(settled, "Yes", FRI, FRI, settles=True, followed=False)


def test_it_goes_up_level_by_level_and_ends_with_the_district_manager() -> None:
    steps = [kept()]
    for level, who in zip(LEVELS[1:], ("Ms Hill", "Mr Dean"), strict=True):
        _, step = escalate(steps[-1], who, "w", FRI, FRI, followed=False)
        assert (step.level, step.follows, step.with_whom) == (level, steps[-1].id, who)
        assert (step.about, step.due) == ("Level of need", date(2026, 11, 27))
        assert standing(steps[-1], FRI, followed=True).state == "taken further"
        with pytest.raises(Refused, match="taken further"):
            answer(steps[-1], "Yes", FRI, FRI, settles=True, followed=True)
        steps.append(step)
    with pytest.raises(Refused, match="District Manager is the last"):
        escalate(steps[-1], "Nobody", "w", FRI, FRI, followed=False)
    assert threads(steps) == [steps]
    assert followed_ids(steps) == {steps[0].id, steps[1].id}


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"about": "  "}, "--about"),
        ({"with_whom": ""}, "--with"),
        ({"raised": date(2026, 11, 21)}, "--on"),
        ({"due": date(2026, 11, 8)}, "--due"),
    ],
)
def test_what_cannot_be_is_refused(more: dict[str, Any], where: str) -> None:
    with pytest.raises(BadInput) as caught:
        kept(**more)
    assert caught.value.where == where


def test_an_answer_has_words_and_a_day_that_can_be() -> None:
    held = kept()
    for words, on in (("", FRI), ("Yes", date(2026, 11, 6)), ("Yes", date(2026, 11, 21))):
        with pytest.raises(BadInput):
            answer(held, words, on, FRI, settles=True, followed=False)


DAYS = st.dates(date(2017, 1, 1), date(2030, 12, 31))


@given(DAYS)
def test_an_answer_is_due_on_a_working_day_five_on(raised: date) -> None:
    due = answer_due(raised)
    assert is_working_day(due)
    assert working_days_between(raised, due) == 5 + (not is_working_day(raised))


@given(DAYS, st.integers(0, 30), st.integers(-40, 40))
def test_the_clock_is_overdue_exactly_after_its_day(raised: date, due_in: int, after: int) -> None:
    held = made(raised=raised, due=raised + timedelta(days=due_in))
    assert held.due is not None
    today = held.due + timedelta(days=after)
    clock = standing(held, today, followed=False).clock
    assert clock is not None
    assert clock.left is not None
    assert (clock.due, clock.overdue) == (held.due, after > 0)
    assert (clock.left > 0) - (clock.left < 0) == (after < 0) - (after > 0)


@given(st.lists(st.tuples(DAYS, st.integers(-1, 20)), max_size=12), st.randoms())
def test_threads_keep_every_step_once_in_any_order(given_: list[tuple[date, int]], random: Any) -> None:
    """Two laptops may take one step further; what it followed may be missing here."""
    held: list[Disagreement] = []
    for raised, follows in given_:
        below = held[follows] if 0 <= follows < len(held) else None
        held.append(made(raised=raised, follows=below.id if below else None))
    shuffled = held[:]
    random.shuffle(shuffled)
    found = threads(shuffled)
    assert sorted(one.id for steps in found for one in steps) == sorted(one.id for one in held)
    assert found == threads(held)
    for steps in found:
        ids = {one.id for one in steps}
        assert sum(one.follows not in ids for one in steps) == 1
