"""The ranked caseload by keys alone, on a real encrypted store."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from casework.records_attendance import AttendanceWeek
from casework.triage import YearCounts
from screens.caseload import CaseloadScreen, attendance_words, last_absence
from screens.roster_lines import week_cell
from screens.widgets.row_list import RowList
from screens.widgets.text import Tone, cell_text
from storage.queries.caseload import CaseloadRow
from tests.screens.fakes import HOSTILE
from tests.screens.rounds_world import (
    TODAY,
    asked,
    bystanders,
    child,
    enter,
    ident,
    make_caseload,
    make_round_app,
    opened,
    round_of,
    schools,
    steps_of,
    this_week,
    weeks,
)
from tests.screens.steps import settle, type_text
from tests.screens.textshot import check_shot, screen_text

WEEK = date(2026, 11, 16)


def caseload(folder: Path, **more: Any) -> Path:
    """Twelve children with an N today, two of them pressing, and eight others."""
    return make_caseload(
        folder, [*round_of(12), *bystanders(100, 3, "I I"), *bystanders(140, 5, "/ \\")], **more
    )


def screen_of(pilot: Pilot[None]) -> CaseloadScreen:
    screen = pilot.app.screen
    assert isinstance(screen, CaseloadScreen)
    return screen


def names(pilot: Pilot[None]) -> list[str]:
    return [entry.name for entry in screen_of(pilot).sheet.entries]


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_the_caseload_looks_like_this(snap_compare: Any, tmp_path: Path, size: tuple[int, int]) -> None:
    path = caseload(tmp_path)

    async def ready(pilot: Pilot[None]) -> None:
        await enter(pilot, path, room="caseload")
        await press(pilot, "down")

    assert snap_compare(make_round_app(path), terminal_size=size, run_before=ready)


async def test_the_weightiest_reason_ranks_first_and_every_reason_is_below(tmp_path: Path) -> None:
    async with opened(caseload(tmp_path), room="caseload", size=(120, 40)) as pilot:
        assert names(pilot)[:2] == ["Zoë Łukasik", "Ada Pike"]
        text = screen_text(pilot.app)
        for why in screen_of(pilot).sheet.entries[0].why:
            assert why.text[:40] in text
            assert f"Clears: {why.clears_with.split()[0]}" in text.replace("\n   ", " ")
        assert "86.0 % 86/100" in text


async def test_bulk_verbs_ask_with_a_count_and_are_one_undo(tmp_path: Path) -> None:
    async with opened(caseload(tmp_path), room="caseload") as pilot:
        await press(pilot, "space", "space", "m")
        assert "Message left: log it for 2 children?" in screen_text(pilot.app)
        await press(pilot, "y")
        assert [step.outcome for step in await steps_of(pilot)] == ["left-message"] * 2
        await press(pilot, "u")
        assert await steps_of(pilot) == []
        assert "Undone: Follow-up of 2 children: message left." in screen_text(pilot.app)


async def test_marking_all_then_leaving_does_nothing(tmp_path: Path) -> None:
    async with opened(caseload(tmp_path), room="caseload") as pilot:
        await press(pilot, "a", "n")
        assert "log it for 20 children?" in screen_text(pilot.app)
        await press(pilot, "escape")
        assert len(screen_of(pilot).rows.marked) == 20
        await press(pilot, "escape")
        assert screen_of(pilot).rows.marked == frozenset()
        assert await steps_of(pilot) == []


async def test_a_step_clears_no_contact_and_goes_on_to_the_next_reason(tmp_path: Path) -> None:
    async with opened(caseload(tmp_path), room="caseload") as pilot:
        assert "No contact recorded yet" in str([why.text for why in screen_of(pilot).sheet.entries[0].why])
        await press(pilot, "s")
        assert "No contact recorded yet" not in str([w.text for w in screen_of(pilot).sheet.entries[0].why])
        entry = screen_of(pilot).entry
        assert entry is not None
        assert entry.name == "Ada Pike"
        assert [step.session_date for step in await steps_of(pilot)] == [TODAY]


async def test_after_a_step_the_list_is_the_same_as_read_afresh(tmp_path: Path) -> None:
    async with opened(caseload(tmp_path), room="caseload") as pilot:
        await press(pilot, "s", "n", "space", "space", "e", "y", "u", "down", "v")
        held = [(e.name, [why.text for why in e.why], e.source.rank) for e in screen_of(pilot).sheet.entries]
        await screen_of(pilot).renew()
        fresh = [(e.name, [why.text for why in e.why], e.source.rank) for e in screen_of(pilot).sheet.entries]
        assert held == fresh


async def test_the_filter_counts_and_keeps_the_rank(tmp_path: Path) -> None:
    async with opened(caseload(tmp_path), room="caseload") as pilot:
        await press(pilot, "slash")
        await type_text(pilot, "unauth>=10 pike")
        await settle(pilot)
        assert "1 of 20" in screen_text(pilot.app)
        assert names(pilot) == ["Ada Pike"]
        await press(pilot, "enter")
        check_shot(pilot.app, "caseload-filter-80")
        row = screen_of(pilot).make_row(0)
        assert cell_text(row.cells[0]) == "2"
        await press(pilot, "escape")
        assert len(names(pilot)) == 20


async def test_views_are_of_one_screen_and_count_all_of_it(tmp_path: Path) -> None:
    async with opened(caseload(tmp_path), room="caseload") as pilot:
        await press(pilot, "slash")
        await type_text(pilot, "unauth>=8")
        await press(pilot, "enter", "S")
        await type_text(pilot, "Near the line")
        await press(pilot, "enter")
        assert "1 [Near the line 2]" in screen_text(pilot.app)
        await press(pilot, "slash")
        await type_text(pilot, " pike")
        await press(pilot, "enter")
        assert "1 Near the line 2" in screen_text(pilot.app)
        await press(pilot, "g", "t")
        assert "Near the line" not in screen_text(pilot.app)
        await press(pilot, "g", "c", "1")
        assert names(pilot) == ["Zoë Łukasik", "Ada Pike"]


async def test_orders_go_round(tmp_path: Path) -> None:
    async with opened(caseload(tmp_path), room="caseload") as pilot:
        ranked = names(pilot)
        await press(pilot, "o", "o")
        surnames = [entry.child.surname.casefold() for entry in screen_of(pilot).sheet.entries]
        assert surnames == sorted(surnames)
        assert "by name" in screen_text(pilot.app).splitlines()[1]
        await press(pilot, "o", "o")
        assert names(pilot) == ranked


async def test_an_empty_caseload_says_how_to_begin(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, []), room="caseload") as pilot:
        check_shot(pilot.app, "caseload-empty-80")
        await press(pilot, "n", "space", "enter", "o", "a", "t")
        assert await steps_of(pilot) == []


async def test_hostile_names_do_no_harm(tmp_path: Path) -> None:
    made: list[Any] = [*schools()]
    for number, name in enumerate(HOSTILE):
        one = child(number, forename=name[:300], surname=name[:300])
        made += [one, *weeks(one, {WEEK: this_week("N N")})]
    async with opened(make_caseload(tmp_path, made), room="caseload", size=(120, 40)) as pilot:
        for _ in HOSTILE:
            text = screen_text(pilot.app)
            for sign in "\x1b\x9b\x07\u202e\u2066\u200b\U000e0041":
                assert sign not in text
            await press(pilot, "down")
        await press(pilot, "a", "m", "y", "enter")
        assert await steps_of(pilot) == [], "a single y answers for a few rows only"
        await press(pilot, "backspace", *str(len(HOSTILE)), "enter")
        assert len(await steps_of(pilot)) == len(HOSTILE)


async def test_without_colour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(caseload(tmp_path), room="caseload") as pilot:
        check_shot(pilot.app, "caseload-no-color-80")


async def test_enter_opens_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(caseload(tmp_path), room="caseload") as pilot:
        asked_for: list[str] = []
        monkeypatch.setattr(pilot.app, "open_child", asked_for.append)
        await press(pilot, "enter")
        assert asked_for == [ident(3, 3)]
        assert pilot.app.screen.query_one(RowList).has_focus
        assert await asked(pilot, lambda store: len(store.find(AttendanceWeek))) > 0


@pytest.mark.parametrize(
    ("year", "words"),
    [
        (YearCounts(), "no sessions"),
        (YearCounts(96, 79, 10, 7), "82.3 % 79/96"),
        (YearCounts(4, 4), "100 % 4/4"),
        (YearCounts(10_000, 9_999, 1), "100.0 % 9999/10000"),
    ],
)
def test_a_percentage_never_stands_without_its_counts(year: YearCounts, words: str) -> None:
    row = CaseloadRow(child(0), "", "", (), year, (), None, 1, {})
    assert attendance_words(row) == words


def test_a_week_is_ten_signs_and_days_ahead_are_blank() -> None:
    cell = week_cell(WEEK, "/ \\ N N C2 C2 - - - -", date(2026, 11, 18))
    assert "".join(piece.text for piece in cell) == "/\\NNCC    "
    assert cell[4].tone == Tone.AUTHORISED
    past = week_cell(WEEK, "/ \\ - - / \\ / \\ / \\", TODAY)
    assert past[2].text == "-"
    assert past[2].tone == Tone.MISSING


def test_a_follow_up_here_is_about_the_last_absence() -> None:
    marks = [(WEEK, "/ \\ N - / \\ - - - -"), (date(2026, 11, 9), "I I / \\ / \\ / \\ / \\")]
    assert last_absence(marks, TODAY) == date(2026, 11, 17)
    assert last_absence(marks, date(2026, 11, 16)) == date(2026, 11, 9)
    assert last_absence([], TODAY) == TODAY


async def test_a_list_that_was_left_is_told_of_no_more_steps(tmp_path: Path) -> None:
    async with opened(caseload(tmp_path), room="caseload") as pilot:
        hearing = await asked(pilot, lambda store: len(store.journal._listeners))
        for _ in range(3):
            await press(pilot, "g", "t")
            await press(pilot, "g", "c")
        assert await asked(pilot, lambda store: len(store.journal._listeners)) == hearing
