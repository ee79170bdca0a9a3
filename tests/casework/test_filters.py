from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.errors import BadInput
from casework.filter_text import LONGEST, FilterError, parse
from casework.filters import FIELDS, Filter, Term

ROW: dict[str, object] = {
    "name": "Siobhán O'Brien",
    "known_as": "Shiv",
    "upn": "A820099912345",
    "school": "Harbour Primary School",
    "year": 9,
    "reg": "9B",
    "code": frozenset({"N", "/"}),
    "unauth": 8,
    "pct": Fraction(1799, 20),
    "persistent": True,
    "severe": False,
    "late": 3,
    "no-contact": 6,
    "not-seen": None,
    "n": frozenset({"due"}),
    "flag": frozenset({"ehc-plan", "child-in-need"}),
    "status": "called, no answer",
    "attempts": 2,
    "lead": "me",
    "team": "Coast",
    "tag": frozenset({"Breakfast club"}),
}
SIGNS = ("-", ":", ">=", "<=", "<", ">", "=", ",", '"', " ", "“", "”", "%", "_", "\u202e", "\x1b", "\0")
VALUES = (
    "5d",
    "2w",
    "9",
    "90.5",
    "N",
    "yes",
    "due",
    "harbour",
    "O'Brien",
    "Zoë",
    "two words",
    "me",
    "C2",
    "R",
)
FRAGMENTS = st.sampled_from((*FIELDS, *SIGNS, *VALUES))
TYPED = st.one_of(st.text(max_size=60), st.lists(FRAGMENTS, max_size=14).map("".join))


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "unauth>=8",
        "unauth:8 unauth=8",
        "unauth>7 unauth<9 unauth<=8",
        "pct<90",
        "attendance<90%",
        "-pct>=90",
        "year:9",
        "year:8,9",
        "year>=7 year<=11",
        "school:harbour",
        "SCHOOL:HARBOUR",
        'school:"harbour pri"',
        "school:parkside,harbour",
        "school:prim",
        "code:n",
        "code:O,N",
        "code:/",
        "n:due",
        "n:overdue,due",
        "persistent:yes severe:no",
        "no-contact:5d",
        "no-contact:6",
        "no-contact<1w",
        "not-seen:52w",
        "-not-seen<52w",
        "flag:ehc flag:cin -flag:cp",
        "flag:child-in-need",
        "status:no-answer",
        "status:called",
        "lead:me team:coast tag:breakfast",
        "siobhan",
        "obrien shiv",
        "O'Brien",
        "a8200999",
        '"siobhan obrien"',
        "reg:9b",
        "-school:parkside -jones",
        "jones,obrien",
    ],
)
def test_matches(typed: str) -> None:
    assert parse(typed).matches(ROW)


@pytest.mark.parametrize(
    "typed",
    [
        "unauth>8",
        "pct>=90",
        "school:arbour",
        "code:O",
        "code:C",
        "n:overdue",
        "persistent:no",
        "no-contact:1w",
        "no-contact>6d",
        "not-seen<52w",
        "flag:cp",
        "lead:jo",
        "jones",
        '"obrien siobhan"',
        "siobhan jones",
        "-siobhan",
        "reg:9",
        "view:monday",
        "-code:N,O",
    ],
)
def test_does_not_match(typed: str) -> None:
    assert not parse(typed).matches(ROW)


@pytest.mark.parametrize("typed", ["pct<90", "pct>=90", "-pct<90", "pct:0", "attendance<90"])
def test_what_is_not_known_fits_no_comparison(typed: str) -> None:
    assert not parse(typed).matches({**ROW, "pct": None})
    assert not parse(typed).matches({})


@pytest.mark.parametrize("value", [90, 90.0, Decimal("90.0"), Fraction(90), "90"])
def test_numbers_of_any_type_compare_exactly(value: object) -> None:
    assert parse("pct:90 pct>=90 pct<=90 -pct<90").matches({"pct": value})


def test_never_in_contact_is_longer_than_any_time() -> None:
    assert parse("no-contact:9999w").matches({"no-contact": None})
    assert not parse("no-contact<=9999w").matches({"no-contact": None})


@pytest.mark.parametrize(
    ("year", "typed"), [("R", "year:r"), ("Year 9", "year:9"), (0, "year:R"), ("N", "year<0")]
)
def test_reception_and_nursery_are_years(year: object, typed: str) -> None:
    assert parse(typed).matches({"year": year})


@pytest.mark.parametrize(
    ("typed", "start", "end", "says"),
    [
        ("lead:me scool:harbour", 8, 13, "did you mean “school”?"),
        ("unauht>=8", 0, 6, "did you mean “unauth”?"),
        ("zzz:1", 0, 3, "Help lists"),
        ("unauth>=many", 8, 12, "not a number"),
        ("unauth>=", 8, 9, "missing"),
        ("no-contact:5x", 11, 13, "days or weeks"),
        ("n:duw", 2, 5, "did you mean “due”?"),
        ("school>harbour", 0, 7, "not a number"),
        ("pct<90,95", 4, 9, "comma"),
        ('school:"harbour', 7, 15, "not closed"),
        ('"two words"x', 11, 12, "space or a comma"),
        ('har"bour', 3, 4, "start and the end"),
        ("sam -", 4, 5, "right after it"),
        (">=8", 0, 2, "needs a field"),
        ("school:,b", 7, 8, "missing"),
        ("name:***", 5, 8, "letter or digit"),
        ("09:15", 0, 2, "no field"),
    ],
)
def test_errors_point_at_the_word(typed: str, start: int, end: int, says: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(typed)
    error = caught.value
    assert (error.start, error.end) == (start, end)
    assert says in error.message
    assert error.where == f"column {start + 1}"
    assert error.caret() == f"{typed}\n{' ' * start}{'^' * (end - start)}"
    assert isinstance(error, BadInput)


def test_too_long_is_refused() -> None:
    with pytest.raises(FilterError, match="longer than"):
        parse("a" * (LONGEST + 1))
    assert parse("a" * LONGEST)


def test_the_tree() -> None:
    assert parse('unauth>=8 -flag:ehcp "two  words",x no-contact:2w') == Filter(
        (
            Term("unauth", ">=", ("8",)),
            Term("flag", ":", ("ehc",), negated=True),
            Term("name", ":", ("two words", "x")),
            Term("no-contact", ">=", ("2w",)),
        )
    )
    assert [term.span for term in parse(" a  b:".replace("b:", "n:due")).terms] == [(1, 2), (4, 9)]
    assert parse("pct<90 school:x sam").keys == {"pct", "attendance", "school", "name", "known_as", "upn"}
    assert not parse("  ")


@given(TYPED)
def test_any_text_is_understood_or_refused_with_a_place(text: str) -> None:
    refused = None
    try:
        found = parse(text)
    except FilterError as error:
        refused = error
    if refused:
        assert 0 <= refused.start < refused.end <= len(text) + 1
        shown = refused.message + refused.caret().replace("\n", "")
        assert re.sub("[\u200c\u200d]", "", shown).isprintable()
    else:
        assert parse(str(found)) == found
        assert found.matches(ROW) in {True, False}
        assert found.matches({}) in {True, False}


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_is_explained_by_an_example_that_works(name: str) -> None:
    shown = FIELDS[name]
    assert shown.help
    assert parse(shown.example).terms[0].field == name


@pytest.mark.parametrize("typed", ["code:QQ", "N code:N,QQ", "-code:qq"])
def test_what_never_was_a_code_is_pointed_at(typed: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(typed)
    error = caught.value
    assert typed[error.start : error.end].upper() == "QQ"
    assert "no register code" in error.message
