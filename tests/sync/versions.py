"""An older Outreach in the same process: one that lacks a field, and a kind of record."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import create_model

from casework.records import RECORD_TYPES, Child, Record
from storage.cipher import open_database
from storage.migrations import HEAD
from tests.sync.databases import KEY
from tests.sync.world import Laptop, Way, before_beside

_KEEPER = type(lru_cache(str))
FIELD = "language"
KIND = "link"
_PRESENT = dict(RECORD_TYPES.items())


def _older_child() -> type[Record]:
    fields: dict[str, Any] = {
        name: (info.annotation, info)
        for name, info in Child.model_fields.items()
        if name not in (FIELD, *Record.model_fields)
    }
    made = create_model("Child", __base__=Record, **fields)
    made.type = Child.type
    return made


_OLDER = {kind: cls for kind, cls in RECORD_TYPES.items() if kind != KIND} | {"child": _older_child()}


class _Remembered:
    """Every function of the house that remembers what it answered, and its twin for the older version.

    Both keep what they remember, so that going to and fro costs little.
    """

    def __init__(self) -> None:
        self._twins: dict[int, tuple[Any, Any]] = {}
        self._places: list[tuple[ModuleType, str, Any, Any]] = []
        self._modules = 0

    def be(self, *, older: bool) -> None:
        """From now on the functions of this version are those that are called."""
        if len(sys.modules) != self._modules:
            self._look()
        for module, name, present, twin in self._places:
            setattr(module, name, twin if older else present)

    def _look(self) -> None:
        self._places = []
        for name, module in list(sys.modules.items()):
            if name.split(".")[0] in ("casework", "storage", "sync"):
                for held, function in list(vars(module).items()):
                    if isinstance(function, _KEEPER):
                        self._places.append((module, held, *self._twins_of(function)))
        self._modules = len(sys.modules)

    def _twins_of(self, function: Any) -> tuple[Any, Any]:
        if id(function) not in self._twins:
            twin = lru_cache(**function.cache_parameters())(function.__wrapped__)
            self._twins[id(function)] = self._twins[id(twin)] = (function, twin)
        return self._twins[id(function)]


_remembered = _Remembered()
_older_now = False


def _be(*, older: bool) -> None:
    global _older_now  # noqa: PLW0603 - there is one process, and it is of one version at a time
    if older != _older_now:
        _older_now = older
        types: Any = RECORD_TYPES
        types._held, types._beside = dict(_OLDER if older else _PRESENT), {}
        _remembered.be(older=older)


@contextmanager
def version(*, older: bool) -> Iterator[None]:
    """What runs meanwhile is the older one, or the present one."""
    before = _older_now
    _be(older=older)
    try:
        yield
    finally:
        _be(older=before)


@dataclass
class MixedWay(Way):
    """A way to a central record of another version than the laptop's."""

    older: bool = False

    def _said(self, verb: str, said: Any) -> Any:
        with version(older=self.older):
            return super()._said(verb, before_beside(said) if self.older else said)


def mixed(laptop: Laptop, *, older: bool) -> Laptop:
    """The laptop, whose central record is the older one or the present one, whatever the laptop is."""
    laptop.way = MixedWay(laptop.way.hub, laptop.way.device, older=older)
    return laptop


def reshape(path: Path, *, older: bool) -> None:
    """A caseload as the older version made it; or one of its, for this version to bring up to date."""
    conn = open_database(path, bytearray(KEY))
    is_older = FIELD not in {row[1] for row in conn.execute("PRAGMA table_info(child)")}
    if older and not is_older:
        conn.execute(f"DROP TABLE {KIND}")
        conn.execute(f"ALTER TABLE child DROP COLUMN {FIELD}")
    if is_older and not older:
        conn.execute(f"PRAGMA user_version = {HEAD - 1}")
    conn.close()
