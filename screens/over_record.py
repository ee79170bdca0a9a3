"""Forms over a record that others write, too: a draft holds what was changed, and what the record said then.

A draft of the whole form would write back, days later, what a colleague has changed since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from casework.wording import join_words
from screens.field_form import FieldForm
from screens.form_fields import Question
from screens.widgets.fitting import plain

if TYPE_CHECKING:
    from storage.drafts import Draft
    from storage.store import Store

WAS = "was "
"""Before the name of a field, the entry of a draft with what the record said when the field was changed."""

_DIALOG = 56
"""Cells for the details of a question."""


def changed_in(fields: Mapping[str, str], was: Mapping[str, str]) -> list[str]:
    """The fields that differ from what the record said; of those that no record holds, what is filled in."""
    return [name for name, words in fields.items() if words.strip() != was.get(name, "").strip()]


def kept_of(changed: Iterable[str], was: Mapping[str, str], kept: Mapping[str, str]) -> dict[str, str]:
    """What a draft holds: the changed fields as `kept` has them, each with what the record said."""
    names = list(changed)
    return {
        **{name: kept[name] for name in names},
        **{WAS + name: was[name] for name in names if name in was},
    }


def begun_from(draft: Draft, was: Mapping[str, str]) -> tuple[Draft, dict[str, str]]:
    """A draft without what the record said, and that; of what was not changed it is what it says now."""
    said = {name: draft.fields.get(WAS + name, words) for name, words in was.items()}
    own = {
        name: words
        for name, words in draft.fields.items()
        if name.removeprefix(WAS) not in was or name in was
    }
    return replace(draft, fields=own), said


def written_by_both(mine: Mapping[str, str], was: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The fields that were changed here, and elsewhere to something else."""
    return [
        name
        for name in changed_in(mine, was)
        if name in now and now[name].strip() not in (was[name].strip(), mine[name].strip())
    ]


def replaces(labels: Sequence[str]) -> Question:
    """What is asked before words take the place of those that somebody else wrote meanwhile."""
    words = f"Written elsewhere meanwhile: {join_words(list(labels))}. The history keeps both."
    return Question("Put your words in their place?", plain(words, _DIALOG, indent=0))


class RecordForm(FieldForm):
    """A form that changes a record. `was` is what the record says, by field; without it makes a new one."""

    def __init__(
        self,
        subject: str,
        who: str,
        *,
        start: Mapping[str, str] | None = None,
        was: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(subject, who, start={**(start or {}), **(was or {})})
        self._was = dict(was or {})

    def now(self, store: Store) -> Mapping[str, str]:
        """What the record says by now, as `was`; a form that makes a new one is not asked."""
        del store
        return {}

    async def load_draft(self) -> Draft | None:
        """The draft; of what was not changed in it, what the record says now stands in the form."""
        draft = await super().load_draft()
        if draft is not None and self._was:
            draft, self._was = begun_from(draft, self._was)
        return draft

    def kept(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Only what differs from the record, for others write in it, too."""
        kept = super().kept(fields)
        return kept_of(changed_in(fields, self._was), self._was, kept) if self._was else kept

    def changed_values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Of a form's values those that were changed here. A day in `was` is written as a record has it."""
        said = {name: "" if value is None else str(value) for name, value in values.items()}
        return {name: values[name] for name in changed_in(said, self._was)}

    async def question_before(self, values: Mapping[str, Any]) -> Question | None:
        """Ask where somebody else wrote the same field meanwhile."""
        if not self._was:
            return await super().question_before(values)
        both = written_by_both(self.fields(), self._was, await self.ask(self.now))
        labels = [spec.label.strip() for spec in self.form_fields() if spec.name in both]
        return replaces(labels) if labels else None
