"""Hashes and sums: one spelling, defaults left out, order of no matter."""

from __future__ import annotations

from datetime import date
from hashlib import blake2b
from typing import Any, NamedTuple, get_args
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic_core import to_json

from casework.canonical import (
    Digest,
    are_plain,
    defaults,
    digest_of,
    facet_hash,
    facet_hashes,
    fingerprint,
    fingerprint_of,
    json_text,
    spelt,
    sum_of,
)
from casework.facets import Facet, facets
from casework.policies import Category
from casework.records import RECORD_TYPES

FACET = Facet(Category.IDENTITY)
FIELDS = st.dictionaries(st.sampled_from(["surname", "known_as", "void", "later"]), st.text(max_size=3))


@given(FIELDS, st.randoms(use_true_random=False))
def test_the_order_of_fields_is_of_no_matter(fields: dict[str, str], random: Any) -> None:
    items = list(fields.items())
    random.shuffle(items)
    assert facet_hash("child", "c", FACET, fields) == facet_hash("child", "c", FACET, dict(items))


@given(FIELDS, FIELDS)
def test_two_contents_have_two_hashes(one: dict[str, Any], other: dict[str, Any]) -> None:
    def told(fields: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in fields.items() if (name, value) != ("known_as", "")}

    same = facet_hash("child", "c", FACET, one) == facet_hash("child", "c", FACET, other)
    assert same == (told(one) == told(other))


def test_a_default_counts_as_nothing_and_another_record_or_facet_counts() -> None:
    plain = facet_hash("child", "c", FACET, {"surname": "Marsh"})
    assert plain == facet_hash("child", "c", FACET, {"surname": "Marsh", "known_as": "", "void": False})
    assert plain != facet_hash("child", "d", FACET, {"surname": "Marsh"})
    assert plain != facet_hash("child", "c", Facet(Category.FAMILY), {"surname": "Marsh"})
    assert facet_hash("child", "c", FACET, {"former_names": []}) == facet_hash("child", "c", FACET, {})


class Named(str):
    """A text that is not quite one."""

    __slots__ = ()


class Place(NamedTuple):
    """A list that is not quite one."""

    value: object


TEXTS = st.text(
    st.sampled_from('az\x00\x1f"\\\x7f\n\u2028\ud7ff\ue000\uffff\U00010000\U0010ffff'), max_size=3
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | TEXTS | TEXTS.map(Named)
VALUES = st.recursive(
    LEAVES | st.sampled_from([2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 1e-7, -0.0]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | inner.map(Place)
        | st.dictionaries(TEXTS | TEXTS.map(Named), inner, max_size=3)
        | st.dictionaries(st.integers(8, 11), inner, max_size=3)
    ),
    max_leaves=6,
)


def nested(depth: int) -> Any:
    value: Any = {"b": 1, "a": ""}
    for _ in range(depth):
        value = [value]
    return value


@given(st.dictionaries(st.sampled_from(["surname", "zone", "later"]), VALUES))
def test_a_hash_is_that_of_the_one_spelling(fields: dict[str, Any]) -> None:
    plain = int.from_bytes(fingerprint("child", "c", FACET.key, fields))
    assert facet_hash("child", "c", FACET, fields) == plain


@given(VALUES)
@example({"a": [1e-07]})
@example([float("nan")])
@example(dict.fromkeys(["\U00010000", "\uffff", "\ue000", "z", "\x7f"]))
def test_a_fingerprint_is_that_of_the_one_spelling(value: Any) -> None:
    plain = blake2b(spelt([value, "x"]).encode(), digest_size=32).digest()
    assert fingerprint(value, "x") == plain
    assert fingerprint_of(value, plain=are_plain([value])) == fingerprint(value)


@given(VALUES)
def test_a_stored_text_says_what_was_told(value: Any) -> None:
    assert json_text(value, plain=are_plain([value])) == to_json(value).decode()


def fractions(kind: Any) -> bool:
    return kind is float or any(fractions(one) for one in get_args(kind))


@pytest.mark.parametrize("kind", sorted(RECORD_TYPES))
def test_no_record_type_has_a_fraction(kind: str) -> None:
    assert not [name for name, info in RECORD_TYPES[kind].model_fields.items() if fractions(info.annotation)]


@pytest.mark.parametrize("depth", [252, 253, 254, 500])
def test_deep_nesting_is_spelt_all_the_same(depth: int) -> None:
    value = nested(depth)
    assert fingerprint(value) == blake2b(spelt([value]).encode(), digest_size=32).digest()


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("\ud800", ValueError),
        ({"\udc00": 1}, ValueError),
        (nested(100_000), RecursionError),
        (date(2026, 11, 2), TypeError),
        ([UUID(int=1)], TypeError),
        ({1: 0, "1": 0}, TypeError),
    ],
    ids=["half", "half-key", "deep", "date", "uuid", "mixed-keys"],
)
def test_what_has_no_spelling_has_no_fingerprint(value: Any, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        fingerprint(value)


@given(st.data())
def test_hashes_in_one_go_are_those_of_each_facet(data: Any) -> None:
    kind = data.draw(st.sampled_from(sorted(RECORD_TYPES)))
    fields = RECORD_TYPES[kind].model_fields
    usual = st.sampled_from([*defaults(kind).values(), "Y5", True])
    values = data.draw(st.dictionaries(st.sampled_from([*fields, "void", "later"]), usual | st.text()))
    for name in ("marks", "lines", "kind", "facet", "status"):
        values.pop(name, None)
    parts = facets(kind, values)
    hashes = facet_hashes(kind, "r", values)
    assert list(hashes) == [facet.key for facet in parts]
    assert hashes == {facet.key: facet_hash(kind, "r", facet, part) for facet, part in parts.items()}


@given(st.lists(st.integers(0, 2**256 - 1)), st.integers(0, 2**256 - 1))
def test_sums_are_kept_by_adding_and_taking_away(hashes: list[int], extra: int) -> None:
    digests = [Digest(1, one) for one in hashes]
    total = sum_of(digests)
    assert sum_of(reversed(digests)) == total
    assert total + Digest(1, extra) - Digest(1, extra) == total
    assert digest_of(total.octets, total.count) == total


def test_one_spelling() -> None:
    assert spelt({"b": [1, None], "a": "é"}) == '{"a":"é","b":[1,null]}'
