"""The door of a laptop that was silent for too long, and what is said before."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from casework.errors import Locked, Refused, Unreachable
from outreach_tui.app import OutreachApp
from outreach_tui.opener import VaultOpener
from screens.roster_sheet import Sheet
from screens.sync import sync_lines
from screens.today import TodayScreen
from screens.unlock import UnlockScreen
from screens.widgets.text import cell_text
from storage.central.lease import hear, look_at_clock
from storage.home import Home
from storage.journal import transaction
from storage.queries.sync_view import read_sync_view
from storage.ring import Ring
from storage.store import Store
from storage.vault import Vault
from tests.screens.fakes import PASSPHRASE, Hands, PlainRoom, RoundRoom
from tests.screens.steps import settle, unlock
from tests.screens.test_key_store import NOW, TODAY, Memory, caseload, words
from tests.screens.test_sync import enrol
from tests.screens.textshot import check_shot

DAY = timedelta(days=1)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def heard(store: Store, *_: Any) -> None:
    with transaction(store.conn):
        hear(store.conn, store.now(), 14)


def silent(folder: Path, clock: Clock, days: int) -> tuple[Home, VaultOpener]:
    """A caseload that had its last word from the central record so many days ago."""
    home = caseload(folder, None)
    opener = VaultOpener(home, now=clock, today=TODAY)
    store = opener.unlock(bytearray(PASSPHRASE.encode()))
    heard(store)
    store.close()
    clock.now += days * DAY
    return home, opener


def app_over(home: Home, opener: VaultOpener, hands: Hands, reconcile: Callable[..., Any]) -> OutreachApp:
    rooms = {"today": RoundRoom, "caseload": PlainRoom, "import": PlainRoom, "child": PlainRoom}
    return OutreachApp(
        home.path, opener=opener, today=TODAY, clocks=hands.clocks, rooms=rooms, reconcile=reconcile
    )


async def test_the_passphrase_opens_it_only_after_a_sync(tmp_path: Path, hands: Hands) -> None:
    clock = Clock()
    home, opener = silent(tmp_path, clock, 15)
    ends: list[Any] = [Unreachable("unreachable", "The central record cannot be reached."), heard]

    def reconcile(store: Store, say: Callable[[str], None], around: Callable[[Any], Any]) -> Any:
        say("3 sent")
        end = ends.pop(0)
        if isinstance(end, Exception):
            raise end
        end(store)

    app = app_over(home, opener, hands, reconcile)
    async with app.run_test(size=(80, 24)) as pilot:
        await unlock(pilot)
        assert isinstance(app.screen, UnlockScreen)
        assert not app.desk.is_open
        assert "No word from the central record for 15 days (14 are the most)" in words(app)
        check_shot(app, "unlock-silent-80")
        await pilot.press("f5")
        await settle(pilot)
        assert "The central record cannot be reached." in words(app)
        assert not app.desk.is_open
        await pilot.press("f5")
        await settle(pilot)
        assert isinstance(app.screen, RoundRoom)
        assert (ends, opener.is_silent) == ([], False)


async def test_who_leaves_the_door_waits_for_no_session(tmp_path: Path, hands: Hands) -> None:
    home, opener = silent(tmp_path, Clock(), 15)
    begun, answer, ended = (threading.Event() for _ in range(3))

    def reconcile(*_: Any) -> None:
        begun.set()
        answer.wait(20)
        ended.set()
        raise Unreachable("unreachable", "The central record cannot be reached.")

    app = app_over(home, opener, hands, reconcile)
    async with app.run_test(size=(80, 24)) as pilot:
        await unlock(pilot)
        await pilot.press("f5")
        await asyncio.to_thread(begun.wait, 30)
        await pilot.press("ctrl+q")
    assert not ended.is_set()
    answer.set()
    assert ended.wait(30)


async def test_the_door_keeps_the_key_for_a_session_no_longer_than_a_minute(
    tmp_path: Path, hands: Hands
) -> None:
    home, opener = silent(tmp_path, Clock(), 15)
    app = app_over(home, opener, hands, heard)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f5")
        await unlock(pilot)
        assert isinstance(app.screen, UnlockScreen)
        assert opener.is_silent
        assert app.screen._offer is not None, "it ends by itself"
        await app.screen._end_offer()
        assert not opener.is_silent
        await pilot.press("f5")
        await settle(pilot)
        assert isinstance(app.screen, UnlockScreen)
        assert "Type the passphrase again; then f5 syncs." in words(app)


def test_the_key_store_opens_it_no_more_than_the_passphrase(tmp_path: Path) -> None:
    store = Memory()
    home = caseload(tmp_path, store)
    clock = Clock()
    opener = VaultOpener(home, now=clock, today=TODAY, ring=Ring(store))
    first = opener.unlock_kept(opener.ask_key_store())
    heard(first)
    first.close()
    clock.now += 15 * DAY
    with pytest.raises(Locked) as shut:
        opener.unlock_kept(opener.ask_key_store())
    assert (shut.value.code, opener.is_silent) == ("silent", True)


def test_a_session_that_was_no_word_opens_nothing(tmp_path: Path) -> None:
    _, opener = silent(tmp_path, Clock(), 15)
    with pytest.raises(Locked):
        opener.open_heard(heard)
    with pytest.raises(Locked):
        opener.unlock(bytearray(PASSPHRASE.encode()))
    with pytest.raises(Locked, match="15 days"):
        opener.open_heard(lambda _: None)
    assert opener.is_silent

    def ended(_: Store) -> None:
        raise Refused("revoked", "This laptop's access was ended.")

    with pytest.raises(Refused):
        opener.open_heard(ended)
    assert not opener.is_silent


def test_the_recovery_code_opens_it_for_the_same_time_again(tmp_path: Path) -> None:
    clock = Clock()
    home, opener = silent(tmp_path, clock, 10)
    vault = Vault.load(home)
    key = vault.unlock(bytearray(PASSPHRASE.encode()), now=clock())
    code = vault.renew_recovery(key)
    clock.now += 10 * DAY
    store, _ = opener.recover(code, bytearray(PASSPHRASE.encode()))
    store.close()
    clock.now += 13 * DAY
    opener.unlock(bytearray(PASSPHRASE.encode())).close()
    clock.now += DAY
    with pytest.raises(Locked):
        opener.unlock(bytearray(PASSPHRASE.encode()))


def test_today_and_the_sync_screen_say_it_four_days_before(tmp_path: Path) -> None:
    clock = Clock()
    _, opener = silent(tmp_path, clock, 9)
    store = opener.unlock(bytearray(PASSPHRASE.encode()))
    try:
        assert TodayScreen().load(store).silence == ""
        clock.now += DAY
        whole = TodayScreen().load(store)
        assert whole.silence == "No sync for 10 days, opens alone until Fri 4 Dec (g y)"
        assert whole.silence in cell_text(TodayScreen().counts(Sheet(whole)))
        enrol(store)
        lines = [cell_text(cell) for _, cell in sync_lines(read_sync_view(store), 80)]
        assert lines[1] == "Opens alone until       Fri 4 Dec 2026 08:30, 10 days without a word"
        look_at_clock(store.conn, clock())
        clock.now -= DAY
        assert TodayScreen().load(store).silence == "Clock turned back, opens alone until Thu 3 Dec (g y)"
        lines = [cell_text(cell) for _, cell in sync_lines(read_sync_view(store), 80)]
        assert lines[1] == "Opens alone until       Thu 3 Dec 2026 08:30, the clock was turned back"
    finally:
        store.close()
