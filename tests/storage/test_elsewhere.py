"""A second connection writes: the first one can tell, and reads nothing stale."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from casework.edits import Edit, create, update
from casework.ids import new_id
from casework.records import School, Team, Worker
from storage.store import Store
from tests.tools.caseloads import set_up

KEY = bytes(range(32))
NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)
TODAY = date(2026, 11, 20)


def both(folder: Path) -> tuple[Store, Store]:
    team = Team(id=new_id(), name="Swale")
    worker = Worker(id=new_id(), name="Kim Invented", agency="early-help", team=team.id)
    path = folder / "caseload.db"
    set_up(path, bytearray(KEY), worker=worker, team=team, now=lambda: NOW, today=TODAY).close()
    one, two = (Store.open(path, bytearray(KEY), now=lambda: NOW, today=TODAY) for _ in range(2))
    return one, two


def test_only_the_writes_of_another_connection_count(tmp_path: Path) -> None:
    one, two = both(tmp_path)
    assert not one.changed_elsewhere()
    school = School(id=new_id(), urn="999001", name="Oakhanger Primary")
    assert school.id not in one.schools.schools
    two.journal.commit(Edit("Add", (create(school),)))
    two.save_setting("colour", "blue")
    assert one.changed_elsewhere()
    assert one.schools.name(school.id) == "Oakhanger Primary"
    assert one.setting("colour") == "blue"
    assert not one.changed_elsewhere()
    one.log("looked", "today")
    assert not one.changed_elsewhere()
    assert two.changed_elsewhere()
    one.close()
    two.close()


def test_the_stamp_is_another_after_any_write_and_after_what_is_kept_was_dropped(tmp_path: Path) -> None:
    one, two = both(tmp_path)
    stamps = [one.stamp]
    assert one.stamp == stamps[0]
    one.log("looked", "today")
    stamps.append(one.stamp)
    two.log("looked", "today")
    stamps.append(one.stamp)
    assert one.changed_elsewhere()
    stamps.append(one.stamp)
    assert one.stamp == stamps[3]
    assert len(set(stamps)) == 4
    one.close()
    two.close()


def test_what_is_kept_of_schools_and_of_the_worker_is_read_again(tmp_path: Path) -> None:
    one, two = both(tmp_path)
    school = School(id=new_id(), urn="999001", name="Oakhanger Primary")
    one.journal.commit(Edit("Add", (create(school),)))
    assert one.schools.name(school.id) == "Oakhanger Primary"
    one.journal.commit(Edit("Rename", update(school, name="Harbour View")))
    assert one.schools.name(school.id) == "Harbour View"
    assert one.worker.name == "Kim Invented"
    two.journal.commit(Edit("Rename", update(two.worker, name="Sam Invented")))
    assert one.changed_elsewhere()
    assert one.worker.name == "Sam Invented"
    one.close()
    two.close()


def test_a_journal_knows_its_own_steps(tmp_path: Path) -> None:
    one, two = both(tmp_path)
    receipt = one.journal.commit(Edit("Add", (create(School(id=new_id(), urn="999001", name="Oak")),)))
    assert one.journal.made_here(receipt.seq)
    assert not two.journal.made_here(receipt.seq)
    assert two.journal.undo_list(1)[0].seq == receipt.seq
    one.close()
    two.close()
