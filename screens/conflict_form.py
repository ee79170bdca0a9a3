"""A new text that settles a conflict: neither what stands nor what was also said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from textual.widgets import Input, TextArea

from casework.conflicts import chosen_value, is_list, is_one_line
from casework.errors import BadInput
from screens.conflict_lines import NEW_TEXT, value_words, whole_text
from screens.field_form import FieldForm
from screens.form_fields import LINE, FormField
from screens.reopening import LeftOpen
from screens.widgets.fitting import short
from storage.queries.conflicts import find_conflict, settled_as
from storage.queries.sight import Sight
from storage.queries.still_seen import GONE
from storage.settling import commit_settlement

if TYPE_CHECKING:
    from screens.base import Shell
    from storage.journal import Receipt
    from storage.queries.conflicts import OpenConflict
    from storage.store import Store

_HINT, _OF_LIST = "what holds from now on", "; items are parted by ;"


class ConflictTextForm(FieldForm):
    """The field as it is to be from now on, begun with what stands."""

    FORM = NEW_TEXT
    TITLE_WORDS = "Settle a conflict"

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> ConflictTextForm | None:
        """The form about a conflict as it was left; of one that was settled since it shows the words typed.

        Raises OutreachError where it is withheld.
        """
        return cls(await shell.desk.run(lambda store: find_conflict(store, left.subject, settled=True)))

    def __init__(self, one: OpenConflict) -> None:
        held = one.stands.value
        text = "; ".join(map(str, held)) if isinstance(held, list) else "" if held is None else str(held)
        super().__init__(one.id, short(one.name or one.label, 40), start={"text": text})
        self._one = one
        line = is_one_line(one.conflict.record_type, one.conflict.field) and len(text) < LINE
        hint = _HINT + (_OF_LIST if is_list(one.conflict.record_type, one.conflict.field) else "")
        told = "\n".join(" ".join(part.split()) for part in whole_text(one).split("\n\n"))
        self._fields = (
            FormField("told", "So far", "told", hint=told, cut=160),
            FormField("text", short(one.label, 18), "line" if line else "page", hint=hint),
        )

    def _offer(self, kept: Mapping[str, str]) -> None:
        """What stands is gone on with: the cursor is at its end."""
        del kept
        field = self.query_one("#text")
        if isinstance(field, TextArea):
            field.move_cursor(field.document.end)
        elif isinstance(field, Input):
            field.action_end()

    async def on_mount(self) -> None:
        """Go on with the draft that was left, and say so where somebody has settled it."""
        await super().on_mount()
        await self._look_settled()

    async def action_keep(self) -> None:
        """Keep it; where somebody was first, say with what they settled it."""
        await super().action_keep()
        if self.is_current:
            await self._look_settled()

    def hear(self) -> None:
        """Something came: somebody may have settled it meanwhile."""
        self.run_worker(self._look_settled(), group="settled", exclusive=True)

    async def _look_settled(self) -> None:
        """Say who settled it and with what; the words typed stay where they are."""
        told = await self.attempt(lambda store: settled_as(store, self.subject))
        if told is None or self.is_bare:
            return
        value = short(value_words(self._one, told), 40)
        who = told.by or "Somebody"
        self.refuse(
            f"{who} has settled this: “{value}” holds now. esc keeps your words, ctrl+d gives them up."
        )

    def form_fields(self) -> Sequence[FormField]:
        """What was said, and the new text."""
        return self._fields

    def check(self, values: Mapping[str, Any]) -> None:
        """Say what does not fit."""
        if self._one.about is None:
            raise BadInput("no-such-record", "The record that this is about is not on this laptop.", "text")
        conflict, today = self._one.conflict, self.shell.today
        chosen_value(conflict, self._one.about, "text", values["text"], today)

    def withheld(self, store: Store) -> str:
        """Why the values may not be shown any more, or "": the conflict is seen as its field is."""
        why = super().withheld(store)
        child = self._one.child
        if not why or why == GONE or child is None:
            return why
        decision = Sight(store).field(self._one.conflict, "other", child)
        return why if decision or not decision.shown else decision.reason

    def commit(self, store: Store, values: Mapping[str, Any]) -> Receipt:
        """It holds from now on, and the draft ends."""
        draft = (self.FORM, self.subject)
        return commit_settlement(store, self.subject, "text", text=values["text"], draft=draft)

    def said(self, receipt: Receipt) -> str:
        """What was settled."""
        return f"{receipt.name}: {short(value_words(self._one, self._one.stands), 30)} is replaced. u undoes."
