"""Every form of the app, found by class: half filled, then locked, killed, or kept by another version."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

import screens
from casework.consent import record_agreement
from casework.disagreements import raise_disagreement
from casework.ids import new_id
from casework.notifications import receive
from casework.policies import Category
from casework.records import Child, Flag
from casework.records_case import Action, Assessment, Disagreement, Episode, Notification, Outcome, Plan
from casework.records_sharing import Agreement
from casework.records_sync import Conflict
from outreach_tui.app import OutreachApp
from outreach_tui.rooms import ROOMS
from screens import kept_dialog, kept_form
from screens.choosers import Chooser
from screens.kept_dialog import KeptDialog
from screens.kept_form import KeptForm
from screens.reopening import FORMS, NO_PAGE, LeftOpen, PageOpen
from screens.widgets.row_list import RowList
from storage.queries import sight
from storage.store import Store
from tests.screens.fakes import Hands
from tests.screens.real import KEY, NOW, TODAY, Family, asked, commit, enter, make_real_app, new_store
from tests.screens.steps import settle, type_text, unlock
from tests.screens.textshot import screen_text

WORDS = "half a"
ABSTRACT = {
    "FieldForm",
    "KeptForm",
    "KeptDialog",
    "NotificationFields",
    "PartsForm",
    "PlanForm",
    "RecordForm",
    "WhoForm",
    "WordsAndDay",
}
NOT_KEPT = {
    "Confirm": "a yes or a no",
    "ConfirmMany": "a number that is asked for",
    "PickOne": "one of a list",
    "AskLine": "the name of a view, a URN: a line that is typed again in a moment",
    "AskSame": "one of a list",
    "CheckDialog": "a question that changes nothing",
    "Notice": "says why what was open is gone",
}
"""Dialogs that hold no words about a family, and why."""


@dataclass(frozen=True)
class Half:
    """How a form is opened from the list of today, and the field that takes the words."""

    cls: str
    form: str
    keys: tuple[str, ...]
    field: str
    subject: Callable[[Any], str]
    room: str = "today"
    old: dict[str, Any] = field(default_factory=dict)
    """What an older version would have kept besides: a field that is gone, and values of other types."""


CHILD = ("enter",)
OLD = {"mood": "calm and cheerful", "count": 3, "ticked": True, "empty": None, "several": ["one", "two"]}
HALVES = (
    Half("ContactForm", "contact", (*CHILD, "t"), "note", lambda f: f.tilly.id, old={"kind": "pigeon"}),
    Half("NotificationForm", "notification", ("g", "n", "+"), "concern", lambda f: ""),
    Half("NotificationForm", "notification", ("g", "n", "I"), "concern", lambda f: f.sent.id),
    Half("AgreementForm", "agreement", (*CHILD, "C", "R"), "exclude", lambda f: f.tilly.id,
         old={"status": "perhaps", "agencies": "school-nursing,pigeon-post"}),
    Half("WithdrawForm", "withdrawal", (*CHILD, "C", "W"), "withdrawn_why", lambda f: f.agreed.id),
    Half("SettleForm", "settling", (*CHILD, "C", "L"), "categories", lambda f: f.agreed.id),
    Half("DisclosureForm", "disclosure", (*CHILD, "C", "D"), "reason", lambda f: f.tilly.id),
    Half("RaiseForm", "disagreement", (*CHILD, "Y", "+"), "about", lambda f: f.tilly.id),
    Half("AnswerForm", "disagreement-answer", (*CHILD, "Y", "X"), "outcome", lambda f: f.raised.id),
    Half("FurtherForm", "disagreement-further", (*CHILD, "Y", ">"), "about", lambda f: f.raised.id),
    Half("FlagForm", "flag", (*CHILD, "+"), "note", lambda f: f.tilly.id, old={"kind": "pigeon"}),
    Half("FlagReviewForm", "flag-review", (*CHILD, *["down"] * 6, "E"), "note", lambda f: f.flag.id),
    Half("OutcomeForm", "outcome", (*CHILD, "P", "O"), "text", lambda f: f.tilly.id),
    Half("OutcomeForm", "outcome", (*CHILD, "P", "E"), "measure", lambda f: f.wanted.id),
    Half("ActionForm", "action", (*CHILD, "P", "+"), "text", lambda f: f.tilly.id),
    Half("ActionForm", "action", (*CHILD, "P", "E"), "owner", lambda f: f.task.id,
         old={"outcome": "gone", "agency": "pigeon-post"}),
    Half("EndingForm", "plan-ending", (*CHILD, "P", "X"), "status", lambda f: f.task.id),
    Half("EndingForm", "plan-ending", (*CHILD, "P", "X"), "status", lambda f: f.wanted.id),
    Half("ReviewForm", "review", (*CHILD, "G", "+"), "agenda", lambda f: f.tilly.id),
    Half("CloseForm", "case-close", (*CHILD, "H", "X"), "note", lambda f: f.tilly.id),
    Half("AssessmentForm", "assessment", (*CHILD, "J", "E"), "strengths", lambda f: f.assessed.id),
    Half("ScoresForm", "score", (*CHILD, "J", "+", "2", "enter"), "scores", lambda f: f.tilly.id),
    Half("AskWords", "merge-reason", (*CHILD, "=", "enter", "="), "", lambda f: f.double.id),
    Half("AskWords", "link-reason", (*CHILD, "=", "-", "1", "enter"), "", lambda f: f.double.id),
    Half("ConflictTextForm", "conflict-text", ("g", "x", '"'), "text", lambda f: f.conflict.id),
    Half("SchoolForm", "school-contacts", ("g", "o", "E"), "spoc", lambda f: f.school.id),
    Half("WordsForm", "round-words", ("t",), "", lambda f: f.tilly.id),
    Half("WordsForm", "round-reason", ("r", "i"), "", lambda f: f.tilly.id, old={"code": "Q9"}),
    Half("WordsForm", "round-close", ("c",), "", lambda f: f.tilly.id),
    Half("SleepForm", "clock-sleep", ("g", "k", "Z"), "reason", lambda f: f.slept),
    Half("AskWords", "missing-parts", ("g", "n", "M"), "", lambda f: f.sent.id),
    Half("SpokenForm", "notifier", ("g", "n", "K"), "", lambda f: f.sent.id),
)  # fmt: skip
BEGINS_AS = {
    "notification": ("a new one", "what came for one"),
    "outcome": ("a new one", "over one"),
    "action": ("a new one", "over one"),
    "plan-ending": ("of a task", "of an outcome"),
}
"""Forms that begin in more than one way, each with a line of its own in HALVES."""
NAMES = [f"{one.form}{number}" for number, one in enumerate(HALVES)]


class Sent(Family):
    """The family with a notification of today and an agreement whose words wait to be settled."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        me = store.worker.id
        held = Notification(
            id=new_id(), child=self.tilly.id, received=date(2026, 11, 19), school=self.school.id,
            notifier="Mr Orr", by=me, concern="Often tired.", heard_by="Ms Webb",
        )  # fmt: skip
        edit, self.sent = receive(held, TODAY, ())
        store.journal.commit(edit)
        self.agreed = Agreement.model_validate(
            {
                "id": new_id(), "child": self.tilly.id, "given_by": "Anna Marsh", "relationship": "mother",
                "responsibility": "yes", "status": "given", "agencies": ("school-nursing",),
                "categories": ("family",), "purposes": ("support",), "given_on": TODAY, "by": me,
                "exclude": "not my ex-partner",
            }
        )  # fmt: skip
        store.journal.commit(record_agreement(self.agreed, TODAY))
        edit, self.raised = raise_disagreement(
            Disagreement(
                id=new_id(), child=self.tilly.id, raised=TODAY, about="Level", with_whom="Mr Orr", by=me
            ),
            TODAY,
        )
        store.journal.commit(edit)
        self.slept = ""
        self.flag = store.find(Flag, "child = ? AND kind = ?", (self.tilly.id, "risk-to-visitors"))[0]
        self._plan(me)
        self.assessed = Assessment(id=new_id(), child=self.tilly.id, started=TODAY, by=me)
        self.double = Child(
            id=new_id(), surname="Marsh", forename="Tilly", dob=date(2018, 3, 3), school=self.school.id
        )
        commit(store, "Assessment and a double", [self.assessed, self.double], self.tilly.id)

    def _plan(self, me: str) -> None:
        """The worker's own case, whose plan has an outcome with a task."""
        child = self.tilly.id
        case = Episode(id=new_id(), child=child, opened=date(2026, 11, 2), worker=me)
        plan = Plan(id=new_id(), child=child, episode=case.id, started=case.opened, by=me)
        self.wanted = Outcome(id=new_id(), plan=plan.id, child=child, text="Out of the house on time")
        self.task = Action(
            id=new_id(), outcome=self.wanted.id, child=child, text="Set an alarm", owner="Anna Marsh",
            due=date(2026, 12, 1),
        )  # fmt: skip
        commit(self.store, "Plan", [case, plan, self.wanted, self.task], child)
        self.conflict = Conflict(
            id=new_id(), child=child, record=self.wanted.id, record_type="outcome", field="text",
            base='"On time"', central='"Out of the house on time"', other='"Up on time"', other_by=me,
            facet="family:planning",
        )  # fmt: skip
        commit(self.store, "Conflict", [self.conflict], child)


@pytest.fixture
def family(tmp_path: Path) -> Sent:
    return Sent(new_store(tmp_path, "early-help"))


@pytest.fixture(autouse=True)
def saves_by_keystrokes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_form, "_PAUSE", 3600.0)


def app_of(family: Sent, folder: Path, hands: Hands | None = None) -> OutreachApp:
    app = make_real_app(folder, family.store, hands)
    app._rooms = dict(ROOMS)
    return app


def classes() -> set[type]:
    """Every class of the rooms of screens."""
    found = set()
    for module in pkgutil.walk_packages(screens.__path__, "screens."):
        held = vars(importlib.import_module(module.name)).values()
        found |= {one for one in held if inspect.isclass(one) and one.__module__ == module.name}
    return found


def test_every_form_is_walked() -> None:
    """A new form, or a dialog with words of its own, needs a line in HALVES and one in `FORMS`."""
    from screens.dialogs import Dialog

    kept = {one.__name__ for one in classes() if issubclass(one, KeptForm | KeptDialog)} - ABSTRACT
    assert kept == {half.cls for half in HALVES}
    lines = {(half.form, half.keys, half.subject.__code__.co_names) for half in HALVES}
    assert Counter(form for form, *_ in lines) == {form: len(BEGINS_AS.get(form, ("",))) for form in FORMS}
    assert set(FORMS) <= {*sight.WRITTEN_ABOUT, *sight.OF_THE_TEAM}, (
        "say what a draft of it is about: it is withheld by that"
    )
    dialogs = {one.__name__ for one in classes() if issubclass(one, Dialog) and one is not Dialog}
    assert dialogs - kept - ABSTRACT == set(NOT_KEPT), "keep its words, or say why it holds none"


async def open_form(pilot: Pilot[None], half: Half) -> None:
    """From today's list with the cursor on Tilly."""
    subject = half.subject(pilot.app.family)  # type: ignore[attr-defined]
    tilly = pilot.app.family.tilly.id  # type: ignore[attr-defined]
    for key in half.keys:
        for row_list in pilot.app.screen.query(RowList):
            for row in (subject, f"{subject}/1", tilly):
                if row_list.move_to(row):
                    break
        await pilot.press(key)
        await settle(pilot)


async def half_fill(pilot: Pilot[None], half: Half) -> None:
    """Type half a sentence, or take one of several."""
    screen = pilot.app.screen
    assert type(screen).__name__ == half.cls, screen_text(pilot.app)
    if half.field:
        target = screen.query_one(f"#{half.field}")
        target.focus()
        await settle(pilot)
        if isinstance(target, Chooser):
            await pilot.press("space", "right", "space", "right", "space", "right", "space")
            await settle(pilot)
            return
    for line in screen.query(Input):
        if line.has_focus:
            line.value = ""
    await type_text(pilot, WORDS)
    await settle(pilot)


def held_by(screen: Any) -> dict[str, str]:
    """What a form or a dialog holds, as its draft says it: a day by its date."""
    found: dict[str, str] = screen.kept(screen.fields() if isinstance(screen, KeptForm) else screen.typed())
    return found


def words_of(held: dict[str, str]) -> str:
    return "\n".join(held.values())


async def started(pilot: Pilot[None], family: Sent) -> None:
    pilot.app.family = family  # type: ignore[attr-defined]
    await enter(pilot)
    await settle(pilot)


def stack(app: OutreachApp) -> list[tuple[str, PageOpen]]:
    """What stands on the screen, from the room up to the form."""
    return [(type(one).__name__, getattr(one, "page_open", NO_PAGE)) for one in app.screen_stack[1:]]


ELSEWHERE = (
    Half("ReviewForm", "review", ("g", "k", "G", "+"), "agenda", lambda f: f.tilly.id),
    Half("ReviewForm", "review", ("g", "n", "enter", "enter", "G", "+"), "agenda", lambda f: f.sent.id),
    Half("AskWords", "link-reason", (*CHILD, "=", "enter", "-", "1", "enter"), "", lambda f: f.double.id),
)
"""Forms opened from elsewhere: over a list, over a notification's page and the child's, over a pair."""


@pytest.mark.parametrize("half", ELSEWHERE, ids=["list", "pages", "pair"])
async def test_an_idle_lock_brings_the_form_back_where_it_was_opened(
    half: Half, family: Sent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await locked_and_back(half, family, tmp_path, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("half", HALVES, ids=NAMES)
async def test_an_idle_lock_brings_the_form_back_and_another_version_loses_no_word(
    half: Half, family: Sent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the lock kept of the form is what the other version finds."""
    await locked_and_back(half, family, tmp_path, monkeypatch)
    await changed_by_another_version(half, family, tmp_path)


async def locked_and_back(half: Half, family: Sent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outreach_tui.app._LAST_WORDS_SECONDS", 60.0)  # however slow the disk is
    hands = Hands()
    app = app_of(family, tmp_path, hands)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(pilot, family)
        await open_form(pilot, half)
        await half_fill(pilot, half)
        held, stood = held_by(app.screen), stack(app)
        hands.on(11 * 60)
        await app.mind_idle()
        await settle(pilot)
        assert not app.desk.is_open
        await unlock(pilot)
        await settle(pilot)
        assert type(app.screen).__name__ == half.cls, screen_text(app)
        assert held_by(app.screen) == held
        assert stack(app) == stood


OF_NOBODY = {("NotificationForm", "+"), ("SchoolForm", "E")}
HIDDEN = [half for half in HALVES if (half.cls, half.keys[-1]) not in OF_NOBODY]
"""All but a notification without a chosen child, and a school: no draft of those tells of a child."""


@pytest.mark.long
@pytest.mark.parametrize("half", HALVES, ids=NAMES)
async def test_after_a_kill_one_key_goes_on_and_no_draft_that_is_hidden_is_written_over(
    half: Half, family: Sent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left after the kill is what may be shown no more."""
    await killed_and_gone_on(half, family, tmp_path, monkeypatch)
    if half in HIDDEN:
        await hidden_and_shown(half, family, tmp_path, monkeypatch)


async def killed_and_gone_on(
    half: Half, family: Sent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app never hears of its end: what the keystrokes had saved is all there is.

    The next letter goes behind the last one.
    """
    app = app_of(family, tmp_path)
    with monkeypatch.context() as every_key:
        every_key.setattr(kept_form, "_SAVE_AFTER", 1)
        every_key.setattr(kept_dialog, "KEPT_EVERY", 1)
        async with app.run_test(size=(80, 24)) as pilot:
            await started(pilot, family)
            await open_form(pilot, half)
            await half_fill(pilot, half)
            held = held_by(app.screen)
            store = store_again(family)
            drafts = store.drafts.waiting()
            store.close()
    assert [draft.form for draft in drafts] == [half.form]
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(pilot, family)
        assert "1 unfinished: " in screen_text(app)
        assert FORMS[half.form].words in screen_text(app)
        await pilot.press("N")
        await settle(pilot)
        if type(app.screen).__name__ == "Confirm":
            await pilot.press("y")
            await settle(pilot)
        assert type(app.screen).__name__ == half.cls, screen_text(app)
        assert held_by(app.screen) == held
        at = app.screen.focused
        if isinstance(at, Input | TextArea) and WORDS in said_in(at):
            was = said_in(at)
            await pilot.press("e", "n")
            assert said_in(at) == f"{was}en"


def said_in(field: Input | TextArea) -> str:
    return field.value if isinstance(field, Input) else field.text


async def hidden_and_shown(half: Half, family: Sent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A draft that may not be shown waits beside what is typed now, until it may be shown again."""
    store = store_again(family)
    (left,) = store.drafts.waiting()
    store.drafts.save(left.form, left.subject, {**left.fields, "mood": "calm and cheerful"})
    store.close()
    with monkeypatch.context() as hidden:
        hidden.setitem(sight.WRITTEN_ABOUT, half.form, (Category.YOUTH_JUSTICE, "support"))  # type: ignore[arg-type]
        app = app_of(family, tmp_path)
        async with app.run_test(size=(80, 24)) as pilot:
            await started(pilot, family)
            assert "unfinished" not in screen_text(app)
            await open_form(pilot, half)
            shown = " ".join(screen_text(app).split())
            assert "A draft is kept here" in shown
            assert "calm and cheerful" not in shown
            await half_fill(pilot, half)
            held = held_by(app.screen)
            await app.screen.before_lock()  # type: ignore[attr-defined]
            assert len(await asked(app, lambda s: s.drafts.waiting())) == 2
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(pilot, family)
        assert "2 unfinished: " in screen_text(app)
        drafts = await asked(app, lambda s: s.drafts.waiting())
        (aside,) = [one for one in drafts if one.subject != left.subject]
        app.go_on(LeftOpen(aside.form, aside.subject))
        await settle(pilot)
        assert type(app.screen).__name__ == half.cls, screen_text(app)
        assert "calm and cheerful" in " ".join(screen_text(app).split())
        drafts = await asked(app, lambda s: s.drafts.waiting())
        (aside,) = [one for one in drafts if one.subject != left.subject]
        assert {name: aside.fields.get(name, "") for name in held} == held


def store_again(family: Sent) -> Store:
    store: Store = _OPEN(family.store.path, bytearray(KEY), now=lambda: NOW, today=TODAY)
    return store


_OPEN = Store.open


async def changed_by_another_version(half: Half, family: Sent, tmp_path: Path) -> None:
    """The draft that waits is kept by a version with other fields."""
    store = store_again(family)
    (draft,) = store.drafts.waiting()
    fields: dict[str, Any] = {**draft.fields, **OLD, **half.old}
    store.drafts.save(draft.form, draft.subject, fields)
    store.close()
    lost = ["calm and cheerful", "3", "yes", "one,two", *map(str, half.old.values())]
    lost = [word for part in lost for word in part.split(",")]
    app = app_of(family, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(pilot, family)
        await pilot.press("N")
        await settle(pilot)
        if type(app.screen).__name__ == "Confirm":
            await pilot.press("y")
            await settle(pilot)
        assert type(app.screen).__name__ == half.cls, screen_text(app)
        assert "Another version kept more" in screen_text(app)
        for line in app.screen.query("Input, TextArea"):
            if line.has_focus:
                await type_text(pilot, "!")
        await settle(pilot)
        await app.screen.before_lock()  # type: ignore[attr-defined]
        (kept,) = await asked(app, lambda s: s.drafts.waiting())
        for word in lost:
            assert word in words_of(dict(kept.fields)), (word, kept.fields)
        for area in app.screen.query(TextArea):
            if isinstance(app.screen, KeptForm):
                area.focus()
                await pilot.press("f6")
                await settle(pilot)
                assert "calm and cheerful" in area.text
                assert "Another version" not in screen_text(app)
                break
