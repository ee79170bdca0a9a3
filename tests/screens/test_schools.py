"""The schools on a real encrypted caseload: who is who, its days, its children, edited by keys alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from casework.edits import Edit, update
from casework.ids import new_id
from casework.records import Calendar, Child, School
from outreach_tui.app import OutreachApp
from outreach_tui.rooms import ROOMS
from screens.caseload import CaseloadScreen
from screens.help import HelpScreen
from screens.history import HistoryScreen
from screens.school_form import SchoolForm
from screens.schools import SchoolsScreen
from storage.queries.school_list import read_school_list
from storage.store import Store
from tests.screens.fakes import HOSTILE
from tests.screens.real import Family, asked, commit, enter, make_real_app, new_store
from tests.screens.steps import settle, unlock
from tests.screens.test_consent import flat, keys
from tests.screens.textshot import check_shot, screen_text


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    store = new_store(tmp_path)
    yield Family(store)
    store.close()


def app_of(family: Family, folder: Path) -> OutreachApp:
    app = make_real_app(folder, family.store)
    app._rooms = dict(ROOMS)
    return app


def named(family: Family) -> None:
    """Oakhanger has a point of contact; a second school is shut for an INSET day and has nobody."""
    store = family.store
    school = store.get(School, family.school.id)
    people = {
        "spoc": "Mrs Lane, SENCO",
        "spoc_reach": "01234 900101, mornings",
        "liaison": "Jo Fell",
        "liaison_reach": "jo.fell@example.org",
    }
    store.journal.commit(Edit("Contacts", update(school, **people)))
    bay = School(id=new_id(), urn="999009", name="Samphire Bay")
    days = [
        Calendar(id=new_id(), school=bay.id, kind="term", start=date(2026, 11, 2), end=date(2026, 11, 20)),
        Calendar(id=new_id(), school=bay.id, kind="inset", start=date(2026, 11, 20), end=date(2026, 11, 20)),
    ]
    commit(store, "A second school", [bay, *days])


def contacts(store: Store) -> list[tuple[str, str]]:
    return [(one.spoc, one.liaison) for one in store.find(School)]


async def to_schools(pilot: Any) -> SchoolsScreen:
    await enter(pilot)
    await keys(pilot, "g", "o")
    screen = pilot.app.screen
    assert isinstance(screen, SchoolsScreen)
    return screen


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_who_is_who_and_where_the_year_stands(
    family: Family, tmp_path: Path, size: tuple[int, int]
) -> None:
    named(family)
    app = app_of(family, tmp_path)
    async with app.run_test(size=size) as pilot:
        await to_schools(pilot)
        text = flat(app)
        assert "Point of contact Mrs Lane, SENCO · 01234 900101, mornings" in text
        assert "School Liaison Officer Jo Fell · jo.fell@example.org" in text
        assert "Next school day Mon 23 Nov 2026" in text
        check_shot(app, f"schools-{size[0]}")
        await keys(pilot, "down")
        text = flat(app)
        assert "INSET day" in text
        assert "not known: the calendar ends on Thu 19 Nov 2026" in text
        await keys(pilot, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        assert "a school's contacts" in flat(app)


async def test_contacts_are_changed_and_taken_back_with_keys_alone(family: Family, tmp_path: Path) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await to_schools(pilot)
        assert "not named" in screen_text(app)
        await keys(pilot, "E", "ctrl+s")
        assert isinstance(app.screen, SchoolForm)
        assert "Nothing was changed here; esc leaves." in screen_text(app)
        await keys(pilot, "=Mrs Lane", "tab", "=01234 900101", "tab", "=Jo Fell")
        check_shot(app, "school-form-80")
        await keys(pilot, "ctrl+s")
        assert isinstance(app.screen, SchoolsScreen)
        assert await asked(app, contacts) == [("Mrs Lane", "Jo Fell")]
        assert "Mrs Lane · 01234 900101" in flat(app)
        await keys(pilot, "h")
        assert isinstance(app.screen, HistoryScreen)
        assert "Single point of contact: (empty) → Mrs Lane" in flat(app)
        await keys(pilot, "escape", "u")
        assert await asked(app, contacts) == [("", "")]
        assert "Mrs Lane" not in screen_text(app)


async def test_a_field_that_was_left_alone_keeps_what_was_written_elsewhere(
    family: Family, tmp_path: Path
) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await to_schools(pilot)
        await keys(pilot, "E", "=Mrs Lane")
        await asked(app, lambda store: name_liaison(store, family.school.id))
        await settle(pilot)
        await keys(pilot, "ctrl+s")
        assert await asked(app, contacts) == [("Mrs Lane", "Elsewhere")]


def name_liaison(store: Store, school: str) -> None:
    edit = Edit("Contacts", update(store.get(School, school), liaison="Elsewhere"))
    store.journal.commit(edit)


async def test_what_was_written_elsewhere_shows(family: Family, tmp_path: Path) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await to_schools(pilot)
        await asked(app, lambda store: name_liaison(store, family.school.id))
        await settle(pilot)
        assert "School Liaison Officer Elsewhere" in flat(app)


async def test_a_draft_survives_leaving_and_a_lock(family: Family, tmp_path: Path) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await to_schools(pilot)
        await keys(pilot, "E", "=Half a na", "ctrl+l")
        await unlock(pilot)
        assert isinstance(app.screen, SchoolForm)
        assert "Half a na" in screen_text(app)
        await keys(pilot, "escape")
        assert "A draft of these contacts waits: E goes on with it." in screen_text(app)
        await keys(pilot, "g", "t")
        assert f"{family.school.name} (contacts of a school)" in flat(app)


async def test_enter_opens_the_caseload_of_that_school(family: Family, tmp_path: Path) -> None:
    named(family)
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_schools(pilot)
        listed = screen._found.schools[family.school.id].children
        await keys(pilot, "enter")
        assert isinstance(app.screen, CaseloadScreen)
        assert (app.screen.school, len(app.screen.sheet.entries)) == (family.school.id, listed)
        assert family.school.name in screen_text(app)


@pytest.mark.parametrize("agency", ["inclusion-attendance", "school-nursing", "youth-justice"])
def test_children_are_counted_as_the_caseload_lists_them(tmp_path: Path, agency: str) -> None:
    from storage.queries.caseload import read_caseload

    store = new_store(tmp_path, agency)
    family = Family(store)
    lead = update(store.get(Child, family.tilly.id), lead_worker=store.worker.id)
    store.journal.commit(Edit("Lead", lead))
    for one in read_school_list(store):
        assert one.children == len(read_caseload(store, school=one.school.id))
    (here,) = [one for one in read_school_list(store) if one.school.id == family.school.id]
    assert here.own == min(1, here.children)
    store.close()


async def test_hostile_words_steer_nothing(family: Family, tmp_path: Path) -> None:
    words = " ".join(HOSTILE)[:200]
    held = family.store.get(School, family.school.id)
    family.store.journal.commit(Edit("Contacts", update(held, name=words, spoc=words, spoc_reach=words)))
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await to_schools(pilot)
        assert "\x1b" not in screen_text(app)
        await keys(pilot, "E")
        assert "[@click=app.quit]Eve[/]" in screen_text(app), "they stand there as they were written"
        assert "\x1b" not in screen_text(app)
