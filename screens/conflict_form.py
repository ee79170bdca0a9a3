"""A new text that settles a conflict: neither what stands nor what was also said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from textual.widgets import Input, TextArea

from casework.conflicts import chosen_value, is_one_line
from casework.errors import BadInput
from screens.conflict_lines import NEW_TEXT, value_words, whole_text
from screens.field_form import FieldForm
from screens.form_fields import LINE, FormField
from screens.reopening import LeftOpen
from screens.widgets.fitting import short
from storage.queries.conflicts import find_conflict
from storage.settling import commit_settlement

if TYPE_CHECKING:
    from screens.base import Shell
    from storage.journal import Receipt
    from storage.queries.conflicts import OpenConflict
    from storage.store import Store

_HINT = "what holds from now on; items of a list are parted by ;"


class ConflictTextForm(FieldForm):
    """The field as it is to be from now on, begun with what stands."""

    FORM = NEW_TEXT
    TITLE_WORDS = "Settle a conflict"

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> ConflictTextForm | None:
        """The form about a conflict as it was left. Raises OutreachError where it is settled or withheld."""
        return cls(await shell.desk.run(lambda store: find_conflict(store, left.subject)))

    def __init__(self, one: OpenConflict) -> None:
        held = one.stands.value
        text = "; ".join(map(str, held)) if isinstance(held, list) else "" if held is None else str(held)
        super().__init__(one.id, short(one.name or one.label, 40), start={"text": text})
        self._one = one
        line = is_one_line(one.conflict.record_type, one.conflict.field) and len(text) < LINE
        told = "\n".join(" ".join(part.split()) for part in whole_text(one).split("\n\n"))
        self._fields = (
            FormField("told", "So far", "told", hint=told, cut=160),
            FormField("text", short(one.label, 18), "line" if line else "page", hint=_HINT),
        )

    def _offer(self, kept: Mapping[str, str]) -> None:
        """What stands is gone on with: the cursor is at its end."""
        del kept
        field = self.query_one("#text")
        if isinstance(field, TextArea):
            field.move_cursor(field.document.end)
        elif isinstance(field, Input):
            field.action_end()

    def form_fields(self) -> Sequence[FormField]:
        """What was said, and the new text."""
        return self._fields

    def check(self, values: Mapping[str, Any]) -> None:
        """Say what does not fit."""
        if self._one.about is None:
            raise BadInput("no-such-record", "The record that this is about is not on this laptop.", "text")
        conflict, today = self._one.conflict, self.shell.today
        chosen_value(conflict, self._one.about, "text", values["text"], today)

    def commit(self, store: Store, values: Mapping[str, Any]) -> Receipt:
        """It holds from now on, and the draft ends."""
        draft = (self.FORM, self.subject)
        return commit_settlement(store, self.subject, "text", text=values["text"], draft=draft)

    def said(self, receipt: Receipt) -> str:
        """What was settled."""
        return f"{receipt.name}: {short(value_words(self._one, self._one.stands), 30)} is replaced. u undoes."
