"""Log a contact: kind, outcome, child seen, a note and the next step. Every pause is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Focus
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from casework.errors import Locked, OutreachError
from casework.followups import contact
from casework.records import Contact
from casework.text import clean
from casework.wording import say_value
from screens.areas import PageField
from screens.base import OutreachScreen
from screens.dialogs import Choice, Confirm, PickOne
from screens.fields import LineField
from screens.verbs import bindings_for
from screens.widgets.fitting import short
from screens.widgets.lines import SaidLine, TitleLine
from screens.widgets.text import Piece, Tone, show_cell
from storage.queries.sight import draft_of

if TYPE_CHECKING:
    from storage.desk import Desk
    from storage.journal import Receipt
    from storage.store import Store

FORM = "contact"
_SAVE_AFTER = 4
"""Keystrokes between two saves; leaving, locking and a pause save too."""

_PAUSE = 0.4

HOME_VISIT = (
    "Child seen? (where, how they looked): \n"
    "Spoken to alone? (if not, why): \n"
    "The child's own words: \n"
    "Reason given for absence: \n"
)


_FOCUS = "focus"
"""The entry of a draft that names the field which takes the keys."""

_KEYS = (
    ("ctrl+s", "save"),
    ("tab", "next field"),
    ("esc", "leave, keeps the draft"),
    ("ctrl+d", "throw away"),
)
_KEYS_UNSAVED = (("ctrl+s", "save"), ("tab", "next field"), ("esc", "asks: this is kept nowhere"))


def _choices(field: str) -> tuple[str, ...]:
    annotation = Contact.model_fields[field].annotation
    return tuple(value for value in get_args(annotation) if value)


FIELDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "kind": ("Kind", _choices("kind")),
    "outcome": ("Outcome", _choices("outcome")),
    "seen": ("Child seen", _choices("seen")),
}


def _keys(keys: Sequence[tuple[str, str]]) -> tuple[Piece, ...]:
    """The line below the form."""
    return tuple(piece for key, words in keys for piece in (Piece(key, Tone.KEY), Piece(f" {words}  ")))


class Chooser(Widget, can_focus=True):
    """One of several words: left and right change it, its first letter picks it, enter lists them all."""

    DEFAULT_CSS = """
    Chooser { height: 1; padding: 0 1; }
    Chooser:focus { background: $panel; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", show=False),
        Binding("right,space", "turn(1)", show=False),
        Binding("enter", "list", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, field: str) -> None:
        super().__init__(id=field)
        self._label, self._values = FIELDS[field]
        self.value = ""

    def render(self) -> Content:
        """The label and the word."""
        value = say_value("contact", self.id or "", self.value) if self.value else "not said"
        sign = "›" if self.has_focus else " "
        tone = Tone.PLAIN if self.value else Tone.QUIET
        pieces = (Piece(f"{sign} {self._label:<11}", Tone.KEY), Piece(f"‹ {value} ›", tone))
        return show_cell(
            (*pieces, Piece("   left and right change it" if self.has_focus else "", Tone.QUIET))
        )

    def on_focus(self, _event: Focus) -> None:
        """The line under the cursor tells its keys."""
        self.refresh()

    def set_value(self, value: str) -> None:
        """Show another word."""
        self.value = value if value in self._values else ""
        self.refresh()
        screen = self.screen
        if isinstance(screen, ContactForm):
            screen.touched(self.id or "")

    def action_turn(self, by: int) -> None:
        """The next or the previous word; before the first stands "not said"."""
        ring = ("", *self._values)
        self.set_value(ring[(ring.index(self.value) + by) % len(ring)])

    def action_list(self) -> None:
        """All of them, to pick one."""

        def picked(value: str | None) -> None:
            if value is not None:
                self.set_value(value)

        choices = [
            Choice(str(n), say_value("contact", self.id or "", value))
            for n, value in enumerate(self._values, 1)
        ]

        def by_number(number: str | None) -> None:
            picked(self._values[int(number) - 1] if number else None)

        self.app.push_screen(PickOne(self._label, choices), by_number)


class ContactForm(OutreachScreen):
    """The form. `ctrl+s` saves the contact; `esc` leaves and keeps the draft."""

    place = "form"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_for("form", everywhere=False),
        Binding("escape", "leave", show=False),
        Binding("ctrl+s,f2", "keep", show=False, priority=True),
        Binding("ctrl+d", "discard", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    ContactForm {
        PageField { height: 1fr; min-height: 4; margin: 0 1; }
        LineField { margin: 0 1; }
        .label { padding: 0 1; height: 1; }
        #keys { dock: bottom; height: 1; background: $panel; padding: 0 1; }
    }
    """

    def __init__(self, child_id: str, name: str, *, at: str = "kind") -> None:
        super().__init__()
        self.child_id, self._who, self._at = child_id, name, at
        self._strokes = 0
        self._ready = False
        self._gone = False
        self._saved: Mapping[str, str] = {}
        self._unsaved = False
        """Whether what was typed last could not be kept."""

    def compose(self) -> ComposeResult:
        """Three choices, the note and the next step."""
        yield TitleLine(f"Log a contact: {self._who}", "")
        for field in FIELDS:
            yield Chooser(field)
        yield Static(classes="label", id="note-label", markup=False)
        yield PageField(id="note")
        yield Static(classes="label", id="next_step-label", markup=False)
        yield LineField(id="next_step")
        yield SaidLine()
        yield Static(show_cell(_keys(_KEYS)), id="keys", markup=False)

    async def on_mount(self) -> None:
        """Go on with the draft that was left."""
        try:
            draft = await self.ask(lambda store: draft_of(store, FORM, self.child_id))
        except OutreachError as problem:
            self.say(problem.message, wrong=True)
            draft = None
        if draft is not None:
            self._fill(draft.fields)
            self._tell("draft brought back")
            self._at = draft.fields.get(_FOCUS, self._at)
        self._saved = self.fields()
        self._ready = True
        self.query_one(f"#{self._at if self._at in self._saved else 'kind'}").focus()

    def _fill(self, fields: Mapping[str, str]) -> None:
        for field in FIELDS:
            self.query_one(f"#{field}", Chooser).set_value(fields.get(field, ""))
        note = self.query_one("#note", TextArea)
        note.text = clean(fields.get("note", ""), limit=100_000, newlines=True)
        note.move_cursor(note.document.end)
        self.query_one("#next_step", Input).value = clean(fields.get("next_step", ""))

    def fields(self) -> dict[str, str]:
        """The form as it stands."""
        found = {field: self.query_one(f"#{field}", Chooser).value for field in FIELDS}
        found["note"] = self.query_one("#note", TextArea).text
        found["next_step"] = self.query_one("#next_step", Input).value
        return found

    @property
    def at(self) -> str:
        """The field that takes the keys."""
        return self.focused.id or "" if self.focused else self._at

    @property
    def left_open(self) -> tuple[str, str]:
        """Where a lock finds this form: its field and its child."""
        return (self.at, self.child_id)

    def _tell(self, words: str) -> None:
        for line in self.query(TitleLine):  # none is left where a lock took the form away meanwhile
            line.set_title(f"Log a contact: {self._who}", words)

    def on_descendant_focus(self) -> None:
        """The label of the field that takes keys is marked, also where no colour shows."""
        for field, label in (("note", "Note"), ("next_step", "Next step")):
            sign = "›" if self.query_one(f"#{field}").has_focus else " "
            self.query_one(f"#{field}-label", Static).update(show_cell(Piece(f"{sign} {label}", Tone.KEY)))

    # Saving

    @on(TextArea.Changed)
    @on(Input.Changed)
    def typed(self) -> None:
        """Something was typed."""
        self.touched()

    def touched(self, field: str = "") -> None:
        """Save every few keystrokes, and after a pause; a home visit gets its template in an empty note."""
        if not self._ready or self._gone:
            return
        note = self.query_one("#note", TextArea)
        if field == "kind":
            if self.query_one("#kind", Chooser).value == "home-visit" and not note.text.strip():
                note.text = HOME_VISIT
                note.move_cursor((0, len(HOME_VISIT.split("\n", maxsplit=1)[0])))
            elif note.text == HOME_VISIT:
                note.text = ""
        self._strokes += 1
        if self._strokes >= _SAVE_AFTER or self._unsaved:
            self._save_soon()
        else:
            self._pause()

    def _pause(self) -> None:
        self.set_timer(_PAUSE, self._save_soon)

    def _save_soon(self) -> None:
        self._strokes = 0
        if self.is_attached and not self._gone and self.fields() != self._saved:
            self.run_worker(self.save_draft(), group="draft")

    async def save_draft(self) -> None:
        """Write the draft; an untouched form leaves none. Where it cannot be written, the form says so."""
        fields = self.fields()
        if self._gone or fields == self._saved:
            return
        held = {**fields, _FOCUS: self.at}
        try:
            await self.ask(lambda store: store.drafts.save(FORM, self.child_id, held))
        except Locked:
            return
        except OutreachError as problem:
            self._not_kept(problem)
            return
        self._saved = fields
        if self.is_attached:
            self._tell("draft saved")
            if self._unsaved:
                self._unsaved = False
                self.query_one("#keys", Static).update(show_cell(_keys(_KEYS)))
                self.say("All of it is kept as a draft again.")

    def _not_kept(self, problem: OutreachError) -> None:
        """What is on the screen is nowhere else: say so until it is kept."""
        self._tell("NOT saved: no room" if problem.code == "disk-full" else "NOT saved")
        self.query_one("#keys", Static).update(show_cell(_keys(_KEYS_UNSAVED)))
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

    async def action_keep(self) -> None:
        """Save the contact; the draft ends in the same step."""
        fields = self.fields()
        if not fields["kind"]:
            self.say("Say what kind of contact it was.", wrong=True)
            self.query_one("#kind").focus()
            return

        def work(store: Store) -> Receipt:
            values: dict[str, Any] = {**fields, "note": fields["note"].strip()}
            edit = contact(self.child_id, by=store.actor.worker, at=store.moment(), **values)
            return store.journal.commit(edit, draft=(FORM, self.child_id))

        self._gone = True
        try:
            receipt = await self.ask(work)
        except OutreachError as problem:
            self._gone = False
            self.say(problem.message, wrong=True)
            await self.save_draft()
            return
        below = self.app.screen_stack[-2]
        self.dismiss()
        if isinstance(below, OutreachScreen):
            below.say(f"{receipt.name}. u takes it back.")

    def action_discard(self) -> None:
        """Throw the draft away, after a yes."""

        async def throw() -> None:
            self._gone = True
            try:
                await self.ask(lambda store: store.drafts.discard(FORM, self.child_id))
            except OutreachError as problem:
                self._gone = False
                self.say(problem.message, wrong=True)
                return
            self.dismiss()

        def answered(yes: bool | None) -> None:
            if yes:
                self.run_worker(throw(), group="draft")

        self.app.push_screen(Confirm("Throw away what you wrote here?"), answered)


async def reopened(desk: Desk[Store], child: str, field: str) -> ContactForm:
    """The form about a child as a lock left it: its draft fills it when it is shown. Raises `Locked`."""
    from casework.records import Child
    from storage.queries.lookup import display_name

    name = await desk.run(lambda store: display_name(store.get(Child, child)))
    return ContactForm(child, short(name, 50), at=field)
