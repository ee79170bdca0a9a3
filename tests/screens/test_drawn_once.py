"""A screen that opens is neither styled nor laid out again; a new size, or new colours, still reach it."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen

from screens.widgets.row_list import RowList
from tests.screens.fakes import Hands, RoundRoom, make_app
from tests.screens.steps import settle, unlock


async def test_a_screen_that_opens_is_styled_and_laid_out_once(
    hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    styled: list[DOMNode] = []
    laid_out: list[Screen[None]] = []
    update, resize = App.update_styles, Screen._screen_resized
    monkeypatch.setattr(App, "update_styles", lambda s, n, **m: (styled.append(n), update(s, n, **m))[1])
    monkeypatch.setattr(Screen, "_screen_resized", lambda s, n: (laid_out.append(s), resize(s, n))[1])
    app = make_app(tmp_path, hands)
    async with app.run_test(size=(80, 24)) as pilot:
        await unlock(pilot)
        room = app.screen
        assert isinstance(room, RoundRoom)
        assert room not in styled
        await pilot.press("question_mark")
        await settle(pilot)
        assert app.screen.id == "help"
        assert app.screen not in styled
        assert app.screen not in laid_out
        assert room not in laid_out


async def test_a_new_size_and_new_colours_reach_an_open_screen_and_the_one_below(
    hands: Hands, tmp_path: Path
) -> None:
    app = make_app(tmp_path, hands)
    async with app.run_test(size=(80, 24)) as pilot:
        await unlock(pilot)
        room = app.screen
        await pilot.press("question_mark")
        await settle(pilot)
        was = room.styles.background
        app.next_theme()
        await pilot.resize_terminal(120, 40)
        await settle(pilot)
        assert app.screen.outer_size == (120, 40)
        await pilot.press("escape")
        await settle(pilot)
        assert app.screen is room
        assert room.query_one(RowList).outer_size.width == 120
        assert room.styles.background != was
