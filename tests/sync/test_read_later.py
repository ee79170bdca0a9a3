"""What was changed since a backup that was put back, by whoever gave the child up since: who had read it
brings it back, and nobody is asked about it.
"""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from casework.edits import Edit, update
from casework.records import Child
from casework.records_sync import Conflict
from storage.settling import commit_settlement
from sync.hub.releasing import release
from sync.hub.rights import NOT_ENTITLED
from sync.hub.waiting import kept_aside
from tests.sync.faults import POISON, conditions
from tests.sync.sticks import Post
from tests.sync.world import Laptop, World

ELSEWHERE = "school-elsewhere"


def three(world: World) -> tuple[Laptop, Laptop, Laptop]:
    """Sam of Tilly's school, Ben of social care, and Eve of the school to which she moves."""
    return (
        world.laptop("Sam", "school", schools=(world.school.id,)),
        world.laptop("Ben", "social-care"),
        world.laptop("Eve", "school", schools=(ELSEWHERE,)),
    )


def given_up(world: World, *, kept: bool = True) -> tuple[Laptop, Laptop, Laptop, Child]:
    """Sam is of Tilly's school and writes of her what the backup has not. Then Ben, who leads her case, moves
    her to Eve's school, so that Sam gives her up.
    """
    sam, ben, eve = three(world)
    tilly = world.child("Tilly", lead_worker=ben.worker.id, team=None, known_as="Til")
    ben.make(tilly)
    world.settle()
    world.database.back_up()
    sam.change(tilly, interpreter=True, known_as="Tils")
    world.settle()
    ben.change(tilly, school=ELSEWHERE)
    world.settle()
    assert [laptop.has(tilly) for laptop in (sam, ben, eve)] == [False, True, True]
    return sam, ben, eve, tilly


def no_question(world: World) -> None:
    for laptop in world.laptops.values():
        assert laptop.store.find(Conflict) == []
        assert laptop.sync().agreed


@pytest.mark.parametrize("order", [*permutations(("Sam", "Ben", "Eve"))])
def test_what_its_author_gave_up_is_brought_back(world: World, order: tuple[str, ...]) -> None:
    _, ben, eve, tilly = given_up(world)
    world.put_back()
    for name in order:
        world.laptops[name].sync()
    world.settle()
    for laptop in (ben, eve):
        held = laptop.get(tilly)
        assert (held.interpreter, held.known_as, held.school) == (True, "Tils", ELSEWHERE)
    no_question(world)


@pytest.mark.parametrize("times", [2, 3])
def test_it_is_brought_back_when_the_same_backup_is_put_back_once_more(world: World, times: int) -> None:
    """The backup knows nothing of the epochs that came of it."""
    _, ben, eve, tilly = given_up(world)
    for _ in range(times):
        world.put_back()
        world.settle()
    for laptop in (ben, eve):
        held = laptop.get(tilly)
        assert (held.interpreter, held.known_as, held.school) == (True, "Tils", ELSEWHERE)
    no_question(world)


@pytest.mark.parametrize("order", [*permutations(("Sam", "Ben", "Eve"))])
def test_it_is_brought_back_when_an_older_backup_is_put_back_after_a_newer_one(
    world: World, order: tuple[str, ...]
) -> None:
    """The older one knows nothing of the epoch that the newer one began."""
    sam, ben, eve = three(world)
    tilly = world.child("Tilly", lead_worker=ben.worker.id, team=None, known_as="Til")
    ben.make(tilly)
    world.settle()
    world.database.back_up("older")
    sam.change(tilly, interpreter=True)
    world.settle()
    world.database.back_up("newer")
    sam.change(tilly, known_as="Tils")
    world.settle()
    ben.change(tilly, school=ELSEWHERE)
    world.settle()
    for copy in ("newer", "older"):
        world.put_back(copy)
        for name in order:
            world.laptops[name].sync()
        world.settle()
        for laptop in (ben, eve):
            held = laptop.get(tilly)
            assert (held.interpreter, held.known_as, held.school) == (True, "Tils", ELSEWHERE)
        no_question(world)


@pytest.mark.parametrize("first", ["Ben", "Eve"])
def test_what_came_after_own_words_that_were_kept_aside_is_brought_back(world: World, first: str) -> None:
    """Ben's own words are kept aside for good, and say nothing of what Sam wrote after them."""
    sam, ben, eve = three(world)
    tilly = world.child("Tilly", lead_worker=ben.worker.id, team=None, known_as="Til")
    ben.make(tilly)
    world.settle()
    world.database.back_up()
    with conditions(2_000):
        ben.store.journal.commit(Edit(POISON, update(tilly, known_as="Lily")))
        assert ben.sync().quarantined == 1
        sam.change(tilly, known_as="Tils")
        world.settle()
        ben.change(tilly, school=ELSEWHERE)
        ben.sync()
        sam.sync()
        world.put_back()
        world.laptops[first].sync()
        world.settle()
    for laptop in (ben, eve):
        assert laptop.get(tilly).known_as == "Tils"
        assert laptop.sync().agreed
    no_question(world)


@pytest.mark.parametrize("order", [*permutations(("Sam", "Ben", "Eve"))])
def test_what_others_put_on_a_list_is_brought_back_by_who_put_something_on_it_too(
    world: World, order: tuple[str, ...]
) -> None:
    """Nobody is ever asked about a list, so Ben's own step does not stand for what Sam had said."""
    sam, ben, eve = three(world)
    tilly = world.child("Tilly", lead_worker=ben.worker.id, team=None)
    ben.make(tilly)
    world.settle()
    world.database.back_up()
    sam.change(tilly, tags=("music",))
    ben.change(tilly, tags=("chess",))
    world.settle()
    ben.change(tilly, school=ELSEWHERE)
    world.settle()
    world.put_back()
    for name in order:
        world.laptops[name].sync()
    world.settle()
    for laptop in (ben, eve):
        assert sorted(laptop.get(tilly).tags) == ["chess", "music"]
    no_question(world)


@pytest.mark.parametrize("first", ["Ben", "Eve"])
def test_what_was_taken_off_a_list_knowingly_stays_off(world: World, first: str) -> None:
    """Ben says again what he had put on it, and Sam, who took it off, cannot."""
    sam, ben, eve = three(world)
    tilly = world.child("Tilly", lead_worker=ben.worker.id, team=None)
    ben.make(tilly)
    world.settle()
    world.database.back_up()
    ben.change(tilly, tags=("music",))
    world.settle()
    sam.change(tilly, tags=())
    world.settle()
    ben.change(tilly, school=ELSEWHERE)
    world.settle()
    world.put_back()
    world.laptops[first].sync()
    world.settle()
    assert [laptop.get(tilly).tags for laptop in (ben, eve)] == [(), ()]
    no_question(world)


@pytest.mark.parametrize("is_taken_away", [True, False])
def test_a_list_is_brought_back_beside_what_was_put_on_it_since(world: World, *, is_taken_away: bool) -> None:
    """Zoe, who knows of none of it, writes on the backup before anybody else comes; what Ben then takes off
    the list knowingly stays away when Eve comes with it.
    """
    sam, ben, eve = three(world)
    tilly = world.child("Tilly", lead_worker=ben.worker.id, team=None)
    ben.make(tilly)
    world.settle()
    world.database.back_up()
    sam.change(tilly, tags=("music",))
    world.settle()
    ben.change(tilly, school=ELSEWHERE)
    world.settle()
    world.put_back()
    zoe = world.laptop("Zoe", "school", schools=(world.school.id,))
    zoe.sync()
    zoe.change(tilly, tags=("chess",))
    zoe.sync()
    ben.sync()
    if is_taken_away:
        ben.change(tilly, tags=("chess",))
        ben.sync()
    world.settle()
    for laptop in (ben, eve):
        assert sorted(laptop.get(tilly).tags) == (["chess"] if is_taken_away else ["chess", "music"])
    no_question(world)


@pytest.mark.parametrize("first", ["Ben", "Eve"])
def test_it_is_brought_back_over_what_was_there_before_it(world: World, first: str) -> None:
    """Ben had written before Sam did, and is there first: what he says again Eve knew when she read."""
    sam, ben, eve = three(world)
    tilly = world.child("Tilly", lead_worker=ben.worker.id, team=None, known_as="Til", interpreter=True)
    ben.make(tilly)
    world.settle()
    world.database.back_up()
    ben.change(tilly, known_as="Tilda")
    world.settle()
    sam.change(tilly, known_as="Tils", interpreter=False)
    world.settle()
    ben.change(tilly, school=ELSEWHERE)
    world.settle()
    world.put_back()
    world.laptops[first].sync()
    world.settle()
    for laptop in (ben, eve):
        assert (laptop.get(tilly).known_as, laptop.get(tilly).interpreter) == ("Tils", False)
    no_question(world)


@pytest.mark.parametrize("order", [*permutations(("Sam", "Ben", "Eve"))])
def test_how_a_question_was_settled_is_brought_back(world: World, order: tuple[str, ...]) -> None:
    """The backup has the question; who settled it gave the child up."""
    sam, ben, eve = three(world)
    tilly = world.child("Tilly", lead_worker=ben.worker.id, team=None, known_as="Til")
    ben.make(tilly)
    world.settle()
    ben.change(tilly, known_as="Tilda")
    sam.change(tilly, known_as="Tils")
    world.settle()
    world.database.back_up()
    [asked] = sam.store.find(Conflict, "settled = 0")
    commit_settlement(sam.store, asked.id, "text", text="Lil")
    world.settle()
    ben.change(tilly, school=ELSEWHERE)
    world.settle()
    world.put_back()
    for name in order:
        world.laptops[name].sync()
    world.settle()
    for laptop in (ben, eve):
        assert (laptop.get(tilly).known_as, laptop.store.find(Conflict, "settled = 0")) == ("Lil", [])
        assert laptop.sync().agreed


@pytest.mark.parametrize("order", [*permutations(("Sam", "Eve"))])
def test_it_is_brought_back_by_who_alone_holds_it(world: World, order: tuple[str, ...]) -> None:
    """Sam moved the child, too, and nobody else can say so: a person lets it in."""
    sam = world.laptop("Sam", "school", schools=(world.school.id,))
    eve = world.laptop("Eve", "school", schools=(ELSEWHERE,))
    tilly = world.child("Tilly", team=None, known_as="Til")
    sam.make(tilly)
    world.settle()
    world.database.back_up()
    sam.change(tilly, known_as="Tils")
    sam.sync()
    sam.change(tilly, school=ELSEWHERE)
    world.settle()
    assert (sam.has(tilly), eve.get(tilly).known_as) == (False, "Tils")
    world.put_back()
    for name in order:
        world.laptops[name].sync()
    world.settle()
    assert not eve.has(tilly)
    with world.hub.engine.begin() as connection:
        [kept] = kept_aside(connection)
        assert kept.code == NOT_ENTITLED
        release(connection, kept.edit, "Dana Cedar", "Tilly moved on Monday", world.now)
    world.settle()
    assert (sam.has(tilly), eve.get(tilly).known_as) == (False, "Tils")
    no_question(world)


def test_it_is_brought_back_by_bundles(world: World, tmp_path: Path) -> None:
    _, ben, eve, tilly = given_up(world)
    world.put_back()
    post = Post(world, tmp_path / "post")
    post.enrol(eve)
    trips = [post.trip(eve).session.agreed for _ in range(5)]
    assert trips[-1]
    world.settle()
    for laptop in (ben, eve):
        assert (laptop.get(tilly).interpreter, laptop.get(tilly).known_as) == (True, "Tils")
    no_question(world)


@pytest.mark.parametrize("by_bundles", [False, True])
def test_what_the_backup_has_says_nothing_against_what_was_written_since(
    world: World, tmp_path: Path, *, by_bundles: bool
) -> None:
    """Eve had read something later than the backup, though not of the field that Zoe writes."""
    _, ben, eve, tilly = given_up(world)
    other = world.child("Max", lead_worker=ben.worker.id, team=None, school=ELSEWHERE, known_as="Mac")
    ben.make(other)
    world.settle()
    world.database.back_up()
    eve.change(tilly, interpreter=False)
    world.settle()
    world.put_back()
    zoe = world.laptop("Zoe", "school", schools=(ELSEWHERE,))
    zoe.sync()
    zoe.change(other, known_as="Maxim")
    zoe.change(tilly, known_as="Tee")
    zoe.sync()
    if by_bundles:
        post = Post(world, tmp_path / "post")
        post.enrol(eve)
        assert [post.trip(eve).session.agreed for _ in range(6)][-1]
    world.settle()
    for laptop in (ben, eve, zoe):
        assert (laptop.get(other).known_as, laptop.get(tilly).known_as) == ("Maxim", "Tee")
        assert not laptop.get(tilly).interpreter
    no_question(world)


def test_who_knew_what_was_read_is_not_asked(world: World) -> None:
    """Ben wrote over Sam's words, and did not send that before the backup came back."""
    _, ben, eve, tilly = given_up(world)
    ben.change(tilly, known_as="Tilly")
    world.put_back()
    ben.sync()
    world.settle()
    for laptop in (ben, eve):
        assert laptop.get(tilly).known_as == "Tilly"
    no_question(world)


@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize("order", [*permutations(("Sam", "Ben", "Eve"))])
def test_who_wrote_over_it_knowing_it_is_asked_nothing(
    world: World, order: tuple[str, ...], *, sent: bool
) -> None:
    """Nobody gave the child up: each says again what they said, in any order."""
    sam, ben, eve = (world.laptop(name, "school", schools=(ELSEWHERE,)) for name in ("Sam", "Ben", "Eve"))
    tilly = world.child("Tilly", team=None, known_as="Til", school=ELSEWHERE)
    sam.make(tilly)
    world.settle()
    world.database.back_up()
    sam.change(tilly, known_as="Tils")
    world.settle()
    ben.change(tilly, known_as="Tilly")
    if sent:
        world.settle()
    world.put_back()
    for name in order:
        world.laptops[name].sync()
    world.settle()
    assert [laptop.get(tilly).known_as for laptop in (sam, ben, eve)] == ["Tilly"] * 3
    no_question(world)


@pytest.mark.parametrize("order", [("Ana", "Ben"), ("Ben", "Ana")])
def test_a_question_that_was_settled_after_it_was_written_over_is_asked_no_more(
    world: World, order: tuple[str, str]
) -> None:
    """Both had settled it, each otherwise; Ana wrote over what came of that, and Ben chose, knowing it."""
    ana, ben, tilly = world.laptop("Ana"), world.laptop("Ben"), world.child("Tilly")
    ana.make(tilly)
    world.settle()
    world.database.back_up()
    ana.change(tilly, known_as="Til")
    ben.change(tilly, known_as="Lily")
    world.settle()
    [asked] = ana.store.find(Conflict)
    commit_settlement(ana.store, asked.id, "central")
    commit_settlement(ben.store, asked.id, "text", text="Lil")
    ben.sync()
    world.settle()
    ana.change(tilly, known_as="Tils")
    world.settle()
    [asked] = ben.store.find(Conflict, "settled = 0")
    assert asked.other == '"Til"'
    commit_settlement(ben.store, asked.id, "yours")
    world.settle()
    world.put_back()
    for name in order:
        world.laptops[name].sync()
    world.settle()
    for laptop in (ana, ben):
        assert (laptop.get(tilly).known_as, laptop.store.find(Conflict, "settled = 0")) == ("Til", [])
        assert laptop.sync().agreed
