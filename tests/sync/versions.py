"""An older Outreach in the same process: one that lacks a field, and a kind of record."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import create_model

from casework.records import RECORD_TYPES, Child, Record
from tests.sync.world import Laptop, Way

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


def _be(kinds: Mapping[str, type[Record]]) -> None:
    types: Any = RECORD_TYPES
    types._held, types._beside = dict(kinds), {}
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in ("casework", "storage", "sync"):
            for held in list(vars(module).values()):
                if hasattr(held, "cache_clear"):
                    held.cache_clear()


@contextmanager
def version(*, older: bool) -> Iterator[None]:
    """What runs meanwhile is the older one, or the present one."""
    types: Any = RECORD_TYPES
    held, beside = types._held, types._beside
    _be(_OLDER if older else _PRESENT)
    try:
        yield
    finally:
        _be({})
        types._held, types._beside = held, beside


@dataclass
class MixedWay(Way):
    """A way to a central record of another version than the laptop's."""

    older: bool = False

    def _said(self, verb: str, said: Any) -> Any:
        with version(older=self.older):
            return super()._said(verb, said)


def mixed(laptop: Laptop, *, older: bool) -> Laptop:
    """The laptop, whose central record is the older one or the present one, whatever the laptop is."""
    laptop.way = MixedWay(laptop.way.hub, laptop.way.device, older=older)
    return laptop
