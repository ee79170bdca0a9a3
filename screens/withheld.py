"""Closing what may be shown no more: a withdrawal came in while a form or a text was open.

Pages and lists read again and refuse by themselves. What is not read again, a half-filled form or a text,
says through `withheld` why it has to go; whatever stands above it goes with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Static

from screens.dialogs import Dialog
from screens.reopening import words_of
from screens.small_windows import SmallSign
from screens.widgets.text import Piece, Tone, show, show_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.desk import Desk
    from storage.queries.still_seen import FormSeen
    from storage.store import Store

_ROOMS = 2
"""Screens at the bottom of the stack that never close: the app's own and the room."""


class Notice(Dialog[None]):
    """Something that has to be read. Only `esc` leaves: keys for a form that is gone do nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", show=False)]

    def __init__(self, head: str, words: str) -> None:
        super().__init__()
        self._head, self._words = head, words

    def compose(self) -> ComposeResult:
        """What happened, why, and the key."""
        yield SmallSign()
        with Vertical(classes="box"):
            yield Static(show(self._head, Tone.STRONG), classes="question", markup=False)
            yield Static(show(self._words), classes="details", markup=False)
            yield Static(show_lines([(Piece("esc", Tone.KEY), Piece(" goes on"))]), markup=False)

    def action_leave(self) -> None:
        """Read."""
        self.dismiss(None)


async def close_withheld(desk: Desk[Any], stack: Sequence[Screen[Any]]) -> Notice | None:
    """Close the lowest screen that may not be shown any more and all above it; what is to be said of it.

    What was typed stays a draft where it may be kept. Raises OutreachError, Locked after a lock.
    """
    asked: list[tuple[int, Callable[[Store], str]]] = []
    for place, screen in enumerate(stack):
        why = getattr(screen, "withheld", None)
        if place >= _ROOMS and why is not None:
            asked.append((place, why))
    if not asked:
        return None

    def first(store: Store) -> tuple[int, str]:
        return next(((place, words) for place, why in asked if (words := why(store))), (0, ""))

    place, reason = await desk.run(first)
    if not reason:
        return None
    told = [await _close(desk, screen) for screen in reversed(stack[place:]) if screen.is_current]
    form, draft = next((one for one in told if one[0]), ("", ""))
    head = f"The {words_of(form)} that was open is closed." if form else "What was open here is closed."
    return Notice(head, " ".join(filter(None, (reason, draft))))


async def _close(desk: Desk[Any], screen: Screen[Any]) -> tuple[str, str]:
    """Close the uppermost screen; the word of its form and what became of the words typed into it."""
    seen: FormSeen | None = getattr(screen, "seen_as", None)
    form, draft = "", ""
    if seen is not None:
        form, draft = seen.form, await _end_form(desk, screen, seen)
    await screen.dismiss(None)
    return form, draft


async def _end_form(desk: Desk[Any], screen: Any, seen: FormSeen) -> str:
    from storage.queries.still_seen import may_stay_draft

    key: tuple[str, str] = screen.left_open.key
    stays = await desk.run(lambda store: may_stay_draft(store, seen))
    await screen.end_words(stay=stays)
    if not stays:
        await desk.run(lambda store: store.drafts.discard(*key))
    if not screen.was_typed:
        return ""
    return "What you typed stays a draft." if stays else "What you typed is gone with it: it may not be kept."
