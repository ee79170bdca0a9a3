"""A laptop's audit against the head that the central record keeps: cut off and written anew are found."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from casework.errors import BadInput, Refused
from storage import audit
from storage.central.problems import read_problems
from storage.cipher import Connection
from storage.doctor import examine
from storage.home import Home
from storage.store import Store
from sync.hub.care import acknowledge_audit, laptops, lost_audits
from sync.meeting import AUDIT_LOST
from tests.sync.databases import KEY, SqliteDatabase
from tests.sync.world import Laptop, Way, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, SqliteDatabase(tmp_path))


def cut_off(conn: Connection) -> None:
    conn.execute("DELETE FROM audit WHERE seq > 1")


def write_anew(conn: Connection) -> None:
    """With whole links, and longer than before."""
    last, _ = audit.head(conn)
    cut_off(conn)
    for _ in range(last + 3):
        audit.append(conn, at="2026-11-20T08:00:00Z", worker="w", verb="looked", child=None, detail="desk")


def forget_as_well(conn: Connection) -> None:
    """Together with what the laptop remembers of the central record's."""
    cut_off(conn)
    conn.execute("UPDATE sync_state SET value = '0' WHERE name = 'audit_seq'")


def named(world: World) -> list[str]:
    with world.hub.engine.begin() as connection:
        return [row["worker"] for row in lost_audits(connection)]


def doctor(laptop: Laptop, folder: Path) -> list[str]:
    found = examine(Home(folder), laptop.store.conn, now=laptop.store.now())
    return [one.state for one in found if one.name == "audit"]


@pytest.mark.parametrize("done", [cut_off, write_anew, forget_as_well])
def test_an_audit_that_was_tampered_with_is_named_once(
    world: World, tmp_path: Path, done: Callable[[Connection], None]
) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    for laptop in (ana, ben):
        for child in ("Tilly", "Sam"):
            laptop.make(world.child(child))
        world.settle()
    assert (named(world), doctor(ana, tmp_path)) == ([], ["ok"])
    done(ana.store.conn)
    assert audit.verify(ana.store.conn) is None
    assert AUDIT_LOST in ana.sync().problems
    assert [words for _, words in read_problems(ana.store.conn, world.now)] == [AUDIT_LOST]
    assert ben.sync().problems == []
    assert (named(world), doctor(ana, tmp_path), doctor(ben, tmp_path)) == (["Ana"], ["warn"], ["ok"])
    for _ in range(2):
        ana.make(world.child("Lily"))
        assert ana.sync().problems == []
    done(ana.store.conn)
    assert AUDIT_LOST in ana.sync().problems


def test_a_loss_that_was_found_in_a_copy_is_told_to_the_other_one_too(world: World, tmp_path: Path) -> None:
    ana = world.laptop("Ana")
    ana.sync()
    ana.store.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    copied = shutil.copy(ana.store.path, tmp_path / "copied.db")
    store = Store.open(copied, bytearray(KEY), now=lambda: world.now, today=world.today())
    copy = Laptop(store, Way(world.hub, ana.way.device))
    for laptop, child in ((ana, "Tilly"), (copy, "Sam")):
        world.now += timedelta(hours=1)
        laptop.make(world.child(child))
        laptop.sync()
    assert (named(world), doctor(copy, tmp_path), doctor(ana, tmp_path)) == (["Ana"], ["warn"], ["ok"])
    ana.sync()
    assert doctor(ana, tmp_path) == ["warn"], "it holds all that is kept of it, for nothing is kept any more"
    with world.hub.engine.begin() as connection:
        acknowledge_audit(connection, ana.way.device, "Jo Field", "The copy was deleted", world.now)
    ana.sync()
    assert doctor(ana, tmp_path) == ["ok"]
    store.close()


def test_an_answer_that_did_not_arrive_accuses_nobody(world: World) -> None:
    ana = world.laptop("Ana")

    def lose(verb: str, *_: object) -> None:
        if verb == "hello":
            raise ConnectionError

    for n in range(3):
        ana.make(world.child("Tilly"))
        ana.way.spy = lose
        for _ in range(n):
            ana.store.log("care", "looked after")
            with pytest.raises(ConnectionError):
                ana.sync()
        ana.way.spy = lambda *_: None
        assert ana.sync().problems == []
    assert named(world) == []


def test_a_loss_that_was_looked_into_is_no_alarm_and_stays_on_record(world: World, tmp_path: Path) -> None:
    ana = world.laptop("Ana")
    device = ana.way.device

    def lose() -> None:
        for child in ("Tilly", "Sam"):
            ana.make(world.child(child))
        world.now += timedelta(hours=1)
        assert ana.sync().agreed
        cut_off(ana.store.conn)
        assert AUDIT_LOST in ana.sync().problems

    with world.hub.engine.begin() as connection, pytest.raises(Refused, match="Nothing was found"):
        acknowledge_audit(connection, device, "Jo Field", "repaired", world.now)
    lose()
    with world.hub.engine.begin() as connection:
        [held] = lost_audits(connection)
        with pytest.raises(BadInput, match="--reason"):
            acknowledge_audit(connection, device, "Jo Field", " \x1b ", world.now)
        acknowledge_audit(connection, device, "Jo Field", "The laptop was repaired", world.now)
        assert lost_audits(connection) == []
        with pytest.raises(Refused, match="Nothing was found"):
            acknowledge_audit(connection, device, "Jo Field", "The same loss again", world.now)
        [row] = laptops(connection)
    assert doctor(ana, tmp_path) == ["warn"]
    assert ana.sync().agreed
    assert doctor(ana, tmp_path) == ["ok"]
    kept = {"at": world.now.isoformat(), "by": "Jo Field", "reason": "The laptop was repaired"}
    assert row["audits_acknowledged"] == [{"found": held["audit_lost"]} | kept]
    lose()
    assert ana.sync().agreed
    assert doctor(ana, tmp_path) == ["warn"], "what was looked into is not what was found since"
    with world.hub.engine.begin() as connection:
        assert [one["worker"] for one in lost_audits(connection)] == ["Ana"]
        [row] = laptops(connection)
        assert len(row["audits_acknowledged"]) == 1
        with pytest.raises(BadInput, match="no one laptop"):
            acknowledge_audit(connection, "nobody", "Jo Field", "repaired", world.now)
