"""The form that ends a case: why, who goes on, who was told, what was said at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from casework.errors import BadInput
from casework.plans import PASSED_ON, REASON_AFTER, close_case
from casework.records import Child
from casework.records_case import Review
from casework.wording import CLOSE_REASONS, count_of, say_day
from screens.field_form import FieldForm
from screens.form_fields import FormField, Question
from screens.reopening import LeftOpen
from screens.widgets.fitting import plain, short
from screens.widgets.text import Cell, Tone
from storage.queries.cases import read_case_view, require_close
from storage.queries.plans import open_episode, open_plans, read_plan

if TYPE_CHECKING:
    from screens.base import Shell
    from storage.journal import Receipt
    from storage.store import Store

CLOSING = "case-close"
"""The form by which its draft is kept."""

_DIALOG = 56
_TOLD = 60


def close_start(review: Review) -> dict[str, str]:
    """What a review that ends the work puts into the form."""
    return {
        "reason": REASON_AFTER.get(review.decision, ""),
        "told": ", ".join(review.attended),
        "views": "\n".join(
            f"The {who} says: “{said}”"
            for who, said in (("child", review.child_views), ("family", review.views))
            if said
        ),
        "on": say_day(review.held_on),
    }


class CloseForm(FieldForm):
    """The end of the open case; its plan ends with it."""

    FORM = CLOSING
    TITLE_WORDS = "Close the case"
    FLAGS: ClassVar[Mapping[str, str]] = {}

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> CloseForm | None:
        """The form about a child's open case as it was left; None where none is, or it may not be closed."""
        view = await shell.desk.run(lambda store: read_case_view(store, left.subject, CLOSING))
        if view.case.open is None or view.closing_withheld:
            return None
        return cls(view.child, short(view.name, 40))

    def __init__(self, child: Child, who: str, *, start: Mapping[str, str] | None = None) -> None:
        super().__init__(child.id, who, start=start)
        self._fields = (
            FormField("reason", "Why", "one", CLOSE_REASONS),
            FormField("passed_to", "Who goes on",
                      hint="the social worker; the school's lead; the other service"),
            FormField("told", "Who was told", hint="family, school, who sent the notification"),
            FormField("views", "Closing views", "page", hint="what child and family say at the end"),
            FormField("note", "Note", "page", hint="what else is to be known"),
            FormField("on", "Last day", "day", past=True, empty="today"),
        )  # fmt: skip

    def form_fields(self) -> Sequence[FormField]:
        """The fields of an end."""
        return self._fields

    def is_asked(self, name: str) -> bool:
        """Who goes on is asked where somebody does."""
        return name != "passed_to" or self.value_of("reason") in PASSED_ON

    def check(self, values: Mapping[str, Any]) -> None:
        """A case ends for a reason, and a step up or down goes to somebody."""
        if not values["reason"]:
            raise BadInput("empty", "Say why the work ends.", "reason")
        if values["reason"] in PASSED_ON and not values["passed_to"]:
            raise BadInput("empty", "Say who goes on with it.", "passed_to")

    async def question_before(self, values: Mapping[str, Any]) -> Question:
        """What ends with it, what stays, and how it would open again."""

        def look(store: Store) -> int:
            child = store.get(Child, self.subject)
            shown = read_plan(store, child)
            self._edit(store, child, values)
            return len(shown.standing.overdue) if shown.standing else 0

        late = await self.ask(look)
        details = [
            *plain(f"Why: {CLOSE_REASONS[values['reason']]}.", _DIALOG, indent=0),
            *_told(values["told"]),
            *plain("Its plan ends with it, and nobody leads the work any more.", _DIALOG, indent=0),
            *_overdue(late),
            *plain("It opens again through a new notification only, as a new episode.", _DIALOG, indent=0),
            *plain("What you saw because the case is yours may be withheld from you then.", _DIALOG, indent=0,
                   tone=Tone.QUIET),
        ]  # fmt: skip
        return Question("Close the case?", details)

    def said(self, receipt: Receipt) -> str:
        """Why it ended and who was told: the page may show neither from now on."""
        told = short(self.value_of("told").strip(), _TOLD) or "nobody is on record"
        return f"{receipt.name}: {CLOSE_REASONS[self.value_of('reason')]}; told: {told}. u takes it back."

    def _edit(self, store: Store, child: Child, values: Mapping[str, Any]) -> Any:
        require_close(store, child)
        day = values["on"] or store.today
        words = {name: values[name] for name in ("reason", "passed_to", "told", "views", "note")}
        plans = open_plans(store, child)
        return close_case(child, open_episode(store, child), plans, on=day, today=store.today, **words)

    def commit(self, store: Store, values: Mapping[str, Any]) -> Receipt:
        """The episode ends, its plans with it."""
        edit = self._edit(store, store.get(Child, self.subject), values)
        return store.journal.commit(edit, draft=(self.FORM, self.subject))


def _told(who: str) -> Sequence[Cell]:
    if who:
        return plain(f"Told: {short(who, 2 * _DIALOG)}.", _DIALOG, indent=0)
    return plain("Nobody is named as told of it.", _DIALOG, tone=Tone.WARN, indent=0)


def _overdue(late: int) -> Sequence[Cell]:
    if not late:
        return ()
    return plain(
        f"Still overdue: {count_of(late, 'action')}. Closing settles none.", _DIALOG, tone=Tone.WARN, indent=0
    )
