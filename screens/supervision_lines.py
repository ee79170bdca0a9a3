"""How a case of the supervision table is painted: its row, and what to talk about in the pane below."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from casework.episodes import say_again
from casework.wording import count_of, say_day
from screens.widgets.fitting import brief_day, fold, short
from screens.widgets.rows import Row
from screens.widgets.text import Cell, Piece, Tone
from storage.queries.supervision import Column, Supervision, SupervisionRow

WITHHELD = Piece("  withheld", Tone.QUIET)
_SAID: dict[Column, str] = {
    "seen": "when the child was last seen",
    "plan": "the plan",
    "agreement": "agreements",
    "case": "the case",
}


def case_row(row: SupervisionRow, *, school: bool, worker: bool) -> Row:
    """One row; the columns of school and worker stand only where there is room or several workers."""
    facts, pressing = row.facts, {point.about for point in row.points}
    cells: list[Cell] = [short(row.name, 60)]
    cells += [short(row.worker, 30)] if worker else []
    cells += [short(row.school, 40)] if school else []
    cells += [
        _open(row),
        _day(row, "seen", facts.seen, pressing, none="never"),
        _reviewed(row, pressing),
        _day(row, "agreement", facts.agreement_until, pressing, none="ended" if facts.lapsed else "none"),
        _again(row),
    ]
    return Row(row.child.id, tuple(cells), quiet=not row.points)


def _open(row: SupervisionRow) -> Cell:
    if "case" in row.withheld:
        return Piece("-", Tone.QUIET)
    return Piece("none", Tone.QUIET) if row.days_open is None else f"{row.days_open:,}"


def _day(row: SupervisionRow, column: Column, day: date | None, pressing: set[str], *, none: str) -> Cell:
    if column in row.withheld:
        return WITHHELD
    words = none if day is None else brief_day(day)
    return Piece(f"! {words}", Tone.WARN) if column in pressing else f"  {words}"


def _reviewed(row: SupervisionRow, pressing: set[str]) -> Cell:
    none = "not yet" if row.facts.planned else "no plan"
    return _day(row, "plan", row.facts.reviewed, pressing, none=none)


def _again(row: SupervisionRow) -> Cell:
    if "case" in row.withheld:
        return WITHHELD
    if row.facts.again is None:
        return Piece("  -", Tone.QUIET)
    return Piece("! yes", Tone.WARN) if row.facts.again else "  no"


def count_cell(found: Supervision) -> Cell:
    """How many cases there are, and how many have something to be talked about."""
    talk = sum(bool(row.points) for row in found.rows)
    return (
        Piece(count_of(len(found.rows), "case")),
        Piece(" · ", Tone.QUIET),
        Piece(f"{talk:,} to talk about", Tone.STRONG),
        Piece("  ! marks why", Tone.QUIET),
    )


def detail_lines(row: SupervisionRow, width: int) -> list[Cell]:
    """Who it is, what to talk about, since when, and what is withheld with the reason."""
    place = ", ".join(part for part in (row.worker, row.school) if part)
    lines: list[Cell] = [
        (Piece(short(row.name, max(20, width - 40)), Tone.STRONG), Piece(f"  {short(place, 38)}", Tone.QUIET))
    ]
    for point in row.points:
        lines += [Piece(line, Tone.WARN) for line in fold(f"! {point.text}.", width)]
    if not row.points:
        seen = " in what you may see" if row.withheld else ""
        lines.append(f"Nothing is missing and nothing ends soon{seen}.")
    lines += [Piece(line, Tone.QUIET) for line in fold(_since(row), width)]
    for column, reason in row.withheld.items():
        lines += [Piece(line, Tone.QUIET) for line in fold(f"Withheld, {_SAID[column]}: {reason}", width)]
    return lines


def _since(row: SupervisionRow) -> str:
    facts, standing = row.facts, row.standing
    parts = []
    if facts.opened is not None and standing is not None:
        parts.append(f"Open since {say_day(facts.opened)}, {standing.length}.")
    elif "case" not in row.withheld:
        parts.append("No case is open: the child is led without one.")
    if facts.review_due is not None:
        parts.append(f"Next review {say_day(facts.review_due)}.")
    if standing is not None and standing.again is not None:
        again = standing.again
        parts.append(
            f"Came back within 12 months: {say_again(again.from_referral)} from the previous referral (DfE), "
            f"{say_again(again.from_closure)} from the previous closure."
        )
    return " ".join(parts)


def empty_words(found: Supervision) -> Sequence[str]:
    """What an empty table means."""
    return [f"No case is open and no child is led: {found.whose}."]
