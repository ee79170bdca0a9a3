"""The form of a follow-up: a reason by its code, and words; what is typed is kept as a draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Static, TextArea

from casework.codes import Code
from casework.text import clean
from screens.areas import BoundedArea
from screens.follow_up import Given
from screens.kept_dialog import KeptAs, KeptDialog
from screens.small_windows import SmallSign
from screens.widgets.marks_strip import TONES
from screens.widgets.text import Cell, Piece, Tone, show, show_lines

_MEANING_CELLS = 31
_TWO_COLUMNS = 74
"""Cells from which codes stand in two columns."""


class WordsBox(BoundedArea):
    """Words: enter keeps them, ctrl+j starts a new line."""

    longest = 20_000

    @dataclass
    class Kept(Message):
        """Enter was pressed."""

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(self.Kept())
        elif event.key == "ctrl+j":
            event.stop()
            event.prevent_default()
            self.insert("\n")
        else:
            await super()._on_key(event)


class WordsForm(KeptDialog[Given | None]):
    """Words about one child, with a code before them when `codes` are given.

    A code is picked by typing it; one that begins another (C, C1) waits for enter. `esc` leaves, and what
    was typed stays a draft. With `required` an empty form is not kept.
    """

    AUTO_FOCUS = ""
    AROUND = 7
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", show=False),
        Binding("backspace", "unpick", "Delete", show=False),
        Binding("enter", "enter", "Take", show=False),
    ]
    DEFAULT_CSS = """
    WordsForm {
        WordsBox { display: none; }
        &.-words WordsBox { display: block; }
        &.-words .details { display: none; }
        #trouble { height: auto; }
    }
    """

    def __init__(
        self,
        question: str,
        *,
        kept: KeptAs,
        codes: Sequence[Code] = (),
        start: Given | None = None,
        required: bool = False,
    ) -> None:
        super().__init__(kept)
        self._question, self._codes, self._required = question, tuple(codes), required
        self._start = start or Given("")
        self._typed = ""
        self._code: Code | None = next((c for c in self._codes if c.code == self._start.code), None)

    def compose(self) -> ComposeResult:
        """The question, the codes, the words and the keys."""
        yield SmallSign()
        with Vertical(classes="box"):
            yield Static(show(self._question, Tone.STRONG), classes="question", markup=False)
            with VerticalScroll(classes="details", can_focus=False):
                yield Static(id="codes", markup=False)
            yield Static(id="picked", markup=False)
            yield WordsBox(clean(self._start.words, newlines=True), soft_wrap=True)
            yield Static(id="trouble", markup=False)

    def on_mount(self) -> None:
        """Ask for the code first, or for the words at once."""
        self.query_one(WordsBox).move_cursor(self.query_one(WordsBox).document.end)
        self._draw()
        self.begin()

    @property
    def _picking(self) -> bool:
        return bool(self._codes) and self._code is None

    def _draw(self) -> None:
        self.set_class(not self._picking, "-words")
        picked = self.query_one("#picked", Static)
        if self._picking:
            self.query_one("#codes", Static).update(show_lines(self._code_lines()))
            fits = [code.code for code in self._fitting()]
            if self._typed:
                more = ", ".join(code for code in fits if code != self._typed)
                exact = f"enter takes {self._typed}, or type on: " if self._typed in fits else "type on: "
                words = exact + more
                picked.update(show_lines(["", (Piece(f"{self._typed} ", Tone.KEY), Piece(words))]))
            else:
                picked.update(show_lines(["", Piece("type the code; esc leaves", Tone.QUIET)]))
            return
        box = self.query_one(WordsBox)
        hint = "enter keeps, ctrl+j new line, esc leaves a draft"
        if self._code is not None:
            head: Cell = (
                Piece(f"{self._code.code} ", TONES[self._code.kind]),
                Piece(f"{self._code.meaning}: passed to the school, which decides"),
            )
            hint = "words if you like; " + hint
            picked.update(show_lines([head, Piece(hint, Tone.QUIET)]))
        else:
            picked.update(show(hint, Tone.QUIET))
        box.focus()

    def _code_lines(self) -> list[Cell]:
        fits = self._fitting()
        cells: list[tuple[Piece, ...]] = []
        for code in self._codes:
            live = code in fits
            meaning = code.meaning
            if len(meaning) > _MEANING_CELLS:
                meaning = meaning[: _MEANING_CELLS - 1].rstrip() + "…"
            tone = Tone.PLAIN if live else Tone.QUIET
            sign = code.code if live else ""
            cells.append(
                (Piece(f"{sign:<3}", TONES[code.kind]), Piece(f"{meaning:<{_MEANING_CELLS + 1}}", tone))
            )
        if self.size.width < _TWO_COLUMNS:
            return list(cells)
        rows = (len(cells) + 1) // 2
        return [(*cells[row], *(cells[row + rows] if row + rows < len(cells) else ())) for row in range(rows)]

    def _fitting(self) -> list[Code]:
        return [code for code in self._codes if code.code.startswith(self._typed)]

    def on_key(self, event: events.Key) -> None:
        """Letters pick the code. A letter typed ahead of the words lands in them."""
        if self.has_class("-small") or not event.is_printable or event.key == "enter":
            return
        if event.character is None:
            return
        event.stop()
        if not self._picking:
            self.query_one(WordsBox).insert(event.character)
            return
        before, self._typed = self._typed, self._typed + event.character.upper()
        fits = self._fitting()
        if not fits:
            self._typed = before
        elif [code.code for code in fits] == [self._typed]:
            self._code = fits[0]
        self._draw()

    def on_resize(self, _event: events.Resize) -> None:
        """Codes stand in as many columns as fit."""
        if self._picking:
            self._draw()

    async def action_enter(self) -> None:
        """Take the code that was typed in full, or keep the form."""
        if self._picking:
            self._code = next((code for code in self._fitting() if code.code == self._typed), None)
            self._draw()
        else:
            await self._finish()

    def action_unpick(self) -> None:
        """Take back the last letter of a code."""
        self._typed = self._typed[:-1]
        if self._picking:
            self._draw()

    @on(WordsBox.Kept)
    async def finish(self, event: WordsBox.Kept) -> None:
        """Enter was pressed in the words."""
        event.stop()
        await self._finish()

    async def _finish(self) -> None:
        given = self._given()
        if self._required and not given.words:
            self.trouble("A few words are needed here: what ended it? esc leaves.")
        else:
            await self.close(given)

    def _given(self) -> Given:
        words = clean(self.query_one(WordsBox).text, newlines=True).strip()
        return Given(words, self._code.code if self._code else "")

    def typed(self) -> dict[str, str]:
        """The words and the code."""
        given = self._given()
        return {"words": given.words, "code": given.code}

    @on(TextArea.Changed)
    async def count_letters(self, event: TextArea.Changed) -> None:
        """Keep a draft every few letters."""
        event.stop()
        await self.stroke()

    def trouble(self, words: str) -> None:
        """Below the words."""
        for line in self.query("#trouble").results(Static):  # none is left where a lock took the form away
            line.update(show(words, Tone.WARN))
