"""The short form that says with whom somebody spoke, and on which day. A draft is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from textual import on
from textual.widgets import Input

from casework.dates import parse_date
from casework.days_given import require_come, require_year
from casework.errors import BadInput
from casework.text import clean
from casework.wording import say_day
from screens.fields import LineField
from screens.kept_dialog import KeptAs
from screens.widgets.text import Tone
from screens.words_and_day import Line, WordsAndDay


@dataclass(frozen=True, slots=True)
class Spoken:
    """With whom somebody spoke, and on which day."""

    whom: str
    on: date


class SpokenForm(WordsAndDay[Spoken | None]):
    """A name and a day, at first today's. Enter keeps; `esc` leaves, and what was typed stays a draft."""

    AUTO_FOCUS = "#words"

    def __init__(self, question: str, today: date, kept: KeptAs, whom: str = "") -> None:
        super().__init__(
            question,
            today,
            kept,
            words=Line("words", "", whom),
            day=Line("on", "On which day, such as today, fri or 20/11", "today"),
            hint="enter keeps, tab to the day, esc leaves a draft",
        )

    def on_mount(self) -> None:
        """Go on with the draft that was left; what nobody typed is replaced by what is typed."""
        for name in {"words", "on"}.difference(self._kept.fields):
            self.query_one(f"#{name}", LineField).action_select_all()
        self.begin()

    def day(self) -> date:
        """A day that has come."""
        text = self.typed()["on"]
        require_year(text, self._today)
        day = parse_date(text, self._today)
        require_come(day, self._today, f"{say_day(day)} is still to come.")
        return day

    def understood(self, day: date) -> tuple[str, Tone]:
        """The day with its weekday."""
        return say_day(day), Tone.QUIET

    @on(Input.Submitted)
    async def keep(self, event: Input.Submitted) -> None:
        """Keep both lines, or say what is wrong with the first that is."""
        event.stop()
        whom = clean(self.typed()["words"]).strip()
        if not whom:
            self._tell("Say with whom.", "words")
            return
        try:
            day = self.day()
        except BadInput as problem:
            self._tell(problem.message, "on")
            return
        await self.close(Spoken(whom, day))
