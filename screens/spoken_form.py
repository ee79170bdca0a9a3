"""The short form that says with whom somebody spoke, and on which day. A draft is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from casework.dates import parse_date
from casework.days_given import require_come, require_year
from casework.errors import BadInput
from casework.text import clean
from casework.wording import say_day
from screens.fields import LineField
from screens.kept_dialog import KeptAs, KeptDialog
from screens.small_windows import SmallSign
from screens.widgets.text import Tone, show


@dataclass(frozen=True, slots=True)
class Spoken:
    """With whom somebody spoke, and on which day."""

    whom: str
    on: date


class SpokenForm(KeptDialog[Spoken | None]):
    """A name and a day, at first today's. Enter keeps; `esc` leaves, and what was typed stays a draft."""

    AUTO_FOCUS = "#words"
    DEFAULT_CSS = """
    SpokenForm #trouble { height: auto; display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", show=False)]

    def __init__(self, question: str, today: date, kept: KeptAs, whom: str = "") -> None:
        super().__init__(kept)
        self._question, self._today, self._whom = question, today, whom

    def compose(self) -> ComposeResult:
        """The question, the two lines, and what was understood."""
        fields = self._kept.fields
        yield SmallSign()
        with Vertical(classes="box"):
            yield Static(show(self._question, Tone.STRONG), classes="question", markup=False)
            yield LineField(clean(fields.get("words", self._whom)), id="words")
            yield Static(show("On which day, such as today, fri or 20/11", Tone.KEY), markup=False)
            yield LineField(clean(fields.get("on", "today")), id="on")
            yield Static("", id="understood", markup=False)
            yield Static("", id="trouble", markup=False)
            yield Static("enter keeps, tab to the day, esc leaves a draft", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Go on with the draft that was left; what nobody typed is replaced by what is typed."""
        for name in {"words", "on"}.difference(self._kept.fields):
            self.query_one(f"#{name}", LineField).action_select_all()
        self.begin()

    def typed(self) -> dict[str, str]:
        """The two lines."""
        return {name: self.query_one(f"#{name}", Input).value for name in ("words", "on")}

    def kept(self, typed: Mapping[str, str]) -> dict[str, str]:
        """The day by its date, for `today` in a draft that is brought back later would be another day."""
        try:
            return {**typed, "on": say_day(self._day())}
        except BadInput:
            return dict(typed)

    def _day(self) -> date:
        text = self.typed()["on"]
        require_year(text, self._today)
        day = parse_date(text, self._today)
        require_come(day, self._today, f"{say_day(day)} is still to come.")
        return day

    @on(Input.Changed)
    async def understand(self, event: Input.Changed) -> None:
        """Say which day it would be, and keep a draft every few letters."""
        event.stop()
        try:
            words = say_day(self._day())
        except BadInput:
            words = ""
        self.query_one("#understood", Static).update(show(words, Tone.QUIET))
        await self.stroke()

    @on(Input.Submitted)
    async def keep(self, event: Input.Submitted) -> None:
        """Keep both lines, or say what is wrong with the first that is."""
        event.stop()
        whom = clean(self.typed()["words"]).strip()
        if not whom:
            self._tell("Say with whom.", "#words")
            return
        try:
            day = self._day()
        except BadInput as problem:
            self._tell(problem.message, "#on")
            return
        await self.close(Spoken(whom, day))

    def _tell(self, words: str, field: str) -> None:
        self.query_one("#understood", Static).update(show(words, Tone.WARN))
        self.query_one(field).focus()

    def trouble(self, words: str) -> None:
        """Below what was understood."""
        for line in self.query("#trouble").results(Static):
            line.update(show(words, Tone.WARN))
            line.display = bool(words)
