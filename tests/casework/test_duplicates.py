from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.duplicates import BANDS, Description, Fact, Facts, address_key, band_of, compare, is_one_child
from casework.identifiers import check_upn

HOME = "12 Quarry Lane, Sheerness ME12 1ZZ"
TILLY = Description(
    forename="Matilda",
    surname="Marsh",
    known_as="Tilly",
    dob=date(2018, 3, 3),
    upns=("U886009924001",),
    address=HOME,
    siblings=("Ben",),
)
OTHER_UPN = "P886009925117"

names = st.sampled_from(["", "Matilda", "Mathilda", "Tilly", "Tom", "Marsh", "Marsh-Orr", "O'Brien", "Мarsh"])
described = st.builds(
    Description,
    forename=names,
    surname=names,
    known_as=names,
    former_names=st.lists(names.filter(bool), max_size=2).map(tuple),
    dob=st.sampled_from([None, date(2018, 3, 4), date(2018, 4, 3), date(2011, 9, 30)]),
    upns=st.lists(st.sampled_from(["", "U886009924001", OTHER_UPN, "A801200005001"]), max_size=2).map(tuple),
    address=st.sampled_from(["", HOME, "12, Quarry Lane; me121zz", "3 High Road"]),
    household=st.sampled_from(["", "h1", "h2"]),
    siblings=st.lists(st.sampled_from(["Ben", "Maya and Tom", "a"]), max_size=2).map(tuple),
)


def band(one: Description, **other: object) -> str:
    return compare(one, replace(one, **other)).band  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({}, "match"),
        ({"upns": ()}, "match"),
        ({"forename": "Tilly", "known_as": "", "upns": ()}, "match"),
        ({"forename": "Mathilda", "known_as": "", "dob": None}, "match"),
        ({"forename": "Mathilda", "known_as": "", "upns": ()}, "possible"),
        ({"dob": date(2018, 3, 8), "upns": ()}, "possible"),
        ({"dob": date(2015, 6, 1)}, "possible"),
        ({"surname": "Orr", "upns": ()}, "possible"),
        ({"surname": "Orr", "former_names": ("Matilda Marsh",), "upns": ()}, "match"),
        ({"dob": None, "upns": (), "address": "", "siblings": ()}, "possible"),
        ({"dob": date(2015, 6, 1), "upns": (), "address": "", "siblings": ()}, "none"),
        ({"upns": (OTHER_UPN,)}, "possible"),
        ({"upns": (OTHER_UPN,), "dob": None}, "none"),
        ({"upns": (OTHER_UPN, "U886009924001")}, "match"),
    ],
)
def test_bands(other: dict[str, object], expected: str) -> None:
    assert band(TILLY, **other) == expected


@pytest.mark.parametrize(
    ("names", "born", "expected"),
    [
        (("Kayley", "Harding"), date(2020, 8, 8), "possible"),
        (("Kayley", "Hardin"), date(2020, 8, 8), "possible"),
        (("Kayley", "Harding"), None, "none"),
        (("Kayley", "Harding"), date(2020, 9, 8), "none"),
        (("Kelly", "Harding"), date(2020, 8, 8), "none"),
    ],
)
def test_a_name_that_only_sounds_alike_asks_for_the_same_birthday(
    names: tuple[str, str], born: date | None, expected: str
) -> None:
    kayleigh = Description(forename="Kayleigh", surname="Harding", dob=date(2020, 8, 8))
    found = compare(kayleigh, Description(forename=names[0], surname=names[1], dob=born))
    assert found.band == expected
    assert ("forename sounds alike" in found.reasons) == (names[0] == "Kayley")


@pytest.mark.parametrize("upns", [(), (OTHER_UPN,), ("E88600992400A",)])
@pytest.mark.parametrize("forename", ["Tobias", "Mathias", "Maja", "Millie"])
def test_a_twin_is_never_a_match(forename: str, upns: tuple[str, ...]) -> None:
    twin = replace(TILLY, forename=forename, known_as="", upns=upns)
    assert compare(TILLY, twin).band != "match"


@pytest.mark.parametrize("home", ["", HOME, "9 Tide Street, Sheerness ME12 9ZZ"])
@pytest.mark.parametrize("born", [None, date(2018, 3, 5), date(2017, 1, 2)])
def test_a_cousin_of_the_same_name_is_never_a_match(born: date | None, home: str) -> None:
    cousin = replace(TILLY, dob=born, upns=(), address=home)
    assert compare(TILLY, cousin).band != "match"


def test_a_name_alone_is_never_more_than_possible_and_says_so() -> None:
    said = compare(Description("Tilly", "Marsh"), Description("Tilly", "Marsh"))
    assert said.band == "possible"
    assert said.reasons == ("same name", "date of birth not known of both")
    assert compare(Description("Tilly", "Marsh"), Description("Tilli", "Marsh")).band == "none"


def test_reasons_are_words_and_hold_nothing_that_was_compared() -> None:
    twin = compare(TILLY, replace(TILLY, forename="Tobias", known_as="", upns=(OTHER_UPN,)))
    assert twin.band == "none"
    twin = compare(TILLY, replace(TILLY, forename="Tobias", known_as="", upns=()))
    assert twin.reasons == (
        "another forename",
        "same surname",
        "same date of birth",
        "same home",
        "a sibling's name in both",
        "perhaps a twin",
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (HOME, "12 quarry lane  ME121ZZ", True),
        ("Flat 2, 14 High Rd, ME12 1ZZ", "14 High Road flat 2 me12 1zz", True),
        (HOME, "14 Quarry Lane, ME12 1ZZ", False),
        ("Quarry Lane, ME12 1ZZ", "Quarry Lane, ME12 1ZZ", False),
        ("12 Quarry Lane", "12 Quarry Lane", False),
    ],
)
def test_a_home_is_its_numbers_and_postcode(one: str, other: str, same: bool) -> None:
    assert (address_key(one) == address_key(other) != "") is same


@given(described, described)
def test_the_order_of_the_two_does_not_matter(one: Description, other: Description) -> None:
    assert compare(one, other) == compare(other, one)


def test_a_higher_fact_never_lowers_the_band() -> None:
    order = {name: n for n, name in enumerate(BANDS)}
    count = len(fields(Facts))
    for levels in product(Fact, repeat=count):
        here = order[band_of(Facts(*levels))]
        for at in range(count):
            if levels[at] < Fact.SAME:
                higher = (*levels[:at], Fact(levels[at] + 1), *levels[at + 1 :])
                assert order[band_of(Facts(*higher))] >= here, (levels, higher)


_SHARED = st.sampled_from(
    [
        ("dob", date(2012, 12, 1)),
        ("upns", "C896009923042"),
        ("household", "shared"),
        ("address", "77 New Road, ME12 7ZZ"),
        ("siblings", "Oscar"),
        ("former_names", "Adeyemi"),
        ("known_as", "Sunny"),
    ]
)


@given(described, described, _SHARED)
def test_evidence_for_sameness_never_lowers_the_band(
    one: Description, other: Description, shared: tuple[str, object]
) -> None:
    name, value = shared
    more = []
    for side in (one, other):
        held = getattr(side, name)
        more.append(replace(side, **{name: (*held, value) if isinstance(held, tuple) else value}))
    if name == "known_as" and (one.known_as or other.known_as):
        return  # a name taken away is no evidence added
    before, after = compare(one, other), compare(*more)
    assert BANDS.index(after.band) >= BANDS.index(before.band)


UPNS = ("U886009924001", OTHER_UPN, "C896009923042")
upn_lists = st.lists(st.sampled_from(UPNS), min_size=1, max_size=2)


@given(described, st.one_of(st.none(), described), upn_lists, upn_lists)
def test_another_upn_valid_on_both_is_never_a_match(
    one: Description, other: Description | None, upns: list[str], others: list[str]
) -> None:
    assert all(check_upn(upn).valid for upn in UPNS)
    if set(upns).isdisjoint(others):
        pair = replace(one, upns=tuple(upns)), replace(other or one, upns=tuple(others))
        assert compare(*pair).band != "match"


SURE = {"upn": "U886009924001", "forename": "Tilly", "surname": "Marsh", "dob": "2018-03-03"}


@pytest.mark.parametrize(
    ("other", "sure"),
    [
        ({}, True),
        ({"forename": "Tilly-Mae", "surname": "Orr"}, True),
        ({"forename": "Matilda", "known_as": "Tilly"}, True),
        ({"forename": "Lily"}, False),
        ({"dob": "2018-03-04"}, False),
        ({"dob": None}, True),
        ({"dob": None, "surname": "Orr"}, False),
        ({"upn": OTHER_UPN}, False),
        ({"upn": OTHER_UPN, "former_upns": [SURE["upn"]]}, True),
        ({"upn": ""}, False),
    ],
)
def test_only_what_is_surely_one_child_is_made_one_unasked(other: dict[str, object], sure: bool) -> None:
    assert is_one_child(SURE, SURE | other) == sure
    assert not is_one_child(SURE | {"upn": ""}, SURE | other)
