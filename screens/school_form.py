"""The form of a school's contacts: its point of contact, its School Liaison Officer, how to reach each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from casework.edits import Edit, update
from casework.errors import BadInput
from casework.records import School
from casework.text import clean
from screens.form_fields import FormField
from screens.over_record import RecordForm
from screens.reopening import LeftOpen

if TYPE_CHECKING:
    from screens.base import Shell
    from storage.journal import Receipt
    from storage.store import Store

SCHOOL_CONTACTS = "school-contacts"
"""The form by which its drafts are kept."""

_REACH = "phone, email, when they are in"


def _contacts(held: School) -> dict[str, str]:
    names = ("spoc", "spoc_reach", "liaison", "liaison_reach")
    return {name: clean(getattr(held, name)) for name in names}


class SchoolForm(RecordForm):
    """Who is who at one school. Only what was changed here is written."""

    FORM = SCHOOL_CONTACTS
    TITLE_WORDS = "Contacts"

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> SchoolForm | None:
        """The form of a school as it was left; None where the school was taken back meanwhile."""

        def read(store: Store) -> School | None:
            return next(iter(store.find(School, "id = ?", (left.subject,))), None)

        held = await shell.desk.run(read)
        return None if held is None else cls(held)

    def __init__(self, held: School) -> None:
        super().__init__(held.id, clean(held.name, limit=50), was=_contacts(held))
        self._fields = (
            FormField("spoc", "Point of contact", hint="the school's single point of contact: name and role"),
            FormField("spoc_reach", "  reached by", hint=_REACH),
            FormField("liaison", "Liaison Officer", hint="the team's School Liaison Officer: name"),
            FormField("liaison_reach", "  reached by", hint=_REACH),
        )

    def form_fields(self) -> Sequence[FormField]:
        """Two people."""
        return self._fields

    def now(self, store: Store) -> Mapping[str, str]:
        """Who is who by now."""
        return _contacts(store.get(School, self.subject))

    def check(self, values: Mapping[str, Any]) -> None:
        """Say when there is nothing to keep."""
        if not self.changed_values(values):
            raise BadInput("same", "Nothing was changed here; esc leaves.", "spoc")

    def commit(self, store: Store, values: Mapping[str, Any]) -> Receipt:
        """What was changed, as one step; what somebody else wrote in another field meanwhile stays."""
        held = store.get(School, self.subject)
        edit = Edit(f"Contacts of school {held.urn}", update(held, **self.changed_values(values)))
        return store.journal.commit(edit, draft=(self.FORM, self.subject))
