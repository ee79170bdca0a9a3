"""Whether a child of a file is a child of the caseload: asked one by one, never guessed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.widgets.fitting import short
from screens.widgets.text import Cell, Piece, Tone, show_lines
from storage.intake.report import LATER, Answer, Question

_NAME = 40


class AskSame(ModalScreen[Answer]):
    """`y` the same child, `n` another one; `esc` leaves it for later, and the row is set aside."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "same", show=False),
        Binding("n", "other", show=False),
        Binding("escape", "later", show=False),
    ]

    def __init__(self, question: Question, where: str = "") -> None:
        super().__init__(classes="dialog")
        self._question, self._where = question, where
        self._at = 0

    def compose(self) -> ComposeResult:
        """Both children, side by side."""
        with Vertical(classes="box"):
            yield Static(id="same", markup=False)

    def on_mount(self) -> None:
        """Show the first candidate."""
        self._draw()

    def _draw(self) -> None:
        asked = self._question
        other = asked.candidates[self._at]
        many = f" (candidate {self._at + 1} of {len(asked.candidates)})" if len(asked.candidates) > 1 else ""
        rows: list[tuple[str, str, str]] = [
            ("name", asked.name, other.name),
            ("born", asked.dob, other.dob),
            ("UPN", asked.upn, other.upn),
            ("school", "", other.school),
        ]
        lines: list[Cell] = [
            Piece(f"Is this the same child?{many}  {self._where}", Tone.STRONG),
            Piece(f"Line {asked.line}: {asked.reason}.", Tone.QUIET),
            "",
        ]
        for label, new, held in rows:
            same = "same" if new and new == held else "differs" if new and held else ""
            lines.append(
                (Piece(f"{label:<7} ", Tone.QUIET), Piece("file     "), Piece(short(new, _NAME) or "-"))
            )
            lines.append(
                (
                    Piece("        "),
                    Piece("caseload "),
                    Piece(short(held, _NAME) or "-"),
                    Piece(f"  {same}", Tone.WARN),
                )
            )
        keys = (
            Piece("y", Tone.KEY), Piece(" same child   "), Piece("n", Tone.KEY), Piece(" another child   "),
            Piece("esc", Tone.KEY), Piece(" later"),
        )  # fmt: skip
        self.query_one("#same", Static).update(show_lines([*lines, "", keys]))

    def action_same(self) -> None:
        """The same child."""
        self.dismiss(Answer("same", self._question.candidates[self._at].id))

    def action_other(self) -> None:
        """Not this one: the next candidate, after the last a new child."""
        if self._at + 1 < len(self._question.candidates):
            self._at += 1
            self._draw()
        else:
            self.dismiss(Answer("new"))

    def action_later(self) -> None:
        """Nobody says; the row is set aside and asked about again next time."""
        self.dismiss(LATER)
