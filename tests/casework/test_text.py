from __future__ import annotations

import timeit
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.text import clean, fold, guard_formula, looks_like_formula, safe, unguard_formula

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=120)
FORMULA_TEXT = st.text(st.sampled_from("'=+-@\t\r\n\0＝＋－＠a1 "), max_size=8)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("Siobhan O'Brien", "Siobhan O'Brien"),
        ("a\x1b]52;c;eA==\x07b", "ab"),
        ("a\x9b31mb", "ab"),
        ("\x1b]8;;https://a.invalid\x1b\\Mum\x1b]8;;\x1b\\", "Mum"),
        ("a\x1b(B\x1b[mb", "ab"),
        ("\x1bAnna", "Anna"),
        ("a\x1b]no end\x1b[0m b", "ano end b"),
        ("a\x1b]no end\nb\x07", "ano end b"),
        ("nul\x00l", "null"),
        ("ann\u202eenna", "annenna"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("tag\U000e0041", "tag"),
        ("lone\ud800", "lone"),
        ("own\ue000use", "ownuse"),
        ("none\U000e1fff", "none"),
        ("soft\u00adhyphen", "softhyphen"),
        ("tab\there", "tab here"),
        ("two\r\nlines", "two lines"),
        ("two\u2028lines", "two lines"),
        ("Zoe\u0308", "Zoë"),
        ("نیم\u200cفاصله", "نیم\u200cفاصله"),
        ("क्\u200dष", "क्\u200dष"),
        ("Anne [/] x", "Anne [/] x"),
        ("[31m] ]0; [x\x00]", "[31m] ]0; [x]"),
        ("👩🏽", "👩🏽"),
    ],
)
def test_clean(raw: str, kept: str) -> None:
    assert clean(raw) == kept


def test_newlines_are_kept_only_on_request() -> None:
    assert clean("a\r\nb\rc\n\td", newlines=True) == "a\nb\nc\n d"


def test_limit_counts_characters_of_the_result() -> None:
    assert clean("x" * 5_000, limit=100) == "x" * 100
    assert clean("e\u0301" * 50, limit=50) == "é" * 50
    assert clean("é" * 5_000, limit=100) == "é" * 100
    assert clean("\0x" * 5_000, limit=100) == "x" * 100


@given(ANY_TEXT, st.booleans())
def test_nothing_unsafe_is_left_and_twice_is_once(text: str, newlines: bool) -> None:
    result = clean(text, newlines=newlines)
    for c in result:
        assert unicodedata.category(c) not in {"Cc", "Cs", "Co", "Cn", "Cf"} or c in "\u200c\u200d\n"
    assert newlines or "\n" not in result
    assert clean(result, newlines=newlines) == result
    assert unicodedata.is_normalized("NFC", result)


WORDS = st.text(st.sampled_from("[]()mPB;0 1?Anna\u00e9\n"), max_size=12)
STRING = st.text(st.characters(min_codepoint=0x20, exclude_categories=("Cc", "Cs")), max_size=20)


def one_string(starts: str, ends: str) -> st.SearchStrategy[str]:
    return st.tuples(st.sampled_from(starts.split(" ")), STRING, st.sampled_from(ends.split(" "))).map(
        "".join
    )


SEQUENCE = st.one_of(
    st.from_regex(r"(\x1b\[|\x9b)[0-?]{0,4}[ -/]{0,2}[@-~]", fullmatch=True),
    one_string("\x1b] \x9d", "\x07 \x1b\\ \x9c"),
    one_string("\x1bP \x90 \x1b_ \x1b^ \x1bX", "\x1b\\ \x9c"),
)


@given(st.lists(st.tuples(WORDS, SEQUENCE), max_size=6), WORDS)
def test_a_sequence_goes_whole_and_takes_no_word_with_it(parts: list[tuple[str, str]], end: str) -> None:
    pasted = "".join(words + sequence for words, sequence in parts) + end
    written = "".join(words for words, _ in parts) + end
    assert clean(pasted, newlines=True) == clean(written, newlines=True)


@pytest.mark.parametrize("start", ["\x1b[", "\x1b]", "\x1bP", "\x9b", "\x1b[1", "\x1b]a", "\x1bPa"])
def test_sequences_without_an_end_are_cheap(start: str) -> None:
    assert timeit.timeit(lambda: clean(start * 40_000), number=1) < 1


def test_a_pile_of_combining_marks_is_cut_and_cheap() -> None:
    pile = "a" + "\u0301\u0323" * 40_000
    assert timeit.timeit(lambda: clean(pile), number=1) < 1
    assert len(clean(pile)) <= 31


def test_safe_is_one_short_line() -> None:
    assert safe("x" * 100) == "x" * 39 + "…"
    assert safe("\x1b[31mQQ\n") == "QQ"
    assert safe(17) == "17"
    assert safe("abc", limit=3) == "abc"


@given(st.one_of(ANY_TEXT, FORMULA_TEXT))
def test_formula_guard_round_trips_and_leaves_none(text: str) -> None:
    guarded = guard_formula(text)
    assert not looks_like_formula(guarded)
    assert unguard_formula(guarded) == text


@pytest.mark.parametrize(
    "text", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "\0x", "＝1"]
)
def test_formulas_are_seen(text: str) -> None:
    assert looks_like_formula(text)
    assert guard_formula(text) == "'" + text


@pytest.mark.parametrize("text", ["", "O'Brien", "'tis", "a=b", "1-2"])
def test_plain_text_is_not_guarded(text: str) -> None:
    assert guard_formula(text) == text


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Zoë", "zoe"),
        ("Łukasz  ŻÓŁĆ", "lukasz zolc"),
        ("Søren Weiß", "soren weiss"),
        ("Đorđe Ælfgifu", "dorde aelfgifu"),
        ("O’Brien", "obrien"),
        ("O'Brien", "obrien"),
        ("Smith-Jones", "smith jones"),
        ("  St. Mary's,  C.E. ", "st marys c e"),
        ("İpek Işık", "ipek isik"),
        ("Ｆｕｌｌ", "full"),
        ("김민준", "김민준"),
        ("_*^", ""),
    ],
)
def test_fold(text: str, key: str) -> None:
    assert fold(text) == key


@given(ANY_TEXT)
def test_fold_is_stable_and_holds_words_only(text: str) -> None:
    key = fold(text)
    assert fold(key) == key
    assert all(word.isalnum() for word in key.split())
    assert key == " ".join(key.split())
