"""What a list says of one child: the reasons of the rules and the clocks that press, and what comes next.

The clocks are those of `casework.tasks`, so that a list, a child's page and the list of clocks never differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from casework.tasks import Task
from casework.triage import Why

_TOLD_BY_RULES = frozenset({"n-code", "flag-review"})
"""Clocks that a rule of `casework.triage` tells in its own words where they press."""

_OVERDUE, _TODAY = 48, 44
"""Below an overdue N code and one that is due today: those have a day that is set by law."""


def is_pressing(task: Task) -> bool:
    """Whether a clock is overdue or due today."""
    return task.overdue or task.left == 0


def listed_reasons(reasons: Sequence[Why], tasks: Iterable[Task]) -> list[Why]:
    """The reasons with those of the clocks that press, the weightiest first; none of them twice."""
    told = {why.rule for why in reasons} & _TOLD_BY_RULES
    pressing = [_why(task) for task in tasks if is_pressing(task) and task.rule not in told]
    return sorted([*reasons, *pressing], key=lambda why: -why.weight)


def to_come(reasons: Sequence[Why], tasks: Iterable[Task]) -> list[Task]:
    """The clocks that run but are no reason yet, the earliest first; `reasons` are the listed ones."""
    told = {why.rule for why in reasons} & _TOLD_BY_RULES
    return [task for task in tasks if not is_pressing(task) and task.rule not in told]


def _why(task: Task) -> Why:
    return Why(
        task.rule, task.text, task.start, task.due, task.clears_with, _OVERDUE if task.overdue else _TODAY
    )
