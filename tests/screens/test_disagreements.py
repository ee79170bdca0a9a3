"""The log of disagreements on a real encrypted caseload: raised, answered and taken further by keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from casework.disagreements import answer, escalate, raise_disagreement
from casework.ids import new_id
from casework.records_case import Disagreement
from screens.clocks import ClocksScreen
from screens.disagreement_forms import AnswerForm, FurtherForm, RaiseForm
from screens.disagreements import DisagreementsScreen
from screens.help import HelpScreen
from screens.history import HistoryScreen
from storage.journal import Journal, Receipt
from storage.store import Store
from tests.screens.fakes import HOSTILE
from tests.screens.real import TODAY, Family, asked, enter, make_real_app, new_store
from tests.screens.steps import settle, unlock
from tests.screens.test_consent import flat, keys
from tests.screens.textshot import check_shot, screen_text

RAISED = date(2026, 11, 9)


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    store = new_store(tmp_path)
    yield Family(store)
    store.close()


def raised(family: Family, **more: Any) -> Disagreement:
    values = {
        "id": new_id(),
        "child": family.tilly.id,
        "raised": RAISED,
        "with_whom": "Mr Orr, social worker",
    }
    about = "Social care closed the case. We think the risk at home stands: nothing has changed since May."
    made = Disagreement.model_validate(values | {"about": about, "by": family.store.actor.worker} | more)
    edit, kept = raise_disagreement(made, TODAY)
    family.store.journal.commit(edit)
    return kept


def on_record(store: Store) -> list[tuple[str, str, str, date | None]]:
    held = sorted(store.find(Disagreement), key=lambda one: (one.raised, one.id))
    return [(one.level, one.with_whom, one.outcome, one.settled) for one in held]


async def test_from_raising_to_the_team_managers_answer_with_keys_alone(
    family: Family, tmp_path: Path
) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "Y")
        assert isinstance(app.screen, DisagreementsScreen)
        assert "No disagreement is on record. + raises one." in screen_text(app)
        await keys(pilot, "plus", "=The risk stands", "tab", "=Mr Orr", "ctrl+s")
        assert await asked(app, on_record) == [("practitioner", "Mr Orr", "", None)]
        assert "WAITS FOR AN ANSWER" in screen_text(app)
        assert "5 working days left" in flat(app)
        await keys(pilot, "greater_than_sign", "=Ms Hill", "ctrl+s")
        assert "TAKEN FURTHER" in screen_text(app)
        await keys(pilot, "X")
        assert isinstance(app.screen, AnswerForm)
        await keys(pilot, "=The case is opened again", "ctrl+s")
        assert "Say whether that settles it." in screen_text(app)
        await keys(pilot, "y", "ctrl+s")
        assert isinstance(app.screen, DisagreementsScreen)
        assert await asked(app, on_record) == [
            ("practitioner", "Mr Orr", "", None),
            ("team-manager", "Ms Hill", "The case is opened again", TODAY),
        ]
        assert "SETTLED" in screen_text(app)
        await keys(pilot, "u")
        assert "SETTLED" not in screen_text(app)
        assert (await asked(app, on_record))[1][2:] == ("", None)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_threads_stand_newest_first_with_their_steps(
    family: Family, tmp_path: Path, size: tuple[int, int]
) -> None:
    first = raised(family)
    edit, second = escalate(first, "Ms Hill", family.store.actor.worker, TODAY, TODAY, followed=False)
    family.store.journal.commit(edit)
    old = raised(family, raised=date(2026, 10, 5), about="Who leads the case", with_whom="Ana Bell")
    family.store.journal.commit(
        answer(old, "Early help leads", date(2026, 10, 7), TODAY, settles=True, followed=False)
    )
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=size) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "Y")
        text = flat(app)
        assert text.index("WAITS FOR AN ANSWER") < text.index("TAKEN FURTHER") < text.index("SETTLED")
        assert "2 disagreements: 1 waiting for an answer, 0 overdue" in text
        check_shot(app, f"disagreements-{size[0]}")
        await keys(pilot, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        assert "Take a disagreement to the next level" in flat(app)
    del second


async def test_an_overdue_answer_is_told_in_words_on_the_child_and_among_the_clocks(
    family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    raised(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "3")
        assert "Disagreement, answer of the practitioner: 5 working days from Mon 9 Nov 2026" in flat(app)
        await keys(pilot, "Y")
        assert "WAITS FOR AN ANSWER, OVERDUE" in screen_text(app)
        await keys(pilot, "escape", "escape", "g", "k")
        assert isinstance(app.screen, ClocksScreen)
        rows = app.screen.rows
        place = next(n for n, row in enumerate(rows._source.page(0, 99)) if "disagreement" in row.id)
        rows.cursor = place
        await settle(pilot)
        assert "Disagreement, answer of the practitioner" in flat(app)
        await keys(pilot, "Y")
        assert isinstance(app.screen, DisagreementsScreen)


@pytest.mark.long
async def test_a_draft_survives_leaving_and_a_lock(family: Family, tmp_path: Path) -> None:
    raised(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "Y", "plus", "=Half a thought", "ctrl+l")
        await unlock(pilot)
        assert isinstance(app.screen, RaiseForm)
        assert "Half a thought" in screen_text(app)
        await keys(pilot, "escape")
        await enter_again(pilot, family)
        assert "A draft of a disagreement waits: + goes on with it." in screen_text(app)
        await keys(pilot, "plus")
        assert isinstance(app.screen, RaiseForm)
        assert "Half a thought" in screen_text(app)
        await keys(pilot, "escape", "greater_than_sign", "=Ms Hi", "escape")
        assert "A draft about this step waits" in screen_text(app)
        await keys(pilot, "greater_than_sign")
        assert isinstance(app.screen, FurtherForm)
        assert "Ms Hi" in screen_text(app)
        check_shot(app, "disagreement-further-80")


async def enter_again(pilot: Any, family: Family) -> None:
    pilot.app.open_child(family.tilly.id)
    await settle(pilot)
    await keys(pilot, "Y")


async def test_keys_act_on_an_open_step_alone_and_say_why(family: Family, tmp_path: Path) -> None:
    top = raised(family, level="district-manager")
    done = raised(family, raised=date(2026, 10, 5))
    family.store.journal.commit(answer(done, "Yes", TODAY, TODAY, settles=True, followed=False))
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "Y", "greater_than_sign")
        assert "The District Manager is the last who decides" in flat(app)
        await keys(pilot, "end", "X")
        assert "This step is settled" in flat(app)
        await keys(pilot, "h")
        assert isinstance(app.screen, HistoryScreen)
        await keys(pilot, "escape", "home", "X")
        assert isinstance(app.screen, AnswerForm)
    del top


async def test_what_was_written_elsewhere_shows(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "Y")
        await asked(app, lambda store: raise_in(store, family.tilly.id))
        await settle(pilot)
        assert "Raised elsewhere" in screen_text(app)


async def test_what_is_written_just_as_a_page_begins_to_listen_shows(
    family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had looked before, and was told before it knew that it listens."""
    app = make_real_app(tmp_path, family.store)
    begin = Journal.subscribe

    def subscribe(journal: Journal, listener: Callable[[Receipt], None]) -> Callable[[], None]:
        monkeypatch.setattr(Journal, "subscribe", begin)
        stop = journal.subscribe(listener)
        assert app.desk._store is not None
        raise_in(app.desk._store, family.tilly.id)
        return stop

    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        monkeypatch.setattr(Journal, "subscribe", subscribe)
        await keys(pilot, "g", "k")
        assert isinstance(app.screen, ClocksScreen)
        assert "Disagreement" in screen_text(app)


def raise_in(store: Store, child: str) -> None:
    made = Disagreement(
        id=new_id(), child=child, raised=TODAY, about="Raised elsewhere", with_whom="x", by=store.actor.worker
    )
    store.journal.commit(raise_disagreement(made, TODAY)[0])


async def test_who_may_not_see_safeguarding_reads_and_writes_nothing(tmp_path: Path) -> None:
    store = new_store(tmp_path, "voluntary")
    family = Family(store)
    raised(family)
    app = make_real_app(tmp_path, store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "Y")
        assert "Withheld: Safeguarding is not part of voluntary's own work" in flat(app)
        for key in ("plus", "X", "greater_than_sign"):
            await keys(pilot, key)
            assert isinstance(app.screen, DisagreementsScreen)
        text = screen_text(app)
        assert "risk" not in text
        assert "Mr Orr" not in text
        check_shot(app, "disagreements-withheld-80")
    store.close()


async def test_hostile_words_steer_nothing(family: Family, tmp_path: Path) -> None:
    words = " ".join(HOSTILE)
    raised(family, about=words, with_whom=words[:200])
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, "Y", "enter")
        assert "[bold red]Mallory" in screen_text(app), "they stand there as they were written"
        assert "\x1b" not in screen_text(app)
