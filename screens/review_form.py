"""The form of a review, as a Team Around the Family meets: who came, views, progress, decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from casework.errors import BadInput
from casework.plans import next_review_after, review_plan
from casework.records import Child
from casework.records_case import Plan, Review
from casework.wording import REVIEW_DECISIONS, say_day
from screens.field_form import FieldForm
from screens.form_fields import FormField, made_record
from screens.reopening import LeftOpen
from screens.review_lines import say_overdue
from screens.widgets.fitting import short
from storage.queries.plans import require_family
from storage.queries.reviews import FORM as REVIEW
from storage.queries.reviews import ReviewView, read_reviews

if TYPE_CHECKING:
    from screens.base import Shell
    from storage.journal import Receipt
    from storage.queries.plans import ShownOutcome
    from storage.store import Store

_OUTCOME = "outcome-"
_LABEL = 16
"""Cells beside which a field stands."""


class ReviewForm(FieldForm):
    """A review of the open plan. `made` is the review once it is kept."""

    FORM = REVIEW
    TITLE_WORDS = "Review"
    FLAGS: ClassVar[Mapping[str, str]] = {"--on": "held_on", "--next": "next_review"}
    DEFAULT_CSS = """
    ReviewForm #late { color: $tone-alert; }
    """

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> ReviewForm | None:
        """The form about a child's open plan as it was left; None where it has ended, or is withheld."""
        view = await shell.desk.run(lambda store: read_reviews(store, left.subject))
        plan = view.plan.plan
        if plan is None or plan.ended is not None:
            return None
        return cls(view, plan, short(view.name, 40))

    def __init__(self, view: ReviewView, plan: Plan, who: str) -> None:
        today = view.today
        start = {"decision": "continue", "next_review": say_day(next_review_after(today))}
        super().__init__(view.child.id, who, start=start)
        self._plan, self._child = plan, view.child
        # By the record, never by its place: another outcome would take over the words of a draft.
        self._outcomes = {f"{_OUTCOME}{held.outcome.id}": held for held in view.plan.outcomes}
        self._proposed = start["next_review"]
        self.made: Review | None = None
        overdue = view.plan.standing.overdue if view.plan.standing else ()
        late = "\n".join(say_overdue(action) for action in overdue)
        self._fields = (
            *((FormField("late", "Overdue", "told", hint=late),) if late else ()),
            FormField("held_on", "On", "day", past=True, empty="today"),
            FormField("attended", "Who came", hint="names, parted by commas; the child and family, too"),
            FormField("apologies", "Apologies", hint="names, parted by commas"),
            FormField("agenda", "Agenda", "page", hint="what was to be spoken of"),
            FormField("child_views", "The child says", "page", hint="word for word"),
            FormField("views", "The family says", "page", hint="in their own words"),
            *(
                FormField(name, f"{number} {_heading(held)}", "page",
                          hint=f"how it goes: {_heading(held)}", cut=_LABEL)
                for number, (name, held) in enumerate(self._outcomes.items(), 1)
            ),
            FormField("progress", "Besides" if self._outcomes else "Progress", "page",
                      hint="what else there is to say of how it goes"),
            FormField("decision", "What follows", "one", REVIEW_DECISIONS),
            FormField("next_review", "Next review", "day", since="held_on"),
        )  # fmt: skip

    def form_fields(self) -> Sequence[FormField]:
        """The fields, in the order of a meeting."""
        return self._fields

    def is_asked(self, name: str) -> bool:
        """After the case is closed there is no next review."""
        return name != "next_review" or self.value_of("decision") != "close"

    def field_changed(self, name: str) -> None:
        """The next review is proposed from the day of this one, until another day is typed."""
        if name != "held_on" or self.value_of("next_review") != self._proposed:
            return
        try:
            held_on = self.values()["held_on"] or self.shell.today
        except BadInput:
            return
        self._proposed = say_day(next_review_after(held_on))
        self.put("next_review", self._proposed)

    def check(self, values: Mapping[str, Any]) -> None:
        """Say what is missing before it is kept."""
        if not values["decision"]:
            raise BadInput("empty", "Say what follows from it.", "decision")
        made = self._review(values, "-")
        if not made.progress.strip():
            first = next(iter(self._outcomes), "progress")
            raise BadInput("empty", "Say how it goes, outcome by outcome.", first)
        if made.decision == "continue" and made.next_review is None:
            raise BadInput("empty", "Say when you meet again.", "next_review")
        review_plan(self._plan, made, self.shell.today)

    def _review(self, values: Mapping[str, Any], by: str) -> Review:
        told = [f"{_heading(held)}: {values[name]}" for name, held in self._outcomes.items() if values[name]]
        given = {name: values[name] for name in ("agenda", "child_views", "views", "decision", "next_review")}
        return made_record(
            Review,
            {
                **given,
                "plan": self._plan.id,
                "child": self.subject,
                "held_on": values["held_on"] or self.shell.today,
                "attended": _names(values["attended"]),
                "apologies": _names(values["apologies"]),
                "progress": "\n".join([*told, values["progress"]]).strip(),
                "by": by,
            },
        )

    def commit(self, store: Store, values: Mapping[str, Any]) -> Receipt:
        """A review is on record, and the plan's next day with it."""
        require_family(store, store.get(Child, self.subject), "review")
        made = self._review(values, store.worker.id)
        edit = review_plan(store.get(Plan, self._plan.id), made, store.today)
        receipt = store.journal.commit(edit, draft=(self.FORM, self.subject))
        self.made = made
        return receipt

    def leave_saying(self, sentence: str) -> None:
        """A review that ends the work leads on to the form of its end."""
        super().leave_saying(sentence)
        if self.made is not None and self.made.decision != "continue":
            from screens.case_form import CloseForm, close_start

            self.app.push_screen(CloseForm(self._child, self._who, start=close_start(self.made)))

    def said(self, receipt: Receipt) -> str:
        """When they meet again."""
        day = self.made.next_review if self.made else None
        return f"{receipt.name}.{f' Next on {say_day(day)}.' if day else ''} u takes it back."


def _heading(held: ShownOutcome) -> str:
    return " ".join(held.outcome.text.split())


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
