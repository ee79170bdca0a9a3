"""Pastes never run keys, never reach the terminal raw, and take time in step with their length."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events
from textual.widgets import Input

from screens.follow_up_forms import WordsBox
from screens.pasting import LONGEST_PASTE, PasteParser, clean_paste
from tests.screens.rounds_world import make_caseload, opened, round_of, steps_of
from tests.screens.steps import settle, type_text
from tests.screens.test_today import press
from tests.screens.textshot import screen_text

EVIL = "evil [/] \x1b]52;c;aGk=\x07 \x1b[31mred\x9b2J\u202e"
START, END = "\x1b[200~", "\x1b[201~"


def parsed(text: str, chunk: int = 4_096) -> list[Any]:
    parser = PasteParser()
    return [event for at in range(0, len(text), chunk) for event in parser.feed(text[at : at + chunk])]


def work(text: str) -> int:
    """Python calls that parsing takes: a measure that no other load on the machine changes."""
    calls = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        parsed(text)
    finally:
        sys.setprofile(None)
    return calls


def test_a_paste_with_escape_signs_is_one_paste_and_no_key() -> None:
    (event,) = parsed(START + EVIL * 3_000 + END)
    assert isinstance(event, events.Paste)
    assert event.text.startswith("evil [/]  redevil")
    assert not set("\x1b\x07\x9b\u202e") & set(event.text)


def test_the_work_grows_with_the_length_alone() -> None:
    small, large = (work(START + EVIL * times + END) for times in (750, 3_000))
    assert large < 5 * small


@settings(deadline=None)
@given(
    before=st.text("ab\x1b[~20", max_size=8).filter(lambda text: START not in text + START[:-1]),
    pasted=st.text("ab\r\n\x1b[~20\x07", max_size=30).filter(lambda text: END not in text + END[:-1]),
    chunk=st.integers(1, 12),
)
def test_marks_are_found_wherever_the_chunks_end(before: str, pasted: str, chunk: int) -> None:
    found = parsed(before + START + pasted + END + "n", chunk)
    pastes = [event for event in found if isinstance(event, events.Paste)]
    assert [event.text for event in pastes] == [clean_paste(pasted)[0]]
    assert found[-1].key == "n"


def test_a_long_paste_is_cut_and_says_so() -> None:
    (event,) = parsed(START + "a" * 1_000_000 + END)
    kept, said = clean_paste(event.text)
    assert len(kept) == LONGEST_PASTE
    assert "only the first 100,000 characters" in said
    assert clean_paste("a" * LONGEST_PASTE) == ("a" * LONGEST_PASTE, "")


def test_a_paste_without_end_fills_no_memory() -> None:
    parser = PasteParser()
    list(parser.feed(START))
    for _ in range(40):
        assert list(parser.feed("a" * LONGEST_PASTE)) == []
    assert sum(map(len, parser._pasted)) <= 5 * LONGEST_PASTE


async def test_the_app_itself_cleans_a_paste_and_says_what_it_left_out(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(4))) as pilot:
        pilot.app.post_message(events.Paste("a\x1bb" * LONGEST_PASTE))
        await settle(pilot)
        said = clean_paste("ab" * LONGEST_PASTE)[1]
        assert said in screen_text(pilot.app)


@pytest.mark.parametrize(
    "text",
    [EVIL * 3_000, "x" * 100_000, "wort " * 20_000, "漢" * 100_000],
    ids=["evil", "line", "words", "wide"],
)
async def test_the_words_take_a_huge_paste(tmp_path: Path, text: str) -> None:
    async with opened(make_caseload(tmp_path, round_of(4))) as pilot:
        await press(pilot, "r", "i")
        pilot.app.post_message(events.Paste(text))
        await settle(pilot)
        await type_text(pilot, "yz")
        box = pilot.app.screen.query_one(WordsBox)
        assert len(box.text) == 20_000
        assert not set("\x1b\x07\x9b\u202e") & set(box.text)
        await press(pilot, "enter")
        (step,) = await steps_of(pilot)
        assert len(step.note) >= 19_999


async def test_a_paste_over_the_list_runs_no_verb(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(4))) as pilot:
        pilot.app.post_message(events.Paste("nnnn\x1bn"))
        await settle(pilot)
        assert await steps_of(pilot) == []


async def test_the_filter_takes_what_it_has_room_for(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(4))) as pilot:
        await press(pilot, "slash")
        pilot.app.post_message(events.Paste("school:harbour\x1b[A\nsecond line"))
        await settle(pilot)
        field = pilot.app.screen.query_one(Input)
        assert field.value == "school:harbour"
        pilot.app.post_message(events.Paste("x" * 100_000))
        await settle(pilot)
        assert len(field.value) == field.max_length
