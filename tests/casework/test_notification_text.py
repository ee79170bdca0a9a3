"""A pasted notification is split by its headings, and no word of it is lost."""

from __future__ import annotations

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.notification_text import (
    _BY_WORDS,
    OTHER,
    likely_part,
    odd_headings,
    other_birthday,
    split_text,
    take_from,
    words_after,
)

TODAY = date(2026, 11, 20)

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
    assert split_text(PASTED, TODAY) == {
        OTHER: "Referral for Tilly",
        "concern": "away most Mondays\nand tired when she is here",
        "offered": "- breakfast club, no change",
        "outcome": "In school every day",
        "voice": '"I worry about Mum"\nNote: seen with a cousin',
        "agreement_note": "mother agreed",
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
    parts = split_text("\n".join(lines), TODAY)
    kept = " ".join(parts.values()).split()
    for line in lines:
        before, colon, after = line.partition(":")
        words = after if colon and before.casefold().strip(" .?-") in _BY_WORDS else line
        if words.casefold().strip(" .?-:") not in _BY_WORDS:
            assert set(words.split()) <= set(kept), line


def test_headings_that_schools_write_in_words_are_known() -> None:
    text = 'What we hope for: in class daily\nWhat Farah says: "I like art"\nWhat Ben says - he hits me\n'
    text += "Support offered so far:\nclub\nWhat we would like to happen: a visit\nWhat Mum says: yes"
    assert split_text(text, TODAY) == {
        "outcome": "in class daily\na visit\nWhat Mum says: yes",
        "voice": '"I like art"\nWhat Ben says - he hits me',
        "offered": "club",
    }
    left, moved = take_from("hm\nWhat we hope for: x\nWhat Farah says: y", "What we hope for: x")
    assert (left, moved) == ("hm\nWhat Farah says: y", "What we hope for: x")


@pytest.mark.parametrize(
    ("text", "born", "other"),
    [
        ("Farah, DOB 12/03/2017", date(2020, 12, 22), date(2017, 3, 12)),
        ("d.o.b.: 12 March 2017.", date(2020, 12, 22), date(2017, 3, 12)),
        ("born on 2017-03-12", date(2017, 3, 12), None),
        ("DOB 12/03/2017, her brother born 1/2/2019", date(2019, 2, 1), None),
        ("Date of birth: 99/99/2017, seen 12/03/2017", date(2020, 12, 22), None),
        ("DOB 12/03/2017", None, None),
    ],
)
def test_a_day_of_birth_of_somebody_else_is_noticed(text: str, born: date | None, other: date | None) -> None:
    assert other_birthday(text, born, TODAY) == other


def test_a_line_that_looks_like_a_heading_is_pointed_out() -> None:
    voice = split_text(PASTED, TODAY)["voice"]
    assert odd_headings(voice) == ["Note: seen with a cousin"]
    assert odd_headings("I worry.\nConsent - mother agreed") == ["Consent - mother agreed"]
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
        assert moved.lstrip().startswith(heading)


SCHOOLS_OWN = """From: Mrs Tinker, SENCO
Nature of concern - away on Mondays
Child's voice \u2013 "I feel  sick: on Sundays - I do"
Hopes - to be a vet
Heard by: Mrs Tinker on 17/11/2026
and then she cried
Intended outcome - back in class every day
"""


def test_what_a_school_writes_is_split_with_the_words_of_the_child_as_they_are() -> None:
    assert split_text(SCHOOLS_OWN, TODAY) == {
        "notifier": "Mrs Tinker, SENCO",
        "concern": "away on Mondays",
        "voice": '"I feel  sick: on Sundays - I do"\nHopes - to be a vet\nand then she cried',
        "heard_by": "Mrs Tinker",
        "heard_on": "17/11/2026",
        "outcome": "back in class every day",
    }


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Heard by: Ms Webb", {"heard_by": "Ms Webb"}),
        ("Heard by: Ms Webb, 17 Nov 2026", {"heard_by": "Ms Webb", "heard_on": "17 Nov 2026"}),
        ("Heard by: Ms Webb (17/11)", {"heard_by": "Ms Webb", "heard_on": "17/11"}),
        ("Heard by: Ms Webb, year 4", {"heard_by": "Ms Webb, year 4"}),
        ("Heard by: Ms Webb on the 99/99", {"heard_by": "Ms Webb on the 99/99"}),
        ("Listened by: Ms Madeup on 18/11", {"heard_by": "Ms Madeup", "heard_on": "18/11"}),
        ("Heard on - 17/11/2026", {"heard_on": "17/11/2026"}),
        ("Referrer: Mr Orr", {"notifier": "Mr Orr"}),
        ("Notifier \u2014 Mr Orr", {"notifier": "Mr Orr"}),
        ("From:\nMr Orr\n\nHello", {"notifier": "Mr Orr", OTHER: "Hello"}),
        ("From: Mr Orr\nFrom: Ms Webb", {"notifier": "Mr Orr", OTHER: "From: Ms Webb"}),
        ("From school he walks home", {OTHER: "From school he walks home"}),
        ("From: " + "x" * 201, {OTHER: "From: " + "x" * 201}),
    ],
)
def test_who_sent_it_who_listened_and_when_take_one_line(line: str, found: dict[str, str]) -> None:
    assert split_text(line, TODAY) == found


@pytest.mark.parametrize(
    ("heading", "part"),
    [
        ("Referral made by: Mrs Tinker", "notifier"),
        ("School nurse: asthma", "other_agencies"),
        ("Pupil\u2019s views on school: fine", "voice"),
        ("Consent - mother agreed", "agreement_note"),
        ("Who has listened: Ms Madeup", "heard_by"),
        ("Our hopes for her: fine", "outcome"),
        ("We are hoping for: a place", "outcome"),
        ("Here is what she said: fine", "voice"),
        ("Zebra: stripes", ""),
    ],
)
def test_a_heading_that_is_not_known_points_to_its_likeliest_part(heading: str, part: str) -> None:
    assert likely_part(heading) == part


def test_the_words_after_a_heading() -> None:
    assert words_after("Referral by: Mr Orr") == "Mr Orr"
    assert words_after("Made by - Mr Orr: head") == "Mr Orr: head"
    assert words_after("ATTENDANCE") == "ATTENDANCE"
