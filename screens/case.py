"""Case: each time of working with a child, how it began, how long it was, how it ended; and ending it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from screens.case_form import CLOSING, CloseForm
from screens.case_lines import case_lines
from screens.case_page import CasePage
from screens.verbs import bindings_for
from screens.widgets.text import Cell
from storage.queries.cases import CaseView, read_case_view

if TYPE_CHECKING:
    from storage.store import Store


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

    def do_finish(self) -> None:
        """Close the open case, or go on with the draft of it."""
        view = self.view
        if view is None:
            return
        if view.case.open is None:
            self.say("There is no open case to close.", wrong=True)
        elif view.closing_withheld:
            self.say(f"Withheld: {view.closing_withheld}", wrong=True)
        else:
            self.app.push_screen(CloseForm(view.child, self.who))

    def do_review(self) -> None:
        """The reviews of its plan."""
        from screens.review import ReviewScreen

        self.app.push_screen(ReviewScreen(self.child_id))
