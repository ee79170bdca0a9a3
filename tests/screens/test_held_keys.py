"""A key held down counts once; a worker who presses it for each row is never slowed."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from screens.held_keys import LONGEST_DELAY, KeyWatch, Press
from storage.store import Store
from tests.screens.real import Family, asked, enter, make_real_app, new_store
from tests.screens.rounds_world import make_caseload, opened, round_of, steps_of
from tests.screens.steps import settle
from tests.screens.test_today import here, names, press
from tests.screens.textshot import screen_text

HELD = "s is held down, so it counts once. Let go, then press it again."


def typed_at(pilot: Pilot[Any], *gaps: float) -> None:
    """The next keys come so many seconds after each other."""
    times = iter(accumulate(gaps, initial=1_000.0))
    next(times)
    pilot.app.typed = lambda _came: next(times)  # type: ignore[attr-defined]


@given(st.lists(st.floats(0.12, 30.0), max_size=40))
def test_presses_of_a_person_are_all_fresh(gaps: list[float]) -> None:
    watch = KeyWatch()
    times = list(accumulate(gaps, initial=5.0))
    assert [watch.press("s", at) for at in times] == [Press.FRESH] * len(times)


@given(st.floats(0.2, LONGEST_DELAY), st.floats(0.0, 0.1), st.integers(2, 50))
def test_a_hold_is_one_press_and_one_that_is_taken_back(delay: float, gap: float, repeats: int) -> None:
    watch = KeyWatch()
    times = [0.0, *(delay + gap * n for n in range(repeats))]
    seen = [watch.press("s", at) for at in times]
    assert seen == [Press.FRESH, Press.FRESH, Press.UNMASKED, *[Press.HELD] * (repeats - 2)]


def test_other_keys_and_a_pause_begin_anew() -> None:
    watch = KeyWatch()
    assert [watch.press(key, at) for key, at in (("s", 1.0), ("n", 1.01), ("s", 1.02), ("s", 1.03))] == [
        Press.FRESH,
        Press.FRESH,
        Press.FRESH,
        Press.HELD,
    ]
    assert watch.press("s", 9.0) is Press.FRESH
    # Two keys in one chunk after a long pause: the first of them was a press of its own.
    assert watch.press("s", 9.0) is Press.HELD


async def test_a_settling_key_held_down_settles_one_row(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(12))) as pilot:
        order = names(pilot)
        typed_at(pilot, 0.0, 0.5, *[0.033] * 38)
        await press(pilot, *"s" * 40)
        assert HELD in screen_text(pilot.app)
        assert names(pilot) == order[1:]
        assert here(pilot) == order[1]
        standing = [step for step in await steps_of(pilot) if not step.void]
        assert len(standing) == 1
        typed_at(pilot, 9.0)
        await press(pilot, "s")
        assert names(pilot) == order[2:]


async def test_eight_presses_a_second_settle_eight_rows(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(12))) as pilot:
        order = names(pilot)
        typed_at(pilot, *[0.125] * 8)
        await press(pilot, *"s" * 8)
        assert names(pilot) == order[8:]
        assert "held down" not in screen_text(pilot.app)


async def test_only_the_repeat_is_taken_back_and_never_another_step(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(12))) as pilot:
        order = names(pilot)
        typed_at(pilot, 0.0, 0.3, 0.3, 0.5, 0.03, 0.03)
        await press(pilot, *"ssssss")
        assert names(pilot) == order[3:]
        typed_at(pilot, 5.0, 0.0, 0.0)
        await press(pilot, "s", "s", "s")
        assert names(pilot) == order[4:]
        assert HELD in screen_text(pilot.app)


async def test_a_verb_of_the_palette_is_no_repeat(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(6))) as pilot:
        typed_at(pilot, *[0.03] * 60)
        await press(pilot, *["down"] * 3, "ctrl+p", *"spoke")
        for _ in range(20):
            await pilot.pause(0.05)
        await press(pilot, "enter")
        await settle(pilot)
        assert len(await steps_of(pilot)) == 1


@pytest.mark.parametrize("gap", [0.033, 0.092])
async def test_on_a_childs_page_a_held_key_counts_once_too(tmp_path: Path, gap: float) -> None:
    store = new_store(tmp_path)
    family = Family(store)
    app = make_real_app(tmp_path, store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        typed_at(pilot, 0.0, 0.4, *[gap] * 10)
        await press(pilot, *"s" * 12)
        assert HELD in screen_text(app)

        def spoken(held: Store) -> int:
            from casework.records_attendance import FollowUp

            return len(held.find(FollowUp, "outcome = 'spoke'"))

        assert await asked(app, spoken) == 1
