"""Log a contact: kind, outcome, child seen, a note and the next step. Every pause is saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Focus
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from casework.errors import OutreachError
from casework.followups import contact
from casework.records import Contact
from casework.text import clean
from casework.wording import say_value
from screens.areas import PageField
from screens.base import Shell
from screens.dialogs import Choice, PickOne
from screens.fields import LineField
from screens.kept_form import FOCUS, KeptForm, keys_line
from screens.reopening import LeftOpen
from screens.widgets.fitting import short
from screens.widgets.lines import SaidLine, TitleLine
from screens.widgets.text import Piece, Tone, show_cell

if TYPE_CHECKING:
    from storage.journal import Receipt
    from storage.store import Store

FORM = "contact"
HOME_VISIT = (
    "Child seen? (where, how they looked): \n"
    "Spoken to alone? (if not, why): \n"
    "The child's own words: \n"
    "Reason given for absence: \n"
)


def _choices(field: str) -> tuple[str, ...]:
    annotation = Contact.model_fields[field].annotation
    return tuple(value for value in get_args(annotation) if value)


FIELDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "kind": ("Kind", _choices("kind")),
    "outcome": ("Outcome", _choices("outcome")),
    "seen": ("Child seen", _choices("seen")),
}


class Chooser(Widget, can_focus=True):
    """One of several words: left and right change it, enter lists them all."""

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


class ContactForm(KeptForm):
    """The form. `ctrl+s` saves the contact; `esc` leaves and keeps the draft."""

    DEFAULT_CSS = """
    ContactForm {
        PageField { height: 1fr; min-height: 4; margin: 0 1; }
        LineField { margin: 0 1; }
        .label { padding: 0 1; height: 1; }
        #keys { dock: bottom; height: 1; background: $panel; padding: 0 1; }
    }
    """

    def __init__(self, child_id: str, name: str, *, at: str = "kind", kind: str = "") -> None:
        super().__init__()
        self.child_id, self._who, self._at, self._kind = child_id, name, at, kind

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> ContactForm | None:
        """The form about a child as it was left."""
        from storage.queries.lookup import display_name
        from storage.queries.sight import child_of_draft

        def read(store: Store) -> str:
            child = child_of_draft(store, left.subject)
            return display_name(child) if child else ""

        name = await shell.desk.run(read)
        return cls(left.subject, short(name, 50), at=left.field or "kind") if name else None

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
        yield Static(show_cell(keys_line(self.KEYS)), id="keys", markup=False)

    async def on_mount(self) -> None:
        """Go on with the draft that was left."""
        draft = await self.load_draft()
        if draft is not None:
            self._fill(draft.fields)
            self.tell("draft brought back")
            self._at = draft.fields.get(FOCUS, self._at)
        elif self._kind:
            self.query_one("#kind", Chooser).set_value(self._kind)
        self.begin(draft)
        self.query_one(f"#{self._at if self._at in self._saved else 'kind'}").focus()

    def _fill(self, fields: Mapping[str, str]) -> None:
        for field in FIELDS:
            self.query_one(f"#{field}", Chooser).set_value(fields.get(field, ""))
        self.query_one("#note", TextArea).text = clean(fields.get("note", ""), limit=100_000, newlines=True)
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

    def tell(self, words: str) -> None:
        """How the draft stands, at the right end of the title."""
        for line in self.query(TitleLine):  # none is left where a lock took the form away meanwhile
            line.set_title(f"Log a contact: {self._who}", words)

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        """The label of the field that takes keys is marked, also where no colour shows."""
        for field, label in (("note", "Note"), ("next_step", "Next step")):
            sign = "›" if self.query_one(f"#{field}").has_focus else " "
            self.query_one(f"#{field}-label", Static).update(show_cell(Piece(f"{sign} {label}", Tone.KEY)))

    @property
    def draft_key(self) -> tuple[str, str]:
        """One draft for each child."""
        return (FORM, self.child_id)

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
        super().touched(field)

    async def action_keep(self) -> None:
        """Save the contact; the draft ends in the same step."""
        fields = self.fields()
        if not fields["kind"]:
            self.refuse("Say what kind of contact it was.", "kind")
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
            self.refuse(problem.message, problem.where or "")
            await self.save_draft()
            return
        self.leave_saying(f"{receipt.name}. u takes it back.")
