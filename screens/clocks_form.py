"""The short form that pauses or snoozes a clock: why, and until which day. A draft is kept."""

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
from casework.errors import BadInput
from casework.text import clean
from casework.wording import say_day
from screens.fields import LineField
from screens.kept_dialog import KeptAs, KeptDialog
from screens.small_windows import SmallSign
from screens.widgets.text import Tone, show


@dataclass(frozen=True, slots=True)
class Rest:
    """Why a row sleeps and the day on which it wakes."""

    reason: str
    until: date


class SleepForm(KeptDialog[Rest | None]):
    """Two lines. Enter goes on and keeps; `esc` leaves, and what was typed stays a draft."""

    AUTO_FOCUS = "#reason"
    DEFAULT_CSS = """
    SleepForm #trouble { height: auto; display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", show=False)]

    def __init__(self, question: str, today: date, kept: KeptAs) -> None:
        super().__init__(kept)
        self._question, self._today = question, today

    def compose(self) -> ComposeResult:
        """The question, the two lines, and what was understood."""
        yield SmallSign()
        with Vertical(classes="box"):
            yield Static(show(self._question, Tone.STRONG), classes="question", markup=False)
            yield Static(show("Reason", Tone.KEY), markup=False)
            yield LineField(clean(self._kept.fields.get("reason", "")), id="reason")
            yield Static(show("Until, such as fri, 4/12 or +2w", Tone.KEY), markup=False)
            yield LineField(clean(self._kept.fields.get("until", "")), id="until")
            yield Static("", id="understood", markup=False)
            yield Static("", id="trouble", markup=False)
            yield Static("enter goes on, esc leaves a draft", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Go on with the draft that was left."""
        self.begin()

    def typed(self) -> dict[str, str]:
        """The two lines."""
        return {name: self.query_one(f"#{name}", Input).value for name in ("reason", "until")}

    def kept(self, typed: Mapping[str, str]) -> dict[str, str]:
        """The day by its date, for `fri` in a draft that is brought back later would be another day."""
        try:
            return {**typed, "until": self._day().isoformat()}
        except BadInput:
            return dict(typed)

    def _day(self) -> date:
        return parse_date(self.typed()["until"], self._today, prefer="future")

    @on(Input.Changed)
    async def understand(self, event: Input.Changed) -> None:
        """Say which day it would be, and keep a draft every few letters."""
        event.stop()
        if event.input.id == "until":
            try:
                words = f"Back on {say_day(self._day())}" if event.value.strip() else ""
            except BadInput:
                words = ""
            self.query_one("#understood", Static).update(show(words, Tone.QUIET))
        await self.stroke()

    @on(Input.Submitted)
    async def go_on(self, event: Input.Submitted) -> None:
        """From the reason to the day, and then keep both."""
        event.stop()
        reason = clean(self.typed()["reason"]).strip()
        if not reason:
            self._tell("Say why.", "#reason")
        elif event.input.id == "reason":
            self.query_one("#until").focus()
        else:
            try:
                until = self._day()
            except BadInput as problem:
                self._tell(problem.message, "#until")
                return
            if until <= self._today:
                self._tell("Choose a day to come.", "#until")
                return
            await self.close(Rest(reason, until))

    def _tell(self, words: str, field: str) -> None:
        self.query_one("#understood", Static).update(show(words, Tone.WARN))
        self.query_one(field).focus()

    def trouble(self, words: str) -> None:
        """Below what was understood."""
        for line in self.query("#trouble").results(Static):
            line.update(show(words, Tone.WARN))
            line.display = bool(words)
