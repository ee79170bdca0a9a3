"""A pasted notification is split by its headings, and no word of it is lost."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from casework.notification_text import _BY_WORDS, OTHER, odd_headings, split_text, take_from

PASTED = """Referral for Tilly
1. Nature of concern: away most Mondays
and tired when she is here
What has been tried:
- breakfast club, no change
2) INTENDED OUTCOMES
In school every day
Child\u2019s voice: "I worry about Mum"
Note: seen with a cousin
Consent - mother agreed
"""


def test_the_parts_are_found_by_their_headings() -> None:
    assert split_text(PASTED) == {
        OTHER: "Referral for Tilly",
        "concern": "away most Mondays\nand tired when she is here",
        "offered": "- breakfast club, no change",
        "outcome": "In school every day",
        "voice": '"I worry about Mum"\nNote: seen with a cousin\nConsent - mother agreed',
    }


LINES = st.lists(
    st.one_of(
        st.sampled_from(sorted(_BY_WORDS)).map(lambda words: words.title() + ":"),
        st.text(string.ascii_letters + " .,:'-", max_size=40),
    ),
    max_size=12,
)


@given(LINES)
def test_no_word_but_a_heading_is_lost(lines: list[str]) -> None:
    parts = split_text("\n".join(lines))
    kept = " ".join(parts.values()).split()
    for line in lines:
        before, colon, after = line.partition(":")
        words = after if colon and before.casefold().strip(" .?-") in _BY_WORDS else line
        if words.casefold().strip(" .?-:") not in _BY_WORDS:
            assert set(words.split()) <= set(kept), line


def test_a_line_that_looks_like_a_heading_is_pointed_out() -> None:
    voice = split_text(PASTED)["voice"]
    assert odd_headings(voice) == ["Note: seen with a cousin", "Consent - mother agreed"]
    assert odd_headings("ATTENDANCE HISTORY\nAway on Mondays.") == ["ATTENDANCE HISTORY"]
    for plain in (
        "Mum said: come home",
        "at 9:30 she left",
        "NOT OK!",
        "She ran, he left. Then: no",
        "",
    ):
        assert odd_headings(plain) == [], plain


def test_its_lines_go_to_another_part_up_to_the_next_heading() -> None:
    text = "I worry.\nSchool nurse: asthma\nseen in May\nATTENDANCE\n82%"
    assert take_from(text, "School nurse: asthma") == (
        "I worry.\nATTENDANCE\n82%",
        "School nurse: asthma\nseen in May",
    )


@given(LINES)
def test_moving_lines_loses_no_word(lines: list[str]) -> None:
    text = "\n".join(lines)
    for heading in odd_headings(text):
        left, moved = take_from(text, heading)
        assert sorted((left + "\n" + moved).split()) == sorted(text.split())
        assert moved.startswith(heading)
