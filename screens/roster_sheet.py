"""What a list of children holds: its entries, what a filter leaves of them, and views with their counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from casework.wording import count_of
from screens.widgets.fitting import short
from screens.widgets.text import Cell, Piece

if TYPE_CHECKING:
    from casework.records import Child
    from casework.triage import Why
    from screens.views import Counted, View
    from screens.widgets.rows import Row
    from storage.queries.registers import Awaited


@dataclass(frozen=True, slots=True)
class Entry:
    """One child of the list. `tried` counts the day's follow-ups, `done` is one that was acted on."""

    child: Child
    name: str
    school: str
    why: Sequence[Why]
    facts: Mapping[str, object]
    tried: int
    done: bool
    session_date: date
    source: Any


@dataclass(frozen=True)
class Whole:
    """Everything read for the list before the filter. `full`: the facts of every filter are there."""

    day: date
    entries: Sequence[Entry]
    done: Sequence[Entry]
    counts: Mapping[str, int]
    views: Sequence[View]
    full: bool
    schools: Mapping[str, str]
    families: frozenset[str] = frozenset()
    empty: str = ""
    awaiting: Sequence[Awaited] = ()
    silence: str = ""


@dataclass(frozen=True)
class Sheet:
    """What is shown: the entries that the filter leaves, and every view with its count."""

    whole: Whole
    entries: Sequence[Entry] = ()
    of: int = 0
    views: Sequence[Counted] = ()
    places: Mapping[str, int] = field(default_factory=dict)


class EntryRows:
    """A `RowSource` that makes rows only when they come into sight."""

    def __init__(
        self, entries: Sequence[Entry], places: Mapping[str, int], make: Callable[[int], Row]
    ) -> None:
        self._entries, self._places, self._make = entries, places, make

    def count(self) -> int:
        """How many rows there are."""
        return len(self._entries)

    def page(self, start: int, size: int) -> Sequence[Row]:
        """Rows from `start`."""
        return [self._make(at) for at in range(start, min(start + size, len(self._entries)))]

    def index_of(self, row_id: str) -> int | None:
        """Where a child stands."""
        return self._places.get(row_id)

    def ids(self) -> Sequence[str]:
        """All children in order."""
        return [entry.child.id for entry in self._entries]


def flags_of(entry: Entry) -> frozenset[str]:
    """The flags of a child that this worker may see."""
    flags = entry.facts["flag"]
    return flags if isinstance(flags, frozenset) else frozenset()


def place_words(entry: Entry) -> str:
    """School, year and registration group in a few words."""
    year = entry.child.year_group
    parts = (short(entry.school, 30), f"Year {short(year, 6)}" if year else "", short(entry.child.reg, 10))
    return ", ".join(part for part in parts if part)


def help_words(words: str) -> list[Cell]:
    """Friendly lines below an empty list."""
    return [Piece(line) for line in words.split("\n")]


ALL_SCHOOLS = "all schools"
"""Where a list has the children of each school."""


def with_conflicts(whole: Whole, where: str) -> str:
    """The right end of the title: how many conflicts wait and the keys to them, then `where`.

    All schools are not named beside them: the day at the left end needs the room.
    """
    waiting = whole.counts.get("conflicts", 0)
    words = f"{count_of(waiting, 'conflict')}: g x"
    if not waiting:
        return where
    return words if where == ALL_SCHOOLS else f"{words} · {where}"
