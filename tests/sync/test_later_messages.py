"""Members that a later version adds to a message: dropped where they may stand, refused anywhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import pytest
from pydantic import BaseModel, RootModel, ValidationError

from sync import wire
from sync.letters import Letter, Reply
from sync.messages.said import Beside, Said
from sync.sealing import Head, Sealing
from tests.sync.databases import SqliteDatabase
from tests.sync.sticks import Post
from tests.sync.world import Way, World, opened_world

M = TypeVar("M", bound=BaseModel)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from opened_world(tmp_path, SqliteDatabase(tmp_path, lasting=False))


class LaterBeside(Beside):
    """What a version to come may say."""

    later: dict[str, list[int]] = {"a": [1]}


def said_later(said: M) -> M:
    """The message as a version to come sends it and this one reads it."""
    told = json.loads(said.model_dump_json()) | {"beside": json.loads(LaterBeside().model_dump_json())}
    return wire.read(type(said), wire.packed(RootModel(told)))


class LaterHead(Head):
    """What such a version writes on the outside of a bundle."""

    beside: LaterBeside = LaterBeside()


class LaterWay(Way):
    """Both sides are of a version to come, as the other one hears it."""

    def _said(self, verb: str, said: Any) -> Any:
        return said_later(super()._said(verb, said_later(said)))


def test_what_a_later_version_adds_to_a_message_is_dropped_on_either_side(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    for laptop in (ana, ben):
        laptop.way = LaterWay(laptop.way.hub, laptop.way.device)
    lily = world.child("Lily")
    ana.make(lily)
    world.settle()
    ana.change(lily, known_as="Lil")
    ben.change(lily, known_as="Lila")
    assert (ana.sync().agreed, ben.sync().agreed, ben.sync().requests) == (True, True, 1)
    assert ben.get(lily).known_as == "Lil"


def test_so_it_is_in_a_bundle(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    post, ana = Post(world, tmp_path / "sticks"), world.laptop("Ana")
    post.enrol(ana)
    ana.make(world.child("Lily"))
    packed = wire.packed

    def later(message: Any) -> bytes:
        return packed(RootModel(json.loads(message.model_dump_json()) | {"beside": {"later": 1}}))

    class LaterSealing(Sealing):
        def __init__(self, out: BinaryIO, head: Head, to: str) -> None:
            outside = {name: value for name, value in vars(head).items() if name != "beside"}
            super().__init__(out, LaterHead(**outside), to)

    monkeypatch.setattr(wire, "packed", later)
    monkeypatch.setattr("sync.sealing.Sealing", LaterSealing)
    path = post.write(ana)
    assert b'"beside":{"later":{"a":[1]}}' in path.read_bytes()
    assert post.take(path).count("applied") == 2
    assert post.read(ana, post.answer(ana.way.device)).session.agreed


@pytest.mark.parametrize("shape", [*Said.__subclasses__(), Letter, Reply], ids=lambda shape: shape.__name__)
def test_anywhere_else_a_member_that_is_not_known_is_refused(shape: type[BaseModel]) -> None:
    with pytest.raises(ValidationError) as fault:
        shape.model_validate({"beside": {"later": 1}, "later": 1})
    refused = {error["loc"][0]: error["type"] for error in fault.value.errors()}
    assert refused.pop("later") == "extra_forbidden"
    assert set(refused.values()) <= {"missing"}
