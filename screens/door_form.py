"""Forms before the caseload is open: a key moves at once, so that no fast typing lands in another field."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from screens.base import DoorScreen
from screens.widgets.text import Cell, Piece, Tone, show_lines


class FormScreen(DoorScreen):
    """A door with fields. Tab and enter go on by one field, shift+tab back; neither goes round.

    Textual forwards a key to the field that has the focus when the key arrives, and moves the focus later: of
    many keys in one chunk, those after a tab reach the field before it. Here tab and enter are taken before
    they are forwarded. After a refusal the keys that were typed for the form as it was expected are dropped,
    so that a passphrase never arrives in a field that shows it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "go(1)", show=False, priority=True),
        Binding("shift+tab", "go(-1)", show=False, priority=True),
        Binding("enter", "enter", show=False, priority=True),
    ]

    is_deaf: bool = False
    """Whether keys other than those of the app are dropped: what was asked for has just changed."""

    @abstractmethod
    def fields(self) -> Sequence[Widget]:
        """The fields of the step that is shown, in order."""

    @abstractmethod
    async def complete(self) -> None:
        """Enter was pressed in the last field of the step."""

    def action_go(self, by: int) -> None:
        """To the next field or the one before; the ends stay."""
        fields = list(self.fields())
        at = fields.index(self.focused) if self.focused in fields else -by
        self.set_focus(fields[max(0, min(at + by, len(fields) - 1))])

    async def action_enter(self) -> None:
        """To the next field; in the last one the step is complete, once every field has taken its keys."""
        fields = list(self.fields())
        if self.busy:
            return
        if self.focused is not fields[-1]:
            self.action_go(1)
            return
        for field in fields:
            await _caught_up(field)
        await self.complete()

    def refuse(self, sentence: str, field: Widget) -> None:
        """Say what does not fit, go to its field, and drop what was typed ahead."""
        self.tell(sentence)
        self.set_focus(field)
        self.is_deaf = True
        self.app.call_later(self.call_after_refresh, self._hear)

    def _hear(self) -> None:
        self.is_deaf = False


async def _caught_up(widget: Widget) -> None:
    """Wait until a widget has handled every key that was forwarded to it."""
    done = asyncio.Event()
    if widget.call_later(done.set):
        await done.wait()


class PickLine(Static, can_focus=True):
    """One of a few words in a list: up and down move, letters go to the next word that starts so."""

    DEFAULT_CSS = """
    PickLine { height: auto; padding: 0 1; }
    """

    class Picked(Message):
        """Another word was picked."""

    def __init__(self, choices: Mapping[str, str], *, id: str) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id, markup=False)
        self._choices = list(choices.items())
        self._at: int | None = None

    @property
    def picked(self) -> str:
        """The word that is picked, or ""."""
        return "" if self._at is None else self._choices[self._at][0]

    def on_mount(self) -> None:
        """Show the words."""
        self._draw()

    def on_key(self, event: events.Key) -> None:
        """Move or go to a letter."""
        last = len(self._choices) - 1
        if event.key in ("up", "down"):
            by = 1 if event.key == "down" else -1
            self._at = (0 if by > 0 else last) if self._at is None else max(0, min(self._at + by, last))
        elif event.character and event.character.isalpha():
            letter = event.character.casefold()
            start = 0 if self._at is None else self._at + 1
            order = [*range(start, last + 1), *range(start)]
            fitting = [n for n in order if self._choices[n][1].casefold().startswith(letter)]
            self._at = fitting[0] if fitting else self._at
        else:
            return
        event.stop()
        self._draw()

    def on_focus(self) -> None:
        """The sign of the pick is bright while keys go here."""
        self._draw()

    def on_blur(self) -> None:
        """The pick stands in its own tone."""
        self._draw()

    def _draw(self) -> None:
        lines: list[Cell] = []
        for number, (_, label) in enumerate(self._choices):
            here = number == self._at
            sign = "› " if here else "· " if self.has_focus and self._at is None and number == 0 else "  "
            lines.append((Piece(sign, Tone.KEY), Piece(label, Tone.STRONG if here else Tone.PLAIN)))
        self.update(show_lines(lines))
