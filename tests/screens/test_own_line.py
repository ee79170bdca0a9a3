"""What is said stands in a line of the screen itself: nothing floats above one, least of all a locked one."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.screen import Screen
from textual.widgets import Input

from outreach_tui.app import OutreachApp
from outreach_tui.guarded import COVER
from screens.dialogs import AskLine
from screens.search import SearchScreen
from tests.screens.real import Family, enter, make_real_app, new_store
from tests.screens.steps import settle
from tests.screens.textshot import screen_text


@pytest.fixture
def app(tmp_path: Path) -> OutreachApp:
    return make_real_app(tmp_path, Family(new_store(tmp_path)).store)


async def test_a_dialog_says_it_in_itself(app: OutreachApp) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await enter(pilot)
        await app.push_screen(AskLine("Name?"))
        await settle(pilot)
        app.notify("A line holds 300 characters.", severity="warning")
        app.notify("A line holds 200 characters.", severity="warning")
        await settle(pilot)
        assert "│ A line holds 200 characters." in screen_text(app).replace("│  ", "│ ")
        assert "300" not in screen_text(app)
        assert not app._notifications
        assert app.screen.query_one(Input).has_focus


async def test_nothing_is_said_over_a_cover_or_by_a_screen_that_was_left(app: OutreachApp) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await enter(pilot)
        left = SearchScreen()
        await app.push_screen(left)
        await settle(pilot)
        await app.push_screen(Screen(id=COVER))
        app.notify("Tilly Marsh: kept.")
        await settle(pilot)
        assert "Tilly" not in screen_text(app)
        await app.pop_screen()
        await app.lock("Locked.")
        await settle(pilot)
        left.say("Tilly Marsh: kept.", wrong=True)
        await settle(pilot)
        assert "Tilly" not in screen_text(app)
        assert not app._notifications
