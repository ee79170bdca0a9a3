"""Which files of a folder may be registers, and completing a path that is being typed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from casework.text import clean

ENDINGS = frozenset({".csv", ".xlsx", ".xml", ".txt"})
MOST_SHOWN = 2_000
_KILO = 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a folder: a file that may be a register, a folder to go into, or the folder above."""

    path: Path
    name: str
    kind: str
    size: str = ""
    changed: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether enter goes into it."""
        return self.kind in ("folder", "above")


def list_folder(folder: Path) -> list[Entry]:
    """The folder above, then folders, then files that may be registers, newest first.

    Raises OSError when the folder cannot be read.
    """
    folders: list[Entry] = []
    files: list[tuple[float, Entry]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            try:
                facts = entry.stat()
                is_folder = entry.is_dir()
            except OSError:
                continue
            path = folder / entry.name
            if is_folder:
                folders.append(Entry(path, f"{_shown(entry.name)}/", "folder"))
            elif path.suffix.lower() in ENDINGS:
                changed = datetime.fromtimestamp(facts.st_mtime).astimezone()
                kind = path.suffix[1:].upper()
                files.append(
                    (
                        -facts.st_mtime,
                        Entry(path, _shown(entry.name), kind, _size(facts.st_size), f"{changed:%d %b %H:%M}"),
                    )
                )
    folders.sort(key=lambda entry: entry.name.casefold())
    files.sort(key=lambda pair: (pair[0], pair[1].name.casefold()))
    above = [Entry(folder.parent, "../", "above")] if folder.parent != folder else []
    return [*above, *folders, *(entry for _, entry in files)][:MOST_SHOWN]


def _shown(name: str) -> str:
    return clean(name, limit=200) or "(a name without letters)"


def _size(size: int) -> str:
    if size < _KILO:
        return f"{size} B"
    if size < _KILO * _KILO:
        return f"{size // _KILO} KB"
    return f"{size / _KILO / _KILO:.1f} MB"


def complete(typed: str, base: Path) -> str:
    """What was typed, lengthened as far as the names in its folder agree; unchanged when none begins so.

    A relative path starts at `base`, `~` is the home folder. A folder that fits alone gets its slash.
    """
    head, slash, tail = typed.rpartition("/")
    folder = resolve(head + slash, base) if head or slash else base
    try:
        names = [
            entry.name + ("/" if entry.is_dir() else "")
            for entry in os.scandir(folder)
            if entry.name.startswith(tail) and (tail.startswith(".") or not entry.name.startswith("."))
            if entry.is_dir() or Path(entry.name).suffix.lower() in ENDINGS
        ]
    except (OSError, ValueError):
        return typed
    common = _shared_start(names) if names else tail
    return f"{head}{slash}{common}" if len(common) >= len(tail) else typed


def _shared_start(names: Sequence[str]) -> str:
    """The letters with which all names begin."""
    low, high = min(names), max(names)
    same = next((n for n, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))
    return low[:same]


def resolve(typed: str, base: Path) -> Path:
    """The path that was typed. A home folder that is not known stays as it was typed."""
    path = Path(typed.strip() or ".")
    try:
        path = path.expanduser()
    except RuntimeError:
        return base / path
    return path if path.is_absolute() else Path(os.path.normpath(base / path))


def first_folder(remembered: str) -> Path:
    """The folder used last, when it is still there, else where downloads go, else the home folder."""
    choices: Sequence[Path] = (
        *((Path(remembered),) if remembered else ()),
        Path.home() / "Downloads",
        Path.home(),
    )
    return next((path for path in choices if path.is_dir()), Path("/"))
