"""The frame of a short form of two lines, words and a day, that says which day was understood."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from casework.errors import BadInput
from casework.text import clean
from casework.wording import say_day
from screens.fields import LineField
from screens.kept_dialog import KeptAs, KeptDialog
from screens.small_windows import SmallSign
from screens.widgets.text import Tone, show

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the form: its name in the draft, the words above it ("" for none), and how it begins."""

    name: str
    head: str
    begins: str = ""


class WordsAndDay(KeptDialog[R]):
    """A line of words and one of a day. `esc` leaves, and what was typed stays a draft.

    A subclass reads the day and keeps both lines when one of them is submitted.
    """

    DEFAULT_CSS = """
    WordsAndDay #trouble { height: auto; display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", show=False)]

    def __init__(
        self, question: str, today: date, kept: KeptAs, *, words: Line, day: Line, hint: str
    ) -> None:
        super().__init__(kept)
        self._question, self._today, self._hint = question, today, hint
        self._words, self._day = words, day

    @abstractmethod
    def day(self) -> date:
        """The day that was typed. Raises BadInput where it is none or cannot be taken."""

    @abstractmethod
    def understood(self, day: date) -> tuple[str, Tone]:
        """What is said of a day as it is typed."""

    def compose(self) -> ComposeResult:
        """The question, the two lines, and what was understood."""
        yield SmallSign()
        with Vertical(classes="box"):
            yield Static(show(self._question, Tone.STRONG), classes="question", markup=False)
            for line in (self._words, self._day):
                if line.head:
                    yield Static(show(line.head, Tone.KEY), markup=False)
                yield LineField(clean(self._kept.fields.get(line.name, line.begins)), id=line.name)
            yield Static("", id="understood", markup=False)
            yield Static("", id="trouble", markup=False)
            yield Static(show(self._hint), classes="hint", markup=False)

    def typed(self) -> dict[str, str]:
        """The two lines."""
        names = (self._words.name, self._day.name)
        return {name: self.query_one(f"#{name}", Input).value for name in names}

    def kept(self, typed: Mapping[str, str]) -> dict[str, str]:
        """The day by its date, for `fri` in a draft that is brought back later would be another day."""
        try:
            return {**typed, self._day.name: say_day(self.day())}
        except BadInput:
            return dict(typed)

    @on(Input.Changed)
    async def understand(self, event: Input.Changed) -> None:
        """Say which day it would be, and keep a draft every few letters."""
        event.stop()
        try:
            words, tone = self.understood(self.day())
        except BadInput:
            words, tone = "", Tone.QUIET
        self.query_one("#understood", Static).update(show(words, tone))
        await self.stroke()

    def _tell(self, words: str, field: str) -> None:
        """Say what is wrong where the day was said, and go to the field."""
        self.query_one("#understood", Static).update(show(words, Tone.WARN))
        self.query_one(f"#{field}").focus()

    def trouble(self, words: str) -> None:
        """Below what was understood."""
        for line in self.query("#trouble").results(Static):
            line.update(show(words, Tone.WARN))
            line.display = bool(words)
