"""The lines of the screens on which two records are compared, made one and parted: data for a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casework.records import Child
from casework.wording import say_born, say_day
from screens.widgets.fitting import plain, short
from screens.widgets.text import Cell, Piece, Tone
from storage.queries.duplicates import Duplicate
from storage.queries.lookup import display_name
from storage.queries.shown_merge import ShownMerge, ShownSplit, say_counts

if TYPE_CHECKING:
    from casework.duplicates import Likeness
    from storage.queries.child import MergedPart

_BANDS = {"match": Tone.ALERT, "possible": Tone.WARN}


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One line, and what it stands for: "other" (a child), "part" (a merge), "field", "newer" or ""."""

    cell: Cell
    does: str = ""
    what: str = ""


def who(child: Child) -> str:
    """A child in a few words, as far as the worker may see them."""
    born = f"born {say_born(child.dob)}" if child.dob else "date of birth not known"
    return ", ".join(filter(None, (display_name(child), born, f"UPN {child.upn}" if child.upn else "no UPN")))


def list_lines(
    found: Sequence[Duplicate], parts: Sequence[MergedPart], shown: dict[str, Child], width: int
) -> Iterator[SheetLine]:
    """The candidates with band and reasons, and the records that are part of this one already."""
    if not found:
        yield SheetLine(Piece("No other record looks like one of this child.", Tone.QUIET))
    for one in found:
        band = "looked at" if one.decided else one.likeness.band
        head = Piece(f"{band}: ", _BANDS.get(band, Tone.QUIET))
        label = Piece(short(who(shown[one.child.id]), width - len(band) - 3), Tone.STRONG)
        yield SheetLine((head, label), "other", one.child.id)
        why = one.decided.removeprefix("looked at: ") or ", ".join(one.likeness.reasons)
        for cell in plain(why, width - 2, tone=Tone.QUIET):
            yield SheetLine(cell, "other", one.child.id)
    for part in parts:
        number = f", UPN {part.upn}" if part.upn else ""
        words = f"part of this record: {short(part.name, 40)}{number}"
        cell = (Piece(words, Tone.STRONG), Piece("  - takes it apart", Tone.QUIET))
        yield SheetLine(cell, "part", part.merge)
        why = f"since {say_day(part.on)}, by {part.by}" + (f": {part.why}" if part.why else "")
        for cell in plain(why, width - 2, tone=Tone.QUIET):
            yield SheetLine(cell, "part", part.merge)


def pair_lines(
    kept: Child, other: Child, likeness: Likeness, shown: ShownMerge, width: int
) -> Iterator[SheetLine]:
    """What speaks against it first; then what differs, which value stands, and what moves."""
    for doubt in shown.doubts:
        for cell in plain(f"LOOK AGAIN: {doubt}", width - 2, tone=Tone.ALERT):
            yield SheetLine(cell)
    yield SheetLine((Piece(f"{likeness.band}: ", _BANDS.get(likeness.band, Tone.QUIET)),
                     Piece(short(", ".join(likeness.reasons), width - 12))))  # fmt: skip
    for label, child in (("keeps", kept), ("joins", other)):
        yield SheetLine((Piece(f"{label}  ", Tone.QUIET), Piece(short(who(child), width - 8), Tone.STRONG)))
    half = (width - 22) // 2
    if shown.picks:
        yield SheetLine(Piece("What differs: › stands, enter takes the other", Tone.QUIET))
    for pick in shown.picks:
        mine, theirs = pick.kept or "(empty)", pick.other or "(empty)"
        yield SheetLine(
            (
                Piece(f"{short(pick.label, 18):<18} ", Tone.QUIET),
                *_value(mine, half, stands=not pick.taken),
                *_value(theirs, half, stands=pick.taken),
            ),
            "field",
            pick.name,
        )
    for cell in plain(f"Moves to the kept record: {say_counts(shown.moved)}.", width - 2):
        yield SheetLine(cell)
    if shown.set_aside:
        yield SheetLine(Piece(f"  Said by both, kept aside: {say_counts(shown.set_aside)}."))
    for clash in shown.clashes:
        words = f"{say_day(clash.day)} {clash.session}, {short(clash.school, 24)}: {clash.kept} stands"
        yield SheetLine((Piece(f"  {words}, ", Tone.WARN), Piece(f"the other record has {clash.other}")))


def _value(text: str, width: int, *, stands: bool) -> tuple[Piece, ...]:
    head = Piece("› " if stands else "  ", Tone.KEY)
    return head, Piece(f"{short(text, width - 3):<{width - 2}}", Tone.STRONG if stands else Tone.QUIET)


def split_lines(kept: Child, other: Child, shown: ShownSplit, width: int) -> Iterator[SheetLine]:
    """What goes back to the other child, and each record made meanwhile with its side."""
    yield SheetLine((Piece("stays    ", Tone.QUIET), Piece(short(who(kept), width - 11), Tone.STRONG)))
    yield SheetLine((Piece("again    ", Tone.QUIET), Piece(short(who(other), width - 11), Tone.STRONG)))
    for cell in plain(f"Goes back with all that was changed in it: {say_counts(shown.back)}.", width - 2):
        yield SheetLine(cell)
    if shown.stays:
        for cell in plain(f"Stays as it was changed since: {', '.join(shown.stays)}.", width - 2):
            yield SheetLine(cell)
    if shown.newer:
        yield SheetLine(Piece("Made since the merge: enter says whose it is", Tone.QUIET))
    for one in shown.newer:
        side = "goes " if one.goes else "stays"
        fixed = "" if one.is_fixed else "  enter changes it"
        note = Piece(f"  {one.why}{fixed}", Tone.QUIET)
        words = (Piece(f"  {side}  ", Tone.KEY), Piece(short(one.about, 40)), note)
        yield SheetLine(words, "" if one.is_fixed else "newer", one.id)
