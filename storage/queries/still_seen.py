"""Whether what an open screen shows may still be shown, and if not, why, in a worker's words.

A withdrawal comes in while somebody reads or writes. What is read again refuses by itself; what is not read
again, as a half-filled form, is asked about here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from casework.policies import PURPOSES, Category, Purpose
from casework.records import Child
from storage.queries.sight import UNKNOWN_FORM, WRITTEN_ABOUT, child_of_draft, may_go_on

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.store import Store

GONE = "This laptop may not hold it any more: an agreement has ended, or others work with the child now."
_NOT_HERE = "What it is about is not on this laptop any more."


@dataclass(frozen=True, slots=True)
class FormSeen:
    """An open form by its draft, and the child that it was about when it was opened ("" for none).

    `chosen` is the child whom a form names that was begun about nobody.
    """

    form: str
    subject: str
    child: str = ""
    chosen: str = ""

    @property
    def about(self) -> str:
        """Whom or what it is about: its subject, else whom it names."""
        return self.subject or self.chosen


def form_seen(store: Store, form: str, subject: str, chosen: str = "") -> FormSeen:
    """A form as it is opened, or as it names a child; of one that may not be gone on with nothing is asked
    later.
    """
    seen = FormSeen(form, subject, chosen=chosen)
    child = child_of_draft(store, seen.about) if may_go_on(store, form, seen.about) else None
    return replace(seen, child=child.id if child else "")


def why_form_closes(store: Store, seen: FormSeen) -> str:
    """Why an open form may not be shown any more, or "" while it may."""
    if not seen.child or may_go_on(store, seen.form, seen.about):
        return ""
    child = _known(store, seen.child)
    if child is None:
        return GONE
    decision = store.may_see(child, *WRITTEN_ABOUT.get(seen.form, UNKNOWN_FORM))
    return _NOT_HERE if decision else decision.reason


def may_stay_draft(store: Store, seen: FormSeen) -> bool:
    """Whether what was typed may stay a draft: what it is about is on this laptop, if withheld for now, or it
    was begun about nobody and may be found to be about another child.
    """
    return not seen.child or not seen.subject or child_of_draft(store, seen.subject) is not None


def _known(store: Store, child: str) -> Child | None:
    held = next(iter(store.find(Child, "id = ?", (child,))), None)
    return held if held is not None and store.may_see(held, Category.IDENTITY, "support") else None


ChildSeen = frozenset[tuple[Category, Purpose]]
"""What the worker might see of a child when a text about it was opened; nothing where they knew of none."""


def child_seen(store: Store, child: str | None) -> ChildSeen:
    """The categories of a child that may be seen now, each with the purpose."""
    held = _known(store, child) if child else None
    if held is None:
        return frozenset()
    each = ((category, purpose) for category in Category for purpose in PURPOSES)
    return frozenset(one for one in each if store.may_see(held, *one))


def why_text_closes(store: Store, child: str | None, seen: ChildSeen) -> str:
    """Why a text about a child may not be shown any more, or "" while all may be seen that might be then.

    Which category the text is of nobody knows by now, so it closes when any was lost.
    """
    if not child or not seen:
        return ""
    held = _known(store, child)
    if held is None:
        return GONE
    lost: Mapping[str, None] = dict.fromkeys(
        decision.reason for one in sorted(seen) if not (decision := store.may_see(held, *one))
    )
    return next(iter(lost), "")
