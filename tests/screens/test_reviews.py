"""Reviews on a real encrypted caseload: attendance before and since, a meeting held by keys alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from casework.consent import record_agreement, withdraw_agreement
from casework.edits import Edit, update
from casework.ids import new_id
from casework.plans import review_plan
from casework.records_case import Episode, Plan, Review
from casework.records_sharing import Agreement
from screens import kept_form
from screens.case_form import CloseForm
from screens.clocks import ClocksScreen
from screens.review import ReviewScreen
from screens.review_form import ReviewForm
from storage import audit
from tests.screens.case_world import WANTED, open_case, plan_case
from tests.screens.fakes import HOSTILE
from tests.screens.real import TODAY, Family, asked, enter, make_real_app, new_store
from tests.screens.steps import settle, type_text
from tests.screens.textshot import check_shot, screen_text

EARLIER = date(2026, 11, 2)


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    store = new_store(tmp_path, "early-help")
    yield Family(store)
    store.close()


def review(family: Family, plan: Plan, **more: Any) -> None:
    """A review of the plan, on record."""
    values = {
        "id": new_id(), "plan": plan.id, "child": plan.child, "held_on": EARLIER,
        "progress": "Two days on time", "next_review": date(2026, 12, 14),
        "by": family.store.worker.id, **more,
    }  # fmt: skip
    made = Review.model_validate(values)
    family.store.journal.commit(review_plan(family.store.get(Plan, plan.id), made, TODAY))


async def keys(pilot: Any, *pressed: str) -> None:
    """Keys one after another; `=words` is typed."""
    for key in pressed:
        if key.startswith("="):
            await type_text(pilot, key[1:])
        else:
            await pilot.press(key)
        await settle(pilot)


def flat(app: Any) -> str:
    """The words on the screen in one line."""
    return " ".join(screen_text(app).split())


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_attendance_stands_on_both_sides_with_what_it_is_counted_of(
    family: Family, tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    plan, _ = plan_case(family)
    review(
        family, plan, attended=("Anna Marsh", "Ms Reed"), apologies=("Nurse",), agenda="The bus",
        child_views="I like the bus", views="It is calmer",
    )  # fmt: skip
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=size) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "G")
        assert isinstance(app.screen, ReviewScreen)
        check_shot(app, f"review-{size[0]}")
        text = screen_text(app)
        assert "44 of 48, 91.7 %" in text
        assert "31 of 47, 66.0 %" in text
        assert "0 C2, 0 X of 48 marks" in text
        assert "2 C2, 0 X of 47 marks" in text
        assert "██████░░░░  6 of 10" in text, "told without colour"
        await keys(pilot, "end")
        check_shot(app, f"review-end-{size[0]}")
        text = flat(app)
        for words in (
            "came Anna Marsh, Ms Reed",
            "apologies Nurse",
            "“I like the bus”",
            "family “It is calmer”",
        ):
            assert words in text
        looked = await asked(app, lambda s: audit.entries(s.conn, child=family.tilly.id))
        assert "reviews" in [entry.detail for entry in looked]


async def test_before_and_since_claims_no_cause_and_no_part_time_timetable(
    family: Family, tmp_path: Path
) -> None:
    plan_case(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 50)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "G")
        text = flat(app)
        assert "Before and since is not because of" in text
        assert "Marks alone cannot tell a part-time timetable" in text
        assert "REVIEW OVERDUE" in text
        assert "! overdue since Sun 15 Nov: Anna Marsh: Ring the bus company" in text


async def test_a_meeting_is_held_by_keys_alone(family: Family, tmp_path: Path) -> None:
    plan_case(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "G", "+")
        assert isinstance(app.screen, ReviewForm)
        check_shot(app, "review-form-80")
        await keys(
            pilot,
            *(
                "shift+tab",
                "=thu",
                "tab",
                "=Anna Marsh, Ms Reed",
                "tab",
                "=the nurse",
                "tab",
                "=The bus",
                "tab",
            ),
            *("=I like the bus", "tab", "=It is calmer", "tab", "=On time three days in five", "tab"),
            "=Gran helps, too",
        )
        await keys(pilot, "tab", "tab", "ctrl+s")
        assert isinstance(app.screen, ReviewScreen)
        assert "Plan reviewed. Next on Thu 31 Dec 2026" in flat(app), "six weeks from the meeting"
        assert "ACTIONS OVERDUE" in flat(app)
        (held,) = await asked(app, lambda store: store.find(Review))
        assert (held.held_on, held.attended, held.apologies) == (
            date(2026, 11, 19),
            ("Anna Marsh", "Ms Reed"),
            ("the nurse",),
        )
        assert held.child_views == "I like the bus"
        assert held.progress == f"{WANTED}: On time three days in five\nGran helps, too"
        (plan,) = await asked(app, lambda store: store.find(Plan))
        assert plan.next_review == held.next_review == date(2026, 12, 31)
        await keys(pilot, "u")
        assert "REVIEW OVERDUE" in flat(app)
        (plan,) = await asked(app, lambda store: store.find(Plan))
        assert plan.next_review == date(2026, 11, 16)


async def test_a_review_that_steps_down_leads_on_to_the_end_of_the_case(
    family: Family, tmp_path: Path
) -> None:
    plan_case(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "G", "+", "=Anna Marsh", *["tab"] * 3, "=I am fine", *["tab"] * 2, "=Every day")
        await keys(pilot, "tab", "tab", "=step d", "ctrl+s")
        assert isinstance(app.screen, CloseForm)
        assert app.screen.value_of("reason") == "stepped-down"
        assert app.screen.value_of("told") == "Anna Marsh"
        assert app.screen.value_of("views") == "The child says: “I am fine”"
        await keys(pilot, "ctrl+s")
        assert "Say who goes on with it." in flat(app)
        await keys(pilot, "=Ms Reed, school lead", "ctrl+s", "y")
        assert isinstance(app.screen, ReviewScreen)
        (held,) = await asked(app, lambda store: store.find(Episode))
        assert (held.closed, held.reason, held.passed_to) == (TODAY, "stepped-down", "Ms Reed, school lead")


@pytest.mark.parametrize(
    ("pressed", "words"),
    [
        (("ctrl+s",), "Say how it goes, outcome by outcome."),
        (("shift+tab", "=1/1/2027", *["tab"] * 6, "=Well", "ctrl+s"), "recorded once it was held"),
        (
            (*["tab"] * 5, "=Well", *["tab"] * 3, *["delete"] * 12, *["backspace"] * 12, "ctrl+s"),
            "meet again",
        ),
    ],
)
async def test_what_is_missing_is_said_at_its_field(
    family: Family, tmp_path: Path, pressed: tuple[str, ...], words: str
) -> None:
    plan_case(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "G", "+", *pressed)
        assert isinstance(app.screen, ReviewForm)
        assert words in flat(app)
        at = app.screen.focused
        assert at is not None
        assert (at.id or "").startswith("outcome-") == words.startswith("Say how"), "the cursor stands there"
        assert await asked(app, lambda store: store.find(Review)) == []


async def test_half_a_review_survives_and_is_offered_again(
    family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_form, "_SAVE_AFTER", 1)
    _, outcome = plan_case(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "G", "+", *["tab"] * 5, "=Half a wo", "escape")
        assert "A draft of a review waits: + goes on with it." in screen_text(app)
        await keys(pilot, "+")
        assert isinstance(app.screen, ReviewForm)
        assert app.screen.value_of(f"outcome-{outcome.id}") == "Half a wo"
        assert app.screen.at == f"outcome-{outcome.id}"


async def test_what_is_withdrawn_meanwhile_leaves_the_page(family: Family, tmp_path: Path) -> None:
    """A worker of another agency sees the plan by agreement alone."""
    plan, _ = plan_case(family)
    review(family, plan, child_views="I like the bus")
    store = family.store
    agreed = Agreement.model_validate(
        {
            "id": new_id(), "child": family.tilly.id, "given_by": "Anna Marsh", "relationship": "mother",
            "responsibility": "yes", "status": "given", "agencies": ("inclusion-attendance",),
            "categories": ("family",), "purposes": ("planning",), "given_on": TODAY, "by": store.worker.id,
        }
    )  # fmt: skip
    store.journal.commit(record_agreement(agreed, TODAY))
    edit = Edit("Other agency", update(store.worker, agency="inclusion-attendance"))
    store.journal.commit(edit)
    app = make_real_app(tmp_path, store)
    async with app.run_test(size=(80, 50)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "G")
        assert "I like the bus" in screen_text(app)
        assert "family no words of the family are on record" in flat(app)
        await asked(
            app,
            lambda s: s.journal.commit(
                withdraw_agreement(s.get(Agreement, agreed.id), "no more", TODAY, TODAY)
            ),
        )
        await settle(pilot)
        text = flat(app)
        assert "I like the bus" not in text
        assert "31 of 47" not in text, "since when is the family's, too"
        assert "Withheld: " in text
        await keys(pilot, "+")
        assert isinstance(app.screen, ReviewScreen)
        assert "! Withheld: " in screen_text(app)


async def test_a_plan_that_ended_meanwhile_is_not_reviewed(family: Family, tmp_path: Path) -> None:
    plan, _ = plan_case(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "G", "+", *["tab"] * 5, "=Well")

        ended = Edit("Plan ended", update(plan, ended=TODAY), subject=plan.child)
        await asked(app, lambda store: store.journal.commit(ended))
        await keys(pilot, "ctrl+s")
        assert isinstance(app.screen, ReviewForm)
        assert "! The plan ended" in screen_text(app)
        await keys(pilot, "escape")
        assert "ENDED" in screen_text(app)
        await keys(pilot, "+")
        assert "There is no open plan to review." in screen_text(app)


async def test_from_the_clocks_and_without_a_plan(family: Family, tmp_path: Path) -> None:
    open_case(family, date(2026, 11, 17), date(2026, 11, 18))
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "k")
        assert isinstance(app.screen, ClocksScreen)
        await keys(pilot, "G")
        assert isinstance(app.screen, ReviewScreen)
        assert "NO PLAN. A case is open; it has no plan yet." in flat(app)
        check_shot(app, "review-no-plan-80")
        await keys(pilot, "escape")
        assert isinstance(app.screen, ClocksScreen)


async def test_nobody_without_a_case_is_told_of_one(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.ben.id)
        await keys(pilot, "G")
        text = flat(app)
        assert "NO PLAN. There is no open case." in text


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_words_are_only_words(family: Family, tmp_path: Path, name: str) -> None:
    plan, _ = plan_case(family)
    line = name[:290] or "x"
    review(
        family, plan, attended=(line,), apologies=(line,), agenda=name, child_views=name, views=name,
        progress=name.strip() or "x",
    )  # fmt: skip
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        for pressed in (("G",), ("end",), ("+",)):
            await keys(pilot, *pressed)
            text = screen_text(app)
            assert all(sign == "\n" or sign.isprintable() for sign in text)
            assert len(text.splitlines()) <= 24
    assert app.fault is None


async def test_a_child_who_is_gone_stays_closed(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await app.push_screen(ReviewScreen(new_id()))
        await settle(pilot)
        assert "This page stays closed: see below." in screen_text(app)
        assert app.fault is None


async def test_a_protected_address_in_an_outcome_is_not_beside_its_field(
    family: Family, tmp_path: Path
) -> None:
    """Neither whole nor cut short, in the label, in what is said of the field, or in what is overdue."""
    _, outcome = plan_case(family)
    family.store.journal.commit(Edit("Words", update(outcome, text="Stay at 1 Quarry Lane together")))
    family.store.journal.commit(Edit("Protect", update(family.home, address_protected=True)))
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "G", "+")
        form = app.screen
        assert isinstance(form, ReviewForm)
        form.query_one(f"#outcome-{outcome.id}").focus()
        await settle(pilot)
        shown = flat(app)
        assert "how it goes: Stay at (address not given) together" in shown
        assert "Stay at (a" in shown
        assert "1 Qu" not in shown
        assert "Lane" not in shown
