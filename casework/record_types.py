"""The record types by their names, of which some load only when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from casework.records import Record


class RecordTypes(Mapping[str, "type[Record]"]):
    """Record types by name. Those of the rooms beside `casework.records` load when first asked for."""

    def __init__(self, here: tuple[type[Record], ...], beside: Mapping[str, tuple[str, str]]) -> None:
        self._held = {cls.type: cls for cls in here}
        self._beside = beside

    def __getitem__(self, name: str) -> type[Record]:
        if name not in self._held:
            module, cls = self._beside[name]
            self._held[name] = getattr(import_module(module), cls)
        return self._held[name]

    def __contains__(self, name: object) -> bool:
        return name in self._held or name in self._beside

    def __iter__(self) -> Iterator[str]:
        return chain((name for name in tuple(self._held) if name not in self._beside), self._beside)

    def __len__(self) -> int:
        return len(self._held.keys() | self._beside.keys())
