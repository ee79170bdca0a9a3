from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.errors import BadInput
from casework.identifiers import (
    check_laestab,
    check_nhs_number,
    check_upn,
    check_urn,
    format_nhs_number,
    upn_check_letter,
)

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
BODIES = st.builds(
    "{}0099{}{}".format,
    st.sampled_from(["886", "887", "896"]),
    st.from_regex(r"[0-9]{4}", fullmatch=True),
    st.sampled_from("0123456789" + LETTERS),
)


@given(BODIES)
def test_the_letter_is_the_weighted_sum_modulo_23(body: str) -> None:
    values = [LETTERS.index(sign) if sign.isalpha() else int(sign) for sign in body]
    total = sum(value * position for position, value in enumerate(values, 2))
    assert upn_check_letter(body) == LETTERS[total % 23]


@given(BODIES, st.sampled_from(LETTERS))
def test_exactly_one_letter_is_right(body: str, letter: str) -> None:
    check = check_upn(letter + body)
    assert check.valid == (letter == upn_check_letter(body))
    assert check.temporary == body[-1].isalpha()
    assert bool(check.error) != check.valid


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("U886009924001", True),
        (" u886 0099 24001 ", True),
        ("U886009924002", False),
        ("P886009921517", False),
        ("I886009924001", False),
        ("U88600992400", False),
        ("X80120000A001", False),
        ("", False),
        ("U88600992400١", False),
    ],
)
def test_upn(text: str, valid: bool) -> None:
    check = check_upn(text)
    assert check.valid is valid
    if len(text) > 5:
        assert text not in check.error


def test_an_unknown_authority_only_warns() -> None:
    body = "943009924001"
    check = check_upn(upn_check_letter(body) + body)
    assert check.valid
    assert "list of 2011" in check.warning


def test_a_temporary_upn_is_told() -> None:
    check = check_upn("E88600992400A")
    assert (check.valid, check.temporary) == (True, True)
    assert "temporary" in check.warning


def test_a_body_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        upn_check_letter("88600992400")
    assert caught.value.where == "body"


@given(st.integers(0, 999_999))
def test_nhs_numbers_by_weights(serial: int) -> None:
    nine = f"999{serial:06d}"
    check = 11 - sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True)) % 11
    right = {11: "0", 10: ""}.get(check, str(check))
    for digit in "0123456789":
        assert check_nhs_number(nine + digit).valid == (digit == right)


def test_nhs_number_in_the_forms_people_write() -> None:
    check = check_nhs_number("999 000-0018")
    assert (check.valid, check.number) == (True, "9990000018")
    assert "tests" in check.warning
    assert format_nhs_number("9990000018") == "999 000 0018"
    assert not check_nhs_number("99900000١٨").valid


def test_school_numbers_by_shape() -> None:
    assert check_urn(" 999001 ").valid
    assert not check_urn("99900").valid
    assert check_laestab("8860099").number == check_laestab("886/0099").number == "886/0099"
    assert not check_laestab("886-99").valid
