"""The door under fast hands: no key lands in another field, and a recovery code is not lost."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from screens.door_form import PickLine
from screens.recovery_code import RecoveryCodeScreen, RecoveryOfferScreen
from screens.setup import SetupScreen
from screens.unlock import RecoverScreen, UnlockScreen
from storage.recovery_code import UNCONFIRMED
from tests.screens.fakes import CODE, NEW_CODE, PASSPHRASE, FakeOpener, Hands, RoundRoom, make_app
from tests.screens.steps import settle, type_text, unlock
from tests.screens.textshot import check_shot, screen_text

ROOT = Path(__file__).parents[2]


async def burst(pilot: Pilot[Any], *parts: str) -> None:
    """Keys in one chunk: all of them wait before the first is handled. A part is text or a key in <>."""
    for part in parts:
        signs = [part[1:-1]] if part.startswith("<") else list(part)
        for sign in signs:
            named = {" ": "space", "-": "minus"}.get(sign, sign)
            character = sign if len(sign) == 1 else {"tab": "\t", "enter": "\r"}.get(sign)
            pilot.app.post_message(events.Key(named, character))
    await settle(pilot)


async def test_set_up_in_one_chunk(tmp_path: Path, hands: Hands) -> None:
    opener = FakeOpener(hands, first_run=True)
    app = make_app(tmp_path, hands, opener=opener)
    async with app.run_test() as pilot:
        await settle(pilot)
        await burst(
            pilot, "Ann Test", "<tab>", "ss", "<tab>", "Team Ash", "<enter>",
            PASSPHRASE, "<tab>", PASSPHRASE, "<enter>",
        )  # fmt: skip
        assert opener.made == [("Ann Test", "school", "Team Ash")]
        assert isinstance(app.screen, RecoveryCodeScreen)


@pytest.mark.parametrize("on", ["<tab>", "<enter>"])
async def test_tab_and_enter_move_by_one_field(tmp_path: Path, hands: Hands, on: str) -> None:
    app = make_app(tmp_path, hands, first_run=True)
    async with app.run_test() as pilot:
        await settle(pilot)
        await burst(pilot, "Ann", on, "v", on, "Ash")
        assert app.screen.query_one("#worker", Input).value == "Ann"
        assert app.screen.query_one("#agency", PickLine).picked == "voluntary"
        assert app.screen.query_one("#team", Input).value == "Ash"


@pytest.mark.parametrize(
    "keys",
    [
        ("Ann", "<tab>", "<tab>", "Ash", "<enter>", PASSPHRASE, "<enter>", PASSPHRASE, "<enter>"),
        ("<enter>", "<enter>", "Ash", "<enter>", PASSPHRASE, "<tab>", PASSPHRASE, "<enter>"),
    ],
)
async def test_a_passphrase_typed_ahead_of_a_refusal_is_never_shown(
    tmp_path: Path, hands: Hands, keys: tuple[str, ...]
) -> None:
    app = make_app(tmp_path, hands, first_run=True)
    async with app.run_test() as pilot:
        await settle(pilot)
        await burst(pilot, *keys)
        assert isinstance(app.screen, SetupScreen)
        assert PASSPHRASE[:4] not in screen_text(app)
        assert app.screen.query_one("#team", Input).value == "Ash"
        await type_text(pilot, "v")
        shown = (
            app.screen.query_one("#agency", PickLine).picked + app.screen.query_one("#worker", Input).value
        )
        assert "v" in shown


async def test_recovery_in_one_chunk(tmp_path: Path, hands: Hands) -> None:
    app = make_app(tmp_path, hands)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("f2")
        await pilot.pause()
        assert isinstance(app.screen, RecoverScreen)
        await burst(pilot, CODE, "<enter>", "one two three", "<tab>", "one two three", "<enter>")
        assert isinstance(app.screen, RecoveryCodeScreen)


def test_set_up_in_one_write_to_a_terminal(tmp_path: Path) -> None:
    pexpect = pytest.importorskip("pexpect")
    pyte = pytest.importorskip("pyte")
    home = tmp_path / "home"
    child = pexpect.spawn(
        sys.executable,
        ["-m", "outreach_tui", "--home", str(home)],
        env={k: v for k, v in os.environ.items() if not k.startswith("TEXTUAL")}
        | {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT)},
        dimensions=(24, 80),
        cwd=str(ROOT),
        timeout=60,
    )
    child.expect("Your team")
    words = "harbour wall lantern"
    child.send(f"Ann Test\tv\tTeam Ash\r{words}\t{words}\r")
    child.expect("Write this recovery code down now")
    seen = child.before
    child.send("\x11")
    child.expect(pexpect.EOF)
    screen = pyte.Screen(80, 24)
    pyte.ByteStream(screen).feed(seen)
    assert words.encode() not in seen


async def test_a_code_that_was_not_confirmed_is_offered_again(tmp_path: Path, hands: Hands) -> None:
    opener = FakeOpener(hands)
    opener.owes_code = True
    app = make_app(tmp_path, hands, opener=opener)
    async with app.run_test() as pilot:
        await unlock(pilot)
        assert isinstance(app.screen, RecoveryOfferScreen)
        check_shot(app, "recovery-offer-80")
        await pilot.press("f3")
        await settle(pilot)
        assert NEW_CODE in screen_text(app)
        opener.stores[0].save_setting(UNCONFIRMED, "new")
        await type_text(pilot, "9876")
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, RoundRoom)
        assert opener.stores[0].setting(UNCONFIRMED) == ""


async def test_the_offer_may_wait(tmp_path: Path, hands: Hands) -> None:
    opener = FakeOpener(hands)
    opener.owes_code = True
    app = make_app(tmp_path, hands, opener=opener)
    async with app.run_test() as pilot:
        await unlock(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, RoundRoom)
        assert not opener.owes_code


async def test_a_lock_at_the_offer_drops_the_key_that_was_kept_for_it(tmp_path: Path, hands: Hands) -> None:
    opener = FakeOpener(hands)
    opener.owes_code = True
    app = make_app(tmp_path, hands, opener=opener)
    async with app.run_test() as pilot:
        await unlock(pilot)
        assert isinstance(app.screen, RecoveryOfferScreen)
        await pilot.press("ctrl+l")
        await settle(pilot)
        assert isinstance(app.screen, UnlockScreen)
        assert not opener.owes_code


async def test_ctrl_c_says_what_holds_where_it_is_pressed(tmp_path: Path, hands: Hands) -> None:
    app = make_app(tmp_path, hands)
    async with app.run_test(notifications=True) as pilot:
        await settle(pilot)
        assert isinstance(app.screen, UnlockScreen)
        app.action_help_quit()
        await settle(pilot)
        assert "saved" not in screen_text(app)
        app.clear_notifications()
        await app.push_screen(RecoveryCodeScreen(CODE))
        app.action_help_quit()
        await settle(pilot)
        words = " ".join(screen_text(app).replace("│", " ").split())
        assert "the next unlock offers a new code" in words
