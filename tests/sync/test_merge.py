"""The merge of one field: what each policy keeps, and that nothing that was kept is ever gone."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from casework.policies import Policy
from casework.records import RECORD_TYPES
from casework.records_sharing import SAFEST_FIRST
from sync.merge import Merged, merge, policy_of

WORDS = st.text("abc ", max_size=4)
LISTS = st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True)
DATES = st.none() | st.sampled_from(["2026-01-01", "2026-02-01", "2026-03-01"])
MARKS = st.lists(st.sampled_from(["-", "/", "N", "I", "Y1"]), min_size=10, max_size=10).map(" ".join)
FIELDS: dict[tuple[str, str], st.SearchStrategy[Any]] = {
    ("child", "known_as"): WORDS,
    ("child", "tags"): LISTS,
    ("child", "reg"): WORDS,
    ("agreement", "status"): st.sampled_from(SAFEST_FIRST),
    ("agreement", "exclude"): WORDS,
    ("agreement", "exclude_agencies"): LISTS,
    ("agreement", "exclude_pairs"): LISTS,
    ("agreement", "expires"): DATES,
    ("household", "address_protected"): st.booleans(),
    ("attendance_week", "marks"): MARKS,
    ("saved_view", "filter"): WORDS,
    ("contact", "note"): WORDS,
    ("invented_later", "field"): WORDS,
}
A_FIELD = st.sampled_from(sorted(FIELDS))


@st.composite
def changes(draw: st.DrawFn, count: int) -> tuple[str, str, list[Any]]:
    record_type, field = draw(A_FIELD)
    return record_type, field, [draw(FIELDS[record_type, field]) for _ in range(count)]


def kept(merged: Merged) -> set[str]:
    """Every value that is still there after a merge: the one that stands, and the one beside it."""
    return {repr(merged.value), *([repr(merged.other)] if merged.verdict == "conflict" else [])}


@given(changes(2))
def test_a_change_based_on_what_stands_is_applied(case: tuple[str, str, list[Any]]) -> None:
    record_type, field, (base, new) = case
    assume(base != new)
    assume(field not in ("status", "exclude_agencies", "exclude_pairs"))
    assert merge(record_type, field, base, base, new) == Merged("applied", new)


@given(changes(3))
def test_a_change_that_arrives_again_changes_nothing(case: tuple[str, str, list[Any]]) -> None:
    record_type, field, (base, central, new) = case
    once = merge(record_type, field, base, central, new)
    again = merge(record_type, field, base, once.value, new)
    assert again.value == once.value
    assert kept(again) <= kept(once)


@given(changes(3))
def test_no_value_is_ever_gone(case: tuple[str, str, list[Any]]) -> None:
    """Under `ask` both values are there; what another policy leaves out is what its rule says."""
    record_type, field, (base, central, new) = case
    merged = merge(record_type, field, base, central, new)
    if policy_of(record_type, field) is Policy.ASK and len({base, central, new}) == 3:
        assert merged == Merged("conflict", central, new)
    if merged.verdict in ("applied", "same"):
        assert merged.value in (central, new)


@given(changes(4))
def test_the_order_of_laptops_never_changes_what_is_kept(case: tuple[str, str, list[Any]]) -> None:
    """Three laptops that knew the same value: whoever comes first, the same values are there at the end."""
    record_type, field, (base, *coming) = case
    policy = policy_of(record_type, field)
    assume(policy not in (Policy.LAST_ARRIVAL, Policy.CENTRAL_WINS, Policy.APPEND_ONLY))
    assume(base not in coming)
    ends = set()
    for order in permutations(coming):
        central, beside = base, set()
        for new in order:
            merged = merge(record_type, field, base, central, new)
            central = merged.value
            beside |= kept(merged)
        if policy is Policy.ASK or (policy is Policy.WITHDRAW_WINS and len(beside) > 1 and field == "kind"):
            ends.add(frozenset(beside))
        else:
            ends.add(frozenset([repr(central)]))
    assert len(ends) == 1


@given(*[st.sampled_from(SAFEST_FIRST)] * 3)
def test_a_withdrawal_is_never_undone(base: str, central: str, new: str) -> None:
    merged = merge("agreement", "status", base, central, new)
    assert SAFEST_FIRST.index(merged.value) <= SAFEST_FIRST.index(central)
    if "withdrawn" in (central, new):
        assert merged.value == "withdrawn"
    assert merged.verdict != "conflict"


@given(st.lists(st.sampled_from(["a", "b"])), st.lists(st.sampled_from(["b", "c"])))
def test_an_exclusion_that_either_added_stands(central: list[str], new: list[str]) -> None:
    merged = merge("agreement", "exclude_agencies", ["x"], ["x", *central], ["x", *new])
    assert {*central, *new} <= {*merged.value}


@given(MARKS, st.data())
def test_marks_of_two_registers_meet_slot_by_slot(base: str, data: st.DataObject) -> None:
    ours, theirs = base.split(" "), base.split(" ")
    split = data.draw(st.integers(0, 10))
    for slot in range(10):
        (ours if slot < split else theirs)[slot] = data.draw(st.sampled_from(["/", "I", "C1"]))
    merged = merge("attendance_week", "marks", base, " ".join(theirs), " ".join(ours))
    assert merged.value.split(" ") == ours[:split] + theirs[split:]


def test_a_comment_follows_its_slot() -> None:
    merged = merge("attendance_week", "comments", {"1": "a"}, {"1": "a", "2": "b"}, {"3": "c"})
    assert merged.value == {"2": "b", "3": "c"}


@pytest.mark.parametrize(
    ("record_type", "field", "base", "central", "new", "stands"),
    [
        ("agreement", "expires", None, "2026-03-01", None, "2026-03-01"),
        ("agreement", "expires", "2026-05-01", None, "2026-03-01", "2026-03-01"),
        ("agreement", "expires", "2026-05-01", "2026-04-01", "2026-03-01", "2026-03-01"),
        ("agreement", "expires", "2026-05-01", "2026-03-01", "2026-04-01", "2026-03-01"),
        ("household", "address_protected", False, True, False, True),
        ("household", "address_protected", None, True, False, True),
        ("household", "address_protected", None, False, True, True),
        ("child", "tags", ["a", "b"], ["a", "c"], ["b", "d"], ["c", "d"]),
    ],
)
def test_what_stands(record_type: str, field: str, base: Any, central: Any, new: Any, stands: Any) -> None:
    assert merge(record_type, field, base, central, new).value == stands


def test_what_says_nothing_new_asks_nobody() -> None:
    assert merge("child", "known_as", "Til", "Tilly", "Til") == Merged("same", "Tilly")


@pytest.mark.parametrize(
    ("field", "base", "central", "new", "verdict"),
    [
        ("status", "given", "given", "withdrawn", "applied"),
        ("status", "limited", "given", "withdrawn", "merged"),
        ("exclude_agencies", ["a"], ["a"], ["a", "b"], "applied"),
        ("exclude_agencies", ["a"], ["a"], ["b"], "merged"),
        ("exclude_agencies", [], ["a"], ["a", "b"], "merged"),
    ],
)
def test_only_what_knew_what_stood_and_stands_as_it_was_said_is_applied(
    field: str, base: Any, central: Any, new: Any, verdict: str
) -> None:
    assert merge("agreement", field, base, central, new).verdict == verdict


def test_what_this_version_does_not_know_and_whether_a_record_stands_is_for_a_person() -> None:
    assert policy_of("child", "void") == policy_of("child", "invented_later") == Policy.ASK


def test_the_central_value_stands_for_what_the_register_owns() -> None:
    assert merge("child", "reg", "4A", "4B", "4C") == Merged("central", "4B", "4C")


def test_every_field_of_every_record_has_a_policy() -> None:
    for name, cls in RECORD_TYPES.items():
        for field in cls.model_fields:
            assert policy_of(name, field) in Policy
