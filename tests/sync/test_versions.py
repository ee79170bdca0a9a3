"""Laptops and a central record of different versions: nothing unknown is lost, and both sides agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from casework.consent import settle_words
from casework.edits import Edit, update
from casework.errors import BadInput
from casework.policies import Category
from casework.records import RECORD_TYPES, Child, Contact, Record
from casework.records_links import Link
from casework.records_sharing import Agreement
from casework.records_sync import Conflict
from storage.central.asides import set_aside
from storage.central.given_up import read_given_up
from storage.queries.conflicts import count_conflicts, read_conflicts
from storage.settling import commit_settlement
from storage.store import Store
from sync.hub import care, entitlement
from sync.hub.fields import read_as
from sync.hub.versions import catch_up
from sync.messages.greeting import Hello
from tests.sync.databases import KEY, SqliteDatabase
from tests.sync.versions import FIELD, KIND, mixed, reshape, version
from tests.sync.world import NOW, Laptop, World, opened_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


def older(world: World, name: str) -> Laptop:
    made = world.laptop(name)
    made.store.conn.execute(f"DROP TABLE {KIND}")
    made.store.conn.execute(f"ALTER TABLE child DROP COLUMN {FIELD}")
    return mixed(made, older=False)


def kept_here(laptop: Laptop) -> list[str]:
    """The records of which a laptop keeps what it did not know."""
    return [row[0] for row in laptop.store.conn.execute("SELECT record FROM sync_extra")]


def siblings(world: World, laptop: Laptop) -> Child:
    """Two children, linked as siblings, and at the central record; the first speaks Polish."""
    lily, til = world.child("Lily", language="Polish"), world.child("Til")
    laptop.make(lily, til)
    laptop.make(
        Link(
            id=world.new_id("link"),
            child=lily.id,
            other=til.id,
            kind="sibling",
            linked_on=NOW.date(),
            by=laptop.worker.id,
        )
    )
    laptop.sync()
    return lily


def test_an_older_laptop_keeps_what_it_does_not_know_and_agrees(world: World) -> None:
    ana, ben = world.laptop("Ana"), older(world, "Ben")
    lily = siblings(world, ana)
    with version(older=True):
        first = ben.sync()
        again = ben.sync()
    assert (first.agreed, first.problems, again.requests) == (True, [], 1)
    with version(older=True):
        held = ben.store.find(Child, "id = ?", (lily.id,))[0]
        ben.store.journal.commit(Edit("Renamed", update(held, known_as="Lil")))
        assert ben.sync().agreed
        assert ben.sync().requests == 1
    assert ana.sync().agreed
    assert (ana.get(lily).known_as, ana.get(lily).language) == ("Lil", "Polish")


def test_an_older_laptop_gives_up_what_it_does_not_know_with_the_rest(world: World) -> None:
    ana, ben = world.laptop("Ana"), older(world, "Ben")
    lily = siblings(world, ana)
    with version(older=True):
        ben.sync()
        kept = ben.store.conn.execute("SELECT parts FROM sync_extra").fetchall()
    assert len(kept) == 2
    ana.change(lily, school="school-elsewhere", team=None)
    ana.sync()
    with version(older=True):
        assert ben.sync().agreed
    assert kept_here(ben) == []
    assert read_given_up(ben.store.conn).count == 2  # the child, and the link


def test_an_older_laptop_asks_nothing_about_what_it_does_not_know(world: World) -> None:
    """Who could neither show nor settle a conflict is not asked; whoever knows the field is."""
    ana, cas, ben = world.laptop("Ana"), world.laptop("Cas"), older(world, "Ben")
    lily = siblings(world, ana)
    cas.sync()
    for laptop, language in ((ana, "Czech"), (cas, "Urdu")):
        laptop.change(lily, **{FIELD: language})
        laptop.sync()
    with version(older=True):
        assert ben.sync().agreed
        [conflict] = ben.store.find(Conflict)
        assert (read_conflicts(ben.store), count_conflicts(ben.store)) == ([], 0)
        with pytest.raises(BadInput, match="not here"):
            commit_settlement(ben.store, conflict.id, "central")
    assert [one.id for one in read_conflicts(cas.store)] == [conflict.id]


def test_an_older_laptop_brings_back_what_it_does_not_know(world: World) -> None:
    ana, ben = world.laptop("Ana"), older(world, "Ben")
    world.database.back_up()
    lily = world.child("Lily", language="Polish")
    ana.make(lily)
    ana.sync()
    with version(older=True):
        ben.sync()
    world.database.restore()
    with version(older=True):
        assert ben.sync().agreed
    cleo = world.laptop("Cleo")
    cleo.sync()
    assert cleo.get(lily).language == "Polish"


def test_a_laptop_that_is_brought_up_to_date_knows_what_it_kept(world: World) -> None:
    ana, ben = world.laptop("Ana"), older(world, "Ben")
    lily = world.child("Lily", language="Polish")
    ana.make(lily)
    ana.sync()
    with version(older=True):
        ben.sync()
    ben.store.conn.execute(f"ALTER TABLE child ADD COLUMN {FIELD} TEXT NOT NULL DEFAULT ''")
    ana.make(world.child("Til"))
    ana.sync()
    assert ben.sync().agreed
    assert ben.get(lily).language == "Polish"
    assert set_aside(ben.store.conn) == []
    assert ben.sync().requests == 1


def upgrade(laptop: Laptop) -> None:
    """The laptop gets this version of Outreach."""
    path, now, today = laptop.store.path, laptop.store.now, laptop.store.today
    laptop.store.close()
    reshape(path, older=False)
    laptop.store = Store.open(path, bytearray(KEY), now=now, today=today)


def break_off(laptop: Laptop) -> None:
    """A session that ends once the greeting was taken, before its answer is here."""

    def cut(verb: str, said: Any, answer: Any) -> None:
        if isinstance(said, Hello):
            raise ConnectionError

    laptop.way.spy = cut
    with pytest.raises(ConnectionError):
        laptop.sync()
    laptop.way.spy = lambda *_: None


@pytest.mark.parametrize("asked_for", [True, False])
def test_what_is_given_up_counts_no_more_although_this_version_would_know_it(
    world: World, *, asked_for: bool
) -> None:
    """The version before kept it. It is asked for, unless a greeting had no answer (seed 8002289)."""
    ana, ben = world.laptop("Ana"), older(world, "Ben")
    lily = siblings(world, ana)
    with version(older=True):
        assert ben.sync().agreed
        if not asked_for:
            break_off(ben)
    upgrade(ben)
    ana.change(lily, school="school-elsewhere", team=None)
    ana.sync()
    done = ben.sync()
    assert (done.agreed, done.problems, kept_here(ben)) == (True, [], [])
    assert ben.sums_fit()
    assert ben.store.find(Link) == []
    assert (done.purged, read_given_up(ben.store.conn).count) == (2, 2)  # the child, and the link


def test_a_record_that_goes_to_another_child_is_given_up_although_this_version_would_know_it(
    world: World,
) -> None:
    ana, ben = world.laptop("Ana"), older(world, "Ben")
    siblings(world, ana)
    with version(older=True):
        assert ben.sync().agreed
    upgrade(ben)
    elsewhere = world.child("Max", school="school-elsewhere", team=None)
    ana.make(elsewhere)
    ana.change(ana.store.find(Link)[0], child=elsewhere.id)
    ana.sync()
    done = ben.sync()
    assert (done.agreed, done.problems, kept_here(ben)) == (True, [], [])
    assert ben.sums_fit()
    assert ben.store.find(Link) == []


def test_a_laptop_brings_back_what_the_version_before_kept(world: World) -> None:
    """It is brought up to date in the middle of reading a central record that lost it (seed 8002289)."""
    ana, ben = world.laptop("Ana"), older(world, "Ben")
    world.database.back_up()
    siblings(world, ana)
    with version(older=True):
        assert ben.sync().agreed
        world.put_back()
        ben.only_send()
    upgrade(ben)
    done = ben.sync()
    assert (done.agreed, done.problems, ben.sums_fit()) == (True, [], True)
    cleo = world.laptop("Cleo")
    for laptop in (cleo, ben):
        assert laptop.sync().agreed
        assert len(laptop.store.find(Link)) == 1


def test_an_older_central_record_keeps_what_it_does_not_know_until_it_does(world: World) -> None:
    bring_up_to_date(world, older=True)
    ana, ben = (mixed(world.laptop(name), older=True) for name in ("Ana", "Ben"))
    lily, til = world.child("Lily", language="Polish"), world.child("Til")
    link = Link(
        id=world.new_id("link"),
        child=lily.id,
        other=til.id,
        kind="sibling",
        linked_on=NOW.date(),
        by=ana.worker.id,
    )
    ana.make(lily, til)
    ana.make(link)
    first = ana.sync()
    assert (first.agreed, first.quarantined, first.problems) == (True, 1, [])
    assert [step.code for step in set_aside(ana.store.conn)] == ["unknown-type"]
    assert (ana.get(lily).language, ana.has(link)) == ("Polish", True)
    assert ana.sync().requests == 1
    assert ben.sync().agreed
    assert (ben.get(lily).language, ben.has(link)) == ("", False)
    ben.change(lily, known_as="Lil")
    ben.sync()

    bring_up_to_date(world, older=False)
    for laptop in (ana, ben):
        mixed(laptop, older=False)
        done = laptop.sync()
        assert (done.agreed, done.problems, laptop.sync().requests) == (True, [], 1)
        assert (laptop.get(lily).language, laptop.get(lily).known_as) == ("Polish", "Lil")
        assert laptop.has(link)
    assert set_aside(ana.store.conn) == []
    with world.hub.engine.begin() as connection:
        assert care.aside(connection) == []
        assert care.problems(connection) == []


@pytest.mark.parametrize("asked_for", [False, True])
def test_what_is_kept_for_a_later_central_record_is_given_up_with_its_child(
    world: World, *, asked_for: bool
) -> None:
    """The child was taken and left again before its laptop had read anything of it, be it that the laptop
    asked for the child by id, for a step was kept aside (seed 1001699).
    """
    bring_up_to_date(world, older=True)
    ana, ben = (mixed(world.laptop(name), older=True) for name in ("Ana", "Ben"))
    lily, til = world.child("Lily"), world.child("Til")
    ana.make(lily, til)
    ana.only_send()
    ben.sync()
    ben.change(lily, school="school-elsewhere", team=None)
    ben.sync()
    if asked_for:
        ana.change(lily, school="school-x", team=None)
    ana.make(
        Link(
            id=world.new_id("link"), child=lily.id, other=til.id, kind="sibling", linked_on=NOW.date(),
            by=ana.worker.id,
        )
    )  # fmt: skip
    assert ana.sync().agreed
    assert [step.code for step in set_aside(ana.store.conn)][-1] == "unknown-type"
    assert (ana.has(lily), ana.store.find(Link)) == (False, [])
    bring_up_to_date(world, older=False)
    assert mixed(ana, older=False).sync().agreed
    assert (ana.store.find(Link), set_aside(ana.store.conn), ana.sync().requests) == ([], [], 1)


def test_steps_that_waited_are_taken_in_the_order_in_which_they_came(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their ids say nothing of it: a clock that was set back makes a later step's id the smaller one."""
    bring_up_to_date(world, older=True)
    ana = mixed(world.laptop("Ana"), older=True)
    lily, til = world.child("Lily"), world.child("Til")
    ana.make(lily, til)
    link = Link(
        id=world.new_id("link"), child=lily.id, other=til.id, kind="sibling", linked_on=NOW.date(),
        by=ana.worker.id,
    )  # fmt: skip
    ids = iter(("step-b-made", "step-a-ended"))
    monkeypatch.setattr("storage.journal.new_id", lambda: next(ids))
    ana.make(link)
    ana.change(link, ended_on=NOW.date())
    monkeypatch.undo()
    assert ana.sync().quarantined == 2
    bring_up_to_date(world, older=False)
    mixed(ana, older=False)
    assert ana.sync().agreed
    assert set_aside(ana.store.conn) == []
    with world.hub.engine.begin() as connection:
        assert care.aside(connection) == []


def test_an_older_central_record_takes_a_field_of_which_nobody_said_anything_yet(world: World) -> None:
    bring_up_to_date(world, older=True)
    ana, ben = mixed(world.laptop("Ana"), older=True), mixed(older(world, "Ben"), older=True)
    lily = world.child("Lily")
    with version(older=True):
        known = RECORD_TYPES["child"]
        ben.make(known.model_validate(lily.model_dump(include={*known.model_fields})))
        ben.sync()
    ana.sync()
    ana.change(lily, language="Polish")
    done = ana.sync()
    assert (done.agreed, done.conflicts) == (True, 0)
    bring_up_to_date(world, older=False)
    mixed(ana, older=False).sync()
    assert ana.get(lily).language == "Polish"


def bring_up_to_date(world: World, *, older: bool) -> None:
    """The central record is opened by this version."""
    with version(older=older), world.hub.engine.begin() as connection:
        catch_up(connection, world.now)


def test_a_limit_for_one_agency_opens_nothing_until_the_central_record_knows_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the version before, words that were settled by such a limit are words that nobody settled."""
    ana = world.laptop("Ana")
    nurse, vera = world.laptop("Nia", "school-nursing"), world.laptop("Vera", "voluntary")
    tilly = world.child("Tilly")
    said = Contact(
        id=world.new_id("contact"), child=tilly.id, at=NOW, by=ana.worker.id, kind="call", note="Mum"
    )
    named = {"agencies": ("school-nursing", "voluntary"), "exclude": "Not the nurse about us"}
    agreement = world.agreement(tilly.id, ana.worker.id).model_copy(update=named)

    def read_as_before(cls: type[Record], row: Any) -> Record:
        read = read_as(cls, row)
        return read.model_copy(update={"exclude_pairs": ()}) if isinstance(read, Agreement) else read

    with monkeypatch.context() as before:
        before.setattr(entitlement, "read_as", read_as_before)
        ana.make(tilly)
        ana.make(said, agreement)
        pair = ("school-nursing", Category.FAMILY)
        ana.store.journal.commit(settle_words(ana.get(agreement), (), (), (pair,)))
        world.settle()
        assert (nurse.has(said), vera.has(said)) == (False, False)
    world.now += timedelta(days=1)
    world.settle()
    assert (nurse.has(said), vera.has(said)) == (False, True)
