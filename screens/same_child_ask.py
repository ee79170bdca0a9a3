"""What is asked of two records that are two children: what they are to one another, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casework.errors import BadInput
from screens.dialogs import Choice, PickOne
from screens.kept_dialog import AskWords, kept_as
from storage.queries.sight import draft_of

if TYPE_CHECKING:
    from casework.records import Child
    from casework.records_links import LinkKind
    from screens.reopening import LeftOpen
    from screens.same_child_sheet import Sheet
    from storage.journal import Receipt
    from storage.store import Store

LINK_FORM = "link-reason"
"""The form of a draft of why two records are two children."""

RELATION = "relation"
"""The entry of such a draft that says what the two are to one another."""


def both(kept: str, other: str) -> str:
    """The subject of a draft about two children: words about one pair never begin those about another."""
    return f"{kept} {other}"


def child_here(store: Store, child_id: str) -> Child:
    """A standing child whom the worker may know of. Raises BadInput."""
    from casework.records import Child
    from storage.queries.sight import seen_children

    found = seen_children(store, store.find(Child, "id = ?", (child_id,)))
    if not found:
        raise BadInput("no-such-child", "That record stands no more; look for the child again.")
    return found[0]


async def say_apart(screen: Sheet, child_id: str, other_id: str) -> None:
    """Ask what the two are to one another and why, and record it."""
    choices = [
        Choice("1", "not the same child", "the pair is not offered again"),
        Choice("2", "siblings", "each stands on the other's page"),
    ]

    async def picked(choice: str | None) -> None:
        if choice is not None:
            relation = "different" if choice == "1" else "sibling"
            screen.call_after_refresh(ask_why_apart, screen, child_id, other_id, relation)

    await screen.question(PickOne("What are the two to one another?", choices), picked)


async def ask_again(screen: Sheet, child_id: str, other_id: str, left: LeftOpen) -> None:
    """Ask once more for the reason that was half given."""
    draft = await screen.attempt(lambda store: draft_of(store, *left.key))
    await ask_why_apart(screen, child_id, other_id, draft.fields.get(RELATION, "") if draft else "")


async def ask_why_apart(screen: Sheet, child_id: str, other_id: str, relation: str) -> None:
    """Ask why the two are `different` children, or a `sibling` of one another, and record it."""
    kind: LinkKind = "sibling" if relation == "sibling" else "different"
    draft = await kept_as(screen, LINK_FORM, both(child_id, other_id), {RELATION: kind})
    if draft is None:
        return

    async def asked(reason: str | None) -> None:
        if reason is None:
            return

        def commit(store: Store) -> Receipt:
            from casework.same_child import link_children

            one, two = child_here(store, child_id), child_here(store, other_id)
            edit = link_children(one, two, kind, reason, store.today, store.worker.id)
            return store.journal.commit(edit, draft=draft.key)

        if await screen.attempt(commit) is not None:
            await screen.renew()
            words = "Recorded: not the same child." if kind == "different" else "Siblings."
            screen.say(f"{words} u undoes.")

    said = "not the same child" if kind == "different" else "siblings"
    await screen.question(AskWords(f"How do you know that they are {said}? In a few words:", draft), asked)
