"""The Clocks screen over a real caseload, by keys alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from textual.widgets import Input

from casework.edits import Edit, update
from casework.ids import new_id
from casework.records_attendance import AttendanceWeek
from casework.records_case import Action, Episode, Outcome, Pause, Plan
from outreach_tui.app import OutreachApp
from screens.clocks import ClocksScreen
from screens.clocks_form import Rest, SleepForm
from screens.contact_form import ContactForm
from screens.kept_dialog import KeptAs
from storage.store import Store
from tests.screens.real import TODAY, Family, asked, commit, enter, make_real_app, new_store
from tests.screens.steps import settle, type_text
from tests.screens.textshot import check_shot, screen_text


def cases(store: Store) -> Family:
    """Tilly and Ben with open cases, Tilly's plan with an overdue action."""
    family = Family(store)
    me = store.actor.worker
    plan = Plan(
        id=new_id(), child=family.tilly.id, started=date(2026, 10, 12), next_review=date(2026, 11, 23), by=me
    )
    outcome = Outcome(id=new_id(), plan=plan.id, child=family.tilly.id, text="Mornings without shouting")
    action = Action(
        id=new_id(),
        outcome=outcome.id,
        child=family.tilly.id,
        text="Ask the school for a bus buddy",
        owner="Mr Orr",
        due=date(2026, 11, 18),
    )
    opened = {family.tilly.id: date(2026, 11, 10), family.ben.id: date(2026, 11, 16)}
    episodes = [Episode(id=new_id(), child=child, opened=day, worker=me) for child, day in opened.items()]
    commit(store, "Cases", [plan, outcome, action, *episodes])
    return family


@pytest.fixture
def app(tmp_path: Path) -> OutreachApp:
    store = new_store(tmp_path, "early-help")
    cases(store)
    return make_real_app(tmp_path, store)


async def to_clocks(pilot) -> ClocksScreen:  # type: ignore[no-untyped-def]
    await enter(pilot)
    pilot.app.go_to("clocks")
    await settle(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, ClocksScreen)
    return screen


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_list_says_why_and_groups(app: OutreachApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await to_clocks(pilot)
        check_shot(app, f"clocks_due_{size[0]}")
        await pilot.press("o")
        await settle(pilot)
        check_shot(app, f"clocks_family_{size[0]}")
        await pilot.press("o")
        await settle(pilot)
        check_shot(app, f"clocks_school_{size[0]}")


async def test_a_snooze_hides_the_row_with_a_reason_and_undo_brings_it_back(app: OutreachApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_clocks(pilot)
        first = screen.row
        assert first is not None
        await pilot.press("z")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert "Say why." in screen_text(app)
        await type_text(pilot, "school shut")
        await pilot.press("enter")
        await type_text(pilot, "mon")
        await settle(pilot)
        assert "Back on Mon 23 Nov 2026" in screen_text(app)
        check_shot(app, "clocks_snooze_80")
        await pilot.press("enter")
        await settle(pilot)
        assert screen.row is not None
        assert screen.row.task.key != first.task.key
        shown = screen_text(app)
        assert "1 snoozed (. shows)" in shown
        assert "snoozed until Mon 23 Nov. u undoes." in shown
        (pause,) = await asked(app, lambda store: store.find(Pause))
        assert (pause.kind, pause.reason, pause.wake) == ("snooze", "school shut", date(2026, 11, 23))
        await pilot.press("full_stop", "home")
        await settle(pilot)
        assert "Snoozed until Mon 23 Nov: school shut" in screen_text(app)
        await pilot.press("B")
        await settle(pilot)
        assert "snoozed" not in screen_text(app)
        await pilot.press("u", "u")
        await settle(pilot)
        assert "Undone: Clock snoozed." in screen_text(app)
        assert screen.found is not None
        assert first.task.key in {row.task.key for row in screen.found.rows}


async def test_marked_rows_are_paused_as_one_step(app: OutreachApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_clocks(pilot)
        await pilot.press("space", "space", "Z")
        await settle(pilot)
        await type_text(pilot, "family abroad")
        await pilot.press("enter")
        await type_text(pilot, "+2w")
        await pilot.press("enter")
        await settle(pilot)
        assert screen.found is not None
        assert screen.found.counts["paused"] == 2
        assert "2 clocks paused until Fri 4 Dec. u undoes." in screen_text(app)
        await pilot.press("u")
        await settle(pilot)
        assert screen.found.counts["paused"] == 0


@pytest.mark.parametrize("key", ["z", "Z"])
async def test_an_overdue_n_code_is_not_hidden_and_no_form_opens(tmp_path: Path, key: str) -> None:
    store = new_store(tmp_path, "early-help")
    family = cases(store)
    week = AttendanceWeek(
        id=new_id(),
        child=family.ben.id,
        school=family.ben.school,
        week=date(2026, 11, 2),
        marks="N N - - - - - - - -",
    )
    old = Pause(
        id=new_id(),
        child=family.ben.id,
        about=week.id,
        clock="n-code",
        kind="pause",
        start=date(2026, 11, 3),
        wake=date(2027, 2, 1),
        reason="Mum is away",
        by=store.actor.worker,
    )
    commit(store, "A week, and a pause of its N", [week, old])
    app = make_real_app(tmp_path, store)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_clocks(pilot)
        screen.rows.move_to(f"n-code {week.id} 2026-11-02")
        await settle(pilot)
        shown = " ".join(screen_text(app).split())
        assert "paused to Mon 1 Feb" in shown
        assert "Paused until Mon 1 Feb: Mum is away (listed all the same" in shown
        await pilot.press(key)
        await settle(pilot)
        assert app.screen is screen
        assert "set by law and overdue, so it stays on the list" in " ".join(screen_text(app).split())
        await pilot.press("B")
        await settle(pilot)
        assert "listed again. u undoes." in screen_text(app)


async def test_what_was_typed_is_a_draft_until_it_is_kept(app: OutreachApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await to_clocks(pilot)
        await pilot.press("z")
        await settle(pilot)
        await type_text(pilot, "half a reas")
        await pilot.press("escape")
        await settle(pilot)
        await pilot.press("z")
        await settle(pilot)
        assert "half a reas" in screen_text(app)


async def test_a_contact_is_logged_from_the_row_and_clears_the_visit(app: OutreachApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_clocks(pilot)
        assert screen.found is not None
        while screen.row is not None and (screen.row.name, screen.row.task.rule) != (
            "Ben Marsh",
            "first-visit",
        ):
            await pilot.press("down")
        await pilot.press("l")
        await settle(pilot)
        assert isinstance(app.screen, ContactForm)
        await pilot.press("right", "right", "right", "right", "ctrl+s")
        await settle(pilot)
        assert app.screen is screen
        held = {(row.name, row.task.rule) for row in screen.found.rows}
        assert ("Ben Marsh", "first-visit") not in held


async def test_enter_opens_the_child_and_esc_comes_back(app: OutreachApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_clocks(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert app.screen is not screen
        await pilot.press("escape")
        await settle(pilot)
        assert app.screen is screen


async def test_g_k_leads_there(app: OutreachApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("g", "k")
        await settle(pilot)
        assert isinstance(app.screen, ClocksScreen)


async def test_by_school_visit_says_whom_to_see_there(tmp_path: Path) -> None:
    store = new_store(tmp_path, "early-help")
    school = cases(store).school
    store.journal.commit(Edit("Contacts", update(school, spoc="Ms Webb, SENCO", spoc_reach="01632 960401")))
    app = make_real_app(tmp_path, store)
    async with app.run_test(size=(80, 24)) as pilot:
        await to_clocks(pilot)
        assert "Ms Webb" not in screen_text(app)
        await pilot.press("o", "o")
        await settle(pilot)
        words = " ".join(screen_text(app).split())
        assert "While you are at Oakhanger Primary: Ms Webb, SENCO · 01632 960401" in words
        check_shot(app, "clocks_school_contact_80")


async def test_every_room_after_g_is_told_in_a_narrow_window(app: OutreachApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await to_clocks(pilot)
        before = screen_text(app).splitlines()[-1]
        await pilot.press("g")
        await settle(pilot)
        shown = screen_text(app)
        rooms = ("t Today", "c Caseload", "k Clocks", "v Supervision", "i Import", "n Notifications")
        assert [words for words in (*rooms, "s Search", "o Schools", "h Help") if words not in shown] == []
        check_shot(app, "clocks_go_to_80")
        await pilot.press("escape")
        await settle(pilot)
        assert screen_text(app).splitlines()[-1] == before


async def test_a_past_day_is_refused_at_once_and_a_kept_day_is_replaced_by_typing(app: OutreachApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        kept = KeptAs("clock-sleep", "x", _keep_nothing, {"reason": "", "until": "2026-12-04"})
        form = SleepForm("Snooze?", TODAY, kept)
        answers: list[Rest | None] = []
        app.push_screen(form, answers.append)
        await settle(pilot)
        form.query_one("#until").focus()
        await type_text(pilot, "1 jan 2020")
        await settle(pilot)
        assert form.query_one("#until", Input).value == "1 jan 2020"
        assert "Wed 1 Jan 2020 is no day to come. Choose a day to come." in screen_text(app)
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert "Say why. Choose a day to come." in screen_text(app)
        await type_text(pilot, "school shut")
        form.query_one("#until", Input).value = "4/12/2026"
        await settle(pilot)
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert answers == [Rest("school shut", date(2026, 12, 4))]


async def _keep_nothing(_fields: object) -> None:
    return None
