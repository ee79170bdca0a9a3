"""Disagreements: the log of one child, each with its steps up to the District Manager as one thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from casework.disagreements import next_level
from screens.case_page import CasePage
from screens.disagreement_lines import (
    DisagreementView,
    LogLine,
    log_lines,
    read_disagreement_view,
)
from screens.verbs import bindings_for
from screens.widgets.row_list import RowList
from screens.widgets.text import Cell

if TYPE_CHECKING:
    from storage.queries.disagreements import ShownStep
    from storage.store import Store

_GUTTER = 4
_SHOWN_TYPES = frozenset({"disagreement", "agreement", "disclosure", "child", "episode"})


class DisagreementsScreen(CasePage[DisagreementView]):
    """The log. A verb acts on the step under the cursor, else on the only one that it fits."""

    place = "disagreements"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("disagreements")

    TITLE_WORDS = "Disagreements"
    HEAD = "Newest first, each with its way up"
    TYPES = _SHOWN_TYPES

    def __init__(self, child_id: str) -> None:
        super().__init__(child_id)
        self._lines: Sequence[LogLine] = ()

    def read(self, store: Store) -> DisagreementView:
        """Everything that the screen shows."""
        return read_disagreement_view(store, self.child_id)

    def looked(self, view: DisagreementView) -> str:
        """What it was, and how much."""
        return f"disagreements ({len(view.log.threads)})"

    def lines(self, view: DisagreementView, width: int) -> Iterable[tuple[str, Cell]]:
        """The page."""
        self._lines = log_lines(view, width)
        return ((line.step, line.cell) for line in self._lines)

    # The step that a verb acts on

    @property
    def _here(self) -> ShownStep | None:
        return self._at_cursor(self.view)

    def _at_cursor(self, view: DisagreementView | None) -> ShownStep | None:
        at = self.page.cursor
        here = self._lines[at].step if at < len(self._lines) else ""
        steps = view.log.steps if view else []
        return next((step for step in steps if step.disagreement.id == here), None)

    def _open_step(self) -> ShownStep | None:
        """The step under the cursor where it is open, else the only open one; says so otherwise."""
        if self.view is None or self._is_withheld():
            return None
        fitting = [step for step in self.view.log.steps if step.standing.state in ("waiting", "answered")]
        here = self._here
        if here in fitting:
            return here
        if here is not None:
            self.say(f"This step is {here.standing.state}: put the cursor on one that is open.", wrong=True)
        elif len(fitting) == 1:
            return fitting[0]
        elif fitting:
            self.say("Put the cursor on the step first.", wrong=True)
        else:
            self.say("No disagreement is open here. + raises one.", wrong=True)
        return None

    def _is_withheld(self) -> bool:
        reason = self.view.log.withheld if self.view else ""
        if reason:
            self.say(f"Withheld: {reason}", wrong=True)
        return bool(reason)

    # Verbs

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        """Enter: the whole of a step's words."""
        event.stop()
        step = self._at_cursor(self.shown)
        if step is not None:
            from screens.reader import TextScreen

            held = step.disagreement
            text = "\n\n".join(filter(None, (held.about, held.outcome and f"Outcome: {held.outcome}")))
            self.app.push_screen(TextScreen(f"Disagreement: {self.who}", text, self.child_id))

    def do_new(self) -> None:
        """Raise one, or go on with the draft that was left."""
        from screens.disagreement_forms import RaiseForm

        if self.view is not None and not self._is_withheld():
            self.app.push_screen(RaiseForm(self.view.child, self.who))

    def do_finish(self) -> None:
        """Record the answer, and whether it settles the matter."""
        from screens.disagreement_forms import AnswerForm

        step = self._open_step()
        if step is not None:
            self.app.push_screen(AnswerForm(step.disagreement, self.who))

    def do_escalate(self) -> None:
        """Take it to the next level."""
        from screens.disagreement_forms import FurtherForm

        step = self._open_step()
        if step is None:
            return
        if next_level(step.disagreement.level) is None:
            self.say("The District Manager is the last who decides: X records the outcome.", wrong=True)
        else:
            self.app.push_screen(FurtherForm(step.disagreement, self.who))

    def do_history(self) -> None:
        """Who changed the step under the cursor, when, from what to what."""
        from screens.history import HistoryScreen

        step = self._here
        if step is None:
            self.say("Put the cursor on a step first.", wrong=True)
        else:
            title = f"Disagreement: {self.who}"
            self.app.push_screen(HistoryScreen("disagreement", step.disagreement.id, title, self.child_id))
