"""Facets: every field in one, stand-ins that tell nothing, and the same facets from what somebody holds."""

from __future__ import annotations

import re
from datetime import date
from itertools import chain, combinations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.facets import (
    FACETS,
    OWN_PURPOSES,
    TOLD,
    Facet,
    exact_facet,
    facets,
    held_facets,
    joined,
    leading_facet,
    portion,
)
from casework.policies import PURPOSE_OF, PURPOSES, Category
from casework.records import RECORD_TYPES, Flag, Worker, meta_of
from casework.records_attendance import AttendanceWeek
from casework.records_sharing import Agreement, Disclosure
from casework.sharing import Ground, may_see
from casework.vocabulary import Agency
from casework.withdrawing import somebody_of
from tests.casework.test_sharing import CHILD

HIDDEN = Facet(Category.YOUTH_JUSTICE)


def agreement(**fields: Any) -> dict[str, Any]:
    held = Agreement.model_validate(
        {"id": "a", "child": "c", "given_by": "Jo Marsh", "status": "given", "given_on": date(2026, 9, 1)}
        | {"by": "w", "responsibility": "yes"}
        | fields
    )
    return held.model_dump(mode="json", exclude={"id"})


def disclosure(agency: Agency) -> dict[str, Any]:
    held = Disclosure(
        id="d",
        child="c",
        agency=agency,
        categories=(Category.FAMILY,),
        purpose="support",
        reason="Risk",
        decided_by="Manager",
        decided_on=date(2026, 9, 1),
        by="w",
    )
    return held.model_dump(mode="json", exclude={"id"})


def week(marks: str) -> dict[str, Any]:
    held = AttendanceWeek(
        id="w",
        child="c",
        school="s",
        week=date(2026, 9, 7),
        marks=marks,
        comments={"0": "court" if "Y5" in marks else "late", "1": "bus"},
    )
    return held.model_dump(mode="json", exclude={"id"})


RECORDS: list[tuple[str, dict[str, Any]]] = [
    ("agreement", agreement()),
    ("agreement", agreement(agencies=("school", "youth-justice"), exclude="Not my ex", gillick="Clear")),
    ("agreement", agreement(agencies=("youth-justice",))),
    ("agreement", agreement(agencies=("youth-justice",), categories=("family", "youth_justice"))),
    ("agreement", agreement(categories=("family", "youth_justice"), agencies=("school",))),
    (
        "agreement",
        agreement(agencies=("school",), exclude="No", exclude_pairs=("school:youth_justice", "school:send")),
    ),
    ("agreement", agreement(agencies=("school",), exclude="No", exclude_pairs=("youth-justice:health",))),
    ("attendance_week", week("Y5 / / / / / / / / /")),
    ("attendance_week", week("/ / / / / / / / / /")),
    ("flag", Flag(id="f", child="c", kind="youth-justice").model_dump(mode="json", exclude={"id"})),
    ("flag", Flag(id="f", child="c", kind="young-carer").model_dump(mode="json", exclude={"id"})),
    ("disclosure", disclosure("youth-justice")),
    ("disclosure", disclosure("voluntary")),
]


@pytest.mark.parametrize(("record_type", "values"), RECORDS)
def test_all_of_a_record_is_in_its_facets(record_type: str, values: dict[str, Any]) -> None:
    assert joined(facets(record_type, values).values()) == values


@pytest.mark.parametrize(("record_type", "values"), RECORDS)
def test_what_somebody_holds_gives_the_same_facets_again(record_type: str, values: dict[str, Any]) -> None:
    parts = facets(record_type, values)
    for some in chain.from_iterable(combinations(parts, n) for n in range(1, len(parts) + 1)):
        got = portion(parts, some)
        if got:
            again = facets(record_type, joined(got.values()))
            assert {facet: again[facet] for facet in some} == got


@pytest.mark.parametrize(("record_type", "values"), RECORDS)
def test_nothing_tells_of_youth_justice_to_who_may_not_see_it(
    record_type: str, values: dict[str, Any]
) -> None:
    rest = set(FACETS) - {HIDDEN}
    told = str(portion(facets(record_type, values), rest))
    assert not re.search(r"youth|Y5|court", told)


def test_who_may_know_of_youth_justice_alone_gets_no_words_of_others() -> None:
    """Of an agreement about it not who gave it, of a decision about it not why it was made."""
    words = {
        "agreement": ("given_by", "relationship", "how_known", "interpreter", "withdrawn_why"),
        "disclosure": ("reason", "decided_by", "consulted", "family_told", "told_why"),
    }
    for record_type, values in RECORDS:
        parts = facets(record_type, values)
        held = joined(portion(parts, {HIDDEN, Facet(Category.IDENTITY)}).values())
        assert not set(held) & set(words.get(record_type, ()))
        for name in words.get(record_type, ()):
            facet = exact_facet(record_type, values, name)
            assert facet.category in (Category.FAMILY, Category.SAFEGUARDING)


def test_the_order_of_facets_is_stored_and_never_changes() -> None:
    assert (len(FACETS), FACETS.index(HIDDEN), FACETS.index(Facet(Category.FAMILY, "planning"))) == (
        61,
        7,
        22,
    )
    assert [FACETS.index(facet) for facet in TOLD.values()] == [60]
    assert {*PURPOSE_OF.values(), ""} <= set(OWN_PURPOSES)


def test_every_stored_field_has_a_facet() -> None:
    for name, cls in RECORD_TYPES.items():
        assert all(meta_of(name, field) for field in cls.model_fields if field not in ("id", "void"))


def test_a_record_can_be_held_with_its_leading_facet_alone() -> None:
    """A required field of another facet can be left empty: it is a text."""
    for name, cls in RECORD_TYPES.items():
        if name == "flag":
            continue  # a flag is one facet, by its kind
        lead = leading_facet(name).category
        for field, info in cls.model_fields.items():
            meta = meta_of(name, field)
            if meta is not None and info.is_required() and meta.category is not lead:
                assert info.annotation is str, (name, field)


@given(st.data())
def test_a_facet_without_a_purpose_is_held_when_any_purpose_is_seen(data: st.DataObject) -> None:
    worker: Worker = somebody_of(data.draw(st.sampled_from(["early-help", "school-nursing", "voluntary"])))

    def sees(category: Category, purpose: Any) -> bool:
        return bool(may_see(worker, CHILD, category, purpose, date(2026, 9, 7), Ground()))

    held = held_facets([seen for seen in product(Category, PURPOSES) if sees(*seen)])
    for facet in FACETS:
        if facet.purpose and facet not in TOLD.values():
            assert (facet in held) == sees(facet.category, facet.purpose)
            assert facet not in held or Facet(facet.category) in held
