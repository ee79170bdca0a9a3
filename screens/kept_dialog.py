"""Dialogs whose words are kept as a draft every few keystrokes, as `screens.kept_form` does for forms."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from casework.errors import Locked, OutreachError
from casework.text import clean
from screens.dialogs import Dialog
from screens.fields import LineField
from screens.left_over import HIDDEN_DRAFT, as_text, left_over
from screens.reopening import LeftOpen
from screens.small_windows import SmallSign
from screens.widgets.text import Tone, show

if TYPE_CHECKING:
    from screens.base import OutreachScreen
    from storage.queries.still_seen import FormSeen
    from storage.store import Store

R = TypeVar("R")

KEPT_EVERY = 6
"""Characters typed between two savings of a draft; a pause saves too."""

_PAUSE = 0.4


@dataclass(frozen=True, slots=True)
class KeptAs:
    """The draft of a dialog: its form and subject, what it held, and what writes it.

    `fields` begin the dialog, and `more` says what it is about where the subject does not. `keep` raises
    OutreachError where they cannot be written.
    """

    form: str
    subject: str
    keep: Callable[[Mapping[str, str]], Awaitable[None]]
    fields: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)
    hidden: bool = False
    """Whether another one was put aside that must not be shown."""
    seen_as: FormSeen | None = None
    """What the dialog is about."""

    @property
    def key(self) -> tuple[str, str]:
        """By what a step ends the draft."""
        return (self.form, self.subject)


async def kept_as(
    screen: OutreachScreen, form: str, subject: str, more: Mapping[str, str] | None = None
) -> KeptAs | None:
    """The draft of a dialog of this screen; an emptied one ends. A refusal is said, and gives None."""
    from storage.queries.sight import find_draft
    from storage.queries.still_seen import form_seen

    about = dict(more or {})

    async def keep(fields: Mapping[str, str]) -> None:
        if any(value.strip() for value in fields.values()):
            await screen.ask(lambda store: store.drafts.save(form, subject, {**about, **fields}))
        else:
            await screen.ask(lambda store: store.drafts.discard(form, subject))

    def read(store: Store) -> tuple[Mapping[str, str], bool, FormSeen]:
        found = find_draft(store, form, subject)
        if found.hidden:
            # A dialog is opened to be answered: whatever it ends, it never ends this one.
            store.drafts.put_aside(form, subject)
        held = {} if found.draft is None else found.draft.fields
        return held, found.hidden, form_seen(store, form, subject)

    answer = await screen.attempt(read)
    if answer is None:
        return None
    fields, hidden, seen_as = answer
    return KeptAs(form, subject, keep, fields, about, hidden=hidden, seen_as=seen_as)


class KeptDialog(Dialog[R]):
    """A dialog with a draft. `esc` leaves, and what was typed stays; words kept nowhere take a second press.

    A subclass calls `stroke` for each change, and `trouble` shows a sentence in it.
    """

    def __init__(self, kept: KeptAs) -> None:
        super().__init__()
        self._kept = kept
        self._held: dict[str, str] | None = None
        """What the draft holds of the fields, None until it was read from the dialog as it began."""
        self._began: dict[str, str] = {}
        self._over: dict[str, str] = {}
        """Words of another version, for which the dialog has no field."""
        self._unkept = 0
        self._gone = False
        """Closed with what it holds: no later message may save a draft of it again."""
        self._unsaved = False
        """Whether what was typed last could not be kept."""
        self._asked = False
        """Whether the last key was an esc that left nothing."""

    @abstractmethod
    def typed(self) -> dict[str, str]:
        """The dialog as it stands."""

    @abstractmethod
    def trouble(self, words: str) -> None:
        """Say in the dialog what is wrong; "" says nothing."""

    def kept(self, typed: Mapping[str, str]) -> dict[str, str]:
        """What was typed as a draft holds it."""
        return dict(typed)

    @property
    def seen_as(self) -> FormSeen | None:
        """What it is about."""
        return self._kept.seen_as

    @property
    def was_typed(self) -> bool:
        """Whether words stand in it that somebody typed, now or before."""
        return bool(self._kept.fields) or self._unkept > 0 or (self._held or {}) != self._began

    def withheld(self, store: Store) -> str:
        """Why this dialog may not be shown any more, or ""."""
        from storage.queries.still_seen import why_form_closes

        return why_form_closes(store, self.seen_as) if self.seen_as is not None else ""

    async def end_words(self, *, stay: bool) -> None:
        """The dialog is closed from outside: what was typed is kept once more where it may stay."""
        if stay:
            await self.before_lock()
        self._gone = True

    @property
    def left_open(self) -> LeftOpen:
        """Where a lock finds this dialog; nowhere once it was closed."""
        return LeftOpen() if self._gone else LeftOpen(self._kept.form, self._kept.subject)

    def begin(self) -> None:
        """It shows what the draft held; what it has no field for is said, and stays in the draft."""
        self._held = self._began = self.typed()
        given = {name: value for name, value in self._kept.fields.items() if name not in self._kept.more}
        self._over = left_over(given, self._held)
        if self._kept.hidden:
            self.trouble(HIDDEN_DRAFT)
        elif self._over:
            self.trouble(f"Another version kept more: “{clean(as_text(self._over))}”. It stays in the draft.")

    async def stroke(self) -> None:
        """Keep a draft every few letters, and after a pause."""
        self._unkept += 1
        self._asked = False
        if self._unkept >= KEPT_EVERY or self._unsaved:
            await self.before_lock()
        else:
            self.set_timer(_PAUSE, self._keep_soon)

    async def _keep_soon(self) -> None:
        if self.is_attached and self._unkept:
            await self.before_lock()

    async def before_lock(self) -> None:
        """Keep what was typed: the lock is coming, the worker leaves, or some letters were typed."""
        self._unkept = 0
        if self._gone or self._held is None:
            return
        typed = self.typed()
        if typed == self._held:
            return
        try:
            await self._kept.keep({**self._over, **self.kept(typed)})
        except Locked:
            return
        except OutreachError as problem:
            self._unsaved = True
            self.trouble(f"NOT saved: {problem.message}")
            return
        self._held = typed
        if self._unsaved:
            self._unsaved = False
            self.trouble("")

    async def close(self, result: R) -> None:
        """Close with a result. The draft is whole by then, for the step that ends it may be refused."""
        await self.before_lock()
        if not self._unsaved:
            self._gone = True
            self.dismiss(result)

    async def action_leave(self) -> None:
        """Leave; the draft stays. Words that could not be kept are given up at a second press only."""
        asked, self._asked = self._asked, False
        await self.before_lock()
        if self._unsaved and not asked:
            self._asked = True
            self.trouble("NOT saved, kept nowhere. esc again leaves without these words.")
            return
        self._gone = True
        self.dismiss(None)


class AskWords(KeptDialog[str | None]):
    """A line of words with a draft, `value` where there is none; None when left with `esc`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", show=False)]
    DEFAULT_CSS = """
    AskWords .wrong { height: auto; display: none; }
    """

    def __init__(self, question: str, kept: KeptAs, value: str = "") -> None:
        super().__init__(kept)
        self._question, self._value = question, value

    def compose(self) -> ComposeResult:
        """The question and the line."""
        yield SmallSign()
        with Vertical(classes="box"):
            yield Static(show(self._question, Tone.STRONG), classes="question", markup=False)
            yield LineField(clean(self._kept.fields.get("words", self._value)))
            yield Static(classes="wrong", markup=False)
            yield Static("enter keeps, esc leaves a draft", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Go on with the draft that was left; words that nobody typed are replaced by what is typed."""
        if "words" not in self._kept.fields:
            self.query_one(LineField).action_select_all()
        self.begin()

    def typed(self) -> dict[str, str]:
        """The line."""
        return {"words": self.query_one(LineField).value}

    def trouble(self, words: str) -> None:
        """Below the line."""
        for line in self.query(".wrong").results(Static):
            line.update(show(words, Tone.ALERT))
            line.display = bool(words)

    @on(Input.Submitted)
    async def keep(self, event: Input.Submitted) -> None:
        """Close with the line, cleaned."""
        event.stop()
        await self.close(clean(event.value).strip())

    @on(Input.Changed)
    async def count_letters(self, event: Input.Changed) -> None:
        """Keep a draft every few letters."""
        event.stop()
        await self.stroke()
