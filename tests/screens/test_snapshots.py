"""Pictures of the key views; `pytest --snapshot-update` keeps new ones after they were looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outreach_tui.settings import Loaded, Settings
from tests.screens.fakes import Hands, make_app
from tests.screens.steps import settle, unlock

Compare = Callable[..., bool]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80", "120"])
def test_unlock(snap_compare: Compare, tmp_path: Path, hands: Hands, size: tuple[int, int]) -> None:
    assert snap_compare(make_app(tmp_path, hands), terminal_size=size, run_before=settle)


def test_setup(snap_compare: Compare, tmp_path: Path, hands: Hands) -> None:
    assert snap_compare(make_app(tmp_path, hands, first_run=True), run_before=settle)


@pytest.mark.parametrize("theme", ["dark", "light", "contrast", "terminal"])
def test_round(snap_compare: Compare, tmp_path: Path, hands: Hands, theme: str) -> None:
    async def open_and_mark(pilot: Any) -> None:
        await unlock(pilot)
        await pilot.press("space")
        await settle(pilot)

    app = make_app(tmp_path, hands, loaded=Loaded(Settings(theme=theme)))
    assert snap_compare(app, run_before=open_and_mark)


def test_help(snap_compare: Compare, tmp_path: Path, hands: Hands) -> None:
    async def ask_help(pilot: Any) -> None:
        await unlock(pilot)
        await pilot.press("?")
        await settle(pilot)

    assert snap_compare(make_app(tmp_path, hands), run_before=ask_help)
