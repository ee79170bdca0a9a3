"""The short form that pauses or snoozes a clock: why, and until which day. A draft is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from casework.days_given import day_to_come
from casework.errors import BadInput
from casework.text import clean
from casework.wording import say_day
from screens.fields import LineField
from screens.kept_dialog import KeptAs, KeptDialog
from screens.small_windows import SmallSign
from screens.widgets.text import Tone, show

_TO_COME = "Choose a day to come."


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
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", show=False),
        Binding("ctrl+s,f2", "keep_now", show=False, priority=True),
    ]

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
            yield Static("enter goes on, ctrl+s keeps, esc leaves a draft", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Go on with the draft that was left; a day in it is replaced by another that is typed."""
        self.query_one("#until", Input).action_select_all()
        self.begin()

    def typed(self) -> dict[str, str]:
        """The two lines."""
        return {name: self.query_one(f"#{name}", Input).value for name in ("reason", "until")}

    def kept(self, typed: Mapping[str, str]) -> dict[str, str]:
        """The day by its date, for `fri` in a draft that is brought back later would be another day."""
        try:
            return {**typed, "until": say_day(self._day())}
        except BadInput:
            return dict(typed)

    def _day(self) -> date:
        return day_to_come(self.typed()["until"], self._today, self._today + timedelta(days=1))

    @on(Input.Changed)
    async def understand(self, event: Input.Changed) -> None:
        """Say which day it would be, and keep a draft every few letters."""
        event.stop()
        words, tone = self._understood()
        self.query_one("#understood", Static).update(show(words, tone))
        await self.stroke()

    def _understood(self) -> tuple[str, Tone]:
        try:
            day = self._day()
        except BadInput:
            return "", Tone.QUIET
        if day <= self._today:
            return f"{say_day(day)} is no day to come. {_TO_COME}", Tone.WARN
        return f"Back on {say_day(day)}", Tone.QUIET

    @on(Input.Submitted)
    async def go_on(self, event: Input.Submitted) -> None:
        """From the reason to the day, and then keep both."""
        event.stop()
        if event.input.id == "reason" and clean(self.typed()["reason"]).strip():
            self.query_one("#until").focus()
        else:
            await self.action_keep_now()

    async def action_keep_now(self) -> None:
        """Keep both lines, or say everything that is wrong with them."""
        reason = clean(self.typed()["reason"]).strip()
        wrong = [] if reason else ["Say why."]
        try:
            until = self._day()
        except BadInput as problem:
            if reason:
                wrong.append(problem.message)
        else:
            if until <= self._today:
                wrong.append(_TO_COME)
            elif not wrong:
                await self.close(Rest(reason, until))
                return
        self._tell(" ".join(wrong), "#until" if reason else "#reason")

    def _tell(self, words: str, field: str) -> None:
        self.query_one("#understood", Static).update(show(words, Tone.WARN))
        self.query_one(field).focus()

    def trouble(self, words: str) -> None:
        """Below what was understood."""
        for line in self.query("#trouble").results(Static):
            line.update(show(words, Tone.WARN))
            line.display = bool(words)
