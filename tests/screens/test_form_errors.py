"""What keeps a form from being kept is said until the field that it names is changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from textual import events

from casework.edits import Edit, update
from casework.policies import Category
from casework.records_case import Episode
from screens import kept_form
from screens.case_form import CloseForm
from storage.queries import sight
from tests.screens.case_world import open_case
from tests.screens.real import TODAY, Family, asked, enter, make_real_app, new_store
from tests.screens.steps import settle, type_text
from tests.screens.textshot import screen_text

WHO = "! Say who goes on with it."


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    store = new_store(tmp_path, "early-help")
    held = Family(store)
    open_case(held, date(2026, 11, 2), date(2026, 11, 3))
    yield held
    store.close()


async def closing(pilot: Any, family: Family) -> CloseForm:
    """The form of a case's end: a step down that names nobody, refused."""
    await enter(pilot)
    form = CloseForm(family.tilly, "Tilly Marsh", start={"reason": "stepped-down"})
    await pilot.app.push_screen(form)
    await settle(pilot)
    return form


async def press(pilot: Any, *keys: str) -> None:
    for key in keys:
        await (type_text(pilot, key[1:]) if key.startswith("=") else pilot.press(key))
        await settle(pilot)


async def test_a_message_goes_with_a_change_of_the_field_that_it_names_alone(
    family: Family, tmp_path: Path
) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await closing(pilot, family)
        await press(pilot, "ctrl+s")
        assert form.at == "passed_to"
        assert WHO in screen_text(app)
        await press(pilot, "tab", "=Jo Marsh", "tab", "=It helped")
        assert WHO in screen_text(app), "other fields do not mend it"
        await press(pilot, "shift+tab", "shift+tab", "shift+tab", "right", "left")
        assert WHO in screen_text(app), "what a choice says stands behind it"
        assert "Why: " in screen_text(app)
        await press(pilot, "tab", "=M")
        assert WHO not in screen_text(app)
        await press(pilot, "backspace", "ctrl+s")
        assert WHO in screen_text(app), "and comes again"


async def test_a_message_about_no_field_stays_until_the_form_is_left(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await closing(pilot, family)
        (held,) = await asked(app, lambda store: store.find(Episode))
        gone = Edit("Closed elsewhere", update(held, closed=TODAY, reason="disengaged"), subject=held.child)
        await asked(app, lambda store: store.journal.commit(gone))
        await press(pilot, "tab", "=Ms Reed", "ctrl+s")
        assert "! There is no open case to close." in screen_text(app)
        await press(pilot, "=x", "tab", "=Jo", "tab", "=Thanks")
        assert "! There is no open case to close." in screen_text(app)
        await press(pilot, "escape")
        assert "no open case" not in screen_text(app)


async def test_letters_typed_before_the_key_that_keeps_are_kept_and_clear_nothing(
    family: Family, tmp_path: Path
) -> None:
    """They reach their field later than the key reaches the form, where all come at once."""
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await closing(pilot, family)
        await press(pilot, "tab", "tab")
        for key in "Jo Marsh":
            app.post_message(events.Key("space" if key == " " else key, key))
        app.post_message(events.Key("ctrl+s", None))
        await settle(pilot)
        assert form.value_of("told") == "Jo Marsh"
        assert WHO in screen_text(app)
        await press(pilot, "=Ms Reed", "tab")
        assert WHO not in screen_text(app)
        for key in ", school":
            app.post_message(events.Key("space" if key == " " else "comma" if key == "," else key, key))
        app.post_message(events.Key("ctrl+s", None))
        await settle(pilot)
        await press(pilot, "y")
        (held,) = await asked(app, lambda store: store.find(Episode))
        assert (held.passed_to, held.told) == ("Ms Reed", "Jo Marsh, school")


async def test_two_saves_at_once_put_a_hidden_draft_aside_once(
    family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    family.store.drafts.save("case-close", family.tilly.id, {"note": "Hidden"})
    monkeypatch.setattr(kept_form, "_SAVE_AFTER", 1000)
    monkeypatch.setattr(kept_form, "_PAUSE", 3600.0)
    monkeypatch.setitem(sight.WRITTEN_ABOUT, "case-close", (Category.YOUTH_JUSTICE, "support"))
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        form = await closing(pilot, family)
        assert "A draft is kept here" in screen_text(app)
        await press(pilot, "tab", "=Jo")
        await asyncio.gather(form.save_draft(), form.save_draft())
        assert len(await asked(app, lambda store: store.drafts.waiting())) == 2
