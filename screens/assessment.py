"""Assessment: the whole family's, part by part and in any order, and the scores of outcome tools."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from casework.assessments import complete_assessment
from casework.records import Child
from casework.records_case import Assessment
from casework.wording import say_day
from screens.assessment_lines import AssessmentLine, assessment_lines, empty_words, label_of
from screens.case_page import CasePage
from screens.dialogs import Choice, Confirm, PickOne
from screens.reader import ListScreen, TextScreen
from screens.verbs import bindings_for
from screens.widgets.fitting import plain, short
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column, Row
from screens.widgets.text import Cell
from storage.queries.assessments import AssessmentPage, read_assessment_page

if TYPE_CHECKING:
    from casework.edits import Edit
    from storage.queries.plans import ShownAssessment
    from storage.store import Store

_GUTTER = 4
_DIALOG = 56
TYPES = frozenset(
    {"assessment", "score", "episode", "notification", "child", "agreement", "disclosure", "flag"}
)
"""Record types whose change may change this screen."""


class AssessmentScreen(CasePage[AssessmentPage]):
    """A child's assessment. Enter writes the part under the cursor; nothing has to be written first."""

    place = "assessment"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("assessment")

    TITLE_WORDS = "Assessment"
    HEAD = "Write any part, in any order"
    TYPES = TYPES

    def __init__(self, child_id: str) -> None:
        super().__init__(child_id)
        self._lines: Sequence[AssessmentLine] = ()
        self._chosen = ""
        """The assessment that is shown, where it is not the current one."""

    def read(self, store: Store) -> AssessmentPage:
        """Everything that the screen shows."""
        return read_assessment_page(store, store.get(Child, self.child_id))

    def looked(self, view: AssessmentPage) -> str:
        """What it was, and how much."""
        return f"assessments ({len(view.assessments)})"

    def lines(self, view: AssessmentPage, width: int) -> Iterable[tuple[str, Cell]]:
        """The page."""
        self._lines = tuple(assessment_lines(view, self._chosen_of(view), width))
        return ((line.part or line.assessment or line.tool, line.cell) for line in self._lines)

    @property
    def _shown(self) -> ShownAssessment | None:
        """The assessment as it is stored."""
        return self._chosen_of(self.view) if self.view is not None else None

    def _chosen_of(self, page: AssessmentPage) -> ShownAssessment | None:
        chosen = (one for one in page.assessments if one.assessment.id == self._chosen)
        return next(chosen, None) or page.current

    @property
    def _line(self) -> AssessmentLine:
        at = self.page.cursor
        return self._lines[at] if at < len(self._lines) else AssessmentLine("")

    def _is_withheld(self) -> bool:
        """Say why nothing can be written here, where this worker may not see it."""
        if self.view is not None and self.view.withheld:
            self.say(f"Withheld: {self.view.withheld}", wrong=True)
            return True
        return self.view is None

    # Verbs

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        """Enter: write the part, list a tool's readings, show another assessment."""
        event.stop()
        line, page = self._line, self.shown
        if page is None or page.withheld:
            return
        if line.tool:
            self._show_readings(page, line.tool)
        elif line.assessment:
            self._chosen = line.assessment
            self._draw(self.size.width)
            self.page.cursor = 0
        elif (shown := self._chosen_of(page)) is not None and shown.assessment.completed is not None:
            words = getattr(shown.assessment, line.part, "") if line.part else ""
            if words:
                self.app.push_screen(TextScreen(f"{label_of(line.part)}: {self.who}", words, self.child_id))
        else:
            self.do_edit()

    def do_edit(self) -> None:
        """Write the assessment, beginning with the part under the cursor."""
        from screens.assessment_form import AssessmentForm

        if self._is_withheld() or self.view is None:
            return
        shown, part = self._shown, self._line.part
        if shown is None:
            self._start()
        elif shown.assessment.completed is not None:
            day = say_day(shown.assessment.completed)
            self.say(f"It was completed on {day} and stays as it is; + starts a new one.", wrong=True)
        elif part in shown.withheld:
            self.say(f"Withheld: {shown.withheld[part]}", wrong=True)
        else:
            self.app.push_screen(AssessmentForm(self.view, shown, self.who, at=part))

    async def do_new(self) -> None:
        """Scores of a tool, or an assessment."""
        page = self.view
        if self._is_withheld() or page is None:
            return
        scores = ("scores of an outcome tool", "several areas in one go")
        whole = ("an assessment", "" if page.episode else "no case is open")
        listed = [whole, scores] if page.is_waited_for else [scores, whole]
        choices = [Choice(str(number), *words) for number, words in enumerate(listed, 1)]

        async def picked(number: str | None) -> None:
            if not number:
                return
            if listed[int(number) - 1] == whole:
                self._start()
            else:
                from screens.assessment_form import ScoresForm

                await self.app.push_screen(ScoresForm(page, self.who))

        await self.question(PickOne("What is new?", choices), picked)

    def _start(self) -> None:
        from screens.assessment_form import AssessmentForm

        page = self.view
        if page is None:
            return
        if page.episode is None:
            self.say("No case is open, so none can be started: allocate a notification first.", wrong=True)
        elif page.in_work is not None:
            self.say("One is in work: complete it first (X).", wrong=True)
        else:
            self._chosen = ""
            self.app.push_screen(AssessmentForm(page, None, self.who))

    async def do_finish(self) -> None:
        """Say that it is complete; what is empty is asked about once and holds nothing up."""
        if self._is_withheld():
            return
        shown = self._shown
        if shown is None or shown.assessment.completed is not None:
            self.say("No assessment is in work here.", wrong=True)
            return
        held = shown.assessment
        if self.view is not None and ("assessment", held.id) in self.view.drafts:
            self.say("A draft of it waits: save it or throw it away first (E).", wrong=True)
            return

        async def answered(yes: bool | None) -> None:
            if not yes:
                return

            def make(store: Store) -> Edit:
                now = store.get(Assessment, held.id)
                return complete_assessment(now, store.today, store.today, store.worker.id)

            receipt = await self.attempt(lambda store: store.journal.commit(make(store)))
            if receipt is not None:
                await self.renew()
                self.say("Assessment completed. u takes it back.")

        words = empty_words(shown) or "Every part is written."
        words += " That holds nothing up. Once it is complete, nothing in it is changed."
        question = "Is the assessment complete?"
        await self.question(Confirm(question, plain(words, _DIALOG, indent=0)), answered)

    def _show_readings(self, page: AssessmentPage, tool: str) -> None:
        found = next((one for one in page.travelled if one.tool == tool), None)
        if found is None:
            return
        columns = [
            Column("On", 15),
            Column("Area", least=20),
            Column("Score", 5, right=True),
            Column("With", 14),
            Column("By", 14, drop=1),
        ]
        rows = [
            Row(one.id, (say_day(one.scored_on), one.area, str(one.score), one.with_whom,
                         page.workers.get(one.by, "")))
            for one in page.readings_of(found)
        ]  # fmt: skip
        title = f"{short(tool, 30)}: {self.who}"
        self.app.push_screen(ListScreen(title, columns, rows, "No reading.", self.child_id))
