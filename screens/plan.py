"""Plan: the family's outcomes in their words, who does what by when, and what the reviews said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize, ScreenResume

from casework.errors import Locked, OutreachError
from casework.records_case import Action, Outcome
from screens.plan_lines import PlanLine, PlanView, plan_lines, read_plan_view
from screens.reader import TextScreen
from screens.step_back import StepBack, StepScreen
from screens.verbs import bindings_for
from screens.widgets.fitting import short
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column, Row, Rows

if TYPE_CHECKING:
    from screens.plan_forms import PlanForm
    from storage.journal import Receipt
    from storage.store import Store

_GUTTER = 4
_SHOWN_TYPES = frozenset(
    {"plan", "outcome", "action", "review", "episode", "agreement", "disclosure", "child", "attendance_week"}
)


class PlanScreen(StepScreen):
    """A child's plan. A verb acts on the outcome or the action under the cursor."""

    place = "plan"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("plan")

    def __init__(self, child_id: str) -> None:
        super().__init__()
        self.child_id = child_id
        self._view: PlanView | None = None
        self._lines: Sequence[PlanLine] = ()
        self._stop_listening: Callable[[], None] | None = None
        self._form: PlanForm | None = None
        """The form that was opened last: the cursor goes to what it made."""

    def compose(self) -> ComposeResult:
        """The title, the lines and the keys."""
        yield TitleLine("Plan")
        yield RowList([Column("What the family wants, who does what by when")], empty="", marks=False,
                      id="page")  # fmt: skip
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    async def on_mount(self) -> None:
        """Read it, looking being on record first, and hear of every change of a plan."""
        self.query_one(RowList).focus()
        loop = asyncio.get_running_loop()

        def heard(receipt: Receipt) -> None:
            if receipt.touched & _SHOWN_TYPES and not loop.is_closed():
                loop.call_soon_threadsafe(self.hear)

        def read(store: Store) -> tuple[PlanView, Callable[[], None]]:
            view = read_plan_view(store, self.child_id)
            store.log("looked", "plan", child=self.child_id)
            return view, store.journal.subscribe(heard)

        try:
            self._view, self._stop_listening = await self.ask(read)
        except Locked:
            return
        except OutreachError as problem:
            self.query_one(RowList).empty = "This page stays closed: see below."
            self.say(problem.message, wrong=True)
        self._draw(self.size.width)

    def on_unmount(self) -> None:
        """Hear no more."""
        if self._stop_listening is not None:
            self._stop_listening()

    def hear(self) -> None:
        """Something that is shown here changed, here or elsewhere."""
        if self._view is not None and self.is_attached:
            self.run_worker(self.reload(), group="read", exclusive=True)

    def on_screen_resume(self, _event: ScreenResume) -> None:
        """A form above may have left a draft."""
        self.hear()

    async def reload(self) -> None:
        """Read again and keep the cursor on its record."""
        try:
            self._view = await self.ask(lambda store: read_plan_view(store, self.child_id))
        except Locked:
            return
        except OutreachError as problem:
            self.say(problem.message, wrong=True)
            return
        self._draw(self.size.width)

    def on_resize(self, event: Resize) -> None:
        """Lines are folded to the new width."""
        self._draw(event.size.width)

    def _draw(self, width: int) -> None:
        view = self._view
        if view is None or self.is_bare:
            return
        self.query_one(TitleLine).set_title(
            short(f"Plan: {view.name}", width - len(view.place) - 4), view.place
        )
        self._lines = plan_lines(view, self.shell.agencies, width - _GUTTER)
        # A row keeps its id while its record does, so that the cursor stays on it.
        counts: dict[str, int] = {}
        rows = []
        for line in self._lines:
            number = counts[line.key] = counts.get(line.key, 0) + 1
            rows.append(Row(f"{line.key}/{number}", (line.cell,)))
        page = self.query_one(RowList)
        page.set_source(Rows(rows))
        if self._form is not None and self._form.made and page.move_to(f"{self._form.made}/1"):
            self._form = None

    def _fill_in(self, form: PlanForm) -> None:
        self._form = form
        self.app.push_screen(form)

    @property
    def _who(self) -> str:
        return short(self._view.name, 40) if self._view else ""

    @property
    def _line(self) -> PlanLine | None:
        at = self.query_one(RowList).cursor
        return self._lines[at] if at < len(self._lines) else None

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        """Enter: the whole text of what stands there."""
        event.stop()
        line = self._line
        if line is not None and line.text:
            self.app.push_screen(TextScreen(self._who, line.text))

    # What a verb acts on

    def _writable(self) -> PlanView | None:
        """The view where something may be written; says so otherwise."""
        view = self._view
        if view is not None and view.shown.withheld:
            self.say(f"Withheld: {view.shown.withheld} C shows what they agreed.", wrong=True)
            return None
        return view

    def _under(self) -> Outcome | Action | None:
        """The outcome or the action under the cursor, or the only thing there is; says so otherwise."""
        view, line = self._writable(), self._line
        if view is None:
            return None
        if line is not None and isinstance(line.record, Outcome | Action):
            return line.record
        every = [one.outcome for one in view.shown.outcomes]
        if len(every) == 1 and not view.shown.actions:
            return every[0]
        words = "Put the cursor on an outcome or an action first." if every else "There is no outcome yet: O."
        self.say(words, wrong=True)
        return None

    # Verbs

    def do_outcome(self) -> None:
        """A new outcome; the first one starts the plan."""
        view = self._writable()
        if view is None:
            return
        if view.open_plan is None and view.case is None:
            self.say("No case is open: g n shows what schools asked for, A there opens one.", wrong=True)
            return
        from screens.plan_forms import OutcomeForm

        self._fill_in(OutcomeForm(view.child, self._who))

    def do_new(self) -> None:
        """A new action for the outcome under the cursor."""
        view = self._writable()
        if view is None:
            return
        every = [one.outcome for one in view.shown.outcomes if one.outcome.status == "open"]
        if view.open_plan is None or not every:
            self.say("An action works towards an outcome: O writes one first.", wrong=True)
            return
        from screens.plan_forms import ActionForm

        record = self._line.record if self._line is not None else None
        here = record.outcome if isinstance(record, Action) else record.id if record is not None else ""
        towards = next((one for one in every if one.id == here), every[0])
        form = ActionForm(view.child, self._who, self.shell.agencies, every, towards=towards)
        self._fill_in(form)

    def do_edit(self) -> None:
        """Other words, another owner, another day."""
        view, record = self._view, self._under()
        if view is None or record is None:
            return
        if view.open_plan is None:
            self.say("The plan has ended; it stays as it was.", wrong=True)
            return
        from screens.plan_forms import ActionForm, OutcomeForm

        if isinstance(record, Outcome):
            self._fill_in(OutcomeForm(view.child, self._who, record))
            return
        every = [one.outcome for one in view.shown.outcomes]
        self._fill_in(ActionForm(view.child, self._who, self.shell.agencies, every, action=record))

    def do_finish(self) -> None:
        """Done, not done, dropped or in progress; an outcome reached."""
        view, record = self._view, self._under()
        if view is not None and record is not None:
            from screens.plan_forms import EndingForm

            self._fill_in(EndingForm(record, view.child, self._who))

    async def do_plan_file(self) -> None:
        """Plan and story in plain words, as a file."""
        if self._writable() is not None:
            from screens.plan_file import file_for_family

            await file_for_family(self, self.child_id)

    def do_consent(self) -> None:
        """What the family agreed to."""
        from screens.consent import ConsentScreen

        self.app.push_screen(ConsentScreen(self.child_id))

    def do_history(self) -> None:
        """The history of what stands under the cursor, else of the plan."""
        from screens.history import HistoryScreen

        view = self._writable()
        record = self._line.record if self._line is not None else None
        about = record or (view.shown.plan if view is not None else None)
        if view is not None and about is not None:
            title = f"{about.type.capitalize()}: {self._who}"
            self.app.push_screen(HistoryScreen(about.type, about.id, title, self.child_id))

    def do_review(self) -> None:
        """Its reviews, with attendance before and since."""
        from screens.review import ReviewScreen

        self.app.push_screen(ReviewScreen(self.child_id))

    def do_case(self) -> None:
        """The case that it belongs to."""
        from screens.case import CaseScreen

        self.app.push_screen(CaseScreen(self.child_id))

    async def step_back(self, work: StepBack, word: str) -> None:
        """Show the plan as it is then."""
        answer = await self.attempt(work)
        if answer is not None:
            await self.reload()
            self.say(f"{word}: {answer[0].name.removeprefix('Undo: ').removeprefix('Redo: ')}.")
