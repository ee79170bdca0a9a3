"""What is protected even in its existence: list, check, question and preview name it together."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from casework.consent import record_agreement
from casework.edits import Edit, create
from casework.ids import new_id
from casework.policies import PURPOSES, Category
from casework.records import Child, Team, Worker
from casework.records_sharing import Agreement
from casework.vocabulary import AGENCIES
from casework.withdrawing import somebody_of
from screens.consent_check import Wanted, read_answer
from screens.consent_forms import AgreementForm, WithdrawForm
from screens.consent_settling import SettleForm
from screens.reopening import LeftOpen
from storage.queries.agreements import read_agreements, read_lost, read_opening
from storage.queries.sight import Sight
from storage.store import Store
from tests.tools.caseloads import set_up

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)
HELD = Category.YOUTH_JUSTICE


def opened(folder: Path, agency: str) -> Store:
    team = Team(id=new_id(), name="Swale")
    me = Worker.model_validate({"id": new_id(), "name": "Ann", "agency": agency, "team": team.id})
    path = folder / "caseload.db"
    return set_up(path, bytearray(32), worker=me, team=team, now=lambda: NOW, today=TODAY)


def agreed(store: Store, agencies: set[str], purposes: set[str], **more: Any) -> tuple[Child, Agreement]:
    """A child of whom everything may be shared with these agencies for these purposes."""
    child = Child(id=new_id(), surname="Marsh", forename="Tilly")
    store.journal.commit(Edit("Bring in", (create(child),)))
    held = Agreement.model_validate(
        {"id": new_id(), "child": child.id, "given_by": "Anna", "relationship": "mother", "status": "given",
         "agencies": sorted(agencies), "categories": tuple(Category), "purposes": sorted(purposes),
         "given_on": TODAY, "by": store.worker.id, **more}
    )  # fmt: skip
    store.journal.commit(record_agreement(held, TODAY))
    return child, held


@pytest.mark.parametrize("agency", AGENCIES)
def test_all_of_them_name_it_or_none(agency: str, tmp_path: Path) -> None:
    store = opened(tmp_path, agency)

    @settings(max_examples=25, deadline=None)
    @given(st.sets(st.sampled_from(AGENCIES), min_size=1), st.sets(st.sampled_from(PURPOSES), min_size=1))
    @example({"youth-justice"}, {"support"})
    def agree(agencies: set[str], purposes: set[str]) -> None:
        child, held = agreed(store, agencies, purposes)
        knows = any(store.may_see(child, HELD, purpose) for purpose in PURPOSES)
        shown = next(iter(read_agreements(store, child)), None)
        listed = shown is not None and HELD in shown.agreement.categories
        assert listed == knows
        assert bool(Sight(store).field(held, "categories", child)) == knows
        answers = {
            (other, purpose): read_answer(store, child.id, Wanted(other, HELD, purpose))
            for other in AGENCIES
            for purpose in PURPOSES
        }
        opens = agencies != {"youth-justice"} or "evaluation" in purposes
        assert any(told.decision.agreement for told in answers.values()) == (knows and opens)
        for told in answers.values():
            assert (told.rests_on is not None) == (told.decision.agreement is not None)
        for purpose in PURPOSES:
            asked = store.decide_for(somebody_of("youth-justice"), child, Category.FAMILY, purpose)
            assert knows or asked.agreement is None
        lost, own = read_lost(store, child, held.id)
        assert any(one.category is HELD for one in lost) == (knows and opens)
        assert knows or not any(one.category is HELD for one in own)
        assert knows or not any(one.agency == "youth-justice" for one in lost)

    agree()
    store.close()


def test_seen_for_planning_only_it_is_on_the_list(tmp_path: Path) -> None:
    store = opened(tmp_path, "inclusion-attendance")
    child, _ = agreed(store, {"inclusion-attendance", "early-help"}, {"planning"})
    (shown,) = read_agreements(store, child)
    assert HELD in shown.agreement.categories
    told = read_answer(store, child.id, Wanted("early-help", HELD, "planning"))
    assert (told.decision.answer, told.rests_on) == ("yes", shown)
    assert not store.decide_for(somebody_of("early-help"), child, HELD, "support")
    other = Worker(id="", name="", agency="school")
    (previewed,) = read_agreements(store.seen_with(other), child)
    assert HELD not in previewed.agreement.categories
    store.close()


async def test_a_form_that_opens_again_holds_no_more_than_the_list(tmp_path: Path) -> None:
    store = opened(tmp_path, "school-nursing")
    _, held = agreed(store, {"school", "youth-justice"}, {"planning"}, exclude="not Gran")

    async def run(work: Any) -> Any:
        return work(store)

    shell: Any = SimpleNamespace(desk=SimpleNamespace(run=run), agencies={})
    assert await SettleForm.again(shell, LeftOpen("settling", held.id)) is None, "the words are withheld"
    form = await WithdrawForm.again(shell, LeftOpen("withdrawal", held.id))
    assert form is not None
    hint = form.form_fields()[0].hint
    assert "school" in hint
    assert "youth-justice" not in hint
    store.close()


def test_who_settles_words_is_told_what_that_opens(tmp_path: Path) -> None:
    store = opened(tmp_path, "early-help")
    _, held = agreed(store, {"school"}, {"support"}, exclude="not Gran", responsibility="yes")
    form = SettleForm(held, "Tilly", {"school": "the school"})
    said = form.said(form.commit(store, {"agencies": ("school",), "categories": ()}))
    assert "Not opened: " in said
    assert "to the school. The family ruled it out" in said
    store.close()


def kept_by_form(store: Store, child: Child, **values: Any) -> str:
    """What the form says after keeping an agreement."""
    form = AgreementForm(child, "Tilly", {"early-help": "Early Help", "school": "the school"})
    answers: dict[str, Any] = {
        **dict.fromkeys(("who", "gillick", "how_known", "exclude", "interpreter", "leaflet", "method"), ""),
        **dict.fromkeys(("exclude_agencies", "exclude_categories"), ()),
        **dict.fromkeys(("review", "expires")),
        "status": "given", "given_by": "Anna", "relationship": "mother", "responsibility": "yes",
        "agencies": ("school",), "purposes": ("support",), "categories": ("family", "youth_justice"),
        "given_on": TODAY,
    }  # fmt: skip
    return form.said(form.commit(store, answers | values))


def test_who_writes_youth_justice_without_the_sight_of_it_is_told_what_becomes_of_it(tmp_path: Path) -> None:
    store = opened(tmp_path, "early-help")
    tilly, _ = agreed(store, {"school-nursing"}, {"support"}, categories=("family",))
    ben, _ = agreed(store, {"youth-justice"}, {"support"}, categories=(HELD,))
    shut = kept_by_form(store, tilly, relationship="uncle", responsibility="unknown")
    assert "It opens nothing: it is not known whether" in shut
    assert "opened to no agency" in shut
    said = kept_by_form(store, tilly)
    assert said.endswith(
        "Youth justice, as you wrote it, is kept and opened to the school; "
        "yours may not see it, so your lists leave it out."
    )
    beside = (
        "The agreement of Fri 20 Nov 2026 still stands beside it and opens more: withdraw it if this one is"
    )
    assert f"{beside} to replace it. " in said
    without = said.replace(f"{beside} to replace it. ", "")
    assert kept_by_form(store, ben) == without, "what is hidden from them already changes no word"
    assert "opened to no agency; yours may not see it" in kept_by_form(store, tilly, status="refused")
    assert "outh justice" not in kept_by_form(store, tilly, categories=("family",))
    alone = kept_by_form(store, tilly, agencies=("youth-justice",), categories=("youth_justice",))
    assert "opens nothing new" not in alone, "of what is hidden from them it tells what they wrote alone"
    assert "opened to no agency; yours may not see it" in alone
    kept_out = kept_by_form(
        store, tilly, categories=("health", "youth_justice"), exclude_categories=("youth_justice",)
    )
    assert "It opens health (support) to the school." in kept_out
    assert "opened to no agency; yours may not see it" in kept_out
    open_already = kept_by_form(store, tilly, agencies=("early-help",), categories=("family",))
    assert "It opens nothing new: all of it was open already." in open_already
    ours = kept_by_form(store, tilly, agencies=("early-help", "school"))
    assert "as you wrote it" not in ours, "they see it now, and their list shows it"
    store.close()


@pytest.mark.parametrize("named", [{"youth-justice"}, {"youth-justice", "school"}])
def test_what_an_agreement_opens_tells_of_no_other_about_what_is_protected(
    named: set[str], tmp_path: Path
) -> None:
    """Another parent's refusal about youth justice, which its writer may not know of, changes no word."""
    store = opened(tmp_path, "early-help")
    told = []
    for refused in (False, True):
        held = agreed(store, named, set(PURPOSES))[1]
        if refused:
            other = held.model_copy(
                update={"id": new_id(), "given_by": "Ben", "relationship": "father", "status": "refused",
                        "agencies": ("youth-justice",), "responsibility": "yes"}
            )  # fmt: skip
            store.journal.commit(record_agreement(other, TODAY))
        told.append(read_opening(store, held.id, {}).words)
    assert told[0] == told[1]
    assert told[0].count("youth-justice") == 1
