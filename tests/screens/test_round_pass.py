"""One pass through the round: order, its end, keys held down, undo of an import, drafts, small windows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from casework.edits import Edit, create, update
from casework.filter_text import parse
from casework.ids import new_id
from casework.records import SavedView
from casework.records_attendance import AttendanceWeek
from screens.base import OutreachScreen
from screens.dialogs import Confirm
from screens.filter_bar import FilterBar
from screens.follow_up_forms import WordsBox, WordsForm
from screens.views import Counted, View, views_line
from screens.widgets.text import cell_text
from storage.store import Store
from tests.screens.rounds_world import (
    NOW,
    TODAY,
    asked,
    child,
    enter,
    ident,
    make_caseload,
    make_round_app,
    opened,
    round_of,
    steps_of,
    this_week,
    weeks,
)
from tests.screens.steps import settle, type_text
from tests.screens.test_today import WEEK, here, names, press, rows
from tests.screens.test_type_ahead import burst
from tests.screens.textshot import screen_text


async def test_a_key_held_down_tries_each_child_once_and_stops(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(6))) as pilot:
        await burst(pilot, "m" * 100)
        assert len(await steps_of(pilot)) == 6
        assert "End of the round: 6 still open." in screen_text(pilot.app)
        at = here(pilot)
        await press(pilot, "up", "down", "m")
        assert len(await steps_of(pilot)) == 7
        assert here(pilot) == at


async def test_another_key_still_acts_on_the_last_row_of_the_round(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(3))) as pilot:
        await press(pilot, "n", "n", "n")
        last = here(pilot)
        await press(pilot, "s")
        assert last not in names(pilot)
        assert len(await steps_of(pilot)) == 4


async def test_rows_keep_their_places_while_a_pass_is_worked(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(12))) as pilot:
        order = names(pilot)
        first = order.index("Tilly Marsh")
        rows(pilot).move_to(ident(3, 0))
        await settle(pilot)
        await press(pilot, "n")
        assert names(pilot) == order
        assert here(pilot) == order[first + 1] == "Ben Orr"
        await press(pilot, "s", "u")
        assert names(pilot) == order
        assert here(pilot) == "Ben Orr"
        await press(pilot, "g", "c", "g", "t")
        assert names(pilot).index("Tilly Marsh") == names(pilot).index("Ben Orr") + 1


async def test_an_import_is_taken_back_after_a_question_only(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(6))) as pilot:
        one = child(20)
        changes = [create(record) for record in (one, *weeks(one, {WEEK: this_week("N N")}))]
        await asked(pilot, lambda store: store.journal.commit(Edit("Import of a file", tuple(changes))))
        await settle(pilot)
        assert len(names(pilot)) == 7
        await press(pilot, "u")
        assert isinstance(pilot.app.screen, Confirm)
        text = screen_text(pilot.app)
        assert "Import of a file" in text
        slots = [slot for week in weeks(one, {WEEK: this_week("N N")}) for slot in week.marks.split()]
        brought = sum(slot != "-" for slot in slots)
        assert f"It takes back {brought} marks of 1 child." in text
        assert "1 child came in with it." in text
        await press(pilot, "n")
        assert len(names(pilot)) == 7
        await press(pilot, "u", "y")
        assert len(names(pilot)) == 6


async def test_the_question_before_undo_counts_marks_that_were_corrected(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(6))) as pilot:

        def correct(store: Store) -> None:
            held = store.find(AttendanceWeek, "week = ?", (WEEK.isoformat(),))[:2]
            changes = [c for week in held for c in update(week, marks=this_week("I I"))]
            store.journal.commit(Edit("Import of a correction", tuple(changes)))

        await asked(pilot, correct)
        await settle(pilot)
        await press(pilot, "u")
        text = screen_text(pilot.app)
        assert re.search(r"It takes back [34] marks of 2 children\.", text)
        assert "came in with it" not in text


async def test_enter_stays_in_a_filter_that_is_not_understood(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(6))) as pilot:
        await burst(pilot, "/shcool:x\rnnn")
        bar = pilot.app.screen.query_one(FilterBar)
        assert bar.query_one("Input").has_focus
        assert bar.text == "shcool:xnnn"
        assert await steps_of(pilot) == []
        await press(pilot, "down")
        assert bar.query_one("Input").has_focus
        await press(pilot, "escape")
        assert rows(pilot).has_focus


async def test_a_filter_that_is_not_understood_cannot_be_kept(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(6))) as pilot:
        await burst(pilot, "/school:harbour\r")
        await press(pilot, "slash")
        await type_text(pilot, " shcool:x")
        rows(pilot).focus()
        await settle(pilot)
        await press(pilot, "S")
        assert "is not understood, so it is not kept" in screen_text(pilot.app)
        assert await asked(pilot, lambda store: store.find(SavedView)) == []


async def test_every_draft_is_named_and_n_goes_through_them(tmp_path: Path) -> None:
    path = make_caseload(tmp_path, round_of(6))

    def left(store: Store) -> None:
        store.drafts.save("round-words", ident(3, 0), {"kind": "words", "words": "rang", "code": ""})
        store.drafts.save("contact", ident(3, 1), {"kind": "", "note": "so far"})

    store = Store.open(path, bytearray(bytes(range(32))), now=lambda: NOW, today=TODAY)
    left(store)
    store.close()
    async with opened(path) as pilot:
        text = screen_text(pilot.app)
        assert "2 unfinished: " in text
        assert "Tilly Marsh (words)" in text
        assert "Ben Orr (contact)" in text
        rows(pilot).move_to(ident(3, 2))
        await settle(pilot)
        asked_about = set()
        for _ in range(2):
            await press(pilot, "N")
            assert isinstance(pilot.app.screen, Confirm)
            asked_about |= {name for name in ("Tilly Marsh", "Ben Orr") if name in screen_text(pilot.app)}
            await press(pilot, "n")
        assert asked_about == {"Tilly Marsh", "Ben Orr"}
        rows(pilot).move_to(ident(3, 0))
        await settle(pilot)
        await press(pilot, "N")
        if isinstance(pilot.app.screen, Confirm):
            await press(pilot, "n", "N")
        assert isinstance(pilot.app.screen, WordsForm)
        assert pilot.app.screen.query_one(WordsBox).text == "rang"


@pytest.mark.parametrize(("width", "height"), [(40, 10), (40, 8), (60, 12), (80, 15), (80, 20)])
async def test_a_small_window_shows_a_row_and_what_was_said(tmp_path: Path, width: int, height: int) -> None:
    async with opened(make_caseload(tmp_path, round_of(6)), size=(width, height)) as pilot:
        text = screen_text(pilot.app)
        assert here(pilot)[:8] in text
        assert rows(pilot).size.height >= 2
        await press(pilot, "n")
        assert "no answer" in " ".join(screen_text(pilot.app).splitlines()[-3:-1])


@pytest.mark.parametrize(("width", "height"), [(20, 5), (39, 24), (80, 7)])
async def test_below_the_floor_there_is_one_sentence_and_no_verb(
    tmp_path: Path, width: int, height: int
) -> None:
    async with opened(make_caseload(tmp_path, round_of(6)), size=(width, height)) as pilot:
        words = " ".join(screen_text(pilot.app).split())
        assert "This window is too small: at least 40 by 8" in words
        await press(pilot, "n", "s", "space", "r", "i", "enter", "u")
        assert await steps_of(pilot) == []
        assert len(pilot.app.screen_stack) == 2
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        await press(pilot, "n")
        assert len(await steps_of(pilot)) == 1


async def test_the_reason_stays_in_the_row_once_a_step_is_logged(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(6))) as pilot:
        before = here(pilot)
        row = next(line for line in screen_text(pilot.app).splitlines() if before in line)
        assert "14 unauth. in 10 weeks" in row or "days G, N or O" in row
        await press(pilot, "n", "home", "m")
        row = next(line for line in screen_text(pilot.app).splitlines() if before in line)
        assert "2 tries · " in row
        assert "G, N or O" in row or "unauth." in row


async def test_a_code_of_two_signs_waits_for_the_second(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(6))) as pilot:
        await press(pilot, "r", "j")
        assert "type on: J1" in screen_text(pilot.app)
        await press(pilot, "1", "enter")
        (step,) = await steps_of(pilot)
        assert (step.reason_code, step.note) == ("J1", "")


@pytest.mark.parametrize("width", [38, 78])
def test_every_view_keeps_its_digit_and_its_count(width: int) -> None:
    counted = [
        Counted(
            View(
                SavedView(
                    id=new_id(), name=f"Social worker of {digit}", screen="today", filter="x", digit=digit
                ),
                parse("x"),
            ),
            digit * 100,
        )
        for digit in range(1, 10)
    ]
    words = cell_text(views_line(counted, 3, width))
    if width == 78:
        assert len(words) <= width
    for digit in range(1, 10):
        assert re.search(rf"\b{digit} .{{0,6}}{digit}00", words)


async def test_messages_stand_in_the_line_and_cover_nothing(tmp_path: Path) -> None:
    path = make_caseload(tmp_path, round_of(6))
    app = make_round_app(path)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await enter(pilot, path)
        app.notify("Something short.", severity="error")
        await settle(pilot)
        assert not app.screen.query("Toast")
        assert "! Something short." in screen_text(app).splitlines()[-2]


async def test_a_long_message_is_folded_and_not_cut(tmp_path: Path) -> None:
    path = make_caseload(tmp_path, round_of(6))
    words = (
        "There is no room left to write caseload.db; what was saved before stands, this step was not saved: "
        "make 150 MB of room on its disk (empty the bin, move large files away) and try again."
    )
    async with opened(path) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, OutreachScreen)
        screen.say(f"The page stays closed: {words}", wrong=True)
        await settle(pilot)
        assert words in " ".join(screen_text(pilot.app).split())


@pytest.mark.parametrize(("size", "counts"), [((40, 10), True), ((40, 8), False), ((80, 12), True)])
async def test_a_small_window_still_says_whom_to_call(
    tmp_path: Path, size: tuple[int, int], counts: bool
) -> None:
    async with opened(make_caseload(tmp_path, round_of(2)), size=size) as pilot:
        text = screen_text(pilot.app)
        assert "07700 900123" in text
        assert ("unexplained" in text) is counts
        assert rows(pilot).size.height >= 2
        await press(pilot, "n")
        if counts:
            assert "no answer. u undoes, N adds words." in " ".join(screen_text(pilot.app).split())
