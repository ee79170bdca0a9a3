"""A follow-up that would be refused opens no form: nothing is typed that could not be kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from screens.child import ChildScreen
from tests.screens.real import Family, enter, make_real_app, new_store
from tests.screens.test_consent import flat, keys


@pytest.mark.parametrize("key", ["r", "c"])
async def test_who_may_not_see_the_register_is_told_at_once(tmp_path: Path, key: str) -> None:
    store = new_store(tmp_path, "voluntary")
    family = Family(store)
    app = make_real_app(tmp_path, store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, key)
        assert isinstance(app.screen, ChildScreen)
        assert "! Attendance is not part of voluntary's own work" in flat(app)
