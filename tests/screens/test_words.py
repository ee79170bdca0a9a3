"""Every stored value that a worker may meet on a child's page is spelt out in words."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from casework import wording
from casework.followups import contact, follow_up
from casework.policies import Category
from casework.records import RECORD_TYPES, Child, Contact, Flag, Relationship
from casework.records_attendance import TOLD_SOCIAL_WORKER, FollowUp, FollowUpOutcome
from casework.relationships import RELATIONSHIPS
from screens.child_page import page_lines
from screens.child_view import ChildView, read_view
from screens.contact_form import FIELDS
from screens.history import history_lines
from screens.widgets.text import cell_text
from storage.queries.child import Withheld
from storage.queries.history import read_history
from tests.screens.real import NOW, TODAY, Family, commit, new_store

CODED = {
    ("child", "sen"): Child,
    ("contact", "kind"): Contact,
    ("contact", "outcome"): Contact,
    ("contact", "seen"): Contact,
    ("flag", "kind"): Flag,
    ("follow_up", "outcome"): FollowUp,
    ("follow_up", "with_whom"): FollowUp,
}
OWN_WORDS = {"call", "text", "email", "letter", "supervision", "closed", "safeguarding", "refused"}
"""Values that are words of plain English as they stand."""


def values_of(record_type: str, field: str) -> list[str]:
    if (record_type, field) == ("follow_up", "outcome"):  # an open list: a later version may add to it
        return list(get_args(FollowUpOutcome))
    return [v for v in get_args(RECORD_TYPES[record_type].model_fields[field].annotation) if v]


def words_on(view: ChildView) -> str:
    return " ".join(" ".join(cell_text(line.cell) for line in page_lines(view, 110)).split())


@pytest.fixture
def family(tmp_path: Path) -> Any:
    store = new_store(tmp_path)
    yield Family(store)
    store.close()


@pytest.mark.parametrize(("record_type", "field"), sorted(CODED))
def test_every_value_has_words_of_its_own(record_type: str, field: str) -> None:
    values = values_of(record_type, field)
    said = {value: wording.say_value(record_type, field, value) for value in values}
    assert len(set(said.values())) == len(values)
    for value, words in said.items():
        assert words != value or value in OWN_WORDS, value
        assert "-" not in words
        assert "_" not in words


def test_categories_and_responsibility_have_words_for_every_value() -> None:
    assert set(wording.CATEGORIES) == {category.value for category in Category}
    assert set(wording.RESPONSIBILITY) == set(
        get_args(Relationship.model_fields["responsibility"].annotation)
    )


def test_every_contact_stands_in_words_in_the_story(family: Family) -> None:
    store, by = family.store, family.store.actor.worker
    for kind in values_of("contact", "kind"):
        store.journal.commit(contact(family.tilly.id, by=by, at=NOW, kind=kind))
    for outcome in values_of("contact", "outcome"):
        store.journal.commit(contact(family.tilly.id, by=by, at=NOW, kind="call", outcome=outcome))
    for seen in values_of("contact", "seen"):
        store.journal.commit(contact(family.tilly.id, by=by, at=NOW, kind="home-visit", seen=seen))
    text = words_on(read_view(store, family.tilly.id))
    assert "Team Around the Family" in text
    for kind in values_of("contact", "kind"):
        assert wording.CONTACT_KINDS[kind].casefold() in text.casefold()
    for outcome in values_of("contact", "outcome"):
        assert f"Call: {wording.CONTACT_OUTCOMES[outcome]}" in text
    for seen in values_of("contact", "seen"):
        assert f"· {wording.SEEN[seen]}" in text
    for code in ("taf", "home-visit", "no-reply", "with-adult", "not-seen"):
        assert code not in text.casefold().split()


def test_every_follow_up_stands_in_words_in_the_story(family: Family) -> None:
    store = family.store
    for outcome in get_args(FollowUpOutcome):
        step = follow_up(
            family.tilly.id,
            by=store.actor.worker,
            at=NOW,
            session_date=TODAY,
            outcome=outcome,
            note="Said so." if outcome in ("closed", "reason") else "",
            reason_code="I" if outcome == "reason" else "",
        )
        store.journal.commit(step)
    text = words_on(read_view(store, family.tilly.id))
    for outcome in get_args(FollowUpOutcome):
        told = outcome == TOLD_SOCIAL_WORKER  # whose existence is social care's to tell
        assert f"Absence 20/11: {'withheld' if told else wording.OUTCOME_LABELS[outcome]}" in text


@pytest.mark.parametrize("code", sorted(RELATIONSHIPS))
def test_every_relationship_stands_in_words(family: Family, code: str) -> None:
    view = read_view(family.store, family.tilly.id)
    people = [
        replace(entry, relationship=entry.relationship.model_copy(update={"kind": code}))
        for entry in view.page.people
    ]
    text = words_on(replace(view, page=replace(view.page, people=people)))
    assert f"a) Ms Anna Marsh, {RELATIONSHIPS[code]}" in text
    assert f", {code}" not in text


def test_flags_provision_and_what_is_withheld_stand_in_words(family: Family) -> None:
    view = read_view(family.store, family.tilly.id)
    kinds = values_of("flag", "kind")
    flags = [Flag(id=str(n), child=family.tilly.id, kind=kind) for n, kind in enumerate(kinds)]  # type: ignore[arg-type]
    withheld = [Withheld(category, "because") for category in Category]
    text = words_on(replace(view, page=replace(view.page, flags=flags, withheld=withheld)))
    for kind in kinds:
        assert wording.FLAGS[kind] in text
    for category in Category:
        assert f"{wording.CATEGORIES[category.value]}: because" in text
    for value in values_of("child", "sen"):
        child = view.page.child.model_copy(update={"sen": value})
        assert wording.SEN[value] in words_on(replace(view, page=replace(view.page, child=child)))


def test_the_form_offers_words(family: Family) -> None:
    del family
    for field, (_, values) in FIELDS.items():
        assert list(values) == values_of("contact", field)


def test_history_says_words_for_stored_values(family: Family) -> None:
    store = family.store
    edit = contact(family.tilly.id, by=store.actor.worker, at=NOW, kind="taf", outcome="no-reply")
    store.journal.commit(edit)
    record = edit.changes[0].record
    text = " ".join(
        cell_text(line) for line in history_lines("contact", read_history(store, "contact", record), 90)
    )
    assert "Kind: Team Around the Family" in text
    assert "Outcome: no reply" in text
    tie = store.find(Relationship, "child = ?", (family.tilly.id,))[0]
    other = tie.model_copy(update={"id": "0190" + tie.id[4:], "kind": "GPR"})
    commit(store, "People", [other])
    lines = history_lines("relationship", read_history(store, "relationship", other.id), 90)
    assert "Relationship: grandparent" in " ".join(cell_text(line) for line in lines)


def test_a_stored_day_is_said_as_people_say_it_and_other_text_stays() -> None:
    assert wording.say_value("plan", "next_review", "2026-12-29") == "Tue 29 Dec 2026"
    assert wording.say_value("child", "dob", "2014-07-26") == "26 Jul 2014"
    assert wording.say_value("child", "dob", "2026-02-30") == "2026-02-30"
    assert wording.say_value("contact", "note", "Ring on 2026-12-29") == "Ring on 2026-12-29"
    assert (wording.say_born("2014-07-26"), wording.say_born(None)) == ("26 Jul 2014", "not known")


def test_no_picture_of_a_screen_shows_a_day_as_it_is_stored() -> None:
    shots = sorted((Path(__file__).parent / "shots").glob("*.txt"))
    shown = {
        f"{shot.name}: {line.strip()}"
        for shot in shots
        for line in shot.read_text("utf-8").splitlines()
        if re.search(r"\b(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}\b", line)
    }
    assert shots
    assert not shown
