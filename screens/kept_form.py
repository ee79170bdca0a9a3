"""Forms whose words are kept as a draft every few keystrokes: no lock, crash or upgrade loses them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static, TextArea

from casework.errors import Locked, OutreachError
from casework.hide_address import ADDRESS_TYPED
from casework.text import clean
from screens.base import OutreachScreen, Shell
from screens.dialogs import Confirm
from screens.left_over import HIDDEN_DRAFT, as_text, left_over
from screens.reopening import LeftOpen
from screens.speaking_form import SpeakingForm
from screens.verbs import bindings_for
from screens.widgets.fitting import short
from screens.widgets.text import Cell, Piece, Tone, show_cell
from storage.queries.sight import DraftFound, find_draft
from storage.queries.still_seen import FormSeen, form_seen, why_form_closes

if TYPE_CHECKING:
    from storage.drafts import Draft
    from storage.store import Store

_SAVE_AFTER = 4
"""Keystrokes between two saves; leaving, locking and a pause save too."""

_PAUSE = 0.4

_OVER_SHOWN = 120
"""Letters of words without a field that a form shows; the question before it is kept shows all."""

FOCUS = "focus"
"""The entry of a draft that names the field which takes the keys."""

Keys = Sequence[tuple[str, str]]


def keys_line(keys: Keys) -> Cell:
    """The line below a form."""
    return tuple(piece for key, words in keys for piece in (Piece(key, Tone.KEY), Piece(f" {words}  ")))


class KeptForm(SpeakingForm):
    """A form with a draft. `ctrl+s` keeps what it holds; `esc` leaves and keeps the draft.

    A subclass calls `begin` once it is filled. Words of the draft for which it has no field (another version
    kept them) stay in the draft and on the screen, until f6 puts them into a field or a yes gives them up.
    """

    place = "form"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_for("form", everywhere=False),
        Binding("escape", "leave", show=False),
        Binding("ctrl+s,f2", "keep_all", show=False, priority=True),
        Binding("f6", "take_left_over", show=False, priority=True),
        Binding("ctrl+d", "discard", show=False, priority=True),
        Binding("f1", "help", show=False, priority=True),
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
        self._warned = False
        """Whether it was said that an address stands in the words, and it still does."""
        self._unseen = False
        """Whether a draft stands under this form's key that was not shown: nothing may be written over it."""
        self.hides: Sequence[str] = ()
        """Addresses that stand in nothing which the form tells: only in what it lets a person change."""
        self._over: dict[str, str] = {}
        """Words of the draft that have no field here, by the name under which they stay in it."""
        self.seen_as: FormSeen | None = None
        """What the form is about, since its draft was looked for."""
        self.was_typed = False
        """Whether words stand in it that somebody typed, now or before."""

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> KeptForm | None:
        """The form about the subject of a draft; None where it is on record no more. Raises OutreachError.

        A form that `screens.reopening` names gives itself here; its draft fills it when it is shown.
        """
        del shell, left
        return None

    # What a form says

    @property
    def made_id(self) -> str:
        """The record that keeping it made, on which the screen below may stand; "" for none of its own."""
        return ""

    @property
    @abstractmethod
    def draft_key(self) -> tuple[str, str]:
        """The form and the subject of its draft."""

    @property
    @abstractmethod
    def at(self) -> str:
        """The field that takes the keys."""

    @property
    def left_open(self) -> LeftOpen:
        """Where a lock finds this form."""
        return LeftOpen(*self.draft_key, "" if self._gone else self.at)

    @abstractmethod
    def tell(self, words: str) -> None:
        """Say in the title how the draft stands."""

    @abstractmethod
    async def action_keep(self) -> None:
        """Make a record of it; the draft ends in the same step."""

    async def load_draft(self) -> Draft | None:
        """The draft that was left, if one was and it can be shown; one that cannot be is never lost."""
        form, subject = self.draft_key
        self._unseen = True

        def read(store: Store) -> tuple[DraftFound, list[str], FormSeen]:
            from storage.queries.guarded_words import guarded_addresses
            from storage.queries.sight import child_of_draft

            child = child_of_draft(store, subject) if subject else None
            hides = guarded_addresses(store, child) if child else []
            return find_draft(store, form, subject), hides, form_seen(store, form, subject)

        try:
            found, self.hides, self.seen_as = await self.ask(read)
        except OutreachError as problem:
            self.say(problem.message, wrong=True)
            return None
        self._unseen = found.hidden
        return found.draft

    def begin(self, draft: Draft | None) -> None:
        """It is filled: from here on what is typed is kept."""
        self._saved = self.fields()
        if draft is not None:
            self.was_typed = True
            given = {name: value for name, value in draft.fields.items() if name != FOCUS}
            self._over = left_over(given, self._saved)
            self._go_to_ends()
        if self._over or self._unseen:
            self.call_later(self._show_left_over)
        self.keep_in_sight()
        self._ready = True

    def _go_to_ends(self) -> None:
        """What is typed goes on behind the words that were brought back; what is selected stays so."""
        for area in self.query(TextArea):
            area.move_cursor(area.document.end)
        for line in self.query(Input):
            if line.selection.is_empty:
                line.cursor_position = len(line.value)

    def action_help(self) -> None:
        """The keys of this form: F1 alone, for a letter is a word here."""
        self.shell.show_help(self.place, self.KEYS)

    # Words of another version

    async def _show_left_over(self) -> None:
        for line in self.query("#left-over").results(Static):
            await line.remove()
        if self.is_bare:
            return
        if self._unseen:
            cell: Cell = Piece(HIDDEN_DRAFT, Tone.WARN)
            await self.mount(Static(show_cell(cell), id="left-over", markup=False), before="#said")
        elif self._over:
            words = f"Another version kept more: “{short(clean(as_text(self._over)), _OVER_SHOWN)}” "
            cell = (Piece(words, Tone.WARN), Piece("F6", Tone.KEY), Piece(" puts it into this field."))
            await self.mount(Static(show_cell(cell), id="left-over", markup=False), before="#said")

    async def action_take_left_over(self) -> None:
        """Put what has no field of its own below the words of the field that takes the keys."""
        if not self._over:
            return
        area = self.focused
        if not isinstance(area, TextArea):
            self.say("Go to a field that takes several lines first, then press F6.", wrong=True)
            return
        area.text = "\n".join(filter(None, (area.text.rstrip(), clean(as_text(self._over), newlines=True))))
        area.move_cursor(area.document.end)
        self._over = {}
        self._saved = {}
        await self._show_left_over()
        await self.save_draft()

    async def action_keep_all(self) -> None:
        """Keep it, once what was typed before is in its field: a letter goes a longer way than this key."""
        (self.focused or self).call_later(self.call_later, self._keep_all)

    async def _keep_all(self) -> None:
        """Keep it; words that have no field here are given up after a yes only."""
        if self.is_asking or self._gone or not await self._room_made():
            return
        self.right_again()
        if not self._over:
            await self.action_keep()
            return

        async def answered(yes: bool | None) -> None:
            if yes:
                self.call_later(self.action_keep)

        lines: list[Cell] = [Piece(line) for line in clean(as_text(self._over), newlines=True).split("\n")]
        await self.question(Confirm("Keep it without these words of another version?", lines), answered)

    async def _room_made(self) -> bool:
        """Put a draft aside that was not shown: the step that ends this form's draft would end that one."""
        form, subject = self.draft_key
        if self._unseen:
            try:
                await self.ask(lambda store: store.drafts.put_aside(form, subject))
            except OutreachError as problem:
                self.say(problem.message, wrong=True)
                return False
            self._unseen = False
        return True

    # Saving

    @on(TextArea.Changed)
    @on(Input.Changed)
    def typed(self) -> None:
        """Something was typed."""
        self.touched()

    def touched(self, field: str = "") -> None:
        """Save every few keystrokes, and after a pause; what was wrong with that field is said no more."""
        if not self._ready or self._gone:
            return
        self.look_again(field)
        self._strokes += 1
        self.was_typed = True
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
        held = {**self._over, **self.kept(fields), FOCUS: self.at}
        form, subject = self.draft_key

        def write(store: Store) -> bool:
            from storage.queries.guarded_words import address_typed
            from storage.queries.sight import child_of_draft

            # Asked here, one save after another: the next one would put this one's words aside.
            store.drafts.save(form, subject, held, aside=self._unseen)
            self._unseen = False
            child = child_of_draft(store, f"{subject} {fields.get('chosen', '')}")
            return child is not None and address_typed(store, child, fields.values())

        try:
            warns = await self.ask(write)
        except Locked:
            return
        except OutreachError as problem:
            self._not_kept(problem)
            return
        self._saved = fields
        if self.is_attached:
            self.tell("draft saved")
            if warns and not self._warned:
                self.say(ADDRESS_TYPED, wrong=True)
            self._warned = warns
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

    def withheld(self, store: Store) -> str:
        """Why this form may not be shown any more, or ""."""
        return why_form_closes(store, self.seen_as) if self.seen_as is not None else ""

    async def end_words(self, *, stay: bool) -> None:
        """The form is closed from outside: what was typed is kept once more where it may stay."""
        if stay:
            await self.save_draft()
        self._gone = True

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
        if isinstance(below, OutreachScreen) and self.made_id:
            below.came_in(self.made_id)
        self.dismiss()
        if isinstance(below, OutreachScreen):
            below.say(sentence)

    def action_discard(self) -> None:
        """Throw the draft away, after a yes."""
        form, subject = self.draft_key

        async def throw() -> None:
            if not await self._room_made():
                return
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
