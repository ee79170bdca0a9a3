"""The facts of a row that the typed filter language asks about."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING

from casework.attendance import is_persistent, is_severe
from casework.legal import unauthorised_now
from casework.ncodes import open_n_marks
from casework.records import Child
from casework.triage import Facts
from casework.weeks import UNEXPLAINED_CODE

if TYPE_CHECKING:
    from storage.store import Store


def row_facts(
    store: Store,
    child: Child,
    facts: Facts,
    day: date,
    *,
    codes: Collection[str],
    status: str,
    attempts: int,
) -> dict[str, object]:
    """The keys of `casework.filters.FIELDS` for one child on a day."""
    calendar = store.schools.calendar(child.school)
    states: set[str] = set()
    if any(UNEXPLAINED_CODE in marks for _, marks in facts.weeks):
        for clock in open_n_marks(facts.weeks, calendar, day):
            states.add("overdue" if clock.overdue else "due" if clock.due_today else "open")
    year = facts.year
    return {
        "name": f"{child.forename} {child.surname}",
        "known_as": child.known_as,
        "upn": child.upn,
        "school": store.schools.name(child.school),
        "year": child.year_group,
        "reg": child.reg,
        "code": frozenset(codes),
        "unauth": unauthorised_now(facts.weeks, calendar, day),
        "pct": year.attendance_pct,
        "persistent": bool(year.possible) and is_persistent(year.absent, year.possible),
        "severe": bool(year.possible) and is_severe(year.absent, year.possible),
        "late": year.late,
        "no-contact": (day - facts.last_contact).days if facts.last_contact else None,
        "not-seen": (day - facts.last_seen).days if facts.last_seen else None,
        "n": frozenset(states),
        "flag": facts.flags,
        "status": status,
        "attempts": attempts,
        "lead": "me" if child.lead_worker == store.actor.worker else (child.lead_worker or ""),
        "team": child.team or "",
        "tag": frozenset(child.tags),
    }
