"""The clocks of this laptop's worker: those of their own cases, and what waits for a worker.

Own cases are those that they lead or that are allocated to them. A notification without a worker is listed
for everybody, since it is nobody's yet. Who does a school's attendance work has the N codes of its whole
roll, too. A row is there only where `may_see` lets its category be seen; what is withheld is told by category
for all own cases alike, so that nothing follows about any record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal, TypeVar

from casework.ncodes import NClock, open_n_marks
from casework.parameters import N_CODE_DAYS
from casework.pauses import is_hidden
from casework.plans import DONE
from casework.policies import Category, Purpose
from casework.records import FLAG_CATEGORY, Child, Flag, Record
from casework.records_case import Action, Assessment, Disagreement, Episode, Notification, Pause, Plan
from casework.records_sharing import Agreement
from casework.tasks import (
    HONEST_CONTACTS,
    HONEST_STEPS,
    VISIT_STEPS,
    VISITS,
    Held,
    Task,
    child_tasks,
    rank_key,
)
from casework.wording import CATEGORIES, count_of
from storage.queries.agreements import unhidden
from storage.queries.facts import WEEKS_BACK, among, children_of, weeks_of
from storage.queries.lookup import display_name
from storage.queries.today import register_day

if TYPE_CHECKING:
    from storage.store import Store

By = Literal["family", "school", "due"]
ROLL_AGENCIES = frozenset({"school", "inclusion-attendance"})
"""Agencies that do a school's attendance work, and so have the N codes of its roll."""


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
    rows = [
        _row(store, children[child], task)
        for child, one in held.items()
        if child in children
        for task in seen_tasks(store, children[child], one)
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


def own_cases(store: Store) -> frozenset[str]:
    """The ids of the children whom this laptop's worker leads or who are allocated to them."""
    me = store.actor.worker
    rows = store.conn.execute(
        "SELECT id FROM child WHERE void = 0 AND lead_worker = ?"
        " UNION SELECT child FROM episode WHERE void = 0 AND closed IS NULL AND worker = ?"
        " UNION SELECT child FROM notification n WHERE void = 0 AND allocated_to = ?"
        " AND NOT EXISTS (SELECT 1 FROM episode e WHERE e.notification = n.id AND e.void = 0"
        " AND e.closed IS NOT NULL)",
        (me, me, me),
    )
    return frozenset(row[0] for row in rows)


R = TypeVar("R", bound=Record)


class Reading:
    """One pass of SQL for each kind of record, for all children at once.

    With `alone` nothing is read of anybody but `own`: no request that waits for a worker, and no roll.
    `n_marks` leaves the N codes out for who reads the weeks anyway.
    """

    def __init__(
        self, store: Store, own: Collection[str], *, alone: bool = False, n_marks: bool = True
    ) -> None:
        self.store, self.own = store, own
        self._alone, self._with_n_marks = alone, n_marks
        self.condition, self.ids = among(list(own))
        self._children: dict[str, Child] = {}

    def children(self, ids: Collection[str]) -> dict[str, Child]:
        """The standing children with these ids, among others that were read already."""
        missing = [child for child in ids if child not in self._children]
        if missing:
            self._children |= children_of(self.store, missing)
        return self._children

    def held(self) -> dict[str, Held]:
        """What the clocks of each child are read from."""
        today = self.store.today.isoformat()
        waiting = "allocated_on IS NULL AND new_information = 0"
        notified = (
            self._of_own(Notification, f"({waiting}) OR contacted_on IS NULL")
            if self._alone
            else self._by_child(
                Notification, f"({waiting}) OR (contacted_on IS NULL AND {self.condition})", self.ids
            )
        )
        episodes = self._of_own(Episode, "closed IS NULL")
        assessments = self._of_own(Assessment, "completed IS NOT NULL")
        plans = self._of_own(Plan, "ended IS NULL")
        actions = self._actions()
        agreements = self._of_own(Agreement, "1")
        flags = self._of_own(Flag, "review <= ? AND (ended IS NULL OR ended > ?)", today, today)
        disagreements = self._disagreements()
        n_marks = self._n_marks() if self._with_n_marks else {}
        pauses = self._of_own(Pause, "end IS NULL") if self._alone else self._by_child(Pause, "end IS NULL")
        reviewed = self._reviews()
        contacts = self._contacts()
        concerned = {*notified, *episodes, *plans, *actions, *agreements, *flags, *disagreements, *n_marks}
        return {
            child: Held(
                child=child,
                notifications=[
                    n for n in notified.get(child, ()) if n.allocated_on is None or child in self.own
                ],
                episodes=episodes.get(child, ()),
                assessments=assessments.get(child, ()),
                plans=plans.get(child, ()),
                reviewed=reviewed,
                actions=actions.get(child, ()),
                agreements=agreements.get(child, ()),
                flags=flags.get(child, ()),
                disagreements=disagreements.get(child, ()),
                n_marks=n_marks.get(child, ()),
                contacted=contacts.get(child, (None, None))[0],
                visited=contacts.get(child, (None, None))[1],
                pauses=pauses.get(child, ()),
            )
            for child in sorted(concerned)
        }

    def _by_child(self, cls: type[R], where: str, given: Sequence[str] = ()) -> dict[str, list[R]]:
        found: defaultdict[str, list[R]] = defaultdict(list)
        for record in self.store.find(cls, where, given):
            found[str(getattr(record, "child"))].append(record)  # noqa: B009 (each of these types has one)
        return found

    def _of_own(self, cls: type[R], where: str, *given: str) -> dict[str, list[R]]:
        found = self._by_child(cls, f"({where}) AND {self.condition}", [*given, *self.ids])
        return {child: records for child, records in found.items() if child in self.own}

    def _reviews(self) -> dict[str, date]:
        rows = self.store.conn.execute("SELECT plan, max(held_on) FROM review WHERE void = 0 GROUP BY plan")
        return {plan: date.fromisoformat(day) for plan, day in rows}

    def _actions(self) -> dict[str, list[tuple[Action, date]]]:
        """Actions that ask for something, of plans that go on, with the day on which the plan started."""
        started = dict(
            self.store.conn.execute(
                "SELECT o.id, p.started FROM outcome o JOIN plan p ON p.id = o.plan"
                " WHERE o.void = 0 AND p.void = 0 AND p.ended IS NULL"
            ).fetchall()
        )
        done = ", ".join(f"'{status}'" for status in sorted(DONE))
        return {
            child: [(a, date.fromisoformat(started[a.outcome])) for a in actions if a.outcome in started]
            for child, actions in self._of_own(Action, f"status NOT IN ({done})").items()
        }

    def _disagreements(self) -> dict[str, list[Disagreement]]:
        """Those that wait for an answer, of own cases and of children about whom this worker raised one."""
        waits = (
            "outcome = '' AND settled IS NULL AND id NOT IN"
            " (SELECT follows FROM disagreement WHERE void = 0 AND follows IS NOT NULL)"
        )
        if self._alone:
            return self._of_own(Disagreement, waits)
        return self._by_child(
            Disagreement,
            f"{waits} AND (by = ? OR {self.condition})",
            [self.store.actor.worker, *self.ids],
        )

    def _contacts(self) -> dict[str, tuple[date | None, date | None]]:
        """The last day of an honest contact with each own child's family, and that of a visit."""
        rows = self.store.conn.execute(
            "SELECT child, max(at), max(CASE WHEN visit THEN at END) FROM ("
            f" SELECT child, at, kind IN ({_quoted(VISITS)}) AS visit FROM contact"
            f" WHERE void = 0 AND kind IN ({_quoted(HONEST_CONTACTS)}) AND {self.condition}"
            f" UNION ALL SELECT child, at, outcome IN ({_quoted(VISIT_STEPS)}) FROM follow_up"
            f" WHERE void = 0 AND outcome IN ({_quoted(HONEST_STEPS)}) AND {self.condition}"
            ") GROUP BY child",
            [*self.ids, *self.ids],
        )
        return {child: (_day(reached), _day(seen)) for child, reached, seen in rows}

    def _n_marks(self) -> dict[str, list[tuple[str, list[NClock]]]]:
        """The N clocks of each week of own cases, and of the roll for who does its attendance work.

        They stand as on the register day: on a day without school, as on the last day with one.
        """
        store = self.store
        day = register_day(store, store.today)
        since = max(store.today - timedelta(weeks=WEEKS_BACK), N_CODE_DAYS.rows[0].valid_from).isoformat()
        until = day.isoformat()
        ids: dict[tuple[str, date], str] = {}
        by, condition, of = "INDEXED BY attendance_week_open", "1", []
        if self._alone:
            by, condition, of = "", self.condition, self.ids
        rows = store.conn.execute(
            f"SELECT child, week, id FROM attendance_week {by}"
            f" WHERE void = 0 AND unexplained <> 0 AND week >= ? AND week <= ? AND {condition}"
            " ORDER BY week, school",
            (since, until, *of),
        )
        whole_roll = store.worker.agency in ROLL_AGENCIES and not self._alone
        for child, week, record in rows:
            if whole_roll or child in self.own:
                ids[child, date.fromisoformat(week)] = record
        concerned = {child for child, _ in ids}
        children = {one: held for one, held in self.children(concerned).items() if one in concerned}
        found: dict[str, list[tuple[str, list[NClock]]]] = {}
        for child, weeks in weeks_of(store, list(children.values()), since, until).items():
            if child not in children:
                continue
            calendar = store.schools.calendar(children[child].school)
            clocks = [
                (ids[child, monday], marks)
                for monday, text in weeks
                if (child, monday) in ids and (marks := open_n_marks([(monday, text)], calendar, day))
            ]
            if clocks:
                found[child] = clocks
        return found


def _quoted(words: Collection[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))


def _day(at: str | None) -> date | None:
    return date.fromisoformat(at[:10]) if at else None


def seen_tasks(store: Store, child: Child, held: Held) -> list[Task]:
    """The clocks of one child that this worker may see, also those asleep, ranked."""
    return [
        task
        for task in child_tasks(without_protected(store, child, held), store.today)
        if store.may_see(child, task.category, task.purpose)
    ]


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
