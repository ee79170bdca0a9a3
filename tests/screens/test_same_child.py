"""Two records of one child on screen: found, compared, merged, taken apart, by keys alone at 80x24."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from casework.edits import Edit, update
from casework.ids import new_id
from casework.records import Child, Contact
from casework.records_attendance import AttendanceWeek
from casework.records_links import Link
from outreach_tui.app import OutreachApp
from screens.child import ChildScreen
from screens.same_child import PairScreen, SameChildScreen, SplitScreen
from storage.store import Store
from tests.screens.real import NOW, Family, asked, commit, enter, make_real_app, new_store
from tests.screens.steps import settle, type_text
from tests.screens.textshot import check_shot, screen_text

IDS: dict[str, str] = {}


def twice(store: Store) -> None:
    """Tilly Marsh stands twice: as herself, and as Matylda, who came with another file; Rosie is her twin."""
    family = Family(store)
    double = Child(
        id=new_id(), surname="Marsh", forename="Tilly", dob=date(2018, 3, 3), school=family.school.id,
        household=family.home.id, language="English", nhs_number="9434765919", year_group="4",
    )  # fmt: skip
    twin = Child(
        id=new_id(), surname="Marsh", forename="Rosie", dob=date(2018, 3, 3), school=family.school.id,
        household=family.home.id,
    )  # fmt: skip
    week = date(2026, 11, 16)
    marks = AttendanceWeek(
        id=new_id(), child=double.id, school=family.school.id, week=week, marks="I I " + " ".join(["/"] * 8)
    )
    call = Contact(
        id=new_id(), child=double.id, at=NOW, by=store.actor.worker, kind="call", note="Of the double"
    )
    commit(store, "Double", [double, twin, marks, call])
    IDS.update(tilly=family.tilly.id, double=double.id, twin=twin.id, call=call.id)


@pytest.fixture
def app(tmp_path: Path) -> OutreachApp:
    store = new_store(tmp_path, "early-help")
    twice(store)
    return make_real_app(tmp_path, store)


async def to_same(pilot: Pilot[Any]) -> SameChildScreen:
    await enter(pilot)
    app = pilot.app
    assert isinstance(app, OutreachApp)
    app.open_child(IDS["tilly"])
    await settle(pilot)
    await pilot.press("=")
    await settle(pilot)
    screen = app.screen
    assert isinstance(screen, SameChildScreen)
    return screen


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_two_records_are_compared_and_a_twin_is_doubted_aloud(
    app: OutreachApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await to_same(pilot)
        check_shot(app, f"same_child_{size[0]}")
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, PairScreen)
        check_shot(app, f"same_child_pair_{size[0]}")
        await pilot.press("escape")
        await settle(pilot)
        await pilot.press("end", "=")
        await settle(pilot)
        assert "LOOK AGAIN: " in screen_text(app)
        assert "perhaps twins" in screen_text(app)
        check_shot(app, f"same_child_twin_{size[0]}")


@pytest.mark.parametrize("keys", [(), ("enter",)], ids=["found", "pair"])
def test_picture(snap_compare: Callable[..., bool], app: OutreachApp, keys: tuple[str, ...]) -> None:
    async def look(pilot: Pilot[Any]) -> None:
        await to_same(pilot)
        await pilot.press(*keys)
        await settle(pilot)

    assert snap_compare(app, terminal_size=(80, 24), run_before=look)


async def test_a_merge_by_keys_and_undo(app: OutreachApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await to_same(pilot)
        await pilot.press("enter")
        await settle(pilot)
        pair = app.screen
        assert isinstance(pair, PairScreen)
        language = next(n for n, line in enumerate(pair._lines) if line.what == "language")
        pair.query_one("RowList").cursor = language  # type: ignore[attr-defined]
        await pilot.press("enter")
        await settle(pilot)
        assert pair.picked == {"language": True}
        await pilot.press("=")
        await settle(pilot)
        check_shot(app, "same_child_why_80")
        await type_text(pilot, "same mother, same day")
        await pilot.press("enter")
        await settle(pilot)
        assert "part of this one now. u undoes." in screen_text(app)
        check_shot(app, "same_child_merged_80")
        assert await asked(app, lambda store: store.get(Contact, IDS["call"]).child) == IDS["tilly"]
        assert await asked(app, lambda store: store.get(Child, IDS["tilly"]).language) == "English"
        assert await asked(app, lambda store: store.drafts.waiting()) == []
        await pilot.press("u")
        await settle(pilot)
        assert "Undone: Merge two records" in screen_text(app)
        assert await asked(app, lambda store: store.get(Contact, IDS["call"]).child) == IDS["double"]
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, ChildScreen)


async def test_a_split_lists_what_goes_where_and_a_person_picks(app: OutreachApp) -> None:
    def merge(store: Store) -> str:
        from storage.queries.same_child import plan_merge

        plan = plan_merge(
            store, store.get(Child, IDS["tilly"]), store.get(Child, IDS["double"]), reason="one"
        )
        store.journal.commit(plan.edit)
        new = Contact(id=new_id(), child=IDS["tilly"], at=NOW, by=store.actor.worker, kind="call", note="new")
        commit(store, "Call", [new])
        return new.id

    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        new = await asked(app, merge)
        app.open_child(IDS["tilly"])
        await settle(pilot)
        assert "is part of this one since" in screen_text(app)
        await pilot.press("=")
        await settle(pilot)
        await pilot.press("end", "-")
        await settle(pilot)
        assert isinstance(app.screen, SplitScreen)
        check_shot(app, "same_child_split_80")
        await pilot.press("end", "enter")
        await settle(pilot)
        assert "goes " in screen_text(app)
        await pilot.press("-")
        await settle(pilot)
        await pilot.press("y")
        await settle(pilot)
        assert "Two records again. u undoes." in screen_text(app)
        for record in (IDS["call"], new):
            assert await asked(app, lambda store, r=record: store.get(Contact, r).child) == IDS["double"]


async def test_two_children_are_said_to_be_two_and_the_pair_is_settled(app: OutreachApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await to_same(pilot)
        await pilot.press("end", "-")
        await settle(pilot)
        await pilot.press("1", "enter")
        await settle(pilot)
        await type_text(pilot, "twins, seen both")
        await pilot.press("enter")
        await settle(pilot)
        shown = screen_text(app)
        assert "looked at: " in shown
        assert "not the same child, by Kim Invented on Fri 20 Nov 2026" in shown
        (link,) = await asked(app, lambda store: store.find(Link))
        assert (link.kind, link.other, link.why) == ("different", IDS["twin"], "twins, seen both")
        check_shot(app, "same_child_decided_80")


async def test_a_change_made_elsewhere_is_shown_and_a_record_that_went_is_said(app: OutreachApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await to_same(pilot)
        await pilot.press("enter")
        await settle(pilot)

        def edit(store: Store) -> None:
            store.journal.commit(Edit("Edit", update(store.get(Child, IDS["double"]), reg="4Z")))

        await asked(app, edit)
        await settle(pilot)
        assert "4Z" in screen_text(app)

        def gone(store: Store) -> None:
            store.journal.commit(Edit("Gone", update(store.get(Child, IDS["double"]), void=True)))

        await asked(app, gone)
        await settle(pilot)
        assert "stands no more" in screen_text(app)
        assert "4Z" not in screen_text(app)
