"""Two laptops and a central record: what each gets, what is kept, and what is given up."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from casework.canonical import fingerprint
from casework.consent import settle_words
from casework.edits import Edit, create, update
from casework.episodes import join_cases, open_cases
from casework.errors import Refused
from casework.notifications import allocate
from casework.policies import Category
from casework.records import Child, Contact, Flag, Household, Person, Relationship
from casework.records_case import Episode, Notification
from casework.records_sync import Conflict
from storage.central.outbox import count_waiting
from storage.queries.cases import read_case
from storage.settling import commit_settlement
from sync.hub.care import laptops
from sync.hub.enrolment import enter_worker
from sync.hub.entitlement import Entitlement
from sync.hub.feed import Feed
from tests.sync.faults import conditions
from tests.sync.world import NOW, World


def contact(world: World, child: str, by: str, note: str) -> Contact:
    return Contact(id=world.new_id("contact"), child=child, at=NOW, by=by, kind="call", note=note)


def test_what_one_makes_the_other_gets_and_both_agree(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly")
    ana.make(tilly)
    ana.make(contact(world, tilly.id, ana.worker.id, "Rang the mother"))
    first = ana.sync()
    assert (first.agreed, first.quarantined, first.problems) == (True, 0, [])
    second = ben.sync()
    assert (second.agreed, second.problems) == (True, [])
    assert ben.get(tilly).forename == "Tilly"
    assert [held.note for held in ben.store.find(Contact)] == ["Rang the mother"]
    again = ben.sync()
    assert (again.agreed, again.requests) == (True, 1)


def test_a_step_that_makes_a_record_and_changes_it_arrives_whole(world: World) -> None:
    """As the import of a school's file does."""
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly")
    changes = (create(tilly), *update(tilly, known_as="Til"))
    ana.store.journal.commit(Edit("Import the register", changes))
    told = ana.sync()
    assert (told.agreed, told.quarantined, told.conflicts) == (True, 0, 0)
    assert ben.sync().agreed
    assert ben.get(tilly).known_as == "Til"


def test_what_an_agreement_allows_is_taken_in_the_same_push(world: World) -> None:
    nurse = world.laptop("Nia", "school-nursing")
    tilly = world.child("Tilly", lead_worker=nurse.worker.id)
    nurse.make(tilly)
    assert nurse.sync().agreed
    nurse.make(world.agreement(tilly.id, nurse.worker.id))
    words = contact(world, tilly.id, nurse.worker.id, "Mum is worried")
    nurse.make(words)
    told = nurse.sync()
    assert (told.agreed, told.quarantined, told.purged) == (True, 0, 0)
    assert nurse.get(words).note == "Mum is worried"


def test_different_fields_of_one_child_meet(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly")
    ana.make(tilly)
    world.settle()
    ana.change(tilly, known_as="Til")
    ben.change(tilly, language="Polish")
    world.settle()
    for laptop in (ana, ben):
        held = laptop.get(tilly)
        assert (held.known_as, held.language) == ("Til", "Polish")
        assert laptop.store.find(Conflict) == []
    assert ana.sync().agreed


def test_one_field_that_two_changed_is_one_conflict_with_both_values(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly")
    ana.make(tilly)
    world.settle()
    ana.change(tilly, known_as="Til")
    ben.change(tilly, known_as="Lily")
    assert ana.sync().conflicts == 0
    told = ben.sync()
    assert (told.conflicts, told.agreed) == (1, True)
    world.settle()
    for laptop in (ana, ben):
        assert laptop.get(tilly).known_as == "Til"
        [conflict] = laptop.store.find(Conflict)
        assert (conflict.central, conflict.other, conflict.base) == ('"Til"', '"Lily"', '""')
        assert (conflict.central_by, conflict.other_by) == (ana.worker.id, ben.worker.id)
        assert laptop.sync().agreed


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_what_was_settled_stays_settled_when_the_hub_is_set_back(world: World, order: str) -> None:
    """Whoever comes first offers steps that were made after others which only the other laptop has."""
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly, sam = world.child("Tilly"), world.child("Sam")
    ana.make(tilly, sam)
    world.settle()
    world.database.back_up()
    ana.change(tilly, known_as="Til")
    ben.change(tilly, known_as="Lily")
    ana.sync()
    ben.sync()
    ana.sync()
    [conflict] = ben.store.find(Conflict)
    commit_settlement(ben.store, conflict.id, "yours")
    world.settle()
    ben.change(sam, known_as="Samuel")
    ana.change(sam, known_as="Sammy")
    ben.sync()
    ana.sync()
    [conflict] = ana.store.find(Conflict, "settled = 0")
    commit_settlement(ana.store, conflict.id, "text", text="Sam")
    world.settle()
    world.put_back()
    told = [laptop.sync() for laptop in ((ana, ben) if order == "ab" else (ben, ana))]
    assert [(one.agreed, one.quarantined, len(one.problems)) for one in told] == [(True, 0, 1)] * 2
    world.settle()
    for laptop in (ana, ben):
        assert (laptop.get(tilly).known_as, laptop.get(sam).known_as) == ("Lily", "Sam")
        assert laptop.store.find(Conflict, "settled = 0") == []
        assert laptop.sync().agreed


def test_an_adult_and_a_home_come_with_the_child(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    home = Household(id=world.new_id("home"), address="1 Quay Lane")
    mother = Person(id=world.new_id("person"), surname="Marsh", forename="Jo")
    tilly = world.child("Tilly", household=home.id)
    tie = Relationship(id=world.new_id("tie"), child=tilly.id, person=mother.id, kind="mother")
    ana.make(home, mother, tilly, tie)
    assert ana.sync().agreed
    assert ben.sync().agreed
    assert (ben.get(home).address, ben.get(mother).forename) == ("1 Quay Lane", "Jo")


def test_a_nurse_gets_no_family_words_until_they_agree_and_loses_them_again(world: World) -> None:
    ana, nurse = world.laptop("Ana"), world.laptop("Nia", "school-nursing")
    tilly = world.child("Tilly", dob=date(2016, 5, 4))
    ana.make(tilly)
    words = contact(world, tilly.id, ana.worker.id, "Mum is worried")
    ana.make(words)
    world.settle()
    assert nurse.has(tilly)
    assert not nurse.has(words)
    agreement = world.agreement(tilly.id, ana.worker.id)
    ana.make(agreement)
    world.settle()
    assert nurse.get(words).note == "Mum is worried"
    assert nurse.sync().agreed
    ana.change(agreement, status="withdrawn", withdrawn_on=date(2026, 11, 23))
    world.settle()
    assert not nurse.has(words)
    assert nurse.store.conn.execute("SELECT 1 FROM change WHERE new LIKE '%worried%'").fetchone() is None
    assert nurse.has(tilly)
    assert nurse.sync().agreed
    assert ana.sync().agreed


def test_a_limit_for_one_agency_leaves_the_others_and_takes_it_from_that_laptop(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    nurse, vera = world.laptop("Nia", "school-nursing"), world.laptop("Vera", "voluntary")
    tilly = world.child("Tilly")
    words = contact(world, tilly.id, ana.worker.id, "Mum is worried")
    agreement = world.agreement(tilly.id, ana.worker.id).model_copy(
        update={"agencies": ("school-nursing", "voluntary"), "exclude": "Not the nurse about us"}
    )
    ana.make(tilly)
    ana.make(words, agreement)
    world.settle()
    assert not nurse.has(words)
    assert not vera.has(words)
    held = ben.get(agreement)
    ana.store.journal.commit(settle_words(ana.get(agreement), (), (), (("school-nursing", Category.FAMILY),)))
    ana.sync()
    assert (nurse.sync().agreed, vera.sync().agreed) == (True, True)
    assert vera.get(words).note == "Mum is worried"
    assert not nurse.has(words)
    ben.store.journal.commit(settle_words(held, (), (), (("voluntary", Category.FAMILY),)))
    assert ben.sync().conflicts == 0
    lost = vera.sync()
    assert (lost.agreed, lost.purged > 0, vera.has(words)) == (True, True, False)
    assert vera.store.conn.execute("SELECT 1 FROM change WHERE new LIKE '%worried%'").fetchone() is None
    world.settle()
    assert ana.get(agreement).exclude_pairs == ("school-nursing:family", "voluntary:family")


def test_what_a_nurse_wrote_and_gave_up_comes_back_when_they_agree(world: World) -> None:
    ben, nia = world.laptop("Ben"), world.laptop("Nia", "school-nursing")
    til = world.child("Til")
    ben.make(til)
    ben.sync()
    nia.sync()
    flag = Flag(id=world.new_id("flag"), child=til.id, kind="young-carer")
    nia.make(flag)
    nia.sync()
    assert not nia.has(flag)
    ben.make(world.agreement(til.id, ben.worker.id))
    ben.sync()
    done = nia.sync()
    assert (done.agreed, done.problems) == (True, [])
    assert nia.has(flag)


def test_a_step_of_which_nothing_is_left_is_not_offered_to_be_undone(world: World) -> None:
    ben, nia = world.laptop("Ben"), world.laptop("Nia", "school-nursing")
    til = world.child("Til")
    ben.make(til)
    ben.sync()
    nia.sync()
    nia.change(til, language="Polish")
    nia.make(Flag(id=world.new_id("flag"), child=til.id, kind="young-carer"))
    nia.make(Flag(id=world.new_id("flag"), child=til.id, kind="young-carer"))
    nia.store.journal.undo()
    nia.sync()
    assert nia.store.find(Flag) == []
    assert [(step.name, step.changes) for step in nia.store.journal.undo_list()] == [("Changed", 1)]
    with pytest.raises(Refused, match="no undone step"):
        nia.store.journal.redo()
    assert nia.store.journal.undo().name == "Undo: Changed"


def test_a_laptop_says_in_the_same_session_what_it_gave_up(world: World) -> None:
    ana, nurse = world.laptop("Ana"), world.laptop("Nia", "school-nursing")
    tilly = world.child("Tilly", dob=date(2016, 5, 4))
    agreement = world.agreement(tilly.id, ana.worker.id)
    words = contact(world, tilly.id, ana.worker.id, "Mum is worried")
    ana.make(tilly, agreement, words)
    world.settle()

    def shown() -> tuple[int, Any]:
        with world.hub.engine.begin() as connection:
            (row,) = (row for row in laptops(connection) if row["worker"] == "Nia")
        return row["scopes_to_give_up"], row["given_up"]

    assert shown() == (0, None)
    ana.change(agreement, status="withdrawn", withdrawn_on=date(2026, 11, 23))
    ana.sync()
    assert shown() == (1, None)
    world.now += timedelta(hours=1)
    told = nurse.sync()
    assert not nurse.has(words)
    owed, statement = shown()
    assert (owed, told.purged, statement["records"]) == (0, 1, 1)
    assert statement["digest"] == fingerprint("contact", words.id).hex()
    said = world.now.isoformat()
    world.now += timedelta(hours=1)
    nurse.sync()
    assert shown() == (0, statement | {"at": said})


def test_a_step_longer_than_a_message_is_sent_once_and_ends(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly")
    ana.make(tilly)
    told = [contact(world, tilly.id, ana.worker.id, f"{n} " + "word " * 300) for n in range(1_000)]
    ana.store.journal.commit(Edit("Bring in", tuple(create(one) for one in told)))
    session = ana.sync()
    assert (session.agreed, session.quarantined, session.problems) == (True, 0, [])
    assert session.requests < 10
    assert ben.sync().agreed
    assert len(ben.store.find(Contact)) == 1_000


def test_who_waits_for_allocation_stays_with_the_team_and_the_roll_does_not(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly, sam = world.child("Tilly", team=None), world.child("Sam", team=None)
    heard = Notification(
        id=world.new_id("notification"),
        child=tilly.id,
        received=date(2026, 11, 19),
        notifier="Ms Webb",
        by=ana.worker.id,
    )
    ana.make(tilly)
    ana.make(sam)
    ana.make(heard)
    told = ana.sync()
    assert (told.agreed, told.quarantined) == (True, 0)
    assert [child.forename for child in ana.store.find(Child)] == ["Tilly"]
    assert ana.store.find(Notification) == [heard]
    assert ben.sync().agreed
    assert ben.store.find(Notification) == [heard]
    ben.change(heard, allocated_to=ben.worker.id, allocated_on=date(2026, 11, 20))
    world.settle()
    assert [child.forename for child in ana.store.find(Child)] == ["Tilly"], "a colleague's case"


def test_a_child_whom_two_allocated_has_two_cases_until_a_person_joins_them(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly")
    ana.make(tilly)
    come = {"child": tilly.id, "received": date(2026, 11, 19), "notifier": "Ms Webb", "by": ana.worker.id}
    asked = [Notification(id=world.new_id("notification"), **come) for _ in range(2)]
    ana.make(*asked)
    world.settle()
    for laptop, notification in zip((ana, ben), asked, strict=True):
        day, child = laptop.store.today, laptop.get(tilly)
        edit, _ = allocate(notification, child, laptop.worker.id, day, (), day)
        laptop.store.journal.commit(edit)
    world.settle()
    for laptop in (ana, ben):
        assert read_case(laptop.store, laptop.get(tilly)).is_double
        laptop.store.journal.commit(join_cases(laptop.store.find(Episode), laptop.store.today))
    told = [laptop.sync() for laptop in (ana, ben, ana)]
    assert [(one.agreed, one.quarantined, one.problems) for one in told] == [(True, 0, [])] * 3
    left = [open_cases(laptop.store.find(Episode)) for laptop in (ana, ben)]
    assert len(left[0]) == 1, "one goes on"
    assert left[0] == left[1], "the same one on both"
    assert [one.field for one in ana.store.find(Conflict)] == ["lead_worker"], "who leads is for a person"


def test_work_while_the_greeting_is_answered_is_sent_in_the_same_session(world: World) -> None:
    ana = world.laptop("Ana")
    ana.sync()

    def work(verb: str, *_: object) -> None:
        if verb == "hello":
            ana.make(world.child("Til"))

    ana.way.spy = work
    assert ana.sync().agreed
    assert count_waiting(ana.store.conn) == 0


def test_a_laptop_that_holds_nothing_of_what_it_was_sent_is_sent_it_again(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    til = world.child("Til")
    ben.make(til)
    ben.sync()
    with world.hub.engine.begin() as connection:
        feed = Feed(connection, ana.way.device)
        Entitlement(connection, world.today()).settle_device(ana.way.device, 0)
        feed.settle_done({scope: mask for scope, (mask, _) in feed.masks().items()})
    assert ana.sync().agreed
    assert ana.has(til)


def test_a_step_that_touches_more_than_a_page_comes_whole(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    til = world.child("Til")
    ana.make(til)
    with conditions(page=3):
        world.settle()
        notes = [contact(world, til.id, ana.worker.id, str(n)) for n in range(9)]
        ana.make(*notes)
        ana.sync()
        done = ben.sync()
    assert (done.agreed, done.problems) == (True, [])
    assert all(ben.has(note) for note in notes)


def test_who_changes_teams_gives_up_the_old_ones_children_and_comes_to_the_new_ones(world: World) -> None:
    """So do the colleagues whose cases they were with."""
    ana, ben, cy = (world.laptop(name) for name in ("Ana", "Ben", "Cy"))
    tilly = world.child("Tilly", team=None, lead_worker=ana.worker.id)
    ana.make(tilly)

    def move(name: str, team: str) -> list[bool]:
        with world.hub.engine.begin() as connection:
            enter_worker(connection, name, "early-help", team, (), world.now)
        world.settle()
        assert all(laptop.sync().agreed for laptop in (ana, ben, cy))
        return [laptop.has(tilly) for laptop in (ana, ben, cy)]

    assert move("Cy", "Thanet") == [True, True, False]
    ben.make(world.contact(tilly.id))  # made before he hears that he is of another team
    assert move("Ben", "Thanet") == [True, False, False]
    assert move("Ana", "Thanet") == [True, True, True]
    assert move("Cy", "Swale") == [True, True, False]
    assert len(ana.store.find(Contact)) == 1
