"""The lines of a child's page, from who they are to what is withheld: data for a list, built for a width."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from casework.policies import Category
from screens.child_marks import attendance, marks, n_codes, year
from screens.child_people import people, who, withheld
from screens.child_story import story, why
from screens.child_view import NOTHING, ChildView, Target
from screens.widgets.fitting import plain
from screens.widgets.text import Cell, Piece, Tone

SECTIONS = ("Who", "People", "Why", "Counts", "Marks", "Year", "N codes", "Story", "Withheld")
"""The sections in order; a digit jumps to each."""

_NEEDS: Mapping[str, Category] = {
    "People": Category.FAMILY,
    **dict.fromkeys(("Counts", "Marks", "Year", "N codes"), Category.ATTENDANCE),
}
"""What a section is made of; where that is withheld, the section says so and nothing else."""


@dataclass(frozen=True, slots=True)
class PageLine:
    """One line of the page, its section (an index of `SECTIONS`) and what it stands for."""

    cell: Cell
    section: int
    target: Target = NOTHING
    heading: bool = False


def page_lines(view: ChildView, width: int) -> list[PageLine]:
    """Every line of the page for a list that is `width` cells wide."""
    builders: tuple[Callable[[ChildView, int], Iterable[tuple[Cell, Target]]], ...] = (
        who, people, why, attendance, marks, year, n_codes, story, withheld,
    )  # fmt: skip
    lines: list[PageLine] = []
    reasons = {item.category: item.reason for item in view.page.withheld if not item.purposes}
    for section, (title, build) in enumerate(zip(SECTIONS, builders, strict=True)):
        lines.append(PageLine(heading(section, title, width), section, heading=True))
        if (hidden := _NEEDS.get(title)) in reasons:
            # A zero or an empty list would say that there is nothing.
            lines += [PageLine(cell, section) for cell in plain(f"Withheld: {reasons[hidden]}", width)]
            continue
        lines += [PageLine(cell, section, target) for cell, target in build(view, width)]
    return lines


def heading(section: int, title: str, width: int) -> Cell:
    """A section's first line: its key, its name and a rule."""
    words = f" {title} "
    rule = "─" * max(0, width - len(words) - 2)
    return (Piece(str(section + 1), Tone.KEY), Piece(words, Tone.STRONG), Piece(rule, Tone.QUIET))
