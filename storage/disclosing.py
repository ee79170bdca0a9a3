"""Recording a decision to share without agreement, or not to: one step, with its audit entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casework.consent import disclose
from casework.errors import Refused
from casework.policies import Category

if TYPE_CHECKING:
    from casework.records import Child
    from casework.records_sharing import Disclosure
    from storage.journal import Receipt
    from storage.store import Store


def commit_disclosure(
    store: Store, child: Child, made: Disclosure, *, draft: tuple[str, str] | None = None
) -> Receipt:
    """Record it and end the draft it came from.

    Raises Refused as `require_sight` does, BadInput as `casework.consent.disclose` does.
    """
    require_sight(store, child, made)
    receipt = store.journal.commit(disclose(made, store.today), draft=draft)
    if made.decision == "share":
        store.log("shared", f"disclosure {made.id} with {made.agency}", child.id)
    return receipt


def require_sight(store: Store, child: Child, made: Disclosure) -> None:
    """Nobody shares what they may not see themselves: raises Refused with the reason.

    That something is not shared is recorded by whoever decided it, and looked at is nothing but whether they
    may know of the child: an answer that went by what is there, or by who may see it, would tell of it.
    """
    asked = made.categories if made.decision == "share" else ()
    for category in (*asked, Category.IDENTITY):
        decision = store.may_see(child, category, "safeguarding")
        if not decision:
            raise Refused(
                "withheld", f"You do not see it for safeguarding yourself: {decision.reason}", "categories"
            )
