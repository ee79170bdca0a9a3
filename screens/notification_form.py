"""A school's notification: its child found while typing, its parts, what is missing, a paste split."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from casework.errors import BadInput, Locked, OutreachError
from casework.notification_text import OTHER, split_text
from casework.notifications import missing_parts
from casework.records import meta_of
from casework.records_case import Notification
from casework.text import clean
from casework.wording import join_words, say_day
from screens.areas import PageField
from screens.base import Shell
from screens.dialogs import Confirm
from screens.fields import LineField
from screens.kept_form import FOCUS, KeptForm, keys_line
from screens.notification_child import (
    NEW,
    Candidate,
    described,
    doubles_of,
    doubles_of_known,
    found_by,
    known,
    take_day,
    warnings,
)
from screens.notification_keep import FORM, keep_came, keep_new
from screens.notification_lines import LINES, PARTS, brief
from screens.reopening import LeftOpen
from screens.widgets.lines import SaidLine, TitleLine
from screens.widgets.text import Cell, Piece, Tone, show_cell, show_lines

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
    "notifier": "who sent it",
    "received": "today, fri, 18/11",
    "heard_on": "fri, 18/11",
}
_HEADINGS_OF_A_WHOLE = 2
"""Known headings from which a pasted text is a whole notification."""


@dataclass
class WholePasted(Message):
    """A text with headings of its own was pasted into a field."""

    text: str


def _is_whole(text: str) -> bool:
    parts = split_text(text)
    return len(parts.keys() - {OTHER}) >= _HEADINGS_OF_A_WHOLE


class PartArea(PageField):
    """One part; a pasted whole notification is split over all of them."""

    async def _on_paste(self, event: events.Paste) -> None:
        if _is_whole(event.text):
            event.stop()
            event.prevent_default()
            self.post_message(WholePasted(event.text))
        else:
            await super()._on_paste(event)


class PartLine(LineField):
    """One line; a whole notification may be pasted into it as well."""

    def _on_paste(self, event: events.Paste) -> None:
        if _is_whole(event.text):
            event.stop()
            event.prevent_default()
            self.post_message(WholePasted(event.text))
        else:
            super()._on_paste(event)


class NotificationForm(KeptForm):
    """A new notification, or, with an id, what came for one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n", "toggle_new", show=False, priority=True),
        Binding("f3", "take_candidate", show=False, priority=True),
        Binding("f4", "split", show=False, priority=True),
        Binding("up", "choose(-1)", show=False),
        Binding("down", "choose(1)", show=False),
    ]
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
        #linter { height: auto; max-height: 3; padding: 0 1; background: $surface; }
        #parts { height: 1fr; scrollbar-size-vertical: 1; }
        .line { height: 1; padding: 0 1; }
        .line .label { width: 16; }
        .line LineField { width: 1fr; }
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
        super().__init__()
        self._about = notification
        self._child = ""
        self._label = ""
        self._hidden: frozenset[str] = frozenset()
        """Parts that the worker may not see; they are neither shown nor changed."""
        self._was: Mapping[str, str] = {}
        self._candidates: Sequence[Candidate] = ()
        self._at_candidate = 0
        self._asked = 0
        self._logged = False

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> NotificationForm:
        """The form of a new one, or of what came for one."""
        del shell
        return cls(left.subject)

    def compose(self) -> ComposeResult:
        """What is missing; who it is about; who sent it; the parts."""
        yield TitleLine(self._title)
        yield Static(id="linter", markup=False)
        with VerticalScroll(id="parts", can_focus=False):
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
            yield PartLine(id=name, placeholder=_HINTS.get(name, ""), max_length=200)

    @property
    def _title(self) -> str:
        return "Information came" if self._about else "New notification"

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
        self._was = self.fields()
        draft = await self.load_draft()
        if draft is not None:
            await self._fill(draft.fields)
        if not self._about and not self._value("received"):
            self._put(self.query_one("#received", Input), "today")
        self.tell("draft brought back" if draft is not None else "")
        self.begin(draft)
        first = "concern" if self._about else "child"
        wanted = draft.fields.get(FOCUS, first) if draft is not None else first
        for field in self.query(f"#{wanted}" if wanted in self._saved else f"#{first}"):
            field.focus()
        self._mark_labels()
        self._lint()

    async def _fill_held(self) -> bool:
        def read(store: Store) -> tuple[Notification, frozenset[str], str, str]:
            from storage.queries.notifications import read_notifications

            held = store.get(Notification, self._about)
            shown = next(s for s in read_notifications(store, held.child) if s.notification.id == held.id)
            hidden = frozenset(
                name
                for name in PARTS
                if (meta := meta_of("notification", name))
                and not store.may_see(shown.child, meta.category, "support")
            )
            label, _ = known(store, held.child)
            return shown.notification, hidden, held.child, label

        answer = await self.attempt(read)
        if answer is None:
            return False
        held, self._hidden, self._child, self._label = answer
        values = {
            name: say_day(value) if (value := getattr(held, name)) and name == "heard_on" else value or ""
            for name in PARTS
        }
        await self._fill(values)
        for name in self._hidden:
            self.query_one(f"#{name}").display = False
            label = self.query_one(f"#{name}-label", Static)
            (label.parent if name in LINES and label.parent is not None else label).display = False
        return True

    async def _fill(self, fields: Mapping[str, str]) -> None:
        for field in self.query("PartLine, PartArea"):
            self._put(field, fields.get(field.id or "", ""))
        if fields.get("chosen"):
            await self._choose(fields["chosen"])
        self.set_class(bool(fields.get("new")), "-new")

    def _put(self, field: Widget, value: str) -> None:
        """Put a value in that nobody typed."""
        with field.prevent(Input.Changed, TextArea.Changed):
            if isinstance(field, TextArea):
                field.text = clean(value, limit=100_000, newlines=True)
                field.move_cursor(field.document.end)
            elif isinstance(field, Input):
                field.value = clean(value)

    def fields(self) -> dict[str, str]:
        """The form as it stands."""
        found = {
            name: self._value(name) for name in ("child", *NEW, "school", "notifier", "received", *PARTS)
        }
        if not self._about:
            found |= {"chosen": self._child, "new": "yes" if self.has_class("-new") else ""}
        return found

    def _value(self, name: str) -> str:
        for field in self.query(f"#{name}"):
            return (
                field.text if isinstance(field, TextArea) else field.value if isinstance(field, Input) else ""
            )
        return ""

    # What is missing

    def touched(self, field: str = "") -> None:
        """Save, say what is missing, look for who is meant."""
        super().touched(field)
        if self._ready and not self._gone:
            self._lint()

    @on(Input.Changed)
    def _look(self, event: Input.Changed) -> None:
        names = ("child", *NEW)
        if self._ready and not self._about and event.input.id in names:
            if event.input.id == "child" and self._child:
                self._child, self._label = "", ""
            self._look_for()

    def on_descendant_focus(self) -> None:
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

    def _lint(self) -> None:
        """What is missing, or that it is ready; odd numbers are told and block nothing."""
        values: dict[str, Any] = {name: self._value(name) for name in PARTS if name not in self._hidden}
        try:
            values["heard_on"] = take_day(self._value("heard_on"), self.shell.today, "heard_on")
        except BadInput:
            values["heard_on"] = None
        draft = Notification.model_construct(**values)
        first = (
            []
            if self._about
            else [
                words
                for words, said in (
                    ("which child", self._child or (self._value("forename") and self._value("surname"))),
                    ("who sent it", self._value("notifier").strip()),
                )
                if not said
            ]
        )
        lacking = [*first, *missing_parts(draft)]
        lines: list[Cell] = []
        if self._hidden:
            lines.append(Piece("Some parts are withheld here; they stay as they are.", Tone.QUIET))
        elif lacking:
            lines.append((Piece("missing: ", Tone.WARN), Piece("; ".join(brief(lacking)))))
        else:
            lines.append(Piece("ready to send", Tone.GOOD))
        if self.has_class("-new"):
            lines += [Piece(f"UPN: {words}", Tone.WARN) for words in warnings(self.fields())]
        self.query_one("#linter", Static).update(show_lines(lines))

    # The child

    def _look_for(self) -> None:
        self._asked += 1
        # Not the coroutine itself: of those that a quicker letter replaces, none was started.
        search: Callable[[], Awaitable[None]] = partial(self._search, self._asked)
        self.run_worker(search, group="child", exclusive=True)

    async def _search(self, turn: int) -> None:
        first, fields, today = not self._logged, self.fields(), self.shell.today
        is_new, chosen = self.has_class("-new"), self._child

        def work(store: Store) -> list[Candidate]:
            if chosen:
                return doubles_of_known(store, chosen)
            if is_new:
                return doubles_of(store, described(fields, today), first=first)
            return found_by(store, fields["child"], first=first)

        try:
            found = await self.ask(work)
        except Locked:
            return
        except OutreachError as problem:
            self.say(problem.message, wrong=True)
            return
        self._logged = self._logged or bool(found)
        if turn == self._asked and self.is_attached:
            self._candidates, self._at_candidate = found, 0
            self._draw_candidates()

    def _draw_candidates(self) -> None:
        if not self.is_attached or not self.query("#candidates"):
            return  # the form was left while it was asked who it may be
        box = self.query_one("#candidates", Static)
        box.set_class(bool(self._candidates) or bool(self._child), "-shown")
        width = max(30, self.size.width - 4)
        lines: list[Cell] = []
        if self._child:
            lines.append((Piece("= ", Tone.GOOD), Piece(self._label, Tone.STRONG)))
        if self._candidates and (self._child or self.has_class("-new")):
            lines.append(Piece("  May be the same child (F3: it is this one, with up and down):", Tone.QUIET))
        elif self._candidates:
            lines.append(Piece("  enter takes the child marked ›, up and down choose:", Tone.QUIET))
        for number, one in enumerate(self._candidates):
            lines += one.cells(width, here=number == self._at_candidate)
        box.update(show_lines(lines))

    def action_choose(self, by: int) -> None:
        """Another child of the list."""
        if self._candidates:
            self._at_candidate = (self._at_candidate + by) % len(self._candidates)
            self._draw_candidates()

    @on(Input.Submitted)
    async def entered(self, event: Input.Submitted) -> None:
        """Enter takes the child under the cursor; elsewhere it goes on."""
        event.stop()
        if event.input.id == "child" and self._candidates and not self._child:
            await self.action_take_candidate()
        else:
            self.focus_next()

    async def action_take_candidate(self) -> None:
        """It is this child."""
        if not self._candidates:
            return
        self.remove_class("-new")
        await self._choose(self._candidates[self._at_candidate].child)
        self.query_one("#notifier").focus()
        self.touched("child")

    async def _choose(self, child: str) -> None:
        answer = await self.attempt(lambda store: known(store, child))
        if answer is None:
            return
        self._child = child
        self._label, school = answer
        if not self._value("school"):
            self._put(self.query_one("#school", Input), school)
        self._candidates = ()
        self.tell("")
        self._draw_candidates()
        self._look_for()

    def action_toggle_new(self) -> None:
        """A child who is not on record yet; the same key goes back to finding one."""
        if self._about:
            return
        self.toggle_class("-new")
        self._child, self._label, self._candidates = "", "", ()
        if self.has_class("-new"):
            *given, last = self._value("child").split() or [""]
            if last and not self._value("forename") and not self._value("surname"):
                self.query_one("#forename", Input).value = " ".join(given) or last
                self.query_one("#surname", Input).value = last if given else ""
            self.query_one("#forename").focus()
        else:
            self.query_one("#child").focus()
        self._draw_candidates()
        self._look_for()
        self.touched("child")

    # A whole text

    def on_whole_pasted(self, event: WholePasted) -> None:
        """Split over the parts."""
        event.stop()
        self._take_parts(split_text(event.text))

    def action_split(self) -> None:
        """Split the text of the part that is typed in by its headings."""
        area = self.focused
        if not isinstance(area, PartArea) or not _is_whole(area.text):
            self.say(
                "F4 splits a text with headings such as Concern: and Child's voice: in the part it is in."
            )
            return
        text, area.text = area.text, ""
        self._take_parts(split_text(text))

    def _take_parts(self, parts: Mapping[str, str]) -> None:
        """Each part goes below what stands in it already; what has no heading goes to the concern."""
        named = {name: words for name, words in parts.items() if name != OTHER}
        if parts.get(OTHER):
            named["concern"] = "\n\n".join(filter(None, (parts[OTHER], named.get("concern", ""))))
        labels = []
        for name, words in named.items():
            if name in self._hidden:
                continue
            area = self.query_one(f"#{name}", TextArea)
            area.text = "\n".join(filter(None, (area.text.strip(), words)))
            area.move_cursor(area.document.end)
            meta = meta_of("notification", name)
            labels.append((meta.label if meta else name).split(",")[0].lower())
        self.say(f"Split into {join_words(labels)}. Read each part and correct it.")

    # Keeping

    async def action_keep(self) -> None:
        """Keep it, whatever is missing. A child who matches one on record is kept as new after a yes only."""
        match = next((one for one in self._candidates if one.band == "match"), None)
        if self.has_class("-new") and match is not None:
            question = "Keep as a new child? This one on record matches:"
            lines: list[Cell] = [f"  {match.label}", Piece(f"  {match.why}", Tone.QUIET)]
            await self.question(Confirm(question, lines), self._keep)
        else:
            await self._keep(True)

    async def _keep(self, yes: bool | None) -> None:
        if not yes:
            return
        fields = self.fields()
        self._gone = True
        try:
            receipt, said = await self.ask(
                lambda store: (
                    keep_came(store, self._about, fields, self._was, self._hidden)
                    if self._about
                    else keep_new(store, fields)
                )
            )
        except OutreachError as problem:
            self._gone = False
            self.say(problem.message, wrong=True)
            for field in self.query(f"#{_field_of(problem)}"):
                field.focus()
            await self.save_draft()
            return
        self.leave_saying(f"{receipt.name}. {said} u takes it back.")


def _field_of(problem: OutreachError) -> str:
    """The field that a refusal speaks of."""
    name = problem.where.removeprefix("--").replace("-", "_")
    named = {"from": "notifier", "NOTIFICATION": "concern"}.get(name, name)
    return named if named.isidentifier() else "concern"
