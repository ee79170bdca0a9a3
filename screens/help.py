"""Help: every key that holds on a screen, from the table of verbs, with the worker's own keys."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.events import Resize
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.drawn_once import DrawnOnce
from screens.verb_tables.verb import APP, EVERYWHERE, LISTS
from screens.verbs import SCREEN_TITLES, VERBS, Keymap, grouped, keys_of
from screens.widgets.lines import TitleLine
from screens.widgets.text import Cell, Piece, Tone, show_lines

_LISTING = {
    *("today", "caseload", "child", "clocks", "supervision", "import"),
    *("consent", "disagreements", "plan", "review", "case", "schools", "notifications", "notification"),
    *("conflicts", "settled"),
}
_LINES = {
    *("child", "consent", "disagreements", "plan", "review", "case", "schools", "notification"),
    *("conflicts", "settled"),
}
_MARKS = {"mark", "mark-all"}
"""Verbs of lists that mean nothing among the lines of a page."""

_INDENT = 28
_WIDEST = 110
_NARROW = 56
"""Cells below which what a verb does stands in lines of its own."""

_LAST_LINES = (
    "Every verb is also in the palette (ctrl+p), and every daily one is a plain command: outreach --help.",
    "A slip is no harm: u takes back any step, also after a restart.",
)


def help_lines(place: str, keymap: Keymap, width: int, keys: Sequence[tuple[str, str]] = ()) -> list[Cell]:
    """The lines of Help for one screen, folded to `width` cells.

    `keys` are those of a form with what they do: there letters are words, and no verb of another place holds.
    """
    places = {APP} if keys else {place, EVERYWHERE, APP} | ({LISTS} if place in _LISTING else set())
    held = [
        verb
        for verb in VERBS
        if places.intersection(verb.places) and not (place in _LINES and verb.id in _MARKS)
    ]
    views = [verb for verb in held if verb.id.startswith("view-")]
    lines: list[Cell] = [Piece("In this form", Tone.STRONG), *_form_lines(keys, width), ""] if keys else []
    for group, verbs in grouped(verb for verb in held if verb not in views[1:]).items():
        lines.append(Piece(group, Tone.STRONG))
        for verb in verbs:
            pressed, words = keys_of(verb, keymap), verb.help
            if verb in views:
                pressed, words = "1 ... 9", "Saved views with their counts."
            head = (Piece(f"  {pressed:<12}", Tone.KEY), Piece(f"{verb.label:<14}"))
            if width < _NARROW:
                lines.append(head)
                lines += [
                    Piece(f"    {part}", Tone.QUIET) for part in textwrap.wrap(words, max(10, width - 4))
                ]
                continue
            first, *rest = textwrap.wrap(words, width - _INDENT) or [""]
            lines.append((*head, Piece(first, Tone.QUIET)))
            lines += [Piece(" " * _INDENT + more, Tone.QUIET) for more in rest]
        lines.append("")
    return lines + [part for line in _LAST_LINES for part in textwrap.wrap(line, max(20, width))]


def _form_lines(keys: Sequence[tuple[str, str]], width: int) -> list[Cell]:
    lines: list[Cell] = []
    for key, words in [*keys, ("f1", "this help"), ("f2", "save, as ctrl+s")]:
        first, *rest = textwrap.wrap(words, max(10, width - 14))
        lines.append((Piece(f"  {key:<12}", Tone.KEY), Piece(first)))
        lines += [Piece(" " * 14 + more) for more in rest]
    return lines


class HelpScreen(DrawnOnce[None], ModalScreen[None]):
    """Every key that holds on the screen below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,f1", "leave", "Back", show=False),
    ]

    def __init__(self, place: str, keymap: Keymap, keys: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(id="help")
        self._place, self._keymap, self._keys = place, keymap, keys

    def compose(self) -> ComposeResult:
        """The title and the keys, which scroll."""
        title = SCREEN_TITLES.get(self._place, "")
        yield TitleLine(f"Help: {title}" if title else "Help", "esc goes back")
        with VerticalScroll():
            yield Static(id="keys", markup=False)

    def on_resize(self, event: Resize) -> None:
        """Fold the words to the new width."""
        width = min(event.size.width, _WIDEST) - 7
        lines = help_lines(self._place, self._keymap, width, self._keys)
        self.query_one("#keys", Static).update(show_lines(lines))

    def action_leave(self) -> None:
        """Back to the screen below."""
        self.dismiss()
