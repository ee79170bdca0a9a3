"""The door with this account's key store: one key, never by itself, never after a lock, never in the way."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, date, datetime
from pathlib import Path

import keyring
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest
from textual.widgets import Input

from casework.errors import Locked
from casework.ids import new_id
from casework.records import Team, Worker
from outreach_tui.app import OutreachApp
from outreach_tui.launch import why_lock
from outreach_tui.opener import VaultOpener
from screens.unlock import UnlockScreen
from storage.home import Home
from storage.ring import Ring
from storage.store import Store
from storage.vault import Vault
from tests.screens.fakes import PASSPHRASE, Hands, PlainRoom, RoundRoom
from tests.screens.steps import settle, type_text, unlock
from tests.screens.textshot import check_shot, screen_text
from tests.storage.test_ring import Memory
from tests.tools.vaults import FAST

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
TODAY = date(2026, 11, 20)


class AskedLocked(Memory):
    """A store that was locked after the key went in."""

    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked("Secret Name")


class AskedSlow(Memory):
    """A store that shows a dialog which nobody answers."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go_on = threading.Event(), threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.set()
        self.go_on.wait(60)
        return super().get_password(service, username)


def caseload(folder: Path, store: Memory | None) -> Home:
    """A caseload that was given to a key store, whose content `store` then has."""
    home = Home(folder / "home")
    kept = Memory()
    vault, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST, ring=Ring(kept))
    team = Team(id=new_id(), name="Swale")
    worker = Worker(id=new_id(), name="Kim Invented", agency="school", team=team.id)
    Store.set_up(home.database, key, worker=worker, team=team, now=lambda: NOW, today=TODAY).close()
    vault.enable_keyring(key)
    if store is not None:
        store.kept = kept.kept
    return home


def app_over(home: Home, hands: Hands, ring: Ring | None) -> OutreachApp:
    opener = VaultOpener(home, now=lambda: NOW, today=TODAY, ring=ring)
    rooms = {"today": RoundRoom, "caseload": PlainRoom, "import": PlainRoom, "child": PlainRoom}
    return OutreachApp(home.path, opener=opener, today=TODAY, clocks=hands.clocks, rooms=rooms)


def words(app: OutreachApp) -> str:
    return " ".join(screen_text(app).replace("│", " ").split())


async def test_one_key_opens_and_nothing_opens_by_itself(tmp_path: Path, hands: Hands) -> None:
    store = Memory()
    app = app_over(caseload(tmp_path, store), hands, Ring(store))
    async with app.run_test() as pilot:
        await settle(pilot)
        assert isinstance(app.screen, UnlockScreen)
        assert "f3 opens it with the key store of your account" in words(app)
        check_shot(app, "unlock-key-store-80")
        await pilot.press("f3")
        await settle(pilot)
        assert isinstance(app.screen, RoundRoom)


@pytest.mark.parametrize("how", ["ctrl+l", "idle", "slept", "command"])
async def test_after_a_lock_a_person_is_asked(tmp_path: Path, hands: Hands, how: str) -> None:
    store = Memory()
    home = caseload(tmp_path, store)
    app = app_over(home, hands, Ring(store))
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("f3")
        await settle(pilot)
        if how == "ctrl+l":
            await pilot.press("ctrl+l")
        elif how == "command":
            app._why_lock = lambda: "Locked from the command line."
            await app.mind_idle()
            app._why_lock = None
        else:
            hands.wall += 301
            hands.now += 301 if how == "idle" else 0
            await app.mind_idle()
        await settle(pilot)
        assert isinstance(app.screen, UnlockScreen)
        assert "After a lock the passphrase is needed once" in words(app)
        await pilot.press("f3")
        await settle(pilot)
        assert isinstance(app.screen, UnlockScreen)
    again = app_over(home, hands, Ring(store))  # leaving and starting anew is no way round it
    async with again.run_test() as pilot:
        await settle(pilot)
        await pilot.press("f3")
        await settle(pilot)
        assert isinstance(again.screen, UnlockScreen)
        with pytest.raises(Locked) as fault:
            Vault.load(home, ring=Ring(store)).unlock_keyring()  # what the command line asks
        assert fault.value.code == "keyring-paused"
        await unlock(pilot)
        assert isinstance(again.screen, RoundRoom)
    last = app_over(home, hands, Ring(store))
    async with last.run_test() as pilot:
        await settle(pilot)
        await pilot.press("f3")
        await settle(pilot)
        assert isinstance(last.screen, RoundRoom)


@pytest.mark.parametrize(
    ("spoilt", "sentence"),
    [
        ("locked", "This computer's key store refused; use the passphrase instead."),
        ("slow", "This computer's key store did not answer in time; use the passphrase instead."),
        ("wrong", "The key store does not open this caseload; use the passphrase."),
        ("emptied", "The key store does not open this caseload; use the passphrase."),
    ],
)
async def test_a_store_that_fails_is_one_sentence(
    tmp_path: Path, hands: Hands, spoilt: str, sentence: str
) -> None:
    store = {"locked": AskedLocked, "slow": AskedSlow}.get(spoilt, Memory)()
    home = caseload(tmp_path, store)
    if spoilt == "wrong":
        store.kept = dict.fromkeys(store.kept, "A" * 43 + "=")
    elif spoilt == "emptied":
        store.kept = {}
    app = app_over(home, hands, Ring(store, patience=0.01 if spoilt == "slow" else 10.0))
    try:
        async with app.run_test() as pilot:
            await settle(pilot)
            await pilot.press("f3")
            await settle(pilot)
            assert isinstance(app.screen, UnlockScreen)
            assert sentence in words(app)
            assert "Secret Name" not in words(app)
            assert not home.attempts_file.exists()  # no guess was made
            await unlock(pilot)
            assert isinstance(app.screen, RoundRoom)
    finally:
        if isinstance(store, AskedSlow):
            store.go_on.set()


async def test_the_passphrase_opens_while_the_store_is_asked(tmp_path: Path, hands: Hands) -> None:
    store = AskedSlow()
    app = app_over(caseload(tmp_path, store), hands, Ring(store, patience=60.0))
    try:
        async with app.run_test() as pilot:
            await settle(pilot)
            await pilot.press("f3")
            assert await asyncio.to_thread(store.asked.wait, 20)
            await type_text(pilot, PASSPHRASE)
            assert app.screen.query_one("#passphrase", Input).value == PASSPHRASE
            assert "Asking key store" in words(app)
            await pilot.press("enter")
            await settle(pilot)
            assert isinstance(app.screen, RoundRoom)
    finally:
        store.go_on.set()


async def test_an_open_app_locks_where_a_command_was_told_that_access_has_ended(
    tmp_path: Path, hands: Hands
) -> None:
    home = caseload(tmp_path, None)
    app = app_over(home, hands, None)
    app._why_lock = lambda: why_lock(home)
    async with app.run_test() as pilot:
        await settle(pilot)
        await unlock(pilot)
        await app.mind_idle()
        assert isinstance(app.screen, RoundRoom)
        Vault.load(home).erase_slots()  # what `outreach sync` does in another terminal
        await app.mind_idle()
        await settle(pilot)
        assert not isinstance(app.screen, RoundRoom)
        assert "This laptop's access was ended, and the keys of this caseload were destroyed" in words(app)


@pytest.mark.parametrize("backend", [keyring.backends.fail.Keyring, keyring.backends.null.Keyring, Memory])
async def test_a_store_that_is_none_is_not_offered(
    tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch, backend: type
) -> None:
    monkeypatch.setattr(keyring, "get_keyring", backend)
    app = app_over(caseload(tmp_path, None), hands, None)
    async with app.run_test() as pilot:
        await settle(pilot)
        assert "f3" not in words(app)
        assert "The key store that opened this caseload is not here; use the passphrase." in words(app)
        await pilot.press("f3")
        await unlock(pilot)
        assert isinstance(app.screen, RoundRoom)


async def test_no_slot_is_no_word(tmp_path: Path, hands: Hands) -> None:
    store = Memory()
    home = caseload(tmp_path, store)
    vault = Vault.load(home, ring=Ring(store))
    vault.disable_keyring(vault.unlock_keyring())
    app = app_over(home, hands, Ring(store))
    async with app.run_test() as pilot:
        await settle(pilot)
        assert "key store" not in words(app)
        await unlock(pilot)
        await pilot.press("ctrl+l")
        await settle(pilot)
        assert not home.passphrase_due.exists()
