"""The Plan screen on a real encrypted caseload: from an open case to a finished action, with keys alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from casework.consent import record_agreement, withdraw_agreement
from casework.edits import Edit, update
from casework.errors import BadInput
from casework.ids import new_id
from casework.records import Flag, School, Worker
from casework.records_case import Action, Episode, Outcome, Plan, Review
from casework.records_sharing import Agreement
from outreach_tui.app import OutreachApp
from screens.clocks import ClocksScreen
from screens.field_form import FieldForm
from screens.history import HistoryScreen
from screens.plan import PlanScreen
from screens.plan_forms import ActionForm, EndingForm, OutcomeForm
from screens.plan_lines import plan_lines, read_plan_view
from screens.unlock import UnlockScreen
from screens.widgets.row_list import RowList
from screens.widgets.text import cell_text
from storage.queries.history import read_history, why_untold
from storage.store import Store
from tests.screens.fakes import HOSTILE
from tests.screens.real import TODAY, Family, asked, commit, enter, make_real_app, new_store
from tests.screens.steps import settle, type_text, unlock
from tests.screens.textshot import check_shot, screen_text

OPENED = date(2026, 11, 2)
WORDS = "We want to get out of the house on time"


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    store = new_store(tmp_path, agency="early-help")
    yield Family(store)
    store.close()


def open_case(family: Family, *, mine: bool = True) -> Episode:
    """The worker's own open case of Tilly."""
    worker = family.store.actor.worker if mine else None
    case = Episode(id=new_id(), child=family.tilly.id, opened=OPENED, worker=worker)
    commit(family.store, "Case opened", [case], family.tilly.id)
    return case


def make_plan(family: Family, **more: Any) -> dict[str, Any]:
    """A plan with two outcomes and three actions, one of them overdue."""
    case, by, child = open_case(family), family.store.actor.worker, family.tilly.id
    plan = Plan(
        id=new_id(), child=child, episode=case.id, started=OPENED,
        **({"next_review": date(2026, 12, 14), "by": by} | more),
    )  # fmt: skip
    on_time = Outcome(
        id=new_id(), plan=plan.id, child=child, text=WORDS,
        baseline="late four days in five", measure="in by 8:50",
    )  # fmt: skip
    friends = Outcome(id=new_id(), plan=plan.id, child=child, text="Somebody to sit with at lunch")
    bus = Action(
        id=new_id(), outcome=on_time.id, child=child, text="Ring the bus company", owner="Anna Marsh",
        due=date(2026, 11, 16),
    )  # fmt: skip
    alarm = Action(
        id=new_id(), outcome=on_time.id, child=child, text="Set an alarm for Tilly", owner="Tilly",
        due=date(2026, 11, 27), status="in-progress",
    )  # fmt: skip
    form = Action(
        id=new_id(), outcome=on_time.id, child=child, text="Fill in the form", owner="Kim Invented",
        agency="early-help", due=date(2026, 11, 9), status="done", done_on=date(2026, 11, 6),
    )  # fmt: skip
    commit(family.store, "Plan", [plan, on_time, friends, bus, alarm, form], child)
    return {"case": case, "plan": plan, "on_time": on_time, "friends": friends, "bus": bus, "alarm": alarm}


def reviewed(family: Family, plan: Plan, on: date = date(2026, 11, 13)) -> Review:
    """A review of it."""
    review = Review(
        id=new_id(), plan=plan.id, child=plan.child, held_on=on, next_review=plan.next_review,
        attended=("Anna Marsh", "Ms Reed"), apologies=("School nurse",), views="It is calmer at home",
        child_views="I like the bus",
        progress="Two days on time", by=plan.by,
    )  # fmt: skip
    commit(family.store, "Plan reviewed", [review], plan.child)
    return review


def agreed(family: Family) -> Agreement:
    """The mother agrees that the school is in the plan."""
    held = Agreement.model_validate(
        {
            "id": new_id(),
            "child": family.tilly.id,
            "given_by": "Anna Marsh",
            "relationship": "mother",
            "responsibility": "yes",
            "status": "given",
            "agencies": ("school",),
            "categories": ("family",),
            "purposes": ("planning",),
            "given_on": TODAY,
            "by": family.store.actor.worker,
        }
    )
    family.store.journal.commit(record_agreement(held, TODAY))
    return held


async def keys(pilot: Any, *pressed: str) -> None:
    """Keys one after another; `=words` is typed."""
    for key in pressed:
        if key.startswith("="):
            await type_text(pilot, key[1:])
        else:
            await pilot.press(key)
        await settle(pilot)


def flat(app: OutreachApp) -> str:
    """The words on the screen in one line; of a dialog where one is open."""
    lines = screen_text(app).splitlines()
    framed = [line[line.index("│") + 1 : line.rindex("│")] for line in lines if line.count("│") > 1]
    return " ".join(" ".join(framed or lines).split())


async def at(pilot: Any, words: str) -> None:
    """Put the cursor on the first line that holds these words."""
    screen = pilot.app.screen
    place = next(n for n, line in enumerate(screen._lines) if words in str(line.cell))
    screen.query_one(RowList).cursor = place
    await settle(pilot)


# The whole way by keys


@pytest.mark.long
async def test_from_an_open_case_to_a_finished_action_by_keys(family: Family, tmp_path: Path) -> None:
    open_case(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        assert "Plan: NONE YET, the case is open since Mon 2 Nov." in flat(app)
        await keys(pilot, "P")
        assert isinstance(app.screen, PlanScreen)
        check_shot(app, "plan-none-80")
        await keys(pilot, "O")
        assert isinstance(app.screen, OutcomeForm)
        await keys(pilot, f"={WORDS}", "tab", "=late four days in five", "tab", "=in by 8:50")
        check_shot(app, "plan-outcome-form-80")
        await keys(pilot, "ctrl+s")
        assert isinstance(app.screen, PlanScreen)
        text = flat(app)
        assert "NOT REVIEWED YET Next review Mon 4 Jan 2027, 45 days left." in text
        assert "Plan started with an outcome. u takes it back." in text
        assert "ON COURSE" not in text
        await keys(pilot, "+")
        assert isinstance(app.screen, ActionForm)
        await keys(pilot, "=Ring the bus company", "tab", "tab", "=Anna Marsh", "enter", "enter", "=fri")
        assert "Fri 20 Nov 2026" in flat(app), "a Friday says today"
        await keys(pilot, *["backspace"] * 3, "=+2w")
        assert "Fri 4 Dec 2026" in flat(app)
        check_shot(app, "plan-action-form-80")
        await keys(pilot, "ctrl+s")
        text = flat(app)
        assert "to do Ring the bus company Anna Marsh; by Fri 4 Dec, 14 days left" in text
        await at(pilot, "Ring the bus")
        await keys(pilot, "X")
        assert isinstance(app.screen, EndingForm)
        await keys(pilot, "ctrl+s")
        assert "done Ring the bus company Anna Marsh; done Fri 20 Nov" in flat(app)
        await keys(pilot, "u")
        assert "Undone: Action: done." in flat(app)
        assert "to do Ring the bus company" in flat(app)
        await keys(pilot, "escape")
        assert "Plan: NOT REVIEWED YET." in flat(app)
        assert "Next: Ring the bus company (Anna Marsh), by Fri 4 Dec, 14 days left" in flat(app)

        def helped(store: Store) -> None:
            (held,) = store.find(Action)
            store.journal.commit(Edit("Helped", update(held, agency="social-care")))

        await asked(app, helped)
        await keys(pilot, "P", "escape")
        assert "Next: Ring the bus company (Anna Marsh, Social care), by" in flat(app)


async def test_an_action_takes_few_keys(family: Family, tmp_path: Path) -> None:
    """Task 9 of the days in the life: outcome, what, who, by when in one go."""
    make_plan(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "P")
        await at(pilot, "Somebody to sit")
        await keys(pilot, "+", "=Lunch club", "tab", "m", "tab", "tab", "tab", "=fri", "ctrl+s")
        held = await asked(app, lambda store: store.find(Action, "text = 'Lunch club'"))
        (made,) = held
        assert (made.owner, made.agency, made.due) == ("Kim Invented", "early-help", TODAY)
        friends = await asked(app, lambda store: store.get(Outcome, made.outcome))
        assert friends.text == "Somebody to sit with at lunch"
        await keys(pilot, "+", "=Lunch club", "tab", "m", "tab", "=Mrs J")
        assert isinstance(app.screen, ActionForm)
        assert app.screen.value_of("owner") == "Mrs J", "what is typed replaces the name that was filled in"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_plan_says_how_it_stands(family: Family, tmp_path: Path, size: tuple[int, int]) -> None:
    made = make_plan(family)
    reviewed(family, made["plan"])
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=size) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "P")
        check_shot(app, f"plan-{size[0]}")
        text = flat(app)
        assert (
            text.index("ACTIONS OVERDUE") < text.index("! 4 days overdue: Ring the bus") < text.index(WORDS)
        )
        await keys(pilot, "end")
        text = flat(app)
        assert "Fri 13 Nov 2026: carry on with the plan; there: Anna Marsh and Ms Reed" in text
        assert "Attendance before and since" in text
        check_shot(app, f"plan-end-{size[0]}")


STATES: list[tuple[str, Callable[[Family], object]]] = [
    ("NO OPEN CASE", lambda family: None),
    ("NO PLAN YET", open_case),
    ("NOT REVIEWED YET", lambda family: settled(family, make_plan(family))),
    ("REVIEW OVERDUE", lambda family: settled(family, make_plan(family, next_review=date(2026, 11, 16)))),
    ("REVIEW OVERDUE", lambda family: settled(family, make_plan(family, next_review=None))),
    ("ACTIONS OVERDUE", make_plan),
    ("ON COURSE", lambda family: settled(family, make_plan(family), review=True)),
    ("ENDED", lambda family: make_plan(family, ended=date(2026, 11, 18))),
]


def settled(family: Family, made: dict[str, Any], *, review: bool = False) -> None:
    """Nothing of it overdue."""
    from casework.plans import set_action

    family.store.journal.commit(set_action(made["bus"], "done", "", date(2026, 11, 16)))
    if review:
        reviewed(family, made["plan"])


def told(family: Family) -> list[str]:
    """The lines of the screen, without the screen."""
    return [
        cell_text(line.cell) for line in plan_lines(read_plan_view(family.store, family.tilly.id), {}, 78)
    ]


@pytest.mark.parametrize(("state", "make"), STATES)
def test_every_standing_is_told_in_words(
    family: Family, state: str, make: Callable[[Family], object]
) -> None:
    make(family)
    first = told(family)[0]
    assert state in first
    others = {other for other, _ in STATES} - {state}
    assert not [other for other in others if other in first]


def test_what_an_ended_plan_left_undone_is_told(family: Family) -> None:
    make_plan(family, ended=date(2026, 11, 18))
    assert [line for line in told(family) if "LEFT UNDONE" in line]
    assert any(re.search(r"actions? left undone", line) for line in told(family))


async def test_where_no_case_is_open_it_says_what_to_do(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        assert "Plan:" not in flat(app)
        await keys(pilot, "P", "O")
        assert isinstance(app.screen, PlanScreen)
        assert "No case is open: g n shows what schools asked for" in flat(app)
        for key in ("+", "E", "X"):
            await keys(pilot, key)
            assert isinstance(app.screen, PlanScreen)


# Agreement


async def test_the_school_gets_a_task_only_by_agreement(family: Family, tmp_path: Path) -> None:
    make_plan(family)
    app = make_real_app(tmp_path, family.store)
    task = ("+", "=Breakfast", "tab", "tab", "=Ms Reed", "tab", "=school", "tab", "=+1w", "ctrl+s")
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "P", *task)
        assert isinstance(app.screen, ActionForm), "the form stays with its words"
        assert "only when the family agreed" in flat(app)
        assert "has not been asked" in flat(app)
        check_shot(app, "plan-school-80")
        await keys(pilot, "escape")
        assert "A draft of an action waits: + goes on with it." in flat(app)
        held = await asked(app, agree_in)
        await keys(pilot, "+", "ctrl+s")
        assert isinstance(app.screen, PlanScreen)
        assert "Breakfast" in flat(app)
        assert "without agreement" not in flat(app)
        edit = withdraw_agreement(held, "not the school", TODAY, TODAY)
        await asked(app, lambda store: store.journal.commit(edit))
        await settle(pilot)
        assert "The school has 1 action here without agreement. The family withdrew" in flat(app)


def agree_in(store: Any) -> Agreement:
    """The mother agrees, in the app's own caseload."""
    from casework.records import Child

    class Held:
        pass

    held: Any = Held()
    held.store, held.tilly = store, store.find(Child, "forename = 'Matilda'")[0]
    return agreed(held)


@pytest.mark.parametrize("mine", [True, False])
async def test_who_may_not_see_it_is_told_why(family: Family, tmp_path: Path, mine: bool) -> None:
    make_plan(family)
    worker = family.store.get(Worker, family.store.actor.worker)
    if not mine:
        from casework.edits import update

        school = update(worker, agency="school")
        family.store.journal.commit(Edit("Moved", school), kind="setup")
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        page = flat(app)
        await keys(pilot, "P")
        text = flat(app)
        if mine:
            assert WORDS in text
            return
        assert "Plan: WITHHELD. Family is not part of school's own work" in page
        assert "WITHHELD This plan is not shown to you." in text
        assert "C shows what the family agreed" in text
        assert WORDS not in text + page
        assert "bus company" not in text + page
        check_shot(app, "plan-withheld-80")
        for key in ("O", "+", "E", "X", "F", "h"):
            await keys(pilot, key)
            assert isinstance(app.screen, PlanScreen)
            assert "Withheld: Family is not part" in flat(app)


# Words


async def test_words_are_kept_by_a_lock_and_brought_back(family: Family, tmp_path: Path) -> None:
    make_plan(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "P", "O", "=A quiet place", "ctrl+l")
        assert isinstance(app.screen, UnlockScreen)
        await unlock(pilot)
        assert isinstance(app.screen, OutcomeForm), "what a lock closed opens by itself"
        await keys(pilot, "escape", "P")
        assert "A draft of an outcome waits: O goes on with it." in flat(app)
        await keys(pilot, "O")
        assert app.screen.query_one("#text").text == "A quiet place"  # type: ignore[attr-defined]
        await keys(pilot, "ctrl+s")
        assert "“A quiet place”" in flat(app)
        assert "draft" not in flat(app)


@pytest.mark.parametrize(("words", "key", "form"), [
    ("Ring the bus", "E", "action"), (WORDS, "E", "outcome"), ("Ring the bus", "X", "plan-ending"),
])  # fmt: skip
async def test_every_form_keeps_its_draft(
    family: Family, tmp_path: Path, words: str, key: str, form: str
) -> None:
    make_plan(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "P")
        await at(pilot, words)
        await keys(pilot, key)
        screen = app.screen
        assert isinstance(screen, FieldForm)
        if key == "X":
            await keys(pilot, "n", "tab")
        await keys(pilot, "=xyz", "escape")
        assert await asked(app, lambda store: [d.form for d in store.drafts.waiting()]) == [form]
        assert f"a draft waits: {key} goes on with it" in flat(app)
        await keys(pilot, key)
        assert "draft brought back" in flat(app)
        assert "xyz" in flat(app)
        await keys(pilot, "ctrl+l")
        await unlock(pilot)
        assert type(app.screen) is type(screen), "what a lock closed opens by itself"
        assert "xyz" in flat(app)


async def test_an_edit_keeps_what_was_agreed_before(family: Family, tmp_path: Path) -> None:
    make_plan(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "P")
        await at(pilot, "Set an alarm")
        await keys(pilot, "E", "end", "=, and a light", "ctrl+s")
        assert "Set an alarm for Tilly, and a light" in flat(app)
        await at(pilot, "Set an alarm")
        await keys(pilot, "h")
        assert isinstance(app.screen, HistoryScreen)
        assert "Set an alarm for Tilly" in flat(app)


async def test_a_history_of_which_nothing_may_be_seen_says_so_and_why(tmp_path: Path) -> None:
    family = Family(new_store(tmp_path, agency="school"))
    made = make_plan(family)["alarm"]
    family.store.journal.commit(Edit("Words", update(made, text="Bring an alarm")))
    hidden = Flag(id=new_id(), child=family.tilly.id, kind="youth-justice", since=TODAY, source="x")
    commit(family.store, "Flag", [hidden], family.tilly.id)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await app.push_screen(HistoryScreen("action", made.id, "Action", family.tilly.id))
        await pilot.pause()
        assert "Withheld: Family is not part of school's own work, and no agreement covers it." in flat(app)
        assert "alarm" not in flat(app)
        told = "No record has that id"
        with pytest.raises(BadInput, match=told):
            await asked(app, lambda store: read_history(store, "flag", hidden.id))
        known = await asked(app, lambda store: why_untold(store, School.type, family.school.id, []))
        assert known == "", "an empty history of what may be seen is an empty one"


async def test_a_protected_address_is_painted_nowhere_and_no_edit_writes_over_it(
    family: Family, tmp_path: Path
) -> None:
    made = make_plan(family)
    wrote = update(made["alarm"], text="Bring an alarm to 1 Quarry Lane")
    family.store.journal.commit(Edit("Words", wrote))
    family.store.journal.commit(Edit("Protect", update(family.home, address_protected=True)))
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "P")
        await at(pilot, "Bring an alarm")
        assert "Bring an alarm to (address not given)" in flat(app)
        await keys(pilot, "X")
        assert isinstance(app.screen, EndingForm)
        assert "Bring an alarm to (address not given)" in flat(app)
        await keys(pilot, "escape", "E")
        assert "Bring an alarm to 1 Quarry Lane" in flat(app)
        assert "leave addresses out" not in flat(app)
        await keys(pilot, "end", "=, or to 9 Sample Road, or")
        assert "An address of this family is protected: leave addresses out of these words" in flat(app)
        await keys(pilot, "ctrl+s")
        kept = await asked(app, lambda store: store.get(Action, made["alarm"].id).text)
        assert kept == "Bring an alarm to 1 Quarry Lane, or to 9 Sample Road, or"
        assert "Quarry" not in flat(app)
        await at(pilot, "Bring an alarm")
        await keys(pilot, "h")
        assert isinstance(app.screen, HistoryScreen)
        assert "Quarry" not in flat(app)


async def test_an_overdue_action_that_moves_asks_why_and_keeps_its_day(
    family: Family, tmp_path: Path
) -> None:
    make_plan(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "P")
        await at(pilot, "! 4 days")
        await keys(pilot, "E")
        form = app.screen
        assert isinstance(form, ActionForm)
        assert "Why later" not in flat(app)
        form.put("due", "+1w")
        await keys(pilot, "ctrl+s")
        assert "It is overdue: say why it gets another day." in flat(app)
        await keys(pilot, "=the company is closed", "ctrl+s")
        assert "by Fri 27 Nov, 7 days left, moved from Mon 16 Nov" in flat(app)


async def test_what_was_not_done_asks_why(family: Family, tmp_path: Path) -> None:
    make_plan(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "P")
        await at(pilot, "! 4 days")
        await keys(pilot, "X", "n", "ctrl+s")
        assert "Say why in a few words." in flat(app)
        await keys(pilot, "=no bus any more")
        check_shot(app, "plan-ending-80")
        await keys(pilot, "ctrl+s")
        text = flat(app)
        assert "not done Ring the bus company Anna Marsh; not done Fri 20 Nov; why: no bus any more" in text
        assert "OVERDUE" not in text
        await at(pilot, WORDS)
        await keys(pilot, "X", "d", "tab", "=they moved", "ctrl+s")
        assert f"DROPPED “{WORDS}”" in flat(app)


async def test_a_change_elsewhere_is_not_written_over_unasked(family: Family, tmp_path: Path) -> None:
    """Not by a form that stands open, and not by a draft that was begun before it."""
    made = make_plan(family)
    app = make_real_app(tmp_path, family.store)

    def bus(store: Any) -> Action:
        held: Action = store.get(Action, made["bus"].id)
        return held

    async def elsewhere(**said: Any) -> None:
        await asked(app, lambda s: s.journal.commit(Edit("Changed", update(bus(s), **said))))

    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "P")
        await at(pilot, "Ring the bus")
        await keys(pilot, "E", "end", "= again", "escape")
        await elsewhere(owner="Dean Orr")
        await keys(pilot, "E", "ctrl+s")
        held = await asked(app, bus)
        assert (held.text, held.owner) == ("Ring the bus company again", "Dean Orr")
        await keys(pilot, "E", "end", "=!")
        await elsewhere(text="Write to them", owner="Anna Marsh")
        await keys(pilot, "ctrl+s")
        assert "Put your words in their place? Written elsewhere meanwhile: What." in flat(app)
        await keys(pilot, "n")
        assert (await asked(app, bus)).text == "Write to them"
        await keys(pilot, "ctrl+s", "y")
        held = await asked(app, bus)
        assert (held.text, held.owner) == ("Ring the bus company again!", "Anna Marsh")


# The file for the family


@pytest.mark.long
@pytest.mark.parametrize(("choice", "has", "has_not"), [
    ("1", ["Ring the bus", "What has happened"], []),
    ("2", ["Ring the bus"], ["What has happened"]),
    ("3", ["What has happened"], ["Ring the bus"]),
])  # fmt: skip
async def test_a_file_for_the_family(
    family: Family, tmp_path: Path, choice: str, has: list[str], has_not: list[str]
) -> None:
    make_plan(family)
    app = make_real_app(tmp_path, family.store)
    target = tmp_path / "for them.txt"
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "P", "F")
        await keys(pilot, choice, "enter")
        assert "whoever has it can read it" in flat(app)
        await keys(pilot, "ctrl+a", "ctrl+u", "ctrl+k", f"={target}1", "enter")
        assert "must end in .txt or .pdf" in flat(app)
        assert [*tmp_path.glob("for them*")] == []
        await keys(pilot, "ctrl+a", "ctrl+u", "ctrl+k", f"={target}", "enter")
        assert "Written: " in flat(app)
        text = target.read_text("utf-8")
        assert [words for words in has if words not in text] == []
        assert [words for words in has_not if words in text] == []
        await keys(pilot, "F", "1", "enter", "ctrl+a", "ctrl+u", "ctrl+k", f"={target}", "enter")
        assert "is already there" in flat(app)
        assert target.read_text("utf-8") == text
        logged = await asked(app, lambda store: store.conn.execute(
            "SELECT count(*) FROM audit WHERE verb = 'exported'").fetchone()[0])  # fmt: skip
        assert logged == 1


# The ways in, and what is hostile


async def test_the_ways_in(family: Family, tmp_path: Path) -> None:
    make_plan(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        page = app.screen
        number = next(n for n, line in enumerate(page._lines) if line.target.does == "plan")  # type: ignore[attr-defined]
        page.query_one(RowList).cursor = number
        await keys(pilot, "enter")
        assert isinstance(app.screen, PlanScreen)
        await keys(pilot, "escape", "escape", "g", "k")
        assert isinstance(app.screen, ClocksScreen)
        await keys(pilot, "P")
        assert isinstance(app.screen, PlanScreen)
        await keys(pilot, "C", "escape", "question_mark")
        assert "Plan" in flat(app)


@pytest.mark.parametrize("words", HOSTILE)
async def test_hostile_words_are_only_words(family: Family, tmp_path: Path, words: str) -> None:
    made = make_plan(family)
    line = words[:290] or "x"
    bad = [
        Outcome(id=new_id(), plan=made["plan"].id, child=family.tilly.id, text=words or "x", baseline=words,
                measure=words),
        Action(id=new_id(), outcome=made["on_time"].id, child=family.tilly.id, text=words or "x", owner=line,
               due=TODAY + timedelta(days=1), why=words),
        Review(id=new_id(), plan=made["plan"].id, child=family.tilly.id, held_on=TODAY, attended=(line,),
               apologies=(line,), progress=words or "x", views=words, by=made["plan"].by),
    ]  # fmt: skip
    commit(family.store, "Hostile", bad, family.tilly.id)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "P", "end", "home")
        page = app.screen
        assert isinstance(page, PlanScreen)
        number = next(n for n, line in enumerate(page._lines) if line.key == bad[1].id)
        page.page.cursor = number
        await keys(pilot, "E", "escape", "X", "escape", "enter", "escape", "F", "escape")
        assert "\x1b" not in screen_text(app)
        assert isinstance(app.screen, PlanScreen)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_the_plan_as_a_picture(
    snap_compare: Callable[..., bool], family: Family, tmp_path: Path, size: tuple[int, int]
) -> None:
    made = make_plan(family)
    reviewed(family, made["plan"])
    tilly = family.tilly.id
    app = make_real_app(tmp_path, family.store)

    async def show(pilot: Any) -> None:
        await enter(pilot, tilly)
        await keys(pilot, "P")

    assert snap_compare(app, terminal_size=size, run_before=show)
