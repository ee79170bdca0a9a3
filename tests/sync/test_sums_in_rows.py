"""What a record adds to the sums stands in its row, and goes with the record wherever it goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from casework.edits import Edit, create, update
from casework.records import RECORD_TYPES, Child, Contact, Flag, Household
from storage.central import beside
from storage.central.holdings import Holdings
from storage.cipher import Connection
from storage.journal import transaction
from storage.migrations import HEAD, migrate, version_of
from tests.sync.databases import SqliteDatabase
from tests.sync.world import Laptop, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, SqliteDatabase(tmp_path))


def filled(world: World) -> tuple[Laptop, Child, Child, Contact]:
    """A laptop that agreed about two children and a call about the first."""
    ana = world.laptop("Ana")
    tilly, sam = world.child("Tilly"), world.child("Sam")
    call = world.contact(tilly.id)
    ana.make(tilly, sam, call)
    assert ana.sync().agreed
    return ana, tilly, sam, call


def agrees(laptop: Laptop) -> bool:
    """Whether both sides agree at once, and the sums are what the records add to them."""
    session = laptop.sync()
    with transaction(laptop.store.conn):
        return session.agreed and not session.problems and Holdings(laptop.store.conn).recount_all()


def test_what_is_tied_to_a_child_of_whom_a_part_is_given_up_counts_once(world: World) -> None:
    nia = world.laptop("Nia", "school-nursing")
    tilly, home = world.child("Tilly"), Household(id=world.new_id("home"), address="1 Quay Lane")
    nia.make(tilly)
    nia.make(Flag(id=world.new_id("flag"), child=tilly.id, kind="address-protection"))
    nia.store.journal.commit(Edit("Family", (create(home), *update(tilly, household=home.id))))
    told = nia.sync()
    assert (told.agreed, told.problems) == (True, [])
    assert nia.get(tilly).household is None
    assert agrees(nia)


def apart(conn: Connection) -> list[str]:
    """The records whose sums lie in the table of sums."""
    return [row[0] for row in conn.execute("SELECT record FROM sync_held ORDER BY record")]


def as_version_6(conn: Connection) -> None:
    """The caseload as the version before wrote it: all sums in their table."""
    for record_type in filter(beside.has_sum, RECORD_TYPES):
        for record in beside.of_type(conn, record_type):
            beside.move_away(conn, record_type, record)
        conn.execute(f"ALTER TABLE {record_type} DROP COLUMN {beside.COLUMN}")
    conn.execute("PRAGMA user_version = 6")


def test_a_filled_caseload_of_version_6_goes_on_and_its_sums_move_as_records_change(world: World) -> None:
    ana, tilly, _, call = filled(world)
    conn = ana.store.conn
    as_version_6(conn)
    assert {tilly.id, call.id} <= {*apart(conn)}
    migrate(conn, ana.store.path)
    assert version_of(conn) == HEAD
    ana.change(call, note="Rang back")
    assert ana.sync().agreed
    assert call.id not in apart(conn)
    assert tilly.id in apart(conn)
    assert agrees(ana)
    assert apart(conn) == []


def test_a_record_that_goes_to_another_child_takes_its_sum_along(world: World) -> None:
    ana, _, sam, call = filled(world)
    assert apart(ana.store.conn) == []
    ana.change(call, child=sam.id)
    assert apart(ana.store.conn) == [call.id]  # until it is counted where it is now
    assert agrees(ana)
    assert apart(ana.store.conn) == []
    assert (Contact.type, call.id) in Holdings(ana.store.conn).counted([sam.id])


def test_what_is_given_up_counts_no_more(world: World) -> None:
    ana, tilly, _, call = filled(world)
    ben = world.laptop("Ben")
    assert agrees(ben)
    assert ben.has(call)
    ana.change(tilly, team=None)
    ana.sync()
    assert agrees(ben)
    assert not ben.has(call)
    assert Holdings(ben.store.conn).counted([tilly.id]) == []


def test_a_sum_of_a_scope_that_does_not_fit_its_records_is_added_up_anew(world: World) -> None:
    ana, *_ = filled(world)
    conn, holdings = ana.store.conn, Holdings(ana.store.conn)
    right = holdings.by_scope()
    conn.execute("UPDATE sync_scope SET facets = facets + 1, total = zeroblob(32) WHERE total <> x''")
    with transaction(conn):
        assert not holdings.recount_all()
        assert holdings.by_scope() == right
        assert holdings.recount_all()
