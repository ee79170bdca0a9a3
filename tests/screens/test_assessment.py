"""The Assessment screen on a real caseload: parts in any order, drafts, scores, what is withheld."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import TextArea

from casework.assessments import PARTS, record_scores, set_parts, start_assessment
from casework.consent import record_agreement
from casework.edits import Edit, create
from casework.errors import Refused
from casework.ids import new_id
from casework.notifications import allocate, receive
from casework.policies import PURPOSES
from casework.records import Child
from casework.records_case import Assessment, Notification, Score
from casework.records_sharing import Agreement
from outreach_tui.app import OutreachApp
from screens import kept_form
from screens.assessment import AssessmentScreen
from screens.assessment_form import AssessmentForm, ScoresForm
from screens.child_page import page_lines
from screens.child_view import read_view
from screens.unlock import UnlockScreen
from screens.widgets.text import cell_text
from storage import audit
from storage.queries.assessments import read_assessment_page
from storage.queries.notifications import episodes_of
from storage.queries.plans import open_episode
from storage.store import Store
from tests.screens.fakes import HOSTILE
from tests.screens.real import TODAY, Family, asked, enter, make_real_app, new_store
from tests.screens.steps import settle, type_text, unlock
from tests.screens.textshot import check_shot, screen_text

VOICE = "I worry about Mum when I am at school."


class Case:
    """Tilly's family with a notification of ten days ago, allocated to the worker of this laptop."""

    def __init__(self, folder: Path, agency: str = "early-help", *agreed: str) -> None:
        self.store = new_store(folder, agency)
        self.family = Family(self.store)
        self.child = self.family.tilly.id
        self.me = self.store.actor.worker
        came = TODAY - timedelta(days=10)
        sent = Notification(
            id=new_id(), child=self.child, received=came, school=self.family.school.id,
            notifier="Ms Sample", concern="Away most Mondays.", offered="Breakfast club: better.",
            outcome="In school every day.", voice=VOICE, heard_by="Mr Lane", heard_on=came,
            siblings="A younger brother.", by=self.me,
        )  # fmt: skip
        edit, kept = receive(sent, TODAY)
        self.store.journal.commit(edit)
        child = self.store.get(Child, self.child)
        held = episodes_of(self.store, child.id)
        taken, _ = allocate(kept, child, self.me, came + timedelta(days=1), held, TODAY)
        self.store.journal.commit(taken)

        if agreed:
            self.agree(*agreed)

    def agree(self, *categories: str) -> None:
        """The mother agrees that this worker's agency sees these categories."""
        agency = self.store.worker.agency
        held = Agreement.model_validate(
            {
                "id": new_id(), "child": self.child, "given_by": "Anna Marsh", "relationship": "mother",
                "responsibility": "yes", "status": "given", "agencies": (agency,),
                "categories": categories, "purposes": PURPOSES, "given_on": TODAY, "by": self.me,
            }
        )  # fmt: skip
        self.store.journal.commit(record_agreement(held, TODAY))

    def begin(self, **parts: str) -> Assessment:
        """An assessment in work."""
        child = self.store.get(Child, self.child)
        made = Assessment.model_validate(
            {
                "id": new_id(),
                "child": self.child,
                "started": TODAY - timedelta(days=4),
                "by": self.me,
                **parts,
            }
        )
        self.store.journal.commit(start_assessment(made, open_episode(self.store, child), TODAY))
        return made

    def score(self, area: str, number: int, day: date) -> None:
        """One reading of an invented tool."""
        one = Score(
            id=new_id(), child=self.child, tool="Family Steps", area=area, score=number, scored_on=day,
            with_whom="Anna", by=self.me,
        )  # fmt: skip
        self.store.journal.commit(record_scores([one], TODAY))

    def read_twice(self) -> None:
        """Readings of which one area went up, one stayed, one went down and one was read once."""
        for area, first, last in (("Home", 3, 5), ("Sleep", 4, 4), ("Friends", 6, 5)):
            self.score(area, first, date(2026, 9, 14))
            self.score(area, last, date(2026, 11, 16))
        self.score("School", 2, date(2026, 11, 16))


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    held = Case(tmp_path, "early-help", "family", "health")
    yield held
    held.store.close()


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


def the_one(store: Store) -> Assessment:
    (held,) = store.find(Assessment)
    return held


def words_of(store: Store, child: str) -> str:
    return "\n".join(cell_text(line.cell) for line in page_lines(read_view(store, child), 76))


# The screen


async def test_a_case_without_an_assessment_says_so_and_by_when(case: Case, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, case.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, case.child)
        assert "Assessment: NOT STARTED, due Tue 24 Nov. Enter or J opens it." in flat(app)
        assert "Notification of Tue 10 Nov: allocated, notifier not contacted. Enter opens it." in flat(app)
        await keys(pilot, "J")
        assert isinstance(app.screen, AssessmentScreen)
        check_shot(app, "assessment-none-80")
        text = flat(app)
        assert "2 weeks from Tue 10 Nov 2026: due Tue 24 Nov 2026, 4 calendar days left" in text
        assert "It counts calendar days; its length is a local setting." in text
        assert VOICE in text
        looked = await asked(app, lambda s: audit.entries(s.conn, child=case.child))
        assert "assessments (0)" in [entry.detail for entry in looked]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_half_done_shows_what_is_empty_and_what_was_told(
    case: Case, tmp_path: Path, size: tuple[int, int]
) -> None:
    case.begin(development="Tilly reads well.", strengths="Anna asks for help early.\n" * 6)
    case.read_twice()
    app = make_real_app(tmp_path, case.store)
    async with app.run_test(size=size) as pilot:
        await enter(pilot, case.child)
        assert "Assessment: IN WORK, 2 of 8 parts, due Tue 24 Nov." in flat(app)
        await keys(pilot, "J")
        check_shot(app, f"assessment-half-{size[0]}")
        await keys(pilot, "end")
        check_shot(app, f"assessment-half-end-{size[0]}")
        text = flat(app)
        assert "Family Steps: 1 area up, 1 the same, 1 down; 1 read once" in text
        assert "2 on Mon 16 Nov one reading is no change" in text


async def test_distance_stands_on_the_childs_page_and_one_reading_is_none(case: Case) -> None:
    case.score("Home", 3, date(2026, 9, 14))
    assert "Scores: Family Steps: 1 area read once; one reading is no change" in words_of(
        case.store, case.child
    )
    case.score("Home", 5, date(2026, 11, 16))
    assert "Scores: Family Steps: 1 area up, 0 the same, 0 down" in words_of(case.store, case.child)


# Writing


async def test_any_part_is_written_first_and_what_was_told_comes_in_by_a_key_only(
    case: Case, tmp_path: Path
) -> None:
    app = make_real_app(tmp_path, case.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, case.child)
        await keys(pilot, "J", "E")
        assert isinstance(app.screen, AssessmentForm)
        await keys(pilot, *["tab"] * 6)
        assert app.screen.at == "views"
        check_shot(app, "assessment-form-80")
        assert "told already, the child's own words: I worry about Mum" in flat(app)
        assert VOICE not in app.screen.value_of("views"), "nothing is filled in unasked"
        await keys(pilot, "f3", "enter", "=Mum: she likes maths.")
        await keys(pilot, "ctrl+s")
        assert isinstance(app.screen, AssessmentScreen)
        held = await asked(app, the_one)
        assert held.views.startswith(f"“{VOICE}” (heard by Mr Lane on Tue 10 Nov 2026, notification of")
        assert held.views.endswith("Mum: she likes maths.")
        assert held.development == ""
        assert held.started == TODAY
        await keys(pilot, "u")
        assert await asked(app, lambda s: s.find(Assessment)) == []


def test_a_form_open_meanwhile_starts_no_second_one_of_a_case(case: Case) -> None:
    child = case.store.get(Child, case.child)
    form = AssessmentForm(read_assessment_page(case.store, child), None, "Tilly")
    made = case.begin()
    answers = {**dict.fromkeys(PARTS, ""), "strengths": "Tilly swims.", "started": TODAY}
    with pytest.raises(Refused, match=r"The assessment of Mon 16 Nov 2026 is in work; write on in it"):
        form.commit(case.store, answers)
    assert the_one(case.store).id == made.id


async def test_enter_writes_the_part_under_the_cursor(case: Case, tmp_path: Path) -> None:
    case.begin(development="One.")
    app = make_real_app(tmp_path, case.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, case.child)
        await keys(pilot, "J")
        screen = app.screen
        assert isinstance(screen, AssessmentScreen)
        at = next(n for n, line in enumerate(screen._lines) if line.part == "history")
        screen.page.cursor = at
        await keys(pilot, "enter")
        assert isinstance(app.screen, AssessmentForm)
        assert app.screen.at == "history"
        await keys(pilot, "f3", "f3")
        assert "It stands there already." in flat(app)
        await keys(pilot, "ctrl+s")
        held = await asked(app, the_one)
        assert held.history == "Breakfast club: better. (notification of Tue 10 Nov 2026)"
        assert held.development == "One."
        await keys(pilot, "E", "ctrl+s")
        assert "It says so already." in flat(app)
        await keys(pilot, "escape", "+", "2", "enter")
        assert isinstance(app.screen, AssessmentScreen)
        assert "One is in work: complete it first (X)." in flat(app)


async def test_complete_asks_once_what_is_empty_and_then_stays(case: Case, tmp_path: Path) -> None:
    case.begin(development="One.", analysis="A lot.\n" * 7)
    app = make_real_app(tmp_path, case.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, case.child)
        await keys(pilot, "J", "X")
        check_shot(app, "assessment-complete-80")
        assert "Still empty: strengths, parenting, family and environment, health, history" in flat(app)
        await keys(pilot, "n")
        assert (await asked(app, the_one)).completed is None
        await keys(pilot, "X", "y")
        held = await asked(app, the_one)
        assert (held.completed, held.completed_by) == (TODAY, case.me)
        text = flat(app)
        assert "COMPLETE since Fri 20 Nov 2026 by Kim Invented; started Mon 16 Nov 2026" in text
        assert "It was due Tue 24 Nov 2026: in time." in text
        await keys(pilot, "E")
        assert "It was completed on Fri 20 Nov 2026 and stays as it is; + starts a new one." in flat(app)
        await keys(pilot, "X")
        assert "No assessment is in work here." in flat(app)
        await keys(pilot, "+", "2", "enter")
        assert isinstance(app.screen, AssessmentForm)


# Drafts


async def test_a_draft_is_kept_while_it_is_typed_and_comes_back_after_a_lock(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_form, "_PAUSE", 9.0)
    made = case.begin(strengths="Warm.")
    app = make_real_app(tmp_path, case.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, case.child)
        await keys(pilot, "J", "E", "tab", "tab", "=rout", "=ine")
        draft = await asked(app, lambda s: s.drafts.load("assessment", made.id))
        assert draft is not None
        assert draft.fields.keys() == {"parenting", "was parenting", "focus"}
        assert len(draft.fields["parenting"]) >= len("rou")
        await keys(pilot, "ctrl+l")
        assert isinstance(app.screen, UnlockScreen)
        await unlock(pilot)
        assert isinstance(app.screen, AssessmentForm), "the form comes back by itself"
        await keys(pilot, "escape", "J")
        assert "A draft of this one waits: enter or E goes on with it." in flat(app)
        await keys(pilot, "X")
        assert "A draft of it waits: save it or throw it away first (E)." in flat(app)
        await keys(pilot, "E")
        form = app.screen
        assert isinstance(form, AssessmentForm)
        assert form.value_of("parenting") == "routine"
        assert form.at == "parenting"
        await keys(pilot, "ctrl+s")
        assert (await asked(app, the_one)).parenting == "routine"
        assert await asked(app, lambda s: s.drafts.waiting()) == []


async def test_a_part_written_elsewhere_is_not_written_over_unasked(case: Case, tmp_path: Path) -> None:
    made = case.begin(strengths="Warm.")
    app = make_real_app(tmp_path, case.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, case.child)
        await keys(pilot, "J", "E", "=Tilly swims.")

        def elsewhere(store: Store) -> None:
            held = store.get(Assessment, made.id)
            store.journal.commit(set_parts(held, development="Theirs.", history="New."))

        await keys(pilot, "escape")
        await asked(app, elsewhere)
        await settle(pilot)
        await keys(pilot, "E", "ctrl+s")
        assert "Put your words in their place? Written elsewhere meanwhile: Development and needs" in flat(
            app
        )
        await keys(pilot, "n")
        assert (await asked(app, the_one)).development == "Theirs."
        await keys(pilot, "ctrl+s", "y")
        held = await asked(app, the_one)
        assert (held.development, held.history) == ("Tilly swims.", "New.")


# Scores


async def test_several_areas_of_a_tool_are_one_form_and_one_step(case: Case, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, case.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, case.child)
        await keys(pilot, "J", "+", "=sco", "enter")
        assert isinstance(app.screen, ScoresForm)
        await keys(pilot, "ctrl+s")
        assert "Name the tool." in flat(app)
        await keys(pilot, "=Family Steps", "tab", "=Home 3", "enter", "=Sleep", "ctrl+s")
        assert "Line 2: write the area and its score, as in “Home 4”." in flat(app)
        await keys(pilot, "=: 4", "tab", "=Anna and Tilly", "tab", "=mon", "ctrl+s")
        assert isinstance(app.screen, AssessmentScreen)
        found = await asked(app, lambda s: sorted((x.area, x.score, x.scored_on, x.with_whom, x.by)
                                                  for x in s.find(Score)))  # fmt: skip
        day = date(2026, 11, 16)
        assert found == [
            ("Home", 3, day, "Anna and Tilly", case.me),
            ("Sleep", 4, day, "Anna and Tilly", case.me),
        ]
        assert "2 scores recorded. u takes it back." in flat(app)
        await keys(pilot, "u")
        assert await asked(app, lambda s: s.find(Score)) == []


async def test_a_tool_used_before_offers_its_areas_and_lists_every_reading(
    case: Case, tmp_path: Path
) -> None:
    case.read_twice()
    app = make_real_app(tmp_path, case.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, case.child)
        await keys(pilot, "J", "+", "=sco", "enter", "right")
        form = app.screen
        assert isinstance(form, ScoresForm)
        assert form.value_of("tool") == "Family Steps"
        area = form.query_one("#scores", TextArea)
        assert area.text == "Friends: \nHome: \nSchool: \nSleep: "
        await keys(pilot, "tab", "tab", "=6", "down", "down", "down", "=7")
        check_shot(app, "assessment-scores-80")
        await keys(pilot, "ctrl+s")
        made = await asked(app, lambda s: {(x.area, x.score) for x in s.find(Score) if x.scored_on == TODAY})
        assert made == {("Friends", 6), ("Sleep", 7)}
        screen = app.screen
        assert isinstance(screen, AssessmentScreen)
        at = next(n for n, line in enumerate(screen._lines) if line.tool)
        screen.page.cursor = at
        await keys(pilot, "enter")
        check_shot(app, "assessment-readings-80")


# What is withheld


async def test_health_is_withheld_from_who_may_not_see_it_and_is_never_written_over(tmp_path: Path) -> None:
    case = Case(tmp_path, "inclusion-attendance", "family")
    case.begin(health="ASTHMACANARY", strengths="Warm.")
    app = make_real_app(tmp_path, case.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, case.child)
        await keys(pilot, "J")
        screen = app.screen
        assert isinstance(screen, AssessmentScreen)
        text = "\n".join(cell_text(line.cell) for line in screen._lines)
        assert "1 of 7 parts" in text
        assert "health," not in text.split("Empty:")[1].split("\n\n")[0]
        assert "WITHHELD" in text
        assert "ASTHMACANARY" not in text
        at = next(n for n, line in enumerate(screen._lines) if line.part == "health" and cell_text(line.cell))
        screen.page.cursor = at
        await settle(pilot)
        check_shot(app, "assessment-health-withheld-80")
        await keys(pilot, "enter")
        assert "Withheld:" in flat(app)
        await keys(pilot, "home", "E", "=Tilly swims.")
        assert "ASTHMACANARY" not in screen_text(app)
        await keys(pilot, "ctrl+s")
        assert (await asked(app, the_one)).health == "ASTHMACANARY"
        assert (await asked(app, the_one)).development == "Tilly swims."


async def test_words_on_health_of_a_draft_wait_until_they_may_be_seen_again(tmp_path: Path) -> None:
    case = Case(tmp_path)
    made = case.begin(strengths="Warm.")
    written = {"health": "HEALTHCANARY", "was health": "", "focus": "health"}
    case.store.drafts.save("assessment", made.id, written)
    app = make_real_app(tmp_path, case.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, case.child)
        await keys(pilot, "J", "E", "=Tilly swims.", "ctrl+s")
        assert "HEALTHCANARY" not in screen_text(app)
        assert (await asked(app, the_one)).health == ""
        assert (await asked(app, the_one)).development == "Tilly swims."
        draft = await asked(app, lambda s: s.drafts.load("assessment", made.id))
        assert draft is not None
        assert draft.fields["health"] == "HEALTHCANARY"


async def test_without_the_family_part_nothing_is_told_and_nothing_written(tmp_path: Path) -> None:
    case = Case(tmp_path, "school")
    case.begin(strengths="WARMCANARY")
    case.read_twice()
    app = make_real_app(tmp_path, case.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, case.child)
        await keys(pilot, "J")
        check_shot(app, "assessment-withheld-80")
        for key in ("E", "+", "X", "enter"):
            await keys(pilot, key)
            assert isinstance(app.screen, AssessmentScreen)
            assert "Withheld:" in flat(app)
            assert "Family Steps" not in screen_text(app)
            assert "WARMCANARY" not in screen_text(app)


# Others


async def test_what_is_written_elsewhere_is_shown_and_another_assessment_opens(
    case: Case, tmp_path: Path
) -> None:
    made = case.begin(strengths="Warm.")
    app = make_real_app(tmp_path, case.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, case.child)
        await keys(pilot, "J", "X", "y", "+", "2", "enter", "=New one.", "ctrl+s")
        assert "IN WORK, 1 of 8 parts" in flat(app)

        def elsewhere(store: Store) -> None:
            held = next(one for one in store.find(Assessment) if one.id != made.id)
            store.journal.commit(set_parts(held, strengths="From the other window."))

        await asked(app, elsewhere)
        await settle(pilot)
        assert "From the other window." in flat(app)
        await keys(pilot, "end", "enter")
        assert "COMPLETE since Fri 20 Nov 2026" in flat(app)


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_words_are_only_words(case: Case, tmp_path: Path, name: str) -> None:
    case.begin(development=name, views=name)
    one = Score(
        id=new_id(), child=case.child, tool=name[:290] or "x", area=name[:290] or "x", score=1,
        scored_on=TODAY, with_whom=name[:290], by=case.me,
    )  # fmt: skip
    case.store.journal.commit(record_scores([one], TODAY) if name.strip() else Edit("Score", (create(one),)))
    app = make_real_app(tmp_path, case.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, case.child)
        for pressed in (
            ("J",),
            ("end",),
            ("enter",),
            ("escape", "home", "E"),
            ("escape", "+", "1", "enter", "right"),
        ):
            await keys(pilot, *pressed)
            text = screen_text(app)
            assert all(sign == "\n" or sign.isprintable() for sign in text)
            assert len(text.splitlines()) <= 24
    assert app.fault is None
