"""Small questions over a screen: yes or no, one of several, a line of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from casework.text import clean
from screens.fields import LineField
from screens.widgets.text import Cell, Piece, Tone, show, show_lines


class Confirm(ModalScreen[bool]):
    """A question that only `y` answers with yes; `n` and `esc` answer no. Enter does nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", show=False),
        Binding("n,escape", "answer(False)", "No", show=False),
    ]

    def __init__(self, question: str, details: Sequence[Cell] = ()) -> None:
        super().__init__(classes="dialog")
        self._question, self._details = question, details

    def compose(self) -> ComposeResult:
        """The question, what it is about, and the two keys."""
        with Vertical(classes="box"):
            yield Static(show(self._question, Tone.STRONG), markup=False)
            if self._details:
                with VerticalScroll(classes="details"):
                    yield Static(show_lines(self._details), markup=False)
            keys = (Piece("y", Tone.KEY), Piece(" yes   "), Piece("n", Tone.KEY), Piece(" no"))
            yield Static(show_lines(["", keys]), markup=False)

    def action_answer(self, yes: bool) -> None:
        """Close with the answer."""
        self.dismiss(yes)


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer of a pick list: the value, the words that show it and more words in grey."""

    value: str
    label: str
    note: str = ""


class PickOne(ModalScreen[str | None]):
    """Pick one: move and enter, or type the start of a value (`C1`); None when left with `esc`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", show=False),
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "move(-10)", "Page up", show=False),
        Binding("pagedown", "move(10)", "Page down", show=False),
        Binding("enter", "pick", "Pick", show=False),
        Binding("backspace", "unkey", "Delete", show=False),
    ]

    def __init__(self, question: str, choices: Sequence[Choice]) -> None:
        super().__init__(classes="dialog")
        self._question, self._choices = question, tuple(choices)
        self._typed = ""
        self._at = 0

    def compose(self) -> ComposeResult:
        """The question, the choices and what was typed."""
        with Vertical(classes="box"):
            yield Static(show(self._question, Tone.STRONG), markup=False)
            with VerticalScroll(classes="details", can_focus=False):
                yield Static("", id="choices", markup=False)
            yield Static("", id="typed", markup=False)

    def on_mount(self) -> None:
        """Show the choices."""
        self._draw()

    @property
    def matching(self) -> list[Choice]:
        """Choices whose value or words start with what was typed; exact values first."""
        typed = self._typed.casefold()
        hits = [
            choice
            for choice in self._choices
            if choice.value.casefold().startswith(typed)
            or any(word.startswith(typed) for word in choice.label.casefold().split())
        ]
        return sorted(hits, key=lambda choice: choice.value.casefold() != typed) if typed else hits

    def on_key(self, event: events.Key) -> None:
        """Letters and signs narrow the list."""
        if event.character and event.is_printable and event.key != "enter":
            self._typed += clean(event.character)
            self._at = 0
            self._draw()
            event.stop()

    def _draw(self) -> None:
        lines: list[Cell] = []
        for index, choice in enumerate(self.matching):
            at = index == self._at
            lines.append(
                (
                    Piece("› " if at else "  ", Tone.KEY),
                    Piece(choice.value.ljust(4), Tone.KEY),
                    Piece(f" {choice.label}", Tone.STRONG if at else Tone.PLAIN),
                    Piece(f"  {choice.note}" if choice.note else "", Tone.QUIET),
                )
            )
        self.query_one("#choices", Static).update(show_lines(lines or ["  nothing starts like that"]))
        hint = f"typed: {self._typed}" if self._typed else "type to narrow, enter picks, esc leaves"
        self.query_one("#typed", Static).update(show(hint, Tone.QUIET))
        self.query_one(VerticalScroll).scroll_to(y=max(0, self._at - 4), animate=False)

    def action_move(self, by: int) -> None:
        """Move the choice."""
        self._at = max(0, min(self._at + by, len(self.matching) - 1))
        self._draw()

    def action_unkey(self) -> None:
        """Take back the last typed letter."""
        self._typed = self._typed[:-1]
        self._at = 0
        self._draw()

    def action_pick(self) -> None:
        """Close with the choice."""
        if self.matching:
            self.dismiss(self.matching[self._at].value)

    def action_leave(self) -> None:
        """Close with nothing."""
        self.dismiss(None)


class AskLine(ModalScreen[str | None]):
    """One line of text; None when left with `esc`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", show=False)]

    def __init__(self, question: str, value: str = "") -> None:
        super().__init__(classes="dialog")
        self._question, self._value = question, value

    def compose(self) -> ComposeResult:
        """The question and the line."""
        with Vertical(classes="box"):
            yield Static(show(self._question, Tone.STRONG), markup=False)
            yield LineField(clean(self._value))
            yield Static("enter keeps, esc leaves", classes="hint", markup=False)

    @on(Input.Submitted)
    def keep(self, event: Input.Submitted) -> None:
        """Close with the line, cleaned."""
        event.stop()
        self.dismiss(clean(event.value).strip())

    def action_leave(self) -> None:
        """Close with nothing."""
        self.dismiss(None)
