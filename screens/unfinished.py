"""What was left half written, whatever the form: whose it is, in words, and the sentence that names it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casework.wording import count_of
from screens.follow_up_words import CHILDREN, OLD_KIND
from screens.reopening import LeftOpen, is_of_case, words_of
from screens.widgets.fitting import short
from storage.queries.lookup import display_name
from storage.queries.sight import child_of_draft, drafts_waiting

if TYPE_CHECKING:
    from datetime import date

    from casework.records import Child
    from casework.sharing import Decision
    from storage.drafts import Draft
    from storage.store import Store

_NAMED = 2
_NAME = 24


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A draft: what it is of, the child (its id and name), else whom it is about in words.

    `state` says in a word or two what stands in its way, `withheld` why it cannot be shown now.
    """

    left: LeftOpen
    what: str
    child: str = ""
    who: str = ""
    state: str = ""
    withheld: str = ""

    @property
    def words(self) -> str:
        """Whose, what, and what stands in its way."""
        what = f"{self.what}, {self.state}" if self.state else self.what
        return f"{short(self.who, _NAME)} ({what})" if self.who else what


def _closed_on(store: Store, child: Child) -> date | None:
    from storage.queries.plans import closed_on  # the first room needs none of it while nothing is left

    return closed_on(store, child)


def case_closed(store: Store, left: LeftOpen) -> date | None:
    """The day on which the case of a form was closed; None while one is open, or where it is of no case."""
    child = child_of_draft(store, left.subject) if is_of_case(left.form) else None
    return None if child is None else _closed_on(store, child)


def _named(store: Store, subject: str) -> str:
    from storage.queries.conflicts import name_of_draft

    return store.schools.name(subject) or (name_of_draft(store, subject) if subject else "")


def unfinished(store: Store, draft: Draft, decision: Decision | None = None) -> Unfinished:
    """A draft with the words that name it. `decision` is about going on with it, where that was asked."""
    form = OLD_KIND.get(draft.fields.get("kind", ""), draft.form) if draft.form in OLD_KIND.values() else ""
    child = child_of_draft(store, draft.subject)
    several = len(draft.fields.get(CHILDREN, "").split())
    several_words = count_of(several, "child", "children") if several else ""
    who = display_name(child) if child else several_words or _named(store, draft.subject)
    state = withheld = ""
    if child is not None and is_of_case(draft.form) and _closed_on(store, child) is not None:
        state = "case closed"
    if child is not None and decision is not None and not decision:
        from storage.queries.plans import why_withheld

        state, withheld = state or "withheld now", why_withheld(store, child, decision)
    left = LeftOpen(draft.form, draft.subject)
    return Unfinished(left, words_of(form or draft.form), child.id if child else "", who, state, withheld)


def read_unfinished(store: Store) -> list[Unfinished]:
    """Every draft that the worker may know of, the newest first."""
    return [unfinished(store, draft, decision) for draft, decision in drafts_waiting(store)]


def said_unfinished(waiting: Sequence[Unfinished]) -> str:
    """All of them in one sentence, with the key that goes on."""
    whose = [one.words for one in waiting[:_NAMED]]
    more = len(waiting) - _NAMED
    whose += [f"{more} more"] if more > 0 else []
    return f"{len(waiting)} unfinished: {', '.join(whose)}. N goes on."
