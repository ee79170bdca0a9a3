"""The clocks of given children, whoever's cases they are: for their pages, lists, and what a step ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casework.pauses import is_hidden
from casework.tasks import child_tasks
from storage.queries.clock_records import Reading
from storage.queries.guarded_words import AddressGuard
from storage.queries.tasks import seen_tasks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from casework.records import Child
    from casework.tasks import Task
    from storage.store import Store


def clocks_of(store: Store, child: Child) -> dict[str, Task | None]:
    """Every clock of `child` by its key, whoever's case it is; None in place of one that may not be seen.

    Those that may not be seen are named by key alone, so that a clock that a worker loses sight of by the
    step is not taken for one that it ended.
    """
    held = Reading(store, frozenset({child.id}), alone=True).held().get(child.id)
    if held is None:
        return {}
    seen = {task.key: task for task in seen_tasks(store, child, held, AddressGuard(store))}
    return {task.key: seen.get(task.key) for task in child_tasks(held, store.today)}


def listed_clocks(store: Store, children: Sequence[Child], *, n_marks: bool = True) -> dict[str, list[Task]]:
    """The clocks of these children that this worker may see and that are awake, ranked, by child.

    They are what the list of clocks has for them. A child without any has no entry. `n_marks` leaves the N
    codes out for who reads the weeks of the children anyway.
    """
    known = {child.id: child for child in children}
    guard = AddressGuard(store)
    held = Reading(store, frozenset(known), alone=True, n_marks=n_marks).held()
    found = {
        child: [task for task in seen_tasks(store, known[child], one, guard) if not is_hidden(task)]
        for child, one in held.items()
        if child in known
    }
    return {child: tasks for child, tasks in found.items() if tasks}
