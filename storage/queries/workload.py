"""How much each worker of the team carries, for allocating a notification."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casework.plans import DONE
from casework.records import Worker
from storage.queries.facts import quoted
from storage.queries.notifications import read_notifications

if TYPE_CHECKING:
    from storage.queries.notifications import ShownNotification
    from storage.store import Store


@dataclass(frozen=True, slots=True)
class Load:
    """One worker's work in numbers: children in open episodes that they lead, actions past their day in the
    open plans of these, and notifications waiting for a worker that fall to them: from a school they are
    tied to, or about a child they lead.
    """

    worker: Worker
    cases: int
    overdue: int
    due: int


def read_workload(store: Store) -> list[Load]:
    """The active workers of this worker's team, who carries least first. Numbers of the team, no child's."""
    workers = store.find(Worker, "active = 1 AND team IS ?", (store.worker.team,))
    cases = Counter(
        dict(
            store.conn.execute(
                "SELECT worker, count(DISTINCT child) FROM episode WHERE void = 0 AND closed IS NULL"
                " AND worker IS NOT NULL GROUP BY worker"
            ).fetchall()
        )
    )
    overdue = Counter(
        dict(
            store.conn.execute(
                "SELECT e.worker, count(DISTINCT a.id) FROM action a JOIN episode e ON e.child = a.child"
                " JOIN outcome o ON o.id = a.outcome JOIN plan p ON p.id = o.plan"
                " WHERE a.void = 0 AND o.void = 0 AND p.void = 0 AND p.ended IS NULL"
                " AND e.void = 0 AND e.closed IS NULL AND e.worker IS NOT NULL"
                f" AND a.status NOT IN ({quoted(DONE)}) AND a.due < ? GROUP BY e.worker",
                (store.today.isoformat(),),
            ).fetchall()
        )
    )
    due = _falls_to(read_notifications(store, waiting=True), workers)
    loads = [Load(w, cases[w.id], overdue[w.id], due[w.id]) for w in workers]
    return sorted(loads, key=lambda one: (one.cases, one.overdue, one.due, one.worker.name.casefold()))


def _falls_to(waiting: list[ShownNotification], workers: list[Worker]) -> Counter[str]:
    at_school: defaultdict[str, list[str]] = defaultdict(list)
    for worker in workers:
        for school in worker.schools:
            at_school[school].append(worker.id)
    found: Counter[str] = Counter()
    for shown in waiting:
        school = shown.notification.school or shown.child.school or ""
        found.update({*at_school[school], *filter(None, (shown.child.lead_worker,))})
    return found
