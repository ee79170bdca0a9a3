"""Put on a test process's PYTHONPATH: moves its clock, or makes one function fail or kill, by environment.

SAFETY_CLOCK is seconds added to the time that `Call.now` gives; with SAFETY_NOW that time stands still at the
instant named. SAFETY_AT names `module:Class.function`,
SAFETY_CALL the number of the call at which it happens, SAFETY_DO what: `raise`, `kill`, or `damaged`
(what the engine raises for a damaged page).
"""

from __future__ import annotations

import importlib.machinery
import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

CANARY = "Wyvernhilda Oblomovsky 07700 900977"


def _move_clock(module: ModuleType) -> None:
    real = module.Call.now
    moved = timedelta(seconds=float(os.environ.get("SAFETY_CLOCK", "0")))
    still = os.environ.get("SAFETY_NOW")
    module.Call.now = lambda call: (datetime.fromisoformat(still) if still else real(call)) + moved


def _break(module: ModuleType) -> None:
    *parents, name = os.environ["SAFETY_AT"].partition(":")[2].split(".")
    owner: Any = module
    for parent in parents:
        owner = getattr(owner, parent)
    real = getattr(owner, name)
    left = [int(os.environ.get("SAFETY_CALL", "1"))]

    def broken(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0]:
            return real(*arguments, **named)
        if os.environ["SAFETY_DO"] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if os.environ["SAFETY_DO"] == "damaged":
            from sqlcipher3 import dbapi2

            raise dbapi2.DatabaseError("database disk image is malformed")
        record = {"name": CANARY, "arguments": arguments}
        raise KeyError(CANARY, record)

    setattr(owner, name, broken)


def _run_after(loader: Any, change: Callable[[ModuleType], None]) -> None:
    load = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        load(module)
        change(module)

    loader.exec_module = exec_module


class _AfterImport:
    """Finds the watched modules as usual, and changes them once they are loaded."""

    def __init__(self, watched: dict[str, Callable[[ModuleType], None]]) -> None:
        self._watched = watched

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        change = self._watched.get(name)
        if change is None:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        found = (finder.find_spec(name, path, target) for finder in others)
        spec = next((spec for spec in found if spec is not None), None)
        if spec is not None and spec.loader is not None:
            _run_after(spec.loader, change)
        return spec


_watched: dict[str, Callable[[ModuleType], None]] = {}
if os.environ.get("SAFETY_CLOCK") or os.environ.get("SAFETY_NOW"):
    _watched["outreach_tui.commands.frame"] = _move_clock
if os.environ.get("SAFETY_AT"):
    _watched[os.environ["SAFETY_AT"].partition(":")[0]] = _break
if _watched:
    sys.meta_path.insert(0, _AfterImport(_watched))
