"""The short form that pauses or snoozes a clock: why, and until which day. A draft is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Input

from casework.days_given import day_to_come
from casework.errors import BadInput
from casework.text import clean
from casework.wording import say_day
from screens.kept_dialog import KeptAs
from screens.widgets.text import Tone
from screens.words_and_day import Line, WordsAndDay

_TO_COME = "Choose a day to come."


@dataclass(frozen=True, slots=True)
class Rest:
    """Why a row sleeps and the day on which it wakes."""

    reason: str
    until: date


class SleepForm(WordsAndDay[Rest | None]):
    """Two lines. Enter goes on and keeps; `esc` leaves, and what was typed stays a draft."""

    AUTO_FOCUS = "#reason"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s,f2", "keep_now", show=False, priority=True)]

    def __init__(self, question: str, today: date, kept: KeptAs) -> None:
        super().__init__(
            question,
            today,
            kept,
            words=Line("reason", "Reason"),
            day=Line("until", "Until, such as fri, 4/12 or +2w"),
            hint="enter goes on, ctrl+s keeps, esc leaves a draft",
        )

    def on_mount(self) -> None:
        """Go on with the draft that was left; a day in it is replaced by another that is typed."""
        self.query_one("#until", Input).action_select_all()
        self.begin()

    def day(self) -> date:
        """The day that was typed, the coming one where it was given without its year."""
        return day_to_come(self.typed()["until"], self._today, self._today + timedelta(days=1))

    def understood(self, day: date) -> tuple[str, Tone]:
        """When the row comes back."""
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
            until = self.day()
        except BadInput as problem:
            if reason:
                wrong.append(problem.message)
        else:
            if until <= self._today:
                wrong.append(_TO_COME)
            elif not wrong:
                await self.close(Rest(reason, until))
                return
        self._tell(" ".join(wrong), "until" if reason else "reason")
