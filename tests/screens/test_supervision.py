"""The Supervision screen over a real caseload, by keys alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from casework.followups import contact
from casework.ids import new_id
from casework.records import Contact, Worker
from casework.records_case import Episode, Plan
from outreach_tui.app import OutreachApp
from screens.child import ChildScreen
from screens.contact_form import ContactForm
from screens.supervision import SupervisionScreen
from tests.screens.real import NOW, Family, asked, commit, enter, make_real_app, new_store
from tests.screens.steps import settle, type_text
from tests.screens.textshot import check_shot, screen_text


def cases(folder: Path, agency: str = "early-help") -> tuple[OutreachApp, Family]:
    """Tilly's case has a plan with a late review; Ben's is new. A manager's are those of two workers."""
    store = new_store(folder, agency)
    family = Family(store)
    me = store.actor.worker
    workers = [me, me]
    if agency == "management":
        team = store.worker.team
        names = ("Bo Calm", "Ana Ray")
        bo, ana = (Worker(id=new_id(), name=one, agency="early-help", team=team) for one in names)
        commit(store, "Team", [bo, ana])
        workers = [bo.id, ana.id]
    plan = Plan(
        id=new_id(), child=family.tilly.id, started=date(2026, 10, 12), next_review=date(2026, 11, 17), by=me
    )
    opened = {family.tilly.id: date(2026, 3, 10), family.ben.id: date(2026, 11, 16)}
    episodes = [
        Episode(id=new_id(), child=child, opened=day, worker=worker)
        for (child, day), worker in zip(opened.items(), workers, strict=True)
    ]
    commit(store, "Cases", [plan, *episodes])
    seen = contact(family.tilly.id, by=me, at=NOW, kind="home-visit", outcome="parent", seen="alone")
    store.journal.commit(seen)
    return make_real_app(folder, store), family


async def to_table(pilot: Any) -> SupervisionScreen:
    await enter(pilot)
    await pilot.press("g", "v")
    await settle(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, SupervisionScreen)
    return screen


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_table_says_what_to_talk_about(tmp_path: Path, size: tuple[int, int]) -> None:
    app, _ = cases(tmp_path)
    async with app.run_test(size=size) as pilot:
        await to_table(pilot)
        check_shot(app, f"supervision_{size[0]}")


async def test_minutes_ask_for_no_outcome_and_clear_nothing(tmp_path: Path) -> None:
    app, family = cases(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_table(pilot)
        assert screen.row is not None
        assert screen.row.child.id == family.ben.id, "never seen stands first"
        await pilot.press("l")
        await settle(pilot)
        assert isinstance(app.screen, ContactForm)
        await type_text(pilot, "Agreed to visit on Monday")
        await pilot.press("ctrl+s")
        await settle(pilot)
        held = await asked(app, lambda store: store.find(Contact, "kind = 'supervision'"))
        assert [(one.child, one.note, one.outcome) for one in held] == [
            (family.ben.id, "Agreed to visit on Monday", "")
        ]
        assert app.screen is screen
        assert screen.row is not None
        assert screen.row.points[0].about == "seen", "minutes are no sight of the child"
        await pilot.press("u")
        await settle(pilot)
        assert "Undone" in screen_text(app)
        assert not await asked(app, lambda store: store.find(Contact, "kind = 'supervision'"))


async def test_enter_opens_the_child_and_what_changed_there_shows(tmp_path: Path) -> None:
    app, family = cases(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_table(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, ChildScreen)
        step = contact(family.ben.id, by=new_id(), at=NOW, kind="home-visit", outcome="child", seen="alone")
        await asked(app, lambda store: store.journal.commit(step))
        await pilot.press("escape")
        await settle(pilot)
        assert app.screen is screen
        ben = next(row for row in screen.found.rows if row.child.id == family.ben.id)  # type: ignore[union-attr]
        assert ben.facts.seen == NOW.date()


async def test_the_order_changes_and_the_table_fits_every_window(tmp_path: Path) -> None:
    app, _ = cases(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_table(pilot)
        for words in ("worker", "days open", "name", "to talk about"):
            await pilot.press("o")
            await settle(pilot)
            assert f"Sorted by {words}." in screen_text(app)
        await pilot.resize_terminal(130, 20)
        await settle(pilot)
        assert "School" in screen_text(app)
        assert len(screen.rows.columns) == len(screen.rows.current.cells)  # type: ignore[union-attr]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_manager_sees_the_team_and_what_is_withheld(tmp_path: Path, size: tuple[int, int]) -> None:
    app, _ = cases(tmp_path, "management")
    async with app.run_test(size=size) as pilot:
        screen = await to_table(pilot)
        assert screen.found is not None
        assert {row.worker for row in screen.found.rows} == {"Bo Calm", "Ana Ray"}
        check_shot(app, f"supervision_withheld_{size[0]}")
