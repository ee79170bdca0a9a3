from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest
from textual.app import ComposeResult
from textual.command import CommandPalette
from textual.widgets import Input

from outreach_tui.app import Demo, OutreachApp
from outreach_tui.relock import Resume
from outreach_tui.settings import Loaded, Settings
from screens.help import HelpScreen
from screens.recovery_code import RecoveryCodeScreen
from screens.setup import SetupScreen
from screens.unlock import RecoverScreen, UnlockScreen
from screens.widgets.lines import SaidLine
from screens.widgets.row_list import RowList
from tests.screens.fakes import (
    CODE,
    NEW_CODE,
    PASSPHRASE,
    ChildRoom,
    FakeOpener,
    Hands,
    PlainRoom,
    RoundRoom,
    make_app,
)
from tests.screens.steps import settle, type_text, unlock
from tests.screens.textshot import check_shot, screen_text

SIZES = [(80, 24), (120, 40)]


def problem(app: OutreachApp) -> str:
    return str(app.screen.query_one("#problem").render())


@pytest.mark.parametrize("size", SIZES)
async def test_the_passphrase_opens_the_round(tmp_path: Path, hands: Hands, size: tuple[int, int]) -> None:
    opener = FakeOpener(hands)
    app = make_app(tmp_path, hands, opener=opener)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        assert isinstance(app.screen, UnlockScreen)
        await unlock(pilot)
        assert isinstance(app.screen, RoundRoom)
        assert app.screen.query_one(RowList).has_focus
        check_shot(app, f"round-{size[0]}")
        await pilot.press("down", "n", "s", "u")
        assert app.screen.done == [("no-answer", ("id-1",)), ("spoke", ("id-1",)), ("undo", ())]
        await pilot.press("q")
    assert opener.stores[0].closed
    assert opener.seen[0] == bytes(len(PASSPHRASE))


async def test_wrong_passphrases_wait_longer_each_time(tmp_path: Path, hands: Hands) -> None:
    opener = FakeOpener(hands)
    app = make_app(tmp_path, hands, opener=opener)
    async with app.run_test() as pilot:
        await settle(pilot)
        for wait in (1, 2, 4):
            await type_text(pilot, "wrong")
            await pilot.press("enter")
            await settle(pilot)
            field = app.screen.query_one("#passphrase", Input)
            assert field.disabled
            assert field.value == ""
            assert f"Wait {wait} second" in problem(app)
            await type_text(pilot, PASSPHRASE)
            await pilot.press("enter")
            await settle(pilot)
            assert len(opener.seen) == opener.wrong
            hands.on(wait + 0.1)
            app.screen.tick()  # type: ignore[attr-defined]
            await pilot.pause()
            assert not field.disabled
            assert "That passphrase was wrong" in problem(app)
            await type_text(pilot, "w")
            assert problem(app) == ""
            await pilot.press("escape")
        await unlock(pilot)
        assert isinstance(app.screen, RoundRoom)


async def test_the_recovery_code_opens_with_a_new_passphrase(tmp_path: Path, hands: Hands) -> None:
    app = make_app(tmp_path, hands)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("f2")
        await pilot.pause()
        assert isinstance(app.screen, RecoverScreen)
        check_shot(app, "recover-80")
        await type_text(pilot, CODE)
        await pilot.press("enter")
        await type_text(pilot, "one two three")
        await pilot.press("enter")
        await type_text(pilot, "one two four")
        await pilot.press("enter")
        assert "not the same" in problem(app)
        await pilot.pause()
        await type_text(pilot, "short")
        await pilot.press("enter")
        await type_text(pilot, "short")
        await pilot.press("enter")
        await settle(pilot)
        assert "8 characters" in problem(app)
        await pilot.press("escape", "f2")
        await pilot.pause()
        for text in (CODE, "one two three", "one two three"):
            await type_text(pilot, text)
            await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, RecoveryCodeScreen)
        assert NEW_CODE in screen_text(app)
        assert "is void" in screen_text(app)
        await type_text(pilot, "9876")
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, RoundRoom)


@pytest.mark.parametrize("size", SIZES)
async def test_first_run_by_keys_alone(tmp_path: Path, hands: Hands, size: tuple[int, int]) -> None:
    opener = FakeOpener(hands, first_run=True)
    app = make_app(tmp_path, hands, opener=opener)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        assert isinstance(app.screen, SetupScreen)
        check_shot(app, f"setup-{size[0]}")
        await pilot.press("ctrl+s")
        assert "Type your name" in problem(app)
        await pilot.pause()
        await type_text(pilot, "Ros [/] Tide")
        await pilot.press("enter", "ctrl+s")
        assert "Choose your agency" in problem(app)
        await pilot.pause()
        await pilot.press("down", "down", "enter")
        await type_text(pilot, "Swale")
        await pilot.press("enter")
        check_shot(app, f"setup-secret-{size[0]}")
        for words in (PASSPHRASE, "something else"):
            await type_text(pilot, words)
            await pilot.press("enter")
        assert "not the same" in problem(app)
        await pilot.pause()
        for _ in range(2):
            await type_text(pilot, "short")
            await pilot.press("enter")
        await settle(pilot)
        assert "8 characters" in problem(app)
        for _ in range(2):
            await type_text(pilot, PASSPHRASE)
            await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, RecoveryCodeScreen)
        assert opener.made == [("Ros [/] Tide", "social-care", "Swale")]
        assert CODE in screen_text(app)
        await pilot.press("enter")
        await type_text(pilot, "zzzz")
        await pilot.press("enter")
        assert "not how the code ends" in problem(app)
        await type_text(pilot, "yz01")
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, RoundRoom)


@pytest.mark.parametrize("key", ["ctrl+l", ""])
async def test_lock_clears_the_screen_and_closes_the_store(tmp_path: Path, hands: Hands, key: str) -> None:
    opener = FakeOpener(hands)
    app = make_app(tmp_path, hands, opener=opener)
    async with app.run_test(notifications=True) as pilot:
        await unlock(pilot)
        await app.screen.mount(SaidLine(), before="VerbLine")
        app.notify("About Ada Pike")
        await settle(pilot)
        assert "About Ada Pike" in screen_text(app)
        app.open_child("id-2")
        await settle(pilot)
        assert isinstance(app.screen, ChildRoom)
        app.show_help("child")
        await pilot.pause()
        if key:
            await pilot.press(key)
        else:
            hands.on(4 * 60 + 59)
            await app.mind_idle()
            assert app.desk.is_open
            hands.on(1)
            await app.mind_idle()
        await settle(pilot)
        assert isinstance(app.screen, UnlockScreen)
        assert opener.stores[0].closed
        assert not app.desk.is_open
        assert len(app.screen_stack) == 2
        text = screen_text(app)
        assert "Ada" not in text
        assert "child" not in text
        assert "Locked" in text
        await unlock(pilot)
        assert isinstance(app.screen, ChildRoom)
        assert app.screen.child_id == "id-2"
        assert len(opener.stores) == 2


async def test_any_key_starts_the_idle_time_anew(tmp_path: Path, hands: Hands) -> None:
    app = make_app(tmp_path, hands, loaded=Loaded(Settings(idle_minutes=2)))
    async with app.run_test() as pilot:
        await unlock(pilot)
        for _ in range(3):
            hands.on(100)
            await pilot.press("down")
            await app.mind_idle()
            assert app.desk.is_open
        hands.on(121)
        await app.mind_idle()
        await settle(pilot)
        assert not app.desk.is_open


async def test_a_laptop_that_slept_is_locked(tmp_path: Path, hands: Hands) -> None:
    app = make_app(tmp_path, hands)
    async with app.run_test() as pilot:
        await unlock(pilot)
        hands.wall += 31
        await app.mind_idle()
        await settle(pilot)
        assert isinstance(app.screen, UnlockScreen)


async def test_long_idle_ends_the_process(tmp_path: Path, hands: Hands) -> None:
    opener = FakeOpener(hands)
    app = make_app(tmp_path, hands, opener=opener)
    async with app.run_test() as pilot:
        await unlock(pilot)
        hands.on(31 * 60)
        await app.mind_idle()
        await pilot.pause()
        assert app._exit
    assert opener.stores[0].closed


async def test_a_screen_keeps_its_draft_before_the_lock(tmp_path: Path, hands: Hands) -> None:
    opener = FakeOpener(hands)
    app = make_app(tmp_path, hands, opener=opener)
    kept: list[bool] = []
    async with app.run_test() as pilot:
        await unlock(pilot)

        async def before_lock() -> None:
            kept.append(await app.desk.run(lambda store: not store.closed))

        app.screen.before_lock = before_lock  # type: ignore[attr-defined]
        await pilot.press("ctrl+l")
        await settle(pilot)
    assert kept == [True]


async def test_leader_key_goes_from_room_to_room(tmp_path: Path, hands: Hands) -> None:
    app = make_app(tmp_path, hands)
    async with app.run_test() as pilot:
        await unlock(pilot)
        await pilot.press("g")
        assert "t Today" in "".join(screen_text(app).splitlines()[-2:])
        await pilot.press("c")
        await settle(pilot)
        assert isinstance(app.screen, PlainRoom)
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, RoundRoom)
        await pilot.press("escape", "g", "n", "n")
        assert app.screen.done == [("no-answer", ("id-0",))]
        assert "n No answer" in screen_text(app).splitlines()[-1]


@pytest.mark.parametrize("size", SIZES)
async def test_help_lists_the_keys_that_hold(tmp_path: Path, hands: Hands, size: tuple[int, int]) -> None:
    app = make_app(tmp_path, hands, loaded=Loaded(Settings(keys=MappingProxyType({"no-answer": "f4"}))))
    async with app.run_test(size=size) as pilot:
        await unlock(pilot)
        assert "f4 No answer" in screen_text(app)
        await pilot.press("f4", "n")
        assert app.screen.done == [("no-answer", ("id-0",))]
        await pilot.press("?")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        check_shot(app, f"help-{size[0]}")
        assert "f4" in screen_text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, RoundRoom)


async def test_palette_finds_verbs_and_people(tmp_path: Path, hands: Hands) -> None:
    app = make_app(tmp_path, hands)
    async with app.run_test() as pilot:
        await unlock(pilot)
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert isinstance(app.screen, CommandPalette)
        await type_text(pilot, "no answer")
        await settle(pilot)
        text = screen_text(app)
        assert "Follow-up: No answer (n)" in text
        assert "Person: Anne [/] no answer" in text
        assert "creenshot" not in text
        await pilot.press("down", "enter")
        await settle(pilot)
        assert isinstance(app.screen, (ChildRoom, RoundRoom))


async def test_a_verb_that_is_meant_stands_above_people(tmp_path: Path, hands: Hands) -> None:
    app = make_app(tmp_path, hands)
    async with app.run_test() as pilot:
        await unlock(pilot)
        await pilot.press("ctrl+p")
        await pilot.pause()
        await type_text(pilot, "no ans")
        await settle(pilot)
        text = screen_text(app)
        assert text.index("Follow-up: No answer (n)") < text.index("Person: Anne")
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, RoundRoom)
        assert app.screen.done == [("no-answer", ("id-0",))]


@pytest.mark.parametrize("word", ["lock", "quit"])
async def test_the_palette_locks_and_leaves(tmp_path: Path, hands: Hands, word: str) -> None:
    app = make_app(tmp_path, hands)
    async with app.run_test() as pilot:
        await unlock(pilot)
        await pilot.press("ctrl+p")
        await pilot.pause()
        await type_text(pilot, word)
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert not app.desk.is_open if word == "lock" else app._exit


async def test_no_palette_before_the_door_opens(tmp_path: Path, hands: Hands) -> None:
    app = make_app(tmp_path, hands)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("ctrl+p", "ctrl+l", "escape")
        await settle(pilot)
        assert isinstance(app.screen, UnlockScreen)


async def test_themes_go_round(tmp_path: Path, hands: Hands) -> None:
    app = make_app(tmp_path, hands, loaded=Loaded(Settings(theme="terminal")))
    async with app.run_test() as pilot:
        await unlock(pilot)
        seen = []
        for _ in range(4):
            seen.append(app.theme)
            await pilot.press("T")
            await pilot.pause()
        assert len(set(seen)) == 4
        assert app.theme == seen[0] == "outreach-terminal"


async def test_bad_settings_are_said_and_do_not_stop_the_app(tmp_path: Path, hands: Hands) -> None:
    loaded = Loaded(problems=("settings.toml line 1: [/] theme must be one of dark, light.",))
    app = make_app(tmp_path, hands, loaded=loaded)
    async with app.run_test(notifications=True) as pilot:
        await settle(pilot)
        assert "[/] theme" in " ".join(screen_text(app).replace("▌", " ").split())
        await unlock(pilot)
        assert isinstance(app.screen, RoundRoom)


async def test_what_the_door_said_is_not_said_again(tmp_path: Path, hands: Hands) -> None:
    loaded = Loaded(problems=("settings.toml line 1: theme must be one of dark, light.",))
    app = make_app(tmp_path, hands, loaded=loaded)
    async with app.run_test(notifications=True) as pilot:
        await settle(pilot)
        assert "theme must be" in " ".join(screen_text(app).replace("▌", " ").split())
        await unlock(pilot)
        assert "theme must be" not in " ".join(screen_text(app).replace("▌", " ").split())
    app = make_app(tmp_path, hands, loaded=loaded, resume=Resume("Locked.", "today"))
    async with app.run_test(notifications=True) as pilot:
        await settle(pilot)
        assert "theme must be" not in screen_text(app)


async def test_the_notice_of_a_demo_is_said_by_its_room_and_covers_no_row(
    tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(RoundRoom, "say", lambda _, words, **__: said.append(words))
    app = make_app(tmp_path, hands, demo=Demo(PASSPHRASE, "Nobody exists."))
    async with app.run_test(notifications=True) as pilot:
        await settle(pilot)
        assert said == ["Nobody exists."]
        assert not app.screen.query("Toast")


async def test_words_left_half_written_are_told_of_before_what_a_demo_is(
    tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, begin = RoundRoom.compose, RoundRoom.on_mount

    def with_line(room: RoundRoom) -> ComposeResult:
        yield from parts(room)
        yield SaidLine()

    def mounted(room: RoundRoom) -> None:
        begin(room)
        room.say("1 unfinished: a review. N goes on.")

    monkeypatch.setattr(RoundRoom, "compose", with_line)
    monkeypatch.setattr(RoundRoom, "on_mount", mounted)
    app = make_app(tmp_path, hands, demo=Demo(PASSPHRASE, "Nobody exists."))
    async with app.run_test() as pilot:
        await settle(pilot)
        assert "1 unfinished: a review" in screen_text(app)


async def test_a_key_opens_the_demo_after_a_lock(tmp_path: Path, hands: Hands) -> None:
    app = make_app(tmp_path, hands, demo=Demo(PASSPHRASE, "Nobody exists."))
    async with app.run_test() as pilot:
        await settle(pilot)
        assert isinstance(app.screen, RoundRoom)
        await pilot.press("ctrl+l")
        await settle(pilot)
        assert isinstance(app.screen, UnlockScreen)
        assert "This is the demo: f4 opens it" in screen_text(app)
        assert PASSPHRASE not in screen_text(app)
        await pilot.press("f4")
        await settle(pilot)
        assert isinstance(app.screen, RoundRoom)


async def test_f4_opens_nothing_else(tmp_path: Path, hands: Hands) -> None:
    app = make_app(tmp_path, hands)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("f4")
        await settle(pilot)
        assert isinstance(app.screen, UnlockScreen)


async def test_the_first_room_is_imported_while_the_door_is_shown(
    tmp_path: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr("outreach_tui.app.room_factory", made.append)
    app = make_app(tmp_path, hands)
    app._rooms = {"today": "screens.today:TodayScreen"}
    async with app.run_test() as pilot:
        await settle(pilot)
        assert isinstance(app.screen, UnlockScreen)
        assert made == ["screens.today:TodayScreen"]


async def test_clipboard_and_screenshots_are_off(tmp_path: Path, hands: Hands) -> None:
    app = make_app(tmp_path, hands)
    async with app.run_test() as pilot:
        await settle(pilot)
        written: list[str] = []
        app._driver.write = written.append  # type: ignore[union-attr,method-assign]
        app.copy_to_clipboard("Ada Pike")
        assert not any("]52" in text for text in written)
        app.deliver_screenshot()
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("width", "words"), [(80, "date set: Fri 20 Nov 2026"), (40, "date set")])
async def test_every_title_says_that_the_date_was_set(
    tmp_path: Path, hands: Hands, width: int, words: str
) -> None:
    app = make_app(tmp_path, hands, today_set=True)
    async with app.run_test(size=(width, 24)) as pilot:
        await unlock(pilot)
        for key in ("", "c", "i"):
            if key:
                await pilot.press("g", key)
                await settle(pilot)
            assert words in screen_text(app).splitlines()[0]
        await pilot.press("question_mark")
        await settle(pilot)
        assert words in screen_text(app).splitlines()[0]


async def test_a_date_that_nobody_set_is_no_news(tmp_path: Path, hands: Hands) -> None:
    app = make_app(tmp_path, hands)
    async with app.run_test() as pilot:
        await unlock(pilot)
        assert "date set" not in screen_text(app)
