"""Disagreements: the log of one child, each with its steps up to the District Manager as one thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize, ScreenResume

from casework.disagreements import next_level
from casework.errors import Locked, OutreachError
from screens.disagreement_lines import (
    DisagreementView,
    LogLine,
    log_lines,
    read_disagreement_view,
)
from screens.step_back import StepBack, StepScreen
from screens.verbs import bindings_for
from screens.widgets.fitting import short
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column, Row, Rows

if TYPE_CHECKING:
    from storage.journal import Receipt
    from storage.queries.disagreements import ShownStep
    from storage.store import Store

_GUTTER = 4
_SHOWN_TYPES = frozenset({"disagreement", "agreement", "disclosure", "child", "episode"})


class DisagreementsScreen(StepScreen):
    """The log. A verb acts on the step under the cursor, else on the only one that it fits."""

    place = "disagreements"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("disagreements")

    def __init__(self, child_id: str) -> None:
        super().__init__()
        self.child_id = child_id
        self._view: DisagreementView | None = None
        self._lines: Sequence[LogLine] = ()
        self._stop_listening: Callable[[], None] | None = None

    def compose(self) -> ComposeResult:
        """The title, the lines and the keys."""
        yield TitleLine("Disagreements")
        yield RowList([Column("Newest first, each with its way up")], empty="", marks=False, id="page")
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    async def on_mount(self) -> None:
        """Read it, looking being on record first, and hear of every change."""
        page = self.query_one(RowList)
        page.focus()
        loop = asyncio.get_running_loop()

        def heard(receipt: Receipt) -> None:
            if receipt.touched & _SHOWN_TYPES and not loop.is_closed():
                loop.call_soon_threadsafe(self.hear)

        def read(store: Store) -> tuple[DisagreementView, Callable[[], None]]:
            view = read_disagreement_view(store, self.child_id)
            store.log("looked", f"disagreements ({len(view.log.threads)})", child=self.child_id)
            return view, store.journal.subscribe(heard)

        try:
            self._view, self._stop_listening = await self.ask(read)
        except Locked:
            return
        except OutreachError as problem:
            page.empty = "This page stays closed: see below."
            self.say(problem.message, wrong=True)
        self._draw(self.size.width)

    def on_unmount(self) -> None:
        """Hear no more."""
        if self._stop_listening is not None:
            self._stop_listening()

    def hear(self) -> None:
        """The log changed, here or elsewhere."""
        if self._view is not None and self.is_attached:
            self.run_worker(self.reload(), group="read", exclusive=True)

    def on_screen_resume(self, _event: ScreenResume) -> None:
        """A form above may have left a draft."""
        self.hear()

    async def reload(self) -> None:
        """Read again and keep the cursor on its step."""
        found = await self.attempt(lambda store: read_disagreement_view(store, self.child_id))
        if found is not None:
            self._view = found
            self._draw(self.size.width)

    def on_resize(self, event: Resize) -> None:
        """Lines are folded to the new width."""
        self._draw(event.size.width)

    def _draw(self, width: int) -> None:
        view = self._view
        if view is None or self.is_bare:
            return
        title = f"Disagreements: {view.name}"
        self.query_one(TitleLine).set_title(short(title, width - len(view.place) - 4), view.place)
        self._lines = log_lines(view, width - _GUTTER)
        # A row keeps its id while its step does, so that the cursor stays on it.
        counts: dict[str, int] = {}
        rows = []
        for line in self._lines:
            number = counts[line.step] = counts.get(line.step, 0) + 1
            rows.append(Row(f"{line.step}/{number}", (line.cell,)))
        self.query_one(RowList).set_source(Rows(rows))

    # The step that a verb acts on

    @property
    def _who(self) -> str:
        return short(self._view.name, 40) if self._view else ""

    @property
    def _here(self) -> ShownStep | None:
        at = self.query_one(RowList).cursor
        here = self._lines[at].step if at < len(self._lines) else ""
        steps = self._view.log.steps if self._view else []
        return next((step for step in steps if step.disagreement.id == here), None)

    def _open_step(self) -> ShownStep | None:
        """The step under the cursor where it is open, else the only open one; says so otherwise."""
        if self._view is None or self._is_withheld():
            return None
        fitting = [step for step in self._view.log.steps if step.standing.state in ("waiting", "answered")]
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
        reason = self._view.log.withheld if self._view else ""
        if reason:
            self.say(f"Withheld: {reason}", wrong=True)
        return bool(reason)

    # Verbs

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        """Enter: the whole of a step's words."""
        event.stop()
        step = self._here
        if step is not None:
            from screens.reader import TextScreen

            held = step.disagreement
            text = "\n\n".join(filter(None, (held.about, held.outcome and f"Outcome: {held.outcome}")))
            self.app.push_screen(TextScreen(f"Disagreement: {self._who}", text))

    def do_new(self) -> None:
        """Raise one, or go on with the draft that was left."""
        from screens.disagreement_forms import RaiseForm

        if self._view is not None and not self._is_withheld():
            self.app.push_screen(RaiseForm(self._view.child, self._who))

    def do_finish(self) -> None:
        """Record the answer, and whether it settles the matter."""
        from screens.disagreement_forms import AnswerForm

        step = self._open_step()
        if step is not None:
            self.app.push_screen(AnswerForm(step.disagreement, self._who))

    def do_escalate(self) -> None:
        """Take it to the next level."""
        from screens.disagreement_forms import FurtherForm

        step = self._open_step()
        if step is None:
            return
        if next_level(step.disagreement.level) is None:
            self.say("The District Manager is the last who decides: X records the outcome.", wrong=True)
        else:
            self.app.push_screen(FurtherForm(step.disagreement, self._who))

    def do_history(self) -> None:
        """Who changed the step under the cursor, when, from what to what."""
        from screens.history import HistoryScreen

        step = self._here
        if step is None:
            self.say("Put the cursor on a step first.", wrong=True)
        else:
            title = f"Disagreement: {self._who}"
            self.app.push_screen(HistoryScreen("disagreement", step.disagreement.id, title, self.child_id))

    async def step_back(self, work: StepBack, word: str) -> None:
        """Show the log as it is then."""
        answer = await self.attempt(work)
        if answer is not None:
            await self.reload()
            self.say(f"{word}: {answer[0].name.removeprefix('Undo: ').removeprefix('Redo: ')}.")
