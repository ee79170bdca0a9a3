"""Help: every key that holds on a screen, from the table of verbs, with the worker's own keys."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.verbs import APP, EVERYWHERE, LISTS, SCREEN_TITLES, VERBS, Keymap, grouped, keys_of
from screens.widgets.lines import TitleLine
from screens.widgets.text import Cell, Piece, Tone, show_lines

_LISTING = {"today", "caseload", "import"}


def help_lines(place: str, keymap: Keymap) -> list[Cell]:
    """The lines of Help for one screen; all verbs when the screen has none of its own."""
    places = {place, EVERYWHERE, APP} | ({LISTS} if place in _LISTING else set())
    held = [verb for verb in VERBS if places.intersection(verb.places)]
    views = [verb for verb in held if verb.id.startswith("view-")]
    lines: list[Cell] = []
    for group, verbs in grouped(verb for verb in held if verb not in views[1:]).items():
        lines.append(Piece(group, Tone.STRONG))
        for verb in verbs:
            keys, words = keys_of(verb, keymap), verb.help
            if verb in views:
                keys, words = "1 ... 9", "Saved views with their counts."
            lines.append(
                (Piece(f"  {keys:<14}", Tone.KEY), Piece(f"{verb.label:<14}"), Piece(words, Tone.QUIET))
            )
        lines.append("")
    lines.append("Every verb is also in the palette and a plain command: outreach --help.")
    lines.append("Nothing here can be lost by a wrong key: u takes back any step, also after a restart.")
    return lines


class HelpScreen(ModalScreen[None]):
    """Every key that holds on the screen below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,f1", "leave", "Back", show=False),
    ]

    def __init__(self, place: str, keymap: Keymap) -> None:
        super().__init__(id="help")
        self._place, self._keymap = place, keymap

    def compose(self) -> ComposeResult:
        """The title and the keys, which scroll."""
        title = SCREEN_TITLES.get(self._place, "")
        yield TitleLine(f"Help: {title}" if title else "Help", "esc goes back")
        with VerticalScroll():
            yield Static(show_lines(help_lines(self._place, self._keymap)), markup=False)

    def action_leave(self) -> None:
        """Back to the screen below."""
        self.dismiss()
