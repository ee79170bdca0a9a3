"""Small questions over a screen: yes or no, one of several, a line of text."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from casework.text import clean
from screens.drawn_once import DrawnOnce
from screens.fields import LineField
from screens.small_windows import SmallSign, is_too_small
from screens.widgets.text import Cell, Piece, Tone, show, show_lines

R = TypeVar("R")

_LOW, _NARROW = 16, 60
"""Lines, or cells in a line, below which a dialog fills the window and has no frame."""

_SHARE = 0.9


class Dialog(DrawnOnce[R], ModalScreen[R]):
    """A question whose details scroll between the question and the keys, in any window that can be read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "read_on(-1)", "Up", show=False),
        Binding("down", "read_on(1)", "Down", show=False),
        Binding("pageup", "read_on(-5)", "Page up", show=False),
        Binding("pagedown", "read_on(5)", "Page down", show=False),
    ]

    AROUND: ClassVar[int] = 9
    """Lines that the details leave to the frame, the question and the keys."""

    def __init__(self) -> None:
        super().__init__(classes="dialog")

    def on_resize(self, event: events.Resize) -> None:
        """Fit the details in; a window that is too small shows a sentence, and takes esc alone."""
        was, small = self.has_class("-small"), is_too_small(event.size)
        self.set_class(small, "-small")
        low = event.size.height < _LOW or event.size.width < _NARROW
        self.set_class(low, "-low")
        room = int(event.size.height * _SHARE) - self.AROUND
        for details in self.query(".details"):
            details.styles.max_height = None if low else max(1, room)
        for fields in self.query("Input, TextArea"):
            fields.disabled = small
            if was and not small and fields.display:
                fields.focus()

    def tell(self, sentence: str, *, wrong: bool = False) -> None:
        """One sentence to the worker, in the dialog's own last line."""
        words = show(sentence, Tone.ALERT if wrong else Tone.QUIET)
        for line in self.query("#told").results(Static):
            line.update(words)
            return
        for box in self.query(".box"):
            box.mount(Static(words, id="told", markup=False))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is answered in a window too small to read the question, except to leave it."""
        del parameters
        return not self.has_class("-small") or action in LEAVING

    def action_read_on(self, by: int) -> None:
        """Scroll the details."""
        for details in self.query(".details"):
            details.scroll_relative(y=by, animate=False, immediate=True)


LEAVING = frozenset({"leave", "later", "command_palette", "lock", "quit"})
"""Actions that hold in any window."""


_ANSWERS = (Piece("y", Tone.KEY), Piece(" yes   "), Piece("n", Tone.KEY), Piece(" no"))


class Confirm(Dialog[bool]):
    """A question that only `y` answers with yes; `n` and `esc` answer no. Enter does nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", show=False),
        Binding("n", "answer(False)", "No", show=False),
        Binding("escape", "leave", "No", show=False),
    ]

    def __init__(self, question: str, details: Sequence[Cell] = ()) -> None:
        super().__init__()
        self._question, self._details = question, details

    def compose(self) -> ComposeResult:
        """The question, what it is about, and the two keys."""
        yield SmallSign()
        with Vertical(classes="box"):
            yield Static(show(self._question, Tone.STRONG), classes="question", markup=False)
            if self._details:
                with VerticalScroll(classes="details", can_focus=False):
                    yield Static(show_lines(self._details), markup=False)
            yield Static(show_lines([_ANSWERS]), classes="answers", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        """Fit the details in, and say where there is more than the window shows."""
        super().on_resize(event)
        self.call_after_refresh(self._say_more)

    def _say_more(self) -> None:
        more = any(details.max_scroll_y for details in self.query(".details"))
        keys = (*_ANSWERS, Piece("   pgdn", Tone.KEY), Piece(" more below")) if more else _ANSWERS
        self.query_one(".answers", Static).update(show_lines([keys]))

    def action_answer(self, yes: bool) -> None:
        """Close with the answer."""
        self.dismiss(yes)

    def action_leave(self) -> None:
        """Close with no."""
        self.dismiss(False)


MANY = 10
"""Rows above which a step asks for their number: a single key may have been meant for something else."""


class ConfirmMany(Dialog[bool]):
    """A question about many rows, answered with yes only by typing how many they are; `esc` answers no."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "No", show=False)]

    def __init__(self, question: str, details: Sequence[Cell], number: int) -> None:
        super().__init__()
        self._question, self._details, self._number = question, details, number

    def compose(self) -> ComposeResult:
        """The question, the rows, and the line for their number."""
        yield SmallSign()
        with Vertical(classes="box"):
            yield Static(show(self._question, Tone.STRONG), classes="question", markup=False)
            with VerticalScroll(classes="details", can_focus=False):
                yield Static(show_lines(self._details), markup=False)
            yield LineField(id="number", max_length=9)
            yield Static(show(self._hint), classes="hint", markup=False)

    @property
    def _hint(self) -> str:
        return f"type {self._number} and enter to go on, esc leaves"

    @on(Input.Submitted)
    def answer(self, event: Input.Submitted) -> None:
        """Yes where the number is right; any other is left to be mended."""
        event.stop()
        if event.value.strip().replace(",", "") == str(self._number):
            self.dismiss(True)
        else:
            words = f"That is not their number: {self._hint}"
            self.query_one(".hint", Static).update(show(words, Tone.ALERT))

    def action_leave(self) -> None:
        """Close with no."""
        self.dismiss(False)


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer of a pick list: the value, the words that show it and more words in grey."""

    value: str
    label: str
    note: str = ""


_PART_OF_A_NUMBER = 3
"""Digits from which a part of a number finds it: `9005` is in 999005, while `1` begins a number only."""


def _fits(choice: Choice, parts: Sequence[str]) -> bool:
    """Whether each part begins a word of a choice or its value, or is a longer part of that value."""
    value = choice.value.casefold()
    words = f"{choice.label} {choice.note}".casefold().split()
    return all(
        value.startswith(part)
        or any(word.startswith(part) for word in words)
        or (len(part) >= _PART_OF_A_NUMBER and part in value)
        for part in parts
    )


def _place(value: str, typed: str) -> int:
    return 0 if value == typed else 1 if value.startswith(typed) else 2


class PickOne(Dialog[str | None]):
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

    def __init__(self, question: str, choices: Sequence[Choice], *, start: int = 0) -> None:
        super().__init__()
        self._question, self._choices = question, tuple(choices)
        self._typed = ""
        self._at = start

    def compose(self) -> ComposeResult:
        """The question, the choices and what was typed."""
        yield SmallSign()
        with Vertical(classes="box"):
            yield Static(show(self._question, Tone.STRONG), classes="question", markup=False)
            with VerticalScroll(classes="details", can_focus=False):
                yield Static("", id="choices", markup=False)
            yield Static("", id="typed", markup=False)

    def on_mount(self) -> None:
        """Show the choices."""
        self._draw()

    @property
    def matching(self) -> list[Choice]:
        """Choices that fit what was typed, in each of its words; exact values first, then their starts."""
        typed = self._typed.casefold().strip()
        if not typed:
            return list(self._choices)
        hits = [choice for choice in self._choices if _fits(choice, typed.split())]
        return sorted(hits, key=lambda choice: _place(choice.value.casefold(), typed))

    def on_key(self, event: events.Key) -> None:
        """Letters and signs narrow the list."""
        if not self.has_class("-small") and event.character and event.is_printable and event.key != "enter":
            self._typed += clean(event.character)
            self._at = 0
            self._draw()
            event.stop()

    def _draw(self) -> None:
        lines: list[Cell] = []
        matching = self.matching
        for index, choice in enumerate(matching or self._choices):
            at = bool(matching) and index == self._at
            lines.append(
                (
                    Piece("› " if at else "  ", Tone.KEY),
                    Piece(choice.value.ljust(4), Tone.KEY),
                    Piece(f" {choice.label}", Tone.STRONG if at else Tone.PLAIN),
                    Piece(f"  {choice.note}" if choice.note else "", Tone.QUIET),
                )
            )
        self.query_one("#choices", Static).update(show_lines(lines))
        hint = "type to narrow, enter picks, esc leaves"
        if self._typed and matching:
            hint = f"typed: {self._typed} · enter picks, backspace takes back, esc leaves"
        elif self._typed:
            hint = f"typed: {self._typed} · fits none of these: backspace takes back, esc leaves"
        self.query_one("#typed", Static).update(show(hint, Tone.QUIET))
        details = self.query_one(VerticalScroll)
        details.scroll_to(y=max(0, self._at - min(4, details.size.height // 2)), animate=False)

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


class AskLine(Dialog[str | None]):
    """One line of text; None when left with `esc`.

    `check` gives what is wrong with a line in one sentence, or "": a wrong one stays, to be mended.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", show=False)]
    DEFAULT_CSS = """
    AskLine .wrong { height: auto; display: none; }
    """

    def __init__(
        self, question: str, value: str = "", *, check: Callable[[str], Awaitable[str]] | None = None
    ) -> None:
        super().__init__()
        self._question, self._value, self._check = question, value, check

    def compose(self) -> ComposeResult:
        """The question and the line."""
        yield SmallSign()
        with Vertical(classes="box"):
            yield Static(show(self._question, Tone.STRONG), classes="question", markup=False)
            yield LineField(clean(self._value))
            yield Static(classes="wrong", markup=False)
            yield Static("enter keeps, esc leaves", classes="hint", markup=False)

    @on(Input.Submitted)
    async def keep(self, event: Input.Submitted) -> None:
        """Close with the line, cleaned, unless something is wrong with it."""
        event.stop()
        line = clean(event.value).strip()
        wrong = await self._check(line) if self._check is not None and line else ""
        if wrong:
            self.query_one(".wrong", Static).update(show(wrong, Tone.ALERT))
            self.query_one(".wrong").display = True
        else:
            self.dismiss(line)

    def action_leave(self) -> None:
        """Close with nothing."""
        self.dismiss(None)
