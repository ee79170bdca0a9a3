"""The demo's own central record: believable work to sync and settle, and nothing that outlives the demo."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from textual.pilot import Pilot

from outreach_tui import launch
from outreach_tui.app import Demo, OutreachApp
from outreach_tui.demo import NOTICE, PASSPHRASE
from outreach_tui.demo import central as demo_central
from outreach_tui.demo.build import build_demo
from outreach_tui.demo.central import NOT_HERE, DemoCentral
from outreach_tui.opener import VaultOpener
from storage.central.state import read_state, write_state
from storage.home import Home
from storage.journal import transaction
from storage.queries.sync_view import read_sync_view
from storage.store import Store
from storage.vault import Vault
from tests.screens.real import enter, make_real_app, new_store
from tests.screens.steps import settle
from tests.screens.test_consent import flat, keys
from tests.screens.textshot import check_shot

pytestmark = pytest.mark.long

NOW = datetime(2026, 11, 20, 8, 41, tzinfo=UTC)


def opened(home: Home, today: date) -> Store:
    key = Vault.load(home).unlock(bytearray(PASSPHRASE.encode()), now=NOW)
    return Store.open(home.database, key, now=lambda: NOW, today=today)


def answers(url: str) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) == 0


async def enter_demo(pilot: Pilot[None]) -> None:
    await settle(pilot)
    await keys(pilot, "escape")


@pytest.mark.timeout(300)
async def test_the_demo_has_one_conflict_one_step_that_waits_and_what_came(tmp_path: Path) -> None:
    made = build_demo(tmp_path / "demo", seed=1, actual=NOW.date(), now=lambda: NOW, say=lambda _: None)
    central = DemoCentral(made.home, now=lambda: NOW, today=made.today)
    store = opened(made.home, made.today)
    first = central.reconcile(store, lambda _: None, lambda way: way)
    assert (first.agreed, first.conflicts) == (True, 1)
    url = read_state(store.conn).url
    assert answers(url)
    central.stop()
    assert not answers(url)
    view = read_sync_view(store)
    assert (view.waiting, view.conflicts, view.came[0][1]) == (1, 1, "4 records, 0 given up")
    with transaction(store.conn):
        write_state(store.conn, replace(read_state(store.conn), url="http://127.0.0.1:8765"))
    opener = VaultOpener(made.home, now=lambda: NOW, today=made.today)
    app = OutreachApp(made.home.path, opener=opener, today=made.today, demo=Demo(PASSPHRASE, NOTICE))
    async with app.run_test(size=(80, 24)) as pilot:
        await enter_demo(pilot)
        await keys(pilot, "g", "y")
        check_shot(app, "demo-sync-80")
        await keys(pilot, "g", "x")
        check_shot(app, "demo-conflicts-80")
    again = DemoCentral(made.home, now=lambda: NOW, today=made.today)
    second = again.reconcile(store, lambda _: None, lambda way: way)
    again.stop()
    assert (second.pushed, second.agreed) == (1, True), "the same central record, on another port"
    store.close()


async def test_without_the_extra_the_demo_runs_and_sync_says_in_a_line_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_central, "find_spec", lambda _: None)
    parts = launch.demo_parts(Home(tmp_path), now=lambda: NOW, today=NOW.date(), at_end=lambda _: None)
    assert parts == {"demo": Demo(PASSPHRASE, NOTICE, NOT_HERE)}
    store = new_store(tmp_path)
    app = make_real_app(tmp_path, store)
    app.central_note = NOT_HERE
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "y")
        assert NOT_HERE in flat(app)
    store.close()
