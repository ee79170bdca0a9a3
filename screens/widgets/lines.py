"""Single-line widgets: title, counts, verbs; and the pane that says why a row is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from screens.verbs import Keymap, footer_verbs, keys_of
from screens.widgets.text import Cell, Piece, Tone, show_cell, show_lines


class TitleLine(Static):
    """What screen this is, whose caseload, and the date that rules use.

    Where that date was set by hand (`date_set` of the app) every title says so, so that no list of another
    day is taken for today's.
    """

    DEFAULT_CSS = """
    TitleLine { height: 1; background: $panel; color: $foreground; padding: 0 1; text-style: bold; }
    """

    def __init__(self, left: str = "", right: str = "") -> None:
        super().__init__(Content(), markup=False)
        self._left, self._right = left, right

    def set_title(self, left: str, right: str = "") -> None:
        """Show `left` at the left and `right` at the right end."""
        self._left, self._right = left, right
        self._draw()

    def on_resize(self, _event: Resize) -> None:
        """The right end moved."""
        self._draw()

    def _draw(self) -> None:
        right = show_cell(self._right_pieces())
        room = max(0, self.content_size.width - right.cell_length - 1)
        left = show_cell(self._left).truncate(room, ellipsis=True)
        self.update(left.pad_right(max(1, room + 1 - left.cell_length)) + right)

    def _right_pieces(self) -> tuple[Piece, ...]:
        words = Piece(self._right, Tone.QUIET)
        day = getattr(self.app, "date_set", "")
        if not day:
            return (words,)
        sign = f"{_DATE_SET}: {day}"
        between = " · " if self._right else ""
        if len(self._right) + len(between) + len(sign) > self.content_size.width * _MOST_OF_IT:
            sign = _DATE_SET
        return (words, Piece(between, Tone.QUIET), Piece(sign, Tone.WARN))


_DATE_SET = "date set"
_MOST_OF_IT = 0.6
"""The share of a title line that its right end may take before the day is left out of it."""


@dataclass(frozen=True, slots=True)
class Count:
    """A number with its word, and the key that leads to those rows (`""` for none)."""

    label: str
    number: int
    key: str = ""
    active: bool = False


class CountsLine(Static):
    """Counts in one line, for example saved views on digits: `1 Unexplained 12 · 2 Left out 5`."""

    DEFAULT_CSS = """
    CountsLine { height: 1; padding: 0 1; background: $surface; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(Content(), markup=False, id=id)

    def set_counts(self, counts: Iterable[Count], note: str = "") -> None:
        """Show these counts, then `note`."""
        pieces: list[Piece] = []
        for count in counts:
            if pieces:
                pieces.append(Piece(" · ", Tone.QUIET))
            if count.key:
                pieces.append(Piece(f"{count.key} ", Tone.KEY))
            words = f"{count.label} {count.number:,}"
            # Brackets mark the chosen view where colour does not show.
            pieces.append(Piece(f"[{words}]", Tone.STRONG) if count.active else Piece(words))
        if note:
            pieces.append(Piece(f"   {note}", Tone.QUIET))
        self.update(show_cell(tuple(pieces)))


class SaidLine(Static):
    """What the last verb did, above the keys; it stays until something else is said or opened."""

    DEFAULT_CSS = """
    SaidLine { height: auto; min-height: 1; max-height: 50%; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__(Content(), markup=False, id="said")

    def tell(self, sentence: str, *, wrong: bool = False) -> None:
        """Show one sentence; `wrong` marks one about something that was not done."""
        said = Piece(("! " if wrong else "") + sentence, Tone.ALERT if wrong else Tone.GOOD)
        self.update(show_cell(said))

    def clear(self) -> None:
        """Say nothing any more."""
        self.update(Content())

    @property
    def says(self) -> bool:
        """Whether anything stands here."""
        return bool(str(self.content))


class VerbLine(Static):
    """The six verbs of a screen, then `?` for all of them, with the worker's own keys."""

    DEFAULT_CSS = """
    VerbLine { dock: bottom; height: 1; background: $panel; color: $foreground; padding: 0 1; }
    """

    def __init__(self, place: str, keymap: Keymap | None = None) -> None:
        super().__init__(Content(), markup=False)
        self._place, self._keymap = place, keymap or {}
        self._asked: tuple[str, Sequence[tuple[str, str]]] | None = None
        """The other keys that are shown now, by their title."""

    def on_resize(self, _event: Resize) -> None:
        """More or fewer verbs fit."""
        if self._asked is None:
            self.show_verbs()
        else:
            self.show_keys(*self._asked)

    def show_verbs(self) -> None:
        """The usual line."""
        self._asked = None
        self.styles.height = 1
        help_pieces = [Piece("?", Tone.KEY), Piece(" Help")]
        room = self.content_size.width - sum(len(piece.text) for piece in help_pieces)
        pieces: list[Piece] = []
        for verb in footer_verbs(self._place):
            first_key = keys_of(verb, self._keymap).split(" or ")[0]
            item = [Piece(first_key, Tone.KEY), Piece(f" {verb.label}  ")]
            size = sum(len(piece.text) for piece in item)
            if size > room:
                break
            room -= size
            pieces += item
        self.update(show_cell((*pieces, *help_pieces)))

    def show_keys(self, title: str, keys: Sequence[tuple[str, str]]) -> None:
        """Other keys for a moment, for example what may follow `g`: in as many lines as they need."""
        self._asked = (title, keys)
        lines: list[list[Piece]] = [[Piece(f"{title} ", Tone.STRONG)]]
        indent = used = len(title) + 1
        for key, words in keys:
            size = len(key) + 1 + len(words)
            if used > indent and used + size > self.content_size.width:
                lines.append([Piece(" " * indent)])
                used = indent
            lines[-1] += [Piece(key, Tone.KEY), Piece(f" {words}  ")]
            used += size + 2
        self.styles.height = len(lines)
        self.update(show_lines([tuple(line) for line in lines]))


@dataclass(frozen=True, slots=True)
class Why:
    """One reason for a row: what holds, since when, which clock runs, what would clear it."""

    text: str
    since: str = ""
    due: str = ""
    clears_with: str = ""
    overdue: bool = False


def why_lines(title: Cell, reasons: Iterable[Why]) -> list[Cell]:
    """The record in the first line, then each reason, its clock and what clears it."""
    lines: list[Cell] = [title]
    for why in reasons:
        clock: list[Piece] = []
        if why.since:
            clock.append(Piece(f"  since {why.since}", Tone.QUIET))
        if why.due:
            overdue = Piece(f"  overdue: {why.due}", Tone.ALERT)
            clock.append(overdue if why.overdue else Piece(f"  due {why.due}", Tone.WARN))
        lines.append((Piece("• "), Piece(why.text), *clock))
        if why.clears_with:
            lines.append((Piece("  cleared by: ", Tone.QUIET), Piece(why.clears_with)))
    return lines


class WhyPane(Static):
    """Why the row under the cursor is there; below the list, or beside it on a wide terminal."""

    DEFAULT_CSS = """
    WhyPane { height: auto; min-height: 4; max-height: 8; padding: 0 1; background: $surface;
              border-top: solid $panel; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(Content(), markup=False, id=id)

    def set_why(self, title: Cell, reasons: Iterable[Why]) -> None:
        """Show a record's reasons."""
        self.update(show_lines(why_lines(title, reasons)))

    def clear(self) -> None:
        """Show nothing."""
        self.update(Content())
