"""Levels of need: typed by sign or name, kept as they were said, another scheme's refused in one sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.errors import BadInput
from casework.levels import KENT, take_level

OTHER = {"A": "Everyone", "B": "Early help", "C": "Early years"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("3", "3 Intensive"), ("intens", "3 Intensive"), (" 3 INTENSIVE ", "3 Intensive"), ("", ""), (" ", "")],
)
def test_a_level_is_found_by_sign_or_name_and_kept_in_full(typed: str, kept: str) -> None:
    assert take_level(typed, KENT, "--level") == kept


@pytest.mark.parametrize("typed", ["5", "child-in-need", "ntens", "0", "\x1b[31m3x"])
def test_an_unknown_level_is_one_sentence_that_names_the_scheme(typed: str) -> None:
    with pytest.raises(BadInput) as problem:
        take_level(typed, KENT, "--level")
    assert problem.value.message == (
        "No level of need is called so; there are 1 Universal, 2 Additional, 3 Intensive, 4 Specialist."
    )
    assert problem.value.where == "--level"


def test_what_fits_two_levels_is_not_guessed() -> None:
    assert take_level("b", OTHER, "level") == "B Early help"
    with pytest.raises(BadInput, match="More than one level fits"):
        take_level("early", OTHER, "level")


@given(st.sampled_from(sorted(KENT)), st.booleans())
def test_what_is_kept_is_found_again(sign: str, upper: bool) -> None:
    kept = take_level(sign, KENT, "level")
    assert take_level(kept.upper() if upper else kept, KENT, "level") == kept
