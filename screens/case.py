"""Case: each time of working with a child, how it began, how long it was, how it ended; and ending it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from casework.episodes import join_cases
from casework.records_case import Episode
from screens.case_form import CLOSING, CloseForm
from screens.case_lines import case_lines
from screens.case_page import CasePage
from screens.dialogs import Confirm
from screens.verbs import bindings_for
from screens.widgets.fitting import plain
from screens.widgets.text import Cell
from storage.queries.cases import CaseView, read_case_view

if TYPE_CHECKING:
    from casework.edits import Edit
    from storage.store import Store


_DIALOG = 56


class CaseScreen(CasePage[CaseView]):
    """A child's episodes, the newest first. `X` closes the one that is open."""

    place = "case"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("case")
    TITLE_WORDS = "Case"
    HEAD = "Each time of working together, the newest first"
    TYPES = frozenset({"agreement", "child", "disclosure", "episode", "notification", "plan", "worker"})

    def read(self, store: Store) -> CaseView:
        """The episodes."""
        return read_case_view(store, self.child_id, CLOSING)

    def looked(self, view: CaseView) -> str:
        """The page."""
        del view
        return "case"

    def lines(self, view: CaseView, width: int) -> Iterable[tuple[str, Cell]]:
        """The page."""
        return (("", cell) for cell in case_lines(view, width))

    async def do_finish(self) -> None:
        """Close the open case, or go on with the draft of it; where two are open, join them first."""
        view = self.view
        if view is None:
            return
        if view.case.open is None:
            self.say("There is no open case to close.", wrong=True)
        elif view.closing_withheld:
            self.say(f"Withheld: {view.closing_withheld}", wrong=True)
        elif view.case.is_double:
            await self._join()
        else:
            self.app.push_screen(CloseForm(view.child, self.who))

    async def _join(self) -> None:
        async def answered(yes: bool | None) -> None:
            def make(store: Store) -> Edit:
                return join_cases(store.find(Episode, "child = ?", (self.child_id,)), store.today)

            if yes and await self.attempt(lambda store: store.journal.commit(make(store))) is not None:
                await self.renew()
                self.say("One case now. u takes it back.")

        words = "The one opened first goes on, with plan, assessment and who leads. "
        words += "The other ends as opened in error."
        question = "Two cases are open for this child. Make them one?"
        await self.question(Confirm(question, plain(words, _DIALOG, indent=0)), answered)

    def do_review(self) -> None:
        """The reviews of its plan."""
        from screens.review import ReviewScreen

        self.app.push_screen(ReviewScreen(self.child_id))
