"""Risks to visitors as notifications told of them: words, where a flag only says that there is one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from casework.policies import Category, Purpose
from casework.records_case import Notification

if TYPE_CHECKING:
    from casework.records import Child
    from storage.store import Store


@dataclass(frozen=True, slots=True)
class ToldRisk:
    """What a notifier said of risks to visiting staff. `notification` is the id of where it stands."""

    notification: str
    by: str
    on: date
    text: str


def told_risks(store: Store, child: Child, purpose: Purpose) -> list[ToldRisk]:
    """The risks that this worker may see, the newest first; the same words once."""
    if not store.may_see(child, Category.SAFEGUARDING, purpose):
        return []
    named = store.find(Notification, "child = ? AND risks <> ''", (child.id,))
    told: dict[str, ToldRisk] = {}
    for one in sorted(named, key=lambda one: (one.received, one.id), reverse=True):
        told.setdefault(one.risks, ToldRisk(one.id, one.notifier, one.received, one.risks))
    return list(told.values())
