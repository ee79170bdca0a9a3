"""The clocks of one child, to tell before and after a step which of them it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casework.tasks import child_tasks
from storage.queries.tasks import Reading, without_protected

if TYPE_CHECKING:
    from casework.records import Child
    from casework.tasks import Task
    from storage.store import Store


def clocks_of(store: Store, child: Child) -> dict[str, Task | None]:
    """Every clock of `child` by its key, whoever's case it is; None in place of one that may not be seen.

    Those that may not be seen are named by key alone, so that a clock that a worker loses sight of by the
    step is not taken for one that it ended.
    """
    held = Reading(store, frozenset({child.id})).held().get(child.id)
    if held is None:
        return {}
    seen = {
        task.key: task
        for task in child_tasks(without_protected(store, child, held), store.today)
        if store.may_see(child, task.category, task.purpose)
    }
    return {task.key: seen.get(task.key) for task in child_tasks(held, store.today)}
