"""Tags and marks that a central record lost when it was set back, and those that somebody took away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from casework.records import Child
from casework.records_attendance import AttendanceWeek
from casework.records_sync import Conflict
from tests.sync.databases import SqliteDatabase
from tests.sync.world import Laptop, World, opened_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


def tagged(world: World, *tags: str) -> tuple[Laptop, Laptop, Child]:
    """Both know a child with these tags."""
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly", tags=tags)
    ana.make(tilly)
    world.settle()
    return ana, ben, tilly


@pytest.mark.parametrize(("taken_off_once", "silently"), [(True, False), (False, False), (False, True)])
def test_a_tag_whose_author_is_lost_stays_with_who_wrote_beside_it(
    world: World, *, taken_off_once: bool, silently: bool
) -> None:
    ana, ben, tilly = tagged(world, *(("c",) if taken_off_once else ()))
    if taken_off_once:
        ana.change(tilly, tags=())
        world.settle()
    world.database.back_up()
    ana.change(tilly, tags=("c",))
    world.settle()
    ben.change(tilly, tags=("b", "c"))
    ben.sync()
    if silently:
        world.database.restore()
    else:
        world.put_back()
    ben.sync()
    assert ben.sync().agreed
    assert ben.get(tilly).tags == ("b", "c")


@pytest.mark.parametrize("in_backup", [True, False])
def test_a_tag_that_was_taken_off_unknown_to_who_wrote_beside_it_stays_off(
    world: World, *, in_backup: bool
) -> None:
    ana, ben, tilly = tagged(world, "c")
    if not in_backup:
        world.database.back_up()
    ben.change(tilly, tags=("b", "c"))
    ana.change(tilly, tags=())
    ana.sync()
    if in_backup:
        world.database.back_up()
    world.put_back()
    ana.sync()
    world.settle()
    for laptop in (ana, ben):
        assert laptop.get(tilly).tags == ("b",)
        assert laptop.sync().agreed


@pytest.mark.parametrize("first", ["Ana", "Ben"])
@pytest.mark.parametrize("fields", [{"tags": ("c",)}, {"known_as": "Til"}, {"language": "Polish"}])
def test_what_was_said_again_after_somebody_took_it_away_stays(
    world: World, fields: dict[str, Any], first: str
) -> None:
    """Both steps come back, and whoever said it again knew of the other."""
    ana, ben, tilly = tagged(world)
    ana.change(tilly, **fields)
    world.settle()
    world.database.back_up()
    ana.change(tilly, **{name: () if name == "tags" else "" for name in fields})
    world.settle()
    ben.change(tilly, **fields)
    world.settle()
    world.put_back()
    world.laptops[first].sync()
    world.settle()
    for laptop in (ana, ben):
        held = laptop.get(tilly)
        assert {name: getattr(held, name) for name in fields} == fields
        assert laptop.store.find(Conflict) == []
        assert laptop.sync().agreed


def registered(world: World, marks: str, comment: str = "") -> tuple[Laptop, Laptop, AttendanceWeek]:
    """Both know a week with these marks, of which Ana imported the register."""
    ana, ben, tilly = tagged(world)
    week = AttendanceWeek(
        id=world.new_id("week"),
        child=tilly.id,
        school=world.school.id,
        week=date(2026, 11, 16),
        **of_marks(marks, comment),
    )
    ana.make(week)
    world.settle()
    return ana, ben, week


def of_marks(marks: str, comment: str = "") -> dict[str, object]:
    """The fields of a week with these marks, each with its line and a comment on the last of them."""
    slots = [*marks.split(), *"-" * 10][:10]
    return {
        "marks": " ".join(slots),
        "lines": " ".join("0" if mark == "-" else str(n) for n, mark in enumerate(slots, 2)),
        "comments": {str(len(marks.split()) - 1): comment} if comment else {},
    }


def marks_of(laptop: Laptop, week: AttendanceWeek) -> str:
    return laptop.get(week).marks.replace(" -", "")


@pytest.mark.parametrize("silently", [True, False])
@pytest.mark.parametrize("lost", ["/ \\ N", "/ N"])
def test_marks_whose_importer_is_lost_stay_with_who_imported_after_them(
    world: World, lost: str, *, silently: bool
) -> None:
    """Marks that came into an empty slot, and one that corrected another."""
    ana, ben, week = registered(world, "/ \\")
    world.database.back_up()
    ana.change(week, **of_marks(lost, "Ill"))
    world.settle()
    ben.change(week, **(of_marks(f"{lost} /") | {"comments": {**ben.get(week).comments, "9": "Late"}}))
    ben.sync()
    held = ben.get(week)
    if silently:
        world.database.restore()
    else:
        world.put_back()
    ben.sync()
    assert ben.sync().agreed
    assert ben.get(week) == held


@pytest.mark.parametrize(("in_backup", "sent"), [(True, False), (True, True), (False, False)])
def test_a_mark_that_was_corrected_unknown_to_who_imported_beside_it_stays_so(
    world: World, *, in_backup: bool, sent: bool
) -> None:
    ana, ben, week = registered(world, "/ N", "Ill")
    if not in_backup:
        world.database.back_up()
    ben.change(week, marks=of_marks("/ N /")["marks"])
    ana.change(week, marks=of_marks("/ \\")["marks"], comments={})
    ana.sync()
    if in_backup:
        world.database.back_up()
    if sent:
        ben.sync()
    world.put_back()
    if not sent:
        ana.sync()
    world.settle()
    for laptop in (ana, ben):
        assert (marks_of(laptop, week), laptop.get(week).comments) == ("/ \\ /", {})
        assert laptop.sync().agreed
