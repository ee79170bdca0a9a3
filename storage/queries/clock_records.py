"""The records that clocks are read from: one statement for each kind, for all children at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, TypeVar

from casework.followups import HONEST_CONTACTS, HONEST_STEPS, VISIT_STEPS, VISITS
from casework.holding import ROLL_AGENCIES
from casework.local_days import local_day
from casework.ncodes import NClock, open_n_marks
from casework.parameters import N_CODE_DAYS
from casework.plans import DONE
from casework.records import Child, Flag, Record
from casework.records_case import Action, Assessment, Disagreement, Episode, Notification, Pause, Plan
from casework.records_sharing import Agreement
from casework.tasks import Held
from storage.queries.facts import WEEKS_BACK, among, children_of, quoted, weeks_of
from storage.queries.registers import register_day

if TYPE_CHECKING:
    from storage.store import Store


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
        return {
            child: [(a, date.fromisoformat(started[a.outcome])) for a in actions if a.outcome in started]
            for child, actions in self._of_own(Action, f"status NOT IN ({quoted(DONE)})").items()
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
            f" SELECT child, at, kind IN ({quoted(VISITS)}) AS visit FROM contact"
            f" WHERE void = 0 AND kind IN ({quoted(HONEST_CONTACTS)}) AND {self.condition}"
            f" UNION ALL SELECT child, at, outcome IN ({quoted(VISIT_STEPS)}) FROM follow_up"
            f" WHERE void = 0 AND outcome IN ({quoted(HONEST_STEPS)}) AND {self.condition}"
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


def _day(at: str | None) -> date | None:
    return local_day(at) if at else None
