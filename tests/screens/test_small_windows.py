"""Dialogs in small windows: readable and answered by keys, or one sentence and no answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, TextArea

from screens.dialogs import AskLine, Choice, Confirm, PickOne
from screens.follow_up import Given
from screens.follow_up_forms import WordsForm
from screens.intake_ask import AskSame
from screens.kept_dialog import KeptAs
from storage.intake.report import Candidate, Question
from tests.screens.fakes import Hands, make_app
from tests.screens.rounds_world import TODAY
from tests.screens.steps import settle, unlock
from tests.screens.textshot import screen_text

SIZES = [(40, 8), (41, 9), (60, 10), (80, 12), (40, 30), (80, 16), (80, 24)]
TOO_SMALL = [(20, 5), (39, 24), (80, 7), (21, 40)]
SENTENCE = "This window is too small: at least 40 by 8."
NAMES = [f"  Child number {n:02}" for n in range(1, 41)]


async def keep(_fields: Any) -> None:
    return None


def confirm() -> Screen[Any]:
    return Confirm("No answer: log it for 40 children? Their names stand below, all of them.", NAMES)


def pick() -> Screen[Any]:
    return PickOne(
        "Which of the columns?", [Choice(str(n), f"column {n}", "note " * 9) for n in range(1, 41)]
    )


def line() -> Screen[Any]:
    return AskLine("Keep this filter as a view. Its name:")


def words() -> Screen[Any]:
    return WordsForm(
        "Close the follow-up: Zoë Łukasik", kept=KeptAs("round-close", "id", keep), required=True
    )


def reason() -> Screen[Any]:
    from casework.followups import reason_codes

    return WordsForm(
        "Reason given: Zoë Łukasik", kept=KeptAs("round-reason", "id", keep), codes=reason_codes(TODAY)
    )


def same() -> Screen[Any]:
    return AskSame(
        Question(
            key="k",
            line=12,
            name="Ada Pike",
            dob="2018-03-03",
            upn="",
            reason="the name and the date of birth are those of a child that is known",
            candidates=(Candidate("id-1", "Ada Pike", "2018-03-03", "", "Harbour Primary"),),
        ),
        "1 of 1",
    )


CASES: dict[str, tuple[Callable[[], Screen[Any]], str, tuple[str, ...], Callable[[Any], bool]]] = {
    "confirm": (confirm, "y yes   n no", ("y",), lambda got: got is True),
    "pick": (pick, "type to narrow", (*["down"] * 30, "enter"), lambda got: got == "31"),
    "line": (line, "enter keeps, esc leaves", (*"abc", "enter"), lambda got: got == "abc"),
    "words": (words, "enter keeps", (*"abc", "enter"), lambda got: got == Given("abc")),
    "reason": (reason, "type the code", ("i", "enter"), lambda got: got == Given("", "I")),
    "same": (same, "y same child", ("y",), lambda got: got.kind == "same"),
}


async def ask(pilot: Pilot[Any], screen: Screen[Any]) -> list[Any]:
    got: list[Any] = []
    await pilot.app.push_screen(screen, got.append)
    await settle(pilot)
    return got


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_a_dialog_is_answered_by_keys_and_shows_them(
    tmp_path: Path, hands: Hands, case: str, size: tuple[int, int]
) -> None:
    make, keys_line, keys, is_right = CASES[case]
    app = make_app(tmp_path, hands)
    async with app.run_test(size=size) as pilot:
        await unlock(pilot)
        got = await ask(pilot, make())
        assert keys_line in screen_text(app)
        for box in app.screen.query("Input, TextArea"):
            if case != "reason":
                assert box.region.height >= 1
                assert app.screen.region.contains_region(box.region)
        await pilot.press(*keys)
        await settle(pilot)
        if not got:  # a reason takes words, too
            assert app.screen.query_one(TextArea).region.height >= 1
            await pilot.press("enter")
            await settle(pilot)
        assert len(got) == 1
        assert is_right(got[0])


@pytest.mark.parametrize("size", [(40, 8), (80, 12), (80, 24)], ids=str)
async def test_every_name_of_a_question_can_be_scrolled_to(
    tmp_path: Path, hands: Hands, size: tuple[int, int]
) -> None:
    app = make_app(tmp_path, hands)
    async with app.run_test(size=size) as pilot:
        await unlock(pilot)
        await ask(pilot, confirm())
        seen = ""
        for _ in range(30):
            seen += screen_text(app)
            assert "y yes   n no" in screen_text(app)
            await pilot.press("down", "down")
            await settle(pilot)
        assert [name for name in NAMES if name.strip() not in seen] == []


@pytest.mark.parametrize("size", [(40, 8), (80, 24)], ids=str)
async def test_the_choice_stays_in_sight(tmp_path: Path, hands: Hands, size: tuple[int, int]) -> None:
    app = make_app(tmp_path, hands)
    async with app.run_test(size=size) as pilot:
        await unlock(pilot)
        await ask(pilot, pick())
        for number in range(2, 41):
            await pilot.press("down")
            await settle(pilot)
            assert f"› {number:<4} column {number}" in screen_text(app)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("size", TOO_SMALL, ids=str)
async def test_below_the_floor_a_dialog_says_so_and_takes_no_answer(
    tmp_path: Path, hands: Hands, case: str, size: tuple[int, int]
) -> None:
    make, keys_line, keys, is_right = CASES[case]
    app: App[None] = make_app(tmp_path, hands)
    async with app.run_test(size=(80, 24)) as pilot:
        await unlock(pilot)
        got = await ask(pilot, make())
        await pilot.resize_terminal(*size)
        await settle(pilot)
        assert " ".join(screen_text(app).split()) == SENTENCE
        await pilot.press(*keys, "n", "y", "enter", "down", "backspace")
        await settle(pilot)
        assert got == []
        assert all(box.value == "" for box in app.screen.query(Input))
        assert all(box.text == "" for box in app.screen.query(TextArea))
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert keys_line in screen_text(app)
        await pilot.press(*keys)
        await settle(pilot)
        if not got:
            await pilot.press("enter")
            await settle(pilot)
        assert is_right(got[0])


@pytest.mark.parametrize("case", CASES)
async def test_esc_leaves_a_dialog_in_any_window(tmp_path: Path, hands: Hands, case: str) -> None:
    app = make_app(tmp_path, hands)
    async with app.run_test(size=(80, 24)) as pilot:
        await unlock(pilot)
        got = await ask(pilot, CASES[case][0]())
        await pilot.resize_terminal(20, 5)
        await settle(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert len(got) == 1


async def test_a_question_says_that_more_stands_below() -> None:
    app = App[None]()
    async with app.run_test(size=(80, 24)) as pilot:
        for details, more in ((NAMES, True), (NAMES[:2], False)):
            await app.push_screen(Confirm("Log it?", details))
            await pilot.pause()
            assert ("more below" in screen_text(app)) == more
