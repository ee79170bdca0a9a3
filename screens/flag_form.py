"""The form of a flag: a new one with its source, or one that is reviewed or ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from casework.errors import BadInput
from casework.flags import end_flag, record_flag, review_flag
from casework.records import LONGEST_NOTE, Child, Flag
from casework.text import clean
from casework.wording import FLAGS, say_day
from screens.consent_forms import about_child
from screens.field_form import FieldForm
from screens.form_fields import FormField, made_record
from screens.over_record import RecordForm
from screens.reopening import LeftOpen
from storage.flagging import commit_end, commit_flag, commit_review, kinds_for

if TYPE_CHECKING:
    from screens.base import Shell
    from storage.journal import Receipt
    from storage.store import Store

FLAG, FLAG_REVIEW = "flag", "flag-review"
"""The forms by which their drafts are kept."""


class FlagForm(FieldForm):
    """A new flag of one child."""

    FORM = FLAG
    TITLE_WORDS = "Flag"
    FLAGS: ClassVar[Mapping[str, str]] = {
        "--source": "source",
        "--since": "since",
        "--review": "review",
        "--kind": "kind",
    }

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> FlagForm | None:
        """The form about a child as it was left."""
        about = await about_child(shell, left)
        return None if about is None else await cls.about(shell, *about)

    @classmethod
    async def about(cls, shell: Shell, child: Child, who: str) -> FlagForm:
        """The form about a child, with the kinds that the worker may record."""
        return cls(child, who, await shell.desk.run(lambda store: kinds_for(store, child)))

    def __init__(self, child: Child, who: str, kinds: Sequence[str]) -> None:
        super().__init__(child.id, who, start={})
        self._fields = (
            FormField("kind", "Flag", "one", {kind: FLAGS[kind] for kind in kinds}, "those you may see"),
            FormField("source", "Source", hint="who told of it, or where it stands"),
            FormField("since", "Since", "day", past=True, empty="not known"),
            FormField("review", "Review by", "day", since="", empty="nobody is reminded"),
            FormField("note", "Note", "page", hint="what to know of it, such as what the risk is"),
        )

    def form_fields(self) -> Sequence[FormField]:
        """What it is, who says so, and its days."""
        return self._fields

    def check(self, values: Mapping[str, Any]) -> None:
        """Say what is missing."""
        record_flag(self._made(values), (), self.shell.today)

    def _made(self, values: Mapping[str, Any]) -> Flag:
        if not values["kind"]:
            raise BadInput("kind-missing", "Say which flag it is.", "kind")
        return made_record(Flag, {**values, "child": self.subject})

    def commit(self, store: Store, values: Mapping[str, Any]) -> Receipt:
        """It stands from now on."""
        return commit_flag(store, self._made(values), draft=(self.FORM, self.subject))


def _said_of(held: Flag) -> dict[str, str]:
    return {"source": clean(held.source), "note": clean(held.note, limit=LONGEST_NOTE, newlines=True)}


class FlagReviewForm(RecordForm):
    """A flag that is looked at again: it holds until the next review, or it has ended."""

    FORM = FLAG_REVIEW
    TITLE_WORDS = "Review a flag"
    FLAGS: ClassVar[Mapping[str, str]] = {"--review": "review", "--on": "ended"}

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> FlagReviewForm | None:
        """The form about a flag as it was left; None where it was taken back meanwhile."""

        def read(store: Store) -> Flag | None:
            return next(iter(store.find(Flag, "id = ?", (left.subject,))), None)

        about, held = await about_child(shell, left), await shell.desk.run(read)
        return None if about is None or held is None else cls(held, about[1])

    def __init__(self, held: Flag, who: str) -> None:
        super().__init__(held.id, who, was=_said_of(held))
        since = f", since {say_day(held.since)}" if held.since else ""
        due = f"; review by {say_day(held.review)}" if held.review else ""
        self._held = held
        self._fields = (
            FormField("told", "Flag", "told", hint=f"{FLAGS[held.kind]}{since}{due}"),
            FormField("review", "Next review", "day", since="", empty="nobody is reminded"),
            FormField("ended", "Ended on", "day", past=True, empty="it still holds"),
            FormField("source", "Source", hint="who told of it, or where it stands"),
            FormField("note", "Note", "page", hint="what to know of it, such as what the risk is"),
        )

    def form_fields(self) -> Sequence[FormField]:
        """Whether it still holds, until when, and what is known of it."""
        return self._fields

    def check(self, values: Mapping[str, Any]) -> None:
        """Say what does not fit."""
        today, words = self.shell.today, self._words(values)
        if values["ended"]:
            end_flag(self._held, values["ended"], today, **words)
        else:
            review_flag(self._held, values["review"], today, **words)

    def now(self, store: Store) -> Mapping[str, str]:
        """What is known of it by now."""
        return _said_of(store.get(Flag, self.subject))

    def _words(self, values: Mapping[str, Any]) -> dict[str, Any]:
        changed = self.changed_values(values)
        return {name: changed[name] for name in ("source", "note") if name in changed}

    def commit(self, store: Store, values: Mapping[str, Any]) -> Receipt:
        """Its clock ends, or waits for the next review."""
        held, words, draft = store.get(Flag, self.subject), self._words(values), (self.FORM, self.subject)
        if values["ended"]:
            return commit_end(store, held, values["ended"], draft=draft, **words)
        return commit_review(store, held, values["review"], draft=draft, **words)
