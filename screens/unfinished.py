"""What was left half written, whatever the form: whose it is, in words, and the sentence that names it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casework.wording import count_of
from screens.follow_up_words import CHILDREN, OLD_KIND
from screens.reopening import LeftOpen, words_of
from screens.widgets.fitting import short
from storage.queries.lookup import display_name
from storage.queries.sight import child_of_draft, drafts_waiting

if TYPE_CHECKING:
    from storage.drafts import Draft
    from storage.store import Store

_NAMED = 2
_NAME = 24


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A draft: what it is of, the child (its id and name), else whom it is about in words."""

    left: LeftOpen
    what: str
    child: str = ""
    who: str = ""

    @property
    def words(self) -> str:
        """Whose, and what."""
        return f"{short(self.who, _NAME)} ({self.what})" if self.who else self.what


def unfinished(store: Store, draft: Draft) -> Unfinished:
    """A draft with the words that name it."""
    form = OLD_KIND.get(draft.fields.get("kind", ""), draft.form) if draft.form in OLD_KIND.values() else ""
    child = child_of_draft(store, draft.subject)
    several = len(draft.fields.get(CHILDREN, "").split())
    several_words = count_of(several, "child", "children") if several else ""
    who = display_name(child) if child else several_words or store.schools.name(draft.subject)
    return Unfinished(
        LeftOpen(draft.form, draft.subject), words_of(form or draft.form), child.id if child else "", who
    )


def read_unfinished(store: Store) -> list[Unfinished]:
    """Every draft that the worker may go on with, the newest first."""
    return [unfinished(store, draft) for draft in drafts_waiting(store)]


def said_unfinished(waiting: Sequence[Unfinished]) -> str:
    """All of them in one sentence, with the key that goes on."""
    whose = [one.words for one in waiting[:_NAMED]]
    more = len(waiting) - _NAMED
    whose += [f"{more} more"] if more > 0 else []
    return f"{len(waiting)} unfinished: {', '.join(whose)}. N goes on."
