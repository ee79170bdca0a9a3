"""Two records of one child made one, and parted again: what each holds afterwards, on the real store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.codes import NO_MARK
from casework.edits import Change, Edit, update
from casework.errors import BadInput, Refused
from casework.ids import new_id
from casework.policies import Category
from casework.records import (
    RECORD_TYPES,
    Child,
    Contact,
    Enrolment,
    Flag,
    Household,
    Person,
    Record,
    Relationship,
    School,
)
from casework.records_attendance import AttendanceTotal, AttendanceWeek
from casework.records_case import Action, Assessment, Episode, Notification, Outcome, Pause, Plan
from casework.records_links import Link
from casework.records_sharing import Agreement
from casework.same_child import Merge, link_children
from storage import integrity
from storage.queries.child import merged_parts
from storage.queries.guarded_words import AddressGuard
from storage.queries.history import read_history
from storage.queries.lookup import find_child, find_record
from storage.queries.same_child import (
    links_of,
    now_part_of,
    parts_of,
    plan_merge,
    plan_split,
    require_no_draft,
    side_of,
)
from storage.queries.shown_merge import shown_merge
from storage.queries.steps import UNTOLD, told_name
from storage.store import Store
from tests.screens.real import NOW, TODAY, commit, new_store

CODES = ["/", "\\", "N", "I", "L", NO_MARK, NO_MARK, NO_MARK]
MONDAYS = [date(2026, 11, 2), date(2026, 11, 9)]
WEEK = st.lists(st.sampled_from(CODES), min_size=10, max_size=10).map(" ".join)
IN = " ".join(["/"] * 10)
TEXT = st.text("abcdefgh", min_size=1, max_size=6)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One caseload for many examples: each brings children of its own."""
    store = new_store(tmp_path_factory.mktemp("same"))
    commit(store, "Schools", [School(id=new_id(), urn="999001", name="Oakhanger")])
    commit(store, "Schools", [School(id=new_id(), urn="999002", name="Harbour View")])
    yield store
    for look in integrity.CHECKS:
        assert list(look(store.conn)) == []
    store.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = new_store(tmp_path)
    commit(made, "Schools", [School(id=new_id(), urn="999001", name="Oakhanger")])
    commit(made, "Schools", [School(id=new_id(), urn="999002", name="Harbour View")])
    yield made
    for look in integrity.CHECKS:
        assert list(look(made.conn)) == []
    made.close()


@dataclass
class Two:
    """Two children with random records, as one example has them."""

    kept: Child
    other: Child
    records: list[Record] = field(default_factory=list)


def schools_of(store: Store) -> list[School]:
    return sorted(store.find(School), key=lambda school: school.urn)


def held(store: Store, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Every record of an example as it stands, void ones too, without links."""
    found = {}
    for name, cls in RECORD_TYPES.items():
        for record in ids:
            if store.conn.execute(f"SELECT 1 FROM {name} WHERE id = ?", (record,)).fetchone():
                found[record] = store.get(cls, record).model_dump(mode="json") | {"type": name}
    return found


@st.composite
def children(draw: st.DrawFn, schools: list[str], worker: str) -> Two:
    names = st.sampled_from(["Tilly", "Matilda", "Ben"])
    homes = [Household(id=new_id(), address=f"{n} Quarry Lane, Sheerness ME12 1ZZ") for n in (1, 2)]
    records: list[Record] = list(homes)
    sides = []
    for home in homes:
        child = Child(
            id=new_id(),
            surname=draw(st.sampled_from(["Marsh", "Quill"])),
            forename=draw(names),
            known_as=draw(st.sampled_from(["", "Til"])),
            former_names=draw(st.sampled_from([(), ("Orr",)])),
            dob=draw(st.sampled_from([None, date(2018, 3, 3)])),
            upn=draw(st.sampled_from(["", "U886009924001", "P886009925117"])),
            household=draw(st.sampled_from([None, home.id])),
            school=draw(st.sampled_from([None, *schools])),
            tags=draw(st.sampled_from([(), ("walks",), ("bus", "walks")])),
            nhs_number=draw(st.sampled_from(["", "9434765919"])),
        )
        sides.append(child)
        records += [child, *draw(records_of(child.id, schools, worker))]
    return Two(sides[0], sides[1], records)


@st.composite
def records_of(draw: st.DrawFn, child: str, schools: list[str], worker: str) -> list[Record]:
    made: list[Record] = []
    for school in schools:
        for monday in MONDAYS:
            if draw(st.booleans()):
                made.append(
                    AttendanceWeek(
                        id=new_id(), child=child, school=school, week=monday, marks=draw(WEEK),
                        source=draw(st.sampled_from(["", worker])),
                        comments=draw(st.sampled_from([{}, {"0": "bus"}])),
                    )
                )  # fmt: skip
        if draw(st.booleans()):
            made.append(Enrolment(id=new_id(), child=child, school=school))
        if draw(st.booleans()):
            made.append(
                AttendanceTotal(
                    id=new_id(), child=child, school=school, year=2026, possible=9, attended=8,
                    authorised=draw(st.integers(0, 1)), unauthorised=0,
                )
            )  # fmt: skip
    if draw(st.booleans()):
        made.append(Contact(id=new_id(), child=child, at=NOW, by=worker, kind="call", note=draw(TEXT)))
    if draw(st.booleans()):
        kind = draw(st.sampled_from(["address-protection", "looked-after"]))
        made.append(Flag(id=new_id(), child=child, kind=kind))
    if draw(st.booleans()):
        episode = Episode(id=new_id(), child=child, opened=TODAY, number=draw(st.integers(1, 2)))
        plan = Plan(id=new_id(), child=child, episode=episode.id, started=TODAY, by=worker)
        outcome = Outcome(id=new_id(), child=child, plan=plan.id, text=draw(TEXT))
        made += [episode, plan, outcome]
        made.append(Pause(id=new_id(), child=child, about=child, clock="x", kind="snooze",
                          start=TODAY, reason="later", by=worker))  # fmt: skip
    return made


def edits_of(draw: Any, before: dict[str, dict[str, Any]], now: dict[str, dict[str, Any]], two: Two,
             merge: Merge, expected: dict[str, dict[str, Any]]) -> list[Change]:  # fmt: skip
    """A few changes made while the two are one; `expected` gets each where it belongs after the split."""
    changes: list[Change] = []
    for record in draw(st.lists(st.sampled_from(sorted(now)), max_size=5, unique=True)):
        values = now[record]
        kind = values["type"]
        if values["void"]:
            continue
        if kind == "child":
            name = draw(st.sampled_from(["dob", "reg", "known_as", "language", "nhs_number"]))
            new = "2017-01-01" if name == "dob" else draw(TEXT) + "!"
            expected[record][name] = new
        elif kind == "attendance_week":
            name, slots = "marks", values["marks"].split(" ")
            slot = draw(st.integers(0, 9))
            slots[slot] = "V"
            new = " ".join(slots)
            home = record
            if before[record]["child"] == two.kept.id and before[record]["marks"].split(" ")[slot] == NO_MARK:
                home = twin_of(record, slot, before, two)
            marks = expected[home]["marks"].split(" ")
            marks[slot] = "V"
            expected[home]["marks"] = " ".join(marks)
        else:
            name = {"contact": "note", "flag": "note", "outcome": "text", "plan": "next_review"}.get(kind, "")
            if not name:
                continue
            new = "2026-12-24" if name == "next_review" else draw(TEXT) + "!"
            expected[record][name] = new
        changes.append(Change(kind, record, name, values[name], new))
    return changes


def twin_of(week: str, slot: int, before: dict[str, dict[str, Any]], two: Two) -> str:
    """Whose slot it is: the other child's week where the merge filled it, else the kept one's."""
    for record, values in before.items():
        if (
            values["type"] == "attendance_week"
            and values["child"] == two.other.id
            and (values["school"], values["week"]) == (before[week]["school"], before[week]["week"])
            and values["marks"].split(" ")[slot] != NO_MARK
        ):
            return record
    return week


SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def bring_in(store: Store, data: st.DataObject) -> Two:
    schools = [school.id for school in schools_of(store)]
    two = data.draw(children(schools, store.actor.worker))
    commit(store, "Bring in", two.records)
    return two


def clean(store: Store) -> None:
    assert list(integrity.children_are_findable(store.conn)) == []


@SLOW
@given(data=st.data())
def test_a_split_gives_both_back_with_what_was_changed_meanwhile(shared: Store, data: st.DataObject) -> None:
    two = bring_in(shared, data)
    ids = [record.id for record in two.records]
    before = held(shared, ids)
    take = data.draw(st.sets(st.sampled_from(["surname", "forename", "dob", "upn", "household", "school"])))
    merge = plan_merge(shared, two.kept, two.other, take=take, reason="one child")
    shared.journal.commit(merge.edit)
    clean(shared)
    assert shared.find(Child, "id = ?", (two.other.id,)) == []
    expected = {record: dict(values) for record, values in before.items()}
    changes = edits_of(data.draw, before, held(shared, ids), two, merge, expected)
    if changes:
        shared.journal.commit(Edit("Meanwhile", tuple(changes)))
    outcomes = [r for r in merge.moved if isinstance(r, Outcome)]
    kept_contact = Contact(id=new_id(), child=two.kept.id, at=NOW, by=shared.actor.worker, kind="call")
    made = [kept_contact]
    for outcome in outcomes:
        due = TODAY + timedelta(days=9)
        made.append(Action(id=new_id(), outcome=outcome.id, child=two.kept.id, text="x", owner="Jo", due=due))  # type: ignore[arg-type]
    commit(shared, "Made meanwhile", made)
    (link,) = [part.link for part in parts_of(shared, two.kept.id)]
    shared.journal.commit(plan_split(shared, link, reason="two children").edit)
    after = held(shared, ids)
    for record, values in before.items():
        for name, value in expected[record].items():
            if (
                "lines" in values
                and name in ("lines", "source")
                and values["marks"] != after[record]["marks"]
            ):
                continue
            assert after[record][name] == value, (after[record]["type"], name)
    assert shared.get(Contact, kept_contact.id).child == two.kept.id
    for action in made[1:]:
        assert shared.get(Action, action.id).child == two.other.id
    assert parts_of(shared, two.kept.id) == []
    clean(shared)


@SLOW
@given(data=st.data())
def test_undo_of_a_merge_and_of_a_split_is_as_if_they_never_were(shared: Store, data: st.DataObject) -> None:
    two = bring_in(shared, data)
    ids = [record.id for record in two.records]
    before = held(shared, ids)
    shared.journal.commit(plan_merge(shared, two.kept, two.other, reason="one child").edit)
    merged = held(shared, ids)
    shared.journal.undo()
    assert held(shared, ids) == before
    clean(shared)
    shared.journal.redo()
    assert held(shared, ids) == merged
    (link,) = [part.link for part in parts_of(shared, two.kept.id)]
    shared.journal.commit(plan_split(shared, link).edit)
    assert held(shared, ids) == before
    shared.journal.undo()
    assert held(shared, ids) == merged
    clean(shared)


@SLOW
@given(data=st.data())
def test_a_merge_loses_nothing(shared: Store, data: st.DataObject) -> None:
    """Every record stands on the kept child or is set aside because the kept child says the same, or more."""
    two = bring_in(shared, data)
    merge = plan_merge(shared, two.kept, two.other, reason="one child")
    shared.journal.commit(merge.edit)
    weeks = {(w.school, w.week): w.marks for w in shared.find(AttendanceWeek, "child = ?", (two.kept.id,))}
    told = {
        (c.other.school, c.other.week, s.slot): s
        for clash in merge.clashes
        for c in [clash]
        for s in clash.slots
    }
    for record in two.records:
        if isinstance(record, AttendanceWeek):
            shown = weeks[record.school, record.week].split(" ")
            for slot, code in enumerate(record.marks.split(" ")):
                if code != NO_MARK and shown[slot] != code:
                    assert told[record.school, record.week, slot].other in (code, shown[slot])
        elif isinstance(record, (Contact, Episode, Plan, Outcome, Pause)):
            now = shared.get(type(record), record.id)
            assert (now.child, now.void) == (two.kept.id, False)
    numbers = [episode.number for episode in shared.find(Episode, "child = ?", (two.kept.id,))]
    own = [r.number for r in two.records if isinstance(r, Episode)]
    assert len(set(numbers)) == len(numbers) == len(own)
    names = shared.conn.execute("SELECT count(*) FROM search_doc WHERE child = ?", (two.other.id,)).fetchone()
    assert names[0] == 0


@SLOW
@given(data=st.data())
def test_no_address_is_less_protected_by_a_merge(shared: Store, data: st.DataObject) -> None:
    two = bring_in(shared, data)
    homes = [r for r in two.records if isinstance(r, Household)]
    stays = [Child(id=new_id(), surname="Stays", forename="Behind", household=home.id) for home in homes]
    commit(shared, "Others of the home", stays)

    def shown() -> list[bool]:
        rows = (shared.conn.execute("SELECT address FROM search_doc WHERE child = ?", (c.id,)) for c in stays)
        return [bool(row.fetchone()[0]) for row in rows]

    before = shown()
    shared.journal.commit(plan_merge(shared, two.kept, two.other, reason="one child").edit)
    assert all(old or not new for old, new in zip(before, shown(), strict=True))
    shared.journal.undo()
    assert shown() == before


def pair(store: Store, **other: Any) -> tuple[Child, Child]:
    one = Child(id=new_id(), surname="Marsh", forename="Tilly", dob=date(2018, 3, 3), upn="U886009924001")
    two = Child.model_validate(
        {"id": new_id(), "surname": "Marsh", "forename": "Tilly", "dob": date(2018, 3, 3), **other}
    )
    commit(store, "Two", [one, two])
    return one, two


def merged(store: Store, kept: Child, other: Child, **more: Any) -> Merge:
    merge = plan_merge(store, kept, other, reason="one child", **more)
    store.journal.commit(merge.edit)
    return merge


def standing(store: Store, child: Child) -> Child:
    return store.get(Child, child.id)


def test_merging_twice_is_refused(store: Store) -> None:
    one, two = pair(store)
    merged(store, one, two)
    assert find_child(store, two.id).id == one.id
    with pytest.raises(Refused, match="one record already"):
        plan_merge(store, standing(store, one), find_child(store, two.id), reason="again")
    with pytest.raises(BadInput, match="No child matches"):
        plan_merge(store, standing(store, one), standing(store, two), reason="again")


def test_a_record_that_was_merged_is_found_by_its_id_upn_and_name(store: Store) -> None:
    one, two = pair(store, forename="Matylda", upn="P886009925117")
    merged(store, one, two)
    for word in (two.id, two.id[:20], "P886009925117", "p886009925117", "Matylda Marsh"):
        assert find_child(store, word).id == one.id, word
    assert now_part_of(store, two.id) == one.id
    assert [hit.id for hit in store.names.search("Matylda Marsh")] == [one.id]
    (part,) = parts_of(store, one.id)
    assert (part.child.forename, part.link.why) == ("Matylda", "one child")


def test_a_chain_of_merges_is_split_from_its_end(store: Store) -> None:
    one, two = pair(store)
    three = Child(id=new_id(), surname="Marsh", forename="Til", upn="P886009925117")
    note = Contact(id=new_id(), child=two.id, at=NOW, by=store.actor.worker, kind="call", note="two")
    commit(store, "Third", [three, note])
    first = merged(store, one, two)
    second = merged(store, three, standing(store, one))
    assert find_child(store, two.id).id == three.id
    assert store.get(Contact, note.id).child == three.id
    with pytest.raises(Refused, match="split that one first"):
        plan_split(store, store.get(Link, first.link.id))
    store.journal.commit(plan_split(store, store.get(Link, second.link.id)).edit)
    assert store.get(Contact, note.id).child == one.id
    store.journal.commit(plan_split(store, store.get(Link, first.link.id)).edit)
    assert store.get(Contact, note.id).child == two.id
    assert [part.link for part in parts_of(store, one.id)] == []
    with pytest.raises(Refused, match="no merge that stands"):
        plan_split(store, store.get(Link, first.link.id))


def test_a_field_changed_meanwhile_stays_and_the_others_own_goes_back(store: Store) -> None:
    one, two = pair(store, known_as="Til", language="Polish", tags=("bus",))
    merge = merged(store, one, two)
    held = standing(store, one)
    assert (held.known_as, held.language, held.tags) == ("Til", "Polish", ("bus",))
    store.journal.commit(Edit("Meanwhile", update(held, known_as="Tills", tags=("bus", "walks"))))
    split = plan_split(store, store.get(Link, merge.link.id))
    assert split.stays == ("known_as",)
    store.journal.commit(split.edit)
    kept, other = standing(store, one), standing(store, two)
    assert (kept.known_as, kept.language, kept.tags) == ("Tills", "", ("walks",))
    assert (other.known_as, other.language, other.tags, other.void) == ("Til", "Polish", ("bus",), False)


def test_what_came_from_the_others_school_goes_with_it_and_a_person_may_pick(store: Store) -> None:
    one, two = pair(store)
    here, there = (school.id for school in schools_of(store))
    commit(
        store,
        "Rolls",
        [
            Enrolment(id=new_id(), child=one.id, school=here),
            Enrolment(id=new_id(), child=two.id, school=there),
        ],
    )
    merge = merged(store, one, two)
    week = AttendanceWeek(
        id=new_id(), child=one.id, school=there, week=MONDAYS[0], marks=" ".join(["/"] * 10)
    )
    own = AttendanceWeek(id=new_id(), child=one.id, school=here, week=MONDAYS[0], marks=IN)
    call = Contact(id=new_id(), child=one.id, at=NOW, by=store.actor.worker, kind="call")
    pause = Pause(id=new_id(), child=one.id, about=one.id, clock="x", kind="snooze", start=TODAY,
                  reason="later", by=store.actor.worker)  # fmt: skip
    commit(store, "Meanwhile", [week, own, call, pause])
    link = store.get(Link, merge.link.id)
    assert {m.record.id for m in plan_split(store, link).meanwhile if m.goes} == {week.id}
    assert {m.record.id for m in plan_split(store, link, stay=[week.id]).meanwhile if m.goes} == set()
    with pytest.raises(BadInput, match="not made since"):
        plan_split(store, link, move=["no-such-record"])
    store.journal.commit(plan_split(store, link, move=[call.id, pause.id]).edit)
    later = store.get(Pause, pause.id)
    assert (later.child, later.about) == (two.id, two.id)
    sides = [store.get(type(r), r.id).child for r in (week, own, call)]  # type: ignore[attr-defined]
    assert sides == [two.id, one.id, two.id]


def test_an_action_cannot_leave_the_plan_it_was_made_on(store: Store) -> None:
    one, two = pair(store)
    worker = store.actor.worker
    plan = Plan(id=new_id(), child=one.id, started=TODAY, by=worker)
    outcome = Outcome(id=new_id(), child=one.id, plan=plan.id, text="x")
    commit(store, "Plan", [plan, outcome])
    merge = merged(store, one, two)
    action = Action(id=new_id(), outcome=outcome.id, child=one.id, text="x", owner="Jo", due=TODAY)
    commit(store, "Meanwhile", [action])
    with pytest.raises(BadInput, match="stays too"):
        plan_split(store, store.get(Link, merge.link.id), move=[action.id])


def test_the_agreements_of_both_hold(store: Store) -> None:
    """A refusal recorded of either record closes what the other's agreement opens."""
    one, two = pair(store)
    worker = store.actor.worker
    asked = {"given_by": "Anna Marsh", "relationship": "mother", "given_on": TODAY, "by": worker}
    given_ = Agreement.model_validate(
        {"id": new_id(), "child": one.id, "status": "given", "agencies": ("inclusion-attendance",),
         "categories": (Category.HEALTH,), "purposes": ("support",), **asked}
    )  # fmt: skip
    refused = Agreement.model_validate({"id": new_id(), "child": two.id, "status": "refused", **asked})
    commit(store, "Agreements", [given_, refused])
    assert store.may_see(one, Category.HEALTH, "support")
    merge = merged(store, one, two)
    assert {a.id for a in store.find(Agreement, "child = ?", (one.id,))} == {given_.id, refused.id}
    assert not store.may_see(standing(store, one), Category.HEALTH, "support")
    store.journal.commit(plan_split(store, store.get(Link, merge.link.id)).edit)
    assert store.may_see(standing(store, one), Category.HEALTH, "support")
    assert not store.may_see(standing(store, two), Category.HEALTH, "support")


def test_a_merge_that_would_show_what_is_withheld_is_refused(store: Store) -> None:
    """The other record's health is withheld; the kept one's agreement would open it."""
    one, two = pair(store, nhs_number="9434765919")
    opened = Agreement.model_validate(
        {"id": new_id(), "child": one.id, "status": "given", "agencies": ("inclusion-attendance",),
         "categories": (Category.HEALTH,), "purposes": ("support",), "given_by": "Anna Marsh",
         "relationship": "mother", "given_on": TODAY, "by": store.actor.worker}
    )  # fmt: skip
    commit(store, "Agreement", [opened])
    with pytest.raises(Refused, match="Not all of both records") as refusal:
        plan_merge(store, one, two, reason="one child")
    assert "health" not in refusal.value.message.casefold()


def test_the_answer_is_the_same_whether_a_protected_record_is_there_or_not(store: Store) -> None:
    one, two = pair(store)
    plain = plan_merge(store, one, two, reason="one child")
    commit(store, "Flag", [Flag(id=new_id(), child=two.id, kind="youth-justice")])
    with_flag = plan_merge(store, one, two, reason="one child")
    assert with_flag.doubts == plain.doubts
    opened = Agreement.model_validate(
        {"id": new_id(), "child": one.id, "status": "given", "agencies": ("inclusion-attendance",),
         "categories": (Category.YOUTH_JUSTICE,), "purposes": ("support",), "given_by": "Anna Marsh",
         "relationship": "mother", "given_on": TODAY, "by": store.actor.worker}
    )  # fmt: skip
    three, four = pair(store)
    commit(store, "Opened", [opened, opened.model_copy(update={"id": new_id(), "child": three.id})])
    refusals = []
    for kept, other in ((one, two), (three, four)):  # with the flag, and without
        with pytest.raises(Refused) as refusal:
            plan_merge(store, kept, other, reason="one child")
        refusals.append(refusal.value.message)
    assert refusals[0] == refusals[1]


def test_a_half_filled_form_is_finished_first(store: Store) -> None:
    one, two = pair(store)
    store.drafts.save("contact", two.id, {"note": "half"})
    require_no_draft(store, one)
    with pytest.raises(Refused, match="half filled"):
        require_no_draft(store, two)


@pytest.mark.parametrize(
    ("other", "word"),
    [
        ({"forename": "Rosie"}, "perhaps twins"),
        ({"upn": "P886009925117"}, "UPN of its own"),
        ({"dob": date(2017, 3, 3)}, "born on different days"),
    ],
)
def test_twins_and_namesakes_are_doubted_aloud(store: Store, other: dict[str, Any], word: str) -> None:
    one, two = pair(store, **other)
    assert word in " ".join(plan_merge(store, one, two, reason="one child").doubts)


def test_a_link_is_kept_with_its_reason_and_a_merge_ends_it(store: Store) -> None:
    one, two = pair(store)
    store.journal.commit(link_children(one, two, "different", "cousins", TODAY, store.actor.worker))
    ((link, other),) = links_of(store, one)
    assert (link.kind, link.why, other.id) == ("different", "cousins", two.id)
    assert [found.id for _, found in links_of(store, two)] == [one.id]
    merge = merged(store, one, two)
    assert "two children" in merge.doubts[0]
    assert links_of(store, standing(store, one)) == []
    store.journal.commit(plan_split(store, store.get(Link, merge.link.id)).edit)
    assert [found.id for _, found in links_of(store, standing(store, one))] == [two.id]


def test_a_side_has_every_record_that_names_the_child(store: Store) -> None:
    one, _ = pair(store)
    person = Person(id=new_id(), surname="Marsh")
    worker = store.actor.worker
    made = [
        Relationship(id=new_id(), child=one.id, person=person.id),
        Notification(id=new_id(), child=one.id, received=TODAY, notifier="x", by=worker),
        Assessment(id=new_id(), child=one.id, started=TODAY, by=worker),
    ]
    commit(store, "Records", [person, *made])
    assert {record.id for record in side_of(store, one).records} == {record.id for record in made}


def test_a_mark_that_a_merge_filled_goes_back_as_it_is_now(store: Store) -> None:
    one, two = pair(store)
    school = schools_of(store)[0].id
    rest = " - - - - - - - -"
    mine = AttendanceWeek(id=new_id(), child=one.id, school=school, week=MONDAYS[0], marks=f"/ -{rest}")
    theirs = AttendanceWeek(id=new_id(), child=two.id, school=school, week=MONDAYS[0], marks=f"- N{rest}")
    commit(store, "Weeks", [mine, theirs])
    merge = merged(store, one, two)
    assert store.get(AttendanceWeek, mine.id).marks == f"/ N{rest}"
    fixed = update(store.get(AttendanceWeek, mine.id), marks=f"L I{rest}")
    store.journal.commit(Edit("A later register", fixed))
    store.journal.commit(plan_split(store, store.get(Link, merge.link.id)).edit)
    weeks = [store.get(AttendanceWeek, week.id) for week in (mine, theirs)]
    assert [(week.child, week.marks, week.void) for week in weeks] == [
        (one.id, f"L -{rest}", False),
        (two.id, f"- I{rest}", False),
    ]


def test_those_who_stay_in_the_other_home_keep_its_cover(store: Store) -> None:
    homes = [Household(id=new_id(), address=f"{n} Quarry Lane, Sheerness ME12 1ZZ") for n in (1, 2)]
    one = Child(id=new_id(), surname="Marsh", forename="Tilly", household=homes[0].id)
    two = Child(id=new_id(), surname="Marsh", forename="Tilly", household=homes[1].id)
    stays = [Child(id=new_id(), surname="Marsh", forename="Ben", household=home.id) for home in homes]
    flag = Flag(id=new_id(), child=two.id, kind="address-protection")
    commit(store, "Homes", [*homes, one, two, *stays, flag])

    def shown() -> list[bool]:
        rows = (store.conn.execute("SELECT address FROM search_doc WHERE child = ?", (c.id,)) for c in stays)
        return [bool(row.fetchone()[0]) for row in rows]

    assert shown() == [True, False]
    merge = merged(store, one, two)
    assert shown() == [False, False]
    store.journal.commit(plan_split(store, store.get(Link, merge.link.id)).edit)
    assert shown() == [True, False]
    store.journal.commit(Edit("The flag is of the other child", update(flag, child=one.id)))
    assert shown() == [False, True]


def test_a_link_to_a_child_who_is_not_there_for_the_worker_is_not_there(store: Store) -> None:
    here, there = (school.id for school in schools_of(store))
    one = Child(id=new_id(), surname="Marsh", forename="Tilly", school=here)
    two = Child(id=new_id(), surname="Marsh", forename="Tilly", school=there)
    commit(store, "Two", [one, two])
    edit = link_children(one, two, "different", "cousins", TODAY, store.actor.worker)
    store.journal.commit(edit)
    assert find_record(store, edit.changes[0].record).type == "link"
    store.journal.commit(Edit("Tie", update(store.worker, schools=(here,))))
    with pytest.raises(BadInput, match="No record has that id"):
        find_record(store, edit.changes[0].record)
    assert links_of(store, one) == []
    with pytest.raises(BadInput, match="No child matches"):
        plan_merge(store, one, two, reason="one child")


def test_a_merge_that_was_taken_apart_is_told_of_to_who_may_know_of_both(store: Store) -> None:
    here, there = (school.id for school in schools_of(store))
    one = Child(id=new_id(), surname="Marsh", forename="Tilly", school=here)
    two = Child(id=new_id(), surname="Quill", forename="Matilda", school=there, language="Polish")
    commit(store, "Two", [one, two])
    withheld = Flag(id=new_id(), child=two.id, kind="child-protection")
    commit(store, "Flag", [withheld])
    assert not store.may_see(two, Category.SOCIAL_CARE, "support"), "it says nothing against the step's name"
    made = merged(store, one, two).link.id
    store.journal.commit(plan_split(store, store.get(Link, made), reason="cousins").edit)

    def told() -> list[tuple[str, str]]:
        found = read_history(store, "child", one.id)
        return list(dict.fromkeys((change.step, change.reason) for change in found))[:-1]

    steps = [("Split merged records", "cousins"), ("Merge two records of one child", "one child")]
    assert told() == steps
    store.journal.commit(Edit("Tie", update(store.worker, schools=(here,))))
    assert told() == [(UNTOLD, "")]
    undone = [told_name(store, step.seq, step.name) for step in store.journal.undo_list()]
    assert undone[:3] == ["Tie", UNTOLD, UNTOLD]
    for kind, record in (("link", made), ("child", two.id)):
        with pytest.raises(BadInput, match="No record has that id"):
            read_history(store, kind, record)


def test_no_history_names_a_child_who_was_merged_and_may_not_be_known(store: Store) -> None:
    here, there = (school.id for school in schools_of(store))
    one = Child(id=new_id(), surname="Marsh", forename="Tilly", school=here)
    two = Child(id=new_id(), surname="Quill", forename="Matilda", school=there)
    call = Contact(id=new_id(), child=two.id, at=NOW, by=store.actor.worker, kind="call")
    commit(store, "Two", [one, two, call])
    merged(store, one, two)
    assert read_history(store, "contact", call.id)[0].old == "Matilda Quill"
    store.journal.commit(Edit("Tie", update(store.worker, schools=(here,))))
    moved = read_history(store, "contact", call.id)[0]
    assert (moved.field, moved.old, moved.new) == ("child", "a child", "Tilly Marsh")


def test_an_address_that_is_protected_in_one_record_is_told_in_neither(store: Store) -> None:
    """Neither on the page that compares them, nor in the reason for a merge, before and after it."""
    lane = "14b Quarry Lane, Sandford"
    hidden = Household(id=new_id(), name="Home of 14b Quarry Lane", address=lane, address_protected=True)
    open_ = Household(id=new_id(), name="Gran", address="2 High Row, Sandford")
    kept = Child(id=new_id(), surname="Marsh", forename="Tilly", household=open_.id, language="Polish")
    other = Child(
        id=new_id(), surname="Marsh", forename="Tilly", household=hidden.id, language="at 14b Quarry Ln"
    )
    commit(store, "Two", [hidden, open_, kept, other])
    plan = plan_merge(store, kept, other, reason="both were seen at 14b Quarry Lane")
    said = {pick.name: pick.other for pick in shown_merge(store, kept, other, plan).picks}
    assert said == {"household": "Home of (address not given)", "language": "at (address not given)"}
    store.journal.commit(plan.edit)
    rows = read_history(store, Link.type, plan.link.id)
    told = " ".join(str((change.new, change.reason)) for change in rows)
    assert "both were seen at (address not given)" in told
    assert "Quarry" not in told
    assert [part.why for part in merged_parts(store, kept)] == ["both were seen at (address not given)"]
    assert AddressGuard(store)(kept, "ask at 14b Quarry Lane") == "ask at (address not given)"
