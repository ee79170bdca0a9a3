"""The forms of disagreements: raise one, record its answer, take it to the next level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from casework.disagreements import answer, escalate, next_level, raise_disagreement
from casework.records_case import Disagreement
from casework.wording import DISAGREEMENT_LEVELS, say_day
from screens.consent_forms import about_child
from screens.disagreement_lines import ANSWERED, FURTHER, RAISED
from screens.field_form import FieldForm
from screens.form_fields import FormField, made_record
from screens.reopening import LeftOpen
from storage.disagreeing import commit_answer, commit_escalation, commit_raised

if TYPE_CHECKING:
    from casework.records import Child
    from screens.base import Shell
    from storage.journal import Receipt
    from storage.store import Store

_FLAGS = {"--with": "with_whom", "--on": "on"}


async def _about_step(shell: Shell, left: LeftOpen) -> tuple[Disagreement, str] | None:
    """The step of a draft; None where it was taken back meanwhile."""

    def read(store: Store) -> Disagreement | None:
        return next(iter(store.find(Disagreement, "id = ?", (left.subject,))), None)

    about, step = await about_child(shell, left), await shell.desk.run(read)
    return None if about is None or step is None else (step, about[1])


class RaiseForm(FieldForm):
    """A new disagreement about one child."""

    FORM = RAISED
    TITLE_WORDS = "Raise a disagreement"
    FLAGS: ClassVar[Mapping[str, str]] = {"--with": "with_whom", "--on": "raised"}

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> RaiseForm | None:
        """The form about a child as it was left."""
        about = await about_child(shell, left)
        return None if about is None else cls(*about)

    def __init__(self, child: Child, who: str) -> None:
        super().__init__(child.id, who, start={"level": "practitioner"})
        self._fields = (
            FormField("about", "About", "page", hint="what you do not agree about, and why"),
            FormField("with_whom", "Put to", hint="name and role"),
            FormField("level", "Level", "one", DISAGREEMENT_LEVELS, "start where it can be settled"),
            FormField("raised", "Raised on", "day", past=True, empty="today"),
            FormField("due", "Answer by", "day", since="raised", empty="5 working days on"),
        )

    def form_fields(self) -> Sequence[FormField]:
        """What it is about, with whom, and its days."""
        return self._fields

    def check(self, values: Mapping[str, Any]) -> None:
        """Say what is missing."""
        raise_disagreement(self._made(values, "-"), self.shell.today)

    def _made(self, values: Mapping[str, Any], by: str) -> Disagreement:
        given = {
            **values,
            "level": values["level"] or "practitioner",
            "raised": values["raised"] or self.shell.today,
        }
        return made_record(Disagreement, {**given, "child": self.subject, "by": by})

    def commit(self, store: Store, values: Mapping[str, Any]) -> Receipt:
        """It is on record, and its clock runs."""
        return commit_raised(store, self._made(values, store.worker.id), draft=(self.FORM, self.subject))[0]


class AnswerForm(FieldForm):
    """What a level answered, and whether that settles it."""

    FORM = ANSWERED
    TITLE_WORDS = "Answer to a disagreement"
    FLAGS: ClassVar[Mapping[str, str]] = {"--outcome": "outcome", "--on": "on"}

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> AnswerForm | None:
        """The form about a step as it was left."""
        about = await _about_step(shell, left)
        return None if about is None else cls(*about)

    def __init__(self, held: Disagreement, who: str) -> None:
        super().__init__(held.id, who, start={"outcome": held.outcome})
        self._held = held
        self._fields = (
            FormField("told", "About", "told", hint=_told(held), cut=200),
            FormField("outcome", "Outcome", "page", hint="what was answered, and what is done now"),
            FormField("settles", "Settled", "one", {"yes": "yes, we leave it there", "no": "no"},
                      "one that is not settled can be taken further"),
            FormField("on", "On", "day", past=True, empty="today"),
        )  # fmt: skip

    def form_fields(self) -> Sequence[FormField]:
        """The outcome and its day."""
        return self._fields

    def check(self, values: Mapping[str, Any]) -> None:
        """Say what is missing."""
        from casework.errors import BadInput

        day = values["on"] or self.shell.today
        settles = values["settles"] == "yes"
        answer(self._held, values["outcome"], day, self.shell.today, settles=settles, followed=False)
        if not values["settles"]:
            raise BadInput("empty", "Say whether that settles it.", "settles")

    def commit(self, store: Store, values: Mapping[str, Any]) -> Receipt:
        """Its clock ends; an open end stays to be settled or taken further."""
        held = store.get(Disagreement, self._held.id)
        settles = values["settles"] == "yes"
        draft = (self.FORM, self.subject)
        day = values["on"] or store.today
        return commit_answer(store, held, values["outcome"], day, settles=settles, draft=draft)


class FurtherForm(FieldForm):
    """A disagreement on its way to the next level."""

    FORM = FURTHER
    TITLE_WORDS = "Take it further"
    FLAGS: ClassVar[Mapping[str, str]] = _FLAGS

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> FurtherForm | None:
        """The form about a step as it was left."""
        about = await _about_step(shell, left)
        return None if about is None else cls(*about)

    def __init__(self, held: Disagreement, who: str) -> None:
        super().__init__(held.id, who, start={"about": held.about})
        self._held = held
        above = next_level(held.level)
        self._fields = (
            FormField("told", "So far", "told", hint=_told(held), cut=200),
            FormField("with_whom", f"To the {DISAGREEMENT_LEVELS[above]}" if above else "To whom",
                      hint="name and role"),
            FormField("about", "About", "page", hint="what is put to them"),
            FormField("on", "On", "day", past=True, empty="today"),
        )  # fmt: skip

    def form_fields(self) -> Sequence[FormField]:
        """Who decides now, and what is put to them."""
        return self._fields

    def check(self, values: Mapping[str, Any]) -> None:
        """Say what is missing."""
        day = values["on"] or self.shell.today
        escalate(
            self._held, values["with_whom"], "-", day, self.shell.today, about=values["about"], followed=False
        )

    def commit(self, store: Store, values: Mapping[str, Any]) -> Receipt:
        """A new step with its own clock."""
        held = store.get(Disagreement, self._held.id)
        draft = (self.FORM, self.subject)
        day = values["on"] or store.today
        return commit_escalation(store, held, values["with_whom"], day, about=values["about"], draft=draft)[0]


def _told(held: Disagreement) -> str:
    level = DISAGREEMENT_LEVELS[held.level]
    return f"{level}, {held.with_whom}, {say_day(held.raised)}: {held.about}"
