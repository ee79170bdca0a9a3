"""Bundles in a test: real files between the laptops and the central record of a world, and who loses them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

from sqlalchemy import update

from storage.central.identity import HUB_KEY, HUB_SEAL, PRIVATE_KEY
from storage.central.state import keep
from sync import signing
from sync.carrying import Arrived, read_answer, write_bundle
from sync.hub import tables
from sync.hub.bundles import Taken, read_bundle, write_answer
from sync.hub.home import OpenHub
from sync.sealing import sealing_text
from tests.sync.world import Laptop, World


@dataclass
class Post:
    """The way by files: every bundle that was ever written, in its order."""

    world: World
    folder: Path
    there: list[Path] = field(default_factory=list)
    back: dict[str, list[Path]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        key = signing.new_key()
        engine = self.world.hub.engine
        self.hub = OpenHub(self.world.hub, engine, key, approve=False, now=lambda: self.world.now)

    def enrol(self, laptop: Laptop) -> None:
        """Give a laptop a key, and each side the other's."""
        key = signing.new_key()
        conn = laptop.store.conn
        keep(conn, PRIVATE_KEY, signing.key_text(key))
        keep(conn, HUB_KEY, signing.public_text(self.hub.key))
        keep(conn, HUB_SEAL, sealing_text(self.hub.key))
        with self.hub.engine.begin() as connection:
            connection.execute(
                update(tables.device)
                .where(tables.device.c.id == laptop.way.device)
                .values(public_key=bytes.fromhex(signing.public_text(key)))
            )

    def _path(self) -> Path:
        self.world.now += timedelta(minutes=1)
        return self.folder / f"{len(list(self.folder.iterdir())):04d}"

    def write(self, laptop: Laptop, *, since_last: bool = False) -> Path:
        path = self._path()
        write_bundle(laptop.store, path, since_last=since_last)
        self.there.append(path)
        return path

    def take(self, path: Path) -> Taken:
        return read_bundle(self.hub, path)

    def answer(self, device: str) -> Path:
        path = self._path()
        write_answer(self.hub, path, device)
        self.back.setdefault(device, []).append(path)
        return path

    def read(self, laptop: Laptop, path: Path) -> Arrived:
        return read_answer(laptop.store, path)

    def trip(self, laptop: Laptop) -> Arrived:
        """There and back, and nothing in between."""
        self.take(self.write(laptop))
        return self.read(laptop, self.answer(laptop.way.device))


@contextmanager
def altered(path: Path, random: Random) -> Iterator[Path]:
    """A copy with one bit another, or cut off somewhere."""
    data = bytearray(path.read_bytes())
    at = random.randrange(len(data))
    if random.random() < 0.8:
        data[at] ^= 1 << random.randrange(8)
    else:
        del data[at:]
    copy = path.with_suffix(".altered")
    copy.write_bytes(data)
    try:
        yield copy
    finally:
        copy.unlink()
