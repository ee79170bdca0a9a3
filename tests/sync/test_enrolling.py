"""Enrolling over the network: codes, who a worker is, and whom a laptop stays with."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from casework.edits import Edit, create, update
from casework.errors import Refused, Unreachable
from casework.ids import new_id
from casework.records import Child, School, Team, Worker
from casework.records_sync import Conflict
from storage.central.asides import set_aside
from storage.central.state import keep, read_state
from storage.intake.whose import add_school
from storage.queries.lookup import find_child
from storage.store import Store
from sync import signing
from sync.http import Line, enrol
from sync.hub import care, tables
from sync.words import WORDS
from tests.sync.served import Site, child, sound


def test_a_fresh_laptop_becomes_the_worker_whom_the_council_has(site: Site) -> None:
    code = site.code("Ana Bell", "early-help", ("118300",))
    store = site.store("Ana", team="Thanet")
    joined = site.join(store, code)
    assert (joined.worker, joined.agency, joined.waiting) == ("Ana Bell", "early-help", False)
    assert joined.words == site.hub.words()
    [team] = store.find(Team)
    assert (team.name, store.worker.team) == ("Swale", team.id)
    assert sound(store) == []
    assert site.sync(store).session.agreed
    [school] = store.find(School)
    assert (school.urn, store.worker.schools) == ("118300", (school.id,))
    with site.hub.engine.begin() as connection:
        workers = connection.execute(
            select(func.count()).select_from(tables.record).where(tables.record.c.type == "worker")
        ).scalar_one()
        teams = connection.execute(
            select(func.count()).select_from(tables.record).where(tables.record.c.type == "team")
        ).scalar_one()
        assert care.problems(connection) == []
    assert (workers, teams) == (1, 1)
    assert sound(store) == []


def test_a_laptop_with_work_on_it_keeps_its_work_under_the_new_name(site: Site) -> None:
    store = site.store("Ana", team="Swale")
    before = store.actor.worker
    tilly = child(store)
    store.journal.commit(Edit("Changed", update(store.get(Child, tilly.id), known_as="Til")))
    site.join(store, site.code())
    done = site.sync(store).session
    assert (done.agreed, done.quarantined, done.conflicts) == (True, 0, 0)
    assert store.actor.worker != before
    assert store.conn.execute("SELECT count(*) FROM edit WHERE worker = ?", (before,)).fetchone()[0] == 0
    assert store.get(Child, tilly.id).known_as == "Til"
    other = site.laptop("Ben Cole")
    assert site.sync(other).session.agreed
    assert other.get(Child, tilly.id).known_as == "Til"
    assert sound(store) == sound(other) == []


def test_a_school_that_two_describe_in_part_is_one_school_without_a_conflict(site: Site) -> None:
    ana, ben = site.laptop("Ana Bell"), site.laptop("Ben Cole")
    site.code("Cy Dunn", "school", ("118300",))
    for store, fields in ((ana, {"name": "Oakhanger"}), (ben, {"name": "Oakhanger", "spoc": "Jo"})):
        school = School(id=new_id(), urn="118300", team=store.worker.team, **fields)
        store.journal.commit(Edit("School", (create(school),)))
        assert site.sync(store).session.agreed
    site.sync(ana)
    for store in (ana, ben):
        [held] = store.find(School)
        assert (held.name, held.spoc) == ("Oakhanger", "Jo")
        assert store.find(Conflict) == []


@pytest.mark.parametrize("begun", ["before", "after"])
def test_what_is_imported_before_the_first_session_is_found_by_name(site: Site, begun: str) -> None:
    code, store = site.code("Ana Bell", "early-help", ("118300",)), site.store("Ana")
    if begun == "before":
        add_school(store, "118300", "Oakhanger")
    site.join(store, code)
    if begun == "after":
        add_school(store, "118300", "Oakhanger")
    [school] = store.find(School)
    made = Child(id=new_id(), surname="Marsh", forename="Tilly", school=school.id, team=store.worker.team)
    store.journal.commit(Edit("Made", (create(made),), subject=made.id))
    assert find_child(store, "Tilly Marsh").id == made.id
    done = site.sync(store).session
    assert (done.agreed, done.quarantined, done.conflicts) == (True, 0, 0)
    [school] = store.find(School)
    assert school.name == "Oakhanger"
    assert store.worker.schools == (school.id,)
    assert find_child(store, "Tilly Marsh").id == made.id
    assert sound(store) == []


def test_a_school_that_was_taken_back_before_the_first_session_can_be_added_again(site: Site) -> None:
    code, store = site.code("Ana Bell", "early-help", ("118300",)), site.store("Ana")
    site.join(store, code)
    add_school(store, "118300", "Oakhager")
    store.journal.undo()
    add_school(store, "118300", "Oakhanger")
    assert site.sync(store).session.agreed
    [held] = store.find(School)
    assert held.name == "Oakhanger"


def test_to_whom_a_worker_is_tied_counts_in_an_open_caseload_from_the_next_session_on(site: Site) -> None:
    store = site.store("Ana")
    site.join(store, site.code("Ana Bell", "early-help", ("118300",)))
    assert site.sync(store).session.agreed
    assert len(store.worker.schools) == 1
    site.code("Ana Bell", "early-help")
    assert site.sync(store).session.agreed
    assert store.worker.schools == ()


def test_a_code_works_once_and_for_ten_minutes(site: Site) -> None:
    code = site.code()
    site.join(site.store(), f" {code[:5].lower()}-{code[5:]} ")
    with pytest.raises(Refused) as refused:
        site.join(site.store(), code)
    assert refused.value.code == "wrong-code"
    late = site.code()
    site.clock.at += timedelta(minutes=10, seconds=1)
    with pytest.raises(Refused, match="older than ten minutes"):
        site.join(site.store(), late)


def test_a_laptop_that_is_enrolled_is_told_so_where_a_code_is_used(site: Site) -> None:
    code, store = site.code(), site.store()
    site.join(store, code)
    told = "already enrolled as Ana Bell's, and stays so: outreach sync works on without a code"
    with pytest.raises(Refused, match=told) as refused:
        site.join(store, code)
    assert refused.value.code == "wrong-code"
    assert site.sync(store).session.agreed


def test_a_code_whose_answer_was_lost_works_again_for_the_same_laptop(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, store = site.code(), site.store()
    exchange = Line._exchange
    lost: list[int] = []

    def broken(self: Line, *given: Any) -> Any:
        answer = exchange(self, *given)
        if len(lost) < 3:
            lost.append(answer[0])
            raise Unreachable("unreachable", "lost")
        return answer

    monkeypatch.setattr(Line, "_exchange", broken)
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(Unreachable):
        join_once(site, store, code)
    assert lost == [200, 200, 200]
    assert not read_state(store.conn).is_enrolled
    site.join(store, code)
    assert site.sync(store).session.agreed
    with site.hub.engine.begin() as connection:
        assert len(care.laptops(connection)) == 1


def test_who_enrols_again_after_the_record_was_set_back_is_who_they_were(site: Site, tmp_path: Path) -> None:
    def closed() -> None:
        site.served.stop()
        site.hub.close()

    closed()
    shutil.copytree(site.home.path, tmp_path / "kept")
    site.restart()
    ana = site.laptop()
    known = ana.worker.id
    closed()
    shutil.rmtree(site.home.path)
    shutil.copytree(tmp_path / "kept", site.home.path)
    site.restart()
    site.join(ana, site.code())
    assert ana.worker.id == known


def join_once(site: Site, store: Store, code: str) -> None:
    line = Line(site.url, now=store.now, sleep=lambda _: None)
    key = signing.new_key()
    keep(store.conn, "coming_key", signing.key_text(key))
    enrol(line, code, key)


def test_five_wrong_tries_end_a_code_and_twenty_an_address(site: Site) -> None:
    code, store = site.code(), site.store()
    wrong = code[:3] + ("0000000" if code[3:] != "0000000" else "1111111")
    for _ in range(5):
        with pytest.raises(Refused) as refused:
            site.join(store, wrong)
        assert refused.value.code == "wrong-code"
    with pytest.raises(Refused):
        site.join(store, code)
    with site.hub.engine.begin() as connection:
        rows = [{"id": new_id(), "address": "127.0.0.1", "at": site.clock().isoformat()} for _ in range(20)]
        connection.execute(tables.attempt.insert(), rows)
    fresh = site.code()
    line = Line(site.url, now=store.now, sleep=lambda _: None)
    with pytest.raises(Unreachable) as busy:
        enrol(line, fresh, signing.new_key())
    line.close()
    assert busy.value.code == "too-many"
    site.clock.at += timedelta(hours=1, seconds=1)
    site.join(store, site.code())


def test_a_code_is_not_kept_in_the_clear(site: Site) -> None:
    code = site.code()
    with site.hub.engine.begin() as connection:
        [row] = connection.execute(select(tables.code)).all()
    assert code[3:] not in repr(row)


def test_a_manager_can_have_to_approve_each_laptop(tmp_path: Path) -> None:
    site = Site(tmp_path, approve=True)
    try:
        store = site.store()
        assert site.join(store, site.code()).waiting
        with pytest.raises(Refused) as refused:
            site.sync(store)
        assert refused.value.code == "not-approved"
        with site.hub.engine.begin() as connection:
            care.approve(connection, read_state(store.conn).device, site.clock())
        assert site.sync(store).session.agreed
    finally:
        site.close()


def test_a_caseload_stays_with_its_central_record_and_its_worker(site: Site, tmp_path: Path) -> None:
    store = site.laptop("Ana Bell")
    (tmp_path / "other").mkdir()
    other = Site(tmp_path / "other")
    try:
        with pytest.raises(Refused) as refused:
            other.join(store, other.code())
        assert refused.value.code == "other-hub"
    finally:
        other.close()
    with pytest.raises(Refused) as refused:
        site.join(store, site.code("Ben Cole"))
    assert refused.value.code == "other-worker"
    assert site.sync(store).session.agreed


def test_the_words_of_a_key_are_plain_and_all_different() -> None:
    assert len(WORDS) == len(set(WORDS)) == 256
    assert all(word.isalpha() and word.islower() and 3 <= len(word) <= 9 for word in WORDS)
    assert signing.fingerprint_words("00" * 32) == signing.fingerprint_words("00" * 32)
    assert len(signing.fingerprint_words("01" * 32).split()) == 6


def test_a_worker_is_who_the_council_says(site: Site) -> None:
    ana = site.laptop("Ana Bell", "early-help")
    site.sync(ana)
    worker = ana.get(Worker, ana.actor.worker)
    ana.journal.commit(Edit("Promote myself", update(worker, agency="management")))
    done = site.sync(ana).session
    assert (done.quarantined, done.agreed) == (1, True)
    assert ana.get(Worker, ana.actor.worker).agency == "early-help"
    [aside] = set_aside(ana.conn)
    assert aside.code == "central"
