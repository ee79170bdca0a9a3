"""Who to call about a child, in contact order, and who shares the home: what the round needs, offline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casework.policies import Category
from casework.records import Child, Person, Relationship
from storage.queries.guarded_words import guarded
from storage.queries.siblings import siblings_of
from storage.queries.sight import shown_child

if TYPE_CHECKING:
    from storage.store import Store


@dataclass(frozen=True, slots=True)
class Caller:
    """An adult to call. `phones` is empty for one who must not be contacted."""

    name: str
    kind: str
    phones: Sequence[str]
    do_not_contact: bool
    responsibility: str
    interpreter: str
    note: str


@dataclass(frozen=True, slots=True)
class Reach:
    """The people of a child and the siblings on this laptop; `withheld` says why they are not shown."""

    callers: Sequence[Caller] = ()
    siblings: Sequence[Child] = ()
    withheld: str = ""


def read_reach(store: Store, child: Child) -> Reach:
    """The adults of a child in contact order, and the children who share the household."""
    decision = store.may_see(child, Category.FAMILY, "attendance")
    if not decision:
        reason = decision.reason
        if store.may_see(child, Category.FAMILY, "support"):
            reason = "Open to you for support, not for attendance; the child's page shows them."
        return Reach(withheld=reason if decision.shown else "")
    ties = store.find(Relationship, "child = ?", (child.id,))
    ties.sort(key=lambda tie: (tie.contact_order, tie.id))
    people = [(tie, store.get(Person, tie.person)) for tie in ties]
    siblings = [shown_child(store, one, "attendance") for one in siblings_of(store, child)]
    callers = [_caller(tie, person) for tie, person in people if not person.void]
    return Reach(guarded(store, child, callers), siblings)


def _caller(tie: Relationship, person: Person) -> Caller:
    return Caller(
        name=" ".join(part for part in (person.title, person.forename, person.surname) if part),
        kind=tie.kind,
        phones=() if person.do_not_contact else person.phones,
        do_not_contact=person.do_not_contact,
        responsibility=tie.responsibility,
        interpreter=(person.language or "yes") if person.interpreter else "",
        note=person.note,
    )


def families_shown(store: Store, children: Sequence[Child]) -> frozenset[str]:
    """Those of `children` whose family this worker may see, so that siblings may be shown as such."""
    return frozenset(child.id for child in children if store.may_see(child, Category.FAMILY, "attendance"))
