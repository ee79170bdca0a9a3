"""Forms whose words are kept as a draft every few keystrokes: no lock, crash or upgrade loses them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static, TextArea

from casework.errors import Locked, OutreachError
from screens.base import OutreachScreen
from screens.dialogs import Confirm
from screens.verbs import bindings_for
from screens.widgets.text import Cell, Piece, Tone, show_cell
from storage.queries.sight import draft_of

if TYPE_CHECKING:
    from storage.drafts import Draft

_SAVE_AFTER = 4
"""Keystrokes between two saves; leaving, locking and a pause save too."""

_PAUSE = 0.4

FOCUS = "focus"
"""The entry of a draft that names the field which takes the keys."""

Keys = Sequence[tuple[str, str]]


def keys_line(keys: Keys) -> Cell:
    """The line below a form."""
    return tuple(piece for key, words in keys for piece in (Piece(key, Tone.KEY), Piece(f" {words}  ")))


class KeptForm(OutreachScreen):
    """A form with a draft. `ctrl+s` keeps what it holds; `esc` leaves and keeps the draft.

    A subclass sets `_ready` once it is filled, and `_saved` to `fields()` as they then are.
    """

    place = "form"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_for("form", everywhere=False),
        Binding("escape", "leave", show=False),
        Binding("ctrl+s,f2", "keep", show=False, priority=True),
        Binding("ctrl+d", "discard", show=False, priority=True),
    ]
    KEYS: ClassVar[Keys] = (
        ("ctrl+s", "save"),
        ("tab", "next field"),
        ("esc", "leave, keeps the draft"),
        ("ctrl+d", "throw away"),
    )
    KEYS_UNSAVED: ClassVar[Keys] = (
        ("ctrl+s", "save"),
        ("tab", "next field"),
        ("esc", "asks: this is kept nowhere"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._strokes = 0
        self._ready = False
        self._gone = False
        self._saved: Mapping[str, str] = {}
        self._unsaved = False
        """Whether what was typed last could not be kept."""

    # What a form says

    @property
    @abstractmethod
    def draft_key(self) -> tuple[str, str]:
        """The form and the subject of its draft."""

    @abstractmethod
    def fields(self) -> dict[str, str]:
        """The form as it stands."""

    @property
    @abstractmethod
    def at(self) -> str:
        """The field that takes the keys."""

    @abstractmethod
    def tell(self, words: str) -> None:
        """Say in the title how the draft stands."""

    @abstractmethod
    async def action_keep(self) -> None:
        """Make a record of it; the draft ends in the same step."""

    async def load_draft(self) -> Draft | None:
        """The draft that was left, if one was and it can be read."""
        form, subject = self.draft_key
        try:
            return await self.ask(lambda store: draft_of(store, form, subject))
        except OutreachError as problem:
            self.say(problem.message, wrong=True)
            return None

    # Saving

    @on(TextArea.Changed)
    @on(Input.Changed)
    def typed(self) -> None:
        """Something was typed."""
        self.touched()

    def touched(self, field: str = "") -> None:
        """Save every few keystrokes, and after a pause."""
        del field
        if not self._ready or self._gone:
            return
        self._strokes += 1
        if self._strokes >= _SAVE_AFTER or self._unsaved:
            self._save_soon()
        else:
            self.set_timer(_PAUSE, self._save_soon)

    def _save_soon(self) -> None:
        self._strokes = 0
        if self.is_attached and not self._gone and self.fields() != self._saved:
            self.run_worker(self.save_draft(), group="draft")

    def kept(self, fields: Mapping[str, str]) -> dict[str, str]:
        """The fields as a draft holds them."""
        return dict(fields)

    async def save_draft(self) -> None:
        """Write the draft; an untouched form leaves none. Where it cannot be written, the form says so."""
        if self._gone or not self._ready:
            return
        fields = self.fields()
        if fields == self._saved:
            return
        held = {**self.kept(fields), FOCUS: self.at}
        form, subject = self.draft_key
        try:
            await self.ask(lambda store: store.drafts.save(form, subject, held))
        except Locked:
            return
        except OutreachError as problem:
            self._not_kept(problem)
            return
        self._saved = fields
        if self.is_attached:
            self.tell("draft saved")
            if self._unsaved:
                self._unsaved = False
                self.query_one("#keys", Static).update(show_cell(keys_line(self.KEYS)))
                self.say("All of it is kept as a draft again.")

    def _not_kept(self, problem: OutreachError) -> None:
        """What is on the screen is nowhere else: say so until it is kept."""
        self.tell("NOT saved: no room" if problem.code == "disk-full" else "NOT saved")
        self.query_one("#keys", Static).update(show_cell(keys_line(self.KEYS_UNSAVED)))
        if not self._unsaved:
            self.say(problem.message, wrong=True)
        self._unsaved = True

    async def before_lock(self) -> None:
        """The last words before the caseload closes."""
        await self.save_draft()

    # Leaving

    async def action_leave(self) -> None:
        """Back; the draft stays. Words that could not be kept are given up after a yes only."""
        await self.save_draft()
        if self._unsaved and self.fields() != self._saved:
            question = "Leave? What you typed last is kept nowhere: it would be lost."
            await self.question(Confirm(question), self._left)
        else:
            await self._left(True)

    async def _left(self, yes: bool | None) -> None:
        if yes:
            self._gone = True
            self.dismiss()

    def leave_saying(self, sentence: str) -> None:
        """Close; the screen below says what was kept."""
        below = self.app.screen_stack[-2]
        self.dismiss()
        if isinstance(below, OutreachScreen):
            below.say(sentence)

    def action_discard(self) -> None:
        """Throw the draft away, after a yes."""
        form, subject = self.draft_key

        async def throw() -> None:
            self._gone = True
            try:
                await self.ask(lambda store: store.drafts.discard(form, subject))
            except OutreachError as problem:
                self._gone = False
                self.say(problem.message, wrong=True)
                return
            self.dismiss()

        def answered(yes: bool | None) -> None:
            if yes:
                self.run_worker(throw(), group="draft")

        self.app.push_screen(Confirm("Throw away what you wrote here?"), answered)
