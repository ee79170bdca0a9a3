"""Another terminal writes while the app is open: its steps are shown, and are not taken back unasked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from casework.followups import follow_up
from outreach_tui.app import OutreachApp
from screens.dialogs import Confirm
from storage.store import Store
from tests.screens.rounds_world import KEY, NOW, TODAY, opened, steps_of
from tests.screens.test_today import here, morning, names, press, rows
from tests.screens.textshot import screen_text


def log_elsewhere(path: Path, child: str) -> None:
    """A follow-up by the same worker over another connection."""
    at = NOW + timedelta(minutes=5)
    other = Store.open(path, bytearray(KEY), now=lambda: at, today=TODAY)
    step = follow_up(child, by=other.actor.worker, at=at, session_date=TODAY, outcome="seen")
    other.journal.commit(step)
    other.close()


async def test_today_shows_what_another_terminal_wrote_and_keeps_the_cursor(tmp_path: Path) -> None:
    path = morning(tmp_path)
    async with opened(path) as pilot:
        app = pilot.app
        assert isinstance(app, OutreachApp)
        first = names(pilot)[0]
        gone = rows(pilot).targets[0]
        await press(pilot, "down", "down")
        stood = here(pilot)
        log_elsewhere(path, gone)
        await app.mind_others()
        await press(pilot)
        await pilot.pause()
        for worker in list(app.workers):
            await worker.wait()
        await pilot.pause()
        assert first not in names(pilot)
        assert here(pilot) == stood


async def test_a_step_of_another_terminal_is_taken_back_after_a_question(tmp_path: Path) -> None:
    path = morning(tmp_path)
    async with opened(path) as pilot:
        log_elsewhere(path, rows(pilot).targets[0])
        await press(pilot, "u")
        assert isinstance(pilot.app.screen, Confirm)
        assert "Follow-up: child seen" in screen_text(pilot.app)
        assert "08:46" in screen_text(pilot.app) or "09:" in screen_text(pilot.app)
        await press(pilot, "n")
        assert len(await steps_of(pilot)) == 1
        await press(pilot, "u", "y")
        assert await steps_of(pilot) == []


async def test_a_step_made_while_the_question_stands_is_not_the_one_taken_back(tmp_path: Path) -> None:
    path = morning(tmp_path)
    async with opened(path) as pilot:
        one, two = names(pilot)[0], rows(pilot).targets[0]
        log_elsewhere(path, two)
        await press(pilot, "u")
        log_elsewhere(path, two)
        await press(pilot, "y")
        assert one
        assert len(await steps_of(pilot)) == 2
        assert "Another step was made meanwhile" in screen_text(pilot.app)
