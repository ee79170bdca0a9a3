"""What was open when a withdrawal came in is taken away; the worker is told why, and what of theirs stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from casework.edits import Edit, update
from casework.records import Child, Person
from casework.records_sharing import Agreement
from casework.records_sync import Conflict
from outreach_tui.app import OutreachApp
from screens.child import ChildScreen
from screens.conflict_form import ConflictTextForm
from screens.conflicts import ConflictsScreen
from screens.history import HistoryScreen
from screens.notification_form import NotificationForm
from screens.reader import TextScreen
from screens.reopening import LeftOpen
from screens.withheld import Notice
from storage.queries.reach import read_reach
from storage.settling import commit_settlement
from storage.store import Store
from tests.screens.real import KEY, NOW, TODAY, Family, asked, enter, make_real_app, new_store
from tests.screens.steps import settle
from tests.screens.test_conflicts import at_odds
from tests.screens.test_consent import agreement, flat, keys
from tests.screens.textshot import check_shot

BY_TILLY = {"agencies": ("school-nursing",), "categories": ("family",), "purposes": ("support", "planning")}


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    """As the school nurse has them, by agreement."""
    made = Family(new_store(tmp_path, "school-nursing"))
    yield made
    made.store.close()


def said_two_things(family: Family) -> Conflict:
    """About the mother, whom the nurse knows by agreement alone."""
    agreement(family, **BY_TILLY)
    anna = family.store.find(Person, "forename = 'Anna'")[0]
    said = {"record": anna.id, "record_type": "person", "facet": "family/support"}
    return at_odds(family, "note", "Rings from the quokka clinic.", **said)


async def elsewhere(app: OutreachApp, pilot: Any, family: Family, work: Any) -> None:
    """Another process writes, as a sync does, and the app hears of it."""
    at = NOW + timedelta(minutes=5)
    other = Store.open(family.store.path, bytearray(KEY), now=lambda: at, today=TODAY)
    work(other)
    other.close()
    await app.mind_others()
    await settle(pilot)


def withdraw(store: Store) -> None:
    (held,) = store.find(Agreement)
    store.journal.commit(Edit("Withdrawn", update(held, status="withdrawn", withdrawn_on=TODAY)))


def give_up(store: Store) -> None:
    """What the next session takes away once the family withdrew."""
    withdraw(store)
    for table, column in (("change", "record"), ("draft", "subject"), ("conflict", "id")):
        store.conn.execute(f"DELETE FROM {table} WHERE {column} IN (SELECT id FROM conflict)")


def leave_laptop(store: Store) -> None:
    """What the next session takes away where the family withdrew what alone brought the child here."""
    store.conn.execute("DELETE FROM child WHERE forename = 'Matilda'")


@pytest.mark.parametrize("gone", [withdraw, give_up])
async def test_an_open_form_goes_with_the_agreement(family: Family, tmp_path: Path, gone: Any) -> None:
    one = said_two_things(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "x", "quotation_mark", "=wombat", "f1")
        await elsewhere(app, pilot, family, gone)
        assert isinstance(app.screen, Notice)
        assert not any(isinstance(screen, ConflictTextForm) for screen in app.screen_stack)
        text = flat(app)
        assert "The family withdrew its agreement on Fri 20 Nov 2026." in text
        kept = await asked(app, lambda store: store.drafts.load("conflict-text", one.id))
        stays = gone is withdraw
        assert ("What you typed stays a draft." in text, "gone with it" in text) == (stays, not stays)
        assert (kept is not None and "wombat" in kept.fields["text"]) == stays
        if not stays:
            check_shot(app, "withheld-80")
        await keys(pilot, "right_parenthesis", "x", "enter")
        assert isinstance(app.screen, Notice)
        await keys(pilot, "escape")
        assert isinstance(app.screen, ConflictsScreen)
        assert "quokka" not in flat(app)
        assert "No conflict waits" in flat(app)


@pytest.mark.parametrize(("key", "screen"), [("enter", TextScreen), ("h", HistoryScreen)])
async def test_an_open_text_and_an_open_history_go_too(
    family: Family, tmp_path: Path, key: str, screen: type
) -> None:
    said_two_things(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "x", key)
        await elsewhere(app, pilot, family, lambda store: store.log("care", "nothing that matters"))
        assert isinstance(app.screen, screen)
        await elsewhere(app, pilot, family, withdraw)
        assert isinstance(app.screen, Notice)
        assert isinstance(app.screen_stack[-2], ConflictsScreen)


async def test_what_somebody_settled_meanwhile_is_said_and_the_words_stay(
    family: Family, tmp_path: Path
) -> None:
    one = said_two_things(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "x", "quotation_mark", "=wombat")
        await elsewhere(app, pilot, family, lambda store: commit_settlement(store, one.id, "yours"))
        assert isinstance(app.screen, ConflictTextForm)
        said = "Kim Invented has settled this: “Rings from the quokka clinic.” holds now."
        assert said in flat(app)
        assert "wombat" in flat(app)
        await keys(pilot, "ctrl+s")
        assert isinstance(app.screen, ConflictTextForm)
        assert said in flat(app)
        await keys(pilot, "escape")
        app.go_on(LeftOpen("conflict-text", one.id))
        await settle(pilot)
        assert isinstance(app.screen, ConflictTextForm)
        assert "wombat" in flat(app)
        assert said in flat(app)


async def test_a_page_of_a_child_who_is_there_no_more_is_emptied(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)

    def lose(store: Store) -> None:
        store.conn.execute("DELETE FROM child WHERE id = ?", (family.tilly.id,))

    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        app.open_child(family.tilly.id)
        await settle(pilot)
        assert isinstance(app.screen, ChildScreen)
        assert "Tilly" in flat(app)
        await elsewhere(app, pilot, family, lose)
        assert "Tilly" not in flat(app)


def test_people_shown_for_another_purpose_are_not_said_to_be_covered_by_nothing(family: Family) -> None:
    assert "no agreement covers it" in read_reach(family.store, family.tilly).withheld
    agreement(family, **BY_TILLY)
    told = "Open to you for support, not for attendance; the child's page shows them."
    assert read_reach(family.store, family.tilly).withheld == told


def test_nothing_of_this_is_asked_of_a_child_who_was_never_seen(family: Family) -> None:
    from storage.queries.still_seen import child_seen, form_seen, why_form_closes, why_text_closes

    nobody = family.store.get(Child, family.tilly.id).model_copy(update={"id": "nobody"}).id
    assert why_text_closes(family.store, nobody, child_seen(family.store, nobody)) == ""
    assert why_form_closes(family.store, form_seen(family.store, "round-words", "")) == ""


@pytest.mark.parametrize("gone", [withdraw, leave_laptop])
async def test_a_notification_about_a_child_who_was_picked_goes_too(
    family: Family, tmp_path: Path, gone: Any
) -> None:
    agreement(family, **BY_TILLY)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "n", "+", "=tilly mar", "enter", "=Ms Reed")
        form = app.screen
        assert isinstance(form, NotificationForm)
        form.query_one("#concern").focus()
        await keys(pilot, "=wombat")
        await elsewhere(app, pilot, family, lambda store: store.log("care", "nothing that matters"))
        assert app.screen is form
        await elsewhere(app, pilot, family, gone)
        assert isinstance(app.screen, Notice)
        text = flat(app)
        why = "The family withdrew its agreement" if gone is withdraw else "may not hold it any more"
        assert why in text
        assert "What you typed stays a draft." in text
        await keys(pilot, "escape", "plus")
        assert isinstance(app.screen, NotificationForm)
        again = "cannot be shown to you now" if gone is withdraw else "is not on this laptop any more"
        assert again in flat(app)
        assert ("wombat" in flat(app)) == (gone is leave_laptop)
        kept = await asked(app, lambda store: [one.fields["concern"] for one in store.drafts.waiting()])
        assert kept == ["wombat"]


async def test_a_notification_begun_anew_about_another_child_stays_open(
    family: Family, tmp_path: Path
) -> None:
    agreement(family, **BY_TILLY)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "n", "+", "=tilly mar", "enter", "ctrl+n")
        form = app.screen
        await elsewhere(app, pilot, family, withdraw)
        assert app.screen is form
