from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.message import Message
from textual.screen import Screen

from screens.dialogs import AskLine, Choice, Confirm, PickOne
from screens.widgets.heat_map import HeatMap, day_sign, heat_lines
from screens.widgets.lines import Count, CountsLine, TitleLine, VerbLine, Why, WhyPane
from screens.widgets.marks_strip import MarksStrip, strip_lines, tone_of
from screens.widgets.row_list import PAGE, RowList
from screens.widgets.rows import Column, Row, Rows
from screens.widgets.text import Piece, Tone, cell_text
from tests.screens.fakes import HOSTILE
from tests.screens.steps import settle
from tests.screens.textshot import check_shot, screen_text

COLUMNS = [
    Column("Child"),
    Column("Marks", 7),
    Column("School", 16, drop=1),
    Column("Tried", 5, drop=2, right=True),
]


def row(number: int, name: str = "") -> Row:
    return Row(
        f"id-{number}",
        (name or f"Child {number}", (Piece("N ", Tone.UNAUTHORISED), Piece("-")), "Harbour", "2"),
    )


class ListApp(App[None]):
    def __init__(self, source: object = None) -> None:
        super().__init__()
        self.source = source
        self.heard: list[Message] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        from screens.themes import TONE_DEFAULTS

        return TONE_DEFAULTS

    def compose(self) -> ComposeResult:
        yield RowList(COLUMNS, empty="Nobody is missing.")

    def on_mount(self) -> None:
        rows = self.query_one(RowList)
        rows.set_source(self.source or Rows([row(n) for n in range(200)]))  # type: ignore[arg-type]
        rows.focus()

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        self.heard.append(event)

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        self.heard.append(event)

    def on_row_list_marked(self, event: RowList.Marked) -> None:
        self.heard.append(event)

    @property
    def rows(self) -> RowList:
        return self.query_one(RowList)


def test_the_sign_of_being_unable_to_attend_is_not_drawn_as_a_missing_mark() -> None:
    day = date(2026, 11, 20)
    assert tone_of("Y", day) is tone_of("Y4", day) is Tone.NOT_POSSIBLE
    assert day_sign("Y", "Y", day).text == day_sign("Y4", "Y4", day).text == "-"


async def test_keys_move_open_and_mark() -> None:
    app = ListApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for keys, at in [
            ("down", 1), ("j", 2), ("k", 1), ("up", 0), ("up", 0), ("pagedown", 23),
            ("end", 199), ("down", 199), ("pageup", 176), ("home", 0),
        ]:  # fmt: skip
            await pilot.press(keys)
            assert app.rows.cursor == at, keys
        await pilot.press("space", "space")
        await settle(pilot)
        assert app.rows.marked == {"id-0", "id-1"}
        assert app.rows.cursor == 2
        assert app.rows.targets == ("id-0", "id-1")
        text = screen_text(app).splitlines()
        assert text[1].startswith(" * Child 0")
        assert text[3].startswith("›  Child 2")
        await pilot.press("a")
        assert len(app.rows.marked) == 200
        await pilot.press("a", "enter")
        await settle(pilot)
        assert app.rows.targets == ("id-2",)
        opened = [message for message in app.heard if isinstance(message, RowList.Opened)]
        assert [message.row.id for message in opened] == ["id-2"]


async def test_cursor_stays_on_its_record_and_the_next_follows_when_it_leaves() -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press(*["down"] * 5, "space", "up")
        assert app.rows.current is not None
        assert app.rows.current.id == "id-5"
        app.rows.set_source(Rows([row(n) for n in range(3, 200)]))
        assert app.rows.current.id == "id-5"
        assert app.rows.cursor == 2
        assert app.rows.marked == {"id-5"}
        app.rows.set_source(Rows([row(n) for n in range(200) if n != 5]))
        await settle(pilot)
        assert app.rows.current.id == "id-6"
        assert app.rows.marked == frozenset()
        app.rows.move_to("id-4")
        app.rows.set_source(Rows([row(n) for n in range(200) if n not in {4, 5}]))
        assert app.rows.current.id == "id-6"
        app.rows.set_source(Rows())
        await settle(pilot)
        assert app.rows.current is None
        assert "Nobody is missing." in screen_text(app)
        assert not app.rows.move_to("id-1")
        await pilot.press("down", "enter", "space", "end", "a")
        last = [message for message in app.heard if isinstance(message, RowList.Highlighted)][-1]
        assert last.row is None


@pytest.mark.parametrize(
    ("width", "titles"), [(80, "Child Marks School Tried"), (45, "Child Marks School"), (30, "Child Marks")]
)
async def test_columns_drop_on_narrow_terminals(width: int, titles: str) -> None:
    app = ListApp()
    async with app.run_test(size=(width, 10)) as pilot:
        await settle(pilot)
        assert screen_text(app).splitlines()[0].split() == titles.split()


class Late:
    """Pages that come later, as from the database thread; counts what is read."""

    def __init__(self, count: int) -> None:
        self.total = count
        self.read: list[int] = []

    def count(self) -> int:
        return self.total

    def page(self, start: int, size: int) -> Awaitable[Sequence[Row]]:
        self.read.append(start)

        async def fetch() -> Sequence[Row]:
            await asyncio.sleep(0)
            return [row(n) for n in range(start, min(start + size, self.total))]

        return fetch()

    def index_of(self, row_id: str) -> int | None:
        return int(row_id.removeprefix("id-"))

    def ids(self) -> Sequence[str]:
        return [f"id-{n}" for n in range(self.total)]


async def test_pages_come_late_and_only_those_in_sight() -> None:
    source = Late(50_000)
    app = ListApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert source.read == [0]
        await pilot.press("end")
        await settle(pilot)
        assert set(source.read) == {0, 49_999 // PAGE * PAGE, (49_999 - 22) // PAGE * PAGE}
        assert "Child 49999" in screen_text(app)
        assert app.rows.current == row(49_999)


async def test_fifty_thousand_rows_show_in_tens_of_milliseconds() -> None:
    rows = Rows([row(n) for n in range(50_000)])
    app = ListApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        start = time.perf_counter()
        app.rows.set_source(rows, keep=False)
        lines = [app.rows.render_line(y) for y in range(24)]
        spent = time.perf_counter() - start
        assert "Child 22" in lines[23].text
        assert spent < 0.2  # about 5 ms alone; the bound leaves room for a busy machine


@pytest.mark.parametrize("value", HOSTILE)
async def test_hostile_words_in_every_widget(value: str) -> None:
    class AllApp(ListApp):
        def compose(self) -> ComposeResult:
            yield TitleLine(value, value)
            counts = CountsLine()
            yield counts
            yield RowList([Column(value), Column("x", 7), Column(value, 16), Column("", 5)], empty=value)
            yield WhyPane()
            yield VerbLine("today")

    app = AllApp(Rows([row(n, value) for n in range(5)]))
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one(CountsLine).set_counts([Count(value, 3, "1", active=True)], value)
        app.query_one(WhyPane).set_why(value, [Why(value, value, value, value, overdue=True)])
        await settle(pilot)
        for dialog in (
            Confirm(value, [value]),
            PickOne(value, [Choice(value, value, value)]),
            AskLine(value, value),
        ):
            await app.push_screen(dialog)
            await pilot.pause()
            _no_control(app)
            await pilot.press("escape")
        _no_control(app)
        assert app.is_running


def _no_control(app: App[None]) -> None:
    text = screen_text(app)
    assert all(sign.isprintable() or sign in "\n\u200c\u200d" for sign in text)
    assert all(len(line) <= 400 for line in text.splitlines())


async def test_dialogs_by_keys() -> None:
    answers: list[object] = []
    app = ListApp()
    codes = [Choice("C", "Leave", "authorised"), Choice("C1", "Performance"), Choice("I", "Illness")]
    async with app.run_test() as pilot:
        asked: list[tuple[Screen[Any], list[str]]] = [
            (Confirm("No answer for 12 children?"), ["enter", "y"]),
            (Confirm("Sure?"), ["n"]),
            (Confirm("Sure?"), ["escape"]),
            (PickOne("Reason", codes), ["down", "enter"]),
            (PickOne("Reason", codes), ["c", "1", "enter"]),
            (PickOne("Reason", codes), ["i", "l", "l", "enter"]),
            (PickOne("Reason", codes), ["z", "enter", "backspace", "enter"]),
            (PickOne("Reason", codes), ["escape"]),
            (AskLine("Why"), ["h", "i", "enter"]),
            (AskLine("Why"), ["h", "escape"]),
        ]
        for dialog, keys in asked:
            app.push_screen(dialog, answers.append)
            await pilot.pause()
            await pilot.press(*keys)
            await pilot.pause()
    assert answers == [True, False, False, "C1", "C1", "I", "C", None, "hi", None]


MONDAY = date(2026, 11, 16)


def test_strip_shows_the_latest_weeks_that_fit() -> None:
    weeks = [(MONDAY - timedelta(days=7 * n), "/ \\ N N - - / \\ C2 C2") for n in range(12)]
    lines = [cell_text(line) for line in strip_lines(weeks, 80)]
    assert len(lines) == 3
    assert lines[0].split() == ["12", "Oct", "19", "Oct", "26", "Oct", "02", "Nov", "09", "Nov", "16", "Nov"]
    assert lines[1].startswith("AM  / N - / C2  / N")
    assert lines[2].startswith("PM  \\ N - \\ C2  \\ N")
    assert all(len(line) <= 81 for line in lines)


def test_strip_leaves_days_to_come_blank_and_shows_missing_ones() -> None:
    lines = strip_lines([(MONDAY, "- - / \\ - - - - - -")], 80, today=date(2026, 11, 18))
    assert cell_text(lines[1]).rstrip() == "AM  - / -"
    assert tone_of("-", MONDAY) is Tone.MISSING
    assert tone_of("QQ", MONDAY) is Tone.MISSING
    assert tone_of("N", MONDAY) is Tone.UNAUTHORISED
    assert tone_of("I", MONDAY) is Tone.AUTHORISED
    assert tone_of("Y1", MONDAY) is Tone.NOT_POSSIBLE


@pytest.mark.parametrize(
    ("am", "pm", "sign"),
    [
        ("/", "\\", "·"), ("/", "N", "u"), ("N", "N", "U"), ("I", "\\", "a"), ("I", "I", "A"),
        ("I", "O", "U"), ("-", "-", "?"), ("/", "-", "?"), ("-", "O", "u"), ("Y1", "Y1", "-"),
        ("#", "#", " "), ("B", "\\", "·"), ("ZZ", "/", "?"),
    ],
)  # fmt: skip
def test_one_sign_a_day(am: str, pm: str, sign: str) -> None:
    assert day_sign(am, pm, MONDAY).text == sign


def test_a_year_fits_in_eighty_columns() -> None:
    lines = heat_lines([], start=date(2026, 9, 1), end=date(2027, 7, 22), today=date(2027, 7, 22))
    assert len(lines) == 7
    assert all(len(cell_text(line)) <= 80 for line in lines)
    months = cell_text(lines[0]).split()
    assert (months[0], months[-1], len(months)) == ("Sep", "Jul", 11)


class MarksApp(App[None]):
    get_theme_variable_defaults = ListApp.get_theme_variable_defaults

    def compose(self) -> ComposeResult:
        yield MarksStrip()
        yield HeatMap()

    def on_mount(self) -> None:
        patterns = (
            "/ \\ / \\ / \\ / \\ / \\",
            "/ \\ N N I \\ / N C2 C2",
            "Y1 Y1 - - / \\ G G B \\",
            "# # # # # # # # # #",
        )
        weeks = [(MONDAY - timedelta(days=7 * n), patterns[n % 4]) for n in range(11)]
        self.query_one(MarksStrip).set_weeks(weeks, date(2026, 11, 20))
        self.query_one(HeatMap).set_year(
            weeks, start=date(2026, 9, 1), end=date(2027, 7, 22), today=date(2026, 11, 20)
        )


@pytest.mark.parametrize("width", [80, 120])
async def test_marks_are_readable_as_letters(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = MarksApp()
    async with app.run_test(size=(width, 12)) as pilot:
        await settle(pilot)
        check_shot(app, f"marks-{width}")


async def test_list_in_no_color_still_shows_cursor_and_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = ListApp(Rows([row(n) for n in range(4)]))
    async with app.run_test(size=(60, 8)) as pilot:
        await settle(pilot)
        await pilot.press("space")
        await settle(pilot)
        check_shot(app, "list-no-color")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("st os", ["999005"]),
        ("9005", ["999005"]),
        ("os", ["999005", "999006"]),
        ("primary st", ["999005"]),
        ("1 of", []),
        ("zz", []),
        ("", ["999005", "999006"]),
    ],
)
def test_a_pick_list_finds_any_word_and_a_part_of_a_number(typed: str, found: list[str]) -> None:
    asked = PickOne(
        "Which school?", [Choice("999005", "St Osyth Primary"), Choice("999006", "Osprey Academy")]
    )
    asked._typed = typed
    assert [choice.value for choice in asked.matching] == found


async def test_a_pick_list_that_finds_nothing_keeps_its_list_and_its_keys() -> None:
    class Asking(App[None]):
        def on_mount(self) -> None:
            self.push_screen(PickOne("Which school?", [Choice("999005", "St Osyth Primary")]), self.exit)

    app = Asking()
    async with app.run_test() as pilot:
        await pilot.press("z", "z")
        await pilot.pause()
        text = screen_text(app)
        assert "St Osyth Primary" in text
        assert "backspace takes back, esc leaves" in text
        await pilot.press("enter")
        assert isinstance(app.screen, PickOne)
