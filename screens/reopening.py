"""Forms that were left half filled: what each is called, and how it is shown again after a lock or a kill.

One rule for all of them: a form that a lock closed opens by itself after the door, over the pages from which
it was opened; a draft that was left in any other way is named by the list of children, where one key goes on
with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from textual.screen import Screen

    from screens.base import OutreachScreen, Shell


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """A half-filled form: its word, the subject of its draft, and the field that took the keys.

    Nothing of it is a word of the family: it is handed from one process to the next.
    """

    form: str = ""
    subject: str = ""
    field: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """The form and the subject of the draft."""
        return (self.form, self.subject)


def left_open(screens: Sequence[object]) -> LeftOpen:
    """The uppermost half-filled form of a stack of screens."""
    for screen in reversed(screens):
        left = getattr(screen, "left_open", None)
        if isinstance(left, LeftOpen) and left.form:
            return left
    return LeftOpen()


class PageOpen(NamedTuple):
    """A page over a room: its word, and the id of the child or the record that it is about.

    Ids of two are parted by a comma.
    """

    page: str
    subject: str


NO_PAGE = PageOpen("", "")

PAGES: Mapping[str, str] = {
    "assessment": "screens.assessment:AssessmentScreen",
    "case": "screens.case:CaseScreen",
    "consent": "screens.consent:ConsentScreen",
    "disagreements": "screens.disagreements:DisagreementsScreen",
    "notification": "screens.notifications:NotificationPage",
    "plan": "screens.plan:PlanScreen",
    "review": "screens.review:ReviewScreen",
    "same-child": "screens.same_child:SameChildScreen",
    "pair": "screens.same_child:PairScreen",
}
"""Pages that are shown again after a lock, by their word, as `module:Class`; that of a child is a room."""


def pages_open(screens: Sequence[object]) -> tuple[PageOpen, ...]:
    """The pages of a stack of screens, the lowest first."""
    found = (getattr(screen, "page_open", NO_PAGE) for screen in screens)
    return tuple(page for page in found if page.page)


async def page_again(shell: Shell, page: PageOpen) -> OutreachScreen | None:
    """The page as it was open, or None where there is none. Raises OutreachError."""
    target = PAGES.get(page.page)
    if target is None:
        return None
    module, _, name = target.partition(":")
    made: type[OutreachScreen] = getattr(import_module(module), name)
    return await made.page_again(shell, page.subject)


class Reopens(Protocol):
    """What a form's class gives: the form itself, or None where what it is about is on record no more."""

    async def again(self, shell: Shell, left: LeftOpen) -> Screen[None] | None:
        """The form as it was left; its draft fills it when it is shown. Raises OutreachError."""


@dataclass(frozen=True, slots=True)
class FormKind:
    """What is being written, in words; the form as `module:Class`, or the screen or room that asks for it in
    a dialog.

    Where neither is given the page of the child asks. `of_case` says that it is written in an open case.
    """

    words: str
    form: str = ""
    room: str = ""
    of_case: bool = False


FORMS: Mapping[str, FormKind] = {
    "contact": FormKind("contact", "screens.contact_form:ContactForm"),
    "notification": FormKind("notification", "screens.notification_form:NotificationForm"),
    "agreement": FormKind("agreement", "screens.consent_forms:AgreementForm"),
    "withdrawal": FormKind("withdrawal", "screens.consent_forms:WithdrawForm"),
    "settling": FormKind("settling of limits", "screens.consent_settling:SettleForm"),
    "disclosure": FormKind("decision to share", "screens.consent_forms:DisclosureForm"),
    "assessment": FormKind("assessment", "screens.assessment_form:AssessmentForm", of_case=True),
    "score": FormKind("scores of a tool", "screens.assessment_form:ScoresForm", of_case=True),
    "disagreement": FormKind("disagreement", "screens.disagreement_forms:RaiseForm"),
    "disagreement-answer": FormKind("answer to a disagreement", "screens.disagreement_forms:AnswerForm"),
    "disagreement-further": FormKind("step up of a disagreement", "screens.disagreement_forms:FurtherForm"),
    "outcome": FormKind("outcome", "screens.plan_forms:OutcomeForm", of_case=True),
    "action": FormKind("action", "screens.plan_forms:ActionForm", of_case=True),
    "plan-ending": FormKind("end of a task", "screens.plan_forms:EndingForm", of_case=True),
    "review": FormKind("review", "screens.review_form:ReviewForm", of_case=True),
    "case-close": FormKind("end of a case", "screens.case_form:CloseForm", of_case=True),
    "flag": FormKind("flag", "screens.flag_form:FlagForm"),
    "flag-review": FormKind("review of a flag", "screens.flag_form:FlagReviewForm"),
    "school-contacts": FormKind("contacts of a school", "screens.school_form:SchoolForm"),
    "merge-reason": FormKind("reason why two records are one child", "screens.same_child:PairScreen"),
    "link-reason": FormKind("reason about two records", "screens.same_child:PairScreen"),
    "conflict-text": FormKind("new text for a conflict", "screens.conflict_form:ConflictTextForm"),
    "round-words": FormKind("words"),
    "round-reason": FormKind("reason"),
    "round-close": FormKind("closing words"),
    "clock-sleep": FormKind("pause of a clock", room="clocks"),
    "missing-parts": FormKind("question to a school", room="notifications"),
    "notifier": FormKind("contact with a notifier", room="notifications"),
}
"""Every form that keeps a draft, by the word under which it keeps it."""


def words_of(form: str) -> str:
    """What is being written, in words; of a form that this version does not have, its own word."""
    return FORMS[form].words if form in FORMS else form


def is_of_case(form: str) -> bool:
    """Whether a form is written in an open case, so that it is to be told where the case was closed."""
    return form in FORMS and FORMS[form].of_case


async def form_again(shell: Shell, left: LeftOpen) -> Screen[None] | None:
    """The form of its own screen, or None where there is none. Raises OutreachError."""
    kind = FORMS.get(left.form)
    if kind is None or not kind.form:
        return None
    module, _, name = kind.form.partition(":")
    made: Reopens = getattr(import_module(module), name)
    return await made.again(shell, left)
