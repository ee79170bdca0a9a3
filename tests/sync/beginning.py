"""How every simulated run begins: the same world, made once, and ids that come from the seed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from copy import copy
from datetime import datetime
from pathlib import Path
from random import Random
from uuid import UUID

from casework.ids import drawn_from
from sync.hub.hub import Hub
from tests.sync.databases import Database, SqliteDatabase
from tests.sync.world import NOW, Laptop, Way, World


class Ids:
    """Ids like those of `casework.ids`, by a given chance and a given clock alone."""

    def __init__(self, random: Random, now: Callable[[], datetime]) -> None:
        self._random, self._now, self._drawn = random, now, 0

    def __call__(self) -> str:
        self._drawn += 1
        moment = int(self._now().timestamp() * 1_000)
        place = self._drawn & 0xFFF
        return str(UUID(int=moment << 80 | 7 << 76 | place << 64 | 2 << 62 | self._random.getrandbits(62)))


class Start:
    """The first state of every run, made once: its files are copied for each run, which is much faster.

    The runs use one folder after the other, and one engine, which remembers how its statements read.
    """

    def __init__(self, folder: Path, database: Database | None = None) -> None:
        """In an empty folder; a `database` that is given serves one run."""
        self._begun, self._run = folder / "begun", folder / "run"
        self._begun.mkdir()
        self._database = database
        with drawn_from(Ids(Random(0), lambda: NOW)):
            self._set_up(database)

    def _set_up(self, database: Database | None) -> None:
        self._world = World(self._begun, database or SqliteDatabase(self._begun, lasting=False))
        for name, agency, schools in (
            ("Ana", "early-help", ()),
            ("Ben", "early-help", ()),
            ("Nia", "school-nursing", ()),
            ("Sam", "school", (self._world.school.id,)),
        ):
            self._world.laptop(name, agency, schools=schools)
        for laptop in self._world.laptops.values():
            laptop.store.close()
        if database is None:
            self._world.database.close()

    def again(self) -> World:
        """A world in this state; the one before must be closed."""
        if self._run.exists():
            shutil.rmtree(self._run)
        shutil.copytree(self._begun, self._run)
        if self._database is None:
            self._database = SqliteDatabase(self._run, create=False, lasting=False)
        world = copy(self._world)
        world.folder, world.ids, world.database = self._run, copy(world.ids), self._database
        world.hub = Hub(world.database.engine, now=lambda: world.now)
        world.laptops = {
            name: Laptop(laptop.store, Way(world.hub, laptop.way.device))
            for name, laptop in self._world.laptops.items()
        }
        return world
