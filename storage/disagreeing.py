"""Writing the log of disagreements: raise, answer, take further. One rule for commands and screens."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from casework.disagreements import answer, escalate, raise_disagreement
from casework.records import Child
from storage.queries.disagreements import is_followed, require_disagreements

if TYPE_CHECKING:
    from casework.records_case import Disagreement
    from storage.journal import Receipt
    from storage.store import Store

Draft = tuple[str, str]
"""The form and the subject of a draft that ends with the step."""


def commit_raised(
    store: Store, made: Disagreement, *, draft: Draft | None = None
) -> tuple[Receipt, Disagreement]:
    """Record a new disagreement. Raises as `require_disagreements` and `raise_disagreement` do."""
    require_disagreements(store, store.get(Child, made.child))
    edit, kept = raise_disagreement(made, store.today)
    return store.journal.commit(edit, draft=draft), kept


def commit_answer(
    store: Store, held: Disagreement, outcome: str, on: date, *, settles: bool, draft: Draft | None = None
) -> Receipt:
    """Record what its level answered. Raises as `require_disagreements` and `answer` do."""
    require_disagreements(store, store.get(Child, held.child))
    edit = answer(held, outcome, on, store.today, settles=settles, followed=is_followed(store, held))
    return store.journal.commit(edit, draft=draft)


def commit_escalation(
    store: Store, held: Disagreement, with_whom: str, on: date, *, about: str = "", draft: Draft | None = None
) -> tuple[Receipt, Disagreement]:
    """Take it to the next level. Raises as `require_disagreements` and `escalate` do."""
    require_disagreements(store, store.get(Child, held.child))
    followed = is_followed(store, held)
    edit, kept = escalate(held, with_whom, store.worker.id, on, store.today, about=about, followed=followed)
    return store.journal.commit(edit, draft=draft), kept
