"""Settings of this computer, from `settings.toml` in the data folder. They hold nothing about any child.

A setting that does not fit is named in one sentence and its default is used: a slip never stops the work.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from casework.levels import KENT
from casework.text import clean, safe

THEME_WORDS = ("dark", "light", "contrast", "terminal")
THEME_DEFAULT = "dark"
IDLE_DEFAULT, IDLE_LEAST, IDLE_MOST = 5, 1, 15
SYNC_DEFAULT, SYNC_MOST = 15, 1_440
_MOST_BYTES = 100_000
_LABEL_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Settings:
    """What a worker may set."""

    theme: str = THEME_DEFAULT
    """`dark`, `light`, `contrast` (high contrast) or `terminal` (the terminal's own colours)."""

    idle_minutes: int = IDLE_DEFAULT
    """Minutes without a key until the caseload locks; 1 to 15 (ASVS 5.0, 7.3.1; Cyber Essentials)."""

    sync_minutes: int = SYNC_DEFAULT
    """Minutes between two sessions with the central record while unlocked; 0 for none."""

    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Local names, by agency word: `early-help = "Family Help"`."""

    levels: Mapping[str, str] = field(default_factory=lambda: KENT)
    """The local levels of need, by their sign, the least first: `3 = "Intensive"`."""

    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Other keys, by verb id: `no-answer = "n,f2"`."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings in force, and one sentence for each that could not be used."""

    settings: Settings = Settings()
    problems: tuple[str, ...] = ()


def load(path: Path) -> Loaded:
    """Read the file; a missing one means the defaults."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return Loaded()
    except OSError as error:
        return Loaded(problems=(f"{path.name} cannot be read ({error.strerror}), so the defaults hold.",))
    if len(raw) > _MOST_BYTES:
        return Loaded(problems=(f"{path.name} is larger than {_MOST_BYTES:,} bytes, so the defaults hold.",))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Loaded(problems=(f"{path.name} is not UTF-8 text, so the defaults hold.",))
    return parse(text, path.name)


def parse(text: str, name: str = "settings.toml") -> Loaded:
    """Read settings from TOML text; `name` is the file's name in the sentences."""
    try:
        data = tomllib.loads(text)
    except ValueError as error:
        found = re.search(r"at line (\d+)", str(error))
        place = f"{name} line {found.group(1)}" if found else f"{name} near its end"
        return Loaded(problems=(f"{place}: this is not TOML, so the defaults hold.",))
    except RecursionError:
        return Loaded(problems=(f"{name}: this is nested too deeply, so the defaults hold.",))

    def where(section: str, key: str) -> str:
        line = _line_of(text, section, key)
        return f"{name} line {line}" if line else f"{name}, {safe(key)}"

    return _settle(data, where)


def _settle(data: dict[str, Any], where: Callable[[str, str], str]) -> Loaded:
    problems: list[str] = []
    theme, idle, sync = THEME_DEFAULT, IDLE_DEFAULT, SYNC_DEFAULT
    labels: dict[str, str] = {}
    levels: Mapping[str, str] = KENT
    keys: Mapping[str, str] = {}
    for key, value in data.items():
        if key == "theme":
            if value in THEME_WORDS:
                theme = str(value)
            else:
                problems.append(f"{where('', key)}: theme must be one of {', '.join(THEME_WORDS)}.")
        elif key == "idle_minutes":
            idle = _minutes(value, (IDLE_LEAST, IDLE_MOST, IDLE_DEFAULT), key, where("", key), problems)
        elif key == "sync_minutes":
            sync = _minutes(value, (0, SYNC_MOST, SYNC_DEFAULT), key, where("", key), problems)
        elif key == "labels" and isinstance(value, dict):
            labels = _labels(value, lambda word: where("labels", word), problems)
        elif key == "levels" and isinstance(value, dict):
            levels = _levels(value, lambda word: where("levels", word), problems) or KENT
        elif key == "keys" and isinstance(value, dict):
            from outreach_tui.keymap import read_keymap

            keys, more = read_keymap(value, lambda verb: where("keys", verb))
            problems += more
        elif key in {"labels", "levels", "keys"}:
            problems.append(f"{where('', key)}: {key} must be a table, begun by a line [{key}].")
        else:
            known = "theme, idle_minutes, sync_minutes, [labels], [levels] and [keys]"
            problems.append(f"{where('', key)}: there is no setting {safe(key)!r}; there are {known}.")
    named, scheme, own = (MappingProxyType(dict(table)) for table in (labels, levels, keys))
    return Loaded(Settings(theme, idle, sync, named, scheme, own), tuple(problems))


def _minutes(value: object, bounds: tuple[int, int, int], key: str, place: str, problems: list[str]) -> int:
    """A whole number between the first two bounds, else the third, with a sentence."""
    least, most, usual = bounds
    if type(value) is int and least <= value <= most:
        return value
    problems.append(f"{place}: {key} must be a whole number from {least} to {most}, so it is {usual}.")
    return usual


def _labels(table: dict[str, object], where: Callable[[str], str], problems: list[str]) -> dict[str, str]:
    from screens.doorway import AGENCIES

    labels = {}
    for word, value in table.items():
        place = where(word)
        if word not in AGENCIES:
            problems.append(f"{place}: no agency is called {safe(word)!r}; there are {', '.join(AGENCIES)}.")
        elif not isinstance(value, str) or not clean(value).strip():
            problems.append(f"{place}: the label of {word} must be text.")
        else:
            labels[word] = clean(value, limit=_LABEL_LIMIT).strip()
    return labels


def _levels(table: dict[str, object], where: Callable[[str], str], problems: list[str]) -> dict[str, str]:
    """The scheme; none where any of it does not fit, for half a scheme would mislead."""
    levels, slips = {}, len(problems)
    for sign, value in table.items():
        if not isinstance(value, str) or not clean(value).strip() or not clean(sign).strip():
            problems.append(f"{where(sign)}: the name of level {safe(sign)} must be text.")
        else:
            levels[clean(sign, limit=_LABEL_LIMIT).strip()] = clean(value, limit=_LABEL_LIMIT).strip()
    return levels if len(problems) == slips else {}


def _line_of(text: str, section: str, key: str) -> int:
    """The line on which a key of a section is set, counted from 1; 0 when it cannot be told."""
    now = ""
    named = re.compile(rf"""^\s*(["']?){re.escape(key)}\1\s*[=.]""")
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"^\s*\[\s*([^\[\]]+?)\s*\]", line)
        if header:
            now = header.group(1).strip("\"'")
            if section == "" and now == key:
                return number
        elif now == section and named.match(line):
            return number
    return 0
