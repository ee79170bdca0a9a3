"""Schools and their calendars, kept in memory until one of them changes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from casework.calendars import SchoolCalendar
from casework.records import Calendar, School, Worker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.store import Store

TOLD_SCHOOLS = "told_schools"
"""The setting that holds what enrolment told of the worker's schools: their URNs by their ids, as JSON."""


@dataclass(frozen=True)
class SchoolBook:
    """Every school of the caseload with its calendar."""

    schools: Mapping[str, School]
    calendars: Mapping[str, SchoolCalendar]

    def calendar(self, school: str | None) -> SchoolCalendar:
        """The school's calendar; an empty one where none was given."""
        return self.calendars.get(school or "", SchoolCalendar((), frozenset()))

    def name(self, school: str | None) -> str:
        """The school's name, or "" where it is not known."""
        found = self.schools.get(school or "")
        return found.name if found else ""

    def contact(self, school: str | None) -> str:
        """The school's single point of contact and how to reach them, or "" where none is named."""
        found = self.schools.get(school or "")
        return " · ".join(filter(None, (found.spoc, found.spoc_reach))) if found and found.spoc else ""


def read_schools(store: Store) -> SchoolBook:
    """All schools with calendars made from their terms, INSET days and closures."""
    schools = {school.id: school for school in store.find(School)}
    terms: dict[str, list[tuple[date, date]]] = {}
    closed: dict[str, set[date]] = {}
    for entry in store.find(Calendar):
        if entry.kind == "term":
            terms.setdefault(entry.school, []).append((entry.start, entry.end))
        else:
            days = (entry.end - entry.start).days + 1
            closed.setdefault(entry.school, set()).update(entry.start + timedelta(n) for n in range(days))
    calendars = {
        school: SchoolCalendar(tuple(sorted(spans)), frozenset(closed.get(school, ())))
        for school, spans in terms.items()
    }
    return SchoolBook(schools, calendars)


def tied_here(store: Store, worker: Worker) -> Worker:
    """A worker tied to the schools as they stand here: what was added or imported before the first session is
    of a school that has an id of its own until then, and the same URN.
    """
    told: dict[str, str] = json.loads(store.setting(TOLD_SCHOOLS) or "{}")
    if told.keys().isdisjoint(worker.schools):
        return worker
    schools = store.find(School)
    coming = (told.keys() & set(worker.schools)) - {one.id for one in schools}
    urns = {told[school] for school in coming}
    also = (one.id for one in schools if one.urn in urns)
    return worker.model_copy(update={"schools": (*worker.schools, *also)})
