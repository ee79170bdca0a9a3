"""The form that settles what the family's own words in an agreement rule out: who may not have what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from casework.consent import settle_words
from casework.policies import Category
from casework.records_sharing import Agreement
from casework.wording import CATEGORIES
from screens.base import Shell
from screens.consent_forms import about_agreement, said_opened
from screens.consent_lines import SETTLING, Names
from screens.field_form import FieldForm
from screens.form_fields import FormField, Question
from screens.limit_fields import apart_fields, limit_words, pairs_in
from screens.reopening import LeftOpen
from screens.widgets.fitting import plain
from screens.widgets.text import Tone

if TYPE_CHECKING:
    from casework.edits import Edit
    from storage.journal import Receipt
    from storage.store import Store

_DIALOG = 56
"""Cells for the details of a question."""


class SettleForm(FieldForm):
    """What the family's own words rule out."""

    FORM = SETTLING
    TITLE_WORDS = "Settle the family's words"

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> SettleForm | None:
        """The form about an agreement as it was left."""
        about = await about_agreement(shell, left)
        if about is None or not about[0].exclude.strip():
            return None
        return cls(about[0], about[2], shell.agencies)

    def __init__(self, agreement: Agreement, who: str, names: Names) -> None:
        super().__init__(agreement.id, who)
        self._agreement, self._names, self._opens = agreement, names, ""
        named = {c.value: CATEGORIES[c.value] for c in agreement.categories} or CATEGORIES
        self._fields = (
            FormField("told", "Their words", "told", hint=f"“{agreement.exclude.strip()}”"),
            *apart_fields("Kept from", agreement.agencies, names, named),
            FormField("categories", "To nobody", "many", CATEGORIES,
                      "what nobody may have whom the agreement names", empty="no category"),
            FormField("agencies", "Nothing to", "many", names, "agencies that may have none of it",
                      empty="no agency"),
        )  # fmt: skip

    def form_fields(self) -> Sequence[FormField]:
        """What each agency alone, nobody, and who may have nothing."""
        return self._fields

    async def question_before(self, values: Mapping[str, Any]) -> Question:
        """Settling is done once, so it is asked about, with what is open then and what is not."""
        from storage.queries.agreements import read_settled

        opening = await self.ask(lambda store: read_settled(store, self._edit(store, values), self._names))
        limits = limit_words(values["agencies"], values["categories"], pairs_in(values), self._names)
        details = [
            *(line for words in limits for line in plain(words, _DIALOG, indent=0, tone=Tone.STRONG)),
            *plain(opening.words, _DIALOG, indent=0),
            *plain("From then on these words keep nothing else shut.", _DIALOG, indent=0, tone=Tone.WARN),
        ]
        return Question("Do the family's words rule out this?", details)

    def _edit(self, store: Store, values: Mapping[str, Any]) -> Edit:
        held = store.get(Agreement, self._agreement.id)
        categories = tuple(map(Category, values["categories"]))
        return settle_words(held, values["agencies"], categories, pairs_in(values))

    def commit(self, store: Store, values: Mapping[str, Any]) -> Receipt:
        """The words are settled."""
        receipt = store.journal.commit(self._edit(store, values), draft=(self.FORM, self.subject))
        self._opens = said_opened(store, self._agreement.id, self._names)
        return receipt

    def said(self, receipt: Receipt) -> str:
        """That it is settled, and what the agreement opens now."""
        return f"{super().said(receipt)} {self._opens}".rstrip()
