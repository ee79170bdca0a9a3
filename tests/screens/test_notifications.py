from __future__ import annotations

import gc
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Static, TextArea

from casework.clocks import working_day_clock
from casework.edits import Edit, create, update
from casework.ids import new_id
from casework.notifications import receive
from casework.records import Child, School, Worker
from casework.records_case import Episode, Notification
from outreach_tui.app import OutreachApp
from screens import kept_form
from screens.consent import ConsentScreen
from screens.notification_form import NotificationForm
from screens.notification_lines import read_entries, row
from screens.notifications import NotificationsScreen
from screens.widgets.text import cell_text
from storage.store import Store
from tests.screens.fakes import PASSPHRASE
from tests.screens.real import KEY, NOW, TODAY, Family, asked, commit, enter, make_real_app, new_store
from tests.screens.steps import settle, type_text
from tests.screens.test_consent import flat
from tests.screens.textshot import check_shot, screen_text

WHOLE: dict[str, Any] = {
    "concern": "Away most Mondays since September; often late when in.",
    "offered": "Breakfast club, no change.",
    "outcome": "In school every day.",
    "voice": "I worry about Mum.",
    "heard_by": "Mrs Lane",
    "heard_on": date(2026, 11, 10),
}
PASTED = "Concern: away on Mondays\nTried so far:\nclub\nChild's voice: worried\nOutcome: in daily\n"


@pytest.fixture
def family(tmp_path: Path) -> Family:
    found = Family(new_store(tmp_path, "early-help"))
    amara = Worker(id=new_id(), name="Amara Sample", agency="early-help", team=found.store.worker.team)
    commit(found.store, "Team", [amara])
    send(found, found.tilly, date(2026, 11, 13), **WHOLE)
    send(found, found.ben, date(2026, 11, 18), **WHOLE)
    send(found, found.ben, date(2026, 11, 19), concern="Often tired.")
    return found


def send(family: Family, child: Child, on: date, **parts: Any) -> Notification:
    held = Notification(
        id=new_id(),
        child=child.id,
        received=on,
        school=family.school.id,
        notifier="Mr Orr",
        by=family.store.worker.id,
        **parts,
    )
    edit, kept = receive(held, TODAY, ())
    family.store.journal.commit(edit)
    return kept


async def here(pilot: Pilot[None]) -> NotificationsScreen:
    await enter(pilot)
    await pilot.press("g", "n")
    await settle(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, NotificationsScreen)
    return screen


async def form(pilot: Pilot[None]) -> NotificationForm:
    await here(pilot)
    await pilot.press("+")
    await settle(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, NotificationForm)
    return screen


def app_of(family: Family, folder: Path) -> OutreachApp:
    return make_real_app(folder, family.store)


def linter(screen: NotificationForm) -> str:
    return str(screen.query_one("#linter", Static).content)


async def paste(pilot: Pilot[None], text: str) -> None:
    """As the terminal gives it; posted to a field it would come up to the app and be put in twice."""
    await settle(pilot)
    pilot.app.post_message(events.Paste(text))
    await settle(pilot)


async def test_those_that_wait_come_first_by_their_clock(family: Family, tmp_path: Path) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await here(pilot)
        check_shot(app, "notifications")
        await pilot.press("down", "down")
        await settle(pilot)
        check_shot(app, "notifications-missing")
        await pilot.press("enter")
        await settle(pilot)
        check_shot(app, "notification")


def test_on_the_weekend_after_its_end_no_working_day_is_told(family: Family) -> None:
    entry = next(one for one in read_entries(family.store) if one.waits)
    clocks = [working_day_clock("allocation", date(2026, 11, day), 4, date(2026, 11, 22)) for day in (13, 16)]
    standings = [replace(entry.shown.standing, clock=clock) for clock in clocks]
    told = [row(replace(entry, shown=replace(entry.shown, standing=one))).cells[3] for one in standings]
    assert [cell_text(cell) for cell in told] == ["1 day overdue", "overdue"]


async def test_another_school_than_the_childs_is_told_while_typing(family: Family, tmp_path: Path) -> None:
    other = School(id=new_id(), urn="999002", name="Harbour View")
    commit(family.store, "School", [other])
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form(pilot)
        await type_text(pilot, "tilly")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert "on the roll" not in linter(screen)
        screen.query_one("#school", Input).value = "harbour"
        await settle(pilot)
        told = "look again: the child is on the roll of Oakhanger Primary, not of Harbour View."
        assert told in linter(screen)
        screen.query_one("#school", Input).value = "oakhanger"
        await settle(pilot)
        assert "on the roll" not in linter(screen)


async def test_a_wide_window(family: Family, tmp_path: Path) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await here(pilot)
        check_shot(app, "notifications-wide")


async def test_asking_for_more_stops_the_clock(family: Family, tmp_path: Path) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await here(pilot)
        await pilot.press("M")
        await settle(pilot)
        await type_text(pilot, "who is at home")
        await pilot.press("enter")
        await settle(pilot)
        said = screen_text(app)
        assert "Asked for: who is at home" in said
        assert "stands still" in said
        await pilot.press("I")
        await settle(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, NotificationForm)
        screen.query_one("#siblings", TextArea).focus()
        await type_text(pilot, "Mum and Ben")
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert "Information received. Allocate by Thu 26 Nov 2026." in " ".join(screen_text(app).split())
        held = await asked(app, lambda store: store.find(Notification, "siblings <> ''"))
        assert [(one.siblings, one.sufficient_on) for one in held] == [("Mum and Ben", TODAY)]


async def test_allocating_by_what_each_carries(family: Family, tmp_path: Path) -> None:
    me = family.store.worker
    busy = Episode(id=new_id(), child=family.ben.id, opened=date(2026, 11, 2), worker=me.id)
    family.store.journal.commit(Edit("Case", (create(busy),)))
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await here(pilot)
        await pilot.press("A")
        await settle(pilot)
        check_shot(app, "notification-allocate")
        assert f"› 2    {me.name}" in screen_text(app), "begins on oneself"
        await pilot.press("up", "enter")
        await settle(pilot)
        assert "Allocated to Amara Sample" in screen_text(app)
        (episode,) = await asked(app, lambda s: s.find(Episode, "child = ?", (family.tilly.id,)))
        assert episode.opened == TODAY
        assert screen.entry is not None
        await pilot.press("u")
        await settle(pilot)
        assert "Undone: Case allocated." in screen_text(app)
        assert not await asked(app, lambda s: s.find(Episode, "child = ?", (family.tilly.id,)))


async def test_those_that_wait_beside_it_go_into_the_case(family: Family, tmp_path: Path) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await here(pilot)
        await pilot.press("down", "A")
        await settle(pilot)
        asks = " ".join(screen_text(app).replace("│", " ").split())
        assert "That of Thu 19 Nov becomes new information in the case." in asks
        await pilot.press("enter")
        await settle(pilot)
        assert "That of Thu 19 Nov became new information in it." in " ".join(screen_text(app).split())
        (late,) = await asked(app, lambda s: s.find(Notification, "concern = 'Often tired.'"))
        assert late.new_information
        await asked(app, lambda s: s.journal.commit(Edit("Old", update(late, new_information=False))))
        await settle(pilot)
        assert screen.choose(late.id)
        await pilot.press("A")
        await settle(pilot)
        assert "A case is open for Ben Marsh with" in screen_text(app)
        await pilot.press("y")
        await settle(pilot)
        assert (await asked(app, lambda s: s.get(Notification, late.id))).new_information


async def test_what_the_notifier_may_be_told_stands_in_the_question(family: Family, tmp_path: Path) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await here(pilot)
        await pilot.press("K")
        await settle(pilot)
        said = " ".join(screen_text(app).split())
        assert "They may be told that the team is in touch, and no more." in said
        assert "no agreement covers it" in " ".join(screen_text(app).replace("│", " ").split())
        await pilot.press("tab")
        await type_text(pilot, "tomorrow")
        await pilot.press("enter")
        await settle(pilot)
        assert "is still to come." in screen_text(app)
        await pilot.press(*["backspace"] * 8)
        await type_text(pilot, "yesterday")
        await pilot.press("enter")
        await settle(pilot)
        (held,) = await asked(app, lambda s: s.find(Notification, "contacted_on IS NOT NULL"))
        assert (held.contacted_with, held.feedback) == ("Mr Orr", "in-touch")
        assert held.contacted_on == app.today - timedelta(days=1)


async def test_agreement_is_one_key_away_in_the_room_and_on_the_page(family: Family, tmp_path: Path) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await here(pilot)
        about = app.screen.entry.shown.child.id  # type: ignore[attr-defined]
        for keys in (("C",), ("escape", "enter", "C")):
            await pilot.press(*keys)
            await settle(pilot)
            assert isinstance(app.screen, ConsentScreen)
            assert app.screen.child_id == about


async def test_a_filter_of_words(family: Family, tmp_path: Path) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await here(pilot)
        await pilot.press("/")
        await type_text(pilot, "ben missing")
        await settle(pilot)
        assert screen.rows.count == 1
        assert "1 of 3 fit" in screen_text(app)
        await pilot.press("escape")
        await settle(pilot)
        assert screen.rows.count == 3


async def test_a_child_is_found_while_typing_and_the_parts_are_kept(family: Family, tmp_path: Path) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form(pilot)
        await type_text(pilot, "tilly mar")
        await settle(pilot)
        check_shot(app, "notification-form")
        await pilot.press("enter")
        await settle(pilot)
        assert "missing: who sent it; the nature of the concern; the support" in linter(screen)
        waits = "A notification of this child waits already: that of Fri 13 Nov 2026."
        assert waits in " ".join(screen_text(app).split())
        await type_text(pilot, "Ms Webb")
        await pilot.press("tab", "tab")
        await paste(pilot, PASTED)
        assert linter(screen) == "missing: who listened; when the child was heard"
        screen.query_one("#heard_by", Input).value = "Ms Webb"
        screen.query_one("#heard_on", Input).value = "20/12"
        await settle(pilot)
        assert "when they listened: Sun 20 Dec 2026 is still to come; if you mean the year" in linter(screen)
        assert "ready" not in linter(screen), "as the command line says"
        screen.query_one("#heard_on", Input).value = "wed"
        await settle(pilot)
        assert linter(screen) == "ready to send"
        echoed = [str(screen.query_one(f"#echo-{day}", Static).content) for day in ("received", "heard_on")]
        assert echoed == ["Fri 20 Nov 2026", "Wed 18 Nov 2026"]
        check_shot(app, "notification-form-ready")
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert "Notification received. Allocate by Thu 26 Nov 2026." in " ".join(screen_text(app).split())
        (held,) = await asked(app, lambda s: s.find(Notification, "notifier = 'Ms Webb'"))
        assert (held.child, held.school, held.voice) == (family.tilly.id, family.school.id, "worried")
        assert await asked(app, lambda s: s.drafts.load("notification", "")) is None


async def test_more_children_than_shown_are_counted_and_reached(family: Family, tmp_path: Path) -> None:
    born = date(2014, 7, 26)
    others = [
        Child(id=new_id(), forename=f"Anna{letter}", surname="Zeller", dob=born, school=family.school.id)
        for letter in "bcdefg"
    ]
    commit(family.store, "Six of one name", others)
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form(pilot)
        await type_text(pilot, "zeller")
        await settle(pilot)
        told = str(screen.query_one("#candidates", Static).content)
        assert told.count("born 26 Jul 2014") == 4
        assert "and 2 more" in told
        await pilot.press("down", "down", "down", "down", "down")
        await settle(pilot)
        at_top = screen.query_one("#parts").scroll_offset.y
        assert (at_top, "zeller" in flat(app)) == (0, True), "arrows scroll nothing"
        await pilot.press("enter")
        await settle(pilot)
        assert screen.fields()["chosen"] in {child.id for child in others}, "the sixth can be taken"
        assert "and 2 more" not in str(screen.query_one("#candidates", Static).content)


async def test_the_cursor_stands_on_the_one_that_was_kept(family: Family, tmp_path: Path) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await here(pilot)
        await pilot.press("/")
        await type_text(pilot, "tilly")
        await pilot.press("enter", "+")
        await settle(pilot)
        await type_text(pilot, "ben mar")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        await type_text(pilot, "Ms Webb")
        await pilot.press("ctrl+s")
        await settle(pilot)
        (held,) = await asked(app, lambda s: s.find(Notification, "notifier = 'Ms Webb'"))
        assert screen.entry is not None
        assert screen.entry.id == held.id, "also where the filter hid it"
        (row,) = [line for line in screen_text(app).splitlines() if line.startswith("›")]
        assert "4 missing: " in row


async def test_a_new_child_is_held_against_those_on_record(family: Family, tmp_path: Path) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form(pilot)
        await type_text(pilot, "Tily Marsch")
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert "Tilly" in str(screen.query_one("#candidates", Static).content), (
            "alike, though no day is typed"
        )
        screen.query_one("#forename", Input).value = "Tilly"
        screen.query_one("#surname", Input).value = "Marsh"
        await pilot.press("tab", "tab")
        await type_text(pilot, "3/3/2018")
        await settle(pilot)
        check_shot(app, "notification-form-match")
        screen.query_one("#notifier", Input).value = "Ms Webb"
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert "Keep as a new child?" in screen_text(app)
        await pilot.press("n")
        await settle(pilot)
        await pilot.press("f3")
        await settle(pilot)
        assert screen.fields()["chosen"] == family.tilly.id
        assert len(await asked(app, lambda s: s.find(Child))) == 2
        screen.query_one("#concern", TextArea).text = "Tilly, DOB 12/03/2017"
        await settle(pilot)
        assert "the text says born 12 Mar 2017, this child was born" in linter(screen)


async def test_a_new_child_comes_in_with_the_notification_and_leaves_with_it(
    family: Family, tmp_path: Path
) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form(pilot)
        await pilot.press("ctrl+n")
        values = {
            "forename": "Oscar",
            "surname": "Quill",
            "dob": "soon",
            "upn": "U88600992400",
            "school": "oak",
        }
        for name, value in {**values, "notifier": "Ms Webb", "address": "3 Mill Rise, ZZ1 1AA"}.items():
            screen.query_one(f"#{name}", Input).value = value
        await settle(pilot)
        assert "A UPN has 13 characters; this has 12." in linter(screen)
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert screen.at == "dob"
        screen.query_one("#dob", Input).value = "4/5/2019"
        await pilot.press("ctrl+s")
        await settle(pilot)
        (child,) = await asked(app, lambda s: s.find(Child, "surname = 'Quill'"))
        assert (child.dob, child.school) == (date(2019, 5, 4), family.school.id)
        await pilot.press("u")
        await settle(pilot)
        assert "1 child came in with it." in screen_text(app)
        await pilot.press("y")
        await settle(pilot)
        assert not await asked(app, lambda s: s.find(Child, "surname = 'Quill'"))


async def test_words_survive_a_kill(family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_form, "_PAUSE", 3600.0)  # so that only the keystrokes save
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form(pilot)
        screen.query_one("#concern", TextArea).focus()
        await type_text(pilot, "half a s")
        await settle(pilot)
        left = tmp_path / "left"
        left.mkdir()
        for file in tmp_path.glob("caseload.db*"):
            shutil.copy(file, left)
        store = Store.open(left / "caseload.db", bytearray(KEY), now=lambda: NOW, today=TODAY)
        draft = store.drafts.load("notification", "")
        store.close()
    assert draft is not None
    assert draft.fields["concern"] == "half a s"


async def test_a_draft_about_a_child_who_was_purged_asks_for_the_child_and_shows_no_id(
    family: Family, tmp_path: Path
) -> None:
    gone = new_id()
    family.store.drafts.save("notification", "", {"chosen": gone, "concern": "Often late."})
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form(pilot)
        assert "The child whom this draft was about is not on this laptop any more." in flat(app)
        assert "Another version" not in flat(app)
        assert gone[:8] not in flat(app)
        assert screen.fields()["concern"] == "Often late."


async def test_a_lock_keeps_the_form_and_brings_it_back(family: Family, tmp_path: Path) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await form(pilot)
        await type_text(pilot, "tilly mar")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        await type_text(pilot, "M")
        await pilot.press("ctrl+l")
        await settle(pilot)
        await type_text(pilot, PASSPHRASE)
        await pilot.press("enter")
        await settle(pilot)
        screen = app.screen
        assert isinstance(screen, NotificationForm)
        fields = screen.fields()
        assert (fields["chosen"], fields["notifier"]) == (family.tilly.id, "M")


async def test_what_came_meanwhile_is_not_written_over_unasked(family: Family, tmp_path: Path) -> None:
    """A draft holds what was typed, not what the record said of the other parts when it was begun."""
    sent = send(family, family.tilly, date(2026, 11, 19), concern="Tired.")
    app = app_of(family, tmp_path)

    async def elsewhere(**said: Any) -> None:
        await asked(
            app, lambda s: s.journal.commit(Edit("Came", update(s.get(Notification, sent.id), **said)))
        )

    async def now() -> tuple[str, str]:
        held = await asked(app, lambda s: s.get(Notification, sent.id))
        return held.concern, held.offered

    async with app.run_test(size=(80, 24)) as pilot:
        screen = await here(pilot)

        async def typed(words: str, then: str) -> None:
            assert screen.choose(sent.id)
            await pilot.press("I")
            await settle(pilot)
            await pilot.press("ctrl+end")
            await type_text(pilot, words)
            await pilot.press(then)
            await settle(pilot)

        await typed(" Often.", "escape")
        await elsewhere(offered="Breakfast club.")
        await typed("", "ctrl+s")
        assert await now() == ("Tired. Often.", "Breakfast club.")
        await typed(" Sad.", "escape")
        await elsewhere(concern="Theirs.")
        await typed("", "ctrl+s")
        assert "Written elsewhere meanwhile: nature of concern." in flat(app)
        await pilot.press("n")
        assert await now() == ("Theirs.", "Breakfast club.")
        await pilot.press("ctrl+s", "y")
        await settle(pilot)
        assert await now() == ("Tired. Often. Sad.", "Breakfast club.")


async def test_withheld_parts_are_neither_shown_nor_changed(tmp_path: Path) -> None:
    family = Family(new_store(tmp_path, "school-nursing"))
    kept = send(family, family.tilly, date(2026, 11, 19), **{**WHOLE, "outcome": "", "risks": "canary-dog"})
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await here(pilot)
        await pilot.press("enter")
        await settle(pilot)
        said = screen_text(app)
        await pilot.press("I")
        await settle(pilot)
        said += screen_text(app)
        assert not [word for word in ("Mondays", "worry", "canary-dog") if word in said]
        screen = app.screen
        assert isinstance(screen, NotificationForm)
        screen.query_one("#level", Input).value = "2"
        await pilot.press("ctrl+s")
        await settle(pilot)
        held = await asked(app, lambda s: s.get(Notification, kept.id))
        assert (held.level, held.voice, held.risks) == ("2 Additional", WHOLE["voice"], "canary-dog")


async def test_a_line_like_a_heading_is_flagged_and_one_key_moves_it(family: Family, tmp_path: Path) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form(pilot)
        screen.query_one("#concern", TextArea).focus()
        await paste(pilot, PASTED + "Child's voice: I worry.\nSchool nurse: asthma\nseen in May\n")
        assert "this line looks like a heading: 'School nurse: asthma', in" in linter(screen)
        assert "School nurse: asthma\nseen in May" in screen.fields()["voice"]
        check_shot(app, "notification-form-heading")
        await pilot.press("f5")
        await settle(pilot)
        await type_text(pilot, "other")
        await pilot.press("enter")
        await settle(pilot)
        assert screen.fields()["other_agencies"] == "School nurse: asthma\nseen in May"
        assert "nurse" not in screen.fields()["voice"]
        assert "looks like" not in linter(screen)


async def test_who_sent_it_who_listened_and_when_are_filled_from_a_paste(
    family: Family, tmp_path: Path
) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form(pilot)
        screen.query_one("#concern", TextArea).focus()
        await paste(
            pilot,
            "From: Mrs Tinker, SENCO\nNature of concern \u2013 away on Mondays\n"
            "Child's voice: I  feel sick.\n"
            "Heard by: Mrs Tinker on 17/11/2026\nIntended outcome - back in class every day\n",
        )
        assert {name: words for name, words in screen.fields().items() if words} == {
            "notifier": "Mrs Tinker, SENCO",
            "concern": "away on Mondays",
            "voice": "I  feel sick.",
            "heard_by": "Mrs Tinker",
            "heard_on": "17/11/2026",
            "outcome": "back in class every day",
            "received": "today",
        }


async def test_one_key_offers_who_sent_it_and_begins_there(family: Family, tmp_path: Path) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form(pilot)
        assert "F5" not in screen_text(app)
        screen.query_one("#concern", TextArea).focus()
        await settle(pilot)
        await paste(pilot, "Referral made by: Mrs Tinker, SENCO of the school\nAway on Mondays.")
        shown = " ".join(screen_text(app).split())
        assert "in nature of concern; F5 moves it" in shown
        assert "missing: which child; who sent it;" in shown
        assert " ".join(linter(screen).split()) in shown
        assert "F5 move  esc leave  ctrl+d drop" in screen_text(app).splitlines()[-1]
        await pilot.press("f5")
        await settle(pilot)
        assert any("\u203a" in line and "who sent it" in line for line in screen_text(app).splitlines())
        await pilot.press("enter")
        await settle(pilot)
        assert screen.fields()["notifier"] == "Mrs Tinker, SENCO of the school"
        assert screen.fields()["concern"] == "Away on Mondays."
        assert "F5" not in screen_text(app)


async def test_an_unknown_level_is_one_sentence_and_an_older_one_stays_as_it_was(tmp_path: Path) -> None:
    family = Family(new_store(tmp_path))
    kept = send(family, family.tilly, date(2026, 11, 19), **{**WHOLE, "level": "Tier 2b"})
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await here(pilot)
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("I")
        await settle(pilot)
        screen = app.screen
        assert isinstance(screen, NotificationForm)
        assert screen.fields()["level"] == "Tier 2b"
        screen.query_one("#siblings", TextArea).text = "One brother."
        await pilot.press("ctrl+s")
        await settle(pilot)
        held = await asked(app, lambda s: s.get(Notification, kept.id))
        assert (held.level, held.siblings) == ("Tier 2b", "One brother.")
        await pilot.press("I")
        await settle(pilot)
        app.screen.query_one("#level", Input).value = "9"
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert isinstance(app.screen, NotificationForm)
        assert "No level of need is called so; there are 1 Universal" in " ".join(screen_text(app).split())
        assert (await asked(app, lambda s: s.get(Notification, kept.id))).level == "Tier 2b"


def name_contact(family: Family) -> None:
    family.store.journal.commit(
        Edit("Contacts", update(family.school, spoc="Ms Webb, SENCO", spoc_reach="01632 960401"))
    )


async def test_the_point_of_contact_is_offered_as_who_sent_it(family: Family, tmp_path: Path) -> None:
    name_contact(family)
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form(pilot)
        assert screen.query_one("#notifier", Input).placeholder == "who sent it"
        await type_text(pilot, "tilly mar")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert screen.fields()["notifier"] == ""
        assert "F7: Ms Webb, SENCO · 01632 960401" in screen_text(app)
        await pilot.press("f7")
        await settle(pilot)
        assert screen.fields()["notifier"] == "Ms Webb, SENCO"
        assert "From the school's point of contact: Ms Webb, SENCO · 01632 960401" in screen_text(app)
        await pilot.press("escape")
        await settle(pilot)
        draft = await asked(app, lambda s: s.drafts.load("notification", ""))
        assert draft is not None
        assert draft.fields["notifier"] == "Ms Webb, SENCO"


async def test_who_was_typed_is_never_written_over(family: Family, tmp_path: Path) -> None:
    name_contact(family)
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form(pilot)
        screen.query_one("#school", Input).value = "oak"
        screen.query_one("#notifier", Input).value = "Mr Orr"
        await settle(pilot)
        await pilot.press("f7")
        await settle(pilot)
        assert screen.fields()["notifier"] == "Mr Orr"
        assert "! Somebody stands in From already, and stays; empty it first." in screen_text(app)
        screen.query_one("#school", Input).value = "nowhere"
        screen.query_one("#notifier", Input).value = ""
        await settle(pilot)
        assert screen.query_one("#notifier", Input).placeholder == "who sent it"
        await pilot.press("f7")
        await settle(pilot)
        assert screen.fields()["notifier"] == ""
        assert "! No point of contact is named for this school; g o names one." in screen_text(app)


async def test_speaking_with_the_notifier_shows_how_to_reach_the_school(
    family: Family, tmp_path: Path
) -> None:
    name_contact(family)
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await here(pilot)
        await pilot.press("A")
        await settle(pilot)
        await pilot.press("up", "enter")
        await settle(pilot)
        said = screen_text(app)
        assert "Allocated to Amara Sample. K: speak with the notifier. u undoes." in said
        assert "Cleared by: K." in said
        await pilot.press("K")
        await settle(pilot)
        assert "Point of contact: Ms Webb, SENCO · 01632 960401." in flat(app)
        check_shot(app, "notification-contacted")


async def test_a_quicker_letter_leaves_no_look_for_the_contact_unawaited(
    family: Family, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form(pilot)
        screen.offer_contact()
        screen.offer_contact()
        await settle(pilot)
    gc.collect()
    assert not [one for one in recwarn if "never awaited" in str(one.message)]


async def test_typing_replaces_the_name_that_is_offered(family: Family, tmp_path: Path) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await here(pilot)
        await pilot.press("K")
        await settle(pilot)
        line = app.screen.query_one("#words", Input)
        assert line.value == "Mr Orr"
        await type_text(pilot, "Ms Webb")
        assert line.value == "Ms Webb"


async def test_the_field_that_takes_the_keys_stays_in_sight(family: Family, tmp_path: Path) -> None:
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await form(pilot)
        screen.query_one("#received", Input).value = "tomorrow"
        screen.query_one("#level", Input).value = "99"
        await screen._choose(family.tilly.id)
        await pilot.press("ctrl+s")
        await settle(pilot)
        level = screen.query_one("#level", Input)
        assert level.has_focus
        assert "\u203a" in next(
            line for line in screen_text(app).splitlines() if "99" in line and "Level" in line
        )
        await type_text(pilot, "1")
        await settle(pilot)
        screen.query_one("#concern", TextArea).focus()
        await settle(pilot)
        await pilot.resize_terminal(40, 8)
        await settle(pilot)
        shown = screen.query_one("#concern").region
        assert screen.query_one("#parts").region.overlaps(shown)
