"""`@` on the round: whom it is about, what it logs, and that it is refused where nobody is known."""

from __future__ import annotations

from pathlib import Path

from casework.records import Flag
from screens.reader import TextScreen
from tests.screens.rounds_world import ident, make_caseload, opened, round_of, steps_of
from tests.screens.steps import settle
from tests.screens.test_days_in_the_life import sees_social_care
from tests.screens.test_today import here, press
from tests.screens.textshot import screen_text


def world(folder: Path) -> Path:
    flag = Flag(id=ident(8, 60), child=ident(3, 0), kind="child-in-need")
    return make_caseload(folder, [*round_of(6), flag, sees_social_care(0)])


async def test_the_step_before_says_whose_social_worker_and_undo_takes_it_back(tmp_path: Path) -> None:
    async with opened(world(tmp_path)) as pilot:
        assert here(pilot) == "Tilly Marsh"
        await press(pilot, "n")
        assert "@ tells their social worker." in " ".join(screen_text(pilot.app).split())
        after = here(pilot)
        await press(pilot, "@")
        assert isinstance(pilot.app.screen, TextScreen)
        await press(pilot, "escape")
        assert here(pilot) == after, "on with the round"
        assert "Tilly Marsh: social worker told. u undoes." in " ".join(screen_text(pilot.app).split())
        await press(pilot, "u")
        assert [step.outcome for step in await steps_of(pilot)] == ["no-answer"]


async def test_after_any_other_key_it_is_about_the_row_under_the_cursor(tmp_path: Path) -> None:
    async with opened(world(tmp_path)) as pilot:
        await press(pilot, "n", "down", "@")
        await settle(pilot)
        assert here(pilot) != "Tilly Marsh"
        assert "No flag that you may see says that this child has a social worker" in " ".join(
            screen_text(pilot.app).split()
        )
        assert [step.outcome for step in await steps_of(pilot)] == ["no-answer"]
