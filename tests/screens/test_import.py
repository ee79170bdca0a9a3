"""The Import screen over the real importer: choose, preview, accept, stop, answer, take back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Input

from casework.edits import Edit, create
from casework.errors import BadInput
from casework.ids import new_id
from casework.records import Calendar, Child, School
from casework.records_attendance import AttendanceWeek
from outreach_tui.app import OutreachApp
from screens.intake import FOLDER_SETTING, ImportScreen
from screens.intake_ask import AskSame
from screens.intake_files import complete, list_folder, resolve
from screens.intake_lines import bar
from screens.intake_list import FileList
from screens.intake_path import PathInput
from screens.unlock import UnlockScreen
from storage.intake.importer import preview_file
from storage.intake.whose import likely_school
from storage.store import Store
from tests.screens.fakes import HOSTILE, RoundRoom
from tests.screens.real import Family, asked, commit, enter, make_real_app, new_store
from tests.screens.steps import settle, type_text
from tests.screens.textshot import check_shot, screen_text

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
HEAD = "UPN,Legal Surname,Legal Forename,DOB,Reg,Date,Session,Mark\n"
SMALL = HEAD + (
    "U886009924001,Marsh,Matilda,03/03/2018,4B,17/11/2026,PM,M\n"
    "U886009924001,Marsh,Matilda,03/03/2018,4B,18/11/2026,AM,N\n"
    "P886009925117,Orr,Ben,01/02/2017,5A,18/11/2026,AM,/\n"
    "P886009925117,Orr,Ben,01/02/2017,5A,18/11/2026,PM,QQ\n"
)
LIKE_BEN = HEAD + ",Marsh,Ben,09/05/2020,1A,18/11/2026,AM,/\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    return made


@pytest.fixture
def family(tmp_path: Path, folder: Path) -> Iterator[Family]:
    store = new_store(tmp_path)
    store.save_setting(FOLDER_SETTING, str(folder))
    yield Family(store)
    store.close()


def put(folder: Path, name: str, text: str, age: int = 0) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))
    return path


async def to_import(pilot: object, app: OutreachApp) -> ImportScreen:
    from textual.pilot import Pilot

    assert isinstance(pilot, Pilot)
    await enter(pilot)
    await pilot.press("g", "i")
    await settle(pilot)
    assert isinstance(app.screen, ImportScreen)
    return app.screen


def phase(screen: ImportScreen) -> str:
    return screen.phase


def held(store: Store) -> tuple[int, list[str]]:
    weeks = store.find(AttendanceWeek)
    return len(store.find(Child)), sorted(f"{week.child} {week.week} {week.marks}" for week in weeks)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_three_steps_take_a_register_in_and_u_takes_it_back(
    family: Family, tmp_path: Path, folder: Path, size: tuple[int, int]
) -> None:
    put(folder, "999001-today.csv", SMALL)
    before = held(family.store)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=size) as pilot:
        screen = await to_import(pilot, app)
        await pilot.press("enter")
        await settle(pilot)
        assert phase(screen) == "preview"
        check_shot(app, f"import-preview-{size[0]}")
        assert await asked(app, held) == before
        await pilot.press("y")
        await settle(pilot)
        assert phase(screen) == "report"
        check_shot(app, f"import-report-{size[0]}")
        children, weeks = await asked(app, held)
        assert children == before[0] + 1
        assert any(r"/ \ I M N N N N N -" in week for week in weeks)
        await pilot.press("u")
        await settle(pilot)
        assert await asked(app, held) == before
        assert phase(screen) == "preview"
        await pilot.press("U")
        await settle(pilot)
        assert (await asked(app, held))[0] == before[0] + 1


async def test_unknown_codes_and_rejected_rows_name_line_column_value_and_mend(
    family: Family, tmp_path: Path, folder: Path
) -> None:
    put(folder, "999001-today.csv", SMALL)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(120, 40)) as pilot:
        await to_import(pilot, app)
        await pilot.press("enter")
        await settle(pilot)
        text = " ".join(screen_text(app).split())
        assert "Not register codes: “QQ” (1 time)" in text
        assert "line 5, Mark: QQ: " in text
        assert "Mend: " in text
        assert "1 would be new" in text


async def test_several_files_are_one_import_and_one_undo(
    family: Family, tmp_path: Path, folder: Path
) -> None:
    for age, name in enumerate(("999001-register.csv", "8860091_CTF_886LLLL_001.xml")):
        shutil.copy(SAMPLES / name, folder)
        os.utime(folder / name, (1_700_000_000 - age, 1_700_000_000 - age))
    before = held(family.store)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_import(pilot, app)
        await pilot.press("space", "space", "y")
        await settle(pilot)
        assert phase(screen) == "preview"
        await pilot.press("y")
        await settle(pilot)
        assert phase(screen) == "report"
        assert "40 of 40 children agree" in screen_text(app)
        assert (await asked(app, held))[0] == before[0] + 40
        await pilot.press("u")
        await settle(pilot)
        assert await asked(app, held) == before


@pytest.mark.parametrize(
    ("keys", "children", "matched"), [("y", 0, True), ("n", 1, False), ("escape", 0, False)]
)
async def test_a_child_who_may_be_known_is_asked_about(
    family: Family, tmp_path: Path, folder: Path, keys: str, children: int, matched: bool
) -> None:
    put(folder, "999001-ben.csv", LIKE_BEN)
    before = held(family.store)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await to_import(pilot, app)
        await pilot.press("enter")
        await settle(pilot)
        assert "1 child may be known already" in screen_text(app)
        await pilot.press("y")
        await pilot.pause()
        await pilot.pause()
        assert isinstance(app.screen, AskSame)
        if keys == "y":
            check_shot(app, "import-same")
        await pilot.press(keys)
        await settle(pilot)
        count, weeks = await asked(app, held)
        assert count == before[0] + children
        assert any(week.startswith(family.ben.id) for week in weeks) is matched


async def test_a_file_that_is_no_register_is_one_sentence(
    family: Family, tmp_path: Path, folder: Path
) -> None:
    put(folder, "notes.txt", "only some words\nand more words\n")
    before = held(family.store)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_import(pilot, app)
        await pilot.press("enter")
        await settle(pilot)
        check_shot(app, "import-refused")
        await pilot.press("y")
        await settle(pilot)
        assert phase(screen) == "preview"
        assert await asked(app, held) == before


async def test_a_file_that_does_not_say_its_school_asks_for_it(
    family: Family, tmp_path: Path, folder: Path
) -> None:
    put(folder, "today.csv", SMALL)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_import(pilot, app)
        await pilot.press("enter")
        for _ in range(20):
            await pilot.pause(0.05)
            if app.screen is not screen:
                break
        assert "Which school is today.csv from?" in screen_text(app)
        await pilot.press("enter")
        await settle(pilot)
        assert phase(screen) == "preview"
        assert "999001 Oakhanger Primary" in screen_text(app)


async def until(pilot: object, app: OutreachApp, words: str) -> None:
    """Wait for a question."""
    from textual.pilot import Pilot

    assert isinstance(pilot, Pilot)
    for _ in range(200):
        await pilot.pause(0.02)
        if words in screen_text(app):
            return
    raise AssertionError(words)


@pytest.fixture
def empty(tmp_path: Path, folder: Path) -> Iterator[Store]:
    store = new_store(tmp_path)
    store.save_setting(FOLDER_SETTING, str(folder))
    yield store
    store.close()


async def test_a_batch_of_a_new_school_lands_whole(empty: Store, tmp_path: Path, folder: Path) -> None:
    for age, name in enumerate(("999001-register.csv", "8860091_CTF_886LLLL_001.xml")):
        shutil.copy(SAMPLES / name, folder)
        os.utime(folder / name, (1_700_000_000 - age, 1_700_000_000 - age))
    (folder / "999001-register.csv").rename(folder / "week 47.csv")
    app = make_real_app(tmp_path, empty)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_import(pilot, app)
        await pilot.press("a", "y")
        await settle(pilot)
        assert phase(screen) == "preview"
        assert [one.waits for one in screen._files] == [False, True]
        assert "--" not in screen_text(app)
        await pilot.press("y")
        await until(pilot, app, "Which school is week 47.csv from?")
        assert "40 of 40 are on its roll" in screen_text(app)
        await pilot.press("enter")
        await settle(pilot)
        assert phase(screen) == "preview"
        await pilot.press("y")
        await settle(pilot)
        assert phase(screen) == "report"
        assert all(one.report is not None for one in screen._files)
        children, weeks = await asked(app, held)
        assert children == 40
        assert weeks
        assert "all its files" in screen_text(app)
        await pilot.press("u")
        await settle(pilot)
        assert (await asked(app, held))[0] == 0


async def test_a_new_school_is_added_from_the_question(empty: Store, tmp_path: Path, folder: Path) -> None:
    put(folder, "today.csv", SMALL)
    app = make_real_app(tmp_path, empty)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_import(pilot, app)
        await pilot.press("enter")
        await until(pilot, app, "Which school is today.csv from?")
        await pilot.press("+", "enter")
        await until(pilot, app, "its URN")
        await type_text(pilot, "999007")
        await pilot.press("enter")
        await until(pilot, app, "The name of school 999007")
        await type_text(pilot, "Saltmarsh")
        await pilot.press("enter")
        await settle(pilot)
        assert phase(screen) == "preview"
        assert "999007 Saltmarsh" in screen_text(app)
        schools = await asked(app, lambda store: store.find(School))
        assert [school.name for school in schools] == ["Saltmarsh"]
        assert len(await asked(app, lambda store: store.find(Calendar, "kind = 'term'"))) == 12


async def test_a_wrong_urn_is_said_at_once_and_stays_to_be_mended(
    empty: Store, tmp_path: Path, folder: Path
) -> None:
    put(folder, "today.csv", SMALL)
    app = make_real_app(tmp_path, empty)
    async with app.run_test(size=(80, 24)) as pilot:
        await to_import(pilot, app)
        await pilot.press("enter")
        await until(pilot, app, "Which school is today.csv from?")
        await pilot.press("+", "enter")
        await until(pilot, app, "its URN")
        await type_text(pilot, "99900x")
        await pilot.press("enter")
        await until(pilot, app, "A school's URN has 6 digits: correct it.")
        assert app.screen.query_one(Input).value == "99900x"
        await pilot.press("backspace")
        await type_text(pilot, "7")
        await pilot.press("enter")
        await until(pilot, app, "The name of school 999007")
        await pilot.press("escape")
        await until(pilot, app, "its URN")
        assert app.screen.query_one(Input).value == "999007"
        await pilot.press("enter")
        await until(pilot, app, "The name of school 999007")
        await type_text(pilot, "Saltmarsh")
        await pilot.press("enter")
        await settle(pilot)
        schools = await asked(app, lambda store: store.find(School))
        assert [(school.urn, school.name) for school in schools] == [("999007", "Saltmarsh")]


async def test_a_slash_finds_files_as_they_are_typed(family: Family, tmp_path: Path, folder: Path) -> None:
    put(folder, "999001-today.csv", SMALL)
    put(folder, "other.csv", SMALL, age=-5)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_import(pilot, app)
        await pilot.press("/")
        await type_text(pilot, "tod")
        assert [entry.name for entry in screen.query_one(FileList).shown] == ["999001-today.csv"]
        await pilot.press("escape", "escape")
        assert len(screen.query_one(FileList).shown) == 3
        await pilot.press("/")
        await type_text(pilot, "tod")
        await pilot.press("enter")
        await settle(pilot)
        assert phase(screen) == "preview"


async def test_a_whole_path_takes_the_place_of_the_folder(
    family: Family, tmp_path: Path, folder: Path
) -> None:
    put(tmp_path, "999001-today.csv", SMALL)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_import(pilot, app)
        await pilot.press("f")
        await type_text(pilot, str(tmp_path / "999001-today.csv"))
        assert screen.query_one(PathInput).value == str(tmp_path / "999001-today.csv")
        await pilot.press("enter")
        await settle(pilot)
        assert phase(screen) == "preview"


async def test_marks_are_of_files_and_outlast_a_folder(family: Family, tmp_path: Path, folder: Path) -> None:
    put(folder, "999001-today.csv", SMALL)
    put(folder, "other.csv", SMALL, age=5)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_import(pilot, app)
        files = screen.query_one(FileList)
        await pilot.press("a")
        assert files.chosen == {str(folder / "999001-today.csv"), str(folder / "other.csv")}
        await pilot.press("home", "enter")
        await settle(pilot)
        assert screen._folder == tmp_path
        assert len(files.chosen) == 2
        assert "2 files marked" in screen_text(app)
        await pilot.press("escape")
        assert not files.chosen
        assert phase(screen) == "choose"


def test_no_refusal_on_a_screen_names_an_option(empty: Store, folder: Path) -> None:
    path = put(folder, "today.csv", SMALL)
    for urn in ("", "12", "999008"):
        with pytest.raises(BadInput) as refused:
            preview_file(empty, path, school=urn)
        assert "--" not in refused.value.message + refused.value.where
        assert "`" not in refused.value.message


def test_a_school_is_likely_from_nine_in_ten(family: Family, folder: Path) -> None:
    known = [
        Child(
            id=new_id(), surname="Marsh", forename=f"N{n}", upn=f"A0099000000{n:02}", school=family.school.id
        )
        for n in range(9)
    ]
    family.store.journal.commit(Edit("Roll", tuple(create(child) for child in known)))
    body = "".join(f"{child.upn},Marsh,{child.forename},,4B,17/11/2026,PM,/\n" for child in known)
    one, two = (f"B0099000000{n:02},Orr,O{n},,4B,17/11/2026,PM,/\n" for n in range(2))
    likely = likely_school(family.store, put(folder, "a.csv", HEAD + body + one))
    assert likely is not None
    assert (likely.school.urn, likely.on_roll, likely.upns) == ("999001", 9, 10)
    assert likely_school(family.store, put(folder, "b.csv", HEAD + body + one + two)) is None


async def test_stopping_leaves_nothing_of_that_file(
    family: Family, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, "999001-today.csv", SMALL)
    before = held(family.store)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_import(pilot, app)
        await pilot.press("enter")
        await settle(pilot)
        monkeypatch.setattr(screen._stop, "clear", screen._stop.set)  # as if esc was pressed while it ran
        await pilot.press("y")
        await settle(pilot)
        assert "Stopped: nothing of this file was taken in." in screen_text(app)
        assert await asked(app, held) == before


async def test_locking_in_the_preview_forgets_it_and_remembers_the_folder(
    family: Family, tmp_path: Path, folder: Path
) -> None:
    put(folder, "999001-today.csv", SMALL)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await to_import(pilot, app)
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("ctrl+l")
        await settle(pilot)
        assert isinstance(app.screen, UnlockScreen)
        assert "Orr" not in screen_text(app)


async def test_a_path_is_typed_and_completed(family: Family, tmp_path: Path, folder: Path) -> None:
    (folder / "autumn").mkdir()
    put(folder / "autumn", "999001-today.csv", SMALL)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_import(pilot, app)
        await pilot.press("f")
        await type_text(pilot, "au")
        await pilot.press("tab")
        assert screen.query_one(PathInput).value == f"{folder}/autumn/"
        await pilot.press("tab", "enter")
        await settle(pilot)
        assert phase(screen) == "preview"


async def test_a_column_is_mapped_by_hand(family: Family, tmp_path: Path, folder: Path) -> None:
    put(folder, "999001-today.csv", SMALL.replace("Legal Surname", "Nom"))
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await to_import(pilot, app)
        await pilot.press("enter")
        await settle(pilot)
        assert "(not read)" in screen_text(app)
        await pilot.press("d")
        await pilot.pause()
        await pilot.press("2", "enter")
        await pilot.pause()
        await type_text(pilot, "surname")
        await pilot.press("enter")
        await settle(pilot)
        assert phase(screen) == "preview"
        assert "(not read)" not in screen_text(app)


async def test_esc_leads_back_step_by_step(family: Family, tmp_path: Path, folder: Path) -> None:
    put(folder, "999001-today.csv", SMALL)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_import(pilot, app)
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert phase(screen) == "choose"
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, RoundRoom)


async def test_hostile_file_names_and_cells_are_only_words(
    family: Family, tmp_path: Path, folder: Path
) -> None:
    for number, text in enumerate(HOSTILE):
        cell = text[:90].replace('"', "").replace("\r", "").replace("\n", " ").replace("\x00", "")
        body = HEAD + f'U886009924001,"{cell}","{cell}",03/03/2018,"{cell}",17/11/2026,PM,"{cell}"\n'
        put(folder, f"999001-{number:02}.csv", body, age=number)
    put(folder, "999001-\x1b[2J[bold]\u202e.csv", SMALL, age=99)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_import(pilot, app)
        await pilot.press("a", "y")
        await settle(pilot)
        assert phase(screen) == "preview"
        for _ in range(12):
            text = screen_text(app)
            assert all(sign == "\n" or sign.isprintable() for sign in text)
            await pilot.press("pagedown")
        assert app.fault is None


def test_a_folder_lists_what_may_be_a_register(folder: Path) -> None:
    for name in ("b.CSV", "a.xlsx", "c.pdf", ".hidden.csv", "d.txt", "e.xml"):
        put(folder, name, "x", age=ord(name[0]))
    (folder / "sub").mkdir()
    entries = list_folder(folder)
    assert [entry.name for entry in entries] == ["../", "sub/", "a.xlsx", "b.CSV", "d.txt", "e.xml"]
    with pytest.raises(OSError, match="nowhere"):
        list_folder(folder / "nowhere")


def test_completion_goes_as_far_as_the_names_agree(folder: Path) -> None:
    for name in ("week-1.csv", "week-2.csv", "other.pdf"):
        put(folder, name, "x")
    (folder / "deep").mkdir()
    assert complete("w", folder) == "week-"
    assert complete("week-2", folder) == "week-2.csv"
    assert complete(f"{folder}/d", Path("/")) == f"{folder}/deep/"
    assert complete("other", folder) == "other"
    assert complete("zz", folder) == "zz"
    assert complete("no/such/pl", folder) == "no/such/pl"


@given(st.text(max_size=60))
def test_completion_never_shortens_what_was_typed_nor_fails(typed: str) -> None:
    here = Path(__file__).parent
    assert complete(typed, here).startswith(typed)
    resolve(typed, here)


@given(st.floats(allow_nan=False), st.integers(1, 60))
def test_a_bar_has_its_width(part: float, width: int) -> None:
    assert len(bar(part, width)) == width


async def test_a_register_of_another_schools_children_asks_whether_they_moved(
    family: Family, tmp_path: Path, folder: Path
) -> None:
    other = School(id=new_id(), urn="999005", name="Hilltop School")
    children = [
        Child(id=new_id(), surname="Invented", forename=f"Fore{n}", upn=upn, school=other.id)
        for n, upn in enumerate(
            ("A886009522009", "A886009523012", "B886009524033", "B886009525034", "C886009519037")
        )
    ]
    commit(family.store, "Another school", [other, *children])
    rows = "".join(f"{child.upn},Invented,{child.forename},,4A,18/11/2026,AM,/\n" for child in children)
    put(folder, "999001-week.csv", HEAD + rows)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_import(pilot, app)
        await pilot.press("enter")
        await until(pilot, app, "Have these children moved?")
        said = " ".join(screen_text(app).split())
        assert "5 of the 5 children" in said
        assert "Hilltop School (999005)" in said
        await pilot.press("n")
        await settle(pilot)
        assert phase(screen) == "preview"
        assert "not taken in" in screen_text(app)
        await pilot.press("escape")
        await settle(pilot)
        await pilot.press("enter")
        await until(pilot, app, "Have these children moved?")
        await pilot.press("y")
        await settle(pilot)
        assert "5 known" in screen_text(app)
        await pilot.press("y")
        await settle(pilot)
        assert phase(screen) == "report"
        assert "Moved to this school from another" in " ".join(screen_text(app).split())
