"""Review: attendance before the plan and since, earlier reviews, and the form of a meeting."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from screens.case_page import CasePage
from screens.review_lines import review_lines
from screens.verbs import bindings_for
from screens.widgets.text import Cell
from storage.queries.reviews import ReviewView, read_reviews

if TYPE_CHECKING:
    from storage.store import Store


class ReviewScreen(CasePage[ReviewView]):
    """A child's reviews. `+` holds one: a Team Around the Family meeting."""

    place = "review"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("review")
    TITLE_WORDS = "Review"
    HEAD = "The plan, attendance and what was said"
    TYPES = frozenset(
        {
            *("action", "agreement", "attendance_week", "calendar", "child", "disclosure", "episode"),
            *("outcome", "plan", "review", "worker"),
        }
    )

    def read(self, store: Store) -> ReviewView:
        """The plan and its reviews."""
        return read_reviews(store, self.child_id)

    def looked(self, view: ReviewView) -> str:
        """The page."""
        del view
        return "reviews"

    def lines(self, view: ReviewView, width: int) -> Iterable[tuple[str, Cell]]:
        """The page."""
        return (("", cell) for cell in review_lines(view, width))

    def do_new(self) -> None:
        """Hold a review, or go on with the draft of one."""
        from screens.review_form import ReviewForm

        view = self.view
        if view is None:
            return
        if view.plan.withheld:
            self.say(f"Withheld: {view.plan.withheld}", wrong=True)
        elif view.plan.plan is None or view.plan.plan.ended is not None:
            self.say("There is no open plan to review.", wrong=True)
        else:
            self.app.push_screen(ReviewForm(view, view.plan.plan, self.who))

    def do_case(self) -> None:
        """Every time of working together."""
        from screens.case import CaseScreen

        self.app.push_screen(CaseScreen(self.child_id))
