"""Search as you type on a real caseload: misspelt names, why they fit, and what the audit keeps of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input

from casework.ids import new_id
from casework.records import Child
from screens.child import ChildScreen
from screens.plan import PlanScreen
from screens.search import Found, SearchScreen, find, find_people
from screens.widgets.row_list import RowList
from storage import audit
from storage.central import forgetting
from storage.central.extras import Extras
from storage.journal import transaction
from storage.store import Store
from tests.screens.fakes import HOSTILE, RoundRoom
from tests.screens.real import Family, asked, commit, enter, make_real_app, new_store
from tests.screens.steps import settle, type_text
from tests.screens.test_consent import flat, keys
from tests.screens.test_withheld import elsewhere
from tests.screens.textshot import check_shot, screen_text

SIZES = [(80, 24), (120, 40)]


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    store = new_store(tmp_path)
    yield Family(store)
    store.close()


@pytest.mark.parametrize("size", SIZES)
async def test_a_misspelt_name_opens_the_child_and_esc_comes_back(
    family: Family, tmp_path: Path, size: tuple[int, int]
) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=size) as pilot:
        await enter(pilot)
        await pilot.press("g", "s")
        await settle(pilot)
        assert isinstance(app.screen, SearchScreen)
        await type_text(pilot, "tily marsch")
        await settle(pilot)
        check_shot(app, f"search-{size[0]}")
        assert "sounds alike" in screen_text(app)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, ChildScreen)
        assert app.screen.child_id == family.tilly.id
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, SearchScreen)
        assert app.screen.query_one(Input).value == "tily marsch"
        await pilot.press("escape")
        await settle(pilot)
        assert app.screen.query_one(Input).value == ""
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, RoundRoom)


async def test_enter_waits_for_the_answer_and_the_next_key_goes_to_the_child(
    family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()

    def late(store: Store, text: str, *, first: bool) -> Sequence[Found]:
        assert gate.wait(60)
        return find(store, text, first=first)

    monkeypatch.setattr("screens.search.find", late)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("g", "s")
        for typed in ((*"qqxx", "enter", "z"), ("escape", *"tilly", "enter", "P")):
            gate.clear()
            for key in typed:
                app.post_message(events.Key(key, key if len(key) == 1 else None))
            for _ in range(3):  # what waits for no answer is taken in meanwhile
                await pilot.pause()
            gate.set()
            await settle(pilot)
            if "z" in typed:
                assert app.screen.query_one(Input).value == "qqxxz", "nobody fits, and keys go on"
        assert [type(screen) for screen in app.screen_stack][-2:] == [ChildScreen, PlanScreen]


async def test_arrows_choose_while_the_line_keeps_the_keys(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("g", "s")
        await settle(pilot)
        await type_text(pilot, "mar")
        await settle(pilot)
        await pilot.press("down")
        await settle(pilot)
        row = [line for line in screen_text(app).splitlines() if line.startswith("›")]
        assert len(row) == 1
        await type_text(pilot, "s")
        assert app.screen.query_one(Input).value == "mars"
        await settle(pilot)
        await pilot.press("down", "enter")
        await settle(pilot)
        assert isinstance(app.screen, ChildScreen)
        assert app.screen.child_id in (family.tilly.id, family.ben.id)


@pytest.mark.parametrize("above", [False, True])
async def test_a_child_whom_a_session_gives_up_leaves_the_list(
    family: Family, tmp_path: Path, above: bool
) -> None:
    """Also where the child's page is shown meanwhile. What was typed stays, and so
    does the cursor, or goes to the next child.
    """
    marshes = [Child(id=new_id(), surname="Marsh", forename=name) for name in ("Bea", "Cy", "Zoe")]
    commit(family.store, "Add", marshes)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "s", "=marsh")
        screen = app.screen
        assert isinstance(screen, SearchScreen)
        people = screen.query_one(RowList)
        assert people.count == 5
        gone, after, last = marshes[1].id, family.tilly.id, marshes[2].id
        assert people.move_to(gone if above else last)
        if above:
            await keys(pilot, "enter")
            assert isinstance(app.screen, ChildScreen)
        await elsewhere(app, pilot, family, lambda store: take_out(store, gone))
        if above:
            assert "may not hold it any more" in flat(app)
            assert "There is no child" not in screen_text(app)
            await keys(pilot, "escape")
        assert (people.count, people.current and people.current.id) == (4, after if above else last)
        assert "Marsh, Cy" not in screen_text(app)
        assert "Cy Marsh" not in screen_text(app)
        assert screen.query_one(Input).value == "marsh"
        entries = await asked(app, lambda s: [e for e in audit.entries(s.conn) if e.verb == "searched"])
        assert len(entries) == 1


def take_out(store: Store, child: str) -> None:
    """As a session gives a child up."""
    with transaction(store.conn):
        forgetting.take_out(store.conn, Extras(store.conn), ["child"], child)


async def test_nobody_fits_is_said_in_words(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("g", "s")
        await settle(pilot)
        assert "Type two letters or more." in screen_text(app)
        await type_text(pilot, "qqqq")
        await settle(pilot)
        assert "Nobody fits." in screen_text(app)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, SearchScreen)


async def test_one_run_of_typing_is_one_audit_entry_without_the_words(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("g", "s")
        await settle(pilot)
        await type_text(pilot, "marsh")
        await settle(pilot)
        entries = await asked(app, lambda s: [e for e in audit.entries(s.conn) if e.verb == "searched"])
        assert len(entries) == 1
        assert "mar" not in entries[0].detail
        await pilot.press("escape")
        await settle(pilot)
        await type_text(pilot, "ben")
        await settle(pilot)
        entries = await asked(app, lambda s: [e for e in audit.entries(s.conn) if e.verb == "searched"])
        assert len(entries) == 2


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_names_and_hostile_typing(family: Family, tmp_path: Path, name: str) -> None:
    line = name[:290]
    child = Child(id=new_id(), surname="Zebrawood", forename=line, reg=line)
    commit(family.store, "Add", [child])
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("g", "s")
        await settle(pilot)
        await type_text(pilot, "zebra")
        await settle(pilot)
        assert "1 found" in screen_text(app)
        app.screen.query_one(Input).value = name
        await settle(pilot)
        text = screen_text(app)
        assert all(sign == "\n" or sign.isprintable() for sign in text)
        assert app.fault is None


def test_the_palette_gets_people_with_what_tells_them_apart(family: Family) -> None:
    found = find_people(family.store, "ben marsh")
    assert found[0] == (family.ben.id, "Ben Marsh, Oakhanger Primary, 1A, born 2020")
    entry = audit.entries(family.store.conn)[0]
    assert (entry.verb, "marsh" in entry.detail.lower()) == ("searched", False)


def test_a_known_as_name_and_a_upn_are_found_with_the_reason(family: Family) -> None:
    by_name = find(family.store, "tilly", first=False)
    assert (by_name[0].child, by_name[0].why) == (family.tilly.id, "known as")
    by_upn = find(family.store, "U886009924001", first=False)
    assert (by_upn[0].child, by_upn[0].why) == (family.tilly.id, "UPN")
