"""What a worker may see of a record, field by field: every condition of it by a store alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from casework.consent import settle_words
from casework.edits import Edit, create, update
from casework.ids import new_id
from casework.limits import Pair
from casework.policies import Category
from casework.records import Child, Flag, Household, Person, Record, Relationship, Team, Worker
from casework.records_attendance import TOLD_SOCIAL_WORKER, FollowUp
from casework.records_case import Action, Notification
from casework.records_links import Link
from casework.records_sharing import Agreement
from casework.records_sync import Conflict
from storage.queries.agreements import read_agreements
from storage.queries.history import read_history
from storage.queries.risks import told_risks
from storage.queries.sight import Sight, draft_of, drafts_waiting, may_go_on, shown_child, subject_of
from storage.store import Store
from tests.tools.caseloads import set_up

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Of a worker of Early Help who is tied to one school, and does not see social care nor health."""
    team = Team(id=new_id(), name="Swale")
    me = Worker(id=new_id(), name="Ann", agency="early-help", team=team.id, schools=("here",))
    path = tmp_path / "caseload.db"
    made = set_up(path, bytearray(32), worker=me, team=team, now=lambda: NOW, today=NOW.date())
    yield made
    made.close()


def kept(store: Store, *records: Any) -> Any:
    store.journal.commit(Edit("Made", tuple(map(create, records))))
    return records[0]


def child(store: Store, school: str = "here", **more: Any) -> Child:
    made: Child = kept(store, Child(id=new_id(), surname="Marsh", forename="Tilly", school=school, **more))
    return made


def flag(store: Store, about: Child, kind: str, **more: Any) -> Flag:
    made: Flag = kept(store, Flag.model_validate({"id": new_id(), "child": about.id, "kind": kind} | more))
    return made


def conflict(store: Store, about: Record, field: str, of: Child) -> Conflict:
    values = {"base": "1", "central": "2", "other": "3", "field": field}
    made: Conflict = kept(
        store,
        Conflict.model_validate(
            {"id": new_id(), "child": of.id, "record": about.id, "record_type": about.type} | values
        ),
    )
    return made


def test_who_is_not_there_has_nothing_that_is(store: Store) -> None:
    for school, there in (("here", True), ("elsewhere", False)):
        tilly = child(store, school)
        assert Sight(store).is_there(flag(store, tilly, "eal"), tilly) == there


def test_what_is_protected_even_in_its_existence_is_not_there(store: Store) -> None:
    tilly, sight = child(store), Sight(store)
    for kind, there in (("eal", True), ("child-in-need", True), ("youth-justice", False)):
        held = flag(store, tilly, kind)
        assert sight.is_there(held, tilly) == there, kind
        assert sight.is_there(conflict(store, held, "note", tilly), tilly) == there, kind
        assert bool(sight.field(held, "kind", tilly)) == (kind == "eal")


def test_a_conflict_is_seen_as_the_field_that_it_is_about(store: Store) -> None:
    home = kept(store, Household(id=new_id(), name="Marsh", address="3 Quay Lane", address_protected=True))
    tilly = child(store, household=home.id)
    for field, seen in (("address", False), ("name", True)):
        held = conflict(store, home, field, tilly)
        assert bool(Sight(store).field(held, "other", tilly)) == seen, field
        assert bool(may_go_on(store, "conflict-text", held.id)) == seen, field


def test_a_link_is_there_for_who_may_know_of_both(store: Store) -> None:
    here, away = child(store), child(store, "elsewhere")
    for other, there in ((child(store), True), (away, False)):
        link = Link(
            id=new_id(), child=here.id, other=other.id, kind="sibling", linked_on=NOW.date(), by="ann"
        )
        assert Sight(store).is_there(link, here) == there


def test_a_record_of_no_child_is_a_fact_of_the_team_or_closed(store: Store) -> None:
    sight = Sight(store)
    assert [bool(sight.decide(None, category)) for category in (Category.EDUCATION, Category.FAMILY)] == [
        True,
        False,
    ]


def test_that_a_social_worker_was_told_is_seen_as_social_care(store: Store) -> None:
    tilly = child(store)
    for outcome, seen in ((TOLD_SOCIAL_WORKER, False), ("no-answer", True)):
        step = FollowUp.model_validate(
            {"id": new_id(), "child": tilly.id, "session_date": NOW.date(), "at": NOW, "by": "ann"}
            | {"outcome": outcome}
        )
        for name in ("outcome", "note"):
            assert bool(Sight(store).field(step, name, tilly)) == seen, (outcome, name)


def test_what_could_tell_of_youth_justice_is_left_to_its_own_list(store: Store) -> None:
    tilly = child(store)
    agreed = Agreement.model_validate(
        {"id": new_id(), "child": tilly.id, "given_by": "Jo", "relationship": "mother", "status": "given"}
        | {"agencies": ["school"], "categories": ["family"], "given_on": NOW.date(), "by": "ann"}
    )
    told = {name: bool(Sight(store).field(agreed, name, tilly)) for name in ("categories", "status")}
    assert told == {"categories": False, "status": True}


def test_a_plan_is_seen_for_planning_whatever_it_is_asked_for(store: Store) -> None:
    tilly = child(store)
    act = Action(id=new_id(), outcome="o", child=tilly.id, text="Ring", owner="Jo", due=date(2026, 12, 1))
    assert Sight(store).sees(tilly, Category.FAMILY)
    assert not Sight(store).field(act, "text", tilly), "nobody agreed to a plan"


def test_an_address_is_protected_by_itself_or_by_a_flag_that_stands_in_the_home(store: Store) -> None:
    home = kept(store, Household(id=new_id(), name="Marsh", address="3 Quay Lane"))
    tilly, ben = child(store, household=home.id), child(store, household=home.id)
    aunt = Person(id=new_id(), surname="Holm", address="7 Hidden Mews", address_protected=True)
    sight = Sight(store)
    assert sight.field(home, "address", ben)
    assert not sight.field(aunt, "address", ben)
    held = flag(store, tilly, "address-protection")
    assert not sight.field(home, "address", ben)
    assert sight.field(home, "address", child(store)), "another home"
    store.journal.commit(Edit("Ended", update(held, ended=NOW.date())))
    assert sight.field(home, "address", ben)


def test_of_several_children_a_record_is_about_one_who_may_be_seen(store: Store) -> None:
    home = kept(store, Household(id=new_id(), name="Marsh"))
    jo = kept(store, Person(id=new_id(), surname="Marsh"))
    away = [child(store, "elsewhere", household=home.id) for _ in range(2)]
    here = child(store, household=home.id)
    every = [*away[:1], here, *away[1:]]
    kept(store, *(Relationship(id=new_id(), child=one.id, person=jo.id, kind="aunt") for one in every))
    assert [subject_of(store, record) for record in (home, jo)] == [here, here]


def test_a_child_is_shown_without_what_may_not_be_seen(store: Store) -> None:
    here = child(store, nhs_number="9434765919")
    assert (here.nhs_number, shown_child(store, here).nhs_number) == ("9434765919", "")
    assert shown_child(store, here).surname == "Marsh"


def test_a_draft_is_gone_on_with_by_who_may_see_what_it_is_about(store: Store) -> None:
    here, away = child(store), child(store, "elsewhere")
    for one in (here, away):
        for form in ("contact", "outcome"):
            store.drafts.save(form, one.id, {"note": "x"})
    assert draft_of(store, "contact", here.id) is not None
    assert draft_of(store, "outcome", here.id) is None, "nobody agreed to a plan"
    assert draft_of(store, "contact", away.id) is None
    told = {(draft.form, draft.subject): bool(decision) for draft, decision in drafts_waiting(store)}
    assert told == {("contact", here.id): True, ("outcome", here.id): False}


def test_a_draft_begun_about_nobody_is_about_the_child_whom_it_names(store: Store) -> None:
    here, away = child(store), child(store, "elsewhere")
    shown = []
    for chosen in (here.id, away.id, new_id(), ""):
        store.drafts.save("notification", "", {"chosen": chosen, "concern": "x"})
        offered = bool(drafts_waiting(store))
        shown.append((draft_of(store, "notification", "") is not None, offered))
    assert shown == [(True, True), (False, False), (True, True), (True, True)]


def test_what_a_school_told_of_risks_is_said_once_the_newest_first_to_who_may_see_it(store: Store) -> None:
    here, away = child(store), child(store, "elsewhere")
    for about in (here, away):
        for day, risks in ((2, "Large dog"), (9, "Large dog"), (11, "Icy steps"), (12, "")):
            told = {"id": new_id(), "child": about.id, "by": "ann", "notifier": "Ms Hale", "risks": risks}
            kept(store, Notification.model_validate(told | {"received": date(2026, 11, day)}))
    said = [(risk.text, risk.on.day) for risk in told_risks(store, here, "support")]
    assert said == [("Icy steps", 11), ("Large dog", 9)]
    assert told_risks(store, away, "support") == []


@pytest.mark.parametrize("pair", [(), (("school", Category.YOUTH_JUSTICE),)])
def test_no_change_tells_of_a_limit_that_the_list_of_agreements_leaves_out(
    store: Store, pair: tuple[Pair, ...]
) -> None:
    """Beside a list without it, a change to `exclude_pairs` would say that youth justice is in it."""
    tilly = child(store)
    values = {"child": tilly.id, "given_by": "Jo", "relationship": "mother", "status": "limited"}
    named = {"agencies": ("school",), "categories": ("family",), "purposes": ("support",), "exclude": "No."}
    whole = {"id": new_id(), "given_on": NOW.date(), "by": "w", **values, **named}
    made: Agreement = kept(store, Agreement.model_validate(whole))
    store.journal.commit(settle_words(made, (), (), pair))
    (began,) = read_history(store, "agreement", made.id)
    assert not {"exclude_pairs", "exclude_read"} & set(began.new)
    assert [entry.agreement.exclude_read for entry in read_agreements(store, tilly)] == [True]
