"""What was taken back stays with who may bring it back: a merge is split again, an import made again."""

from __future__ import annotations

from casework.records import AttendanceWeek, Child, Enrolment
from casework.records_links import Link
from storage.queries.same_child import parts_of, plan_merge, plan_split
from tests.sync.test_one_child import NUMBERED, day, register, two
from tests.sync.test_two_laptops import contact
from tests.sync.world import Laptop, World

ROLL = tuple(f"{child},{day(16, '/')}" for child in NUMBERED)


def stands(laptop: Laptop) -> tuple[int, ...]:
    return tuple(len(laptop.store.find(kind)) for kind in (Child, Enrolment, AttendanceWeek))


def test_a_merge_is_split_again_after_every_laptop_has_it(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    kept, other = world.child("Til"), world.child("Tilly")
    ana.make(kept, other, contact(world, other.id, ana.worker.id, "by phone"))
    world.settle()
    merge = plan_merge(ana.store, ana.get(kept), ana.get(other), reason="one child")
    ana.store.journal.commit(merge.edit)
    world.settle()
    for laptop in (ana, ben):
        assert laptop.get(other).void
        assert [part.link.other for part in parts_of(laptop.store, kept.id)] == [other.id]
    ben.store.journal.commit(plan_split(ben.store, ben.store.find(Link)[0]).edit)
    world.settle()
    for laptop in (ana, ben):
        assert {child.id for child in laptop.store.find(Child)} == {kept.id, other.id}
        assert not laptop.get(other).void
        assert laptop.sync().agreed


def test_the_undo_of_a_merge_brings_the_other_child_back_everywhere(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    kept, other = world.child("Til"), world.child("Tilly")
    ana.make(kept, other)
    world.settle()
    ana.store.journal.commit(plan_merge(ana.store, ana.get(kept), ana.get(other), reason="one child").edit)
    world.settle()
    ana.store.journal.undo()
    world.settle()
    for laptop in (ana, ben):
        assert {child.id for child in laptop.store.find(Child)} == {kept.id, other.id}


def test_an_import_that_was_undone_is_made_again_after_every_laptop_has_it(world: World) -> None:
    ana, ben = two(world)
    register(ana, *ROLL)
    world.settle()
    assert stands(ben) == (2, 2, 2)
    ana.store.journal.undo()
    world.settle()
    assert (stands(ana), stands(ben)) == ((0, 0, 0), (0, 0, 0))
    ana.store.journal.redo()
    world.settle()
    assert (stands(ana), stands(ben)) == ((2, 2, 2), (2, 2, 2))
    assert [laptop.sync().agreed for laptop in (ana, ben)] == [True, True]
