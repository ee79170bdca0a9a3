"""The typed filter above a list: what was typed, how many rows fit, and where a word is not understood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from casework.filter_text import LONGEST, FilterError, parse
from casework.filters import Filter
from screens.fields import LineField
from screens.widgets.text import Cell, Piece, Tone, show_cell, show_lines

_PROMPT = "/ "
_AROUND = 24


def pointer(error: FilterError, width: int) -> list[Cell]:
    """Carets under the word in trouble, as it stands in the line typed above, and the sentence about it.

    A line that is longer than `width` cells scrolls, so then the words around the trouble are repeated.
    """
    before, word = error.text[: error.start], error.text[error.start : error.end]
    lines: list[Cell] = []
    if cell_len(error.text) >= width:
        start = max(0, error.start - _AROUND)
        before = ("…" if start else "") + error.text[start : error.start]
        lines.append(Piece(before + error.text[error.start : error.end + _AROUND], Tone.QUIET))
    carets = "^" * max(1, min(cell_len(word), width - cell_len(before)))
    lines.append(Piece(" " * cell_len(before) + carets, Tone.ALERT))
    lines.append(Piece(str(error.message)))
    return lines


class FilterBar(Vertical):
    """Closed it takes no line. Open it holds the filter as typed; the list follows each letter."""

    DEFAULT_CSS = """
    FilterBar {
        height: auto; background: $surface; padding: 0 1; display: none;
        &.-open { display: block; }
        Horizontal { height: 1; }
        .prompt { width: 2; color: $tone-key; text-style: bold; }
        LineField { width: 1fr; height: 1; border: none; padding: 0; background: $surface; }
        LineField:focus { border: none; padding: 0; background: $panel; }
        .fits { width: auto; padding: 0 0 0 1; }
        .trouble { height: auto; padding: 0 0 0 2; display: none; }
        .trouble.-shown { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("down", "leave", "To the list", show=False)]

    @dataclass
    class Changed(Message):
        """Another filter holds; `text` is what was typed."""

        chosen: Filter
        text: str

    class NotUnderstood(Message):
        """What is typed is no filter yet; an earlier one still holds."""

    @dataclass
    class Left(Message):
        """The worker goes on to the list."""

    def compose(self) -> ComposeResult:
        """The line that is typed in, the count at its end, and the trouble below it."""
        with Horizontal():
            yield Static(_PROMPT, classes="prompt", markup=False)
            yield LineField(
                placeholder="unauth>=8  no-contact:5d  school:harbour  code:N",
                max_length=LONGEST,
                select_on_focus=False,
            )
            yield Static(classes="fits", markup=False)
        yield Static(classes="trouble", markup=False)

    def on_mount(self) -> None:
        """No filter yet."""
        self.chosen = Filter()

    @property
    def text(self) -> str:
        """What is typed."""
        return self.query_one(Input).value

    @property
    def is_open(self) -> bool:
        """Whether the bar is shown."""
        return self.has_class("-open")

    @property
    def is_understood(self) -> bool:
        """Whether what is typed is a filter; else an earlier one still holds."""
        return not self.query_one(".trouble").has_class("-shown")

    def open(self) -> None:
        """Show the bar and type in it."""
        self.add_class("-open")
        self.query_one(Input).focus()

    def set_text(self, text: str) -> None:
        """Show a filter that was not typed here (a saved view), without typing in it."""
        self.set_class(bool(text), "-open")
        field = self.query_one(Input)
        with field.prevent(Input.Changed):
            field.value = text
        self._read(text)

    def clear(self) -> None:
        """No filter, no bar."""
        self.set_text("")

    def tell_fits(self, shown: int, whole: int) -> None:
        """How many of the rows fit."""
        cell: Cell = Piece(f"{shown:,} of {whole:,}", Tone.STRONG) if self.text else ""
        self.query_one(".fits", Static).update(show_cell(cell))

    def _read(self, text: str) -> bool:
        trouble = self.query_one(".trouble", Static)
        try:
            self.chosen = parse(text)
        except FilterError as error:
            trouble.update(show_lines(pointer(error, max(20, self.query_one(Input).size.width))))
            trouble.add_class("-shown")
            self.query_one(".fits", Static).update(show_cell(Piece("not understood", Tone.ALERT)))
            return False
        trouble.remove_class("-shown")
        return True

    @on(Input.Changed)
    def follow(self, event: Input.Changed) -> None:
        """The list follows each letter; while a word is not understood, it stays as it was."""
        event.stop()
        if self._read(event.value):
            self.post_message(self.Changed(self.chosen, event.value))
        else:
            self.post_message(self.NotUnderstood())

    @on(Input.Submitted)
    def keep(self, event: Input.Submitted) -> None:
        """Enter goes on to the list, once the filter is understood."""
        event.stop()
        self.action_leave()

    def action_leave(self) -> None:
        """On to the list; an empty bar closes. A word in trouble is mended first, or esc clears it."""
        if not self.is_understood:
            return
        if not self.text.strip():
            self.clear()
        self.post_message(self.Left())
