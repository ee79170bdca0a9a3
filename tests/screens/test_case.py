"""The Case screen on a real encrypted caseload: episodes, closing by keys, coming back as a new episode."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from casework.consent import record_agreement, withdraw_agreement
from casework.edits import Edit, create, update
from casework.ids import new_id
from casework.records import Child, Worker
from casework.records_case import Episode, Notification, Plan
from casework.records_sharing import Agreement
from outreach_tui.rooms import ROOMS
from screens import kept_form
from screens.case import CaseScreen
from screens.case_form import CloseForm
from screens.review import ReviewScreen
from storage import audit
from tests.screens.case_world import end_case, notify, open_case, plan_case
from tests.screens.fakes import HOSTILE
from tests.screens.real import TODAY, Family, asked, enter, make_real_app, new_store
from tests.screens.steps import settle
from tests.screens.test_reviews import flat, keys
from tests.screens.textshot import check_shot, screen_text


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    store = new_store(tmp_path, "early-help")
    yield Family(store)
    store.close()


def worked_before(family: Family) -> None:
    """A first episode that ended in June, and a second one that is open."""
    open_case(family, date(2025, 9, 1), date(2025, 9, 3))
    end_case(family, date(2026, 6, 30), reason="stepped-down", passed_to="Ms Reed, school lead")
    plan_case(family)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_episodes_stand_newest_first_and_an_open_one_has_no_length(
    family: Family, tmp_path: Path, size: tuple[int, int]
) -> None:
    worked_before(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=size) as pilot:
        await enter(pilot, family.tilly.id)
        assert "Case: open, episode 2, 51 days so far" in flat(app)
        assert "from the previous referral (DfE): no" in flat(app)
        await keys(pilot, "H")
        assert isinstance(app.screen, CaseScreen)
        check_shot(app, f"case-{size[0]}")
        text = flat(app)
        assert "OPEN, episode 2, 51 days so far." in text
        assert "from the previous referral (DfE): NO" in text
        assert "from the previous closure (many early help teams): YES" in text
        assert "2 working days after Mon 28 Sep 2026" in text
        await keys(pilot, "end")
        check_shot(app, f"case-end-{size[0]}")
        text = flat(app)
        assert "300 days from allocation to closure" in text
        assert "Tue 30 Jun 2026: stepped down" in text
        assert "goes on Ms Reed, school lead" in text
        assert "Counted by child, not by family." in text
        looked = await asked(app, lambda s: audit.entries(s.conn, child=family.tilly.id))
        assert "case" in [entry.detail for entry in looked]


async def test_a_case_is_closed_by_keys_and_comes_back_as_a_new_episode(
    family: Family, tmp_path: Path
) -> None:
    plan_case(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "H", "X")
        assert isinstance(app.screen, CloseForm)
        await keys(pilot, "ctrl+s")
        assert "Say why the work ends." in flat(app)
        await keys(pilot, "=outcomes", "tab", "=Anna Marsh and Ms Reed", "tab", "=Thank you", "tab", "tab")
        check_shot(app, "case-close-80")
        await keys(pilot, "=thu", "ctrl+s")
        text = flat(app)
        assert "Close the case?" in text
        assert "Still overdue: 1 action." in text
        check_shot(app, "case-close-ask-80")
        await keys(pilot, "y")
        assert isinstance(app.screen, CaseScreen)
        text = flat(app)
        assert "CLOSED. It opens again through a new notification (g n, +): episode 2." in text
        assert "Case closed: outcomes achieved; told: Anna Marsh and Ms Reed. u takes it back." in text
        (held,) = await asked(app, lambda store: store.find(Episode))
        assert (held.closed, held.reason, held.told) == (
            date(2026, 11, 19),
            "outcomes-achieved",
            "Anna Marsh and Ms Reed",
        )
        (plan,) = await asked(app, lambda store: store.find(Plan))
        assert plan.ended == date(2026, 11, 19)
        await keys(pilot, "X")
        assert "There is no open case to close." in screen_text(app)
        await keys(pilot, "u")
        assert "Undone: Case closed." in flat(app)
        await keys(pilot, "U")
        assert "Done again: Case closed." in flat(app), "that it closed is known, why is the family's"

        def again(store: Any) -> None:
            family.store = store
            open_case(family, TODAY, TODAY)

        await asked(app, again)
        await settle(pilot)
        text = flat(app)
        assert "OPEN, episode 2, 0 days so far." in text
        assert text.count("YES") == 2
        await keys(pilot, "u", "y")
        assert "CLOSED." in flat(app)


async def test_an_older_step_that_may_not_be_seen_is_not_named(family: Family, tmp_path: Path) -> None:
    store = family.store
    amara = Worker(id=new_id(), name="Amara Sample", agency="early-help", team=store.worker.team)
    store.journal.commit(Edit("Team", (create(amara),)), kind="setup")
    open_case(family, date(2026, 11, 2), date(2026, 11, 3), amara.id)
    plan = Plan(id=new_id(), child=family.tilly.id, started=date(2026, 11, 4), by=amara.id)
    store.journal.commit(Edit("Plan started", (create(plan),), subject=family.tilly.id))
    app = make_real_app(tmp_path, store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "H", "u")
        assert "Take back an older step? A step that is withheld (" in flat(app)
        await keys(pilot, "y")
        assert "Undone: a step that is withheld." in flat(app)


async def test_a_notification_that_waits_is_told(family: Family, tmp_path: Path) -> None:
    notify(family, TODAY)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        assert "Case:" not in screen_text(app)
        await keys(pilot, "H")
        text = flat(app)
        assert "NO CASE. One opens when a notification (g n, +) is allocated" in text
        assert "A notification of Fri 20 Nov 2026 waits for a worker: g n, then A." in text
        assert await asked(app, lambda store: len(store.find(Notification))) == 1


async def test_who_may_not_see_the_ending_sees_the_dates_and_why_not(family: Family, tmp_path: Path) -> None:
    worked_before(family)
    store = family.store
    worker = store.get(Worker, store.worker.id)
    child = store.get(Child, family.tilly.id)
    changes = (*update(worker, agency="inclusion-attendance"), *update(child, lead_worker=None))
    store.journal.commit(Edit("Other agency", changes))
    app = make_real_app(tmp_path, store)
    async with app.run_test(size=(80, 50)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "H")
        text = flat(app)
        assert "closed Tue 30 Jun 2026" in text
        assert "stepped down" not in text
        assert "school lead" not in text
        assert "withheld why it ended and what was said: Family is not part of" in text
        await keys(pilot, "X")
        assert isinstance(app.screen, CaseScreen)
        assert "! Withheld: " in screen_text(app)


async def test_who_leads_it_closes_it_whatever_was_withdrawn(family: Family, tmp_path: Path) -> None:
    store = family.store
    open_case(family, date(2026, 11, 2), date(2026, 11, 3))
    worker = store.get(Worker, store.worker.id)
    store.journal.commit(Edit("Other agency", update(worker, agency="inclusion-attendance")))
    agreed = Agreement.model_validate(
        {
            "id": new_id(), "child": family.tilly.id, "given_by": "Anna Marsh", "relationship": "mother",
            "responsibility": "yes", "status": "given", "agencies": ("inclusion-attendance",),
            "categories": ("family",), "purposes": ("planning",), "given_on": TODAY, "by": worker.id,
        }
    )  # fmt: skip
    store.journal.commit(record_agreement(agreed, TODAY))
    store.journal.commit(withdraw_agreement(agreed, "no more", TODAY, TODAY))
    app = make_real_app(tmp_path, store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "H", "X", "=the family withdrew", "ctrl+s", "y")
        (held,) = await asked(app, lambda store: store.find(Episode))
        assert held.reason == "agreement-withdrawn"


async def test_half_a_closing_survives(
    family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_form, "_SAVE_AFTER", 1)
    plan_case(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "H", "X", "tab", "=Anna Ma", "escape")
        assert "A draft of the closing waits: X goes on with it." in screen_text(app)
        await keys(pilot, "X")
        assert isinstance(app.screen, CloseForm)
        assert app.screen.value_of("told") == "Anna Ma"


async def test_what_was_half_written_about_a_closed_case_is_named_and_told_why_it_waits(
    family: Family, tmp_path: Path
) -> None:
    plan_case(family)
    store = family.store
    store.drafts.save("outcome", family.tilly.id, {"text": "OUTCOMEWORDS"})
    store.drafts.save("case-close", family.tilly.id, {"told": "CLOSINGWORDS", "focus": "told"})
    end_case(family, date(2026, 11, 19))
    app = make_real_app(tmp_path, store)
    app._rooms = dict(ROOMS)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        text = flat(app)
        assert "2 unfinished: Matilda (Tilly) Marsh (end of a case, case closed)" in text
        assert "Matilda (Tilly) Marsh (outcome, case closed)" in text
        await keys(pilot, "N", "y")
        text = flat(app)
        assert "A draft of the end of a case stays, to be read" in text
        assert "The case was closed on Thu 19 Nov 2026. told: CLOSINGWORDS" in text
        await keys(pilot, "escape", "escape", "N")
        text = flat(app)
        assert "Kept as a draft, not to be shown now: Matilda (Tilly) Marsh (outcome, case closed)." in text
        assert "The case was closed on Thu 19 Nov 2026, and family is not part of early-help's" in text
        assert "OUTCOMEWORDS" not in text


async def test_a_form_of_a_closed_case_says_so_in_its_title(family: Family, tmp_path: Path) -> None:
    plan_case(family)
    store = family.store
    agreed = Agreement.model_validate(
        {
            "id": new_id(), "child": family.tilly.id, "given_by": "Anna Marsh", "relationship": "mother",
            "responsibility": "yes", "status": "given", "agencies": ("early-help",),
            "categories": ("family",), "purposes": ("planning",), "given_on": TODAY, "by": store.worker.id,
        }
    )  # fmt: skip
    store.journal.commit(record_agreement(agreed, TODAY))
    store.drafts.save("outcome", family.tilly.id, {"text": "OUTCOMEWORDS"})
    end_case(family, date(2026, 11, 19))
    app = make_real_app(tmp_path, store)
    app._rooms = dict(ROOMS)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "N", "y")
        text = flat(app)
        assert "Outcome: Matilda (Tilly) Marsh, case closed Thu 19 Nov" in text
        assert "OUTCOMEWORDS" in text


async def test_case_and_review_lead_to_each_other(family: Family, tmp_path: Path) -> None:
    plan_case(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "H", "G")
        assert isinstance(app.screen, ReviewScreen)
        await keys(pilot, "H")
        assert isinstance(app.screen, CaseScreen)
        await keys(pilot, "?")
        text = screen_text(app)
        assert "Finish" in text
        assert "Mark all" not in text


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_words_are_only_words(family: Family, tmp_path: Path, name: str) -> None:
    line = name[:290] or "x"
    open_case(family, date(2026, 1, 5), date(2026, 1, 6))
    end_case(family, date(2026, 2, 2), passed_to=line, told=line, views=name, note=name)
    notify(family, TODAY, notifier=line, level=line)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        for pressed in (("H",), ("end",)):
            await keys(pilot, *pressed)
            text = screen_text(app)
            assert all(sign == "\n" or sign.isprintable() for sign in text)
            assert len(text.splitlines()) <= 24
    assert app.fault is None


async def test_two_open_cases_are_told_and_joined_by_keys(family: Family, tmp_path: Path) -> None:
    plan_case(family)
    (held,) = family.store.find(Episode)
    second = held.model_copy(update={"id": new_id(), "opened": TODAY})
    family.store.journal.commit(Edit("From another laptop", (create(second),), subject=held.child))
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        assert "TWO CASES ARE OPEN, to be joined" in flat(app)
        await keys(pilot, "H")
        assert "TWO CASES ARE OPEN for this child" in flat(app)
        await keys(pilot, "X")
        assert "Make them one?" in flat(app)
        await keys(pilot, "n")
        assert "TWO CASES ARE OPEN for this child" in flat(app)
        await keys(pilot, "X", "y")
        assert "One case now." in flat(app)
        assert "TWO CASES" not in flat(app)
        found = await asked(app, lambda store: store.find(Episode))
        assert {one.id: one.closed for one in found} == {held.id: None, second.id: TODAY}
        (plan,) = await asked(app, lambda store: store.find(Plan))
        assert plan.ended is None
        await keys(pilot, "X")
        assert isinstance(app.screen, CloseForm)
