"""Notifications as the worker of this laptop may see them, each with where it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from casework.notifications import Standing, feedback_allowed, standing, still_waits
from casework.policies import Category
from casework.records import Child, Worker, meta_of
from casework.records_case import Episode, Feedback, Notification, Pause
from casework.sharing import Decision, may_see
from storage.queries.sight import shown_child

if TYPE_CHECKING:
    from storage.store import Store


@dataclass(frozen=True, slots=True)
class ShownNotification:
    """A notification with its child; what may not be seen is empty and its category named in `withheld`.

    `asked` is what the school was asked for while its clock stands still for that, if it may be seen.
    """

    notification: Notification
    child: Child
    standing: Standing
    withheld: dict[Category, str] = field(default_factory=dict)
    asked: str = ""


def read_notifications(
    store: Store, child: str | None = None, *, waiting: bool = False
) -> list[ShownNotification]:
    """Notifications, those that wait for a worker first by the end of their clock, then the newest.

    With `child` those about one child; with `waiting` those to which no worker is allocated.
    """
    condition, given = ("child = ?", (child,)) if child else ("1", ())
    if waiting:
        condition += " AND allocated_on IS NULL AND new_information = 0"
    held = store.find(Notification, condition, given)
    children = {c.id: c for c in _children(store, {n.child for n in held})}
    pauses = _pauses(store, held)
    closed = _closed(store)
    shown = []
    for one in held:
        about = children.get(one.child)
        if about is None or not store.may_see(about, Category.IDENTITY, "support"):
            continue
        shown.append(_shown(store, one, about, pauses[one.id], closed.get(one.id)))
    return sorted(
        shown,
        key=lambda s: (
            s.standing.allocate_by or date.max,
            -s.notification.received.toordinal(),
            s.notification.id,
        ),
    )


def pauses_of(store: Store, notification: Notification) -> list[Pause]:
    """The times in which a notification's clock stood still, oldest first."""
    return _pauses(store, [notification])[notification.id]


def episodes_of(store: Store, child: str) -> list[Episode]:
    """A child's episodes, oldest first."""
    return sorted(store.find(Episode, "child = ?", (child,)), key=lambda e: (e.number, e.id))


def others_waiting(store: Store, child: str, but: str = "") -> list[Notification]:
    """A child's notifications that wait for a worker, oldest first, without the one `but`."""
    held = store.find(Notification, "child = ?", (child,))
    return sorted((n for n in held if n.id != but and still_waits(n)), key=lambda n: (n.received, n.id))


def other_school(store: Store, child: Child, school: str | None) -> str:
    """That a notification came from another school than the child's, in a sentence; "" where it did not, or
    which school they go to may not be seen.
    """
    theirs = shown_child(store, child).school
    if not theirs or not school or theirs == school:
        return ""
    return f"the child is on the roll of {store.schools.name(theirs)}, not of {store.schools.name(school)}."


def feedback_for(store: Store, child: Child) -> tuple[Feedback, Decision]:
    """What the notifying school may be told, and the decision about the family's plan that says so."""
    school = Worker(id="", name="", agency="school")
    ground = store.grounds.of(child.id)
    decision = may_see(school, child, Category.FAMILY, "planning", store.today, ground)
    return feedback_allowed(decision.answer), decision


def _shown(
    store: Store, one: Notification, child: Child, pauses: Sequence[Pause], closed: date | None
) -> ShownNotification:
    withheld: dict[Category, str] = {}
    emptied: dict[str, object] = {}
    for name, info in Notification.model_fields.items():
        meta = meta_of(one.type, name)
        if meta is None or info.is_required():
            continue
        decision = store.may_see(child, meta.category, "support")
        if not decision:
            emptied[name] = info.get_default()
            if decision.shown:
                withheld[meta.category] = decision.reason
    stands = standing(one, pauses, store.today, closed=closed)
    asked = next((p.reason for p in pauses if p.kind == "more-information" and p.end is None), "")
    if not store.may_see(child, Category.FAMILY, "support"):
        asked = ""
    return ShownNotification(one.model_copy(update=emptied), child, stands, withheld, asked)


def _children(store: Store, ids: set[str]) -> list[Child]:
    marks = ",".join("?" * len(ids))
    return store.find(Child, f"id IN ({marks})", sorted(ids)) if ids else []


def _pauses(store: Store, held: Sequence[Notification]) -> defaultdict[str, list[Pause]]:
    found: defaultdict[str, list[Pause]] = defaultdict(list)
    if held:
        marks = ",".join("?" * len(held))
        for pause in store.find(Pause, f"about IN ({marks})", [n.id for n in held]):
            found[pause.about].append(pause)
    for pauses in found.values():
        pauses.sort(key=lambda p: (p.start, p.id))
    return found


def _closed(store: Store) -> dict[str, date]:
    """When the case of each notification ended; not while one of several that were joined goes on."""
    rows = store.conn.execute(
        "SELECT notification, max(closed) FROM episode WHERE void = 0 AND notification IS NOT NULL"
        " GROUP BY notification HAVING count(*) = count(closed)"
    )
    return {row[0]: date.fromisoformat(row[1]) for row in rows}
