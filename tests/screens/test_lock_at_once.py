"""A lock drops the key at once, also while another process keeps ours from writing; nothing saved is lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from textual import events

from casework.errors import Locked
from outreach_tui.app import OutreachApp
from screens.child import ChildScreen
from screens.contact_form import FORM
from screens.roster import RosterScreen
from screens.unlock import UnlockScreen
from storage.audit import entries
from storage.cipher import open_database
from storage.desk import Desk
from storage.integrity import audit_is_whole, history_gives_rows
from storage.patience import Patience
from storage.store import Store
from tests.screens.fakes import FakeStore
from tests.screens.rounds_world import KEY, NOW, TODAY, opened
from tests.screens.steps import settle
from tests.screens.test_today import morning, press, rows
from tests.screens.textshot import screen_text

LIMIT = 15.0
"""Half of what a write waits for another process: a lock that waits for it fails here."""


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another connection writes and does not end."""
    other = open_database(path, bytearray(KEY))
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set as soon as a statement of ours waits for another process."""
    waiting = threading.Event()
    real = Patience.wait

    def wait(patience: Patience, tries: int) -> int:
        waiting.set()
        return real(patience, tries)

    monkeypatch.setattr(Patience, "wait", wait)
    return waiting


async def seen(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, LIMIT)


def reopened(path: Path) -> Store:
    return Store.open(path, bytearray(KEY), now=lambda: NOW, today=TODAY)


async def test_a_lock_waits_for_no_other_process(tmp_path: Path, waits: threading.Event) -> None:
    path = morning(tmp_path)
    async with opened(path) as pilot:
        app = pilot.app
        assert isinstance(app, OutreachApp)
        await press(pilot, "n")
        with held(path):
            pilot.app.post_message(events.Key("s", "s"))
            await seen(waits)
            pilot.app.post_message(events.Key("ctrl+l", None))
            async with asyncio.timeout(LIMIT):
                while not isinstance(app.screen, UnlockScreen):  # not pilot.pause: it waits for the step
                    await asyncio.sleep(0.01)
            await settle(pilot)
            assert not app.desk.is_open
            assert "may not be saved" in " ".join(screen_text(app).split())
            await app.desk.call(lambda: None)  # the caseload's thread is free: the database is closed
        assert app.fault is None
    store = reopened(path)
    assert store.journal.undo_list(1)[0].name.startswith("Follow-up: no answer")
    assert [*history_gives_rows(store.conn), *audit_is_whole(store.conn)] == []
    store.close()


async def test_a_lock_in_the_form_keeps_the_saved_draft(tmp_path: Path, waits: threading.Event) -> None:
    path = morning(tmp_path)
    async with opened(path) as pilot:
        app = pilot.app
        assert isinstance(app, OutreachApp)
        child = rows(pilot).targets[0]
        await press(pilot, "enter", "t", *"Tilly was in ")
        await app.screen.save_draft()  # type: ignore[attr-defined]
        with held(path):
            for letter in "bed, and her mother said that the bus had not come":  # many: a draft is due
                app.post_message(events.Key(letter, letter))
            await seen(waits)
            async with asyncio.timeout(LIMIT):
                await app.lock("Locked.")
            assert isinstance(app.screen, UnlockScreen)
            await app.desk.call(lambda: None)
    store = reopened(path)
    draft = store.drafts.load(FORM, child)
    assert draft is not None
    assert draft.fields["note"].startswith("Tilly was in")
    store.close()


async def test_a_step_in_hand_ends_before_the_lock() -> None:
    desk: Desk[FakeStore] = Desk()
    store = FakeStore()
    await desk.open(lambda: store)
    began, go_on = threading.Event(), threading.Event()

    def step(given: FakeStore) -> None:
        began.set()
        go_on.wait(LIMIT)
        given.save_setting("done", "" if given.closed else "yes")

    stepping = asyncio.ensure_future(desk.run(step))
    await seen(began)
    closing = asyncio.ensure_future(desk.close(within=LIMIT))
    await asyncio.sleep(0)
    go_on.set()
    assert await closing is False
    with pytest.raises(Locked):
        await stepping
    assert store.setting("done") == "yes"
    assert store.closed
    desk.shut()


async def test_what_is_broken_off_is_no_fault(tmp_path: Path) -> None:
    """A question that the lock breaks off learns that it is locked, not that a statement was interrupted."""
    path = morning(tmp_path)
    desk: Desk[Store] = Desk()
    await desk.open(lambda: reopened(path))
    began = threading.Event()

    def endless(store: Store) -> Any:
        began.set()
        return store.conn.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
        ).fetchone()

    asking = asyncio.ensure_future(desk.run(endless))
    await seen(began)
    async with asyncio.timeout(LIMIT):
        assert await desk.close(within=0.0) is False
    with pytest.raises(Locked):
        await asking
    desk.shut()


async def test_a_question_that_cannot_be_broken_off_is_left_behind() -> None:
    desk: Desk[FakeStore] = Desk()
    store = FakeStore()
    await desk.open(lambda: store)
    began, go_on = threading.Event(), threading.Event()
    asking = asyncio.ensure_future(desk.run(lambda _store: (began.set(), go_on.wait(LIMIT))))
    await seen(began)
    await desk.close(within=0.0)
    assert not store.closed
    desk.shut()  # does not wait: the process image goes
    go_on.set()
    with pytest.raises(Locked):
        await asking


def test_patience_ends() -> None:
    patience = Patience(30.0)
    assert not patience.is_waiting
    assert patience.wait(0) == 1
    assert patience.is_waiting
    patience.end()
    assert patience.wait(1) == 0
    assert patience.wait(0) == 0
    assert Patience(0.0).wait(0) == 0


def test_a_look_that_fails_leaves_no_transaction_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = reopened(morning(tmp_path))
    monkeypatch.setattr("storage.audit.head", lambda _conn: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        store.log("looked", "a page")
    monkeypatch.undo()
    store.log("looked", "a page")
    assert entries(store.conn)[0].detail == "a page"
    store.close()


@pytest.mark.parametrize("room", ["today", "caseload"])
async def test_a_look_is_on_record_before_it_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: str
) -> None:
    """No lock can come between what was shown and its entry."""
    path = morning(tmp_path)
    order: list[str] = []
    log, show, draw = Store.log, RosterScreen.show_sheet, ChildScreen._draw

    def logged(store: Store, verb: Any, detail: str, child: str | None = None) -> None:
        log(store, verb, detail, child)
        order.append(f"{verb} {detail.partition(':')[0]}")

    def shown(screen: RosterScreen, *given: Any, **named: Any) -> None:
        order.append(f"shown {screen.ROOM}")
        show(screen, *given, **named)

    def drawn(screen: ChildScreen, width: int) -> None:
        if screen._view is not None:
            order.append("shown child")
        draw(screen, width)

    monkeypatch.setattr(Store, "log", logged)
    monkeypatch.setattr(RosterScreen, "show_sheet", shown)
    monkeypatch.setattr(ChildScreen, "_draw", drawn)
    async with opened(path, room=room) as pilot:
        await press(pilot, "enter")
    room_order = [step for step in order if step.endswith(room)]
    assert room_order[:2] == [f"looked {room}", f"shown {room}"]
    child_order = [step for step in order if "child" in step]
    assert child_order[:2] == ["looked child's page", "shown child"]
