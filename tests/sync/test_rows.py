"""What the server itself refuses a laptop, whatever SQL is sent in its name (SECURITY: the second line)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import ProgrammingError

from casework.records import Contact, Household, Team
from sync.hub import devices, tables
from sync.hub.database import for_laptop, for_owner
from tests.sync.databases import PostgresqlDatabase
from tests.sync.world import NOW, World

ALL = [table.name for table in tables.metadata.sorted_tables]


@pytest.fixture
def world(tmp_path: Path, postgresql: PostgresqlDatabase) -> Iterator[World]:
    """Ana's team with Tilly, and Bo of another team with Robin."""
    made = World(tmp_path, postgresql)
    ana = made.laptop("Ana")
    home = Household(id=made.new_id("home"), address="1 Quay Lane")
    tilly = made.child("Tilly", id="child-tilly", dob=date(2016, 5, 4), household=home.id)
    ana.make(home, tilly)
    ana.make(Contact(id=made.new_id("contact"), child=tilly.id, at=NOW, by=ana.worker.id, kind="call"))
    made.team = Team(id=made.new_id("team"), name="Thanet")
    with made.hub.engine.begin() as connection:
        devices.put(connection, made.new_id("edit"), "Set up", made.team, NOW)
    bo = made.laptop("Bo")
    far = Household(id=made.new_id("home"), address="2 Quay Lane")
    bo.make(far, made.child("Robin", id="child-robin", team=made.team.id, school=None, household=far.id))
    made.settle()
    yield made
    for laptop in made.laptops.values():
        laptop.store.close()


def as_laptop(world: World, name: str) -> Engine:
    return for_laptop(world.hub.engine, world.laptops[name].way.device)


def rows(connection: Connection, sql: str) -> list[Any]:
    return list(connection.execute(text(sql)).scalars())


def test_a_laptop_reads_its_children_and_no_others(world: World) -> None:
    for name, own, address in (("Ana", "child-tilly", "1 Quay Lane"), ("Bo", "child-robin", "2 Quay Lane")):
        with as_laptop(world, name).begin() as connection:
            assert rows(connection, "SELECT id FROM record WHERE type = 'child'") == [own]
            homes = rows(connection, "SELECT fields FROM record WHERE type = 'household'")
            assert [address in home for home in homes] == [True]
            for table in ("head", "digest", "tie"):
                scopes = set(rows(connection, f"SELECT scope FROM {table}"))
                assert {scope for scope in scopes if scope.startswith("child-")} == {own}
            assert set(rows(connection, "SELECT device FROM entitlement")) == {world.laptops[name].way.device}
            assert rows(connection, "SELECT id FROM device") == [world.laptops[name].way.device]


@pytest.mark.parametrize("device", ["", "device-of-nobody"])
def test_without_a_laptop_there_are_no_rows(world: World, device: str) -> None:
    with for_laptop(world.hub.engine, device).begin() as connection:
        for table in ("record", "tie", "head", "digest", "left_behind", "entitlement", "meta"):
            assert rows(connection, f"SELECT count(*) FROM {table}") == [0]
        assert rows(connection, "SELECT count(seq) FROM log") == [0]
        assert rows(connection, "SELECT count(id) FROM device") == [0]


def test_a_laptop_whose_access_was_ended_reads_nothing(world: World) -> None:
    with world.hub.engine.begin() as connection:
        devices.revoke(connection, world.laptops["Ana"].way.device)
    with as_laptop(world, "Ana").begin() as connection:
        for table in ("record", "tie", "head", "digest", "entitlement", "meta"):
            assert rows(connection, f"SELECT count(*) FROM {table}") == [0]
        assert rows(connection, "SELECT count(seq) FROM log") == [0]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE record SET fields = '{}'",
        "DELETE FROM record",
        "INSERT INTO record (id, type, scope, seq, fields, versions, device)"
        " VALUES ('x', 'child', 'x', 1, '{}', '{}', '')",
        "UPDATE entitlement SET mask = -1",
        "INSERT INTO entitlement (device, scope, mask, sent, lost) VALUES ('x', 'child-robin', 1, 0, 0)",
        "DELETE FROM entitlement",
        "UPDATE device SET status = 'active'",
        "SELECT public_key FROM device",
        "SELECT changes FROM log",
        "UPDATE log SET name = 'x'",
        "DELETE FROM log",
        "UPDATE meta SET value = '0'",
        "SET LOCAL row_security = off; SELECT id FROM record",
        "ALTER TABLE record DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE mine (x int)",
        *(f"SELECT * FROM {name}" for name in ("quarantine", "place", "member", '"natural"')),
    ],
)
def test_a_laptop_writes_nothing_and_reads_no_more(world: World, sql: str) -> None:
    with as_laptop(world, "Ana").begin() as connection, pytest.raises(ProgrammingError):
        connection.exec_driver_sql(sql)


def test_a_laptop_says_only_of_itself_what_it_was_sent(world: World) -> None:
    with as_laptop(world, "Ana").begin() as connection:
        connection.execute(text("UPDATE entitlement SET sent = 77"))
    with world.hub.engine.begin() as connection:
        sent = select(tables.entitlement.c.device).where(tables.entitlement.c.sent == 77).distinct()
        assert list(connection.execute(sent).scalars()) == [world.laptops["Ana"].way.device]


def test_nobody_changes_the_log_nor_who_looked_into_a_lost_audit(world: World) -> None:
    kept = ("UPDATE log SET name = 'x'", "DELETE FROM log", "TRUNCATE log")
    kept += ("UPDATE acknowledged SET reason = 'x'", "DELETE FROM acknowledged")
    kept += ("UPDATE formerly SET number = 0", "DELETE FROM formerly")
    for sql in kept:
        with world.hub.engine.begin() as connection, pytest.raises(ProgrammingError):
            connection.execute(text(sql))


def test_the_role_and_the_laptop_go_with_the_transaction(world: World) -> None:
    with as_laptop(world, "Ana").connect() as connection:
        with connection.begin():
            assert rows(connection, "SELECT current_user") == ["outreach_laptop"]
        raw = connection.connection.dbapi_connection
        assert raw is not None
        held = raw.cursor().execute("SELECT current_user, current_setting('app.device', true)").fetchone()
        assert held == ("outreach_tester", "")


def test_the_roles_own_nothing_and_every_table_is_closed(world: World) -> None:
    with for_owner(world.hub.engine).begin() as connection:
        owned = "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname IN "
        assert rows(connection, owned + "('outreach_hub', 'outreach_laptop')") == [0]
        strong = "SELECT rolname FROM pg_roles WHERE rolname IN ('outreach_hub', 'outreach_laptop') AND "
        assert rows(connection, strong + "(rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole)") == []
        closed = "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
        assert set(ALL) <= set(rows(connection, closed)), "guard() the new table in its migration"
