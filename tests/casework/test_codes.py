from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.codes import (
    CODES,
    NEW_CODES_FROM,
    NO_MARK,
    UNABLE_TO_ATTEND,
    CodeClass,
    in_force,
    is_no_mark,
    lookup,
    shown_code,
    split_joined,
)

NOW = date(2026, 11, 20)
BEFORE = date(2024, 8, 18)
MORNING = [code.code for code in in_force(NOW) if code.code != "\\"]
AFTERNOON = [code.code for code in in_force(NOW) if code.code != "/"]


def test_the_present_set_by_class() -> None:
    kinds = Counter(code.kind for code in in_force(NOW))
    assert kinds == {
        CodeClass.PRESENT: 3,
        CodeClass.AEA: 5,
        CodeClass.AUTHORISED: 10,
        CodeClass.UNAUTHORISED: 4,
        CodeClass.NOT_POSSIBLE: 10,
        CodeClass.NOT_COLLECTED: 2,
    }


@pytest.mark.parametrize(
    "text", ["H", "J", "Y", "F", "7", "8", "9", "", "-", "@", "!", "&", "Y8", "CC", "//"]
)
def test_not_a_code_today(text: str) -> None:
    assert lookup(text, NOW) is None


@pytest.mark.parametrize(
    ("text", "on", "kind"),
    [
        ("H", BEFORE, CodeClass.AUTHORISED),
        ("J", BEFORE, CodeClass.AEA),
        ("J1", NEW_CODES_FROM, CodeClass.AUTHORISED),
        ("Y", BEFORE, CodeClass.NOT_POSSIBLE),
        ("F", date(2012, 6, 1), CodeClass.AUTHORISED),
        ("7", date(2021, 2, 1), CodeClass.NOT_POSSIBLE),
        ("/", date(2019, 2, 1), CodeClass.PRESENT),
        ("y7", NOW, CodeClass.NOT_POSSIBLE),
        ("Q", NOW, CodeClass.NOT_POSSIBLE),
        ("D", NOW, CodeClass.NOT_POSSIBLE),
    ],
)
def test_meaning_on_its_date(text: str, on: date, kind: CodeClass) -> None:
    code = lookup(text, on)
    assert code is not None
    assert code.kind is kind
    assert code.source


@pytest.mark.parametrize("text", ["J1", "C1", "C2", "K", "Q", "Y1"])
def test_new_codes_did_not_exist_the_day_before(text: str) -> None:
    assert lookup(text, BEFORE) is None
    assert lookup(text, NEW_CODES_FROM) is not None


def test_no_code_has_two_meanings_on_one_date() -> None:
    for code in CODES:
        others = [other for other in CODES if other.code == code.code and other is not code]
        for other in others:
            assert not other.valid_on(code.valid_from)


@pytest.mark.parametrize(
    ("cell", "am", "pm"),
    [
        ("/\\", "/", "\\"),
        ("N\\", "N", "\\"),
        ("II", "I", "I"),
        ("/C2", "/", "C2"),
        ("C2C2", "C2", "C2"),
        ("C1C1", "C1", "C1"),
        ("Y1\\", "Y1", "\\"),
        ("IN", "I", "N"),
        ("C1C", "C1", "C"),
        ("y2y2", "Y2", "Y2"),
        ("/ \\", "/", "\\"),
        ("/-", "/", NO_MARK),
        ("-\\", NO_MARK, "\\"),
        ("--", NO_MARK, NO_MARK),
        ("", NO_MARK, NO_MARK),
        ("-", NO_MARK, NO_MARK),
    ],
)
def test_the_one_reading_of_a_cell(cell: str, am: str, pm: str) -> None:
    split = split_joined(cell, NOW)
    assert (split.am, split.pm, split.problem) == (am, pm, "")


@pytest.mark.parametrize(
    "cell", ["C1", "C2", "J1", "Y4", "I", "/", "H\\", "\\/", "9", "C2C2C2", "/ \\ /", "?!", "C 2"]
)
def test_a_cell_without_one_reading_is_refused(cell: str) -> None:
    split = split_joined(cell, NOW)
    assert not split.readable
    assert (split.am, split.pm) == (NO_MARK, NO_MARK)


def test_c1_alone_is_refused_for_its_two_readings() -> None:
    assert split_joined("C1", NOW).problem.startswith("two readings")


def test_signs_of_a_schools_own_system_are_reported() -> None:
    split = split_joined("@\\", NOW)
    assert (split.am, split.pm, split.local) == (NO_MARK, "\\", ("@",))
    assert is_no_mark("!")


def test_old_cells_are_read_with_the_old_codes() -> None:
    assert split_joined("HH", BEFORE).readable
    assert not split_joined("HH", NOW).readable


def test_every_pair_of_codes_comes_back_when_joined() -> None:
    for am, pm in product(MORNING, AFTERNOON):
        split = split_joined(am + pm, NOW)
        assert (split.am, split.pm) == (am, pm), (am, pm)


@given(st.text(max_size=6))
def test_any_text_is_read_or_refused_never_raised(cell: str) -> None:
    split = split_joined(cell, NOW)
    for slot in (split.am, split.pm):
        assert slot == NO_MARK or lookup(slot, NOW) is not None


def test_the_sign_of_being_unable_to_attend_is_shown_and_never_entered() -> None:
    assert lookup("Y", NOW) is None
    shown = shown_code("Y", NOW)
    assert shown is not None
    assert shown.kind is CodeClass.NOT_POSSIBLE
    assert {lookup(code, NOW).kind for code in UNABLE_TO_ATTEND} == {shown.kind}  # type: ignore[union-attr]
    assert shown_code("Y", BEFORE) == lookup("Y", BEFORE)
    assert shown_code("QQ", NOW) is None
