"""A protected address is left out of words that people wrote, however they wrote it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.hide_address import HIDDEN, hide_address, looks_like_address

HOME = "14b Quarry Lane, Sheerness ME12 1ZZ"


@pytest.mark.parametrize(
    "text",
    [
        "We met at 14b Quarry Lane, Sheerness ME12 1ZZ.",
        "We met at 14B QUARRY  LANE.",
        "The bus stops at Quarry\nLane.",
        "me121zz is the postcode; so is ME12  1zz.",
        "She wants to leave Sheerness.",
        "No visits to 14b Quarry Ln. please.",
        "Quarry Ln floods.",
        "Ring at 14b quarry first.",
        "14bQuarryLane; M E 1 2 1 Z Z; ME12-1ZZ.",
        "14b Quarry-Lane, 14b_quarry_ln",
    ],
)
def test_every_way_to_write_it_goes(text: str) -> None:
    shown = hide_address(text, [HOME]).casefold()
    assert HIDDEN in shown
    for part in ("quarry", "sheerness", "me12", "1zz"):
        assert part not in shown


def test_other_words_stay() -> None:
    text = "Tilly likes the quarry, and me12 is no postcode."
    assert hide_address(text, [HOME]) == text
    assert hide_address("At 14b Quarry Lane.", []) == "At 14b Quarry Lane."
    assert hide_address("Be in on time.", ["", " , ", "1, in"]) == "Be in on time."


def test_a_street_is_a_street_however_its_kind_is_written() -> None:
    assert hide_address("In Quay Street.", ["Quay St"]) == f"In {HIDDEN}."
    assert hide_address("At St. John's Road.", ["Saint John's Rd"]) == f"At {HIDDEN}."
    assert hide_address("The quay and the street.", ["3 Quay St"]) == "The quay and the street."
    assert hide_address("The old quay floods.", ["Old Quay Lane"]) == "The old quay floods."


@given(
    st.lists(st.text("abcdefgh", min_size=4, max_size=8), min_size=1, max_size=4),
    st.text("xyz .,\n", max_size=20),
    st.text("xyz .,\n", max_size=20),
)
def test_no_part_between_commas_is_left(parts: list[str], before: str, after: str) -> None:
    address = ", ".join(parts)
    shown = hide_address(f"{before} {address} {after}", [address])
    assert not any(part in shown.split() for part in parts)


@pytest.mark.parametrize(
    "text", ["Seen at 14b Quarry Lane.", "3 St. John's Road today", "me121zz", "flat 2, 7 quay st, she says"]
)
def test_what_is_written_as_an_address_looks_like_one(text: str) -> None:
    assert looks_like_address(text)


@pytest.mark.parametrize(
    "text",
    ["Late 3 days in Year 4, he lost his place.", "2 friends at St Mary", "the quarry lane", "5 of 10"],
)
def test_other_words_look_like_no_address(text: str) -> None:
    assert not looks_like_address(text)
