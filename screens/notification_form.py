"""A school's notification: its child found while typing, its parts, what is missing, a paste split."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static

from casework.errors import BadInput, OutreachError
from casework.levels import say_levels, take_level
from casework.records import meta_of
from casework.records_case import Notification
from casework.wording import say_day
from screens.base import Shell
from screens.dialogs import Confirm
from screens.fields import FieldScroll
from screens.kept_form import FOCUS, keys_line
from screens.notification_child import (
    NEW,
    Known,
    known,
    take_day,
)
from screens.notification_keep import FORM, keep_came, keep_new
from screens.notification_lines import LINES, PARTS
from screens.notification_parts import DAYS, PartArea, PartLine, PartsForm, label_of_part
from screens.notification_who import WHO_SENT, WhoForm
from screens.over_record import begun_from, changed_in, kept_of, replaces, written_by_both
from screens.reopening import LeftOpen
from screens.widgets.lines import SaidLine, TitleLine
from screens.widgets.text import Cell, Piece, Tone, show_cell

if TYPE_CHECKING:
    from storage.store import Store

_LABELS = {
    "child": "Child",
    "forename": "Forename",
    "surname": "Surname",
    "dob": "Born",
    "upn": "UPN",
    "address": "Address",
    "school": "School",
    "notifier": "From",
    "received": "Received",
}
_HINTS = {
    "child": "name, UPN or address; ctrl+n: not on record yet",
    "dob": "3/3/2018",
    "school": "name or URN",
    "notifier": WHO_SENT,
    "received": "today, fri, 18/11",
    "heard_on": "fri, 18/11",
}


class NotificationForm(WhoForm, PartsForm):
    """A new notification, or, with an id, what came for one."""

    KEYS = (
        ("ctrl+s", "keep"),
        ("tab", "next"),
        ("ctrl+n", "new child"),
        ("F4", "split"),
        ("esc", "leave"),
        ("ctrl+d", "drop"),
    )
    DEFAULT_CSS = """
    NotificationForm {
        #linter { height: auto; max-height: 40%; padding: 0 1; background: $surface; }
        #parts { height: 1fr; scrollbar-size-vertical: 1; }
        .line { height: 1; padding: 0 1; }
        .line .label { width: 16; }
        .line LineField { width: 1fr; }
        .line .echo { width: 18; padding: 0 1; }
        .new { display: none; }
        &.-new .new { display: block; }
        &.-new .old { display: none; }
        #candidates { height: auto; padding: 0 1; display: none; }
        #candidates.-shown { display: block; }
        .label { height: 1; padding: 0 1; }
        .line .label { padding: 0; }
        PageField, PageField:focus { height: auto; min-height: 2; max-height: 9; margin: 0 1; }
        #keys { dock: bottom; height: 1; background: $panel; padding: 0 1; }
    }
    """

    def __init__(self, notification: str = "") -> None:
        super().__init__(notification)
        self._was: Mapping[str, str] = {}
        self._made = ""

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> NotificationForm:
        """The form of a new one, or of what came for one."""
        del shell
        return cls(left.subject)

    def compose(self) -> ComposeResult:
        """What is missing; who it is about; who sent it; the parts."""
        yield TitleLine(self._title)
        yield Static(id="linter", markup=False)
        with FieldScroll(id="parts"):
            if not self._about:
                yield from self._line("child", "old")
                for name in NEW:
                    yield from self._line(name, "new")
                yield Static(id="candidates", markup=False)
                for name in ("school", "notifier", "received"):
                    yield from self._line(name, "whose")
            for name in PARTS:
                if name in LINES:
                    yield from self._line(name, "part")
                else:
                    yield Static(classes="label", id=f"{name}-label", markup=False)
                    yield PartArea(id=name)
        yield SaidLine()
        yield Static(show_cell(keys_line(self.KEYS)), id="keys", markup=False)

    def _line(self, name: str, kind: str) -> ComposeResult:
        with Horizontal(classes=f"line {kind}"):
            yield Static(classes="label", id=f"{name}-label", markup=False)
            hint = say_levels(self.shell.levels) if name == "level" else _HINTS.get(name, "")
            yield PartLine(id=name, placeholder=hint, max_length=200)
            if name in DAYS:
                yield Static(id=f"echo-{name}", classes="echo", markup=False)

    @property
    def _title(self) -> str:
        return "Information came" if self._about else "New notification"

    @property
    def made_id(self) -> str:
        """The notification that was kept."""
        return self._made

    # The draft

    @property
    def draft_key(self) -> tuple[str, str]:
        """One draft of a new one, and one for each that more was asked for."""
        return (FORM, self._about)

    @property
    def at(self) -> str:
        """The field that takes the keys."""
        return (self.focused.id or "") if self.focused else ""

    def tell(self, words: str) -> None:
        """How the draft stands."""
        for line in self.query(TitleLine):
            line.set_title(f"{self._title}: {self._label}" if self._label else self._title, words)

    async def on_mount(self) -> None:
        """Fill in what is held, then go on with the draft that was left."""
        if self._about and not await self._fill_held():
            return
        self._was = now = self.fields()
        draft = await self.load_draft()
        if draft is not None and self._about:
            draft, self._was = begun_from(draft, self._was)
        if draft is not None:
            await self._fill({**(now if self._about else {}), **draft.fields})
        if not self._about and not self._value("received"):
            self._put(self.query_one("#received", Input), "today")
        for name in DAYS:
            for line in self.query(f"#{name}").results(Input):
                line.action_select_all()
        self.tell("draft brought back" if draft is not None else "")
        self.begin(draft)
        first = "concern" if self._about else "child"
        wanted = draft.fields.get(FOCUS, first) if draft is not None else first
        for field in self.query(f"#{wanted}" if wanted in self._saved else f"#{first}"):
            field.focus()
        self._mark_labels()
        self._lint()

    async def _fill_held(self) -> bool:
        def read(store: Store) -> tuple[Notification, frozenset[str], str, Known]:
            from storage.queries.notifications import read_notifications

            held = store.get(Notification, self._about)
            shown = next(s for s in read_notifications(store, held.child) if s.notification.id == held.id)
            hidden = frozenset(
                name
                for name in PARTS
                if (meta := meta_of("notification", name))
                and not store.may_see(shown.child, meta.category, "support")
            )
            return shown.notification, hidden, held.child, known(store, held.child)

        answer = await self.attempt(read)
        if answer is None:
            return False
        held, self._hidden, self._child, about = answer
        self._label, self._born = about.label, about.born
        await self._fill(_words_of(held))
        for name in self._hidden:
            self.query_one(f"#{name}").display = False
            label = self.query_one(f"#{name}-label", Static)
            (label.parent if name in LINES and label.parent is not None else label).display = False
        return True

    async def _fill(self, fields: Mapping[str, str]) -> None:
        for field in self.query("PartLine, PartArea"):
            self._put(field, fields.get(field.id or "", ""))
        if fields.get("chosen"):
            await self._choose(fields["chosen"], again=True)
        self.offer_contact()
        self.set_class(bool(fields.get("new")), "-new")

    def fields(self) -> dict[str, str]:
        """The form as it stands."""
        found = {
            name: self._value(name) for name in ("child", *NEW, "school", "notifier", "received", *PARTS)
        }
        if not self._about:
            found |= {"chosen": self._child, "new": "yes" if self.has_class("-new") else ""}
        return found

    def kept(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Days by their date, for `fri` in a draft that is brought back later would be another day."""
        found = dict(fields)
        for name in DAYS:
            if fields[name] != self._was.get(name):
                with suppress(BadInput):
                    day = take_day(fields[name], self.shell.today, name)
                    found[name] = say_day(day) if day else ""
        return kept_of(changed_in(fields, self._was), self._was, found) if self._about else found

    # What is missing

    def touched(self, field: str = "") -> None:
        """Save, say what is missing, look for who is meant."""
        super().touched(field)
        if self._ready and not self._gone:
            self._lint()

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        """The label of the field that takes keys is marked, also where no colour shows."""
        self._mark_labels()

    def _mark_labels(self) -> None:
        for field in self.query("PartLine, PartArea"):
            name = field.id or ""
            meta = meta_of("notification", name) if name in PARTS else None
            label = _LABELS.get(name) or (meta.label if meta else name)
            sign = "›" if field.has_focus else " "
            cell: Cell = Piece(f"{sign} {label}", Tone.KEY)
            self.query_one(f"#{name}-label", Static).update(show_cell(cell))

    # Keeping

    async def action_keep(self) -> None:
        """Keep it, whatever is missing. A child who matches one on record is kept as new after a yes only."""
        match = next((one for one in self._candidates if one.band == "match"), None)
        if self.has_class("-new") and match is not None:
            question = "Keep as a new child? This one on record matches:"
            lines: list[Cell] = [f"  {match.label}", Piece(f"  {match.why}", Tone.QUIET)]
            await self.question(Confirm(question, lines), self._keep)
            return
        both = await self._written_by_both()
        if both:
            asked = replaces([label_of_part(name) for name in both])
            await self.question(Confirm(asked.words, asked.details), self._keep)
        elif both is not None:
            await self._keep(True)

    async def _written_by_both(self) -> list[str] | None:
        """The parts that somebody else wrote meanwhile; None where it cannot be known."""
        if not self._about:
            return []
        held = await self.attempt(lambda store: store.get(Notification, self._about))
        if held is None:
            return None
        now = {name: words for name, words in _words_of(held).items() if name not in self._hidden}
        return written_by_both(self.fields(), self._was, now)

    async def _keep(self, yes: bool | None) -> None:
        if not yes:
            return
        fields = self.fields()
        self._gone = True
        try:
            if fields["level"] != self._was["level"]:  # an older one that stands there stays as it was said
                fields["level"] = take_level(fields["level"], self.shell.levels, "level")
            receipt, said, self._made = await self.ask(
                lambda store: (
                    keep_came(store, self._about, fields, self._was, self._hidden)
                    if self._about
                    else keep_new(store, fields)
                )
            )
        except OutreachError as problem:
            self._gone = False
            named = _field_of(problem)
            self.refuse(problem.message, named if problem.where not in ("", "NOTIFICATION") else "")
            for field in self.query(f"#{named}"):
                field.focus()
            await self.save_draft()
            return
        self.leave_saying(f"{receipt.name}. {said} u takes it back.")


def _words_of(held: Notification) -> dict[str, str]:
    """The parts of a notification as the form's fields have them."""
    return {
        name: say_day(value) if (value := getattr(held, name)) and name == "heard_on" else value or ""
        for name in PARTS
    }


def _field_of(problem: OutreachError) -> str:
    """The field that a refusal speaks of."""
    name = problem.where.removeprefix("--").replace("-", "_")
    named = {"from": "notifier", "NOTIFICATION": "concern"}.get(name, name)
    return named if named.isidentifier() else "concern"
