"""Plan: the family's outcomes in their words, who does what by when, and what the reviews said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from casework.records_case import Action, Outcome
from screens.case_page import CasePage
from screens.plan_lines import PlanLine, PlanView, plan_lines, read_plan_view
from screens.reader import TextScreen
from screens.verbs import bindings_for
from screens.widgets.row_list import RowList
from screens.widgets.text import Cell

if TYPE_CHECKING:
    from casework.records_case import Review
    from screens.plan_forms import PlanForm
    from storage.store import Store

_GUTTER = 4
_SHOWN_TYPES = frozenset(
    {"plan", "outcome", "action", "review", "episode", "agreement", "disclosure", "child", "attendance_week"}
)


class PlanScreen(CasePage[PlanView]):
    """A child's plan. A verb acts on the outcome or the action under the cursor."""

    place = "plan"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("plan")

    TITLE_WORDS = "Plan"
    HEAD = "What the family wants, who does what by when"
    TYPES = _SHOWN_TYPES

    def __init__(self, child_id: str) -> None:
        super().__init__(child_id)
        self._lines: Sequence[PlanLine] = ()
        self._form: PlanForm | None = None
        """The form that was opened last: the cursor goes to what it made."""

    def read(self, store: Store) -> PlanView:
        """Everything that the screen shows."""
        return read_plan_view(store, self.child_id)

    def looked(self, view: PlanView) -> str:
        """What it was, and how much."""
        del view
        return "plan"

    def lines(self, view: PlanView, width: int) -> Iterable[tuple[str, Cell]]:
        """The page."""
        self._lines = plan_lines(view, self.shell.agencies, width)
        return ((line.key, line.cell) for line in self._lines)

    def drawn(self) -> None:
        """The cursor goes to what the last form made."""
        if self._form is not None and self._form.made and self.page.move_to(f"{self._form.made}/1"):
            self._form = None

    def _fill_in(self, form: PlanForm) -> None:
        self._form = form
        self.app.push_screen(form)

    @property
    def _line(self) -> PlanLine | None:
        at = self.page.cursor
        return self._lines[at] if at < len(self._lines) else None

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        """Enter: the whole text of what stands there."""
        event.stop()
        line = self._line
        if line is not None and line.text:
            self.app.push_screen(TextScreen(self.who, line.text, self.child_id))

    # What a verb acts on

    def _writable(self) -> PlanView | None:
        """The view where something may be written; says so otherwise."""
        view = self.view
        if view is not None and view.shown.withheld:
            self.say(f"Withheld: {view.shown.withheld} C shows what they agreed.", wrong=True)
            return None
        return view

    def _stored(self, line: PlanLine | None) -> Outcome | Action | Review | None:
        """What a line stands for as it is stored: the line itself is painted without protected addresses."""
        if line is None or line.record is None or self.view is None:
            return None
        held = self.view.shown
        every: list[Outcome | Action | Review] = [
            *(one.outcome for one in held.outcomes),
            *held.actions,
            *held.reviews,
        ]
        return next((one for one in every if one.id == line.key), None)

    @property
    def _worded(self) -> list[Outcome]:
        """The outcomes as they are painted, to be chosen from."""
        return [one.outcome for one in self.shown.shown.outcomes] if self.shown is not None else []

    def _under(self) -> Outcome | Action | None:
        """The outcome or the action under the cursor, or the only thing there is; says so otherwise."""
        view, line = self._writable(), self._line
        if view is None:
            return None
        here = self._stored(line)
        if isinstance(here, Outcome | Action):
            return here
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

        self._fill_in(OutcomeForm(view.child, self.who))

    def do_new(self) -> None:
        """A new action for the outcome under the cursor."""
        view = self._writable()
        if view is None:
            return
        every = [one for one in self._worded if one.status == "open"]
        if view.open_plan is None or not every:
            self.say("An action works towards an outcome: O writes one first.", wrong=True)
            return
        from screens.plan_forms import ActionForm

        record = self._stored(self._line)
        here = record.outcome if isinstance(record, Action) else record.id if record is not None else ""
        towards = next((one for one in every if one.id == here), every[0])
        form = ActionForm(view.child, self.who, self.shell.agencies, every, towards=towards)
        self._fill_in(form)

    def do_edit(self) -> None:
        """Other words, another owner, another day."""
        view, record = self.view, self._under()
        if view is None or record is None:
            return
        if view.open_plan is None:
            self.say("The plan has ended; it stays as it was.", wrong=True)
            return
        from screens.plan_forms import ActionForm, OutcomeForm

        if isinstance(record, Outcome):
            self._fill_in(OutcomeForm(view.child, self.who, record))
            return
        every = self._worded
        self._fill_in(ActionForm(view.child, self.who, self.shell.agencies, every, action=record))

    def do_finish(self) -> None:
        """Done, not done, dropped or in progress; an outcome reached."""
        view, record = self.view, self._under()
        if view is not None and record is not None:
            from screens.plan_forms import EndingForm

            self._fill_in(EndingForm(record, view.child, self.who))

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
        record = self._stored(self._line)
        about = record or (view.shown.plan if view is not None else None)
        if view is not None and about is not None:
            title = f"{about.type.capitalize()}: {self.who}"
            self.app.push_screen(HistoryScreen(about.type, about.id, title, self.child_id))

    def do_review(self) -> None:
        """Its reviews, with attendance before and since."""
        from screens.review import ReviewScreen

        self.app.push_screen(ReviewScreen(self.child_id))

    def do_case(self) -> None:
        """The case that it belongs to."""
        from screens.case import CaseScreen

        self.app.push_screen(CaseScreen(self.child_id))
