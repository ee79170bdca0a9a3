"""Keys that arrive faster than the screen changes reach what they were meant for."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from outreach_tui import app as app_module
from outreach_tui.app import OutreachApp
from screens.follow_up_forms import WordsBox, WordsForm
from screens.type_ahead import TypeAhead, Typed
from tests.screens.rounds_world import asked, enter, make_caseload, opened, round_of, steps_of
from tests.screens.steps import settle
from tests.screens.test_today import here, names
from tests.screens.textshot import screen_text

_NAMED = {"\r": "enter", "\x1b": "escape", " ": "space", "/": "slash"}


async def burst(pilot: Pilot[None], text: str) -> None:
    """Every key of `text` in the app's queue before the first one is handled."""
    for sign in text:
        named = _NAMED.get(sign, sign)
        pilot.app.post_message(events.Key(named, None if named == "escape" else sign))
    await settle(pilot)


async def test_a_reason_for_ten_children_in_one_chunk(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(12))) as pilot:
        order = names(pilot)
        await burst(pilot, "ri\r" * 10)
        steps = await steps_of(pilot)
        assert [(step.outcome, step.reason_code) for step in steps] == [("reason", "I")] * 10
        assert len({step.child for step in steps}) == 10
        assert names(pilot) == order[10:]


async def test_keys_after_a_dialog_go_to_the_list(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(12))) as pilot:
        await burst(pilot, "ri\rsrmdentist at nine\rn")
        steps = await steps_of(pilot)
        assert [(step.outcome, step.reason_code, step.note) for step in steps] == [
            ("reason", "I", ""),
            ("spoke", "", ""),
            ("reason", "M", "dentist at nine"),
            ("no-answer", "", ""),
        ]
        assert len({step.child for step in steps}) == 4


async def test_a_filter_typed_in_one_chunk_runs_no_verb(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(12))) as pilot:
        await burst(pilot, "/school:harbour\rn")
        assert [step.outcome for step in await steps_of(pilot)] == ["no-answer"]
        assert len(names(pilot)) == 6


async def test_a_question_answered_in_the_same_chunk(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(12))) as pilot:
        await burst(pilot, "  my")
        assert [step.outcome for step in await steps_of(pilot)] == ["left-message"] * 2


async def test_what_is_forgotten_is_never_let_in(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(2))) as pilot:
        admitted: list[str] = []

        async def admit(event: Typed) -> None:
            assert isinstance(event, events.Key)
            admitted.append(event.key)

        ahead = TypeAhead(pilot.app, admit)
        for key in "abc":
            await ahead.take(events.Key(key, key))
        ahead.forget()
        while not ahead.is_idle:
            await pilot.pause()
        assert admitted == ["a"]


@pytest.mark.parametrize("ends", ["key", "lock"])
async def test_whatever_ends_the_open_caseload_forgets_what_waits(tmp_path: Path, ends: str) -> None:
    async with opened(make_caseload(tmp_path, round_of(2))) as pilot:
        app = pilot.app
        assert isinstance(app, OutreachApp)
        forgotten: list[bool] = []
        app.type_ahead.forget = lambda: forgotten.append(True)  # type: ignore[method-assign]
        if ends == "key":
            assert not app._goes_in_turn(events.Key("ctrl+q", None))
        else:
            await app.lock("Locked.")
        assert forgotten == [True]


async def test_a_lock_drops_what_was_typed_ahead(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(12))) as pilot:
        for key in ("n", "s", "s"):
            pilot.app.post_message(events.Key(key, key))
        pilot.app.post_message(events.Key("ctrl+l", None))
        for key in ("s", "s"):
            pilot.app.post_message(events.Key(key, key))
        await settle(pilot)
        assert pilot.app.screen.query("UnlockScreen, Input")


@pytest.mark.parametrize("words", ["tummy ache", "t", "seen by gran, back on Monday"])
async def test_words_typed_in_one_chunk_leave_no_draft(tmp_path: Path, words: str) -> None:
    async with opened(make_caseload(tmp_path, round_of(12))) as pilot:
        await burst(pilot, f"rt{words}\r")
        (step,) = await steps_of(pilot)
        assert (step.reason_code, step.note) == ("T", words)
        assert await asked(pilot, lambda store: store.drafts.waiting()) == []


async def test_a_form_that_was_kept_saves_no_draft_any_more(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(12))) as pilot:
        await burst(pilot, "rtmoving")
        form = pilot.app.screen
        assert isinstance(form, WordsForm)
        form.query_one(WordsBox).insert(" house")
        await form.action_enter()
        await settle(pilot)
        await form.before_lock()  # a letter's message that was still on its way
        (step,) = await steps_of(pilot)
        assert step.note == "moving house"
        assert await asked(pilot, lambda store: store.drafts.waiting()) == []
        assert here(pilot) in screen_text(pilot.app)


async def test_a_lock_waits_for_a_draft_behind_slow_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_caseload(tmp_path, round_of(4))
    async with opened(path) as pilot:
        await burst(pilot, "rirang tw")
        form = pilot.app.screen
        assert isinstance(form, WordsForm)
        form.query_one(WordsBox).insert("ice")
        app = pilot.app
        assert isinstance(app, OutreachApp)
        slow = threading.Event()
        held = asyncio.create_task(app.desk.call(lambda: slow.wait(30)))
        monkeypatch.setattr(app_module, "_LAST_WORDS_SECONDS", 60.0)  # however slow the machine is
        keep = form.before_lock

        async def behind() -> None:
            slow.set()  # the slow work ends only once the lock waits for the draft behind it
            await keep()

        monkeypatch.setattr(form, "before_lock", behind)
        await app.lock("Locked.")
        await held
        await enter(pilot, path)
        (draft,) = await asked(pilot, lambda store: store.drafts.waiting())
        assert draft.fields["words"] == "rang twice"
