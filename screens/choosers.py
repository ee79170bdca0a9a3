"""Fields that hold words of a list: one of them, or several. Letters typed go to the word they begin."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Static

from screens.widgets.fitting import fold
from screens.widgets.text import Cell, Piece, Tone, show_cell, show_lines

NOT_SAID = "not said"
_GAP = "  "


class Chooser(Static, can_focus=True):
    """What both fields share: words by their value, a line that is drawn again, letters that are typed."""

    DEFAULT_CSS = """
    Chooser { height: auto; padding: 0 1; background: $panel; }
    Chooser:focus { background-tint: $primary 20%; }
    """

    @dataclass
    class Changed(Message):
        """Another word was picked."""

        chooser: Chooser

    def __init__(self, choices: Mapping[str, str], *, id: str) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id, markup=False)
        self.choices = dict(choices)
        self._typed = ""
        self._astray = ""
        """What was typed after the last word that it could begin: a sentence meant for another field."""

    def on_mount(self) -> None:
        """Show the words."""
        self.draw()

    def watch_has_focus(self, value: bool) -> None:
        """What was half typed is forgotten when keys go elsewhere."""
        super().watch_has_focus(value)
        self._typed = self._astray = ""
        self.draw()

    def on_resize(self, _event: events.Resize) -> None:
        """Words are folded to the width."""
        self.draw()

    def on_key(self, event: events.Key) -> None:
        """Letters go to the word they begin."""
        if event.key == "backspace":
            self._typed, self._astray = ("", "") if self._astray else (self._typed[:-1], "")
        elif self._astray and event.key == "space":
            pass
        elif event.character and event.character.isalpha():
            self._type(event.character.casefold())
        else:
            return
        event.stop()
        event.prevent_default()
        self.draw()

    def _type(self, letter: str) -> None:
        """Go on with what was typed. Once no word begins so, letters change nothing until backspace."""
        hit = next(iter(_beginning(self._typed + letter, self.choices.items())), None)
        if hit is None or self._astray:
            self._astray += letter
        else:
            self._typed += letter
            self.found(hit)

    def astray(self) -> Piece:
        """That letters lead nowhere, and how to begin again."""
        words = f"   no word begins {self._typed}{self._astray}: nothing was changed, backspace begins again"
        return Piece(words if self._astray else "", Tone.WARN)

    @abstractmethod
    def found(self, value: str) -> None:
        """What was typed leads to this word."""

    @abstractmethod
    def draw(self) -> None:
        """Show the field as it stands."""

    def tell(self) -> None:
        """Say that the field changed."""
        self.draw()
        self.post_message(self.Changed(self))


def _beginning(typed: str, choices: Iterable[tuple[str, str]]) -> list[str]:
    """Values whose words begin as typed: those whose first word does stand first."""
    held = list(choices)
    first = [value for value, label in held if label.casefold().startswith(typed)]
    later = [
        value
        for value, label in held
        if value not in first and any(word.startswith(typed) for word in re.findall(r"\w+", label.casefold()))
    ]
    return first + later


class OneOf(Chooser):
    """One of several words: left, right and space change it, letters go to a word."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", show=False),
        Binding("right,space", "turn(1)", show=False),
        Binding("delete", "none", show=False),
    ]

    def __init__(
        self,
        choices: Mapping[str, str],
        *,
        id: str,  # noqa: A002
        value: str = "",
        optional: bool = True,
    ) -> None:
        super().__init__(choices, id=id)
        self.value = value if value in choices else ""
        self._ring = [*([""] if optional else []), *choices]

    def set_value(self, value: str) -> None:
        """Pick a word, or none."""
        self.value = value if value in self.choices else ""
        self.tell()

    def set_choices(self, choices: Mapping[str, str]) -> None:
        """Offer other words."""
        self.choices = dict(choices)
        self._ring = ["", *choices]
        self.draw()

    def found(self, value: str) -> None:
        """Pick it."""
        self.set_value(value)

    def action_turn(self, by: int) -> None:
        """The next word, or the one before."""
        at = self._ring.index(self.value) if self.value in self._ring else -1
        self._typed = self._astray = ""
        self.set_value(self._ring[(at + by) % len(self._ring)])

    def action_none(self) -> None:
        """Pick none."""
        self.set_value("")

    def draw(self) -> None:
        """The word between two signs that it turns."""
        words = self.choices.get(self.value, "")
        tone = Tone.STRONG if words else Tone.QUIET
        pieces = [Piece("‹ " if self.has_focus else "", Tone.KEY), Piece(words or NOT_SAID, tone)]
        pieces.append(Piece(" ›" if self.has_focus else "", Tone.KEY))
        if self._typed and not self._astray:
            pieces.append(Piece(f"   typed: {self._typed}", Tone.QUIET))
        pieces.append(self.astray())
        self.update(show_cell(tuple(pieces)))


class ManyOf(Chooser):
    """Several of some words: letters, left and right go to one, space takes it in or out.

    Out of focus it shows only what is taken. With `whole` a first box takes all of them.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", show=False),
        Binding("right", "move(1)", show=False),
        Binding("space", "take", show=False),
        Binding("delete", "none", show=False),
    ]
    ALL: ClassVar[str] = "all"

    def __init__(
        self,
        choices: Mapping[str, str],
        *,
        id: str,  # noqa: A002
        values: Sequence[str] = (),
        whole: bool = False,
        empty: str = "none",
    ) -> None:
        super().__init__({**({self.ALL: "all of them"} if whole else {}), **choices}, id=id)
        self._real = tuple(choices)
        self._empty = empty
        self.values: tuple[str, ...] = tuple(value for value in choices if value in values)
        self._at = 0

    def set_values(self, values: Sequence[str]) -> None:
        """Take these, and no others."""
        self.values = tuple(value for value in self._real if value in values)
        self.tell()

    def found(self, value: str) -> None:
        """Go to it."""
        self._at = list(self.choices).index(value)

    def action_move(self, by: int) -> None:
        """The next word, or the one before."""
        self._typed = self._astray = ""
        self._at = (self._at + by) % len(self.choices)
        self.draw()

    def action_take(self) -> None:
        """Take the word in or out."""
        value = list(self.choices)[self._at]
        self._typed = ""
        if value == self.ALL:
            self.set_values(() if self.values == self._real else self._real)
        else:
            left = tuple(held for held in self.values if held != value)
            self.set_values(left if value in self.values else (*left, value))

    def action_none(self) -> None:
        """Take none."""
        self.set_values(())

    def draw(self) -> None:
        """Boxes while keys go here, else the words that are taken."""
        width = max(20, self.size.width - 2)
        if not self.has_focus:
            if self.values == self._real and self.ALL in self.choices:
                words = "all of them"
            else:
                words = ", ".join(self.choices[value] for value in self.values)
            tone = Tone.STRONG if words else Tone.QUIET
            lines: list[Cell] = [Piece(line, tone) for line in fold(words or self._empty, width)]
        else:
            lines = [*self._boxes(width), *([self.astray()] if self._astray else [])]
        self.update(show_lines(lines))

    def _boxes(self, width: int) -> list[Cell]:
        lines: list[list[Piece]] = [[]]
        used = 0
        for number, (value, label) in enumerate(self.choices.items()):
            taken = value in self.values or (value == self.ALL and self.values == self._real)
            here = number == self._at
            words = f"{'›' if here else ' '}[{'x' if taken else ' '}] {label}"
            size = cell_len(words) + len(_GAP)
            if used and used + size - len(_GAP) > width:
                lines.append([])
                used = 0
            tone = Tone.KEY if here else Tone.STRONG if taken else Tone.PLAIN
            lines[-1] += [Piece(words, tone), Piece(_GAP)]
            used += size
        return [tuple(line) for line in lines]
