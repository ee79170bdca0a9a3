"""The clocks of this laptop's worker: those of their own cases, and what waits for a worker.

Own cases are those that they lead or that are allocated to them. A notification without a worker is listed
for everybody, since it is nobody's yet. Who does a school's attendance work has the N codes of its whole
roll, too. A row is there only where `may_see` lets its category be seen; what is withheld is told by category
for all own cases alike, so that nothing follows about any record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from casework.pauses import is_hidden
from casework.policies import Category, Purpose
from casework.records import FLAG_CATEGORY, Child
from casework.tasks import (
    Held,
    Task,
    child_tasks,
    rank_key,
)
from casework.wording import CATEGORIES, count_of
from storage.queries.agreements import unhidden
from storage.queries.clock_records import Reading, own_cases
from storage.queries.guarded_words import AddressGuard
from storage.queries.lookup import display_name

if TYPE_CHECKING:
    from storage.store import Store

By = Literal["family", "school", "due"]


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One row with its child. `home` tells which rows are of one family, `family` is its name."""

    task: Task
    child: Child
    name: str
    school: str
    home: str
    family: str
    contact: str = ""
    """The school's single point of contact and how to reach them."""


@dataclass(frozen=True, slots=True)
class WithheldClocks:
    """A category of clocks that this worker may not see of some of their own cases, and why."""

    category: Category
    reason: str
    children: int

    @property
    def words(self) -> str:
        """What is withheld, of how many children, and why: two lines about one category differ in the why."""
        name = CATEGORIES[self.category.value]
        return f"{name} ({count_of(self.children, 'child', 'children')}): {self.reason}"


@dataclass(frozen=True, slots=True)
class ClockList:
    """The clocks of a day, ranked. `asleep` are those that a pause or a snooze hides from `rows`."""

    day: date
    rows: Sequence[ClockRow]
    asleep: Sequence[ClockRow]
    withheld: Sequence[WithheldClocks]

    @property
    def everything(self) -> list[ClockRow]:
        """The rows and those asleep, ranked."""
        return sorted([*self.rows, *self.asleep], key=_row_key)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many rows there are by state; none is left out of all of them."""
        due = [row.task for row in self.rows]
        return {
            "overdue": sum(task.overdue for task in due),
            "today": sum(task.left == 0 for task in due),
            "to-come": sum(not task.overdue and task.left != 0 for task in due),
            "paused": sum(
                row.task.sleep is not None and row.task.sleep.kind == "pause" for row in self.asleep
            ),
            "snoozed": sum(
                row.task.sleep is not None and row.task.sleep.kind == "snooze" for row in self.asleep
            ),
        }


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that belong together, under a heading."""

    key: str
    heading: str
    rows: Sequence[ClockRow]
    contact: str = ""
    """Whom to see there and how to reach them, of a group by school visit."""

    @property
    def title(self) -> str:
        """The heading, with whom to see there."""
        return f"{self.heading}: {self.contact}" if self.contact else self.heading


def read_clocks(store: Store) -> ClockList:
    """Every clock of this laptop's worker today, also of rows that sleep."""
    own = own_cases(store)
    reading = Reading(store, own)
    held = reading.held()
    children = reading.children({*own, *held})
    guard = AddressGuard(store)
    rows = [
        _row(store, children[child], task)
        for child, one in held.items()
        if child in children
        for task in seen_tasks(store, children[child], one, guard)
    ]
    rows.sort(key=_row_key)
    return ClockList(
        store.today,
        [row for row in rows if not is_hidden(row.task)],
        [row for row in rows if is_hidden(row.task)],
        _withheld(store, [children[child] for child in own if child in children]),
    )


def _row_key(row: ClockRow) -> tuple[date, int, str, str]:
    due, rule, *_ = rank_key(row.task)
    return (due, rule, row.name, row.task.key)


def grouped(rows: Iterable[ClockRow], by: By, today: date) -> list[Group]:
    """Rows in groups, each in the order of its rows and the groups in that of their first one."""
    held: dict[str, tuple[str, list[ClockRow]]] = {}
    for row in rows:
        key, heading = _group(row, by, today)
        held.setdefault(key, (heading, []))[1].append(row)
    return [
        Group(key, heading, members, members[0].contact if by == "school" else "")
        for key, (heading, members) in held.items()
    ]


def _group(row: ClockRow, by: By, today: date) -> tuple[str, str]:
    if by == "family":
        return row.home, row.family
    if by == "school":
        return row.school, f"While you are at {row.school}" if row.school else "No school known"
    task = row.task
    if task.due is None:
        return "still", "Standing still"
    if task.overdue:
        return "overdue", "Overdue"
    if task.due == today:
        return "today", "Due today"
    this_week = task.due - today <= timedelta(days=6 - today.weekday())
    return ("week", "This week") if this_week else ("later", "Later")


def seen_tasks(store: Store, child: Child, held: Held, guard: AddressGuard) -> list[Task]:
    """The clocks of one child that this worker may see, also those asleep, ranked.

    Words of people in them, such as those of an action, are without a protected address.
    """
    return guard(
        child,
        [
            task
            for task in child_tasks(without_protected(store, child, held), store.today)
            if store.may_see(child, task.category, task.purpose)
        ],
    )


def without_protected(store: Store, child: Child, held: Held) -> Held:
    """Without agreements that would tell of a category whose existence is protected."""
    if not held.agreements:
        return held
    return replace(held, agreements=[a for a in held.agreements if unhidden(store, child, a)])


def _row(store: Store, child: Child, task: Task) -> ClockRow:
    family = store.may_see(child, Category.FAMILY, "support")
    if task.sleep is not None and not family:
        task = replace(task, sleep=replace(task.sleep, reason=""))
    education = store.may_see(child, Category.EDUCATION, "support")
    name = display_name(child)
    home = child.household if family and child.household else child.id
    return ClockRow(
        task=task,
        child=child,
        name=name,
        school=store.schools.name(child.school) if education else "",
        home=home,
        family=child.surname if family and child.household else name,
        contact=store.schools.contact(child.school) if education else "",
    )


_SIGHTS: Sequence[tuple[Category, Purpose]] = (
    (Category.ATTENDANCE, "attendance"),
    (Category.FAMILY, "support"),
    (Category.FAMILY, "assessment"),
    (Category.FAMILY, "planning"),
    (Category.SAFEGUARDING, "safeguarding"),
    *((category, "support") for category in sorted(set(FLAG_CATEGORY.values()) - {Category.FAMILY})),
)
"""What rows may be about, in the order in which it is told."""


def _withheld(store: Store, children: Sequence[Child]) -> list[WithheldClocks]:
    found: defaultdict[tuple[Category, str], set[str]] = defaultdict(set)
    for category, purpose in _SIGHTS:
        for child in children:
            decision = store.may_see(child, category, purpose)
            if not decision and decision.shown:
                found[category, decision.reason].add(child.id)
    return [WithheldClocks(category, reason, len(ids)) for (category, reason), ids in found.items()]
