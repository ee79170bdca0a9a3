"""The facts of a row that the typed filter language asks about, each worked out only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

from casework.attendance import is_persistent, is_severe
from casework.calendars import SchoolCalendar
from casework.legal import unauthorised_now
from casework.ncodes import open_n_marks
from casework.records import Child
from casework.triage import Facts
from casework.weeks import UNEXPLAINED_CODE

if TYPE_CHECKING:
    from storage.store import Store


class RowFacts(Mapping[str, object]):
    """The keys of `casework.filters.FIELDS` for one child on a day.

    `child` and `facts` are as the worker may see them, so that a filter on what is withheld finds what one on
    something unknown finds; `calendar` is that of the stored school.
    """

    def __init__(
        self,
        store: Store,
        child: Child,
        facts: Facts,
        day: date,
        *,
        codes: Collection[str],
        status: str,
        attempts: int,
        calendar: SchoolCalendar,
    ) -> None:
        self._store = store
        self._child = child
        self._facts = facts
        self._day = day
        self._calendar = calendar
        self._known: dict[str, object] = {
            "code": frozenset(codes),
            "status": status,
            "attempts": attempts,
            "flag": facts.flags,
        }

    def __getitem__(self, key: str) -> object:
        if key not in self._known:
            self._known[key] = _READERS[key](self)
        return self._known[key]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*_READERS, *self._known}))

    def __len__(self) -> int:
        return len({*_READERS, *self._known})

    def _unauthorised(self) -> int:
        return unauthorised_now(self._facts.weeks, self._calendar, self._day)

    def _n_states(self) -> frozenset[str]:
        if not any(UNEXPLAINED_CODE in marks for _, marks in self._facts.weeks):
            return frozenset()
        clocks = open_n_marks(self._facts.weeks, self._calendar, self._day)
        return frozenset("overdue" if n.overdue else "due" if n.due_today else "open" for n in clocks)

    def _persistent(self) -> bool:
        year = self._facts.year
        return bool(year.possible) and is_persistent(year.absent, year.possible)

    def _severe(self) -> bool:
        year = self._facts.year
        return bool(year.possible) and is_severe(year.absent, year.possible)

    def _days_since(self, moment: date | None) -> int | None:
        return max(0, (self._day - moment).days) if moment else None

    def _lead(self) -> str:
        lead = self._child.lead_worker
        return "me" if lead == self._store.actor.worker else lead or ""


_READERS: dict[str, Callable[[RowFacts], object]] = {
    "name": lambda row: f"{row._child.forename} {row._child.surname}",
    "known_as": lambda row: row._child.known_as,
    "upn": lambda row: row._child.upn,
    "school": lambda row: row._store.schools.name(row._child.school),
    "year": lambda row: row._child.year_group,
    "reg": lambda row: row._child.reg,
    "tag": lambda row: frozenset(row._child.tags),
    "team": lambda row: row._child.team or "",
    "lead": RowFacts._lead,
    "unauth": RowFacts._unauthorised,
    "n": RowFacts._n_states,
    "pct": lambda row: row._facts.year.attendance_pct,
    "persistent": RowFacts._persistent,
    "severe": RowFacts._severe,
    "late": lambda row: row._facts.year.late,
    "no-contact": lambda row: row._days_since(row._facts.last_contact),
    "not-seen": lambda row: row._days_since(row._facts.last_seen),
}
