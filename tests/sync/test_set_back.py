"""A central record that was set back to before somebody enrolled, and a caseload that was."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from casework.canonical import Digest
from casework.conflicts import Keep
from casework.edits import Edit, create, update
from casework.policies import Category
from casework.records import Child, Flag, Household, Worker
from casework.records_sharing import Agreement
from casework.records_sync import Conflict
from storage.central.holdings import Holdings
from storage.central.receiving import Receiver
from storage.settling import commit_settlement
from storage.store import Store
from sync.hub import devices, tables
from sync.hub.central import Central
from sync.hub.devices import find_worker
from sync.hub.enrolment import Former, NewLaptop, draw_code, enter_worker, use_code
from sync.messages.greeting import Hello
from tests.sync.databases import KEY, SqliteDatabase
from tests.sync.sticks import Post
from tests.sync.world import Laptop, World, opened_world


@pytest.fixture
def on_file(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


def test_who_knew_of_a_later_worker_agrees_again(world: World) -> None:
    ana = world.laptop("Ana")
    tilly = world.child("Tilly")
    ana.make(tilly)
    assert ana.sync().agreed
    world.database.back_up()
    fay = world.laptop("Fay", "social-care")
    assert fay.sync().agreed
    assert ana.sync().agreed
    assert ana.has(fay.worker)
    world.put_back()
    told = ana.sync()
    assert (told.agreed, len(told.problems)) == (True, 1)
    again = ana.sync()
    assert (again.agreed, again.problems, again.requests) == (True, [], 1)
    assert ana.get(fay.worker).name == "Fay"


def test_who_knew_of_a_later_worker_agrees_again_by_bundles(world: World, tmp_path: Path) -> None:
    ana = world.laptop("Ana")
    post = Post(world, tmp_path / "post")
    post.enrol(ana)
    assert post.trip(ana).session.agreed
    world.database.back_up()
    with world.hub.engine.begin() as connection:
        fay = enter_worker(connection, "Fay", "social-care", "Swale", (), world.now)
    assert post.trip(ana).session.agreed
    assert ana.store.get(Worker, fay).name == "Fay"
    world.put_back()
    trips = [post.trip(ana).session.agreed for _ in range(5)]
    assert trips[-1]
    assert ana.store.get(Worker, fay).name == "Fay"
    assert ana.sync().requests == 1


def flagged(world: World) -> tuple[Laptop, Laptop, Flag]:
    """Both know a flag that Ana made and Ben looked at; a backup holds it."""
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly")
    ana.make(tilly)
    flag = Flag(id=world.new_id("flag"), child=tilly.id, kind="young-carer")
    ana.make(flag)
    world.settle()
    ben.change(flag, note="Seen at home")
    world.settle()
    return ana, ben, flag


@pytest.mark.parametrize("sent", [True, False])
def test_who_takes_back_what_the_backup_has_too_is_not_asked_about_it(world: World, *, sent: bool) -> None:
    ana, ben, _ = flagged(world)
    world.database.back_up()
    ana.store.journal.undo()
    if sent:
        world.settle()
    world.put_back()
    world.settle()
    for laptop in (ana, ben):
        assert (laptop.store.find(Flag), laptop.store.find(Conflict)) == ([], [])
        assert laptop.sync().agreed


@pytest.mark.parametrize("before", [True, False])
def test_who_takes_back_what_they_did_not_know_is_asked(world: World, *, before: bool) -> None:
    """The other change is one that the backup has, or that came since it was put back."""
    ana, ben, flag = flagged(world)
    if before:
        ben.change(flag, note="Seen at school")
        ben.sync()
    world.database.back_up()
    ana.store.journal.undo()
    if before:
        ana.sync()
    world.put_back()
    if not before:
        ben.change(flag, note="Seen at school")
        ben.sync()
    world.settle()
    for laptop in (ana, ben):
        [conflict] = laptop.store.find(Conflict)
        assert (conflict.field, laptop.get(flag).void) == ("void", False)
        assert laptop.sync().agreed


@pytest.mark.parametrize("first", ["Ana", "Nia"])
@pytest.mark.parametrize(
    "choices",
    [
        (("Nia", "both"), ("Nia", "both"), ("Nia", "yours")),
        (("Nia", "yours"), ("Nia", "central")),
        (("Nia", "both"), ("Ana", "text")),
        (("Ana", "yours"), ("Nia", "yours")),
    ],
)
def test_who_settled_it_otherwise_before_is_not_asked_again(
    on_file: World, choices: tuple[tuple[str, Keep], ...], first: str
) -> None:
    """All but the last choice were undone: each step comes back, and none disagrees with a later one of the
    same laptop, nor with how the other one settled it then.
    """
    ana, nia = on_file.laptop("Ana"), on_file.laptop("Nia")
    tilly = on_file.child("Tilly")
    ana.make(tilly)
    on_file.settle()
    on_file.database.back_up()
    ana.change(tilly, known_as="Lily")
    nia.change(tilly, known_as="Til")
    on_file.settle()
    before: Laptop | None = None
    for who, keep in choices:
        if before is not None:
            before.store.journal.undo()
            on_file.settle()
        before = on_file.laptops[who]
        [conflict] = before.store.find(Conflict, "settled = 0")
        commit_settlement(before.store, conflict.id, keep, text="Tilda" if keep == "text" else "")
    on_file.settle()
    chosen = nia.get(tilly).known_as
    on_file.put_back()
    on_file.laptops[first].sync()
    on_file.settle()
    for laptop in (ana, nia):
        assert (laptop.get(tilly).known_as, laptop.store.find(Conflict, "settled = 0")) == (chosen, [])
        assert laptop.sync().agreed


def enrolled(world: World, key: bytes, was: Former | None = None, name: str = "Fay Lind") -> NewLaptop:
    """A laptop with a new code for a worker of this name."""
    with world.hub.engine.begin() as connection:
        worker = enter_worker(connection, name, "social-care", "Swale", (), world.now)
        code = draw_code(connection, worker, world.now)
    return use_code(world.hub.engine, code.text, key, "", now=world.now, approve=False, was=was)


@pytest.mark.parametrize(
    ("name", "agency"), [("Fay Lind", "social-care"), ("Gus Orr", "social-care"), ("Fay Lind", "school")]
)
def test_who_was_enrolled_since_then_comes_back_as_the_same_worker(
    world: World, name: str, agency: str
) -> None:
    world.database.back_up()
    before = enrolled(world, b"1" * 32).worker.id
    world.database.restore()
    again = enrolled(world, b"2" * 32, Former(before, name, agency))
    with world.hub.engine.begin() as connection:
        assert find_worker(connection, "Fay Lind", "social-care") == again.worker.id
    assert (again.worker.id == before) == ((name, agency) == ("Fay Lind", "social-care"))
    second = enrolled(world, b"3" * 32, Former("worker-of-another", "Fay Lind", "social-care"))
    assert second.worker.id == again.worker.id, "whose laptop is enrolled stays who they are"


def test_who_is_on_record_goes_on_as_themselves_and_nobody_as_somebody_else(on_file: World) -> None:
    def named(name: str) -> str | None:
        with on_file.hub.engine.begin() as connection:
            return find_worker(connection, name, "social-care")

    with on_file.hub.engine.begin() as connection:
        for name in ("Fay Lind", "Gus Orr"):
            enter_worker(connection, name, "social-care", "Swale", (), on_file.now)
    fay, gus = named("Fay Lind"), named("Gus Orr")
    assert fay
    assert gus
    taken = enrolled(on_file, b"1" * 32, Former(gus, "Fay Lind", "social-care"))
    assert (taken.worker.id, named("Fay Lind"), named("Gus Orr")) == (fay, fay, gus)
    again = enrolled(on_file, b"2" * 32, Former(gus, "Gus Orr", "social-care"), "Gus Orr")
    assert (again.worker.id, named("Gus Orr")) == (gus, gus)


def test_an_older_copy_made_after_a_greeting_without_an_answer_is_noticed(on_file: World) -> None:
    """Its word stood in the copy, too: what was read since then was taken to be there."""
    ana = on_file.laptop("Ana")
    ana.make(on_file.child("Tilly"))
    assert ana.sync().agreed

    def lose(verb: str, said: Any, answer: Any) -> None:
        if isinstance(said, Hello):
            raise ConnectionError

    ana.way.spy = lose
    for _ in range(2):
        with pytest.raises(ConnectionError):
            ana.sync()
    ana.way.spy = lambda *_: None
    path = ana.store.path
    ana.store.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    shutil.copy(path, path.with_suffix(".kept"))
    ana.make(on_file.child("Max"))
    told = ana.sync()
    assert (told.agreed, told.problems) == (True, []), "a lost answer alone is no copy"
    ana.store.close()
    shutil.copy(path.with_suffix(".kept"), path)
    ana.store = Store.open(path, bytearray(KEY), now=lambda: on_file.now, today=on_file.today())
    told = ana.sync()
    assert told.agreed
    assert [said for said in told.problems if "older copy of the one" in said]
    again = ana.sync()
    assert (again.agreed, again.problems) == (True, [])


@pytest.mark.parametrize("in_part", [False, True])
def test_what_the_central_record_lost_is_brought_back_before_it_is_given_up(
    world: World, *, in_part: bool
) -> None:
    """Its author had to give up a part of it, so whoever is about to lose it may be the last who has that,
    also where the author was first to bring back the rest (seed 8003788).
    """
    nia = world.laptop("Nia", "school-nursing")
    sam = world.laptop("Sam", "school", schools=(world.school.id,))
    tilly = world.child("Tilly", lead_worker=nia.worker.id)
    nia.make(tilly)
    world.settle()
    world.database.back_up()
    agreement = world.agreement(tilly.id, nia.worker.id)
    nia.make(agreement)
    nia.change(agreement, status="withdrawn", withdrawn_on=world.today())
    world.settle()
    assert (nia.get(agreement).given_by, sam.get(agreement).given_by) == ("", "Jo Marsh")
    world.put_back()
    if in_part:
        nia.sync()
    moved = tilly.model_copy(update={"school": "school-elsewhere", "team": None})
    with world.hub.engine.begin() as connection:
        devices.put(connection, world.new_id("edit"), "Moved", moved, world.now)
    told: list[Any] = []
    sam.way.spy = lambda verb, said, _: told.extend(said.edits if verb == "push" else ())
    assert sam.sync().agreed
    every = [change for edit in told for change in edit.changes if change.field]
    said_of = [(one.field, one.new) for one in every if one.record == agreement.id]
    assert all(value for _, value in said_of), "what is empty is nothing that anybody said"
    assert bool(said_of) == in_part
    assert not sam.has(tilly)
    world.settle()
    with world.hub.engine.begin() as connection:
        said = Central(connection).get(agreement.id).fields
    assert (said["given_by"], said["status"]) == ("Jo Marsh", "withdrawn")
    assert (nia.get(agreement).given_by, nia.get(agreement).status) == ("", "withdrawn")
    assert [laptop.sync().agreed for laptop in (nia, sam)] == [True, True]


def test_what_was_not_counted_and_cannot_be_offered_again_is_brought_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = world.laptop("Ana")
    tilly, home = world.child("Tilly"), Household(id=world.new_id("home"), address="1 Quay Lane")
    flag = Flag(id=world.new_id("flag"), child=tilly.id, kind="young-carer")
    ana.make(tilly)
    assert ana.sync().agreed
    world.database.back_up()
    made = (create(flag), create(home), *update(tilly, household=home.id))
    ana.store.journal.commit(Edit("Family", made))

    def lose(verb: str, said: Any, answer: Any) -> None:
        raise ConnectionError

    ana.way.spy = lose
    with pytest.raises(ConnectionError):
        ana.sync()
    ana.way.spy = lambda *_: None
    ana.change(tilly, household=None)
    with monkeypatch.context() as dying:
        dying.setattr(Receiver, "settle_own", _killed)
        with pytest.raises(KeyboardInterrupt):
            ana.sync()
    assert not ana.has(home), "so the step that made both cannot be offered again"
    world.put_back()
    assert ana.sync().agreed
    with world.hub.engine.begin() as connection:
        assert Central(connection).get(flag.id).fields["kind"] == "young-carer"
    assert ana.has(flag)


def _killed(_: Receiver) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("is_lost", [False, True], ids=["who-made-it-is-here", "who-made-it-is-lost"])
def test_a_child_who_was_made_anew_takes_nothing_away_from_what_is_brought_back(
    on_file: World, *, is_lost: bool
) -> None:
    """Nor from the sums: what counted under the old id counts under the one that the child has now."""
    school = (on_file.school.id,)
    ana, ben, cai = (
        on_file.laptop(name, "inclusion-attendance", schools=school) for name in ("Ana", "Ben", "Cai")
    )
    on_file.settle()
    on_file.database.back_up()
    tilly, anew = (on_file.child("Tilly", upn="U886009924001") for _ in range(2))
    sam = on_file.child("Sam", upn="H886009924002")
    note = Flag(id=on_file.new_id("flag"), child=tilly.id, kind="young-carer")
    ana.make(tilly, sam, note)
    ana.sync()
    ben.sync()
    on_file.put_back()
    cai.make(anew)
    if is_lost:
        del on_file.laptops["Ana"]
    for name in ("Cai", *on_file.laptops):
        assert on_file.laptops[name].sync().agreed
    on_file.settle()
    for laptop in on_file.laptops.values():
        assert {one.id for one in laptop.store.find(Child)} == {anew.id, sam.id}
        assert [one.child for one in laptop.store.find(Flag)] == [anew.id]
        sums = Holdings(laptop.store.conn).by_scope()
        assert sums.get(tilly.id, Digest()) == Digest()
        assert all(sum_.count for scope, sum_ in sums.items() if scope in (anew.id, sam.id))


def withdrawn(world: World, **more: Any) -> tuple[Laptop, Laptop, Agreement]:
    """Ana withdraws what opened more to her than she may know without it; a backup has it given."""
    ana, nia = world.laptop("Ana"), world.laptop("Nia", "school-nursing")
    tilly = world.child("Tilly")
    said = {"categories": tuple(Category), "agencies": ("early-help", "school-nursing")}
    agreement = world.agreement(tilly.id, ana.worker.id).model_copy(update=said)
    ana.make(tilly, agreement)
    world.settle()
    world.database.back_up()
    ana.change(agreement, status="withdrawn", withdrawn_on=world.today(), **more)
    assert ana.sync().agreed
    assert Category.YOUTH_JUSTICE not in ana.get(agreement).categories
    return ana, nia, agreement


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("knows", [True, False])
def test_what_was_withdrawn_stays_so_though_words_of_it_were_given_up(
    world: World, *, told: bool, knows: bool
) -> None:
    ana, nia, agreement = withdrawn(world)
    if knows:
        assert nia.sync().agreed
    world.put_back() if told else world.database.restore()
    world.settle()
    assert [laptop.sync().agreed for laptop in (ana, nia)] == [True, True]
    assert [laptop.get(agreement).status for laptop in (ana, nia)] == ["withdrawn", "withdrawn"]


def test_it_stays_so_by_bundles(world: World, tmp_path: Path) -> None:
    ana, nia, agreement = withdrawn(world)
    post = Post(world, tmp_path / "post")
    post.enrol(ana)
    world.database.restore()
    post.enrol(ana)
    trips = [post.trip(ana) for _ in range(3)]
    assert trips[-1].session.agreed
    assert nia.sync().agreed
    assert [laptop.get(agreement).status for laptop in (ana, nia)] == ["withdrawn", "withdrawn"]


def test_what_is_left_of_a_step_is_offered_again_and_again(world: World) -> None:
    """Of this step some was given up: what it took out of the categories."""
    fewer = tuple(one for one in Category if one is not Category.HEALTH)
    ana, nia, agreement = withdrawn(world, categories=fewer, withdrawn_why="Changed her mind")
    for _ in range(2):
        world.put_back()
        world.settle()
        assert [laptop.sync().agreed for laptop in (ana, nia)] == [True, True]
        assert [laptop.get(agreement).status for laptop in (ana, nia)] == ["withdrawn", "withdrawn"]
        assert ana.get(agreement).withdrawn_why == "Changed her mind"
    assert ana.store.find(Conflict) == []


def test_of_a_step_that_is_not_lost_nothing_is_offered_again(world: World) -> None:
    fewer = tuple(one for one in Category if one is not Category.HEALTH)
    ana, nia, agreement = withdrawn(world, categories=fewer)
    assert nia.sync().agreed
    world.database.back_up()
    ana.make(world.contact(agreement.child))
    assert ana.sync().agreed
    world.put_back()
    world.settle()
    assert [laptop.sync().agreed for laptop in (ana, nia)] == [True, True]
    with world.hub.engine.begin() as connection:
        steps = connection.execute(select(tables.log.c.edit)).scalars().all()
    assert not [step for step in steps if "/r" in step]
