"""A long form made of a list of fields; its words are kept as `KeptForm` keeps them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static, TextArea

from casework.dates import parse_date
from casework.days_given import day_to_come, require_year
from casework.errors import BadInput, Locked, OutreachError
from casework.hide_address import hide_address
from casework.wording import say_day
from screens.choosers import NOT_SAID, Chooser, ManyOf, OneOf
from screens.dialogs import Confirm
from screens.fields import FieldScroll, LineField
from screens.form_fields import HINTS, FormField, Question
from screens.form_widgets import fill, text_in, widgets_of
from screens.kept_form import FOCUS, KeptForm, keys_line
from screens.reopening import LeftOpen, is_of_case
from screens.small_windows import SmallSign, is_too_small
from screens.unfinished import case_closed
from screens.widgets.fitting import brief_day, short
from screens.widgets.lines import SaidLine, TitleLine
from screens.widgets.text import Piece, Tone, show, show_cell

if TYPE_CHECKING:
    from storage.journal import Receipt
    from storage.store import Store


class FieldForm(KeptForm):
    """The form. A subclass names its draft (`FORM`), its fields and what becomes of them."""

    FORM: ClassVar[str] = ""
    TITLE_WORDS: ClassVar[str] = ""
    FLAGS: ClassVar[Mapping[str, str]] = {}
    """Where an error says that it stands, as the field it stands in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("enter", "app.focus_next", show=False),
    ]
    DEFAULT_CSS = """
    FieldForm {
        FieldScroll { height: 1fr; scrollbar-size-vertical: 1; }
        .row { height: auto; }
        .row > .label { width: 20; padding: 0 1; }
        .row > LineField, .row > PageField, .row > Chooser { width: 1fr; margin: 0 1 0 0; }
        .row > .day { width: 18; }
        .row > .echo, .row > .told { width: 1fr; height: auto; padding: 0 1; }
        PageField { height: 3; }
        #hint { height: auto; min-height: 1; max-height: 3; padding: 0 1; }
        #keys { dock: bottom; height: 1; background: $panel; padding: 0 1; }
    }
    """

    def __init__(self, subject: str, who: str, *, start: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.subject, self._who = subject, who
        self._start = dict(start or {})

    # What a form says

    @property
    def draft_key(self) -> tuple[str, str]:
        """One draft for each subject."""
        return (self.FORM, self.subject)

    @property
    def at(self) -> str:
        """The field that takes the keys."""
        return next((s.name for s in self.form_fields() if self.query_one(f"#{s.name}").has_focus), "")

    @abstractmethod
    def form_fields(self) -> Sequence[FormField]:
        """The fields in order."""

    def is_asked(self, name: str) -> bool:
        """Whether a field is shown as the others stand."""
        del name
        return True

    def check(self, values: Mapping[str, Any]) -> None:
        """Raise BadInput where something is missing, before anything is asked."""

    async def question_before(self, values: Mapping[str, Any]) -> Question | None:
        """What is asked before the form is kept; None asks nothing."""
        del values
        return None

    @abstractmethod
    def commit(self, store: Store, values: Mapping[str, Any]) -> Receipt:
        """Write it, and end the draft. Runs on the caseload's thread. Raises OutreachError."""

    def said(self, receipt: Receipt) -> str:
        """What is said below when it is kept."""
        return f"{receipt.name}. u takes it back."

    async def prepare(self) -> None:
        """Read what the form offers, before a draft is filled in."""

    def field_changed(self, name: str) -> None:
        """A field was changed by hand."""

    # The screen

    def compose(self) -> ComposeResult:
        """A row for each field, a hint and the keys."""
        yield SmallSign()
        yield TitleLine(f"{self.TITLE_WORDS}: {self._who}")
        with FieldScroll():
            for spec in self.form_fields():
                with Horizontal(classes="row", id=f"row-{spec.name}"):
                    label = "" if spec.cut else spec.label
                    yield Static(show(label), classes="label", id=f"label-{spec.name}", markup=False)
                    yield from widgets_of(spec)
        yield Static(id="hint", markup=False)
        yield SaidLine()
        yield Static(show_cell(keys_line(self.KEYS)), id="keys", markup=False)

    async def on_mount(self) -> None:
        """Go on with the draft that was left."""
        try:
            await self.prepare()
        except Locked:
            return
        except OutreachError as problem:
            self.say(problem.message, wrong=True)
        await self._tell_closed()
        draft = await self.load_draft()
        self._tell_words()
        held = {**self._start, **(draft.fields if draft is not None else {})}
        for spec in self.form_fields():
            fill(self.query_one(f"#{spec.name}"), held.get(spec.name, ""))
        if draft is not None:
            self.tell("draft brought back")
        self._offer(draft.fields if draft is not None else {})
        self._show_asked()
        self.begin(draft)
        for spec in self.form_fields():
            self._echo(spec)
        self._focus_on("" if draft is None else draft.fields.get(FOCUS, ""))

    def _tell_words(self) -> None:
        """What the form tells and offers of other records, without a protected address."""
        for spec in self.form_fields():
            widget = self.query_one(f"#{spec.name}")
            if spec.kind == "told" and isinstance(widget, Static):
                told = hide_address(spec.hint, self.hides)
                lines = [short(line, spec.cut) for line in told.splitlines()] if spec.cut else [told]
                widget.update(show("\n".join(lines), newlines=True))
            elif spec.cut:
                self._label(spec).update(show(self._labelled(spec)))
            elif isinstance(widget, OneOf) and spec.choices and self.hides:
                offered = {key: hide_address(words, self.hides) for key, words in spec.choices.items()}
                widget.set_choices(offered)

    def _label(self, spec: FormField) -> Static:
        return self.query_one(f"#label-{spec.name}", Static)

    def _labelled(self, spec: FormField) -> str:
        return short(hide_address(spec.label, self.hides), spec.cut) if spec.cut else spec.label

    async def _tell_closed(self) -> None:
        """The title says where the case was closed in which this is written."""
        if is_of_case(self.FORM):
            left = LeftOpen(*self.draft_key)
            closed = await self.attempt(lambda store: case_closed(store, left))
            if closed is not None:
                self._who = f"{self._who}, case closed {brief_day(closed)}"
                self.tell("")

    def _offer(self, kept: Mapping[str, str]) -> None:
        """What is typed replaces what nobody typed, and a day that was brought back."""
        for spec in self.form_fields():
            for line in self.query(f"#{spec.name}").results(LineField):
                if spec.kind == "day" or spec.name not in kept:
                    line.action_select_all()

    def _focus_on(self, name: str = "") -> None:
        """The field of that name, else the first that takes something and is no day that may stay empty."""
        asked = [s for s in self.form_fields() if s.kind != "told" and self.is_asked(s.name)]
        asked.sort(key=lambda spec: spec.kind == "day" and spec.empty == "today")
        taken = [spec.name for spec in asked]
        self.query_one(f"#{name if name in taken else taken[0]}").focus()

    def fields(self) -> dict[str, str]:
        """The form as it stands, as text: several words are parted by commas."""
        return {spec.name: self.value_of(spec.name) for spec in self.form_fields()}

    def value_of(self, name: str) -> str:
        """One field as it stands."""
        return text_in(self.query_one(f"#{name}"))

    def put(self, name: str, value: str) -> None:
        """Fill a one-line field or pick a word in it; what is typed there replaces what nobody typed."""
        widget = self.query_one(f"#{name}")
        fill(widget, value)
        if isinstance(widget, Input):
            widget.action_select_all()

    def values(self) -> dict[str, Any]:
        """The form as a record takes it: days as dates, several words as a tuple.

        A field that is not asked is empty. Raises BadInput where a day cannot be read.
        """
        found: dict[str, Any] = {}
        for spec in self.form_fields():
            text = self.value_of(spec.name) if self.is_asked(spec.name) else ""
            if spec.kind == "many":
                found[spec.name] = tuple(text.split(",")) if text else ()
            elif spec.kind == "day":
                found[spec.name] = self._day(spec, text)
            else:
                found[spec.name] = text.strip()
        return found

    def _day(self, spec: FormField, text: str) -> date | None:
        if not text.strip():
            return None
        today = self.shell.today
        try:
            if spec.past:
                day = parse_date(text, today, prefer="past")
                require_year(text, today)
                return day
            if spec.since is None:
                return parse_date(text, today)
            return day_to_come(text, today, self._since(spec.since))
        except BadInput as problem:
            raise BadInput(problem.code, problem.message, spec.name) from None

    def day_of(self, name: str) -> date | None:
        """The day in a field, None for an empty one. Raises BadInput where it cannot be read."""
        spec = next(spec for spec in self.form_fields() if spec.name == name)
        return self._day(spec, self.value_of(name))

    def _since(self, name: str) -> date | None:
        """The day of the field from which something to come runs; None where none can be read."""
        for spec in self.form_fields():
            if spec.name == name:
                with suppress(BadInput):
                    return self._day(spec, self.value_of(name))
        return None

    def _echo(self, spec: FormField) -> None:
        """What a day was understood as, with its weekday."""
        if spec.kind != "day":
            return
        text = self.value_of(spec.name)
        try:
            day = self._day(spec, text)
            words = Piece(say_day(day), Tone.STRONG) if day else Piece(spec.empty, Tone.QUIET)
        except BadInput as problem:
            words = Piece("give its year" if problem.code == "year-needed" else "not a date yet", Tone.WARN)
        self.query_one(f"#echo-{spec.name}", Static).update(show_cell(words))

    def tell(self, words: str) -> None:
        """Say in the title how the draft stands."""
        for line in self.query(TitleLine):  # none is left where a lock took the form away meanwhile
            line.set_title(f"{self.TITLE_WORDS}: {self._who}", words)

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        """The label of the field that takes keys is marked, and what it takes is said."""
        for spec in self.form_fields():
            here = self.query_one(f"#{spec.name}").has_focus
            label = self._labelled(spec)
            sign = Piece(f"› {label}", Tone.KEY) if here else Piece(f"  {label}", Tone.QUIET)
            self._label(spec).update(show_cell(sign))
            if here:
                of_it = hide_address(spec.hint, self.hides) if spec.cut else spec.hint
                hint = " · ".join(filter(None, (of_it, HINTS[spec.kind])))
                self.query_one("#hint", Static).update(show(short(hint, 200), Tone.QUIET))
                if spec is self.form_fields()[0]:
                    self.query_one(FieldScroll).scroll_home(animate=False)

    def on_resize(self, event: events.Resize) -> None:
        """A window in which no field can be read takes no keys."""
        small = is_too_small(event.size)
        was = self.has_class("-small")
        self.set_class(small, "-small")
        for widget in self.query("Input, TextArea, Chooser"):
            widget.disabled = small
        if was and not small:
            self._focus_on()

    # Saving

    @on(TextArea.Changed)
    @on(Input.Changed)
    @on(Chooser.Changed)
    def changed(self, event: TextArea.Changed | Input.Changed | Chooser.Changed) -> None:
        """Show what a field was understood as, and what is asked now."""
        if isinstance(event, Chooser.Changed):
            name = event.chooser.id or ""
        else:
            name = (event.text_area if isinstance(event, TextArea.Changed) else event.input).id or ""
        if not self._ready or self._gone:
            return
        for spec in self.form_fields():
            if name in (spec.name, spec.since):
                self._echo(spec)
        self.field_changed(name)
        self._show_asked()
        if isinstance(event, Chooser.Changed):
            if event.chooser.has_focus:
                self._say_chosen(event.chooser)
            self.touched()

    def _say_chosen(self, chooser: Chooser) -> None:
        """What a field of words holds now: a letter may have picked it unseen."""
        values = chooser.values if isinstance(chooser, ManyOf) else [self.value_of(chooser.id or "")]
        words = ", ".join(chooser.choices[value] for value in values if value in chooser.choices)
        label = next((s.label.strip().capitalize() for s in self.form_fields() if s.name == chooser.id), "")
        self.say(f"{label}: {short(words, 100) or NOT_SAID}.")

    def _show_asked(self) -> None:
        for spec in self.form_fields():
            self.query_one(f"#row-{spec.name}").display = self.is_asked(spec.name)

    @on(Input.Submitted)
    def next_field(self, event: Input.Submitted) -> None:
        """Enter goes on by one field."""
        event.stop()
        self.focus_next()

    def kept(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Days by their date, for `fri` in a draft that is brought back later would be another day."""
        found = {}
        for spec in self.form_fields():
            if spec.kind == "day":
                try:
                    day = self._day(spec, self.value_of(spec.name))
                except BadInput:
                    continue
                found[spec.name] = say_day(day) if day else ""
        return {**fields, **found}

    async def action_keep(self) -> None:
        """Keep it, after a question where there is one; the draft ends in the same step."""
        if self.is_asking or self._gone:
            return
        self.say("")
        try:
            values = self.values()
            self.check(values)
            asked = await self.question_before(values)
        except Locked:
            return
        except OutreachError as problem:
            self._refuse(problem)
            return
        if asked is None:
            await self._commit(values)
            return

        async def answered(yes: bool | None) -> None:
            if yes:
                await self._commit(values)

        await self.question(Confirm(asked.words, asked.details), answered)

    async def _commit(self, values: Mapping[str, Any]) -> None:
        self._gone = True
        try:
            receipt = await self.ask(lambda store: self.commit(store, values))
        except Locked:
            return
        except OutreachError as problem:
            self._gone = False
            self._refuse(problem)
            return
        self.leave_saying(self.said(receipt))

    def _refuse(self, problem: OutreachError) -> None:
        """Say what does not fit, and go to its field."""
        flag = problem.where or ""
        fields = {spec.name for spec in self.form_fields()}
        words = flag if flag in fields else flag.removeprefix("--").replace("-", "_")
        name = self.FLAGS.get(flag, words)
        self.refuse(problem.message, name)
        for spec in self.form_fields():
            if spec.name == name:
                self.query_one(f"#{name}").focus()
