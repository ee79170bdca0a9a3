"""Saved views: a filter with a name on a digit, with how many rows it holds now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len, set_cell_size

from casework.edits import Edit, create, update
from casework.errors import Refused
from casework.filter_text import FilterError, parse
from casework.filters import Filter
from casework.ids import new_id
from casework.records import SavedView
from casework.text import clean
from screens.widgets.text import Cell, Piece, Tone

if TYPE_CHECKING:
    from storage.store import Store

Room = Literal["today", "caseload"]
DIGITS = range(1, 10)
_LONGEST_NAME = 24


@dataclass(frozen=True, slots=True)
class View:
    """A saved view and its filter; `chosen` is None for one that an older version could write."""

    record: SavedView
    chosen: Filter | None

    @property
    def digit(self) -> int:
        """The digit that opens it."""
        return self.record.digit


@dataclass(frozen=True, slots=True)
class Counted:
    """A view with how many rows it holds now."""

    view: View
    count: int


def read_views(store: Store, room: Room) -> list[View]:
    """This worker's views of a screen, by digit; of two on one digit the newer holds."""
    records = store.find(
        SavedView, "screen = ? AND (worker IS NULL OR worker = ?)", (room, store.actor.worker)
    )
    by_digit = {record.digit: record for record in sorted(records, key=lambda record: record.id)}
    return [View(by_digit[digit], _parsed(by_digit[digit].filter)) for digit in DIGITS if digit in by_digit]


def _parsed(text: str) -> Filter | None:
    try:
        return parse(text)
    except FilterError:
        return None


def count_views(views: Sequence[View], rows: Sequence[Mapping[str, object]]) -> list[Counted]:
    """How many rows (their facts) each view holds."""
    return [
        Counted(view, sum(map(view.chosen.matches, rows)) if view.chosen is not None else 0) for view in views
    ]


def save_view(store: Store, room: Room, name: str, text: str) -> Edit:
    """The edit that keeps a filter under a name: on its digit if the name is known, else on the lowest free.

    Raises Refused when all nine digits are taken, or the same view is already kept.
    """
    name = clean(name, limit=60).strip()
    views = read_views(store, room)
    known = next((view.record for view in views if view.record.name.casefold() == name.casefold()), None)
    if known is not None:
        changes = update(known, filter=text)
        if not changes:
            raise Refused("nothing-to-do", "That view is kept already, with the same filter.")
        return Edit(f"Saved view: {name}", changes)
    taken = {view.digit for view in views}
    digit = next((digit for digit in DIGITS if digit not in taken), None)
    if digit is None:
        raise Refused(
            "views-full", "All nine digits hold a view; open one you no longer need and press S to remove it."
        )
    record = SavedView(
        id=new_id(), name=name, screen=room, filter=text, digit=digit, worker=store.actor.worker
    )
    return Edit(f"Saved view: {name}", (create(record),))


def remove_view(view: View) -> Edit:
    """The edit that takes a view away; undo brings it back."""
    return Edit(f"Removed view: {view.record.name}", update(view.record, void=True))


def views_line(counted: Sequence[Counted], active: int, width: int) -> Cell:
    """The digits with names and counts in one line; brackets mark the one that is open.

    Every digit and its count is shown: names give way, the longest first, down to a few letters.
    """
    if not counted:
        return Piece("/ filters the list, S keeps the filter on a digit", Tone.QUIET)
    names = [entry.view.record.name for entry in counted]
    tails = [f"{entry.count:,}" if entry.view.chosen is not None else "?" for entry in counted]
    for gap, longest in _STEPS:
        labels = [
            f"{_short_name(name, longest)} {tail}".strip() for name, tail in zip(names, tails, strict=True)
        ]
        if sum(map(cell_len, labels)) + 2 * len(labels) + len(gap) * (len(labels) - 1) + 2 <= width:
            break
    pieces: list[Piece] = []
    for entry, words in zip(counted, labels, strict=True):
        chosen = entry.view.digit == active
        pieces += [
            Piece(gap if pieces else "", Tone.QUIET),
            Piece(f"{entry.view.digit} ", Tone.KEY),
            Piece(f"[{words}]" if chosen else words, Tone.STRONG if chosen else Tone.PLAIN),
        ]
    return tuple(pieces)


_STEPS = [(gap, longest) for gap in (" · ", "  ") for longest in range(_LONGEST_NAME, 1, -1)] + [("  ", 0)]
"""Gaps and lengths of names, from the roomiest to digits and counts alone."""


def _short_name(name: str, longest: int) -> str:
    if cell_len(name) <= longest:
        return name
    return set_cell_size(name, longest - 1).rstrip() + "…" if longest else ""
