"""The lines of a child's page, from who they are to what is withheld: data for a list, built for a width."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from casework.text import clean
from casework.wording import count_of, say_day
from screens.widgets.text import Cell, Piece, Tone
from storage.queries.child import ChildPage
from storage.queries.history import Correction, Origin

if TYPE_CHECKING:
    from storage.store import Store

SECTIONS = ("Who", "People", "Why", "Counts", "Marks", "Year", "N codes", "Story", "Withheld")
"""The sections in order; a digit jumps to each."""

NAME_CELLS = 60
"""Longest name drawn in full on one line."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a line stands for: `open` opens it, its record has a history.

    `does` is "child" (open that child), "text" (show it whole), "marks" (every mark with its source) or ""
    (nothing to open). `type` and `record` name the record whose history `h` shows.
    """

    does: str = ""
    type: str = ""
    record: str = ""
    text: str = ""


NOTHING = Target()


@dataclass(frozen=True, slots=True)
class PageLine:
    """One line of the page, its section (an index of `SECTIONS`) and what it stands for."""

    cell: Cell
    section: int
    target: Target = NOTHING
    heading: bool = False


@dataclass(frozen=True, slots=True)
class ChildView:
    """A child's page with what its marks were before and where each came from."""

    page: ChildPage
    name: str
    corrections: Sequence[Correction]
    origins: Mapping[tuple[date, str], Origin]
    files: Mapping[str, str]
    today: date
    session_date: date
    draft: bool


def read_view(store: Store, child_id: str) -> ChildView:
    """Everything the screen shows of one child. Raises BadInput when there is no such child."""
    from casework.records import Child, RegisterFile
    from storage.queries.child import read_child
    from storage.queries.history import read_corrections, read_origins
    from storage.queries.lookup import display_name
    from storage.queries.today import register_day

    child = store.get(Child, child_id)
    page = read_child(store, child)
    seen = bool(page.marks)
    return ChildView(
        page=page,
        name=display_name(child),
        corrections=read_corrections(store, child) if seen else (),
        origins=read_origins(store, child) if seen else {},
        files={file.id: file.name for file in store.find(RegisterFile)},
        today=store.today,
        session_date=register_day(store, store.today),
        draft=store.drafts.load("contact", child_id) is not None,
    )


def page_lines(view: ChildView, width: int) -> list[PageLine]:
    """Every line of the page for a list that is `width` cells wide."""
    from screens.child_marks import attendance, marks, n_codes, year
    from screens.child_people import people, who, withheld
    from screens.child_story import story, why

    builders: tuple[Callable[[ChildView, int], Iterable[tuple[Cell, Target]]], ...] = (
        who, people, why, attendance, marks, year, n_codes, story, withheld,
    )  # fmt: skip
    lines: list[PageLine] = []
    for section, (title, build) in enumerate(zip(SECTIONS, builders, strict=True)):
        lines.append(PageLine(heading(section, title, width), section, heading=True))
        lines += [PageLine(cell, section, target) for cell, target in build(view, width)]
    return lines


def heading(section: int, title: str, width: int) -> Cell:
    """A section's first line: its key, its name and a rule."""
    words = f" {title} "
    rule = "─" * max(0, width - len(words) - 2)
    return (Piece(str(section + 1), Tone.KEY), Piece(words, Tone.STRONG), Piece(rule, Tone.QUIET))


def plain(text: str, width: int, *, tone: Tone = Tone.PLAIN, indent: int = 2) -> list[Cell]:
    """Text folded to `width` cells, each line after `indent` spaces, in one tone."""
    room = max(10, width - indent)
    return [Piece(" " * indent + line, tone) for line in fold(text, room)]


def fold(text: str, width: int) -> list[str]:
    """Text in lines of at most `width` cells: broken between words, else within one. Keeps line breaks."""
    lines: list[str] = []
    for part in clean(text, limit=100_000, newlines=True).split("\n"):
        lines += _fold_line(part, width)
    return lines


def _fold_line(text: str, width: int) -> Iterator[str]:
    line, used = "", 0
    for word in text.split():
        size = cell_len(word)
        if line and used + 1 + size > width:
            yield line
            line, used = "", 0
        while size > width:
            head = _cut(word, width)
            yield head
            word = word[len(head) :]  # noqa: PLW2901 (the rest of a word longer than a line)
            size = cell_len(word)
        line, used = (f"{line} {word}", used + 1 + size) if line else (word, size)
    if line or not text.strip():
        yield line


def _cut(word: str, width: int) -> str:
    """The longest beginning of a word that fits in `width` cells, one character at least."""
    low, high = 1, min(len(word), max(1, 4 * width))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if cell_len(word[:middle]) <= width else (low, middle - 1)
    return word[:low]


def short(text: str, cells: int) -> str:
    """One line of at most so many cells, with an ellipsis where it was cut."""
    flat = clean(text, limit=2_000)
    return flat if cell_len(flat) <= cells else set_cell_size(flat, cells - 1).rstrip() + "…"


def years_old(born: date, on: date) -> int:
    """Age in whole years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def brief_day(day: date) -> str:
    """A date in few cells: `Fri 20 Nov`."""
    return " ".join(say_day(day).split()[:3])


def counted(part: int, whole: int, share: float | None) -> str:
    """A percentage that never stands without its counts."""
    if share is None:
        return "no possible sessions, so no percentage"
    return f"{share} % ({part} of {count_of(whole, 'session')})"
