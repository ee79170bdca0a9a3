"""Records and colleagues in the words of a history: by name or by what tells them apart, never by an id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from casework.edits import Edit, create, update
from casework.ids import new_id
from casework.records import Child, Contact, Record, Worker
from casework.records_attendance import AttendanceWeek
from casework.records_case import Action, Episode, Notification, Outcome, Plan, Review
from storage.queries.history import read_history
from storage.queries.named import CENTRAL_RECORD, NO_COLLEAGUE, NOT_HERE, Names, colleagues
from storage.store import Store
from tests.screens.real import NOW, Family, commit, new_store

STARTED = date(2026, 11, 9)
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-")


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    """As the lead worker of Early Help has them."""
    made = Family(new_store(tmp_path, "early-help"))
    made.store.journal.commit(Edit("Lead", update(made.tilly, lead_worker=made.store.actor.worker)))
    yield made
    made.store.close()


def told(store: Store, record: Record) -> str:
    return " ".join(str(one.new) for one in read_history(store, record.type, record.id))


def test_a_record_without_a_name_is_told_by_its_day_or_its_words(family: Family) -> None:
    store, child, by = family.store, family.tilly.id, family.store.actor.worker
    asked = Notification(id=new_id(), child=child, received=STARTED, notifier="Ms Reed", by=by)
    case = Episode(id=new_id(), child=child, opened=STARTED, worker=by, notification=asked.id)
    plan = Plan(id=new_id(), child=child, episode=case.id, started=STARTED, by=by)
    aim = Outcome(id=new_id(), plan=plan.id, child=child, text="Mornings without shouting")
    step = Action(
        id=new_id(), outcome=aim.id, child=child, text="Ring", owner="Kim", agency="early-help", due=STARTED
    )
    held = Review(id=new_id(), plan=plan.id, child=child, held_on=STARTED, progress="Some", by=by)
    call = Contact(id=new_id(), child=child, at=NOW, by=by, kind="call")
    mended = Contact(id=new_id(), child=child, at=NOW, by=by, kind="call", corrects=call.id)
    commit(store, "Case", [asked, case, plan, aim, step, held, call, mended], child)
    assert "the notification of Mon 9 Nov 2026" in told(store, case)
    assert "the case opened on Mon 9 Nov 2026" in told(store, plan)
    assert "the plan begun on Mon 9 Nov 2026" in told(store, aim)
    assert "the outcome “Mornings without shouting”" in told(store, step)
    assert "the plan begun on Mon 9 Nov 2026" in told(store, held)
    assert "the contact of Fri 20 Nov 2026" in told(store, mended)
    week = store.find(AttendanceWeek, "child = ?", (child,))[0]
    for record in (asked, case, plan, aim, step, held, call, mended, week):
        assert not ID.search(told(store, record)), record.type


def test_what_the_worker_may_not_see_is_told_by_its_kind_alone(tmp_path: Path) -> None:
    family = Family(new_store(tmp_path, "voluntary"))
    store, child, by = family.store, family.tilly.id, family.store.actor.worker
    aim = Outcome(id=new_id(), plan=new_id(), child=child, text="CANARY")
    commit(store, "Aim", [aim], child)
    assert Names(store).put(aim.id) == "an outcome"
    case = Episode(id=new_id(), child=new_id(), opened=STARTED, worker=by)
    commit(store, "A case of nobody here", [case])
    assert Names(store).put([case.id, aim.plan]) == [NOT_HERE, NOT_HERE]
    store.close()


def test_a_colleague_is_named_also_where_the_record_of_them_was_taken_back(family: Family) -> None:
    store = family.store
    gone = Worker.model_validate({"id": new_id(), "name": "Ben Orr", "agency": "school"})
    commit(store, "Colleague", [gone])
    store.journal.commit(Edit("Taken back", update(gone, void=True)))
    known = colleagues(store)
    assert (known[gone.id], known["central-record"]) == ("Ben Orr", CENTRAL_RECORD)
    one = Child(id=new_id(), surname="Quill", forename="Ada", school=family.school.id)

    def authors(*workers: str) -> list[str]:
        found = []
        for worker in workers:
            made = one.model_copy(update={"id": new_id()})
            store.journal.commit(Edit("Central record", (create(made),)))
            store.conn.execute(
                "UPDATE edit SET worker = ? WHERE seq = (SELECT max(seq) FROM edit)", (worker,)
            )
            found += [change.by for change in read_history(store, "child", made.id)]
        return found

    assert authors(gone.id, "central-record", new_id(), "") == ["Ben Orr", CENTRAL_RECORD, NO_COLLEAGUE, ""]
